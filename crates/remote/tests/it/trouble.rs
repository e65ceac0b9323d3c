//! Where it does not.

use std::time::{Duration, Instant};

use policy::Boundary;
use policy::chat::{CallOutcome, Decision, Said};
use remote::{Definition, Remote, Timeouts};

use crate::endpoint::{Endpoint, GOOD_TALK, Turn, decide, event, good, heard, more};
use serde_json::json;

fn says(status: u16, body: &str) -> Turn {
    Turn::Says(status, &[("content-type", "application/json")], body.to_owned())
}

/// The code and the sentence of a decision that was none.
#[track_caller]
fn failure(decision: &Decision) -> (String, String) {
    let fault = decision.mv.clone().expect_err("there is no move");
    assert_eq!(fault.boundary, Boundary::Engine);
    let CallOutcome::Engine { code, detail } = &decision.calls.last().expect("a call").outcome
    else {
        panic!("{decision:?}")
    };
    assert_eq!(*detail, fault.detail);
    (code.clone(), detail.clone())
}

#[tokio::test]
async fn a_busy_endpoint_is_asked_again_when_it_said() {
    let busy = Turn::Says(429, &[("retry-after", "1")], r#"{"error":{"message":"slow"}}"#.into());
    let endpoint = Endpoint::of(vec![busy, good()]).await;
    let (decision, _) = decide(&endpoint.remote()).await;
    assert!(decision.mv.is_ok(), "{decision:?}");
    let asked = endpoint.asked();
    let pause = asked[1].at - asked[0].at;
    assert!(pause >= Duration::from_secs(1) && pause < Duration::from_secs(4), "{pause:?}");
    assert_eq!(decision.calls.len(), 1, "it is one call");
    assert_eq!(asked[0].body, asked[1].body);
    assert!(decision.calls[0].queue_ms >= 1_000, "the wait is told");
}

#[tokio::test]
async fn what_passes_is_tried_through() {
    let bad_gateway = Turn::Says(502, &[("content-type", "text/html")], "<h1>Bad</h1>".into());
    let turns = vec![says(500, "{}"), Turn::Closes, bad_gateway, says(503, ""), good()];
    let endpoint = Endpoint::of(turns).await;
    let remote = endpoint.remote();
    let (decision, said) = decide(&remote).await;
    assert!(decision.mv.is_ok(), "{decision:?}");
    assert_eq!(heard(&said), GOOD_TALK);
    assert_eq!(endpoint.asked().len(), 5);
    assert_eq!(remote.status().trouble, None);
}

#[tokio::test]
async fn what_does_not_pass_ends_in_a_sentence() {
    let body = |message: &str| json!({ "error": { "message": message } }).to_string();
    let quota = r#"{"error":{"message":"none left","code":"insufficient_quota"}}"#;
    let table = [
        (says(401, &body("bad key")), "key_refused", "401 Unauthorized: bad key"),
        (says(402, &body("pay")), "no_credit", "top it up"),
        (says(403, "no"), "key_refused", "what the key may do"),
        (says(404, &body("no large-1")), "model_unknown", "check `model`"),
        (says(400, &body("too long")), "request_refused", "too long"),
        (says(429, quota), "no_credit", "none left"),
        (
            Turn::Says(302, &[("location", "http://127.0.0.1:9/")], String::new()),
            "not_openai",
            "302",
        ),
        (
            Turn::Says(200, &[("content-type", "text/html")], "<html>Sign in</html>".into()),
            "not_openai",
            "`base_url` ends where",
        ),
        (says(200, "{\"hello\": 1}"), "not_openai", "no choices"),
        (Turn::Streams(vec![b"data: {nonsense\n\n".to_vec()]), "not_openai", "{nonsense"),
    ];
    for (turn, code, words) in table {
        let endpoint = Endpoint::of(vec![turn]).await;
        let remote = endpoint.remote();
        let (decision, _) = decide(&remote).await;
        let (found, sentence) = failure(&decision);
        assert_eq!(found, code, "{sentence}");
        assert!(sentence.contains(words), "{sentence}");
        assert_eq!(endpoint.asked().len(), 1, "{code}: no other try helps");
        assert_eq!(remote.status().trouble.expect("it is in trouble").sentence, sentence);
    }
}

#[tokio::test]
async fn tries_have_an_end() {
    let busy = || Turn::Says(429, &[("retry-after", "0")], String::new());
    let endpoint = Endpoint::of((0..3).map(|_| busy()).collect()).await;
    let definition = Definition { retries: 2, ..endpoint.definition() };
    let remote = Remote::open(definition).expect("it is right");
    let (decision, _) = decide(&remote).await;
    assert_eq!(failure(&decision).0, "rate_limited");
    assert_eq!(endpoint.asked().len(), 3);
    assert_eq!(remote.account().cost_microdollars, 0, "refusals cost nothing");

    // A wait that is longer than all the time there is is not begun.
    let turns = vec![Turn::Says(429, &[("retry-after", "3600")], String::new())];
    let endpoint = Endpoint::of(turns).await;
    let since = Instant::now();
    let (decision, _) = decide(&endpoint.remote()).await;
    let (code, sentence) = failure(&decision);
    assert_eq!(code, "rate_limited");
    assert!(sentence.contains("asks to wait 3600 s"), "{sentence}");
    assert!(since.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn silence_and_dripping_have_an_end() {
    let endpoint = Endpoint::of(vec![Turn::Hangs]).await;
    let definition = Definition { retries: 0, ..endpoint.definition() };
    let since = Instant::now();
    let (decision, _) = decide(&Remote::open(definition).expect("it is right")).await;
    let (code, sentence) = failure(&decision);
    assert_eq!(code, "timed_out");
    assert!(sentence.contains("within 1 s"), "{sentence}");
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());

    let endpoint = Endpoint::of(vec![Turn::Drips]).await;
    let timeouts = Timeouts { connect_s: 1, first_token_s: 1, total_s: 2 };
    let remote = Remote::open(Definition { timeouts, ..endpoint.definition() });
    let since = Instant::now();
    let (decision, _) = decide(&remote.expect("it is right")).await;
    assert_eq!(failure(&decision).0, "timed_out");
    let elapsed = since.elapsed();
    assert!(elapsed >= Duration::from_secs(2) && elapsed < Duration::from_secs(4), "{elapsed:?}");
}

#[tokio::test]
async fn a_cut_answer_is_withdrawn_and_begun_again() {
    let begun = || vec![more("Thought: x\nTalk: I can offer"), more(" you as much as")];
    let over_loaded = event(&json!({ "error": { "message": "overloaded" } }));
    let turns = vec![
        Turn::Cuts(begun()),
        Turn::Streams(begun()),
        Turn::Streams([begun(), vec![over_loaded]].concat()),
        good(),
    ];
    let endpoint = Endpoint::of(turns).await;
    let remote = endpoint.remote();
    let (decision, said) = decide(&remote).await;
    assert!(decision.mv.is_ok(), "{decision:?}");
    assert_eq!(said.iter().filter(|said| **said == Said::Withdrawn).count(), 3);
    assert_eq!(heard(&said), GOOD_TALK);
    assert_eq!(endpoint.asked().len(), 4);
    let account = remote.account();
    assert!(account.estimated && account.cost_microdollars > 160, "lost answers cost too");
    assert_eq!(decision.calls[0].cost_microdollars, Some(account.cost_microdollars));
}

#[tokio::test]
async fn an_endpoint_out_of_reach_says_where_it_was_looked_for() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("it is bound").port();
    drop(free);
    let base = format!("http://127.0.0.1:{port}/v1");
    let definition =
        Definition { retries: 1, backoff_ms: 1, ..Definition::new("far", base, "large-1") };
    let remote = Remote::open(definition).expect("it is right");
    let (decision, _) = decide(&remote).await;
    let (code, sentence) = failure(&decision);
    assert_eq!(code, "unreachable");
    assert!(sentence.contains("127.0.0.1 of `far` cannot be reached"), "{sentence}");
    assert_eq!(decision.calls[0].cost_microdollars, None, "it has no prices");
    assert_eq!(remote.account().requests, 0);
}
