//! An iteration: rollouts, their storing, the update, the way of new weights to those who sample.

use policy::Draw;

use crate::constants as c;
use crate::machine::{Lessons, Machine, Update, fullest};
use crate::presets::Preset;
use crate::rollouts::{Hall, Played};
use crate::talk::{Counterpart, Talk, talks, unit};

/// Iterations that a figure is the mean of.
const TIMES: u64 = 5;

/// How the GPUs share the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// All sample, then all learn.
    Together,
    /// So many learn, while the others sample with the weights of one iteration before.
    Apart { learners: usize },
}

#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub preset: &'a Preset,
    pub machine: &'a Machine,
    pub gpus: usize,
    pub layout: Layout,
    pub counterpart: Counterpart,
    /// Groups of an iteration.
    pub groups: usize,
}

/// Means over [`TIMES`] iterations. Seconds of the wall clock unless said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Iteration {
    pub seconds: f64,
    pub rollouts: f64,
    pub update: f64,
    /// Switching memory and bringing weights.
    pub handover: f64,
    pub storing: f64,
    pub negotiations: f64,
    pub drawn: f64,
    /// Share of all GPUs' time in which they compute nothing.
    pub idle: f64,
    /// Events that Postgres takes a second.
    pub events: f64,
    /// Seconds of all GPUs by what they go to, over the GPUs.
    pub parts: [f64; PARTS.len()],
    pub widest: usize,
}

/// What a GPU's second may go to.
pub const PARTS: [&str; 10] = [
    "reading weights",
    "reading caches",
    "products of single tokens",
    "reading prompts",
    "fixed cost of steps",
    "waiting: last talks, answers, other GPUs",
    "update",
    "adding up gradients",
    "handover",
    "storing",
];
const WAITING: usize = 5;

impl Iteration {
    /// What takes most of a GPU's time, and its share.
    pub fn bottleneck(&self) -> (&'static str, f64) {
        let all: f64 = self.parts.iter().sum();
        let (name, most) = PARTS
            .iter()
            .zip(self.parts)
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .expect("there are parts");
        (name, most / all)
    }

    fn add(&mut self, other: &Iteration) {
        let share = 1.0 / TIMES as f64;
        self.seconds += other.seconds * share;
        self.rollouts += other.rollouts * share;
        self.update += other.update * share;
        self.handover += other.handover * share;
        self.storing += other.storing * share;
        self.negotiations += other.negotiations * share;
        self.drawn += other.drawn * share;
        self.idle += other.idle * share;
        self.events += other.events * share;
        self.widest = self.widest.max(other.widest);
        for (part, more) in self.parts.iter_mut().zip(other.parts) {
            *part += more * share;
        }
    }
}

impl Setting<'_> {
    fn learners(&self) -> usize {
        match self.layout {
            Layout::Together => self.gpus,
            Layout::Apart { learners } => learners,
        }
    }

    fn samplers(&self) -> usize {
        match self.layout {
            Layout::Together => self.gpus,
            Layout::Apart { learners } => self.gpus - learners,
        }
    }

    /// Negotiations that a sampling GPU has open: what the plan says, where that fits.
    pub fn slots(&self) -> usize {
        let fits = self.preset.model.slots(self.machine, self.learner_bytes());
        fits.min(self.preset.plan.rollout.at_once as usize)
    }

    /// What a sampling GPU keeps of the learner, which is divided among all that learn.
    fn learner_bytes(&self) -> f64 {
        match self.layout {
            Layout::Together => self.preset.model.learner_bytes() / self.gpus as f64,
            Layout::Apart { .. } => 0.0,
        }
    }

    /// The mean of some iterations; `None`: not one negotiation fits.
    pub fn simulate(&self) -> Option<Iteration> {
        if self.slots() == 0 {
            return None;
        }
        let mut mean = Iteration::default();
        for time in 0..TIMES {
            mean.add(&self.once(time));
        }
        Some(mean)
    }

    fn once(&self, time: u64) -> Iteration {
        let (groups, group) = (self.groups, self.preset.group());
        let mut draw = Draw::new(&[time]);
        let talks = talks(&mut draw, groups, group, &self.preset.manner);
        let slowness: Vec<f64> = (0..self.samplers())
            .map(|_| 1.0 + (c::SLOWEST - 1.0) * unit(&mut draw) * self.machine.step_s.signum())
            .collect();
        let played = Hall {
            model: &self.preset.model,
            machine: self.machine,
            counterpart: self.counterpart,
            slots: self.slots(),
            slowness: &slowness,
        }
        .play(&talks);
        self.joined(&talks, &played)
    }

    fn joined(&self, talks: &[Talk], played: &Played) -> Iteration {
        let (samplers, learners) = (self.samplers() as f64, self.learners() as f64);
        let update = self.update(talks);
        let storing = storing(talks);
        let is_apart = self.layout != Layout::Together;
        let model = &self.preset.model;
        let brought = model.broadcast(self.machine, is_apart);
        let open = self.preset.plan.rollout.at_once as usize;
        let stays = is_apart || model.is_roomy(self.machine, self.learner_bytes(), open);
        let switches = if stays { 0.0 } else { 2.0 * self.machine.switch_s };
        let handover = brought + switches;
        // Apart, the two go on at the same time, and the longer one decides.
        let (sampling, learning) = (played.seconds + handover, storing + update.total());
        let seconds = if is_apart { sampling.max(learning) } else { sampling + learning };
        let gpus = self.gpus as f64;
        let over_all = |seconds: f64, of: f64| seconds * of / gpus;
        let (step, update_s) = (played.step, update.products + update.fixed);
        let of_steps = 1.0 / gpus;
        let mut parts = [
            step.weights * of_steps,
            step.caches * of_steps,
            step.products * of_steps,
            step.prompts * of_steps,
            step.fixed * of_steps,
            0.0,
            over_all(update_s, learners),
            over_all(update.exchange, learners),
            over_all(handover, samplers),
            over_all(storing, learners),
        ];
        parts[WAITING] = (seconds - parts.iter().sum::<f64>()).max(0.0);
        let busy = parts.iter().take(WAITING).sum::<f64>() + parts[6] + parts[7];
        let drawn = talks.iter().map(Talk::drawn).sum();
        Iteration {
            seconds,
            rollouts: played.seconds,
            update: update.total(),
            handover,
            storing,
            negotiations: talks.len() as f64,
            drawn,
            idle: 1.0 - busy / seconds,
            events: talks.len() as f64 * c::EVENTS / seconds,
            parts,
            widest: played.widest,
        }
    }

    fn update(&self, talks: &[Talk]) -> Update {
        let plan = &self.preset.plan;
        let mut first = vec![true; self.groups];
        let sequences: Vec<f64> = talks
            .iter()
            .map(|talk| {
                let is_first = std::mem::replace(&mut first[talk.group], false);
                let told = is_first || !self.machine.prompts_once;
                talk.tokens() - if told { 0.0 } else { f64::from(talk.prompt) }
            })
            .collect();
        let each = sequences.len().div_ceil(plan.objective.minibatches as usize);
        let micro = f64::from(plan.learning.micro_tokens);
        let all: f64 = talks.iter().map(Talk::tokens).sum();
        let own = talks.iter().map(Talk::drawn).sum::<f64>() / all;
        let steps = sequences.chunks(each).map(|sequences| {
            let lessons = Lessons { sequences, own, micro };
            self.preset.model.update(self.machine, self.learners(), &lessons)
        });
        steps.fold(Update::default(), |sum, step| Update {
            products: sum.products + step.products,
            fixed: sum.fixed + step.fixed,
            exchange: sum.exchange + step.exchange,
        })
    }

    /// How unevenly sequences lie on the GPUs: the fullest one's tokens over the mean.
    pub fn imbalance(&self) -> f64 {
        let mut draw = Draw::new(&[0]);
        let talks = talks(&mut draw, self.groups, self.preset.group(), &self.preset.manner);
        let lengths: Vec<f64> = talks.iter().map(Talk::tokens).collect();
        let mean = lengths.iter().sum::<f64>() / self.learners() as f64;
        fullest(&lengths, self.learners()) / mean
    }
}

/// Seconds until Souk has the report of an iteration, and Postgres its rows: one transaction.
pub fn storing(talks: &[Talk]) -> f64 {
    let tokens: f64 = talks.iter().map(Talk::tokens).sum();
    tokens * c::TOLD_BYTES / c::NETWORK + talks.len() as f64 / c::STORED
}

/// The quickest way to divide the GPUs into those who sample and those who learn.
pub fn best_apart(setting: &Setting) -> Option<(usize, Iteration)> {
    let gpus = setting.gpus;
    let divisions = [8, 4, 2].into_iter().filter(|part| gpus >= *part && gpus > 1);
    let mut learners: Vec<usize> = divisions.map(|part| gpus / part).collect();
    // Where the update takes longer than the rollouts.
    learners.extend((gpus > 2).then(|| gpus * 3 / 4));
    let simulated = learners.into_iter().filter_map(|learners| {
        let apart = Setting { layout: Layout::Apart { learners }, ..*setting };
        Some((learners, apart.simulate()?))
    });
    simulated.min_by(|a, b| a.1.seconds.total_cmp(&b.1.seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{H100, H200};

    fn setting(preset: &Preset, gpus: usize, layout: Layout) -> Setting<'_> {
        let counterpart = Counterpart::Script;
        Setting { preset, machine: &H200, gpus, layout, counterpart, groups: preset.groups() }
    }

    #[test]
    fn the_parts_are_the_whole() {
        let preset = Preset::named("paper").expect("a preset");
        for layout in [Layout::Together, Layout::Apart { learners: 2 }] {
            let once = setting(&preset, 8, layout).simulate().expect("it fits");
            let parts: f64 = once.parts.iter().sum();
            assert!((parts / once.seconds - 1.0).abs() < 1e-9, "{parts} {}", once.seconds);
            assert!((0.0..1.0).contains(&once.idle));
        }
    }

    #[test]
    fn more_gpus_are_quicker_but_not_by_their_number() {
        let preset = Preset::named("paper").expect("a preset");
        let of = |gpus| setting(&preset, gpus, Layout::Together).simulate().expect("it fits");
        let (one, eight, many) = (of(1), of(8), of(64));
        assert!(one.seconds > 2.0 * eight.seconds && eight.seconds > many.seconds);
        assert!(eight.seconds < 8.0 * many.seconds);
        assert_eq!(one.negotiations, 512.0);
    }

    #[test]
    fn the_same_seed_gives_the_same_seconds() {
        let preset = Preset::named("small-dense").expect("a preset");
        let of = || setting(&preset, 8, Layout::Together).simulate().expect("it fits").seconds;
        assert_eq!(of().to_bits(), of().to_bits());
    }

    #[test]
    fn a_model_that_does_not_fit_is_not_simulated() {
        let preset = Preset::named("paper").expect("a preset");
        let tiny = crate::machine::Machine { memory: 40e9, ..H100 };
        let none = Setting { machine: &tiny, ..setting(&preset, 1, Layout::Together) };
        assert!(none.simulate().is_none());
    }

    #[test]
    fn a_report_is_stored_in_the_time_that_was_measured() {
        let talk = Talk { group: 0, prompt: 0, turns: Vec::new() };
        assert!((storing(&vec![talk; 2300]) - 1.0).abs() < 1e-12);
    }
}
