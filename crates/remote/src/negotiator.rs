//! A model elsewhere that plays a side.

use async_trait::async_trait;
use policy::chat::{
    Answer, Call, ChatModel, ChatNegotiator, Decision, Failure, Hear, Profile, Question, Said,
    Sampling,
};
use policy::prompt::Style;
use policy::{Fault, Negotiator};
use rules::{Move, View};

use crate::client::Remote;
use crate::definition::Definition;

/// A side played by a model behind an endpoint. It keeps nothing between moves but what
/// [`Self::take_calls`] takes.
pub struct RemoteNegotiator(ChatNegotiator<RemoteModel>);

impl RemoteNegotiator {
    /// Takes a seat; `seed` is the episode's. Most endpoints give the same answer to the same seed only
    /// by and large.
    pub fn new(remote: Remote, seed: u64) -> RemoteNegotiator {
        let sampling = remote.definition().sampling;
        RemoteNegotiator(ChatNegotiator::new(RemoteModel { remote, sampling }, seed))
    }

    /// Tells the talk as it is generated.
    pub fn telling(self, tell: impl FnMut(Said) + Send + 'static) -> RemoteNegotiator {
        RemoteNegotiator(self.0.telling(tell))
    }

    /// How often the model is asked before the fallback. At least once.
    pub fn attempts(self, attempts: usize) -> RemoteNegotiator {
        RemoteNegotiator(self.0.attempts(attempts))
    }

    /// Samples otherwise than the definition says.
    pub fn sampling(mut self, sampling: Sampling) -> RemoteNegotiator {
        self.0.model_mut().sampling = sampling;
        self
    }

    /// Another draw for the same view, as where the rules refused the first one. 0 is the first.
    pub fn draw(self, draw: u64) -> RemoteNegotiator {
        RemoteNegotiator(self.0.draw(draw))
    }

    /// The calls of the moves that were made through [`Negotiator::act`] since they were last taken.
    pub fn take_calls(&mut self) -> Vec<Call> {
        self.0.take_calls()
    }

    /// Makes a move. To drop the future is to close the connection.
    pub async fn decide(&mut self, view: &View) -> Decision {
        self.0.decide(view).await
    }
}

#[async_trait]
impl Negotiator for RemoteNegotiator {
    async fn act(&mut self, view: &View) -> Result<Move, Fault> {
        self.0.act(view).await
    }
}

struct RemoteModel {
    remote: Remote,
    sampling: Sampling,
}

#[async_trait]
impl ChatModel for RemoteModel {
    fn profile(&self) -> Profile {
        let definition = self.remote.definition();
        let style = Style::named(&definition.style).expect("definitions are checked when opened");
        Profile {
            name: definition.name.clone(),
            style,
            syntax: definition.written(),
            sampling: self.sampling,
            constrained: definition.constrained,
        }
    }

    async fn say(
        &mut self,
        question: Question<'_>,
        hear: &mut Hear<'_>,
    ) -> Result<Answer, Failure> {
        let definition = Definition { sampling: self.sampling, ..self.remote.definition().clone() };
        self.remote.ask(&definition, &question, hear).await
    }

    fn fell_back(&self) {
        let model = &self.remote.definition().name;
        tracing::warn!(model, "no answer of a remote model was a move: it falls back");
    }
}
