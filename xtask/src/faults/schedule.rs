//! What is broken, in which order and for how long: all of it follows from a seed.

use std::time::Duration;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    ServerKilled,
    WorkerKilled,
    PostgresKilled,
    BackendKilled,
    PostgresStopped,
    EngineKilled,
    EngineHangs,
    EngineCuts,
    EngineGarbled,
    ServerPaused,
    DiskFull,
    DatabaseLinkCut,
    DatabaseLinkSlow,
    FrontLinkCut,
    WorkerLinkCut,
    ClockForward,
    ClockBack,
}

impl Fault {
    pub const ALL: [Fault; 17] = [
        Fault::ServerKilled,
        Fault::WorkerKilled,
        Fault::PostgresKilled,
        Fault::BackendKilled,
        Fault::PostgresStopped,
        Fault::EngineKilled,
        Fault::EngineHangs,
        Fault::EngineCuts,
        Fault::EngineGarbled,
        Fault::ServerPaused,
        Fault::DiskFull,
        Fault::DatabaseLinkCut,
        Fault::DatabaseLinkSlow,
        Fault::FrontLinkCut,
        Fault::WorkerLinkCut,
        Fault::ClockForward,
        Fault::ClockBack,
    ];

    /// As the table has it.
    pub fn name(self) -> &'static str {
        match self {
            Fault::ServerKilled => "server killed (SIGKILL)",
            Fault::WorkerKilled => "worker killed (SIGKILL)",
            Fault::PostgresKilled => "PostgreSQL's postmaster killed (SIGKILL)",
            Fault::BackendKilled => "a backend of PostgreSQL killed (SIGKILL)",
            Fault::PostgresStopped => "PostgreSQL stopped at once (immediate)",
            Fault::EngineKilled => "remote engine killed (SIGKILL)",
            Fault::EngineHangs => "remote engine hangs",
            Fault::EngineCuts => "remote engine's answers cut off",
            Fault::EngineGarbled => "remote engine's answers garbled",
            Fault::ServerPaused => "server stands still (SIGSTOP)",
            Fault::DiskFull => "disk full",
            Fault::DatabaseLinkCut => "server's link to PostgreSQL cut",
            Fault::DatabaseLinkSlow => "server's link to PostgreSQL narrow",
            Fault::FrontLinkCut => "server's link to the proxy cut",
            Fault::WorkerLinkCut => "worker's link to PostgreSQL cut",
            Fault::ClockForward => "server's clock jumps an hour ahead, and back",
            Fault::ClockBack => "server's clock jumps an hour back, and ahead",
        }
    }

    /// Seconds that it lasts, at the mean.
    fn lasts_s(self) -> f64 {
        match self {
            Fault::BackendKilled => 1.0,
            Fault::ServerKilled | Fault::WorkerKilled | Fault::EngineKilled => 4.0,
            Fault::PostgresKilled | Fault::PostgresStopped => 3.0,
            Fault::EngineHangs => 12.0,
            Fault::EngineCuts | Fault::EngineGarbled => 8.0,
            Fault::ServerPaused => 20.0,
            Fault::DiskFull | Fault::DatabaseLinkSlow => 10.0,
            Fault::DatabaseLinkCut => 9.0,
            Fault::FrontLinkCut => 6.0,
            // Longer than a worker's lease, as a rule.
            Fault::WorkerLinkCut => 30.0,
            Fault::ClockForward | Fault::ClockBack => 8.0,
        }
    }
}

/// A fault at a place: `server` says which of the servers it strikes, where it strikes one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    pub fault: Fault,
    pub server: usize,
    pub lasts: Duration,
}

/// Strokes without end: rounds of all kinds, each round in an order of its own, so that after any
/// time no kind came twice as often as another one plus one.
#[derive(Debug)]
pub struct Schedule {
    random: SplitMix64,
    servers: usize,
    round: Vec<Fault>,
}

impl Schedule {
    pub fn new(seed: u64, servers: usize) -> Self {
        Self { random: SplitMix64(seed), servers, round: Vec::new() }
    }
}

impl Iterator for Schedule {
    type Item = Stroke;

    fn next(&mut self) -> Option<Stroke> {
        if self.round.is_empty() {
            self.round = Fault::ALL.to_vec();
            for last in (1..self.round.len()).rev() {
                self.round.swap(last, self.random.below(last + 1));
            }
        }
        let fault = self.round.pop()?;
        let server = self.random.below(self.servers);
        // From half of the mean to half as much again.
        let part = 0.5 + self.random.below(1001) as f64 / 1000.0;
        Some(Stroke { fault, server, lasts: Duration::from_secs_f64(fault.lasts_s() * part) })
    }
}

/// Steele, Lea and Flood 2014.
#[derive(Debug)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below `bound`; the bias of the remainder is of no account here.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_gives_the_same_again() {
        let first: Vec<Stroke> = Schedule::new(7, 2).take(40).collect();
        assert_eq!(first, Schedule::new(7, 2).take(40).collect::<Vec<_>>());
        assert_ne!(first, Schedule::new(8, 2).take(40).collect::<Vec<_>>());
    }

    #[test]
    fn every_round_has_all_kinds() {
        let strokes: Vec<Stroke> = Schedule::new(1, 2).take(34).collect();
        for round in strokes.chunks(17) {
            let kinds: BTreeSet<Fault> = round.iter().map(|stroke| stroke.fault).collect();
            assert_eq!(kinds.len(), Fault::ALL.len());
        }
        assert_eq!(strokes.iter().map(|stroke| stroke.server).max(), Some(1));
        let longest = strokes.iter().map(|stroke| stroke.lasts).max();
        assert!(longest <= Some(Duration::from_secs(45)), "{longest:?}");
    }

    #[test]
    fn the_generator_is_the_published_one() {
        assert_eq!(SplitMix64(0).next(), 0xe220_a839_7b1d_cdaf);
    }
}
