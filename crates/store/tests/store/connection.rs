use store::cluster::Ephemeral;
use store::{Store, StoreError};

use crate::fixture::{empty_store, soon};

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

/// Programs that find a migration to be made, and a connection of somebody who works in the database.
async fn database_in_use() -> (Vec<Store>, sqlx::PgConnection) {
    use sqlx::ConnectOptions;

    let options = Ephemeral::shared().await.database().await.expect("a database");
    let stores = [0; 4].map(|_| Store::connect(options.clone(), 1));
    let stores = futures::future::join_all(stores).await.into_iter();
    let stores: Vec<Store> = stores.map(|store| store.expect("is there")).collect();
    stores[0].migrate().await.expect("is up to date");
    // One migration is to be made once more.
    let mut busy = options.connect().await.expect("is there");
    let unmade = "delete from _sqlx_migrations where version = 12;
         drop index episode_of_study_under_way; drop table study_erased";
    sqlx::raw_sql(unmade).execute(&mut busy).await.expect("is ours");
    (stores, busy)
}

#[tokio::test]
async fn a_migration_waits_for_who_writes_and_several_start_at_once() {
    let (stores, mut busy) = database_in_use().await;
    // Longer than the migration waits for a lock.
    let hold = "begin; lock table episodes in row exclusive mode";
    sqlx::raw_sql(hold).execute(&mut busy).await.expect("is free");
    let release = async {
        tokio::time::sleep(std::time::Duration::from_secs(4)).await;
        sqlx::raw_sql("commit").execute(&mut busy).await.expect("commits");
    };
    let migrated = futures::future::join_all(stores.iter().map(Store::migrate));
    let (migrated, ()) = soon(futures::future::join(migrated, release)).await;
    assert!(migrated.iter().all(Result::is_ok), "{migrated:?}");
}

#[tokio::test]
async fn a_migration_that_lost_a_deadlock_is_made_again() {
    let (stores, mut busy) = database_in_use().await;
    let hold = "begin; lock table episodes in row exclusive mode";
    sqlx::raw_sql(hold).execute(&mut busy).await.expect("is free");
    let migrated = futures::future::join_all(stores.iter().map(Store::migrate));
    let cross = async {
        // The migrator waits for the table; now the other side waits for the migrator.
        let waiting = "select classid, objid from pg_locks l
             where locktype = 'advisory' and granted and exists
                 (select from pg_locks w where w.pid = l.pid and not w.granted)";
        let (high, low) = loop {
            let lock: Option<(sqlx::postgres::types::Oid, sqlx::postgres::types::Oid)> =
                sqlx::query_as(waiting).fetch_optional(&mut busy).await.expect("is readable");
            match lock {
                Some((high, low)) => break (i64::from(high.0), i64::from(low.0)),
                None => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        };
        let lock = "select pg_advisory_xact_lock($1)";
        let taken = sqlx::query(lock).bind(high << 32 | low).execute(&mut busy).await;
        // Of the two PostgreSQL ends the one that it finds first.
        let end = if taken.is_ok() { "commit" } else { "rollback" };
        sqlx::raw_sql(end).execute(&mut busy).await.expect("ends");
    };
    let (migrated, ()) = soon(futures::future::join(migrated, cross)).await;
    assert!(migrated.iter().all(Result::is_ok), "{migrated:?}");
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
