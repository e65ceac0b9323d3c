//! Requests and answers in OpenAI's words.

use policy::chat::{End, Question};
use policy::prompt::{Message, Speaker, grammar};
use rules::syntax::{Context, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::account::Tokens;
use crate::definition::{Definition, MaxTokensName, Protocol};

/// The function of the tool protocol.
const FUNCTION: &str = "play";

/// What is added to the system message under the tool protocol.
const BY_TOOL: &str = include_str!("../prompts/tool.txt");

/// The body of a request.
pub fn body(definition: &Definition, question: &Question<'_>) -> Value {
    let Definition { model, sampling, max_tokens_name, .. } = definition;
    let mut body = json!({
        "model": model,
        "messages": messages(&question.messages, definition.protocol),
        "stream": true,
        "stream_options": { "include_usage": true },
        "temperature": number(sampling.temperature),
        // Below 2^53: not every endpoint reads whole numbers as such.
        "seed": question.seed >> 11,
    });
    let fields = body.as_object_mut().expect("it is an object");
    let most = match max_tokens_name {
        MaxTokensName::MaxTokens => "max_tokens",
        MaxTokensName::MaxCompletionTokens => "max_completion_tokens",
    };
    fields.insert(most.to_owned(), json!(sampling.max_tokens));
    if let Some(top_p) = sampling.top_p {
        fields.insert("top_p".to_owned(), number(top_p));
    }
    if let Some(top_k) = sampling.top_k {
        fields.insert("top_k".to_owned(), json!(top_k));
    }
    if definition.constrained {
        let lark = grammar(question.view, definition.written());
        fields.insert("grammar".to_owned(), json!(lark));
    }
    if definition.protocol == Protocol::Tool {
        add_tool(fields, question);
    }
    body
}

/// A float as it is written in a file: 0.7 rather than 0.699999988.
fn number(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, |value| json!(value))
}

fn add_tool(fields: &mut Map<String, Value>, question: &Question<'_>) {
    let parameters = json_schema(&Context::of(question.view), question.view.legal());
    let description = "Makes your next move.";
    let function = json!({
        "name": FUNCTION, "description": description, "parameters": parameters
    });
    fields.insert("tools".to_owned(), json!([{ "type": "function", "function": function }]));
    let choice = json!({ "type": "function", "function": { "name": FUNCTION } });
    fields.insert("tool_choice".to_owned(), choice);
}

fn messages(messages: &[Message], protocol: Protocol) -> Vec<Value> {
    let plain =
        |message: &Message| json!({ "role": message.speaker.name(), "content": message.text });
    match protocol {
        Protocol::Text => messages.iter().map(plain).collect(),
        Protocol::Tool => {
            let mut out = Vec::new();
            for (at, message) in messages.iter().enumerate() {
                match message.speaker {
                    Speaker::System => {
                        let text = format!("{}\n\n{}", message.text, BY_TOOL.trim_end());
                        out.push(plain(&Message::new(Speaker::System, text)));
                    }
                    Speaker::User => out.push(plain(message)),
                    Speaker::Assistant => out.extend(called(&message.text, at)),
                }
            }
            out
        }
    }
}

/// An own move of before, as the call that it was.
fn called(arguments: &str, at: usize) -> [Value; 2] {
    let id = format!("call_{at}");
    let function = json!({ "name": FUNCTION, "arguments": arguments });
    let call = json!({ "id": id, "type": "function", "function": function });
    [
        json!({ "role": "assistant", "content": null, "tool_calls": [call] }),
        json!({ "role": "tool", "tool_call_id": id, "content": "Your move was made." }),
    ]
}

/// A piece of a streamed answer, or a whole one where the endpoint does not stream.
#[derive(Debug, Deserialize)]
pub struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default, alias = "message")]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<ToolCall>>,
}

#[derive(Debug, Deserialize)]
struct ToolCall {
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Debug, Deserialize)]
struct Function {
    #[serde(default)]
    arguments: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

/// What a chunk says.
#[derive(Debug, Default, PartialEq)]
pub struct Word {
    pub content: String,
    /// Arguments of the function under the tool protocol.
    pub arguments: String,
    pub end: Option<End>,
    pub usage: Option<Tokens>,
    /// The endpoint gives up.
    pub error: Option<Refusal>,
}

impl Chunk {
    pub fn read(text: &str) -> Result<Chunk, serde_json::Error> {
        serde_json::from_str(text)
    }

    pub fn word(self) -> Word {
        let usage = self
            .usage
            .map(|usage| Tokens { read: usage.prompt_tokens, written: usage.completion_tokens });
        let error = self.error.as_ref().map(Refusal::of);
        let Some(choice) = self.choices.into_iter().next() else {
            return Word { usage, error, ..Word::default() };
        };
        let delta = choice.delta.unwrap_or_default();
        let calls = delta.tool_calls.into_iter().flatten();
        Word {
            content: delta.content.unwrap_or_default(),
            arguments: calls.filter_map(|call| call.function?.arguments).collect(),
            end: choice.finish_reason.as_deref().map(end),
            usage,
            error,
        }
    }
}

fn end(reason: &str) -> End {
    match reason {
        "length" => End::Length,
        "content_filter" => End::Stop,
        _ => End::Eos,
    }
}

/// An error as an endpoint tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    pub message: String,
    pub code: String,
}

impl Refusal {
    /// Reads an error's body, whatever its shape.
    pub fn read(body: &str) -> Refusal {
        match serde_json::from_str::<Value>(body) {
            Ok(Value::Object(fields)) if fields.contains_key("error") => {
                Refusal::of(&fields["error"])
            }
            Ok(whole @ Value::Object(_)) => Refusal::of(&whole),
            _ => Refusal { message: body.to_owned(), code: String::new() },
        }
    }

    fn of(error: &Value) -> Refusal {
        let text = |key: &str| error[key].as_str().map(str::to_owned);
        let message = text("message").or_else(|| text("detail"));
        let message = message.or_else(|| error.as_str().map(str::to_owned));
        Refusal {
            message: message.unwrap_or_else(|| error.to_string()),
            code: text("code").or_else(|| text("type")).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use policy::prompt::Style;
    use rules::syntax::Syntax;
    use rules::{Act, Episode, Millis, Move, Role, View};
    use testkit::{scenario, usd};

    use super::*;

    fn view() -> View {
        let mut episode = Episode::start(&scenario().build(), Millis(0));
        for (by, act) in
            [(Role::Buyer, Act::Offer(usd("20"))), (Role::Seller, Act::Offer(usd("45")))]
        {
            let events = rules::apply(&episode, by, Move::new("Hm.", act), Millis(1));
            episode.absorb_all(&events.expect("it is legal"));
        }
        episode.view(Role::Buyer)
    }

    fn ask(definition: &Definition) -> Value {
        let view = view();
        let messages = Style::compact().messages(&view, definition.written());
        body(definition, &Question { messages, view: &view, seed: u64::MAX })
    }

    #[test]
    fn a_request_says_what_the_definition_does() {
        let mut definition = Definition::new("a", "http://127.0.0.1:1", "big-1");
        definition.sampling.temperature = 0.7;
        let plain = ask(&definition);
        assert_eq!(plain["model"], "big-1");
        assert_eq!((&plain["max_tokens"], &plain["temperature"]), (&json!(256), &json!(0.7)));
        assert_eq!(plain["seed"], json!((1u64 << 53) - 1));
        assert!(plain["messages"].as_array().expect("a list").len() >= 4);
        assert_eq!(plain["messages"][2]["role"], "assistant");
        for absent in ["tools", "top_p", "top_k", "max_completion_tokens", "grammar"] {
            assert!(plain.get(absent).is_none(), "{absent}");
        }
        definition.max_tokens_name = MaxTokensName::MaxCompletionTokens;
        definition.sampling.top_p = Some(0.9);
        definition.constrained = true;
        let other = ask(&definition);
        assert!(other["grammar"].as_str().is_some_and(|lark| lark.starts_with("start: ")));
        assert_eq!((&other["max_completion_tokens"], &other["top_p"]), (&json!(256), &json!(0.9)));
        assert!(other.get("max_tokens").is_none());
    }

    #[test]
    fn by_tool_the_own_moves_are_calls_and_the_schema_is_of_the_legal_ones() {
        let mut definition = Definition::new("a", "http://127.0.0.1:1", "big-1");
        definition.protocol = Protocol::Tool;
        let body = ask(&definition);
        let messages = body["messages"].as_array().expect("a list");
        assert!(messages[0]["content"].as_str().expect("a text").contains("function `play`"));
        let call = &messages[2]["tool_calls"][0];
        let arguments = call["function"]["arguments"].as_str().expect("a text");
        let view = view();
        let mv = Syntax::Json.parse(arguments, &Context::of(&view)).expect("it was a move");
        assert_eq!(mv.act, Act::Offer(usd("20")));
        assert_eq!(messages[3]["tool_call_id"], call["id"]);
        let acts = &body["tools"][0]["function"]["parameters"]["properties"]["action"]["enum"];
        assert_eq!(*acts, json!(["offer", "reject", "accept", "quit"]));
        assert_eq!(body["tool_choice"]["function"]["name"], FUNCTION);
    }

    #[test]
    fn chunks_and_whole_answers_are_read() {
        let table = [
            (r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#, Word::default()),
            (
                r#"{"choices":[{"delta":{"content":"hi"},"finish_reason":null}],"usage":null}"#,
                Word { content: "hi".into(), ..Word::default() },
            ),
            (
                r#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#,
                Word { end: Some(End::Length), ..Word::default() },
            ),
            (
                r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"more":{}}}"#,
                Word { usage: Some(Tokens { read: 7, written: 2 }), ..Word::default() },
            ),
            (
                r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a"}}]}}]}"#,
                Word { arguments: "{\"a".into(), ..Word::default() },
            ),
            (
                r#"{"object":"chat.completion","choices":[{"message":{"content":"hi"},"finish_reason":"stop"}],
                    "usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
                Word {
                    content: "hi".into(),
                    end: Some(End::Eos),
                    usage: Some(Tokens { read: 1, written: 1 }),
                    ..Word::default()
                },
            ),
        ];
        for (text, expected) in table {
            assert_eq!(Chunk::read(text).expect(text).word(), expected, "{text}");
        }
        assert!(Chunk::read("<html>").is_err());
    }

    #[test]
    fn refusals_of_all_shapes_are_read() {
        let table = [
            (r#"{"error":{"message":"no","type":"t","code":"c"}}"#, "no", "c"),
            (r#"{"error":{"message":"no","type":"t","code":null}}"#, "no", "t"),
            (r#"{"error":"no"}"#, "no", ""),
            (r#"{"detail":"no"}"#, "no", ""),
            ("<h1>no</h1>", "<h1>no</h1>", ""),
            ("", "", ""),
        ];
        for (body, message, code) in table {
            let expected = Refusal { message: message.to_owned(), code: code.to_owned() };
            assert_eq!(Refusal::read(body), expected, "{body}");
        }
    }
}
