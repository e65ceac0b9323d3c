//! A model of the registry that plays a side.

use async_trait::async_trait;
use policy::chat::{
    Answer, Call, ChatModel, ChatNegotiator, Decision, Failure, Hear, Piece, Profile, Question,
    Said, Sampling,
};
use policy::prompt::{self, Style};
use policy::{Fault, Negotiator};
use rules::{Move, View};

use crate::definition::Definition;
use crate::error::EngineError;
use crate::generate::{Prompt, Request};
use crate::registry::Registry;

/// A side played by a model of the registry. It keeps nothing between moves but what [`Self::take_calls`]
/// takes: the same seed, view and settings give the same move.
pub struct ModelNegotiator(ChatNegotiator<RegistryModel>);

impl ModelNegotiator {
    /// Takes a seat with a model; `seed` is the episode's. The model is loaded when it is first asked.
    pub fn new(registry: Registry, model: &str, seed: u64) -> Result<ModelNegotiator, EngineError> {
        let definition = registry.known(model)?;
        let style =
            Style::named(&definition.style).expect("definitions are checked when they are added");
        let model = RegistryModel { registry, definition, style };
        Ok(ModelNegotiator(ChatNegotiator::new(model, seed)))
    }

    /// Tells the talk as it is generated.
    pub fn telling(self, tell: impl FnMut(Said) + Send + 'static) -> ModelNegotiator {
        ModelNegotiator(self.0.telling(tell))
    }

    /// How often the model is asked before the fallback. At least once.
    pub fn attempts(self, attempts: usize) -> ModelNegotiator {
        ModelNegotiator(self.0.attempts(attempts))
    }

    /// Samples otherwise than the definition says.
    pub fn sampling(mut self, sampling: Sampling) -> ModelNegotiator {
        self.0.model_mut().definition.sampling = sampling;
        self
    }

    /// Holds the moves to a grammar, or does not, whatever the definition says.
    pub fn constrained(mut self, constrained: bool) -> ModelNegotiator {
        self.0.model_mut().definition.constrained = constrained;
        self
    }

    /// Another draw for the same view, as where the rules refused the first one. 0 is the first.
    pub fn draw(self, draw: u64) -> ModelNegotiator {
        ModelNegotiator(self.0.draw(draw))
    }

    /// The calls of the moves that were made through [`Negotiator::act`] since they were last taken.
    pub fn take_calls(&mut self) -> Vec<Call> {
        self.0.take_calls()
    }

    /// Makes a move. To drop the future is to stop the model.
    pub async fn decide(&mut self, view: &View) -> Decision {
        self.0.decide(view).await
    }
}

#[async_trait]
impl Negotiator for ModelNegotiator {
    async fn act(&mut self, view: &View) -> Result<Move, Fault> {
        self.0.act(view).await
    }
}

struct RegistryModel {
    registry: Registry,
    definition: Definition,
    style: &'static Style,
}

#[async_trait]
impl ChatModel for RegistryModel {
    fn profile(&self) -> Profile {
        Profile {
            name: self.definition.name.clone(),
            style: self.style,
            syntax: self.definition.syntax,
            sampling: self.definition.sampling,
            constrained: self.definition.constrained,
        }
    }

    async fn say(
        &mut self,
        question: Question<'_>,
        hear: &mut Hear<'_>,
    ) -> Result<Answer, Failure> {
        let Definition { name, syntax, sampling, constrained, .. } = &self.definition;
        let request = Request {
            prompt: Prompt::Chat(question.messages),
            sampling: *sampling,
            stop: Vec::new(),
            seed: question.seed,
            grammar: constrained.then(|| prompt::grammar(question.view, *syntax)),
        };
        let mut generation = self.registry.generate(name, request).await?;
        while let Some(piece) = generation.next().await {
            hear(Piece::More(&piece.text));
        }
        let words = generation.words();
        let completion = generation.finish().await?;
        Ok(Answer {
            tokens: words.spelled(&completion.tokens),
            text: completion.text,
            end: completion.end,
            prompt_tokens: completion.prompt_tokens,
            completion_tokens: completion.tokens.len(),
            queue_ms: completion.timing.queue_ms,
            first_token_ms: completion.timing.first_token_ms,
            total_ms: completion.timing.total_ms,
            cost_microdollars: None,
        })
    }

    fn fell_back(&self) {
        let model = &self.definition.name;
        tracing::warn!(model, "no answer of a model was a move: it falls back");
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Failure {
        let (code, sentence) = (error.code().to_owned(), error.to_string());
        Failure { code, sentence, cost_microdollars: None }
    }
}
