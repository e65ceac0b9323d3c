//! Messages out of the log of events.

use anyhow::Result;
use rules::{Event, Mills, Move, PerRole};
use store::ExportedTalk;
use tables::Cell;
use uuid::Uuid;

use super::regulation_name;

/// What came before the next message of the episode that is read.
#[derive(Default)]
pub struct Moves {
    episode: Option<Uuid>,
    messages: i64,
    own: PerRole<i64>,
    thought: Option<String>,
    guarded: Option<String>,
    intervention: Option<(&'static str, Move)>,
}

impl Moves {
    /// The message that an event is, if it is one. Events come in their order.
    pub fn absorb(&mut self, ExportedTalk { row }: ExportedTalk) -> Result<Vec<Vec<Cell>>> {
        if self.episode != Some(row.episode_id) {
            *self = Moves { episode: Some(row.episode_id), ..Moves::default() };
        }
        match row.event()? {
            Event::Thought { text, .. } => self.thought = Some(text),
            Event::Redacted { talk, .. } => self.guarded = Some(talk),
            Event::Intervened { intervention, .. } => {
                let name = regulation_name(intervention.regulation);
                self.intervention = Some((name, intervention.original));
            }
            Event::Moved { by, talk, act } => {
                self.messages += 1;
                let round = self.own.get_mut(by);
                *round += 1;
                let (name, original) = self.intervention.take().unzip();
                let original_price: Option<Mills> = original.as_ref().and_then(|mv| mv.act.price());
                return Ok(vec![vec![
                    row.episode_id.into(),
                    self.messages.into(),
                    by.into(),
                    (*round).into(),
                    act_name(act).into(),
                    act.price().into(),
                    talk.into(),
                    self.thought.take().into(),
                    self.guarded.take().into(),
                    name.into(),
                    original.map(|mv| act_name(mv.act)).into(),
                    original_price.into(),
                    row.at.timestamp_millis().into(),
                ]]);
            }
            _ => {}
        }
        Ok(Vec::new())
    }
}

fn act_name(act: rules::Act) -> &'static str {
    use rules::Act;
    match act {
        Act::Offer(_) => "offer",
        Act::Reject => "reject",
        Act::Accept(_) => "accept",
        Act::Quit => "quit",
        Act::Talk => "talk",
    }
}
