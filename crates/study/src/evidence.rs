//! What may speak against a message being a person's own. Flags for researchers to look at, never a decision.

use serde::{Deserialize, Serialize};

/// How a message was written, as the page measured it. Missing where the page has no scripts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Writing {
    /// Keys that wrote something.
    pub keys: u32,
    /// Characters that were pasted.
    pub pasted: u32,
    /// Times that the page lost the focus since the last message, and for how long.
    pub left: u32,
    pub away_ms: u32,
    /// From the counterpart's message to this one.
    pub think_ms: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Most of a long message was pasted.
    Pasted,
    /// Far fewer keys than characters, without a paste: filled in by a program, or dictated.
    FewKeys,
    /// Long away from the page before it.
    Away,
    /// Written faster than anybody types.
    TooFast,
    /// The same words as an earlier message of the participant's.
    Repeated,
    /// Another participant of the study uses the same browser.
    SameDevice,
}

/// Below so many characters nothing is said of how they were written.
const LONG: usize = 30;
const AWAY_MS: u32 = 20_000;
/// Characters a second; the fastest typists reach some 15.
const FASTEST: f64 = 20.0;

/// Flags of one message.
pub fn flags(talk: &str, earlier: &[&str], writing: Option<Writing>) -> Vec<Flag> {
    let characters = talk.chars().count();
    let mut flags = Vec::new();
    if let Some(writing) = writing.filter(|_| characters >= LONG) {
        if writing.pasted as usize * 2 > characters {
            flags.push(Flag::Pasted);
        } else if (writing.keys as usize) * 2 < characters {
            flags.push(Flag::FewKeys);
        }
        if writing.left > 0 && writing.away_ms >= AWAY_MS {
            flags.push(Flag::Away);
        }
        let seconds = f64::from(writing.think_ms.max(1)) / 1e3;
        if characters as f64 / seconds > FASTEST {
            flags.push(Flag::TooFast);
        }
    }
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    if characters >= LONG && earlier.iter().any(|other| plain(other) == plain(talk)) {
        flags.push(Flag::Repeated);
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_of_long_messages_and_say_what_is_odd() {
        let talk = "Would you come down to twelve dollars for it?";
        let typed = Writing { keys: 46, think_ms: 15_000, ..Writing::default() };
        assert!(flags(talk, &[], Some(typed)).is_empty());
        assert!(flags(talk, &[], None).is_empty(), "nothing is known, nothing is flagged");
        assert!(flags("Twelve?", &["Twelve?"], Some(Writing::default())).is_empty());
        for (writing, flag) in [
            (Writing { keys: 1, pasted: 44, ..typed }, Flag::Pasted),
            (Writing { keys: 3, ..typed }, Flag::FewKeys),
            (Writing { left: 1, away_ms: 25_000, ..typed }, Flag::Away),
            (Writing { think_ms: 1_000, ..typed }, Flag::TooFast),
        ] {
            assert_eq!(flags(talk, &[], Some(writing)), [flag]);
        }
        let again = format!("  {}", talk.to_uppercase());
        assert_eq!(flags(talk, &[&again], Some(typed)), [Flag::Repeated]);
    }
}
