use std::time::Duration;

use serde_json::json;
use store::{AuditEntry, NewApiKey, NewUser, StoreError};
use wire::UserId;

use crate::fixture::{empty_store, visitor};

const HOUR: Duration = Duration::from_secs(3600);

fn ada() -> NewUser {
    NewUser { name: "Ada".to_owned(), password_hash: None }
}

#[tokio::test]
async fn users_have_one_name_and_perhaps_a_password() {
    let store = empty_store().await;
    assert_eq!(store.user_count().await.expect("can be asked"), (0, 0));
    let id = store.user_create(&ada()).await.expect("is new");
    let again = NewUser { name: "ADA".to_owned(), password_hash: Some("hash".to_owned()) };
    let refused = store.user_create(&again).await.expect_err("is taken");
    assert_eq!(refused.constraint(), Some("user_name_unique"));
    let nameless = NewUser { name: String::new(), ..again };
    let refused = store.user_create(&nameless).await.expect_err("has no name");
    assert_eq!(refused.constraint(), Some("user_name_not_empty"));

    let found = store.user_find_by_name("ada").await.expect("can be asked").expect("is there");
    assert_eq!((found.id, found.name.as_str(), found.password_hash), (id, "Ada", None));
    assert!(store.user_find_by_name("bob").await.expect("can be asked").is_none());
    assert_eq!(store.user_count().await.expect("can be asked"), (1, 0));

    let session = store.session_create(id, HOUR).await.expect("signs in");
    store.user_set_password(id, "hash").await.expect("is there");
    assert_eq!(store.user_count().await.expect("can be asked"), (1, 1));
    let found = store.user_find(id).await.expect("can be asked").expect("is there");
    assert_eq!(found.password_hash.as_deref(), Some("hash"));
    let gone = store.session_find(session.reveal()).await.expect("can be asked");
    assert!(gone.is_none(), "a new password signs out");
    let nobody = store.user_set_password(UserId(uuid::Uuid::new_v4()), "hash").await;
    assert!(matches!(nobody, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn sessions_end_by_time_and_by_signing_out() {
    let store = empty_store().await;
    let id = store.user_create(&ada()).await.expect("is new");
    let session = store.session_create(id, HOUR).await.expect("signs in");
    let expired = store.session_create(id, Duration::ZERO).await.expect("signs in");
    let find = async |token: &str| store.session_find(token).await.expect("can be asked");
    let found = find(session.reveal()).await.expect("is there");
    assert_eq!((found.user, found.user_name.as_str()), (id, "Ada"));
    assert_eq!(find(expired.reveal()).await, None);
    assert_eq!(find("guess").await, None);
    assert_eq!(store.sessions_expire().await.expect("can be done"), 1);
    store.session_delete(session.reveal()).await.expect("signs out");
    assert_eq!(find(session.reveal()).await, None);
}

#[tokio::test]
async fn a_link_signs_in_once() {
    let store = empty_store().await;
    let id = store.user_create(&ada()).await.expect("is new");
    let link = store.login_link_create(id, HOUR).await.expect("is made");
    let expired = store.login_link_create(id, Duration::ZERO).await.expect("is made");
    let consume = async |token: &str| store.login_link_consume(token).await.expect("can be asked");
    assert_eq!(consume(link.reveal()).await, Some(id));
    assert_eq!(consume(link.reveal()).await, None);
    assert_eq!(consume(expired.reveal()).await, None);
    assert_eq!(consume("guess").await, None);
}

#[tokio::test]
async fn api_keys_work_until_revoked_or_expired() {
    let store = empty_store().await;
    let user = store.user_create(&ada()).await.expect("is new");
    let other = NewUser { name: "Bob".to_owned(), password_hash: None };
    let other = store.user_create(&other).await.expect("is new");
    let scopes = vec!["play".to_owned(), "read".to_owned()];
    let new = NewApiKey { user, label: "trainer".to_owned(), scopes, ttl: None };
    let (id, secret) = store.api_key_create(&new).await.expect("is made");
    let brief = NewApiKey { ttl: Some(Duration::ZERO), ..new.clone() };
    let (_, expired) = store.api_key_create(&brief).await.expect("is made");

    let find = async |key: &str| store.api_key_find(key).await.expect("can be asked");
    let found = find(secret.reveal()).await.expect("is valid");
    assert_eq!((found.id, found.user, &found.scopes), (id, user, &new.scopes));
    assert!(secret.reveal().starts_with(&found.prefix) && found.prefix.len() == 12);
    assert_eq!(find(expired.reveal()).await, None);
    assert_eq!(find("souk_guess").await, None);
    assert!(find(secret.reveal()).await.expect("is valid").last_used_ms.is_some());
    assert_eq!(store.api_key_list(user).await.expect("is listed").len(), 2);
    assert!(store.api_key_list(other).await.expect("is listed").is_empty());

    let foreign = store.api_key_revoke(other, id).await;
    assert!(matches!(foreign, Err(StoreError::NotFound(_))), "others' keys are not theirs");
    store.api_key_revoke(user, id).await.expect("is one's own");
    assert_eq!(find(secret.reveal()).await, None);
    let revoked = store.api_key_list(user).await.expect("is listed");
    assert!(revoked.iter().any(|key| key.id == id && key.revoked_ms.is_some()));

    let nameless = NewApiKey { label: String::new(), ..new };
    let refused = store.api_key_create(&nameless).await.expect_err("has no label");
    assert_eq!(refused.constraint(), Some("api_key_label_not_empty"));
}

#[tokio::test]
async fn visitors_are_noted_and_the_audit_is_kept() {
    let store = empty_store().await;
    let guest = visitor();
    store.visitor_touch(guest).await.expect("is new");
    store.visitor_touch(guest).await.expect("is known");
    let entry = |n: i32| AuditEntry {
        user: None,
        visitor: Some(guest),
        action: "api_key.create".to_owned(),
        subject: n.to_string(),
        detail: json!({ "n": n }),
    };
    for n in 0..3 {
        store.audit_add(&entry(n)).await.expect("is written");
    }
    let newest = store.audit_list(None, 2).await.expect("is read");
    let entries: Vec<_> = newest.iter().map(|row| row.entry.clone()).collect();
    assert_eq!(entries, [entry(2), entry(1)]);
    let older = store.audit_list(Some(newest[1].id), 9).await.expect("is read");
    assert_eq!(older.len(), 1);
}
