//! Markets: nothing sold twice, nothing paid that was not there, every act once.
//!
//! Units, wants and purses are counted here by hand, not by [`rules::market::Market`], which decided the sales.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rules::market::{MarketEvent, MarketScenario};
use serde::Deserialize;
use uuid::Uuid;
use wire::MarketId;

use super::Verdict;
use super::played::Stored;
use crate::record::Entry;

/// A row of `markets`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Row {
    pub market: MarketId,
    pub scenario: MarketScenario,
    seq: i64,
    sold: usize,
    status: String,
}

/// A row of `market_log`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Logged {
    pub market: MarketId,
    first: i64,
    last: i64,
    key: Option<Uuid>,
    pub events: Vec<MarketEvent>,
}

pub(super) fn audit(
    markets: &[Row],
    log: &[Logged],
    stored: &Stored,
    told: &[Entry],
) -> Vec<Verdict> {
    let mut numbers = Verdict::new("a market's log is numbered without gaps, to its end");
    let mut sales = Verdict::new("a sold unit was in stock, wanted, and paid from the purse");
    let mut talks = Verdict::new("a talk of a market ends once, and is one negotiation");
    let mut by_market: HashMap<MarketId, Vec<&Logged>> = HashMap::new();
    for logged in log {
        by_market.entry(logged.market).or_default().push(logged);
    }
    for row in markets {
        let mut rows = by_market.remove(&row.market).unwrap_or_default();
        rows.sort_by_key(|logged| logged.first);
        numbers.hold(audit_numbers(row, &rows).map_err(|what| format!("{}: {what}", row.market)));
        let mut counted = Counted::new(&row.scenario);
        for event in rows.iter().flat_map(|logged| &logged.events) {
            counted.count(event, &mut sales);
        }
        if counted.sold != row.sold {
            let Counted { sold, .. } = counted;
            sales.wrong.push(format!("{}: {sold} sales, {} told", row.market, row.sold));
        }
        let kept: Vec<usize> = stored
            .episodes
            .iter()
            .filter_map(|episode| episode.market)
            .filter(|(market, _)| *market == row.market)
            .map(|(_, talk)| talk)
            .collect();
        counted.audit_talks(&kept, &mut talks);
    }
    vec![numbers, sales, talks, audit_acts(log, told)]
}

fn audit_numbers(row: &Row, rows: &[&Logged]) -> Result<(), String> {
    let mut next = 1;
    for logged in rows {
        let many = logged.events.len() as i64;
        if logged.first != next || logged.last + 1 != next + many {
            let Logged { first, last, .. } = logged;
            return Err(format!("{many} events are numbered {first} to {last} after {}", next - 1));
        }
        next += many;
    }
    match (next - 1 == row.seq, row.status.as_str()) {
        (true, "over") => Ok(()),
        (true, status) => Err(format!("it is {status}")),
        (false, _) => Err(format!("its last event is {}, not {}", next - 1, row.seq)),
    }
}

/// What is left of everything, by hand.
struct Counted<'a> {
    scenario: &'a MarketScenario,
    stock: Vec<i64>,
    purse: Vec<i64>,
    /// Buyer and good.
    served: HashSet<(usize, usize)>,
    sold: usize,
    /// Each talk's ends.
    talks: BTreeMap<usize, u32>,
}

impl<'a> Counted<'a> {
    fn new(scenario: &'a MarketScenario) -> Counted<'a> {
        Counted {
            scenario,
            stock: scenario.stalls.iter().map(|stall| i64::from(stall.stock)).collect(),
            purse: scenario.buyers.iter().map(|buyer| buyer.purse.0).collect(),
            served: HashSet::new(),
            sold: 0,
            talks: BTreeMap::new(),
        }
    }

    fn count(&mut self, event: &MarketEvent, sales: &mut Verdict) {
        match *event {
            MarketEvent::Met { talk, .. } => {
                self.talks.entry(talk).or_default();
            }
            MarketEvent::Parted { talk, .. } => *self.talks.entry(talk).or_default() += 1,
            MarketEvent::Sold { talk, buyer, stall, price } => {
                if let Some(talk) = talk {
                    *self.talks.entry(talk).or_default() += 1;
                }
                self.sold += 1;
                sales.hold(self.sell(buyer, stall, price.0));
            }
            _ => {}
        }
    }

    fn sell(&mut self, buyer: usize, stall: usize, price: i64) -> Result<(), String> {
        let (Some(stock), Some(purse)) = (self.stock.get_mut(stall), self.purse.get_mut(buyer))
        else {
            return Err(format!("stall {stall} or buyer {buyer} is not there"));
        };
        (*stock, *purse) = (*stock - 1, *purse - price);
        let good = self.scenario.stalls[stall].good;
        if *stock < 0 {
            return Err(format!("stall {stall} sold {} units too many", -*stock));
        }
        if *purse < 0 {
            return Err(format!("buyer {buyer} paid {} mills too many", -*purse));
        }
        if !self.scenario.buyers[buyer].wants.iter().any(|want| want.good == good) {
            return Err(format!("buyer {buyer} never wanted the good {good}"));
        }
        match self.served.insert((buyer, good)) {
            true => Ok(()),
            false => Err(format!("buyer {buyer} bought the good {good} twice")),
        }
    }

    fn audit_talks(&self, kept: &[usize], talks: &mut Verdict) {
        let mut times: BTreeMap<usize, u32> = BTreeMap::new();
        for talk in kept {
            *times.entry(*talk).or_default() += 1;
        }
        let known: BTreeSet<usize> = self.talks.keys().chain(times.keys()).copied().collect();
        for talk in known {
            let ends = self.talks.get(&talk).copied().unwrap_or(0);
            let negotiations = times.get(&talk).copied().unwrap_or(0);
            talks.hold(match (ends, negotiations) {
                (1, 1) => Ok(()),
                _ => Err(format!("talk {talk} ended {ends} times, in {negotiations} negotiations")),
            });
        }
    }
}

/// An acknowledged act is in the log once, and the acts of one key come in one row.
fn audit_acts(log: &[Logged], told: &[Entry]) -> Verdict {
    let mut verdict = Verdict::new("an acknowledged act in a market is in its log once");
    let mut times: HashMap<(MarketId, Uuid), u32> = HashMap::new();
    for logged in log {
        if let Some(key) = logged.key {
            *times.entry((logged.market, key)).or_default() += 1;
        }
    }
    for entry in told {
        let Entry::Traded { market, key, .. } = entry else { continue };
        verdict.hold(match times.get(&(*market, *key)) {
            Some(1) => Ok(()),
            found => {
                let times = found.copied().unwrap_or(0);
                Err(format!("{market}: the act {key} is there {times} times"))
            }
        });
    }
    verdict
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::played::tests::wrong;
    use super::*;
    use rules::Mills;
    use rules::market::{Buyer, Mechanism, Parting, Stall, Want};
    use wire::EpisodeId;

    const MARKET: MarketId = MarketId(Uuid::from_u128(7));
    const KEY: Uuid = Uuid::from_u128(8);

    /// One stall with one unit, two buyers who want it.
    pub fn scenario() -> MarketScenario {
        let goods = vec![testkit::product().build()];
        let stall = Stall {
            good: 0,
            cost: Mills(20_110),
            stock: 1,
            persona: None,
            opens: Some(1),
            closes: None,
        };
        let buyer = Buyer {
            wants: vec![Want { good: 0, value: Mills(40_120) }],
            purse: Mills(40_120),
            persona: None,
            arrives: Some(1),
            leaves: None,
        };
        MarketScenario {
            goods,
            stalls: vec![stall],
            buyers: vec![buyer.clone(), buyer],
            shocks: Vec::new(),
            mechanism: Mechanism::Bargaining,
            rounds: 6,
            steps: 10,
            talks_at_once: 2,
            list_prices: true,
            ratings: false,
            seed: 1,
        }
    }

    pub struct World {
        pub markets: Vec<Row>,
        pub log: Vec<Logged>,
        stored: Stored,
        told: Vec<Entry>,
    }

    /// Both buyers come to the stall, and one of them buys.
    pub fn world() -> World {
        let met = |talk| MarketEvent::Met { talk, buyer: talk, stall: 0 };
        let sold = MarketEvent::Sold { talk: Some(1), buyer: 1, stall: 0, price: Mills(30_000) };
        let parted = MarketEvent::Parted { talk: 0, why: Parting::SoldOut };
        let row = |first, key, events: Vec<MarketEvent>| {
            let last = first + events.len() as i64 - 1;
            Logged { market: MARKET, first, last, key, events }
        };
        let mut stored = Stored::default();
        for talk in 0..2 {
            let (honest, _) = super::super::played::tests::honest();
            let mut episode = honest.episodes[0].clone();
            episode.episode = EpisodeId(Uuid::from_u128(100 + talk as u128));
            episode.market = Some((MARKET, talk));
            stored.episodes.push(episode);
        }
        World {
            markets: vec![Row {
                market: MARKET,
                scenario: scenario(),
                seq: 4,
                sold: 1,
                status: "over".to_owned(),
            }],
            log: vec![
                row(1, None, vec![met(0)]),
                row(2, None, vec![met(1)]),
                row(3, Some(KEY), vec![sold, parted]),
            ],
            stored,
            told: vec![Entry::Traded { market: MARKET, key: KEY, at: 5, ms: 1.0 }],
        }
    }

    #[track_caller]
    fn finds(change: impl FnOnce(&mut World), expected: &str) {
        let mut world = world();
        change(&mut world);
        let World { markets, log, stored, told } = world;
        let wrong = wrong(audit(&markets, &log, &stored, &told));
        assert!(wrong.iter().any(|what| what.contains(expected)), "{expected}: {wrong:?}");
    }

    #[test]
    fn an_honest_market_passes() {
        let World { markets, log, stored, told } = world();
        let verdicts = audit(&markets, &log, &stored, &told);
        assert!(verdicts.iter().all(|verdict| verdict.looked_at > 0), "{verdicts:?}");
        assert_eq!(wrong(verdicts), Vec::<String>::new());
    }

    fn sale(world: &mut World) -> &mut MarketEvent {
        &mut world.log[2].events[0]
    }

    #[test]
    fn whatever_does_not_hold_is_found() {
        finds(|world| drop(world.log.remove(1)), "numbered 3 to 4 after 1");
        finds(|world| world.log[2].last = 5, "numbered 3 to 5");
        finds(|world| world.markets[0].seq = 5, "last event is 4, not 5");
        finds(|world| world.markets[0].status = "running".to_owned(), "it is running");
        finds(|world| world.markets[0].sold = 2, "1 sales, 2 told");
        let again = |world: &mut World, buyer| {
            let sold = MarketEvent::Sold { talk: None, buyer, stall: 0, price: Mills(1_000) };
            world.log[2].events.push(sold);
        };
        finds(|world| again(world, 0), "stall 0 sold 1 units too many");
        finds(
            |world| {
                world.markets[0].scenario.stalls[0].stock = 2;
                again(world, 1);
            },
            "bought the good 0 twice",
        );
        finds(
            |world| {
                let MarketEvent::Sold { price, .. } = sale(world) else { unreachable!() };
                *price = Mills(40_130);
            },
            "paid 10 mills too many",
        );
        finds(|world| world.markets[0].scenario.buyers[1].wants.clear(), "never wanted");
        finds(|world| drop(world.log[2].events.pop()), "talk 0 ended 0 times");
        finds(|world| drop(world.stored.episodes.pop()), "talk 1 ended 1 times, in 0");
        finds(
            |world| {
                let again = world.stored.episodes[0].clone();
                world.stored.episodes.push(again);
            },
            "talk 0 ended 1 times, in 2",
        );
        finds(|world| world.log[2].key = None, "is there 0 times");
        finds(|world| world.log[1].key = Some(KEY), "is there 2 times");
    }
}
