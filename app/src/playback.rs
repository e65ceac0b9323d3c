//! Stepping through a finished episode.

use rules::Event;

/// A place in a replay: 0 is before the first move, `moves` after the last, and where the limits
/// were revealed one step more shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playback {
    pub step: usize,
    pub moves: usize,
    pub reveals: bool,
}

impl Playback {
    /// At the start.
    pub fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Playback {
        let mut playback = Playback { step: 0, moves: 0, reveals: false };
        for event in events {
            match event {
                Event::Moved { .. } => playback.moves += 1,
                Event::Ended { .. } | Event::Revealed { .. } => playback.reveals = true,
                _ => {}
            }
        }
        playback
    }

    pub fn last(self) -> usize {
        self.moves + usize::from(self.reveals)
    }

    pub fn at(self, step: usize) -> Playback {
        Playback { step: step.min(self.last()), ..self }
    }

    pub fn forth(self) -> Playback {
        self.at(self.step + 1)
    }

    pub fn back(self) -> Playback {
        self.at(self.step.saturating_sub(1))
    }

    pub fn is_at_end(self) -> bool {
        self.step == self.last()
    }

    /// Whether the ending and both limits are shown.
    pub fn shows_end(self) -> bool {
        self.step > self.moves || (!self.reveals && self.is_at_end())
    }

    /// The events up to this place. Limits are left out before the end, so that a replay keeps the
    /// tension that the play had, whoever reads it.
    pub fn shown<'a>(
        self,
        events: impl Iterator<Item = &'a Event> + Clone,
    ) -> impl Iterator<Item = &'a Event> + Clone {
        let mut moves = 0;
        events.filter(move |event| match event {
            Event::Moved { .. } => {
                moves += 1;
                moves <= self.step
            }
            Event::Opened(_) => true,
            _ => self.shows_end(),
        })
    }
}

/// What a key does to a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Toggle,
    Back,
    Forth,
    Start,
    End,
}

/// The control for a key as browsers name it.
pub fn control(key: &str) -> Option<Control> {
    Some(match key {
        " " | "k" => Control::Toggle,
        "ArrowLeft" | "j" => Control::Back,
        "ArrowRight" | "l" => Control::Forth,
        "Home" => Control::Start,
        "End" => Control::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use rules::{Act, Episode, Millis, Move, Role, apply, fold_public};

    fn finished() -> Vec<Event> {
        let mut events = sample::events(&[60, 90]);
        let episode = Episode::replay(&events).expect("whole");
        events.extend(
            apply(&episode, Role::Buyer, Move::new("No.", Act::Quit), Millis(0)).expect("legal"),
        );
        events
    }

    #[test]
    fn steps_stay_inside() {
        let playback = Playback::of(finished().iter());
        assert_eq!((playback.moves, playback.last()), (3, 4));
        assert_eq!(playback.back().step, 0);
        assert_eq!(playback.at(99).step, 4);
        assert!(playback.at(99).forth().is_at_end());
    }

    #[test]
    fn limits_stay_hidden_until_the_last_step() {
        let events = finished();
        let playback = Playback::of(events.iter());
        for step in 0..=4 {
            let shown: Vec<_> = playback.at(step).shown(events.iter()).collect();
            let tells =
                shown.iter().any(|e| matches!(e, Event::LimitSet { .. } | Event::Revealed { .. }));
            assert_eq!(tells, step == 4, "step {step}");
            let table = fold_public(shown).expect("the opening is always shown");
            assert_eq!(table.turns.len(), step.min(3));
            assert_eq!(table.is_over(), step == 4);
        }
    }

    #[test]
    fn keys_have_their_usual_meaning() {
        assert_eq!(control("ArrowRight"), Some(Control::Forth));
        assert_eq!(control(" "), Some(Control::Toggle));
        assert_eq!(control("Tab"), None);
    }
}
