//! What a request says of how to answer, the same for chats and completions.

use engine::{Request, Sampling};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;

/// The fields that chats and completions share.
#[derive(Debug, Default, Deserialize)]
pub struct How {
    #[serde(default)]
    pub stream: Option<bool>,
    #[serde(default)]
    pub stream_options: Option<StreamOptions>,
    #[serde(default)]
    max_tokens: Option<i64>,
    #[serde(default)]
    max_completion_tokens: Option<i64>,
    #[serde(default)]
    temperature: Option<f32>,
    #[serde(default)]
    top_p: Option<f32>,
    /// Beyond the protocol.
    #[serde(default)]
    top_k: Option<i64>,
    #[serde(default)]
    seed: Option<i64>,
    #[serde(default)]
    stop: Option<Stop>,
    #[serde(default)]
    n: Option<i64>,
    /// Beyond the protocol: Lark in llguidance's dialect.
    #[serde(default)]
    grammar: Option<String>,
    #[serde(default)]
    response_format: Option<ResponseFormat>,
    /// All else.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat {
    Text,
    JsonObject,
    JsonSchema { json_schema: Schema },
}

#[derive(Debug, Deserialize)]
struct Schema {
    #[serde(default)]
    schema: Option<Value>,
}

/// Fields that change nothing about an answer.
const OF_NO_EFFECT: [&str; 8] = [
    "user",
    "metadata",
    "store",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "parallel_tool_calls",
];

const MOST_STOPS: usize = 16;

/// Reads a body.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::unreadable(format!("The body cannot be read: {error}.")))
}

impl How {
    pub fn is_stream(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    /// Whether the stream ends with what it has used.
    pub fn tells_usage(&self) -> bool {
        self.stream_options.and_then(|options| options.include_usage).unwrap_or(false)
    }

    /// Writes it into a request that has its prompt and the model's own sampling.
    pub fn settle(self, request: &mut Request) -> Result<(), Refusal> {
        if self.n.is_some_and(|n| n != 1) {
            return Err(Refusal::bad_value("n", "One answer is given: leave `n` out, or send 1."));
        }
        refuse_what_is_not_served(&self.rest)?;
        self.sampling(&mut request.sampling)?;
        request.stop = stops(self.stop)?;
        request.seed = match self.seed {
            Some(seed) => seed.cast_unsigned(),
            None => rand::random(),
        };
        request.grammar = grammar(self.grammar, self.response_format)?;
        Ok(())
    }

    fn sampling(&self, sampling: &mut Sampling) -> Result<(), Refusal> {
        if let Some(temperature) = self.temperature {
            if !(0.0..=2.0).contains(&temperature) {
                let message = "`temperature` is a number from 0 to 2.";
                return Err(Refusal::bad_value("temperature", message));
            }
            sampling.temperature = temperature;
        }
        if let Some(top_p) = self.top_p {
            if !(top_p > 0.0 && top_p <= 1.0) {
                return Err(Refusal::bad_value("top_p", "`top_p` is above 0 and at most 1."));
            }
            sampling.top_p = Some(top_p);
        }
        if let Some(top_k) = count("top_k", self.top_k)? {
            sampling.top_k = Some(top_k);
        }
        let newer = count("max_completion_tokens", self.max_completion_tokens)?;
        let older = count("max_tokens", self.max_tokens)?;
        sampling.max_tokens = newer.or(older).unwrap_or(sampling.max_tokens);
        Ok(())
    }
}

fn count(param: &str, value: Option<i64>) -> Result<Option<usize>, Refusal> {
    match value.map(usize::try_from) {
        None => Ok(None),
        Some(Ok(count)) if count > 0 => Ok(Some(count)),
        Some(_) => {
            Err(Refusal::bad_value(param, format!("`{param}` is a whole number from 1 up.")))
        }
    }
}

fn stops(stop: Option<Stop>) -> Result<Vec<String>, Refusal> {
    let stops = match stop {
        None => Vec::new(),
        Some(Stop::One(text)) => vec![text],
        Some(Stop::Many(texts)) => texts,
    };
    if stops.len() > MOST_STOPS || stops.iter().any(String::is_empty) {
        let message = format!("`stop` is a text or up to {MOST_STOPS} of them, none empty.");
        return Err(Refusal::bad_value("stop", message));
    }
    Ok(stops)
}

/// The grammar that an answer keeps to.
fn grammar(
    lark: Option<String>,
    format: Option<ResponseFormat>,
) -> Result<Option<String>, Refusal> {
    let by_format = match format {
        None | Some(ResponseFormat::Text) => None,
        Some(ResponseFormat::JsonObject) => Some(of_schema(json!({ "type": "object" }))),
        Some(ResponseFormat::JsonSchema { json_schema: Schema { schema: Some(schema) } }) => {
            Some(of_schema(schema))
        }
        Some(ResponseFormat::JsonSchema { .. }) => {
            let message = "`response_format.json_schema` has no `schema`.";
            return Err(Refusal::bad_value("response_format", message));
        }
    };
    match (lark, by_format) {
        (Some(_), Some(_)) => {
            Err(Refusal::bad_value("grammar", "Send a `grammar` or a `response_format`, not both."))
        }
        (lark, by_format) => Ok(lark.or(by_format)),
    }
}

/// JSON of a schema, without blanks between its parts: some models would write those without end.
fn of_schema(mut schema: Value) -> String {
    const OPTIONS: &str = "x-guidance";
    if let Value::Object(fields) = &mut schema
        && !fields.contains_key(OPTIONS)
    {
        fields.insert(OPTIONS.to_owned(), json!({ "whitespace_flexible": false }));
    }
    format!("start: %json {schema}")
}

fn refuse_what_is_not_served(rest: &Map<String, Value>) -> Result<(), Refusal> {
    let is_served = |name: &str, value: &Value| {
        OF_NO_EFFECT.contains(&name) || says_nothing(value) || is_default(name, value)
    };
    match rest.iter().find(|(name, value)| !is_served(name, value)) {
        None => Ok(()),
        Some((name, _)) => {
            let message = match name.as_str() {
                "top_logprobs" => {
                    "The log-probabilities of the chosen tokens are told, and no others: leave \
                     `top_logprobs` out."
                        .to_owned()
                }
                name => format!("`{name}` is not served here: leave it out."),
            };
            Err(Refusal::unsupported(name, message))
        }
    }
}

/// A value that asks for nothing.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

/// A value that asks for what happens anyway.
fn is_default(name: &str, value: &Value) -> bool {
    match name {
        "best_of" => value == 1,
        "tool_choice" | "function_call" => value == "none" || value == "auto",
        "modalities" => *value == json!(["text"]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(how: Value) -> Result<Request, Refusal> {
        let mut request = Request::chat(Vec::new(), 0);
        read::<How>(how.to_string().as_bytes())?.settle(&mut request)?;
        Ok(request)
    }

    #[test]
    fn fields_are_taken_as_they_are_meant() {
        let request = settle(json!({
            "temperature": 0.5, "top_p": 0.9, "top_k": 40, "max_tokens": 5,
            "max_completion_tokens": 7, "seed": -1, "stop": "\n", "n": 1, "user": "u",
            "frequency_penalty": 0, "logit_bias": {}, "tools": [], "best_of": 1, "logprobs": null
        }))
        .unwrap();
        let Sampling { temperature, top_k, top_p, max_tokens } = request.sampling;
        assert_eq!((temperature, top_k, top_p, max_tokens), (0.5, Some(40), Some(0.9), 7));
        assert_eq!((request.seed, request.stop), (u64::MAX, vec!["\n".to_owned()]));
        let nothing =
            settle(json!({ "stop": null, "response_format": { "type": "text" } })).unwrap();
        assert_eq!((nothing.sampling, nothing.grammar), (Sampling::default(), None));
        let seeds = [settle(json!({})).unwrap().seed, settle(json!({})).unwrap().seed];
        assert_ne!(seeds[0], seeds[1], "without a seed each answer is another draw");
    }

    #[test]
    fn schemas_become_grammars() {
        let schema = json!({ "type": "integer" });
        let format =
            json!({ "type": "json_schema", "json_schema": { "name": "n", "schema": schema } });
        let request = settle(json!({ "response_format": format })).unwrap();
        let lark = request.grammar.unwrap();
        let compiled: Value = serde_json::from_str(&lark["start: %json ".len()..]).unwrap();
        assert_eq!(
            (&compiled["type"], &compiled["x-guidance"]["whitespace_flexible"]),
            (&json!("integer"), &json!(false))
        );
        let request = settle(json!({ "grammar": "start: \"a\"" })).unwrap();
        assert_eq!(request.grammar.as_deref(), Some("start: \"a\""));
    }

    #[test]
    fn what_is_not_served_is_refused_by_name() {
        let table = [
            (json!({ "n": 2 }), "n"),
            (json!({ "temperature": 3 }), "temperature"),
            (json!({ "top_p": 0 }), "top_p"),
            (json!({ "max_tokens": 0 }), "max_tokens"),
            (json!({ "stop": ["a", ""] }), "stop"),
            (json!({ "frequency_penalty": 0.5 }), "frequency_penalty"),
            (json!({ "logit_bias": { "5": 1 } }), "logit_bias"),
            (json!({ "tools": [{}] }), "tools"),
            (json!({ "top_logprobs": 2 }), "top_logprobs"),
            (json!({ "echo": true }), "echo"),
            (json!({ "temperatur": 1 }), "temperatur"),
            (
                json!({ "response_format": { "type": "json_schema", "json_schema": {} } }),
                "response_format",
            ),
            (json!({ "grammar": "g", "response_format": { "type": "json_object" } }), "grammar"),
        ];
        for (how, param) in table {
            let refusal = settle(how).expect_err(param);
            assert_eq!(refusal.param.as_deref(), Some(param), "{}", refusal.message);
            assert_eq!(refusal.status.as_u16(), 400);
        }
        assert!(settle(json!({ "temperature": "hot" })).is_err());
    }
}
