//! What a remote negotiator is: the tables `[[remotes]]` of the models file.
//!
//! ```toml
//! [[remotes]]
//! name = "big"
//! title = "A large model elsewhere"
//! base_url = "https://models.example/v1"
//! model = "large-1"
//! key_env = "MODELS_EXAMPLE_KEY"
//! prices = { input = 0.15, output = 0.60 }
//! budget = 5
//! ```

use policy::chat::Sampling;
use policy::prompt::Style;
use reqwest::Url;
use rules::syntax::Syntax;
use serde::{Deserialize, Serialize};

use crate::dollars::Dollars;
use crate::error::RemoteError;
use crate::reach::{Reach, in_digits};

/// One model behind an endpoint. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// How programs call it: lower-case letters, digits, `-`, `_`, `.`. Required.
    pub name: String,
    /// How people read it. Default: the name.
    #[serde(default)]
    pub title: String,
    /// What stands before `/chat/completions`, such as `https://models.example/v1`. Required.
    pub base_url: String,
    /// The model's id at the endpoint. Required.
    pub model: String,
    /// Whether its host may be a machine of the own network. `true`: any, also of the wire itself (169.254.0.0/16,
    /// fe80::/10). `false`: none, but public addresses. Default: the own network where `base_url` has an address in
    /// digits or a name that the internet has not (`vllm`, `gpu.lan`), else public addresses.
    #[serde(default)]
    pub private: Option<bool>,
    /// The environment variable that holds the key. Default: no key is sent.
    #[serde(default)]
    pub key_env: Option<String>,
    /// What it costs. Default: nothing.
    #[serde(default)]
    pub prices: Prices,
    /// Most dollars that all calls together may cost. Default: no bound.
    #[serde(default)]
    pub budget: Option<Dollars>,
    /// The prompt style: `standard` or `compact`. Default: `standard`.
    #[serde(default = "standard")]
    pub style: String,
    /// The surface syntax of its moves: `lines`, `tags` or `json`. Default: `lines`; under the protocol
    /// `tool` always `json`.
    #[serde(default)]
    pub syntax: Syntax,
    /// How a move is asked for: `text` or `tool`. Default: `text`.
    #[serde(default)]
    pub protocol: Protocol,
    /// How it samples. Default: temperature 1, 256 tokens.
    #[serde(default)]
    pub sampling: Sampling,
    /// How long it may take.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// How often one question is put again where the endpoint is busy, broken or out of reach. Default:
    /// 4.
    #[serde(default = "retries")]
    pub retries: u32,
    /// Milliseconds before the first of these, doubled before each further one, up to 20 s. Default:
    /// 500.
    #[serde(default = "backoff_ms")]
    pub backoff_ms: u64,
    /// What the endpoint calls the bound on tokens. Default: `max_tokens`.
    #[serde(default)]
    pub max_tokens_name: MaxTokensName,
    /// Whether the grammar of the legal moves is sent along, in the field `grammar` that Souk's own
    /// endpoint reads. Default: no.
    #[serde(default)]
    pub constrained: bool,
    /// Whether its own limit is taken out of its talk. Default: no.
    #[serde(default)]
    pub guard: bool,
}

/// Prices in dollars per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Tokens that are read.
    pub input: Dollars,
    /// Tokens that are written.
    pub output: Dollars,
}

/// How a move is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// As the text of the answer, in the syntax.
    #[default]
    Text,
    /// As the arguments of a function that it is told to call, whose schema holds the moves that are
    /// legal.
    Tool,
}

/// Seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Until there is a connection. Default: 10.
    pub connect_s: u64,
    /// Until the answer begins, and the longest silence within it. Default: 60.
    pub first_token_s: u64,
    /// Until the end of the answer, all tries and pauses together. Default: 180.
    pub total_s: u64,
}

/// What an endpoint calls the bound on an answer's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensName {
    /// The older name, which nearly all take.
    #[default]
    MaxTokens,
    /// The newer one, which some models want.
    MaxCompletionTokens,
}

fn standard() -> String {
    "standard".to_owned()
}

fn retries() -> u32 {
    4
}

fn backoff_ms() -> u64 {
    500
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts { connect_s: 10, first_token_s: 60, total_s: 180 }
    }
}

impl Definition {
    /// An endpoint's model with every setting at its default.
    pub fn new(
        name: impl Into<String>,
        base_url: impl Into<String>,
        model: impl Into<String>,
    ) -> Definition {
        Definition {
            name: name.into(),
            title: String::new(),
            base_url: base_url.into(),
            model: model.into(),
            private: None,
            key_env: None,
            prices: Prices::default(),
            budget: None,
            style: standard(),
            syntax: Syntax::default(),
            protocol: Protocol::default(),
            sampling: Sampling::default(),
            timeouts: Timeouts::default(),
            retries: retries(),
            backoff_ms: backoff_ms(),
            max_tokens_name: MaxTokensName::default(),
            constrained: false,
            guard: false,
        }
    }

    /// The title, or the name where there is none.
    pub fn shown(&self) -> &str {
        if self.title.is_empty() { &self.name } else { &self.title }
    }

    /// The syntax in which it writes.
    pub fn written(&self) -> Syntax {
        match self.protocol {
            Protocol::Text => self.syntax,
            Protocol::Tool => Syntax::Json,
        }
    }

    /// Whether it can be used.
    ///
    /// # Errors
    /// [`RemoteError::BadDefinition`].
    pub fn check(&self) -> Result<(), RemoteError> {
        self.address().map(drop)
    }

    /// Where chats are answered.
    pub(crate) fn address(&self) -> Result<Url, RemoteError> {
        let bad = |detail| RemoteError::BadDefinition { name: self.name.clone(), detail };
        if let Some(fault) = self.fault() {
            return Err(bad(fault));
        }
        let url = chats(&self.base_url).map_err(|detail| bad(detail.to_owned()))?;
        // A name is judged when it is looked up.
        if let Some(address) = in_digits(&url)
            && !Reach::of(self.private, &url).takes(address)
        {
            let detail =
                format!("{address} is beyond its reach: where it is meant, write `private = true`");
            return Err(bad(detail));
        }
        Ok(url)
    }

    fn fault(&self) -> Option<String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return Some("a name is lower-case letters, digits, `-`, `_` and `.`".to_owned());
        }
        if self.model.trim().is_empty() {
            return Some("`model` is the model's id at the endpoint".to_owned());
        }
        if self.key_env.as_deref().is_some_and(|name| !is_variable(name)) {
            // What stands there may be the key itself.
            let fault = "`key_env` is the name of an environment variable, never the key";
            return Some(fault.to_owned());
        }
        if Style::named(&self.style).is_none() {
            return Some(format!("there is no prompt style `{}`", self.style));
        }
        if self.budget.is_some() && self.prices == Prices::default() {
            return Some("a `budget` needs `prices` by which it is counted".to_owned());
        }
        let Timeouts { connect_s, first_token_s, total_s } = self.timeouts;
        if [connect_s, first_token_s, total_s].iter().any(|s| !(1..=3600).contains(s)) {
            return Some("`timeouts` are seconds, from 1 to 3600".to_owned());
        }
        if self.retries > 20 || !(1..=20_000).contains(&self.backoff_ms) {
            return Some("`retries` are at most 20, `backoff_ms` from 1 to 20000".to_owned());
        }
        self.sampling.fault().map(str::to_owned)
    }
}

fn is_variable(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// The address of chats under a base.
fn chats(base: &str) -> Result<Url, &'static str> {
    const SHAPE: &str = "`base_url` is an address such as https://models.example/v1";
    let mut url: Url = base.parse().map_err(|_| SHAPE)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(SHAPE);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("`base_url` holds a password: put it into the variable of `key_env`");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("`base_url` ends with its path, without `?` and `#`");
    }
    url.path_segments_mut().map_err(|()| SHAPE)?.pop_if_empty().extend(["chat", "completions"]);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        remotes: Vec<Definition>,
    }

    #[test]
    fn a_file_says_little_where_defaults_do() {
        let text = "[[remotes]]\nname = \"a\"\nbase_url = \"http://127.0.0.1:1/v1/\"\nmodel = \"m\"\n\
            [[remotes]]\nname = \"b\"\ntitle = \"B\"\nbase_url = \"https://b.example\"\nmodel = \"m\"\n\
            key_env = \"B_KEY\"\nprices = { input = 0.15, output = \"0.60\" }\nbudget = 5\n\
            protocol = \"tool\"\nmax_tokens_name = \"max_completion_tokens\"\nguard = true\n\
            timeouts = { total_s = 20 }\nsampling = { temperature = 0.5 }\n";
        let [a, b] = &toml::from_str::<File>(text).expect("it is well-formed").remotes[..] else {
            panic!("there are two")
        };
        assert_eq!(*a, Definition::new("a", "http://127.0.0.1:1/v1/", "m"));
        let address = |d: &Definition| d.address().expect("it is right").to_string();
        assert_eq!(address(a), "http://127.0.0.1:1/v1/chat/completions");
        assert_eq!(address(b), "https://b.example/chat/completions");
        assert_eq!((a.shown(), b.shown(), b.written()), ("a", "B", Syntax::Json));
        assert_eq!((b.prices.input.micro, b.prices.output.micro), (150_000, 600_000));
        assert_eq!((b.timeouts.total_s, b.timeouts.connect_s), (20, 10));
        assert!(toml::from_str::<File>(&text.replace("guard", "gard")).is_err());
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let good = || Definition::new("a", "https://a.example/v1", "m");
        let table = [
            (Definition { name: "A b".into(), ..good() }, "a name is"),
            (Definition { model: " ".into(), ..good() }, "`model`"),
            (Definition { base_url: "a.example".into(), ..good() }, "`base_url`"),
            (Definition { base_url: "ftp://a.example".into(), ..good() }, "`base_url`"),
            (Definition { base_url: "https://u:p@a.example".into(), ..good() }, "password"),
            (Definition { base_url: "https://a.example/?k=1".into(), ..good() }, "without `?`"),
            (Definition { base_url: "http://169.254.169.254/v1".into(), ..good() }, "its reach"),
            (
                Definition { base_url: "http://0.0.0.0/v1".into(), private: Some(true), ..good() },
                "its reach",
            ),
            (
                Definition {
                    base_url: "http://2130706433/v1".into(),
                    private: Some(false),
                    ..good()
                },
                "its reach",
            ),
            (Definition { key_env: Some("sk-secret".into()), ..good() }, "never the key"),
            (Definition { style: "loud".into(), ..good() }, "no prompt style"),
            (Definition { budget: Some(Dollars::from_micro(1)), ..good() }, "needs `prices`"),
            (Definition { retries: 21, ..good() }, "at most 20"),
            (
                Definition { timeouts: Timeouts { total_s: 0, ..Default::default() }, ..good() },
                "seconds",
            ),
        ];
        assert_eq!(good().check(), Ok(()));
        for (definition, expected) in table {
            let error = definition.check().expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
