//! What keeps a study blind: agents answer at a person's pace, and talk that says what it is gets flagged.

use serde::{Deserialize, Serialize};

use crate::chance::Draw;

/// Milliseconds from a message to an agent's answer, as those of people are: reading and thinking, log-normal, and
/// typing by the answer's length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pace {
    /// Median of reading and thinking.
    pub think_ms: u32,
    /// Standard deviation of its logarithm.
    pub spread: f64,
    /// Characters a second.
    pub typed: f64,
    pub least_ms: u32,
    pub most_ms: u32,
}

impl Default for Pace {
    /// Some 40 words a minute, with five seconds of thought.
    fn default() -> Pace {
        Pace { think_ms: 5_000, spread: 0.6, typed: 3.3, least_ms: 2_000, most_ms: 60_000 }
    }
}

impl Pace {
    /// The same for the same draws: a server may decide it again.
    pub fn delay_ms(&self, draw: &mut Draw, characters: usize) -> u32 {
        let think = f64::from(self.think_ms) * (self.spread * normal(draw)).exp();
        let typing = 1e3 * characters as f64 / self.typed.max(0.1);
        (think + typing).clamp(f64::from(self.least_ms), f64::from(self.most_ms)) as u32
    }
}

/// By Box and Muller.
fn normal(draw: &mut Draw) -> f64 {
    let (radius, angle) = (1.0 - draw.uniform(), draw.uniform());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// Words by which a talker says what it is. Whole words, in any case; of people as of models.
const TELLING: [&str; 27] = [
    "ai",
    "an ai",
    "artificial intelligence",
    "assistant",
    "bot",
    "chatbot",
    "chatgpt",
    "computer program",
    "gpt",
    "language model",
    "large language model",
    "llama",
    "llm",
    "machine learning",
    "neural network",
    "openai",
    "anthropic",
    "qwen",
    "mistral",
    "not a human",
    "not human",
    "trained on",
    "künstliche intelligenz",
    "ki",
    "sprachmodell",
    "kein mensch",
    "computerprogramm",
];

/// The first telling word of a message, for researchers to look at: people say such words too.
pub fn tells_what_it_is(talk: &str) -> Option<&'static str> {
    let words: String =
        talk.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let line = format!(" {} ", words.split_whitespace().collect::<Vec<_>>().join(" "));
    TELLING.into_iter().find(|word| line.contains(&format!(" {word} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_those_of_people_and_repeat() {
        let pace = Pace::default();
        let delays = |seed| -> Vec<u32> {
            let mut draw = Draw::new(&[seed]);
            (0..2_000).map(|_| pace.delay_ms(&mut draw, 60)).collect()
        };
        let mut all = delays(1);
        assert_eq!(all, delays(1));
        all.sort_unstable();
        let typing = 60.0 / 3.3 * 1e3;
        let median = f64::from(all[1_000]) - typing;
        assert!((4_500.0..5_500.0).contains(&median), "{median}");
        assert!(all[0] >= 2_000 && all[1_999] <= 60_000);
        let tenth = f64::from(all[200]) - typing;
        // The tenth part of a log-normal lies at median * exp(-1.2816 spread).
        assert!((2_000.0..2_700.0).contains(&tenth), "{tenth}");
    }

    #[test]
    fn telling_words_are_whole_ones() {
        for (talk, expected) in [
            ("As an AI, I cannot go lower.", Some("ai")),
            ("I'm a large-language model", Some("language model")),
            ("Ich bin kein Mensch!", Some("kein mensch")),
            ("I paid for the main part in cash", None),
            ("Kiosk price", None),
        ] {
            assert_eq!(tells_what_it_is(talk), expected, "{talk}");
        }
    }
}
