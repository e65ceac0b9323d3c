//! `POST /v1/chat/completions`.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use engine::{Prompt, Request};
use policy::prompt::{Message, Speaker};
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
    messages: Vec<Spoken>,
    #[serde(default)]
    logprobs: Option<bool>,
    #[serde(flatten)]
    how: How,
}

#[derive(Debug, Deserialize)]
struct Spoken {
    role: String,
    #[serde(default)]
    content: Option<Content>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
}

pub async fn answer(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let order: Order = read(&body)?;
    let (registry, definition) = ask::model(&state, &order.model)?;
    let messages = messages(order.messages)?;
    let mut head = Head::new(Kind::Chat, order.model);
    head.is_stream = order.how.is_stream();
    head.tells_usage = order.how.tells_usage();
    head.tells_logprobs = order.logprobs.unwrap_or(false);
    let mut request = Request::chat(Vec::new(), 0);
    request.prompt = Prompt::Chat(messages);
    request.sampling = definition.sampling;
    order.how.settle(&mut request)?;
    ask::answer(&state, &actor, registry, head, request).await
}

fn messages(spoken: Vec<Spoken>) -> Result<Vec<Message>, Refusal> {
    if spoken.is_empty() {
        return Err(Refusal::bad_value("messages", "`messages` has at least one message."));
    }
    spoken.into_iter().map(message).collect()
}

fn message(spoken: Spoken) -> Result<Message, Refusal> {
    let speaker = match spoken.role.as_str() {
        "system" | "developer" => Speaker::System,
        "user" => Speaker::User,
        "assistant" => Speaker::Assistant,
        role => {
            let message = format!("The role `{role}` is not served: system, user, assistant are.");
            return Err(Refusal::bad_value("messages", message));
        }
    };
    let text = match spoken.content {
        None => {
            let message = "Each message has a `content`: tool calls are not served.";
            return Err(Refusal::bad_value("messages", message));
        }
        Some(Content::Text(text)) => text,
        Some(Content::Parts(parts)) => {
            parts.into_iter().map(text_of).collect::<Result<Vec<_>, _>>()?.concat()
        }
    };
    Ok(Message::new(speaker, text))
}

fn text_of(part: Part) -> Result<String, Refusal> {
    match part {
        Part { kind, text: Some(text) } if kind == "text" => Ok(text),
        Part { kind, .. } => {
            let message = format!("Parts of a message are text here, not `{kind}`.");
            Err(Refusal::bad_value("messages", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read_messages(value: Value) -> Result<Vec<Message>, Refusal> {
        messages(serde_json::from_value(value).unwrap())
    }

    #[test]
    fn messages_are_texts_of_three_roles() {
        let read = read_messages(json!([
            { "role": "developer", "content": "a" },
            { "role": "user", "content": [{ "type": "text", "text": "b" }, { "type": "text", "text": "c" }] },
            { "role": "assistant", "content": "d", "name": "x" },
        ]));
        let expected = [(Speaker::System, "a"), (Speaker::User, "bc"), (Speaker::Assistant, "d")]
            .map(|(speaker, text)| Message::new(speaker, text));
        assert_eq!(read.unwrap(), expected);
        let refused = [
            json!([]),
            json!([{ "role": "tool", "content": "a" }]),
            json!([{ "role": "assistant", "content": null, "tool_calls": [] }]),
            json!([{ "role": "user", "content": [{ "type": "image_url" }] }]),
        ];
        for value in refused {
            let refusal = read_messages(value.clone()).expect_err(&value.to_string());
            assert_eq!(refusal.param.as_deref(), Some("messages"));
        }
    }
}
