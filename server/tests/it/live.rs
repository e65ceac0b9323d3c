//! Live sockets and event streams.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use rules::{Act, Event, Mills, Move, Role};
use serde_json::json;
use store::Store;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use uuid::Uuid;
use wire::{EpisodeId, LinkState, ServerFrame};

use crate::backup::{psql, ran};
use crate::world::*;

#[tokio::test]
async fn a_reconnecting_client_gets_the_gap() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "boulware").await;
    let mut live = ada.live().await;
    live.follow(id, 0).await;
    let mut first = Vec::new();
    loop {
        match live.next().await {
            ServerFrame::Event { envelope } => first.push(envelope),
            ServerFrame::CaughtUp { seq, .. } => {
                assert_eq!(seq, first.len() as i64);
                break;
            }
            _ => {}
        }
    }
    drop(live);
    ada.play(id, offer(30)).await;
    ada.moves(id, 2).await;

    let mut live = ada.live().await;
    live.follow(id, first.len() as i64).await;
    let mut gap = Vec::new();
    while gap.len() < 2 {
        if let ServerFrame::Event { envelope } = live.next().await {
            gap.push(envelope.seq);
        }
    }
    let after = first.len() as i64;
    assert_eq!(gap, [after + 1, after + 2]);
    world.stop().await;
}

#[tokio::test]
async fn what_a_reader_may_not_see_keeps_its_number() {
    let world = World::new().await;
    let (ada, eve) = (world.client(), world.client());
    let id = ada.start("me", "boulware").await;
    let told = |events: &[wire::Envelope]| events.len() >= 4;
    let (own, public) = (ada.until(id, told).await, eve.until(id, told).await);
    let numbers: Vec<i64> = public.iter().map(|e| e.seq).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(own[0], public[0]);
    assert!(own.iter().any(|e| matches!(e.event, Event::LimitSet { .. })));
    assert_eq!(public.iter().filter(|e| e.event == Event::Hidden).count(), 3);
    world.stop().await;
}

/// As if another server had ended between storing a move and saying so.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_announced_is_found() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "boulware").await;
    let mut live = ada.live().await;
    live.follow(id, 0).await;
    while !matches!(live.next().await, ServerFrame::CaughtUp { .. }) {}
    let unheard = "alter function pg_catalog.pg_notify(text, text) rename to pg_unheard";
    let (done, _, why) = ran(psql(&world.store, &["-c", unheard])).await;
    assert!(done, "{why}");
    let other = Store::connect(world.store.connect_options(), 2).await.unwrap();
    let mv = Move::new("Thirty?", Act::Offer(Mills::from_dollars(30)));
    let played = other
        .episode_play(id, Role::Buyer, None, |episode, now| {
            rules::apply(episode, Role::Buyer, mv.clone(), now)
        })
        .await
        .unwrap();
    let told = loop {
        if let ServerFrame::Event { envelope } = live.next().await {
            break envelope;
        }
    };
    assert_eq!(told, played.envelopes[0]);
    world.stop().await;
}

#[tokio::test]
async fn an_event_stream_goes_on_after_its_last_event_id() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "boulware").await;
    let path = format!("/api/v1/episodes/{id}/events");
    let request = ada.request(reqwest::Method::GET, &path).header("last-event-id", "3");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.bytes_stream();
    ada.play(id, offer(30)).await;
    let mut text = String::new();
    while !(text.contains("id: 5") && text.contains("id: 6")) {
        let bytes = soon("an event", stream.next()).await.unwrap().unwrap();
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    assert!(!text.contains("id: 3"), "{text}");
    assert!(text.contains("event: caught_up"), "{text}");
    assert!(text.contains("\"moved\""), "{text}");
    let (status, _) =
        ada.ask(ada.request(reqwest::Method::GET, &path).header("last-event-id", "x")).await;
    assert_eq!(status.as_u16(), 400);
    world.stop().await;
}

#[tokio::test]
async fn what_is_not_a_frame_is_answered_with_a_problem() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "boulware").await;
    let mut live = ada.live().await;
    live.say("nonsense").await;
    let ServerFrame::Problem { problem } = live.next().await else { panic!("no problem") };
    assert_eq!(problem.code, "bad_request");
    live.follow(EpisodeId(Uuid::nil()), 0).await;
    let ServerFrame::Problem { problem } = live.next().await else { panic!("no problem") };
    assert_eq!(problem.code, "not_found");
    live.follow(id, 99).await;
    let ServerFrame::Problem { problem } = live.next().await else { panic!("no problem") };
    assert_eq!(problem.code, "cursor_ahead");
    live.say(r#"{"type":"ping"}"#).await;
    assert_eq!(live.next().await, ServerFrame::Pong);
    world.stop().await;
}

#[tokio::test]
async fn an_endless_frame_ends_the_socket() {
    let world = World::new().await;
    let mut live = world.client().live().await;
    live.socket.send(Message::Text("x".repeat(8 * 1024).into())).await.unwrap();
    let ended = loop {
        match soon("the end", live.socket.next()).await {
            None | Some(Err(_)) | Some(Ok(Message::Close(_))) => break true,
            Some(Ok(_)) => {}
        }
    };
    assert!(ended);
    world.stop().await;
}

/// What it says is answered, and it never listens.
#[tokio::test(flavor = "multi_thread")]
async fn who_takes_no_frames_is_let_go() {
    let world = World::tuned(|config| config.slow = Duration::from_millis(400)).await;
    let request = format!("{}/live", world.base.replacen("http", "ws", 1));
    let (socket, _) =
        tokio_tungstenite::client_async(request, small_window(&world).await).await.unwrap();
    let (mut sink, mut stream) = socket.split();
    let nonsense = format!(r#"{{"type":"{}"}}"#, "x".repeat(3_000));
    let mut said = 0;
    let talk = async {
        while sink.send(Message::Text(nonsense.as_str().into())).await.is_ok() {
            said += 1;
        }
    };
    soon("the end of the socket", talk).await;
    // A reset drops what was on its way.
    let mut answered = 0;
    while let Some(Ok(message)) = soon("what was on its way", stream.next()).await {
        answered += usize::from(message.is_text());
    }
    assert!(answered < said, "{answered} of {said} were answered");
    world.stop().await;
}

#[tokio::test]
async fn another_sites_page_opens_no_socket() {
    let world = World::new().await;
    let url = format!("{}/live", world.base.replace("http", "ws"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("origin", "http://evil.example".parse().unwrap());
    let refused = tokio_tungstenite::connect_async(request).await.unwrap_err();
    assert!(matches!(refused, Error::Http(response) if response.status().as_u16() == 403));
    world.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_says_so_to_its_sockets() {
    let world = World::new().await;
    let mut live = world.client().live().await;
    live.say(r#"{"type":"ping"}"#).await;
    assert_eq!(live.next().await, ServerFrame::Pong);
    let (code, ()) = futures::join!(live.closed(), world.stop());
    assert_eq!(code, 1001);
}

#[tokio::test]
async fn frames_have_the_shape_that_the_page_expects() {
    let frame = ServerFrame::Link { state: LinkState::StoreAway };
    assert_eq!(
        serde_json::to_value(frame).unwrap(),
        json!({ "type": "link", "state": "store_away" })
    );
}
