//! One side's whole conversation as the policy read and wrote it.

use rules::Role;

/// The exact tokens of a conversation: never text that was tokenised again.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub role: Role,
    pub ids: Vec<u32>,
    /// As long as `ids`: whether the policy drew the token.
    pub own: Vec<bool>,
    /// As long as `ids`: natural log-probability of an own token under the policy that drew it, at
    /// temperature 1; 0 elsewhere.
    pub logp: Vec<f32>,
    /// Own messages.
    pub messages: u32,
    /// Whether a message met the limit of tokens.
    pub truncated: bool,
    /// `None`: the machinery failed; the trace is learnt from by nobody.
    pub reward: Option<f64>,
}

impl Trace {
    pub fn new(role: Role) -> Trace {
        Trace {
            role,
            ids: Vec::new(),
            own: Vec::new(),
            logp: Vec::new(),
            messages: 0,
            truncated: false,
            reward: None,
        }
    }

    /// Takes up tokens that were read.
    pub fn read(&mut self, ids: &[u32]) {
        self.ids.extend_from_slice(ids);
        self.own.resize(self.ids.len(), false);
        self.logp.resize(self.ids.len(), 0.0);
    }

    /// Takes up a token that was drawn.
    pub fn wrote(&mut self, id: u32, logp: f32) {
        self.ids.push(id);
        self.own.push(true);
        self.logp.push(logp);
    }

    pub fn own_tokens(&self) -> usize {
        self.own.iter().filter(|own| **own).count()
    }
}
