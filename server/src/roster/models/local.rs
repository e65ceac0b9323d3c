//! A model in this process, at the table.

use std::time::Duration;

use async_trait::async_trait;
use engine::{Definition, ModelNegotiator, Registry};
use policy::{Boundary, Fault};
use rules::Role;
use store::NewCall;
use wire::{NegotiatorCard, NegotiatorKind, NegotiatorName};

use super::super::{Answer, Breakdown, DEMO, Hear, Question, Thinker};
use super::call::{self, Manner};

pub struct LocalPlayer {
    pub registry: Registry,
    pub definition: Definition,
    pub is_guarded: bool,
}

#[async_trait]
impl Thinker for LocalPlayer {
    fn card(&self) -> NegotiatorCard {
        let summary = match self.definition.name.as_str() {
            DEMO => "A small language model that came with Souk and runs on this server.",
            _ => "A language model that runs on this server.",
        };
        NegotiatorCard {
            name: NegotiatorName(self.definition.name.clone()),
            title: self.definition.shown().to_owned(),
            summary: summary.to_owned(),
            kind: NegotiatorKind::Model,
            roles: Role::BOTH.to_vec(),
        }
    }

    fn is_guarded(&self) -> bool {
        self.is_guarded
    }

    fn warm(&self) {
        let (registry, name) = (self.registry.clone(), self.definition.name.clone());
        tokio::spawn(async move {
            if let Err(error) = registry.load(&name).await {
                tracing::warn!(model = name, %error, "a model that was asked for is not loaded");
            }
        });
    }

    async fn think(&self, question: &Question, hear: Hear) -> Answer {
        let Question { view, seed, draw } = question;
        match ModelNegotiator::new(self.registry.clone(), &self.definition.name, *seed) {
            Ok(negotiator) => {
                let mut negotiator = negotiator.draw(*draw).telling(call::tell(hear));
                call::answer(negotiator.decide(view).await, view)
            }
            Err(error) => {
                let fault = Fault::new(Boundary::Engine, error.to_string());
                let mv = Err(Breakdown { code: error.code().to_owned(), fault });
                Answer { mv, calls: Vec::new() }
            }
        }
    }

    fn unfinished(&self, question: &Question, heard: String, after: Duration) -> NewCall {
        let definition = &self.definition;
        let manner = Manner {
            model: &definition.name,
            style: &definition.style,
            syntax: definition.syntax,
            sampling: &definition.sampling,
            constrained: definition.constrained,
        };
        call::unfinished(&manner, question, heard, after)
    }
}
