//! Everything that follows from logs, worked out anew and held against what is stored: whether a database that
//! was restored or migrated is what it was.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

use futures::TryStreamExt;
use rules::market::{Market, MarketEvent, MarketScenario};
use rules::reward::{RewardSpec, score};
use rules::{Act, Episode, Event, Outcome, Role};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;
use study::{Due, due};
use uuid::Uuid;
use wire::{EpisodeId, MarketId, ParticipantId, StudyId, VisitorId};

use crate::connection::Store;
use crate::episode::event;
use crate::error::StoreError;
use crate::summary::Summary;

/// Episodes that are in memory at once.
const AT_ONCE: i64 = 500;
/// Between a reward and the same one computed by another build of the program.
const CLOSE: f64 = 1e-12;

/// What was worked out, and where something else is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recomputed {
    /// Replayed, each with all of its summary.
    pub episodes: u64,
    pub events: u64,
    /// Rewards of seats.
    pub rewards: u64,
    /// Rewards that a run learnt from.
    pub rollouts: u64,
    /// Left out, for their events are in the archive alone.
    pub archived: u64,
    pub markets: u64,
    pub participants: u64,
    /// Lines of the ledger.
    pub payments: u64,
    pub differences: Vec<Difference>,
}

/// Where something else is stored than follows from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// As in `episode 01a2…`.
    pub what: String,
    pub why: String,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    pub episodes: u64,
    pub markets: u64,
    pub participants: u64,
}

#[derive(FromRow)]
struct EpisodeColumns {
    id: Uuid,
    status: String,
    seq: i64,
    moves: i32,
    last_act: Option<Json<Act>>,
    next_actor: Option<String>,
    outcome: Option<Json<Outcome>>,
    outcome_kind: Option<String>,
    price_mills: Option<i64>,
    reward_name: Option<String>,
    reward_version: Option<i32>,
    buyer_reward: Option<f64>,
    seller_reward: Option<f64>,
    /// Its events are in the archive, and not in the database as well.
    away: bool,
}

#[derive(FromRow)]
struct EventColumns {
    episode_id: Uuid,
    seq: i64,
    kind: String,
    body: String,
}

#[derive(FromRow)]
struct RolloutColumns {
    episode_id: Uuid,
    role: String,
    reward: Option<f64>,
    spec: Value,
}

#[derive(FromRow)]
struct MarketColumns {
    id: Uuid,
    scenario: Json<MarketScenario>,
    status: String,
    seq: i64,
    step: i32,
    sold: i32,
    talks: i64,
}

#[derive(FromRow)]
struct ParticipantColumns {
    id: Uuid,
    seq: i64,
    events: i64,
    place: String,
    ended: Option<String>,
    pays: Value,
}

/// A line of the ledger as it is stored, or as it should be.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
struct PayLine {
    kind: String,
    cents: u32,
    currency: String,
    basis: Due,
}

impl Store {
    /// Replays every log and compares: episodes with their summaries and rewards, rollouts, markets, participants and
    /// what they are paid. With `recall`, archived events are fetched into the database for it; else their episodes
    /// are counted and left out.
    ///
    /// # Errors
    /// Where the database cannot be read, or a log means nothing to this program. What is merely different is in
    /// [`Recomputed::differences`].
    pub async fn recompute(
        &self,
        recall: bool,
        mut tell: impl FnMut(Stage),
    ) -> Result<Recomputed, StoreError> {
        let mut done = Recomputed::default();
        let mut last = Uuid::nil();
        while let Some(next) = self.recompute_episodes(last, recall, &mut done).await? {
            last = next;
            tell(done.stage());
        }
        let markets: Vec<MarketColumns> = sqlx::query_as(
            "select id, scenario, status, seq, step, sold,
                 (select count(*) from episodes e where e.market_id = m.id) as talks
             from markets m order by id",
        )
        .fetch_all(&self.pool)
        .await?;
        for market in markets {
            self.recompute_market(market, &mut done).await?;
            tell(done.stage());
        }
        let studies: Vec<Uuid> =
            sqlx::query_scalar("select id from studies where frozen is not null order by id")
                .fetch_all(&self.pool)
                .await?;
        for study in studies {
            self.recompute_study(StudyId(study), recall, &mut done).await?;
            tell(done.stage());
        }
        Ok(done)
    }

    /// The episodes behind `last`, a page of them; answers with the last one's id.
    async fn recompute_episodes(
        &self,
        last: Uuid,
        recall: bool,
        done: &mut Recomputed,
    ) -> Result<Option<Uuid>, StoreError> {
        let rows: Vec<EpisodeColumns> = sqlx::query_as(
            "select id, status, seq, moves, last_act, next_actor, outcome, outcome_kind, price_mills,
                 reward_name, reward_version, buyer_reward, seller_reward,
                 archive_id is not null and not exists (
                     select from events_recalled r where r.episode_id = e.id
                 ) as away
             from episodes e where id > $1 order by id limit $2",
        )
        .bind(last)
        .bind(AT_ONCE)
        .fetch_all(&self.pool)
        .await?;
        let ids: Vec<Uuid> =
            rows.iter().filter(|row| recall || !row.away).map(|row| row.id).collect();
        let mut logs = self.logs(&ids, recall).await?;
        let mut rollouts: HashMap<Uuid, Vec<RolloutColumns>> = HashMap::new();
        let stored: Vec<RolloutColumns> = sqlx::query_as(
            "select r.episode_id, r.role, r.reward, t.settings -> 'reward' as spec
             from rollouts r join training_runs t on t.id = r.run_id where r.episode_id = any($1)",
        )
        .bind(&ids)
        .fetch_all(&self.pool)
        .await?;
        for rollout in stored {
            rollouts.entry(rollout.episode_id).or_default().push(rollout);
        }
        for row in &rows {
            if row.away && !recall {
                done.archived += 1;
                continue;
            }
            let log = logs.remove(&row.id).unwrap_or_default();
            let learnt = rollouts.remove(&row.id).unwrap_or_default();
            done.episode(row, &log, &learnt);
        }
        Ok(rows.last().map(|row| row.id))
    }

    /// Events of some episodes, each with its number, in their order.
    async fn logs(
        &self,
        ids: &[Uuid],
        recall: bool,
    ) -> Result<HashMap<Uuid, Vec<(i64, Event)>>, StoreError> {
        if recall {
            self.recall(ids).await?;
        }
        let mut logs: HashMap<Uuid, Vec<(i64, Event)>> = HashMap::new();
        let mut rows = sqlx::query_as(
            "select episode_id, seq, kind, body::text as body from events
             where episode_id = any($1) order by episode_id, seq",
        )
        .bind(ids)
        .fetch(&self.pool);
        while let Some(row) = rows.try_next().await? {
            let EventColumns { episode_id, seq, kind, body } = row;
            logs.entry(episode_id).or_default().push((seq, event(&kind, &body)?));
        }
        Ok(logs)
    }

    async fn recompute_market(
        &self,
        row: MarketColumns,
        done: &mut Recomputed,
    ) -> Result<(), StoreError> {
        let what = format!("market {}", MarketId(row.id));
        let mut market = Market::new(row.scenario.0);
        let mut number = 0;
        let mut log = sqlx::query_as(
            "select first, last, events from market_log where market_id = $1 order by first",
        )
        .bind(row.id)
        .fetch(&self.pool);
        while let Some((first, last, events)) = log.try_next().await? {
            let (first, last, events): (i64, i64, Json<Vec<MarketEvent>>) = (first, last, events);
            done.same(&what, "first event of a row", &first, &(number + 1));
            number += i64::try_from(events.len()).unwrap_or(i64::MAX);
            done.same(&what, "last event of a row", &last, &number);
            market.absorb_all(&events.0);
        }
        let over = market.talks.iter().filter(|talk| talk.over.is_some()).count();
        done.same(&what, "last event", &row.seq, &number);
        // The last one closes the market, and is none of its steps.
        let step = market.step.min(market.scenario.steps);
        done.same(&what, "step", &row.step.cast_unsigned(), &step);
        done.same(
            &what,
            "sales",
            &row.sold,
            &i32::try_from(market.sales.len()).unwrap_or(i32::MAX),
        );
        done.same(&what, "talks among the episodes", &row.talks, &(over as i64));
        done.same(&what, "end", &(row.status == "over"), &market.is_over());
        done.markets += 1;
        Ok(())
    }

    async fn recompute_study(
        &self,
        id: StudyId,
        recall: bool,
        done: &mut Recomputed,
    ) -> Result<(), StoreError> {
        let study = self.study_find(id).await?.study;
        let rows: Vec<ParticipantColumns> = sqlx::query_as(
            "select p.id, p.seq, p.place, p.ended,
                 (select count(*) from participant_events e where e.participant_id = p.id) as events,
                 (select coalesce(jsonb_agg(jsonb_build_object('kind', m.kind, 'cents', m.cents,
                     'currency', m.currency, 'basis', m.basis) order by m.kind), '[]')
                  from payments m where m.participant_id = p.id) as pays
             from participants p where p.study_id = $1 order by p.id",
        )
        .bind(id.0)
        .fetch_all(&self.pool)
        .await?;
        for row in rows {
            let participant = self.participant_find(ParticipantId(row.id), &study).await?;
            let progress = &participant.progress;
            let what = format!("participant {}", participant.id);
            done.participants += 1;
            done.same(&what, "last event", &row.seq, &row.events);
            done.same(&what, "place", &row.place.as_str(), &participant.place.name());
            done.same(&what, "end", &row.ended.as_deref(), &progress.end.map(study::End::name));
            let episodes: Vec<Uuid> =
                progress.played.iter().map(|(episode, _)| episode.0).collect();
            if !recall && self.are_away(&episodes).await? {
                done.archived += 1;
                continue;
            }
            let logs = self.logs(&episodes, recall).await?;
            let buys = self.bought(&episodes, participant.visitor).await?;
            let conditions = progress.conditions_played(&study).into_iter();
            let mut rewards: BTreeMap<EpisodeId, Option<f64>> = BTreeMap::new();
            for ((episode, _), condition) in progress.played.iter().zip(conditions) {
                let Some(log) = logs.get(&episode.0) else { continue };
                let Ok(replayed) = Episode::replay(log.iter().map(|(_, event)| event)) else {
                    continue; // It is told with the episode.
                };
                let role = match buys.contains(&episode.0) {
                    true => Role::Buyer,
                    false => Role::Seller,
                };
                let spec = &study.conditions[condition].reward;
                rewards.insert(*episode, score(&replayed, role, spec));
            }
            let due = due(&study, progress, |episode| rewards.get(&episode).copied().flatten());
            let owed = match progress.end {
                None => Vec::new(),
                Some(_) => lines(&due, &study.pay.currency),
            };
            let paid: Vec<PayLine> = serde_json::from_value(row.pays)
                .map_err(|why| StoreError::corrupt("payment", why))?;
            done.payments += paid.len() as u64;
            if paid != owed {
                done.differ(&what, format!("the ledger has {paid:?}; due is {owed:?}"));
            }
        }
        Ok(())
    }

    /// Whether the events of any of these are in the archive alone.
    async fn are_away(&self, ids: &[Uuid]) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar(
            "select exists (
                 select from episodes e where e.id = any($1) and e.archive_id is not null
                     and not exists (select from events_recalled r where r.episode_id = e.id)
             )",
        )
        .bind(ids)
        .fetch_one(&self.pool)
        .await?)
    }

    /// Those of the episodes in which the visitor buys.
    async fn bought(&self, ids: &[Uuid], visitor: VisitorId) -> Result<Vec<Uuid>, StoreError> {
        Ok(sqlx::query_scalar("select id from episodes where id = any($1) and buyer_visitor = $2")
            .bind(ids)
            .bind(visitor.0)
            .fetch_all(&self.pool)
            .await?)
    }
}

/// The ledger's lines of one participation, as `settle` writes them.
fn lines(due: &Due, currency: &str) -> Vec<PayLine> {
    [("base", due.base), ("bonus", due.total - due.base)]
        .into_iter()
        .filter(|(_, cents)| *cents > 0)
        .map(|(kind, cents)| PayLine {
            kind: kind.to_owned(),
            cents,
            currency: currency.to_owned(),
            basis: due.clone(),
        })
        .collect()
}

impl Recomputed {
    fn stage(&self) -> Stage {
        let &Recomputed { episodes, markets, participants, .. } = self;
        Stage { episodes, markets, participants }
    }

    fn differ(&mut self, what: &str, why: String) {
        self.differences.push(Difference { what: what.to_owned(), why });
    }

    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, name: &str, is: &T, shall: &T) {
        if is != shall {
            self.differ(what, format!("{name}: {is:?} is stored, {shall:?} follows from the log"));
        }
    }

    fn reward(&mut self, what: &str, name: impl Display, is: Option<f64>, shall: Option<f64>) {
        if !same_reward(is, shall) {
            let name = format!("{name}: {is:?} is stored, {shall:?} follows from the log");
            self.differ(what, name);
        }
    }

    fn episode(&mut self, row: &EpisodeColumns, log: &[(i64, Event)], learnt: &[RolloutColumns]) {
        let what = format!("episode {}", EpisodeId(row.id));
        self.episodes += 1;
        self.events += log.len() as u64;
        let last = i64::try_from(log.len()).unwrap_or(i64::MAX);
        self.same(&what, "last event", &row.seq, &last);
        if !(1..).zip(log).all(|(shall, (seq, _))| shall == *seq) {
            self.differ(&what, "its events are not numbered from 1 without gaps".to_owned());
        }
        if row.status == "waiting" {
            return self.same(&what, "last event while it waits", &row.seq, &0);
        }
        let episode = match Episode::replay(log.iter().map(|(_, event)| event)) {
            Ok(episode) => episode,
            Err(why) => return self.differ(&what, format!("its events are no episode: {why}")),
        };
        let shall = Summary::of(&episode);
        self.same(&what, "status", &row.status.as_str(), &shall.status);
        self.same(&what, "moves", &row.moves, &shall.moves);
        self.same(&what, "last act", &row.last_act.as_ref().map(|act| act.0), &shall.last_act);
        self.same(&what, "next actor", &row.next_actor.as_deref(), &shall.next_actor);
        self.same(&what, "outcome", &row.outcome.as_ref().map(|it| it.0), &shall.outcome);
        self.same(&what, "ending", &row.outcome_kind.as_deref(), &shall.outcome_kind);
        self.same(&what, "price", &row.price_mills, &shall.price_mills);
        self.scores(&what, row, &episode);
        for rollout in learnt {
            self.rollout(&what, rollout, &episode);
        }
    }

    /// By the formula that the row names, which need not be today's.
    fn scores(&mut self, what: &str, row: &EpisodeColumns, episode: &Episode) {
        let stored = [(Role::Buyer, row.buyer_reward), (Role::Seller, row.seller_reward)];
        let Some(name) = &row.reward_name else {
            for (role, is) in stored {
                self.reward(what, format!("{}'s reward without a formula", role.name()), is, None);
            }
            return self.same(what, "formula of the reward", &false, &episode.table.is_over());
        };
        let version = row.reward_version.unwrap_or(0).cast_unsigned();
        let Some(spec) = RewardSpec::registered(name, version) else {
            let why = format!(
                "its reward is {name}, version {version}, which this program does not have"
            );
            return self.differ(what, why);
        };
        for (role, is) in stored {
            let shall = score(episode, role, &spec);
            self.rewards += u64::from(shall.is_some());
            self.reward(what, format!("{}'s reward", role.name()), is, shall);
        }
    }

    fn rollout(&mut self, what: &str, rollout: &RolloutColumns, episode: &Episode) {
        let spec = match serde_json::from_value::<RewardSpec>(rollout.spec.clone()) {
            Ok(spec) => spec,
            Err(why) => {
                return self.differ(what, format!("its run's reward cannot be read: {why}"));
            }
        };
        let Some(role) =
            [Role::Buyer, Role::Seller].into_iter().find(|role| role.name() == rollout.role)
        else {
            return self.differ(what, format!("{} is no role", rollout.role));
        };
        self.rollouts += 1;
        let name = format!("the {}'s reward that its run learnt from", role.name());
        self.reward(what, name, rollout.reward, score(episode, role, &spec));
    }
}

/// Whether two builds of the program computed the same reward.
pub fn same_reward(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= CLOSE,
        (one, other) => one == other,
    }
}
