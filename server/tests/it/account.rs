//! Signing in, passwords, keys.

use serde_json::{Value, json};
use std::time::Duration;
use store::{NewApiKey, NewUser};
use wire::UserId;

use crate::world::*;

pub async fn user(world: &World, email: &str) -> UserId {
    let new = NewUser { name: email.to_owned(), password_hash: None };
    world.store.user_create(&new).await.unwrap()
}

/// A key of a new researcher.
pub async fn key(world: &World, scopes: &[&str]) -> String {
    let user = user(world, &format!("{}@example.org", uuid::Uuid::new_v4())).await;
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let new = NewApiKey { user, label: "test".to_owned(), scopes, ttl: None };
    world.store.api_key_create(&new).await.unwrap().1.reveal().to_owned()
}

fn goes_to(response: &reqwest::Response) -> String {
    assert_eq!(response.status().as_u16(), 303);
    response.headers()["location"].to_str().unwrap().to_owned()
}

pub async fn link(world: &World, user: UserId) -> String {
    let hour = Duration::from_secs(3600);
    world.store.login_link_create(user, hour).await.unwrap().reveal().to_owned()
}

#[tokio::test]
async fn a_link_signs_in_once_and_only_by_its_button() {
    let world = World::new().await;
    let ada = world.client();
    let token = link(&world, user(&world, "ada@example.org").await).await;
    // A program that follows links consumes none.
    for _ in 0..2 {
        world.client().get(&format!("/auth/link/{token}")).await;
    }
    let response = ada.form(&format!("/auth/link/{token}"), "").await;
    let cookie = response.headers().get_all("set-cookie").iter();
    let cookie: Vec<_> = cookie.map(|c| c.to_str().unwrap().to_owned()).collect();
    let session = cookie.iter().find(|c| c.starts_with("souk_session=")).unwrap();
    assert!(session.contains("HttpOnly") && session.contains("SameSite=Lax"), "{session}");
    assert_eq!(goes_to(&response), "/research");
    let me: Value = ada.fetch("/api/v1/whoami").await;
    assert_eq!(me["researcher"], "ada@example.org");
    let again = world.client().form(&format!("/auth/link/{token}"), "").await;
    assert_eq!(goes_to(&again), "/sign-in?problem=link_used");
    ada.form("/auth/sign-out", "").await;
    let me: Value = ada.fetch("/api/v1/whoami").await;
    assert_eq!(me.get("researcher"), None);
    world.stop().await;
}

#[tokio::test]
async fn a_password_is_set_and_then_opens() {
    let world = World::new().await;
    let (ada, bob) = (world.client(), world.client());
    let token = link(&world, user(&world, "ada@example.org").await).await;
    let unsigned =
        bob.form("/auth/password", "password=camel+saddle+tea&again=camel+saddle+tea").await;
    assert_eq!(goes_to(&unsigned), "/research?problem=unauthorized");
    ada.form(&format!("/auth/link/{token}"), "").await;
    let table = [
        ("password=short&again=short", "/research?problem=password_length"),
        ("password=camel+saddle+tea&again=camel+saddle+tee", "/research?problem=passwords_differ"),
        ("password=camel+saddle+tea&again=camel+saddle+tea", "/research?done=password"),
    ];
    for (form, to) in table {
        assert_eq!(goes_to(&ada.form("/auth/password", form).await), to);
    }
    // This browser stays signed in.
    let me: Value = ada.fetch("/api/v1/whoami").await;
    assert_eq!(me["researcher"], "ada@example.org");

    let wrong = bob.form("/auth/sign-in", "email=ada%40example.org&password=camel").await;
    assert_eq!(goes_to(&wrong), "/sign-in?problem=wrong_sign_in");
    let nobody = bob.form("/auth/sign-in", "email=eve%40example.org&password=camel").await;
    assert_eq!(goes_to(&nobody), "/sign-in?problem=wrong_sign_in");
    let right =
        bob.form("/auth/sign-in", "email=Ada%40example.org&password=camel+saddle+tea").await;
    assert_eq!(goes_to(&right), "/research");
    world.stop().await;
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let world = World::with(&[("SOUK_SIGN_INS_PER_MINUTE", "2")]).await;
    let eve = world.client();
    let form = "email=ada%40example.org&password=guess";
    for _ in 0..2 {
        eve.form("/auth/sign-in", form).await;
    }
    let third = world.client().form("/auth/sign-in", form).await;
    assert_eq!(goes_to(&third), "/sign-in?problem=too_many_requests");
    world.stop().await;
}

#[tokio::test]
async fn keys_do_what_their_scopes_say() {
    let world = World::new().await;
    let by = |key: &str| Client::with_key(&world.base, key);
    let (play, read) = (key(&world, &["play"]).await, key(&world, &["read"]).await);
    let id = by(&play).start("me", "boulware").await;
    let refusal = by(&read)
        .refused(
            "/api/v1/episodes",
            json!({
                "product": PRODUCT, "seats": { "buyer": seat("me"), "seller": seat("linear") },
                "key": uuid::Uuid::new_v4(),
            }),
        )
        .await;
    assert_eq!((refusal.status, refusal.code.as_str()), (403, "scope_missing"));
    let (status, text) = by(&read).get("/api/v1/keys").await;
    assert_eq!(status.as_u16(), 403, "{text}");
    let page: wire::EpisodePage = by(&read).fetch(&format!("/api/v1/episodes/{id}")).await;
    assert_eq!(page.head.viewer, wire::Viewer::Researcher);
    let other = by(&key(&world, &["play"]).await);
    let page: wire::EpisodePage = other.fetch(&format!("/api/v1/episodes/{id}")).await;
    assert_eq!(page.head.viewer, wire::Viewer::Spectator);
    let (status, _) = by("souk_unknown").get("/api/v1/whoami").await;
    assert_eq!(status.as_u16(), 401);
    world.stop().await;
}

#[tokio::test]
async fn a_program_is_judged_where_a_person_is_warned() {
    let world = World::new().await;
    let program = Client::with_key(&world.base, &key(&world, &["play"]).await);
    let id = program.start("me", "boulware").await;
    program.play(id, offer(500)).await;
    let events = program.until(id, is_over).await;
    let outcome = rules::Outcome::BudgetViolation {
        by: rules::Role::Buyer,
        price: rules::Mills::from_dollars(500),
    };
    assert!(events.iter().any(|e| e.event == rules::Event::Ended { outcome }));
    world.stop().await;
}

#[tokio::test]
async fn keys_are_made_listed_and_revoked() {
    let world = World::new().await;
    let admin = Client::with_key(&world.base, &key(&world, &["admin"]).await);
    let empty = admin.refused("/api/v1/keys", json!({ "label": " " })).await;
    assert_eq!(empty.code, "label_length");
    let made: Value =
        admin.send("/api/v1/keys", json!({ "label": "trainer", "scopes": ["play"] })).await;
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("souk_"));
    let listed: Value = admin.fetch("/api/v1/keys").await;
    assert!(listed.as_array().unwrap().iter().any(|key| key["label"] == "trainer"));
    assert!(!listed.to_string().contains(secret));
    let trainer = Client::with_key(&world.base, secret);
    let me: Value = trainer.fetch("/api/v1/whoami").await;
    assert_eq!(me["scopes"], json!(["play"]));
    let path = format!("/api/v1/keys/{}", made["key"]["id"].as_str().unwrap());
    let (status, _) = admin.ask(admin.request(reqwest::Method::DELETE, &path)).await;
    assert_eq!(status.as_u16(), 204);
    assert_eq!(trainer.get("/api/v1/whoami").await.0.as_u16(), 401);
    world.stop().await;
}
