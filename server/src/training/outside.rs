//! Opponents that are neither scripts nor the run's own models: the roster's thinkers, asked many at once.

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt;
use policy::{Boundary, Fault};
use rules::{Move, Role};
use tokio::runtime::Handle;
use trainer::rollout::{Asked, Outside};

use crate::roster::{Member, Question, Roster, Thinker};

/// A question, and who is asked.
type Addressed = (Arc<dyn Thinker>, Question);

/// Asks thinkers from the training thread, which waits for all of a batch.
pub struct Thinkers {
    roster: Roster,
    runtime: Handle,
    /// Questions at once.
    at_once: usize,
    known: HashMap<String, Arc<dyn Thinker>>,
}

impl Thinkers {
    pub fn new(roster: Roster, runtime: Handle, at_once: usize) -> Thinkers {
        Thinkers { roster, runtime, at_once, known: HashMap::new() }
    }

    fn thinker(&mut self, name: &str, role: Role) -> Result<Arc<dyn Thinker>, Fault> {
        if let Some(thinker) = self.known.get(name) {
            return Ok(thinker.clone());
        }
        let fault = |detail: String| Fault::new(Boundary::Engine, detail);
        match self.roster.find(name) {
            Some(member) if !member.plays(role) => {
                Err(fault(format!("`{name}` does not play the {}", role.name())))
            }
            Some(Member::Thinker(thinker)) => {
                self.known.insert(name.to_owned(), thinker.clone());
                Ok(thinker)
            }
            Some(Member::Script(_)) | None => {
                Err(fault(format!("there is no negotiator `{name}` that could be asked")))
            }
        }
    }
}

impl Outside for Thinkers {
    fn moves(&mut self, asked: &[Asked]) -> Vec<Result<Move, Fault>> {
        let questions: Vec<Result<Addressed, Fault>> = asked
            .iter()
            .map(|Asked { name, seed, view }| {
                let thinker = self.thinker(name, view.role)?;
                Ok((thinker, Question { view: view.clone(), seed: *seed, draw: 0 }))
            })
            .collect();
        let answers = futures::stream::iter(questions).map(|question| async {
            let (thinker, question) = question?;
            let answer = thinker.think(&question, Box::new(|_| {})).await;
            answer.mv.map_err(|breakdown| breakdown.fault)
        });
        self.runtime.block_on(answers.buffered(self.at_once.max(1)).collect())
    }
}
