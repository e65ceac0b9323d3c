//! A model behind an endpoint, at the table.

use std::time::Duration;

use async_trait::async_trait;
use remote::{Remote, RemoteNegotiator, Status};
use rules::Role;
use store::NewCall;
use wire::{ModelCard, ModelKind, ModelState, NegotiatorCard, NegotiatorKind, NegotiatorName};

use super::super::{Answer, Hear, Question, Thinker};
use super::call::{self, Manner};
use crate::backend::failure_sentence;

pub struct RemotePlayer(pub Remote);

#[async_trait]
impl Thinker for RemotePlayer {
    fn card(&self) -> NegotiatorCard {
        let definition = self.0.definition();
        NegotiatorCard {
            name: NegotiatorName(definition.name.clone()),
            title: definition.shown().to_owned(),
            summary: "A language model that runs elsewhere and is asked over the network."
                .to_owned(),
            kind: NegotiatorKind::Model,
            roles: Role::BOTH.to_vec(),
        }
    }

    fn is_guarded(&self) -> bool {
        self.0.definition().guard
    }

    fn warm(&self) {}

    async fn think(&self, question: &Question, hear: Hear) -> Answer {
        let Question { view, seed, draw } = question;
        let negotiator = RemoteNegotiator::new(self.0.clone(), *seed);
        let mut negotiator = negotiator.draw(*draw).telling(call::tell(hear));
        call::answer(negotiator.decide(view).await, view)
    }

    fn unfinished(&self, question: &Question, heard: String, after: Duration) -> NewCall {
        let definition = self.0.definition();
        let manner = Manner {
            model: &definition.name,
            style: &definition.style,
            syntax: definition.written(),
            sampling: &definition.sampling,
            constrained: definition.constrained,
        };
        call::unfinished(&manner, question, heard, after)
    }
}

/// The endpoint as it is now.
pub fn card(remote: &Remote, in_full: bool) -> ModelCard {
    let Status { name, in_flight, requests, tokens, tokens_per_second, trouble, .. } =
        remote.status();
    ModelCard {
        name,
        title: remote.definition().shown().to_owned(),
        kind: ModelKind::Remote,
        state: if trouble.is_some() { ModelState::Failed } else { ModelState::Ready },
        stage: None,
        elapsed_ms: None,
        expected_ms: None,
        sentence: trouble.map(|trouble| match in_full {
            true => trouble.sentence,
            false => failure_sentence(trouble.code).to_owned(),
        }),
        memory_bytes: 0,
        tokens_per_second,
        queued: 0,
        in_flight: in_flight as u64,
        requests,
        tokens,
        longest_wait_ms: 0,
    }
}
