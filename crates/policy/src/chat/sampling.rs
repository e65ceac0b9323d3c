//! How a model draws its tokens.

use serde::{Deserialize, Serialize};

/// How tokens are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// Divides the logits. 0 takes the likeliest token always. Default: 1.
    #[serde(default = "one")]
    pub temperature: f32,
    /// Only so many of the likeliest tokens. Default: all.
    #[serde(default)]
    pub top_k: Option<usize>,
    /// Only the likeliest tokens that together have this probability. Default: all.
    #[serde(default)]
    pub top_p: Option<f32>,
    /// Most tokens of an answer. Default: 256.
    #[serde(default = "most_tokens")]
    pub max_tokens: usize,
}

fn one() -> f32 {
    1.0
}

fn most_tokens() -> usize {
    256
}

impl Default for Sampling {
    fn default() -> Sampling {
        Sampling { temperature: one(), top_k: None, top_p: None, max_tokens: most_tokens() }
    }
}

impl Sampling {
    /// What is wrong with it, as the end of a sentence.
    pub fn fault(&self) -> Option<&'static str> {
        if !self.temperature.is_finite() || self.temperature < 0.0 {
            Some("`temperature` is a number from 0 up")
        } else if self.top_k == Some(0) {
            Some("`top_k` is at least 1")
        } else if self.top_p.is_some_and(|p| !(p > 0.0 && p <= 1.0)) {
            Some("`top_p` is above 0 and at most 1")
        } else if self.max_tokens == 0 {
            Some("`max_tokens` is at least 1")
        } else {
            None
        }
    }
}
