use store::cluster::Ephemeral;
use store::{Store, StoreError};

use crate::fixture::empty_store;

#[tokio::test]
async fn several_processes_may_migrate_at_once() {
    let options = Ephemeral::shared().await.database().await.expect("a database");
    let admin = sqlx::PgPool::connect_with(options.clone()).await.expect("is there");
    sqlx::query("drop schema public cascade").execute(&admin).await.expect("is ours");
    sqlx::query("create schema public").execute(&admin).await.expect("is ours");
    let stores = [0; 3].map(|_| Store::connect(options.clone(), 1));
    let stores = futures::future::join_all(stores).await;
    let migrated = stores.iter().map(|store| store.as_ref().expect("is there").migrate());
    for done in futures::future::join_all(migrated).await {
        done.expect("one migrates, the others wait");
    }
}

#[tokio::test]
async fn a_newer_database_is_refused_with_a_sentence() {
    let options = Ephemeral::shared().await.database().await.expect("a database");
    let store = Store::connect(options.clone(), 1).await.expect("is there");
    store.migrate().await.expect("is up to date");
    let admin = sqlx::PgPool::connect_with(options).await.expect("is there");
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'from the future', true, '', 0)",
    )
    .execute(&admin)
    .await
    .expect("is ours");
    let refused = store.migrate().await.expect_err("is newer");
    assert!(matches!(refused, StoreError::NewerDatabase { database: 9999, .. }), "{refused}");
    assert!(refused.to_string().contains("newer Souk"), "{refused}");
}

#[tokio::test]
async fn a_closed_store_is_away() {
    let store = empty_store().await;
    store.ping().await.expect("answers");
    store.close().await;
    assert!(store.ping().await.expect_err("is closed").is_away());
    let nowhere = Store::connect_url("postgres://u@localhost/d?host=/nowhere", 1).await;
    assert!(nowhere.expect_err("is not there").is_away());
    let nonsense = Store::connect_url("no address", 1).await;
    assert!(!nonsense.expect_err("is no address").is_away());
}
