//! OpenAI's protocol, on a tiny model with random weights: by hand, by Souk's own remote negotiator
//! from another process, and by OpenAI's client.

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use policy::chat::{CallOutcome, Said};
use remote::{Definition, Remote, RemoteNegotiator};
use reqwest::Method;
use rules::{Act, Episode, Listing, Millis, Mills, Move, PerRole, Protocol, Role, Scenario, View};
use serde_json::{Value, json};
use server::config::ModelsSetting;
use wire::ModelCard;

use crate::account::key;
use crate::process::Place;
use crate::tiny::{self, Shelf};
use crate::world::*;

/// A models file beside a model `tiny` with room for a chat.
fn shelf() -> Shelf {
    let shelf = Shelf::new();
    let mut config = tiny::qwen_config();
    config["max_position_embeddings"] = json!(16_384);
    shelf.model("weights", config, 1);
    let text = "[[models]]\nname = \"tiny\"\nsource = { folder = \"weights\" }\ndevice = \"cpu\"\n";
    std::fs::write(shelf.path("models.toml"), text).unwrap();
    shelf
}

async fn world(shelf: &Shelf) -> World {
    let file = shelf.path("models.toml");
    World::tuned(|config| config.models = ModelsSetting::File(file)).await
}

async fn program(world: &World) -> Client {
    Client::with_key(&world.base, &key(world, &["models"]).await)
}

fn ask(more: Value) -> Value {
    let mut body = json!({
        "model": "tiny", "messages": [{ "role": "user", "content": "Would $20 do?" }],
        "max_tokens": 20, "seed": 7,
    });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

const CHATS: &str = "/v1/chat/completions";
const TEXTS: &str = "/v1/completions";

/// The `data` of a stream's events.
fn events(text: &str) -> Vec<&str> {
    text.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_is_answered_whole_and_in_parts() {
    let shelf = shelf();
    let world = world(&shelf).await;
    let program = program(&world).await;
    let whole: Value = program.send(CHATS, ask(json!({ "logprobs": true }))).await;
    let choice = &whole["choices"][0];
    let content = choice["message"]["content"].as_str().unwrap();
    assert_eq!((&whole["object"], &whole["model"]), (&json!("chat.completion"), &json!("tiny")));
    assert_eq!(whole["usage"]["completion_tokens"], 20);
    assert_eq!(choice["finish_reason"], "length");
    let tokens = choice["logprobs"]["content"].as_array().unwrap();
    let bytes: Vec<u8> = tokens
        .iter()
        .flat_map(|token| token["bytes"].as_array().unwrap())
        .map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap())
        .collect();
    assert_eq!(String::from_utf8_lossy(&bytes), content);

    let parts = json!({ "stream": true, "stream_options": { "include_usage": true } });
    let (status, text) = program.post(CHATS, ask(parts)).await;
    assert!(status.is_success(), "{text}");
    let events = events(&text);
    let (done, parts) = events.split_last().unwrap();
    assert_eq!(*done, "[DONE]");
    let parts: Vec<Value> = parts.iter().map(|part| serde_json::from_str(part).unwrap()).collect();
    let said = |part: &Value| part["choices"][0]["delta"]["content"].as_str().map(str::to_owned);
    assert_eq!(parts.iter().filter_map(said).collect::<String>(), content);
    assert_eq!(parts[0]["choices"][0]["delta"]["role"], "assistant");
    let [.., last, usage] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!(last["choices"][0]["finish_reason"], "length");
    assert_eq!((&usage["usage"], &usage["choices"]), (&whole["usage"], &json!([])));

    let greedy = |seed| ask(json!({ "temperature": 0, "seed": seed }));
    let first: Value = program.send(CHATS, greedy(1)).await;
    let second: Value = program.send(CHATS, greedy(2)).await;
    assert_eq!(first["choices"], second["choices"], "greedy is greedy");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_continued_and_grammars_hold() {
    let shelf = shelf();
    let world = world(&shelf).await;
    let program = program(&world).await;
    let text = |more: Value| {
        let mut body = json!({ "model": "tiny", "prompt": "Hi", "max_tokens": 20, "seed": 1 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let whole: Value = program.send(TEXTS, text(json!({ "logprobs": 0 }))).await;
    let ids = [tiny::byte(b'H'), tiny::byte(b'i')];
    let of_tokens: Value = program.send(TEXTS, text(json!({ "prompt": ids }))).await;
    assert_eq!(whole["choices"][0]["text"], of_tokens["choices"][0]["text"]);
    assert_eq!(whole["usage"]["prompt_tokens"], 2);
    let logprobs = whole["choices"][0]["logprobs"]["token_logprobs"].as_array().unwrap();
    assert!(logprobs.iter().all(|logprob| logprob.as_f64().unwrap() < 0.0));

    let yes_or_no: Value =
        program.send(CHATS, ask(json!({ "grammar": "start: \"yes\" | \"no\"" }))).await;
    let content = &yes_or_no["choices"][0]["message"]["content"];
    assert!(content == "yes" || content == "no", "{content}");
    assert_eq!(yes_or_no["choices"][0]["finish_reason"], "stop");
    let schema = json!({ "type": "object", "properties": { "a": { "enum": [1, 2] } },
        "required": ["a"], "additionalProperties": false });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "a", "schema": schema } });
    let more = json!({ "response_format": format, "max_tokens": 300 });
    let object: Value = program.send(CHATS, ask(more)).await;
    let content = object["choices"][0]["message"]["content"].as_str().unwrap();
    let read: Value =
        serde_json::from_str(content).unwrap_or_else(|why| panic!("{why}: {content}"));
    assert!(read["a"] == 1 || read["a"] == 2, "{content}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_openais_shape() {
    let shelf = shelf();
    let world = world(&shelf).await;
    let (stranger, program) = (world.client(), program(&world).await);
    let player = Client::with_key(&world.base, &key(&world, &["play", "read"]).await);
    let unknown = Client::with_key(&world.base, "souk_unknown");
    let long = json!([{ "role": "user", "content": "x".repeat(40_000) }]);
    let post = Method::POST;
    let table = [
        (&stranger, &post, CHATS, ask(json!({})), 401, "invalid_api_key", Value::Null),
        (&unknown, &post, CHATS, ask(json!({})), 401, "invalid_api_key", Value::Null),
        (&player, &post, CHATS, ask(json!({})), 403, "scope_missing", Value::Null),
        (
            &program,
            &post,
            CHATS,
            ask(json!({ "model": "x" })),
            404,
            "model_not_found",
            json!("model"),
        ),
        (&program, &post, CHATS, ask(json!({ "n": 2 })), 400, "invalid_value", json!("n")),
        (
            &program,
            &post,
            CHATS,
            ask(json!({ "messages": long })),
            400,
            "context_length_exceeded",
            json!("messages"),
        ),
        (&program, &post, CHATS, json!({ "model": "tiny" }), 400, "unreadable_body", Value::Null),
        (&program, &Method::GET, CHATS, Value::Null, 405, "method_not_allowed", Value::Null),
        (&program, &Method::GET, "/v1/embeddings", Value::Null, 404, "unknown_url", Value::Null),
        (
            &program,
            &Method::GET,
            "/v1/models/x",
            Value::Null,
            404,
            "model_not_found",
            json!("model"),
        ),
    ];
    for (client, method, path, body, status, code, param) in table {
        let (found, text) = client.ask(client.request(method.clone(), path).json(&body)).await;
        assert_eq!(found.as_u16(), status, "{path}: {text}");
        let error: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&error["error"]["code"], &error["error"]["param"]), (&json!(code), &param));
        assert!(error["error"]["message"].is_string() && error["error"]["type"].is_string());
    }
    assert!(!stranger.seen().contains("set-cookie"), "a program is no visitor");
    let list: Value = program.fetch("/v1/models").await;
    assert_eq!((&list["object"], &list["data"][0]["id"]), (&json!("list"), &json!("tiny")));
    world.stop().await;
}

#[tokio::test]
async fn too_many_requests_are_told_in_openais_words() {
    let world = World::with(&[("SOUK_RATE_PER_SECOND", "1"), ("SOUK_RATE_BURST", "2")]).await;
    let program = program(&world).await;
    for _ in 0..2 {
        let list: Value = program.fetch("/v1/models").await;
        assert_eq!(list["data"], json!([]), "a server without models has an empty list");
    }
    let response = program.request(Method::GET, "/v1/models").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 429);
    assert!(response.headers().contains_key("retry-after"));
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["error"]["code"], "rate_limit_exceeded");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_stops_the_model() {
    const MANY: u64 = 14_000;
    let shelf = shelf();
    let world = world(&shelf).await;
    let program = program(&world).await;
    // No end of turn: it would write on and on.
    let endless = json!({ "max_tokens": MANY, "grammar": "start: /[a-z]{14000}/" });
    let mut stream = ask(endless.clone());
    stream["stream"] = json!(true);
    let response = program.request(Method::POST, CHATS).json(&stream).send().await.unwrap();
    let mut pieces = response.bytes_stream();
    for _ in 0..3 {
        soon("a piece", pieces.next()).await.unwrap().unwrap();
    }
    drop(pieces);
    idle(&world).await;
    let whole = program.request(Method::POST, CHATS).json(&ask(endless));
    let asking = tokio::spawn(whole.send());
    busy(&world).await;
    asking.abort();
    let card = idle(&world).await;
    assert!(card.tokens < MANY, "it stopped early: {}", card.tokens);
    world.stop().await;
}

async fn card(world: &World) -> ModelCard {
    let models: Vec<ModelCard> = world.client().fetch("/api/v1/models").await;
    models.into_iter().next().unwrap()
}

async fn when(world: &World, enough: impl Fn(&ModelCard) -> bool) -> ModelCard {
    loop {
        let card = card(world).await;
        if enough(&card) {
            return card;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn idle(world: &World) -> ModelCard {
    soon("the model's rest", when(world, |card| card.in_flight == 0)).await
}

async fn busy(world: &World) -> ModelCard {
    soon("the model's work", when(world, |card| card.in_flight == 1)).await
}

/// A server in a process of its own, and keys for it.
async fn elsewhere(shelf: &Shelf) -> (Place, crate::process::Served) {
    let place = Place::new();
    let models = shelf.path("models.toml");
    let served = place.serve_with(&[("SOUK_MODELS", models.to_str().unwrap())]).await;
    (place, served)
}

fn key_of(place: &Place, scopes: &str) -> String {
    let args =
        ["admin", "key", "create", "researcher@localhost", "--label", "test", "--scopes", scopes];
    let Output { status, stdout, stderr } = place.command(&args).output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap().trim().to_owned()
}

fn view(role: Role) -> View {
    let product = rules::Product {
        codename: "books_1".to_owned(),
        category: "books".to_owned(),
        title: "An atlas".to_owned(),
        description: "All known lands.".to_owned(),
        features: Vec::new(),
        list_price: LIST_PRICE,
    };
    let personas = PerRole { buyer: None, seller: None };
    let scenario = Scenario {
        listing: Listing { product, protocol: Protocol::PAPER, personas },
        budget: BUDGET,
        cost: COST,
        regulation: None,
        over_limit: rules::OverLimit::LogOnly,
        reveal: true,
        seed: 7,
    };
    let mut episode = Episode::start(&scenario, Millis(0));
    let mv = Move::new("Hm.", Act::Offer(Mills::from_dollars(50)));
    if role == Role::Seller {
        episode.absorb_all(&rules::apply(&episode, Role::Buyer, mv, Millis(1)).unwrap());
    }
    episode.view(role)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_negotiator_plays_by_a_souk_in_another_process() {
    let shelf = shelf();
    let (place, served) = elsewhere(&shelf).await;
    let key = key_of(&place, "models");
    let base = format!("{}/v1", place.base());
    let mut definition = Definition {
        key_env: Some("KEY".to_owned()),
        style: "compact".to_owned(),
        constrained: true,
        ..Definition::new("far", base, "tiny")
    };
    definition.sampling.max_tokens = 900;
    let remote = Remote::open_with(definition.clone(), |_| Some(key.clone())).unwrap();
    for role in Role::BOTH {
        let view = view(role);
        let said = Arc::new(Mutex::new(String::new()));
        let hear = Arc::clone(&said);
        let mut negotiator = RemoteNegotiator::new(remote.clone(), 3).telling(move |more| {
            let mut heard = hear.lock().unwrap();
            match more {
                Said::Talk(more) => heard.push_str(&more),
                Said::Withdrawn => heard.clear(),
            }
        });
        let decision = negotiator.decide(&view).await;
        let mv = decision.mv.unwrap_or_else(|why| panic!("{why}: {:?}", decision.calls));
        assert!(view.legal().allows(mv.act), "{mv:?}");
        let last = decision.calls.last().unwrap();
        assert_eq!((&last.outcome, decision.fallback), (&CallOutcome::Ok, false));
        assert_eq!(*said.lock().unwrap(), mv.talk);
    }
    let account = remote.account();
    assert!(account.prompt_tokens > 50 && account.completion_tokens > 20 && !account.estimated);

    let wrong = Remote::open_with(definition.clone(), |_| Some("souk_wrong-key".to_owned()));
    let mut refused = RemoteNegotiator::new(wrong.unwrap(), 3);
    let sentence = refused.decide(&view(Role::Buyer)).await.mv.unwrap_err().detail;
    assert!(sentence.contains("refuses its key"), "{sentence}");
    let other = Definition { model: "none".to_owned(), ..definition };
    let other = Remote::open_with(other, |_| Some(key.clone())).unwrap();
    let mut refused = RemoteNegotiator::new(other, 3);
    let sentence = refused.decide(&view(Role::Buyer)).await.mv.unwrap_err().detail;
    assert!(sentence.contains("`none` does not exist"), "{sentence}");

    served.stop().await;
    let sentence = RemoteNegotiator::new(remote, 4).decide(&view(Role::Buyer)).await.mv;
    let sentence = sentence.unwrap_err().detail;
    assert!(sentence.contains("cannot be reached"), "{sentence}");
    let log = std::fs::read_to_string(place.folder.path().join("log")).unwrap();
    assert!(!log.contains(&key), "no log holds the key");
}

/// With the interpreter that `cargo xtask test` sets up; without one there is nothing to check by.
#[tokio::test(flavor = "multi_thread")]
async fn openais_own_client_is_served() {
    let Some(python) = std::env::var_os("OPENAI_PYTHON") else {
        println!(
            "NOT CHECKED: OpenAI's client, because OPENAI_PYTHON names no interpreter with it"
        );
        return;
    };
    let shelf = shelf();
    let (place, served) = elsewhere(&shelf).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openai/client.py");
    let mut client = Command::new(python);
    client
        .arg(script)
        .env("OPENAI_BASE_URL", format!("{}/v1", place.base()))
        .env("OPENAI_API_KEY", key_of(&place, "models"))
        .env("PLAYERS_KEY", key_of(&place, "play"))
        .env("NO_PROXY", "127.0.0.1");
    let output = tokio::task::spawn_blocking(move || client.output().unwrap()).await.unwrap();
    let (said, wrong) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("all is well"), "{said}\n{wrong}");
    served.stop().await;
}
