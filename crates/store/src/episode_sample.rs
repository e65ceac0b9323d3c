//! Episodes as points of a plot.

use rules::{Mills, PerRole};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;
use wire::{EpisodeId, EpisodePoint, EpisodeSample, EpisodeSearch};

use crate::connection::Store;
use crate::episode_search::{Talk, conditions, talk};
use crate::error::StoreError;
use crate::llm_call::role;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    category: String,
    list_price: i64,
    budget_mills: i64,
    cost_mills: i64,
    price_mills: Option<i64>,
    buyer_reward: Option<f64>,
    seller_reward: Option<f64>,
    /// Of every message; of those without an offer the price is null.
    by: Vec<String>,
    offers: Vec<Option<i64>>,
}

impl Store {
    /// The newest scored episodes that fit, so many at most.
    pub async fn episode_sample(
        &self,
        search: &EpisodeSearch,
        most: usize,
    ) -> Result<EpisodeSample, StoreError> {
        let talk = talk(&self.pool, search).await?;
        let mut archived = QueryBuilder::new("with chosen as (select e.id, e.archive_id ");
        chosen(&mut archived, search, talk, most);
        archived.push(" select id from chosen where archive_id is not null");
        let archived: Vec<Uuid> = archived.build_query_scalar().fetch_all(&self.pool).await?;
        self.recall(&archived).await?;

        let mut sql = QueryBuilder::new(
            "with chosen as (
                 select e.id, p.category, e.scenario, e.budget_mills, e.cost_mills, e.price_mills,
                     e.buyer_reward, e.seller_reward ",
        );
        chosen(&mut sql, search, talk, most);
        sql.push(
            " select c.id, c.category,
                 (c.scenario #>> '{listing,product,list_price}')::bigint as list_price,
                 c.budget_mills, c.cost_mills, c.price_mills, c.buyer_reward, c.seller_reward,
                 coalesce(m.by, '{}') as by, coalesce(m.offers, '{}') as offers
             from chosen c, lateral (
                 select array_agg(m.body ->> 'by' order by m.seq) as by,
                     array_agg(case when m.body #>> '{act,type}' = 'offer'
                         then (m.body #>> '{act,price}')::bigint end order by m.seq) as offers
                 from events m where m.episode_id = c.id and m.kind = 'moved'
             ) m order by c.id desc",
        );
        let mut rows: Vec<Row> = sql.build_query_as().fetch_all(&self.pool).await?;
        let more = rows.len() > most;
        rows.truncate(most);
        let points = rows.into_iter().map(point).collect::<Result<_, _>>()?;
        Ok(EpisodeSample { points, more })
    }
}

/// Which episodes, behind the columns of `with chosen as (select`.
fn chosen<'a>(
    sql: &mut QueryBuilder<'a, Postgres>,
    search: &'a EpisodeSearch,
    talk: Talk,
    most: usize,
) {
    sql.push(
        "from episodes e join products p on p.id = e.product_id
         where e.status = 'over' and e.outcome_kind not in ('abandoned', 'engine_failure') and ",
    );
    conditions(sql, search, talk);
    sql.push(format_args!(" order by e.id desc limit {})", most + 1));
}

fn point(row: Row) -> Result<EpisodePoint, StoreError> {
    let mut own = PerRole { buyer: 0, seller: 0 };
    let mut offers = Vec::new();
    for (by, price) in row.by.iter().zip(row.offers) {
        let by = role(by)?;
        let message = own.get_mut(by);
        *message += 1;
        if let Some(price) = price {
            offers.push((by, *message, Mills(price)));
        }
    }
    Ok(EpisodePoint {
        id: EpisodeId(row.id),
        category: row.category,
        list_price: Mills(row.list_price),
        budget: Mills(row.budget_mills),
        cost: Mills(row.cost_mills),
        price: row.price_mills.map(Mills),
        rewards: PerRole { buyer: row.buyer_reward, seller: row.seller_reward },
        offers,
    })
}
