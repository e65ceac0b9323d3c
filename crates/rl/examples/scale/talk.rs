//! Negotiations before they are played: how many messages, of how many tokens.

use policy::Draw;

use crate::constants as c;

/// Who sits across.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counterpart {
    Script,
    /// The frozen base, drawn on the same GPUs.
    Base,
    Person,
}

impl Counterpart {
    pub const ALL: [Counterpart; 3] = [Counterpart::Script, Counterpart::Base, Counterpart::Person];

    pub fn name(self) -> &'static str {
        match self {
            Counterpart::Script => "script",
            Counterpart::Base => "frozen base",
            Counterpart::Person => "person",
        }
    }
}

/// Means of what is said, in tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manner {
    pub prompt: f64,
    pub message: f64,
    pub answer: f64,
    /// The longest message.
    pub most: f64,
    pub rounds: u32,
}

impl Manner {
    /// From what a whole negotiation draws and reads.
    pub fn of_totals(drawn: f64, read: f64, prompt_share: f64, most: f64, rounds: u32) -> Manner {
        let prompt = (drawn + read) * prompt_share;
        let messages = messages_mean(rounds);
        Manner {
            prompt,
            message: drawn / messages,
            answer: (read - prompt) / messages,
            most,
            rounds,
        }
    }

    pub fn chat(most: f64, rounds: u32) -> Manner {
        Manner {
            prompt: c::CHAT_PROMPT,
            message: c::CHAT_MESSAGE,
            answer: c::CHAT_ANSWER,
            most,
            rounds,
        }
    }
}

/// Messages of one side, at the mean: each but the last may be the end.
pub fn messages_mean(rounds: u32) -> f64 {
    (0..rounds).map(|round| (1.0 - c::ENDS_EARLY).powi(round as i32)).sum()
}

/// One side's message and what is read after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    pub own: u32,
    pub answer: u32,
    /// Seconds until a person has answered.
    pub person_s: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Talk {
    pub group: usize,
    pub prompt: u32,
    pub turns: Vec<Turn>,
}

impl Talk {
    pub fn draw(draw: &mut Draw, group: usize, prompt: u32, manner: &Manner) -> Talk {
        let mut turns = Vec::new();
        loop {
            let own = length(draw, manner.message, manner.most);
            let answer = length(draw, manner.answer, manner.most);
            let person_s = c::PERSON_S * (c::PERSON_SPREAD * normal(draw)).exp();
            turns.push(Turn { own, answer, person_s });
            let is_last = turns.len() as u32 == manner.rounds;
            if is_last || unit(draw) < c::ENDS_EARLY {
                return Talk { group, prompt, turns };
            }
        }
    }

    /// All that stands in the learner's sequence.
    pub fn tokens(&self) -> f64 {
        f64::from(self.prompt) + self.drawn() + self.answers()
    }

    pub fn drawn(&self) -> f64 {
        self.turns.iter().map(|turn| f64::from(turn.own)).sum()
    }

    /// What is read behind the prompt; the answer to the last message, which nobody draws on, is counted as well.
    fn answers(&self) -> f64 {
        self.turns.iter().map(|turn| f64::from(turn.answer)).sum()
    }
}

/// All negotiations of an iteration, group by group; a group shares its prompt.
pub fn talks(draw: &mut Draw, groups: usize, group: usize, manner: &Manner) -> Vec<Talk> {
    let mut all = Vec::with_capacity(groups * group);
    for number in 0..groups {
        let prompt = length(draw, manner.prompt, f64::INFINITY);
        all.extend((0..group).map(|_| Talk::draw(draw, number, prompt, manner)));
    }
    all
}

/// Uniform in `0..1`.
pub fn unit(draw: &mut Draw) -> f64 {
    // 53 bits are what a float holds.
    (draw.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Of the standard normal distribution (Box and Muller).
fn normal(draw: &mut Draw) -> f64 {
    let radius = (-2.0 * (1.0 - unit(draw)).ln()).sqrt();
    radius * (std::f64::consts::TAU * unit(draw)).cos()
}

/// A length of this mean, lognormal, at least one token and at most `most`.
fn length(draw: &mut Draw, mean: f64, most: f64) -> u32 {
    let sigma = (1.0 + c::LENGTH_SPREAD * c::LENGTH_SPREAD).ln().sqrt();
    let drawn = mean * (sigma * normal(draw) - sigma * sigma / 2.0).exp();
    drawn.round().clamp(1.0, most) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANNER: Manner =
        Manner { prompt: 100.0, message: 40.0, answer: 80.0, most: 120.0, rounds: 6 };

    #[test]
    fn means_are_what_was_asked_for() {
        let mut draw = Draw::new(&[1]);
        let all = talks(&mut draw, 2000, 8, &MANNER);
        let mean = |of: &dyn Fn(&Talk) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
        let messages = mean(&|talk| talk.turns.len() as f64);
        assert!((messages - messages_mean(6)).abs() < 0.05, "{messages}");
        // The longest messages are cut, so the mean is a little lower.
        let message = mean(&Talk::drawn) / messages;
        assert!((38.5..=40.5).contains(&message), "{message}");
        assert!(all.iter().flat_map(|talk| &talk.turns).all(|turn| (1..=120).contains(&turn.own)));
        assert!(all.iter().all(|talk| (1..=6).contains(&talk.turns.len())));
    }

    #[test]
    fn a_negotiation_by_its_totals() {
        let manner = Manner::of_totals(229.0, 547.0, 0.22, 120.0, 6);
        let messages = messages_mean(6);
        let read = manner.prompt + manner.answer * messages;
        assert!((manner.message * messages - 229.0).abs() < 1e-9 && (read - 547.0).abs() < 1e-9);
    }

    #[test]
    fn the_same_seed_draws_the_same_talks() {
        let of = |seed| talks(&mut Draw::new(&[seed]), 3, 2, &MANNER);
        assert_eq!(of(5), of(5));
        assert_ne!(of(5), of(6));
        let all = of(5);
        assert_eq!((all[0].group, all[0].prompt), (all[1].group, all[1].prompt));
    }
}
