//! A [`Backend`] in memory: real rules, no store, no clock. An agent answers within the call that
//! moves.

#![allow(clippy::result_large_err, reason = "`Backend` answers with `Problem`s as they are")]

mod cards;
mod markets;
mod models;
mod report;
mod research;
mod sitting;
mod studies;
mod suites;
mod training;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use app::backend::{Account, ApiKeyInfo, Backend, Caller, EpisodeCounts, NewApiKey};
use app::market_desk::{MarketWanted, MarketsPage, SharesPage};
use app::study_desk::{
    ParticipantCommand, ParticipantPage, PaymentsWanted, StudyCommand, StudyPage, StudyResults,
};
use async_trait::async_trait;
use rules::{Ending, Event, Millis, Mills, PerRole, Protocol, Role};
use study::desk::StudyHead;
use uuid::Uuid;
use wire::{
    CheckpointCard, CheckpointId, Code, CounterfactualId, CounterfactualPage, Dossier, EpisodeHead,
    EpisodeHits, EpisodeId, EpisodePage, EpisodeQuery, EpisodeSample, EpisodeSearch, EpisodeStatus,
    EpisodeSummary, Fork, GroupCard, IdempotencyKey, Joined, LadderId, LadderPage, ModelCall,
    ModelCard, MoveAck, MoveRequest, NegotiatorCard, NegotiatorName, NewCounterfactual, NewEpisode,
    NewLadder, NewRun, NewSuite, PaceCommand, PairPage, PairQuery, ParticipantId, PlanCard,
    PresetCard, PricePoint, Problem, ProductCard, ProductDetail, ProductId, ProductPage,
    ProductQuery, Rating, Reveal, Rollout, RolloutHit, RunCommand, RunHead, RunId, RunLogLine,
    RunPage, RunReport, ScaleAgreement, Seat, SeatRequest, Series, StudyId, SuiteEstimate,
    SuiteHead, SuiteId, SuitePage, VisitorId,
};

use crate::build::{product, scenario, usd};
use cards::{key_info, negotiators, reveal, title_of};
use models::{call, known_model, models};
use sitting::Sitting;
use training::researcher;

use research::Noted;
pub use research::{COUNTERFACTUAL, LADDER, PRIVATE_LADDER};
pub use studies::STUDY;
pub use suites::{MEASURED, MEASURING};
pub use training::{DONE, FAILED, PAUSED, QUEUED, RUNNING};

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
    /// No run was ever started, while set.
    untrained: Mutex<bool>,
    noted: Mutex<BTreeMap<EpisodeId, Noted>>,
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

    pub fn set_untrained(&self, untrained: bool) {
        *self.untrained.lock().unwrap_or_else(PoisonError::into_inner) = untrained;
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

    fn noted(&self) -> MutexGuard<'_, BTreeMap<EpisodeId, Noted>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sittings(&self) -> MutexGuard<'_, BTreeMap<EpisodeId, Sitting>> {
        self.sittings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_up(&self) -> Result<(), Problem> {
        if *self.away.lock().unwrap_or_else(PoisonError::into_inner) {
            let detail = "The database is away. Try again shortly.";
            return Err(Problem::new(Code::Unavailable, detail));
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
        let limit = query.limit.unwrap_or(20) as usize;
        Ok(sittings
            .iter()
            .rev()
            .filter(|(_, s)| fits(s))
            .take(limit)
            .map(|(id, s)| s.summary(*id, caller))
            .collect())
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
            Ok(sitting.outcome().filter(|o| o.may_reveal()).map(|o| reveal(o, &sitting.scenario)))
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

    async fn find_episodes(
        &self,
        caller: Caller,
        search: EpisodeSearch,
    ) -> Result<EpisodeHits, Problem> {
        self.check_up()?;
        researcher(caller)?;
        Ok(research::hits(&self.sittings(), &self.noted(), caller, &search))
    }

    async fn dossier(&self, caller: Caller, id: EpisodeId) -> Result<Dossier, Problem> {
        researcher(caller)?;
        let page = self.episode(caller, id).await?;
        let reveal = self.reveal(caller, id).await?;
        let calls = self.model_calls(caller, id).await?;
        let noted = self.noted().get(&id).cloned().unwrap_or_default();
        Ok(research::dossier(page, reveal, calls, noted))
    }

    async fn tags(&self, caller: Caller) -> Result<Vec<String>, Problem> {
        researcher(caller)?;
        let noted = self.noted();
        let tags: BTreeSet<String> = noted.values().flat_map(|n| n.tags.clone()).collect();
        Ok(tags.into_iter().collect())
    }

    async fn tag_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        tag: &str,
        there: bool,
    ) -> Result<(), Problem> {
        researcher(caller)?;
        self.noted().entry(id).or_default().tag(tag, there);
        Ok(())
    }

    async fn rate_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        rating: Rating,
    ) -> Result<(), Problem> {
        researcher(caller)?;
        self.noted().entry(id).or_default().rate(rating);
        Ok(())
    }

    async fn unrate_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        scale: &str,
    ) -> Result<(), Problem> {
        researcher(caller)?;
        let mut noted = self.noted();
        noted.entry(id).or_default().ratings.retain(|rating| rating.scale != scale);
        Ok(())
    }

    async fn episode_sample(
        &self,
        caller: Caller,
        search: EpisodeSearch,
    ) -> Result<EpisodeSample, Problem> {
        researcher(caller)?;
        Ok(research::sample(research::hits(&self.sittings(), &self.noted(), caller, &search)))
    }

    async fn compare(
        &self,
        caller: Caller,
        query: PairQuery,
        search: EpisodeSearch,
    ) -> Result<PairPage, Problem> {
        let _ = search;
        researcher(caller).map(|()| research::pair(&query))
    }

    async fn new_counterfactual(
        &self,
        caller: Caller,
        id: EpisodeId,
        new: NewCounterfactual,
    ) -> Result<CounterfactualId, Problem> {
        researcher(caller)?;
        self.with(id, |_| Ok(()))?;
        if new.rollouts > 500 {
            let detail = "Rollouts are 1 to 500.";
            return Err(Problem::named(Code::Unprocessable, "counterfactual", detail));
        }
        Ok(research::COUNTERFACTUAL)
    }

    async fn counterfactual(
        &self,
        caller: Caller,
        id: CounterfactualId,
    ) -> Result<CounterfactualPage, Problem> {
        researcher(caller)?;
        let found = (id == research::COUNTERFACTUAL).then(research::counterfactual);
        found.ok_or_else(|| Problem::new(Code::NotFound, "There is no such counterfactual."))
    }

    async fn resume_counterfactual(
        &self,
        caller: Caller,
        id: CounterfactualId,
    ) -> Result<(), Problem> {
        let _ = id;
        researcher(caller)
    }

    async fn ladders(&self, caller: Caller) -> Result<Vec<LadderPage>, Problem> {
        self.check_up()?;
        researcher(caller)?;
        Ok(research::ladders())
    }

    async fn ladder(&self, caller: Caller, id: LadderId) -> Result<LadderPage, Problem> {
        let found = research::ladders().into_iter().find(|ladder| ladder.id == id);
        let found = found.filter(|ladder| ladder.public || caller.researcher.is_some());
        found.ok_or_else(|| Problem::new(Code::NotFound, "There is no such ladder."))
    }

    async fn new_ladder(&self, caller: Caller, new: NewLadder) -> Result<LadderId, Problem> {
        let _ = new;
        researcher(caller).map(|()| research::LADDER)
    }

    async fn refresh_ladder(&self, caller: Caller, id: LadderId) -> Result<(), Problem> {
        let _ = id;
        researcher(caller)
    }

    async fn publish_ladder(
        &self,
        caller: Caller,
        id: LadderId,
        public: bool,
    ) -> Result<(), Problem> {
        let _ = (id, public);
        researcher(caller)
    }

    async fn delete_ladder(&self, caller: Caller, id: LadderId) -> Result<(), Problem> {
        let _ = id;
        researcher(caller)
    }

    async fn rating_agreement(&self, caller: Caller) -> Result<Vec<ScaleAgreement>, Problem> {
        researcher(caller)?;
        Ok(vec![research::agreement()])
    }

    async fn suite_plans(&self, caller: Caller) -> Result<Vec<PlanCard>, Problem> {
        researcher(caller).map(|()| suites::plans())
    }

    async fn suites(&self, caller: Caller) -> Result<Vec<SuiteHead>, Problem> {
        self.check_up()?;
        researcher(caller)?;
        let untrained = *self.untrained.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(if untrained { Vec::new() } else { suites::heads() })
    }

    async fn suite(&self, caller: Caller, id: SuiteId) -> Result<SuitePage, Problem> {
        self.check_up()?;
        researcher(caller).and_then(|()| suites::page(id))
    }

    async fn estimate_suite(&self, caller: Caller, _: NewSuite) -> Result<SuiteEstimate, Problem> {
        researcher(caller).map(|()| suites::estimate())
    }

    async fn start_suite(&self, caller: Caller, new: NewSuite) -> Result<SuiteId, Problem> {
        researcher(caller).and_then(|()| suites::start(&new))
    }

    async fn command_suite(
        &self,
        caller: Caller,
        id: SuiteId,
        _: RunCommand,
    ) -> Result<SuiteHead, Problem> {
        researcher(caller).and_then(|()| suites::page(id)).map(|page| page.head)
    }

    async fn train_presets(&self, caller: Caller) -> Result<Vec<PresetCard>, Problem> {
        researcher(caller).map(|()| training::presets())
    }

    async fn runs(&self, caller: Caller) -> Result<Vec<RunHead>, Problem> {
        self.check_up()?;
        researcher(caller)?;
        let untrained = *self.untrained.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(if untrained { Vec::new() } else { training::runs() })
    }

    async fn run(&self, caller: Caller, id: RunId) -> Result<RunPage, Problem> {
        self.check_up()?;
        researcher(caller).and_then(|()| training::run(id))
    }

    async fn start_run(&self, caller: Caller, new: NewRun) -> Result<RunId, Problem> {
        researcher(caller).and_then(|()| training::start(&new))
    }

    async fn command_run(
        &self,
        caller: Caller,
        id: RunId,
        command: RunCommand,
    ) -> Result<RunHead, Problem> {
        researcher(caller).and_then(|()| training::command(id, command))
    }

    async fn run_series(&self, caller: Caller, id: RunId, after: u32) -> Result<Series, Problem> {
        researcher(caller).and_then(|()| training::series(id, after))
    }

    async fn run_log(&self, caller: Caller, _: RunId) -> Result<Vec<RunLogLine>, Problem> {
        self.check_up()?;
        researcher(caller)?;
        let line = |at: i64, line: &str| RunLogLine { at, line: line.to_owned() };
        Ok(vec![
            line(NOW_MS + 1_000, "A worker of this machine begins it."),
            line(NOW_MS + 62_000, "<b>iteration 1</b> took 61.0 s"),
        ])
    }

    async fn run_report(&self, caller: Caller, id: RunId) -> Result<RunReport, Problem> {
        self.check_up()?;
        researcher(caller).and_then(|()| report::report(id))
    }

    async fn run_groups(
        &self,
        caller: Caller,
        id: RunId,
        iteration: u32,
    ) -> Result<Vec<GroupCard>, Problem> {
        researcher(caller).and_then(|()| training::groups(id, iteration))
    }

    async fn run_rollouts(
        &self,
        caller: Caller,
        id: RunId,
        iteration: u32,
        group: u32,
    ) -> Result<Vec<Rollout>, Problem> {
        researcher(caller).and_then(|()| training::rollouts(id, iteration, group))
    }

    async fn search_rollouts(
        &self,
        caller: Caller,
        id: RunId,
        text: &str,
    ) -> Result<Vec<RolloutHit>, Problem> {
        researcher(caller).and_then(|()| training::search(id, text))
    }

    async fn rollouts_of_product(
        &self,
        caller: Caller,
        id: RunId,
        product: &str,
    ) -> Result<Vec<GroupCard>, Problem> {
        researcher(caller).and_then(|()| training::of_product(id, product))
    }

    async fn publish_checkpoint(
        &self,
        caller: Caller,
        id: CheckpointId,
    ) -> Result<CheckpointCard, Problem> {
        researcher(caller).and_then(|()| training::publish(id))
    }

    async fn studies(&self, caller: Caller) -> Result<Vec<StudyHead>, Problem> {
        researcher(caller).map(|()| vec![studies::page().card])
    }

    async fn study(&self, caller: Caller, id: StudyId) -> Result<StudyPage, Problem> {
        researcher(caller)?;
        let found = Some(studies::page()).filter(|page| page.card.id == id);
        found.ok_or_else(|| Problem::new(Code::NotFound, "There is no such study."))
    }

    async fn study_results(&self, caller: Caller, _: StudyId) -> Result<StudyResults, Problem> {
        researcher(caller).map(|()| studies::came_out())
    }

    async fn new_study(
        &self,
        caller: Caller,
        _: &str,
        _: Option<StudyId>,
    ) -> Result<StudyId, Problem> {
        researcher(caller).map(|()| studies::page().card.id)
    }

    async fn write_study(
        &self,
        caller: Caller,
        _: StudyId,
        _: &str,
        _: &str,
    ) -> Result<(), Problem> {
        researcher(caller)
    }

    async fn command_study(
        &self,
        caller: Caller,
        _: StudyId,
        _: StudyCommand,
    ) -> Result<(), Problem> {
        researcher(caller)
    }

    async fn command_participant(
        &self,
        caller: Caller,
        _: StudyId,
        _: ParticipantId,
        _: ParticipantCommand,
    ) -> Result<(), Problem> {
        researcher(caller)
    }

    async fn markets(&self, caller: Caller, wanted: MarketWanted) -> Result<MarketsPage, Problem> {
        researcher(caller)?;
        Ok(markets::page(&wanted))
    }

    async fn market_shares(&self, caller: Caller, id: Option<Uuid>) -> Result<SharesPage, Problem> {
        researcher(caller)?;
        Ok(markets::shares(id))
    }

    async fn study_participant(
        &self,
        caller: Caller,
        _: StudyId,
        participant: ParticipantId,
    ) -> Result<ParticipantPage, Problem> {
        researcher(caller)?;
        studies::participant_page(participant)
            .ok_or_else(|| Problem::new(Code::NotFound, "There is no such participant."))
    }

    async fn study_payments(
        &self,
        caller: Caller,
        _: StudyId,
        _: PaymentsWanted,
    ) -> Result<String, Problem> {
        researcher(caller).map(|()| String::new())
    }
}
