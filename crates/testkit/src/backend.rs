//! A [`Backend`] in memory: real rules, no store, no clock. An agent answers within the call that
//! moves.

#![allow(clippy::result_large_err, reason = "`Backend` answers with `Problem`s as they are")]

mod models;
mod sitting;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use app::backend::{Account, ApiKeyInfo, Backend, Caller, EpisodeCounts, NewApiKey};
use async_trait::async_trait;
use rules::{Ending, Event, Interest, Millis, Mills, Outcome, PerRole, Protocol, Role, Scenario};
use uuid::Uuid;
use wire::{
    Code, Comparison, ComparisonRow, EpisodeHead, EpisodeId, EpisodePage, EpisodeQuery,
    EpisodeStatus, EpisodeSummary, Fork, IdempotencyKey, Joined, ModelCall, ModelCard, MoveAck,
    MoveRequest, NegotiatorCard, NegotiatorKind, NegotiatorName, NewEpisode, PaceCommand,
    PricePoint, Problem, ProductCard, ProductDetail, ProductId, ProductPage, ProductQuery, Reveal,
    Score, ScoreTerm, Seat, SeatRequest, VisitorId,
};

use crate::build::{product, scenario, usd};
use models::{call, known_model, models};
use sitting::Sitting;

/// The buyer's limit in each fake episode: an amount that stands nowhere else on a page.
pub const BUDGET: Mills = Mills(83_170);
/// The seller's limit in each fake episode.
pub const COST: Mills = Mills(51_430);
const LIST_PRICE: Mills = Mills(104_000);
const PAGE_SIZE: u32 = 24;
/// The time of all that happens.
const NOW_MS: i64 = 1_790_000_000_000;
/// What an invitation's link carries.
pub const TOKEN: &str = "fake-token";

/// See the module.
#[derive(Default)]
pub struct FakeBackend {
    sittings: Mutex<BTreeMap<EpisodeId, Sitting>>,
    /// Answers every call with `unavailable` while set.
    away: Mutex<bool>,
    products: u32,
}

impl FakeBackend {
    /// A market with that many products, named `souk.home-kitchen_1` and so on.
    pub fn new(products: u32) -> FakeBackend {
        FakeBackend { products, ..FakeBackend::default() }
    }

    pub fn set_away(&self, away: bool) {
        *self.away.lock().unwrap_or_else(PoisonError::into_inner) = away;
    }

    /// A caller without an account.
    pub fn visitor(n: u128) -> Caller {
        Caller { visitor: VisitorId(Uuid::from_u128(n)), researcher: None }
    }

    /// A signed-in researcher.
    pub fn researcher(n: u128) -> Caller {
        Caller { researcher: Some(wire::UserId(Uuid::from_u128(n))), ..FakeBackend::visitor(n) }
    }

    /// How many moves stand in an episode, whatever was sent how often.
    pub fn moves(&self, id: EpisodeId) -> usize {
        let sittings = self.sittings();
        let events = sittings.get(&id).map(|sitting| sitting.events.iter());
        events.into_iter().flatten().filter(|e| matches!(e, Event::Moved { .. })).count()
    }

    /// Ends an episode as if the negotiator on that seat had failed.
    pub fn fail(&self, id: EpisodeId, role: Role) {
        if let Some(sitting) = self.sittings().get_mut(&id) {
            let ending = rules::conclude(&sitting.episode(), Ending::EngineFailure);
            sitting.events.extend(ending.unwrap_or_default());
            sitting.failed = Some(role);
        }
    }

    fn sittings(&self) -> MutexGuard<'_, BTreeMap<EpisodeId, Sitting>> {
        self.sittings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_up(&self) -> Result<(), Problem> {
        if *self.away.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(Problem::new(
                Code::Unavailable,
                "The database is away. Try again shortly.",
            ));
        }
        Ok(())
    }

    fn with<T>(
        &self,
        id: EpisodeId,
        read: impl FnOnce(&mut Sitting) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        self.check_up()?;
        let mut sittings = self.sittings();
        let sitting = sittings.get_mut(&id);
        read(sitting.ok_or_else(|| Problem::new(Code::NotFound, "There is no such negotiation."))?)
    }

    fn card(n: u32) -> ProductCard {
        let item = product().codename(&format!("home-kitchen_{n}")).build();
        ProductCard {
            id: ProductId(format!("souk.{}", item.codename)),
            codename: item.codename,
            category: item.category,
            title: format!("{} no. {n}", item.title),
            list_price: LIST_PRICE,
            persona: "begging".into(),
            picture: format!("/pictures/souk.home-kitchen_{n}.svg"),
            negotiations: i64::from(n % 3),
        }
    }

    fn find(&self, id: &ProductId) -> Result<ProductCard, Problem> {
        let number = id.0.strip_prefix("souk.home-kitchen_").and_then(|n| n.parse().ok());
        number
            .filter(|n| (1..=self.products).contains(n))
            .map(FakeBackend::card)
            .ok_or_else(|| Problem::new(Code::NotFound, "There is no such stall."))
    }

    fn begin(&self, caller: Caller, new: NewEpisode) -> Result<EpisodeId, Problem> {
        let card = self.find(&new.product)?;
        let item = product().codename(&card.codename).title(&card.title).build();
        let mut scenario =
            scenario().product(item).list_price(LIST_PRICE).budget(BUDGET).cost(COST).build();
        scenario.listing.protocol = new.protocol.unwrap_or(Protocol::PAPER);
        scenario.listing.personas.seller = Some(new.seller_persona.unwrap_or(card.persona));
        let owners = new.seats.clone().map(|_, seat| match seat {
            SeatRequest::Me => Some(caller.visitor),
            _ => None,
        });
        let seats = new.seats.map(|_, seat| match seat {
            SeatRequest::Me => Seat::Person,
            SeatRequest::Invite => Seat::Open,
            SeatRequest::Negotiator { name } => Seat::Negotiator { title: title_of(&name.0), name },
        });
        // The key names the episode: the same intention finds the same one.
        let id = EpisodeId(new.key.0);
        let events = rules::open(&scenario, Millis(NOW_MS));
        let mut sitting = Sitting {
            scenario,
            product: card.id,
            seats,
            owners,
            events,
            taken: BTreeMap::new(),
            failed: None,
            forked_from: None,
        };
        sitting.let_agents_move();
        self.sittings().entry(id).or_insert(sitting);
        Ok(id)
    }
}

fn title_of(name: &str) -> String {
    negotiators()
        .into_iter()
        .find(|card| card.name.0 == name)
        .map_or_else(|| name.to_owned(), |card| card.title)
}

fn negotiators() -> Vec<NegotiatorCard> {
    let card = |name: &str, title: &str, summary: &str, kind| NegotiatorCard {
        name: NegotiatorName(name.into()),
        title: title.into(),
        summary: summary.into(),
        kind,
        roles: Role::BOTH.to_vec(),
    };
    vec![
        card("demo", "Demo model", "A small language model.", NegotiatorKind::Model),
        card("linear", "Steady", "Gives in by the same step each round.", NegotiatorKind::Scripted),
        card("boulware", "Late", "Gives in at the end.", NegotiatorKind::HeldOut),
    ]
}

fn score(role: Role, outcome: Outcome, scenario: &Scenario) -> Score {
    let span = (scenario.budget - scenario.cost).as_dollars_f64().abs();
    let gained = |price: Mills| match role {
        Role::Buyer => scenario.budget - price,
        Role::Seller => price - scenario.cost,
    };
    let value = match outcome {
        Outcome::Deal { price, .. } => (gained(price).as_dollars_f64() / span).clamp(-1.0, 1.0),
        _ => 0.0,
    };
    Score {
        reward: "paper".into(),
        version: 1,
        value: Some(value),
        formula: "clip((B - P) / |B - C|, -1, 1)".into(),
        filled: format!("= {value:.3}"),
        terms: vec![ScoreTerm {
            symbol: "B".into(),
            meaning: "the buyer's limit".into(),
            value: scenario.budget.to_string(),
        }],
    }
}

#[async_trait]
impl Backend for FakeBackend {
    async fn products(&self, query: ProductQuery) -> Result<ProductPage, Problem> {
        self.check_up()?;
        let fits = |card: &ProductCard| {
            let words = query.search.as_ref().map(|s| s.to_lowercase());
            words.is_none_or(|words| card.title.to_lowercase().contains(&words))
                && query.category.as_ref().is_none_or(|c| *c == card.category)
                && query.min_price.is_none_or(|min| card.list_price >= min)
                && query.max_price.is_none_or(|max| card.list_price <= max)
        };
        let all: Vec<_> = (1..=self.products).map(FakeBackend::card).filter(fits).collect();
        let total = all.len() as i64;
        let from = (query.page * PAGE_SIZE) as usize;
        Ok(ProductPage {
            items: all.into_iter().skip(from).take(PAGE_SIZE as usize).collect(),
            total,
            page: query.page,
            page_size: PAGE_SIZE,
            categories: vec![wire::CategoryCount { category: "home-kitchen".into(), count: total }],
        })
    }

    async fn product(&self, id: &ProductId) -> Result<ProductDetail, Problem> {
        self.check_up()?;
        let item = product().build();
        Ok(ProductDetail {
            card: self.find(id)?,
            description: item.description,
            features: item.features,
            history: (0..8)
                .map(|i| PricePoint {
                    day: 10 * (i - 7),
                    price: usd("99") + Mills(i64::from(i) * 700),
                })
                .collect(),
        })
    }

    async fn negotiators(&self) -> Result<Vec<NegotiatorCard>, Problem> {
        self.check_up()?;
        Ok(negotiators())
    }

    async fn start_episode(&self, caller: Caller, new: NewEpisode) -> Result<EpisodeId, Problem> {
        self.check_up()?;
        self.begin(caller, new)
    }

    async fn join_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        token: &str,
    ) -> Result<Joined, Problem> {
        self.with(id, |sitting| {
            let open = Role::BOTH.into_iter().find(|r| *sitting.seats.get(*r) == Seat::Open);
            let Some(role) = open.filter(|_| token == TOKEN) else {
                return Err(Problem::new(Code::Conflict, "This seat is taken."));
            };
            *sitting.seats.get_mut(role) = Seat::Person;
            *sitting.owners.get_mut(role) = Some(caller.visitor);
            Ok(Joined { episode: id, role })
        })
    }

    async fn episode(&self, caller: Caller, id: EpisodeId) -> Result<EpisodePage, Problem> {
        let product = self.with(id, |sitting| Ok(sitting.product.clone()))?;
        let product = self.find(&product)?;
        self.with(id, |sitting| {
            let waiting = sitting.status() == EpisodeStatus::Waiting;
            let seated = sitting.role_of(caller).is_some();
            let head = EpisodeHead {
                id,
                status: sitting.status(),
                product,
                seats: sitting.seats.clone(),
                viewer: sitting.viewer(caller),
                created_ms: NOW_MS,
                invite: (waiting && seated).then(|| format!("/join/{id}/{TOKEN}")),
                pace: None,
                may_pace: false,
                failure: sitting.failure(sitting.role_of(caller)),
                forked_from: sitting.forked_from,
            };
            let events = sitting.shown(id, caller, 0, usize::MAX);
            Ok(EpisodePage { head, events })
        })
    }

    async fn episodes(
        &self,
        caller: Caller,
        query: EpisodeQuery,
    ) -> Result<Vec<EpisodeSummary>, Problem> {
        self.check_up()?;
        let sittings = self.sittings();
        let fits = |sitting: &Sitting| {
            query.product.as_ref().is_none_or(|id| *id == sitting.product)
                && (!query.live || sitting.outcome().is_none())
                && (!query.mine || sitting.role_of(caller).is_some())
        };
        let summary = |(id, sitting): (&EpisodeId, &Sitting)| {
            let table = sitting.episode().table;
            EpisodeSummary {
                id: *id,
                product: sitting.product.clone(),
                title: table.listing.product.title.clone(),
                picture: format!("/pictures/{}.svg", sitting.product),
                seats: sitting.seats.clone(),
                status: sitting.status(),
                outcome: table.outcome,
                moves: table.turns.len() as u32,
                last_act: table.turns.last().map(|turn| turn.act),
                created_ms: NOW_MS,
                failure: sitting.failure(sitting.role_of(caller)),
            }
        };
        let limit = query.limit.unwrap_or(20) as usize;
        Ok(sittings.iter().rev().filter(|(_, s)| fits(s)).take(limit).map(summary).collect())
    }

    async fn play_move(
        &self,
        caller: Caller,
        id: EpisodeId,
        request: MoveRequest,
    ) -> Result<MoveAck, Problem> {
        self.with(id, |sitting| {
            let Some(role) = sitting.role_of(caller) else {
                return Err(Problem::new(Code::Forbidden, "You do not sit in this negotiation."));
            };
            let known = sitting.taken.get(&request.key.0).copied();
            let (from, to) = match known {
                Some(range) => range,
                None => sitting.play(role, request.mv)?,
            };
            sitting.taken.insert(request.key.0, (from, to));
            let events = sitting.shown(id, caller, from, to);
            Ok(MoveAck { events, repeated: known.is_some() })
        })
    }

    async fn set_typing(&self, _: Caller, _: EpisodeId, _: bool) -> Result<(), Problem> {
        self.check_up()
    }

    async fn set_pace(&self, _: Caller, _: EpisodeId, _: PaceCommand) -> Result<(), Problem> {
        self.check_up()
    }

    async fn reveal(&self, _: Caller, id: EpisodeId) -> Result<Option<Reveal>, Problem> {
        self.with(id, |sitting| {
            let Some(outcome) = sitting.outcome().filter(|outcome| outcome.may_reveal()) else {
                return Ok(None);
            };
            let scenario = &sitting.scenario;
            let (budget, cost) = (scenario.budget, scenario.cost);
            let price = match outcome {
                Outcome::Deal { price, .. } => Some(price),
                _ => None,
            };
            let surplus = price.map_or(PerRole::default(), |price| PerRole {
                buyer: budget - price,
                seller: price - cost,
            });
            let position = price.filter(|_| scenario.interest() == Interest::Mutual);
            Ok(Some(Reveal {
                budget,
                cost,
                outcome,
                surplus,
                position: position.map(|price| {
                    (price - cost).as_dollars_f64() / (budget - cost).as_dollars_f64()
                }),
                scores: PerRole { buyer: Role::Buyer, seller: Role::Seller }
                    .map(|role, _| score(role, outcome, scenario)),
                comparison: Comparison {
                    rows: vec![ComparisonRow {
                        label: "People".into(),
                        role: Role::Buyer,
                        episodes: 4,
                        deals: 3,
                        mean_reward: 0.42,
                        mean_price: Some(usd("66")),
                    }],
                },
            }))
        })
    }

    async fn rematch(
        &self,
        caller: Caller,
        id: EpisodeId,
        role: Role,
        key: IdempotencyKey,
    ) -> Result<EpisodeId, Problem> {
        let (product, across) = self.with(id, |sitting| {
            let own = sitting.role_of(caller).unwrap_or(Role::Buyer);
            Ok((sitting.product.clone(), sitting.seats.get(own.other()).clone()))
        })?;
        let across = match across {
            Seat::Negotiator { name, .. } => SeatRequest::Negotiator { name },
            Seat::Person | Seat::Open => SeatRequest::Invite,
        };
        let seats = PerRole { buyer: (), seller: () }
            .map(|seat, ()| if seat == role { SeatRequest::Me } else { across.clone() });
        let (protocol, seller_persona, seed, pace) = (None, None, None, None);
        self.begin(caller, NewEpisode { product, seats, protocol, seller_persona, seed, pace, key })
    }

    async fn stand_in(
        &self,
        caller: Caller,
        id: EpisodeId,
        key: IdempotencyKey,
    ) -> Result<EpisodeId, Problem> {
        let mut fork = self.with(id, |sitting| {
            let own = sitting.role_of(caller);
            let failed = sitting.failed.filter(|role| own == Some(role.other()));
            let Some(role) = failed else {
                return Err(Problem::named(Code::Conflict, "nothing_failed", "Nothing failed."));
            };
            let so_far = sitting.events.iter().take_while(|e| !matches!(e, Event::Ended { .. }));
            let events: Vec<Event> = so_far.cloned().collect();
            let mut seats = sitting.seats.clone();
            let name = NegotiatorName("linear".into());
            *seats.get_mut(role) = Seat::Negotiator { title: title_of(&name.0), name };
            Ok(Sitting {
                scenario: sitting.scenario.clone(),
                product: sitting.product.clone(),
                seats,
                owners: sitting.owners,
                forked_from: Some(Fork { episode: id, seq: events.len() as i64 }),
                events,
                taken: BTreeMap::new(),
                failed: None,
            })
        })?;
        fork.let_agents_move();
        let id = EpisodeId(key.0);
        self.sittings().entry(id).or_insert(fork);
        Ok(id)
    }

    async fn models(&self, caller: Caller) -> Result<Vec<ModelCard>, Problem> {
        self.check_up()?;
        Ok(models(caller.researcher.is_some()))
    }

    async fn account(&self, caller: Caller) -> Result<Option<Account>, Problem> {
        let account = Account { email: "ada@example.org".into(), has_password: false };
        Ok(caller.researcher.map(|_| account))
    }

    async fn episode_counts(&self, _: Caller) -> Result<EpisodeCounts, Problem> {
        let total = self.sittings().len() as i64;
        Ok(EpisodeCounts { total, ..EpisodeCounts::default() })
    }

    async fn api_keys(&self, _: Caller) -> Result<Vec<ApiKeyInfo>, Problem> {
        Ok(vec![key_info("notebook")])
    }

    async fn create_api_key(&self, _: Caller, label: &str) -> Result<NewApiKey, Problem> {
        Ok(NewApiKey { info: key_info(label), secret: "souk_fake_secret".into() })
    }

    async fn revoke_api_key(&self, _: Caller, _: Uuid) -> Result<(), Problem> {
        self.check_up()
    }

    async fn load_model(&self, caller: Caller, name: &str) -> Result<(), Problem> {
        known_model(caller, name).map(|_| ())
    }

    async fn unload_model(&self, caller: Caller, name: &str) -> Result<(), Problem> {
        match known_model(caller, name)?.in_flight {
            0 => Ok(()),
            _ => Err(Problem::named(Code::Conflict, "model_in_use", "The model answers somebody.")),
        }
    }

    async fn model_calls(&self, caller: Caller, id: EpisodeId) -> Result<Vec<ModelCall>, Problem> {
        if caller.researcher.is_none() {
            return Err(Problem::new(Code::Unauthorized, "Sign in as a researcher first."));
        }
        self.with(id, |sitting| {
            let turns = sitting.episode().table.turns;
            let seated = |role| matches!(sitting.seats.get(role), Seat::Negotiator { .. });
            let of_models = turns.iter().enumerate().filter(|(_, turn)| seated(turn.by));
            Ok(of_models.map(|(at, turn)| call(at as u32, turn.by, &turn.talk)).collect())
        })
    }
}

fn key_info(label: &str) -> ApiKeyInfo {
    ApiKeyInfo {
        id: Uuid::from_u128(7),
        label: label.to_owned(),
        prefix: "souk_fak".into(),
        created_ms: NOW_MS,
        last_used_ms: None,
    }
}
