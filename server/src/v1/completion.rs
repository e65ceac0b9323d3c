//! `POST /v1/completions`: a text, or tokens, to be continued as they stand.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use engine::{Prompt, Request};
use serde::Deserialize;

use super::ask;
use super::order::{How, read};
use super::refusal::Refusal;
use super::reply::{Head, Kind};
use crate::auth::Actor;
use crate::state::AppState;

#[derive(Debug, Deserialize)]
struct Order {
    model: String,
    prompt: Beginning,
    /// How many tokens besides the chosen one are told, of which there are none here.
    #[serde(default)]
    logprobs: Option<u32>,
    #[serde(flatten)]
    how: How,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Beginning {
    Text(String),
    Tokens(Vec<u32>),
    Texts(Vec<String>),
    ManyTokens(Vec<Vec<u32>>),
}

pub async fn answer(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let order: Order = read(&body)?;
    let (registry, definition) = ask::model(&state, &order.model)?;
    if order.logprobs.is_some_and(|others| others > 0) {
        let message = "The log-probabilities of the chosen tokens are told, and no others: send \
            `logprobs` as 0.";
        return Err(Refusal::unsupported("logprobs", message));
    }
    let mut head = Head::new(Kind::Text, order.model);
    head.is_stream = order.how.is_stream();
    head.tells_usage = order.how.tells_usage();
    head.tells_logprobs = order.logprobs.is_some();
    let mut request = Request::chat(Vec::new(), 0);
    request.prompt = prompt(order.prompt)?;
    request.sampling = definition.sampling;
    order.how.settle(&mut request)?;
    ask::answer(&state, &actor, registry, head, request).await
}

fn prompt(beginning: Beginning) -> Result<Prompt, Refusal> {
    const ONE: &str = "One prompt is answered at a time: send a text, or the ids of its tokens.";
    let one = |refusal: &'static str| Refusal::bad_value("prompt", refusal);
    match beginning {
        Beginning::Text(text) => Ok(Prompt::Text(text)),
        Beginning::Tokens(ids) => Ok(Prompt::Tokens(ids)),
        Beginning::Texts(texts) => match <[String; 1]>::try_from(texts) {
            Ok([text]) => Ok(Prompt::Text(text)),
            Err(_) => Err(one(ONE)),
        },
        Beginning::ManyTokens(many) => match <[Vec<u32>; 1]>::try_from(many) {
            Ok([ids]) => Ok(Prompt::Tokens(ids)),
            Err(_) => Err(one(ONE)),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn one_prompt_in_any_form_is_taken() {
        let read = |value: Value| prompt(serde_json::from_value(value).unwrap()).ok();
        assert_eq!(read(json!("a")), Some(Prompt::Text("a".to_owned())));
        assert_eq!(read(json!(["a"])), Some(Prompt::Text("a".to_owned())));
        assert_eq!(read(json!([1, 2])), Some(Prompt::Tokens(vec![1, 2])));
        assert_eq!(read(json!([[1, 2]])), Some(Prompt::Tokens(vec![1, 2])));
        assert_eq!(read(json!(["a", "b"])), None);
        assert_eq!(read(json!([[1], [2]])), None);
    }
}
