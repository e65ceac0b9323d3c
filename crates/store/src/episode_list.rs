//! Lists of episodes, and what came out on a product.

use rules::{Act, Mills, Outcome, PerRole, Role};
use sqlx::types::Json;
use wire::{ComparisonRow, EpisodeId, EpisodeQuery, EpisodeSummary, ProductId, VisitorId};

use crate::connection::Store;
use crate::episode_row::{Failing, Sitter, failing, sitter, status};
use crate::error::StoreError;
use crate::product::picture_path;

/// A line of a list. How it failed is for the caller to put into words.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub summary: EpisodeSummary,
    pub failing: Option<Failing>,
    /// The seat of who asks.
    pub role: Option<Role>,
}

const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

impl Store {
    /// Newest first. Episodes that wait for an invited person are shown to who sits there alone.
    pub async fn episode_list(
        &self,
        query: &EpisodeQuery,
        visitor: VisitorId,
    ) -> Result<Vec<Listed>, StoreError> {
        let rows = sqlx::query!(
            r#"select e.id, e.product_id, p.title, e.status, e.moves, e.created_at,
                 e.outcome as "outcome: Json<Outcome>", e.last_act as "last_act: Json<Act>",
                 e.failed_role, e.failure_code,
                 buyer_kind, buyer_negotiator, buyer_title, buyer_visitor, buyer_user,
                 seller_kind, seller_negotiator, seller_title, seller_visitor, seller_user
             from episodes e join products p on p.id = e.product_id
             where ($1::text is null or e.product_id = $1)
                 and (not $2 or e.status = 'playing')
                 and (e.buyer_visitor = $3 or e.seller_visitor = $3
                      or (not $4 and e.status <> 'waiting'))
                 and ($5::uuid is null or e.id < $5)
                 and e.training_run_id is null and e.study_id is null and e.market_id is null
             order by e.id desc limit $6"#,
            query.product.as_ref().map(|product| &product.0),
            query.live,
            visitor.0,
            query.mine,
            query.before.map(|before| before.0),
            i64::from(query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT)),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|r| {
                let buyer = sitter(
                    &r.buyer_kind,
                    r.buyer_negotiator,
                    r.buyer_title,
                    r.buyer_visitor,
                    r.buyer_user,
                )?;
                let seller = sitter(
                    &r.seller_kind,
                    r.seller_negotiator,
                    r.seller_title,
                    r.seller_visitor,
                    r.seller_user,
                )?;
                let is_mine = |seat: &Sitter| {
                    matches!(seat, Sitter::Person { visitor: who, .. } if *who == visitor)
                };
                let role = match (is_mine(&buyer), is_mine(&seller)) {
                    (true, _) => Some(Role::Buyer),
                    (false, true) => Some(Role::Seller),
                    (false, false) => None,
                };
                let product = ProductId(r.product_id);
                let summary = EpisodeSummary {
                    id: EpisodeId(r.id),
                    picture: picture_path(&product),
                    product,
                    title: r.title,
                    seats: PerRole { buyer: buyer.public(), seller: seller.public() },
                    status: status(&r.status)?,
                    outcome: r.outcome.map(|outcome| outcome.0),
                    moves: r.moves.cast_unsigned(),
                    last_act: r.last_act.map(|act| act.0),
                    created_ms: r.created_at.timestamp_millis(),
                    failure: None,
                };
                let failing = failing(r.failed_role, r.failure_code)?;
                Ok(Listed { summary, failing, role })
            })
            .collect()
    }

    /// How people and each negotiator did on a product, per role, people first. Scored episodes
    /// only, and none that a stand-in finished.
    pub async fn comparison(&self, product: &ProductId) -> Result<Vec<ComparisonRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select s.role as "role!", s.title, count(*) as "episodes!", avg(s.reward) as "mean!",
                 count(e.price_mills) as "deals!", round(avg(e.price_mills))::bigint as price
             from episodes e, lateral (values
                 ('buyer', e.buyer_kind, e.buyer_title, e.buyer_reward),
                 ('seller', e.seller_kind, e.seller_title, e.seller_reward)
             ) as s (role, kind, title, reward)
             where e.product_id = $1 and e.status = 'over' and s.reward is not null
                 and e.forked_from is null and e.training_run_id is null
                 and e.study_id is null and e.market_id is null
             group by s.role, s.title
             order by s.role, s.title nulls first"#,
            product.0
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| ComparisonRow {
                label: row.title.unwrap_or_else(|| "People".to_owned()),
                role: if row.role == "buyer" { Role::Buyer } else { Role::Seller },
                episodes: row.episodes,
                deals: row.deals,
                mean_reward: row.mean,
                mean_price: row.price.map(Mills),
            })
            .collect())
    }
}
