//! Many episodes for a benchmark, from those that were evaluated: `cargo run -p store --example multiply -- ADDRESS TIMES`.
//!
//! Each evaluated episode is copied so many times with all its events, under ids of its own and hour after hour
//! later. ADDRESS is that of a database which nobody needs, e.g. of a private Postgres whose `souk serve` runs:
//! `postgres:///souk?host=DATA/postgres/run&user=souk`. Foreign keys are not checked meanwhile, so the user must
//! be the database's superuser, as that of a private Postgres is.

use std::time::Instant;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};

/// Copies belong to no evaluation.
const BASE: &str = "create temporary table base as
    select id from episodes
    where evaluation_id is not null and status = 'over' and training_run_id is null and forked_from is null";

/// Ids begin with their time, of which the copy's is so many hours later; the rest is as it was.
const COPY_OF: &str = "create function pg_temp.copy_of(id uuid, hours bigint) returns uuid
    language sql immutable as $$
        select (lpad(to_hex(('x' || replace(left(id::text, 13), '-', ''))::bit(48)::bigint + hours * 3600000), 12, '0')
            || right(replace(id::text, '-', ''), 20))::uuid
    $$";

const EPISODES: &str = "insert into episodes (id, product_id, scenario, seed, buyer_kind, buyer_negotiator,
        buyer_title, seller_kind, seller_negotiator, seller_title, creator_visitor, creator_key, status,
        seq, moves, last_act, outcome, outcome_kind, price_mills, reward_name, reward_version, buyer_reward,
        seller_reward, code_version, created_at, ended_at)
    select pg_temp.copy_of(id, $1), product_id, scenario, seed, buyer_kind, buyer_negotiator, buyer_title,
        seller_kind, seller_negotiator, seller_title, creator_visitor, pg_temp.copy_of(id, $1), status, seq,
        moves, last_act, outcome, outcome_kind, price_mills, reward_name, reward_version, buyer_reward,
        seller_reward, code_version, created_at + $1 * interval '1 hour', ended_at + $1 * interval '1 hour'
    from episodes join base using (id)";

const EVENTS: &str = "insert into events (episode_id, seq, at, kind, body)
    select pg_temp.copy_of(episode_id, $1), seq, at + $1 * interval '1 hour', kind, body
    from events join base on base.id = episode_id";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(times)) = (arguments.next(), arguments.next()) else {
        return Err("multiply ADDRESS TIMES".into());
    };
    let mut database = PgConnection::connect(&address).await?;
    database.execute("set session_replication_role = replica").await?;
    database.execute(BASE).await?;
    database.execute(COPY_OF).await?;
    let begun = Instant::now();
    let (mut episodes, mut events) = (0, 0);
    for copy in 1..=times.parse::<i64>()? {
        let mut transaction = database.begin().await?;
        let stored = sqlx::query(EPISODES).bind(copy).execute(&mut *transaction).await?;
        episodes += stored.rows_affected();
        let stored = sqlx::query(EVENTS).bind(copy).execute(&mut *transaction).await?;
        events += stored.rows_affected();
        transaction.commit().await?;
        println!(
            "copy {copy}: {episodes} episodes, {events} events, {:.0} s",
            begun.elapsed().as_secs_f64()
        );
    }
    database.execute("vacuum analyze").await?;
    println!("vacuumed and analyzed after {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}
