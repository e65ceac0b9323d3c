//! What can go wrong with an endpoint, as sentences that say what to do. None holds the key.

use policy::chat::Failure;

use crate::dollars::Dollars;

/// Why an endpoint gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    #[error("the definition of the remote model `{name}` cannot be used: {detail}")]
    BadDefinition { name: String, detail: String },
    #[error("`{name}` has no key: set the environment variable {variable} and start again")]
    NoKey { name: String, variable: String },
    #[error(
        "the endpoint of `{name}` refuses its key ({detail}): check the variable of `key_env`, and \
         what the key may do"
    )]
    KeyRefused { name: String, detail: String },
    #[error(
        "the endpoint of `{name}` does not know what it is asked for ({detail}): check `model` and \
         `base_url`"
    )]
    ModelUnknown { name: String, detail: String },
    #[error("the endpoint of `{name}` refuses the request: {detail}")]
    RequestRefused { name: String, detail: String },
    #[error("the account of `{name}` has no credit left ({detail}): top it up at the provider")]
    NoCredit { name: String, detail: String },
    #[error("the endpoint of `{name}` is busy ({detail}): wait, or ask fewer at the same time")]
    RateLimited { name: String, detail: String },
    #[error("the endpoint of `{name}` failed ({detail}): try again later")]
    ServerError { name: String, detail: String },
    #[error("{host} of `{name}` cannot be reached ({detail}): check the network and `base_url`")]
    Unreachable { name: String, host: String, detail: String },
    #[error("`{name}` did not answer within {seconds} s: try again, or raise `timeouts`")]
    TimedOut { name: String, seconds: u64 },
    #[error("the answer of `{name}` was cut off ({detail}): try again")]
    StreamCut { name: String, detail: String },
    #[error(
        "what `{name}` answers is not OpenAI's protocol ({detail}): check that `base_url` ends where \
         `/chat/completions` begins"
    )]
    NotOpenAi { name: String, detail: String },
    #[error(
        "`{name}` has spent {spent} of its budget of {budget}, and one more call might pass it: raise \
         `budget` to go on"
    )]
    BudgetSpent { name: String, spent: Dollars, budget: Dollars },
}

impl RemoteError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            RemoteError::BadDefinition { .. } => "bad_definition",
            RemoteError::NoKey { .. } => "no_key",
            RemoteError::KeyRefused { .. } => "key_refused",
            RemoteError::ModelUnknown { .. } => "model_unknown",
            RemoteError::RequestRefused { .. } => "request_refused",
            RemoteError::NoCredit { .. } => "no_credit",
            RemoteError::RateLimited { .. } => "rate_limited",
            RemoteError::ServerError { .. } => "server_error",
            RemoteError::Unreachable { .. } => "unreachable",
            RemoteError::TimedOut { .. } => "timed_out",
            RemoteError::StreamCut { .. } => "stream_cut",
            RemoteError::NotOpenAi { .. } => "not_openai",
            RemoteError::BudgetSpent { .. } => "budget_spent",
        }
    }

    /// Whether the same question may be answered a moment later.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            RemoteError::RateLimited { .. }
                | RemoteError::ServerError { .. }
                | RemoteError::Unreachable { .. }
                | RemoteError::TimedOut { .. }
                | RemoteError::StreamCut { .. }
        )
    }

    pub(crate) fn failure(&self, cost_microdollars: Option<u64>) -> Failure {
        Failure { code: self.code().to_owned(), sentence: self.to_string(), cost_microdollars }
    }
}

/// The beginning of a foreign text on one line, as it fits a sentence.
pub(crate) fn brief(text: &str) -> String {
    const LONGEST: usize = 200;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = line.chars().take(LONGEST).collect();
    cut.trim_end_matches('.').to_owned()
}
