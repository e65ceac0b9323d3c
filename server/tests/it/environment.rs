//! Souk as an environment for trainers, in OpenEnv's frames over a socket and by HTTP.

use futures::{SinkExt, StreamExt};
use rules::Mills;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::secrets::assert_untold;
use crate::world::*;

struct Env(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Env {
    async fn open(world: &World) -> Env {
        let address = format!("{}/env/ws", world.base.replacen("http", "ws", 1));
        let (socket, _) =
            soon("a socket", tokio_tungstenite::connect_async(address)).await.unwrap();
        Env(socket)
    }

    async fn raw(&mut self, text: &str) -> Value {
        self.0.send(Message::Text(text.into())).await.unwrap();
        loop {
            if let Message::Text(text) = soon("a reply", self.0.next()).await.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    async fn ask(&mut self, kind: &str, data: Value) -> Value {
        self.raw(&json!({ "type": kind, "data": data }).to_string()).await
    }

    /// The data of an observation.
    async fn seen(&mut self, kind: &str, data: Value) -> Value {
        let reply = self.ask(kind, data).await;
        assert_eq!(reply["type"], "observation", "{reply}");
        reply["data"].clone()
    }

    async fn refused(&mut self, kind: &str, data: Value) -> String {
        let reply = self.ask(kind, data).await;
        assert_eq!(reply["type"], "error", "{reply}");
        reply["data"]["code"].as_str().unwrap().to_owned()
    }
}

fn reset(seed: u64) -> Value {
    json!({ "seed": seed, "opponent": "linear", "role": "buyer", "persona": "neutral" })
}

fn offer_of(mills: i64) -> Value {
    json!({ "act": { "type": "offer", "price": mills }, "talk": "How about this?" })
}

/// All that differs between two episodes of one seed is their name.
fn nameless(mut result: Value) -> Value {
    result["observation"].as_object_mut().unwrap().remove("episode");
    result
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_and_acts_give_the_same_episode() {
    let world = World::new().await;
    let (mut one, mut two) = (Env::open(&world).await, Env::open(&world).await);
    let mut played = Vec::new();
    for env in [&mut one, &mut two] {
        let mut seen = vec![nameless(env.seen("reset", reset(7)).await)];
        for price in [45_000, 50_000, 55_000] {
            seen.push(nameless(env.seen("step", offer_of(price)).await));
        }
        played.push(seen);
    }
    assert_eq!(played[0], played[1]);
    let first = &played[0][0];
    assert_eq!((&first["done"], &first["reward"]), (&json!(false), &Value::Null));
    let observation = &first["observation"];
    assert_eq!(observation["limit"], json!(BUDGET.0));
    assert_eq!(observation["messages"][0]["role"], "system");
    assert_eq!(
        observation["legal"],
        json!({ "offer": true, "reject": true, "accept": null, "quit": false })
    );
    let later = &played[0][3]["observation"];
    assert_eq!(later["round"], 4);
    assert_eq!(later["turns"].as_array().unwrap().len(), 6);
    one.seen("reset", reset(8)).await;
    let other = nameless(one.seen("step", offer_of(45_000)).await);
    assert_ne!(other, played[0][1], "another seed is another opponent");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_is_rewarded_on_both_sides_and_by_the_stored_formula() {
    let world = World::new().await;
    let client = world.client();
    let mut env = Env::open(&world).await;
    assert_eq!(env.refused("step", offer_of(45_000)).await, "SESSION_ERROR");
    env.seen("reset", reset(3)).await;
    let asked = env.seen("step", offer_of(45_000)).await;
    client.remember(&asked.to_string());
    let ask = asked["observation"]["legal"]["accept"].as_i64().expect("the seller named a price");
    let accept = |price: i64| json!({ "act": { "type": "accept", "price": price } });
    assert_eq!(env.refused("step", accept(ask + 1)).await, "VALIDATION_ERROR");
    let state = env.ask("state", Value::Null).await;
    assert_eq!(state["data"]["step_count"], 1, "what was refused did not happen");
    if ask <= BUDGET.0 {
        let done = env.seen("step", accept(ask)).await;
        assert_eq!(done["done"], true);
        let expected = (BUDGET - Mills(ask)).0 as f64 / (BUDGET - COST).0 as f64;
        assert!((done["reward"].as_f64().unwrap() - expected).abs() < 1e-9, "{done}");
        let rewards = &done["observation"]["rewards"];
        let sum = rewards["buyer"].as_f64().unwrap() + rewards["seller"].as_f64().unwrap();
        assert!((sum - 1.0).abs() < 1e-9);
        assert_eq!(env.refused("step", accept(ask)).await, "EXECUTION_ERROR");
    }
    // The other side's limit is in nothing that was sent before the end.
    assert_untold("seller's", COST, &client);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_read_as_a_model_s_and_what_is_no_move_ends_it() {
    let world = World::new().await;
    let mut env = Env::open(&world).await;
    for (syntax, text) in [
        ("lines", "Thought: low first.\nTalk: Would you take $45?\nAction: [BUY] $45 (1x books_1)"),
        ("tags", "<talk>Would you take $45?</talk> <action>[BUY] $45 (1x books_1)</action>"),
    ] {
        let mut asked = reset(3);
        asked["syntax"] = json!(syntax);
        env.seen("reset", asked).await;
        let seen = env.seen("step", json!({ "text": text })).await;
        let turn = &seen["observation"]["turns"][0];
        assert_eq!(
            (&turn["by"], &turn["act"]["price"]),
            (&json!("buyer"), &json!(45_000)),
            "{seen}"
        );
    }
    let done = env.seen("step", json!({ "text": "I would like it, please." })).await;
    assert_eq!(done["done"], true);
    assert_eq!(done["observation"]["outcome"], json!({ "type": "format_error", "by": "buyer" }));
    assert!(
        done["observation"]["format_error"].is_string() && done["reward"].is_number(),
        "{done}"
    );
    // Beyond the own limit: judged by the rules, as a model is.
    env.seen("reset", reset(3)).await;
    let beyond = env.seen("step", offer_of(BUDGET.0 + 10)).await;
    assert_eq!(beyond["observation"]["outcome"]["type"], "budget_violation");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seller_s_seat_by_http_and_what_cannot_be_says_why() {
    let world = World::new().await;
    let client = world.client();
    let (status, _) = client.get("/env/health").await;
    assert_eq!(status.as_u16(), 200);
    let schema: Value = client.fetch("/env/schema").await;
    assert!(schema["action"]["properties"]["text"].is_object(), "{schema}");
    let (status, _) = client.post("/env/step", json!({ "action": offer_of(45_000) })).await;
    assert_eq!(status.as_u16(), 422);
    let asked =
        json!({ "seed": 4, "role": "seller", "opponent": "conceder", "episode_id": "mine" });
    let seen: Value = client.send("/env/reset", asked).await;
    // The buyer speaks first.
    assert_eq!(seen["observation"]["turns"].as_array().unwrap().len(), 1, "{seen}");
    assert_eq!(seen["observation"]["limit"], json!(COST.0));
    let seen: Value = client.send("/env/step", json!({ "action": offer_of(95_000) })).await;
    assert_eq!(seen["observation"]["turns"].as_array().unwrap().len(), 3, "{seen}");
    let state: Value = client.fetch("/env/state").await;
    assert_eq!(state, json!({ "episode_id": "mine", "step_count": 1 }));
    let mut env = Env::open(&world).await;
    for (asked, code) in [
        (json!({ "opponent": "nobody" }), "VALIDATION_ERROR"),
        (json!({ "split": "other" }), "VALIDATION_ERROR"),
        (json!({ "rounds": 0 }), "VALIDATION_ERROR"),
        (json!({ "style": "loud" }), "VALIDATION_ERROR"),
        (json!({ "seeds": 3 }), "VALIDATION_ERROR"),
        (json!({ "product": "souk.nothing_1" }), "VALIDATION_ERROR"),
    ] {
        assert_eq!(env.refused("reset", asked.clone()).await, code, "{asked}");
    }
    assert_eq!(env.refused("dance", json!({})).await, "UNKNOWN_TYPE");
    assert_eq!(env.raw("{").await["data"]["code"], "INVALID_JSON");
    let usual = env.raw(r#"{"type":"reset"}"#).await;
    assert_eq!(usual["type"], "observation", "all of it has a default: {usual}");
    world.stop().await;
}

/// With the interpreter that `cargo xtask test` sets up; without one there is nothing to check by.
#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_plays_by_its_wheel() {
    let Some(python) = std::env::var_os("CLIENT_PYTHON") else {
        println!("NOT CHECKED: the Python client, because CLIENT_PYTHON names no interpreter");
        return;
    };
    let world = World::new().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../clients/python/tests/check.py");
    let mut check = std::process::Command::new(python);
    check.arg(script).env("SOUK_URL", &world.base).env("NO_PROXY", "127.0.0.1");
    let output = tokio::task::spawn_blocking(move || check.output().unwrap()).await.unwrap();
    let (said, wrong) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("all is well"), "{said}\n{wrong}");
    world.stop().await;
}

/// The same, with the package that trainers take environments from, and the demo model by `/v1` as the policy.
#[cfg(all(feature = "engine", feature = "trainer"))]
#[tokio::test(flavor = "multi_thread")]
async fn verifiers_plays_with_a_script_and_with_souks_own_model() {
    let Some(python) = std::env::var_os("VERIFIERS_PYTHON") else {
        println!("NOT CHECKED: verifiers, because VERIFIERS_PYTHON names no interpreter");
        return;
    };
    let shop = crate::jobs::Shop::new().await;
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/../clients/python");
    let mut check = std::process::Command::new(python);
    check
        .arg(format!("{client}/tests/check_verifiers.py"))
        .env("PYTHONPATH", format!("{client}/src"))
        .env("SOUK_URL", &shop.world.base)
        .env("SOUK_MODEL", "demo")
        .env("SOUK_API_KEY", crate::account::key(&shop.world, &["play", "models"]).await)
        .env("NO_PROXY", "127.0.0.1");
    let output = tokio::task::spawn_blocking(move || check.output().unwrap()).await.unwrap();
    let (said, wrong) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("all is well"), "{said}\n{wrong}");
    shop.world.stop().await;
}
