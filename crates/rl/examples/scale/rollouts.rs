//! The rollouts of an iteration as discrete events: each GPU takes decoding steps, negotiations wait for answers.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashSet, VecDeque};

use crate::constants as c;
use crate::machine::{Load, Machine, Model, Step};
use crate::talk::{Counterpart, Talk};

/// Who samples what.
pub struct Hall<'a> {
    pub model: &'a Model,
    pub machine: &'a Machine,
    pub counterpart: Counterpart,
    /// Negotiations that one GPU has open at once.
    pub slots: usize,
    /// By GPU: how many times slower it is than the fastest.
    pub slowness: &'a [f64],
}

/// What came out. Seconds by kind are sums over the GPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Played {
    /// Until the last negotiation ended.
    pub seconds: f64,
    pub step: Step,
    pub drawn: f64,
    pub read: f64,
    pub ended: usize,
    /// Tokens that one GPU drew or read at the most in a step.
    pub widest: usize,
}

/// What a GPU does with a negotiation.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    talk: usize,
    /// Tokens still to be drawn.
    left: u32,
    /// Tokens in its cache.
    context: f64,
    /// Whether it is the base's message.
    is_base: bool,
}

/// Tokens to be read before a row draws.
#[derive(Clone, Copy, Debug)]
struct Reading {
    tokens: f64,
    before: f64,
    row: Row,
}

#[derive(Default)]
struct Gpu {
    rows: Vec<Row>,
    readings: Vec<Reading>,
    open: usize,
    /// Groups whose prompt it has read.
    prompts: HashSet<usize>,
    /// Talks that it has been dealt and not begun.
    dealt: VecDeque<usize>,
    is_busy: bool,
    step: Step,
}

/// Where a talk is.
#[derive(Clone, Copy, Default)]
struct Place {
    gpu: usize,
    turn: usize,
    /// Tokens in the learner's cache, and in the base's.
    context: f64,
    base_context: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Stepped { gpu: usize },
    Answered { talk: usize },
}

#[derive(Clone, Copy, Debug)]
struct Event {
    at: f64,
    number: u64,
    kind: Kind,
}

impl PartialEq for Event {
    fn eq(&self, other: &Event) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Event) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    /// The earliest is the greatest, for the heap; of two at once the one that was told first.
    fn cmp(&self, other: &Event) -> Ordering {
        other.at.total_cmp(&self.at).then(other.number.cmp(&self.number))
    }
}

struct Play<'a> {
    hall: &'a Hall<'a>,
    talks: &'a [Talk],
    gpus: Vec<Gpu>,
    places: Vec<Place>,
    events: BinaryHeap<Event>,
    told: u64,
    now: f64,
    played: Played,
}

impl Hall<'_> {
    /// Plays all talks to their end.
    pub fn play(&self, talks: &[Talk]) -> Played {
        assert!(self.slots > 0, "no negotiation fits beside the weights");
        let gpus = (0..self.slowness.len()).map(|_| Gpu::default()).collect();
        let places = vec![Place::default(); talks.len()];
        let (events, played) = (BinaryHeap::new(), Played::default());
        let mut play = Play { hall: self, talks, gpus, places, events, told: 0, now: 0.0, played };
        play.deal();
        while let Some(event) = play.events.pop() {
            play.now = event.at;
            match event.kind {
                Kind::Stepped { gpu } => play.stepped(gpu),
                Kind::Answered { talk } => play.answered(talk),
            }
        }
        for gpu in &play.gpus {
            play.played.step = sum(play.played.step, gpu.step);
        }
        play.played
    }
}

impl Play<'_> {
    /// Neighbours go to one GPU, so that a group's prompt is read once on few of them.
    fn deal(&mut self) {
        let (talks, gpus) = (self.talks.len(), self.gpus.len());
        for talk in 0..talks {
            self.gpus[talk * gpus / talks].dealt.push_back(talk);
        }
        for gpu in 0..gpus {
            self.seat(gpu, false);
            self.begin_step(gpu);
        }
    }

    /// Begins negotiations while there is room; later a GPU without any left takes from the fullest.
    fn seat(&mut self, gpu: usize, takes: bool) {
        while self.gpus[gpu].open < self.hall.slots {
            let own = self.gpus[gpu].dealt.pop_front();
            let Some(talk) = own.or_else(|| takes.then(|| self.take()).flatten()) else { return };
            let Talk { group, prompt, turns } = &self.talks[talk];
            self.gpus[gpu].open += 1;
            let is_new = self.gpus[gpu].prompts.insert(*group);
            let context = f64::from(*prompt);
            self.places[talk] = Place { gpu, turn: 0, context, base_context: context };
            let row = Row { talk, left: turns[0].own, context, is_base: false };
            let tokens = if is_new { context } else { 0.0 };
            self.gpus[gpu].readings.push(Reading { tokens, before: 0.0, row });
        }
    }

    fn take(&mut self) -> Option<usize> {
        let fullest = self.gpus.iter_mut().max_by_key(|gpu| gpu.dealt.len())?;
        fullest.dealt.pop_back()
    }

    fn tell(&mut self, after: f64, kind: Kind) {
        self.told += 1;
        self.events.push(Event { at: self.now + after, number: self.told, kind });
    }

    fn begin_step(&mut self, number: usize) {
        let gpu = &mut self.gpus[number];
        if gpu.is_busy || (gpu.rows.is_empty() && gpu.readings.is_empty()) {
            return;
        }
        let readings = std::mem::take(&mut gpu.readings);
        let read: f64 = readings.iter().map(|reading| reading.tokens).sum();
        let before: f64 = readings.iter().map(|r| r.tokens * r.before).sum::<f64>() / read.max(1.0);
        gpu.rows.extend(readings.iter().map(|reading| reading.row));
        let bases = gpu.rows.iter().filter(|row| row.is_base).count();
        let sets_apart = !self.hall.model.adapter && bases > 0 && bases < gpu.rows.len();
        let load = Load {
            rows: gpu.rows.len(),
            context: gpu.rows.iter().map(|row| row.context).sum(),
            read,
            before,
            copies: if sets_apart { 2.0 } else { 1.0 },
        };
        let step =
            scaled(self.hall.model.step(self.hall.machine, &load), self.hall.slowness[number]);
        gpu.step = sum(gpu.step, step);
        gpu.is_busy = true;
        self.played.read += read;
        self.played.drawn += (gpu.rows.len() - bases) as f64;
        self.played.widest = self.played.widest.max(gpu.rows.len());
        self.tell(step.total(), Kind::Stepped { gpu: number });
    }

    /// Every row has one token more.
    fn stepped(&mut self, number: usize) {
        let gpu = &mut self.gpus[number];
        for row in &mut gpu.rows {
            row.left -= 1;
            row.context += 1.0;
        }
        let said: Vec<Row> = gpu.rows.extract_if(.., |row| row.left == 0).collect();
        for row in said {
            if row.is_base {
                self.places[row.talk].base_context = row.context;
                self.answered(row.talk);
            } else {
                self.places[row.talk].context = row.context;
                self.said(row.talk);
            }
        }
        self.seat(number, true);
        // Only now: what is to be read after this step goes into one step together.
        self.gpus[number].is_busy = false;
        self.begin_step(number);
    }

    /// The learner's message is complete.
    fn said(&mut self, talk: usize) {
        let (place, turns) = (self.places[talk], &self.talks[talk].turns);
        if place.turn + 1 == turns.len() {
            self.gpus[place.gpu].open -= 1;
            self.played.ended += 1;
            self.played.seconds = self.now;
            return;
        }
        let turn = turns[place.turn];
        match self.hall.counterpart {
            Counterpart::Script => self.tell(c::SCRIPT_S, Kind::Answered { talk }),
            Counterpart::Person => self.tell(turn.person_s, Kind::Answered { talk }),
            Counterpart::Base => {
                // The base reads what was said, its prompt too before the first message.
                let said = f64::from(turn.own);
                let first = if place.turn == 0 { f64::from(self.talks[talk].prompt) } else { 0.0 };
                let before = place.base_context - first;
                let context = place.base_context + said;
                let row = Row { talk, left: turn.answer, context, is_base: true };
                let reading = Reading { tokens: said + first, before, row };
                self.gpus[place.gpu].readings.push(reading);
            }
        }
    }

    /// The other side's message is complete.
    fn answered(&mut self, talk: usize) {
        let place = &mut self.places[talk];
        let answer = f64::from(self.talks[talk].turns[place.turn].answer);
        let before = place.context;
        place.turn += 1;
        place.context += answer;
        let left = self.talks[talk].turns[place.turn].own;
        let row = Row { talk, left, context: place.context, is_base: false };
        let gpu = place.gpu;
        self.gpus[gpu].readings.push(Reading { tokens: answer, before, row });
        self.begin_step(gpu);
    }
}

fn scaled(step: Step, by: f64) -> Step {
    Step {
        weights: step.weights * by,
        caches: step.caches * by,
        products: step.products * by,
        prompts: step.prompts * by,
        fixed: step.fixed * by,
    }
}

fn sum(left: Step, right: Step) -> Step {
    Step {
        weights: left.weights + right.weights,
        caches: left.caches + right.caches,
        products: left.products + right.products,
        prompts: left.prompts + right.prompts,
        fixed: left.fixed + right.fixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::H200;
    use crate::presets::Preset;
    use crate::talk::Turn;

    fn talk(group: usize, own: &[u32]) -> Talk {
        let turns = own.iter().map(|own| Turn { own: *own, answer: 10, person_s: 60.0 }).collect();
        Talk { group, prompt: 100, turns }
    }

    fn play(talks: &[Talk], counterpart: Counterpart, slots: usize, gpus: usize) -> Played {
        let preset = Preset::named("small-dense").expect("a preset");
        let slowness = vec![1.0; gpus];
        let hall =
            Hall { model: &preset.model, machine: &H200, counterpart, slots, slowness: &slowness };
        hall.play(talks)
    }

    #[test]
    fn all_that_was_to_be_said_is_said() {
        let talks = [talk(0, &[3, 4]), talk(0, &[5]), talk(1, &[2, 2, 2])];
        for counterpart in Counterpart::ALL {
            let played = play(&talks, counterpart, 2, 2);
            assert_eq!((played.ended, played.drawn), (3, 18.0), "{counterpart:?}");
            assert!(played.seconds > 0.0);
        }
        // Two prompts; the answers after all messages but the last of each talk.
        assert_eq!(play(&talks, Counterpart::Script, 3, 1).read, 200.0 + 30.0);
    }

    #[test]
    fn one_slot_plays_one_after_the_other() {
        let talks = [talk(0, &[50]), talk(1, &[50])];
        let (one, two) =
            (play(&talks, Counterpart::Script, 1, 1), play(&talks, Counterpart::Script, 2, 1));
        assert_eq!((one.widest, two.widest), (1, 2));
        assert!(one.seconds > 1.8 * two.seconds, "{} and {}", one.seconds, two.seconds);
    }

    #[test]
    fn talks_are_dealt_evenly_and_taken_over_where_a_gpu_has_none_left() {
        let even = [talk(0, &[50]), talk(1, &[50]), talk(2, &[50]), talk(3, &[50])];
        assert_eq!(play(&even, Counterpart::Script, 4, 2).widest, 2);
        // One after the other on each: whoever had the short ones takes one of the long ones.
        let uneven = [talk(0, &[90]), talk(1, &[90]), talk(2, &[1]), talk(3, &[1])];
        let two = play(&uneven, Counterpart::Script, 1, 2).seconds;
        let one = play(&uneven[..1], Counterpart::Script, 1, 1).seconds;
        assert!(two < 1.1 * one, "{two} and {one}");
    }

    #[test]
    fn a_person_is_waited_for() {
        let talks = [talk(0, &[5, 5])];
        let with = play(&talks, Counterpart::Person, 1, 1);
        assert!(with.seconds > 60.0 && with.step.total() < 1.0);
    }

    #[test]
    fn the_slowest_gpu_ends_last() {
        let preset = Preset::named("small-dense").expect("a preset");
        let talks = [talk(0, &[50]), talk(1, &[50])];
        let of = |slowness: &[f64]| {
            let (model, machine) = (&preset.model, &H200);
            let hall =
                Hall { model, machine, counterpart: Counterpart::Script, slots: 1, slowness };
            hall.play(&talks).seconds
        };
        assert!((of(&[1.0, 2.0]) / of(&[1.0, 1.0]) - 2.0).abs() < 1e-9);
    }
}
