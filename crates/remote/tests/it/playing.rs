//! Where all goes well.

use policy::chat::{CallOutcome, Said};
use remote::{Account, Definition, Dollars, Protocol, Remote, RemoteNegotiator};
use rules::Act;
use serde_json::json;
use testkit::usd;

use crate::endpoint::{
    Endpoint, GOOD_TALK, Turn, decide, ending, event, good, heard, more, opening,
};

#[tokio::test]
async fn a_move_is_streamed_and_accounted_for() {
    let endpoint = Endpoint::of(vec![good()]).await;
    let remote = endpoint.remote();
    let (decision, said) = decide(&remote).await;
    assert_eq!(decision.mv.expect("a move").act, Act::Offer(usd("20")));
    assert_eq!(heard(&said), GOOD_TALK);
    assert!(said.len() > 1 && !said.contains(&Said::Withdrawn), "{said:?}");
    let call = &decision.calls[0];
    assert_eq!(call.outcome, CallOutcome::Ok);
    assert_eq!((call.prompt_tokens, call.completion_tokens), (100, 30));
    assert_eq!(call.cost_microdollars, Some(160));
    assert!(call.queue_ms <= call.first_token_ms && call.first_token_ms <= call.total_ms);
    let account = Account {
        requests: 1,
        prompt_tokens: 100,
        completion_tokens: 30,
        cost_microdollars: 160,
        estimated: false,
    };
    assert_eq!(remote.account(), account);
    let status = remote.status();
    assert_eq!((status.in_flight, status.requests, status.trouble), (0, 1, None));
    let asked = &endpoint.asked()[0];
    assert!(asked.head.starts_with("POST /v1/chat/completions "), "{}", asked.head);
    assert!(!asked.head.to_lowercase().contains("authorization"), "it has no key");
    assert_eq!((&asked.body["model"], &asked.body["stream"]), (&json!("large-1"), &json!(true)));
}

#[tokio::test]
async fn bytes_may_be_cut_anywhere() {
    let Turn::Streams(pieces) = good() else { panic!("it streams") };
    let bytes = pieces.concat().into_iter().map(|byte| vec![byte]).collect();
    let endpoint = Endpoint::of(vec![Turn::Streams(bytes)]).await;
    let (decision, said) = decide(&endpoint.remote()).await;
    assert!(decision.mv.is_ok(), "{decision:?}");
    assert_eq!(heard(&said), GOOD_TALK);
}

#[tokio::test]
async fn what_is_no_move_is_asked_again_with_another_seed() {
    let bad = || Turn::Streams(vec![more("Talk: Hello!\n"), ending(10, 3)]);
    let endpoint = Endpoint::of(vec![bad(), good()]).await;
    let remote = endpoint.remote();
    let (decision, said) = decide(&remote).await;
    assert!(!decision.fallback && decision.mv.is_ok());
    assert!(matches!(decision.calls[0].outcome, CallOutcome::Format { .. }));
    assert_eq!(heard(&said), GOOD_TALK);
    let asked = endpoint.asked();
    assert_ne!(asked[0].body["seed"], asked[1].body["seed"]);
    let costs: u64 = decision.calls.iter().filter_map(|call| call.cost_microdollars).sum();
    assert_eq!(remote.account().cost_microdollars, costs, "calls add up to the account");
    let endpoint = Endpoint::of(vec![bad(), bad(), bad()]).await;
    let (decision, _) = decide(&endpoint.remote()).await;
    assert!(decision.fallback);
    assert_eq!(decision.mv.expect("a fallback is a move").act, Act::Reject);
}

#[tokio::test]
async fn by_tool_the_arguments_are_the_move() {
    let call = |arguments: &str| {
        let function = json!({ "name": "play", "arguments": arguments });
        let calls = json!([{ "index": 0, "id": "c", "function": function }]);
        event(&json!({ "choices": [{ "index": 0, "delta": { "tool_calls": calls } }] }))
    };
    let endpoint = Endpoint::of(vec![Turn::Streams(vec![
        more("Let me think."),
        call("{\"thought\":\"low\",\"talk\":\"Would $2"),
        call("0 do?\",\"action\":\"offer\",\"price\":20,"),
        call("\"item\":\"home-kitchen_1\"}"),
        ending(50, 20),
    ])])
    .await;
    let definition = Definition { protocol: Protocol::Tool, ..endpoint.definition() };
    let (decision, said) = decide(&Remote::open(definition).expect("it is right")).await;
    assert_eq!(decision.mv.expect("a move").act, Act::Offer(usd("20")));
    assert_eq!(heard(&said), "Would $20 do?");
    assert_eq!(endpoint.asked()[0].body["tools"][0]["function"]["name"], "play");
}

#[tokio::test]
async fn an_endpoint_that_does_not_stream_or_count_is_understood() {
    let text = "Talk: Would €20 do, 💸?\nAction: [BUY] $20 (1x home-kitchen_1)";
    let body = json!({ "choices": [{ "message": { "content": text }, "finish_reason": "stop" }] });
    let headers: &[_] = &[("content-type", "application/json")];
    let endpoint = Endpoint::of(vec![Turn::Says(200, headers, body.to_string())]).await;
    let remote = endpoint.remote();
    let (decision, said) = decide(&remote).await;
    assert!(decision.mv.is_ok(), "{decision:?}");
    assert_eq!(heard(&said), GOOD_TALK);
    let account = remote.account();
    assert!(account.estimated && account.prompt_tokens > 50, "{account:?}");
    assert!((10..40).contains(&account.completion_tokens), "{account:?}");
}

#[tokio::test]
async fn a_budget_refuses_what_might_pass_it() {
    let endpoint = Endpoint::of(vec![good()]).await;
    let mut definition = endpoint.definition();
    definition.sampling.max_tokens = 100;
    // One request costs at most about a thousandth of a dollar, and then 160 millionths.
    definition.budget = Some(Dollars::from_micro(3_000));
    let remote = Remote::open(definition).expect("it is right");
    let (first, _) = decide(&remote).await;
    assert!(first.mv.is_ok(), "{first:?}");
    remote.book(Account { cost_microdollars: 2_800, ..Account::default() });
    let (second, _) = decide(&remote).await;
    let sentence = second.mv.expect_err("its budget is spent").detail;
    assert!(sentence.contains("has spent $0.00296 of its budget of $0.003"), "{sentence}");
    assert_eq!(remote.status().trouble.expect("it is in trouble").code, "budget_spent");
    assert_eq!(endpoint.asked().len(), 1, "the second one was not sent");
}

#[tokio::test]
async fn to_drop_the_future_is_to_hang_up() {
    let endpoint = Endpoint::of(vec![Turn::Hangs, Turn::Cuts(vec![more("Talk: Wo")])]).await;
    let remote = endpoint.remote();
    let view = opening();
    let mut negotiator = RemoteNegotiator::new(remote.clone(), 1);
    let begun = async {
        while endpoint.asked().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = negotiator.decide(&view) => panic!("it hangs"),
        () = begun => {}
    }
    while endpoint.left() == 0 {
        tokio::task::yield_now().await;
    }
    let account = remote.account();
    assert_eq!((account.requests, account.estimated), (1, true), "it may have cost something");
    assert_eq!(remote.status().in_flight, 0);
}
