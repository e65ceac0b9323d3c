//! What the pages, the API and the live feeds ask: the store, the rules and the negotiators
//! together, for one caller at a time.

mod account;
mod counterfactuals;
mod failure;
mod ladders;
mod market;
mod markets;
mod models;
mod play;
mod refusal;
mod research;
mod seats;
mod show;
mod start;
mod studies;
mod suites;
mod training;

use std::path::PathBuf;
use std::time::Duration;

use app::backend::{Account, ApiKeyInfo, Backend, Caller, EpisodeCounts, NewApiKey};
use app::market_desk::{MarketWanted, MarketsPage, SharesPage};
use app::study_desk::{
    ParticipantCommand, ParticipantPage, PaymentsWanted, StudyCommand, StudyPage, StudyResults,
};
use async_trait::async_trait;
use rules::{Audience, Role};
use store::{EpisodeRow, Store, StoreError};
use study::desk::StudyHead;
use uuid::Uuid;
use wire::{
    CheckpointCard, CheckpointId, CounterfactualId, CounterfactualPage, Dossier, EpisodeHits,
    EpisodeId, EpisodePage, EpisodeQuery, EpisodeSample, EpisodeSearch, EpisodeSummary, GroupCard,
    IdempotencyKey, Joined, LadderId, LadderPage, ModelCall, ModelCard, MoveAck, MoveRequest,
    NegotiatorCard, NewCounterfactual, NewEpisode, NewLadder, NewRun, NewSuite, PaceCommand,
    PairPage, PairQuery, ParticipantId, PlanCard, PresetCard, Problem, ProductDetail, ProductId,
    ProductPage, ProductQuery, Rating, Reveal, Rollout, RolloutHit, RunCommand, RunHead, RunId,
    RunLogLine, RunPage, RunReport, ScaleAgreement, Series, StudyId, SuiteEstimate, SuiteHead,
    SuiteId, SuitePage,
};

use crate::auth::Scope;
use crate::config::RaySettings;
use crate::driver::Driver;
use crate::live::{Health, Hub};
use crate::markets::Halls;
use crate::roster::Roster;

pub use account::KeyOrder;
pub use counterfactuals::CODES as COUNTERFACTUAL_CODES;
#[cfg(feature = "engine")]
pub use failure::sentence as failure_sentence;
pub use ladders::CODES as LADDER_CODES;
pub use market::PersonaCard;
pub use play::rule_codes;
pub use refusal::{BACKEND_CODES, away, refusal};
pub use research::CODES as RESEARCH_CODES;
pub use seats::CODES as SEAT_CODES;
pub use studies::CODES as STUDY_CODES;
pub use suites::CODES as SUITE_CODES;
pub use training::{CODES as TRAINING_CODES, sentence};

/// Whether a caller may make moves that cost it the game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A person in a browser: an offer beyond the own limit is refused as a slip.
    Protected,
    /// A program: the rules judge it as they judge a model, and such an offer ends the episode as a
    /// budget violation.
    Judged,
}

/// The implementation of [`Backend`].
pub struct Souk {
    pub(crate) store: Store,
    pub(crate) hub: Hub,
    pub(crate) driver: Driver,
    pub(crate) roster: Roster,
    pub(crate) halls: Halls,
    pub(crate) health: Health,
    pub(crate) house: House,
}

/// What the settings say of the backend.
pub struct House {
    /// From which invitations' tokens are made.
    pub invite_secret: [u8; 32],
    pub partner_away: Duration,
    /// The data folder, below which checkpoints lie.
    pub data: PathBuf,
    /// The cluster that runs may be given to.
    pub ray: Option<RaySettings>,
}

impl Souk {
    pub fn new(
        store: Store,
        hub: Hub,
        driver: Driver,
        roster: Roster,
        health: Health,
        house: House,
    ) -> Souk {
        let halls = Halls::new(store.clone(), roster.clone());
        Souk { store, hub, driver, roster, halls, health, house }
    }

    /// An episode's row, unless the store is known to be away. Those of a study are there for researchers and who sits
    /// at them alone.
    pub(crate) async fn row(&self, caller: Caller, id: EpisodeId) -> Result<EpisodeRow, Problem> {
        self.health.check()?;
        let row = self.store.episode_find(id).await.map_err(refusal)?;
        if row.study.is_some() && audience(&row, caller) == Audience::Spectator {
            return Err(refusal(StoreError::NotFound("negotiation")));
        }
        Ok(row)
    }
}

/// What a caller may see of an episode. Who sits at the table sees what that seat sees, also a
/// researcher: nobody plays with both hands open.
pub(crate) fn audience(row: &EpisodeRow, caller: Caller) -> Audience {
    match (row.role_of(caller.visitor), caller.researcher) {
        (Some(role), _) => Audience::Seat(role),
        (None, Some(_)) => Audience::Researcher,
        (None, None) => Audience::Spectator,
    }
}

#[async_trait]
impl Backend for Souk {
    async fn products(&self, query: ProductQuery) -> Result<ProductPage, Problem> {
        self.product_page(query).await
    }

    async fn product(&self, id: &ProductId) -> Result<ProductDetail, Problem> {
        self.product_detail(id).await
    }

    async fn negotiators(&self) -> Result<Vec<NegotiatorCard>, Problem> {
        Ok(self.roster.cards())
    }

    async fn start_episode(&self, caller: Caller, new: NewEpisode) -> Result<EpisodeId, Problem> {
        self.start(caller, new).await
    }

    async fn join_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        token: &str,
    ) -> Result<Joined, Problem> {
        self.join(caller, id, token).await
    }

    async fn episode(&self, caller: Caller, id: EpisodeId) -> Result<EpisodePage, Problem> {
        self.page(caller, id).await
    }

    async fn episodes(
        &self,
        caller: Caller,
        query: EpisodeQuery,
    ) -> Result<Vec<EpisodeSummary>, Problem> {
        self.summaries(caller, query).await
    }

    async fn play_move(
        &self,
        caller: Caller,
        id: EpisodeId,
        request: MoveRequest,
    ) -> Result<MoveAck, Problem> {
        self.play(caller, Guard::Protected, id, request).await
    }

    async fn set_typing(&self, caller: Caller, id: EpisodeId, typing: bool) -> Result<(), Problem> {
        self.typing(caller, id, typing).await
    }

    async fn set_pace(
        &self,
        caller: Caller,
        id: EpisodeId,
        command: PaceCommand,
    ) -> Result<(), Problem> {
        self.pace(caller, id, command).await
    }

    async fn reveal(&self, caller: Caller, id: EpisodeId) -> Result<Option<Reveal>, Problem> {
        self.revealed(caller, id).await
    }

    async fn rematch(
        &self,
        caller: Caller,
        id: EpisodeId,
        role: Role,
        key: IdempotencyKey,
    ) -> Result<EpisodeId, Problem> {
        self.again(caller, id, role, key).await
    }

    async fn stand_in(
        &self,
        caller: Caller,
        id: EpisodeId,
        key: IdempotencyKey,
    ) -> Result<EpisodeId, Problem> {
        self.go_on(caller, id, key).await
    }

    async fn models(&self, caller: Caller) -> Result<Vec<ModelCard>, Problem> {
        Ok(self.roster.model_cards(caller.researcher.is_some()))
    }

    async fn account(&self, caller: Caller) -> Result<Option<Account>, Problem> {
        self.own_account(caller).await
    }

    async fn episode_counts(&self, caller: Caller) -> Result<EpisodeCounts, Problem> {
        self.counts(caller).await
    }

    async fn api_keys(&self, caller: Caller) -> Result<Vec<ApiKeyInfo>, Problem> {
        self.keys(caller).await
    }

    async fn create_api_key(&self, caller: Caller, label: &str) -> Result<NewApiKey, Problem> {
        let order = KeyOrder {
            label: label.to_owned(),
            scopes: vec![Scope::Play, Scope::Read],
            days: None,
        };
        self.new_key(caller, order).await
    }

    async fn revoke_api_key(&self, caller: Caller, id: Uuid) -> Result<(), Problem> {
        self.revoke_key(caller, id).await
    }

    async fn load_model(&self, caller: Caller, name: &str) -> Result<(), Problem> {
        self.load(caller, name).await
    }

    async fn unload_model(&self, caller: Caller, name: &str) -> Result<(), Problem> {
        self.unload(caller, name).await
    }

    async fn model_calls(&self, caller: Caller, id: EpisodeId) -> Result<Vec<ModelCall>, Problem> {
        self.calls(caller, id).await
    }

    async fn train_presets(&self, caller: Caller) -> Result<Vec<PresetCard>, Problem> {
        self.presets(caller).await
    }

    async fn runs(&self, caller: Caller) -> Result<Vec<RunHead>, Problem> {
        self.all_runs(caller).await
    }

    async fn run(&self, caller: Caller, id: RunId) -> Result<RunPage, Problem> {
        self.run_page(caller, id).await
    }

    async fn start_run(&self, caller: Caller, new: NewRun) -> Result<RunId, Problem> {
        self.new_run(caller, new).await
    }

    async fn command_run(
        &self,
        caller: Caller,
        id: RunId,
        command: RunCommand,
    ) -> Result<RunHead, Problem> {
        self.ask_run(caller, id, command).await
    }

    async fn run_series(&self, caller: Caller, id: RunId, after: u32) -> Result<Series, Problem> {
        self.series_of(caller, id, after).await
    }

    async fn run_log(&self, caller: Caller, id: RunId) -> Result<Vec<RunLogLine>, Problem> {
        self.log_of(caller, id).await
    }

    async fn run_report(&self, caller: Caller, id: RunId) -> Result<RunReport, Problem> {
        self.report_of(caller, id).await
    }

    async fn run_groups(
        &self,
        caller: Caller,
        id: RunId,
        iteration: u32,
    ) -> Result<Vec<GroupCard>, Problem> {
        self.groups_of(caller, id, Some(iteration), None).await
    }

    async fn run_rollouts(
        &self,
        caller: Caller,
        id: RunId,
        iteration: u32,
        group: u32,
    ) -> Result<Vec<Rollout>, Problem> {
        self.rollouts_of(caller, id, iteration, group).await
    }

    async fn search_rollouts(
        &self,
        caller: Caller,
        id: RunId,
        text: &str,
    ) -> Result<Vec<RolloutHit>, Problem> {
        self.found_rollouts(caller, id, text).await
    }

    async fn rollouts_of_product(
        &self,
        caller: Caller,
        id: RunId,
        product: &str,
    ) -> Result<Vec<GroupCard>, Problem> {
        self.groups_of(caller, id, None, Some(product)).await
    }

    async fn publish_checkpoint(
        &self,
        caller: Caller,
        id: CheckpointId,
    ) -> Result<CheckpointCard, Problem> {
        self.publish(caller, id).await
    }

    async fn find_episodes(
        &self,
        caller: Caller,
        search: EpisodeSearch,
    ) -> Result<EpisodeHits, Problem> {
        self.found(caller, search).await
    }

    async fn dossier(&self, caller: Caller, id: EpisodeId) -> Result<Dossier, Problem> {
        self.dossier_of(caller, id).await
    }

    async fn tags(&self, caller: Caller) -> Result<Vec<String>, Problem> {
        self.all_tags(caller).await
    }

    async fn tag_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        tag: &str,
        there: bool,
    ) -> Result<(), Problem> {
        self.set_tag(caller, id, tag, there).await
    }

    async fn rate_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        rating: Rating,
    ) -> Result<(), Problem> {
        self.set_rating(caller, id, rating).await
    }

    async fn unrate_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        scale: &str,
    ) -> Result<(), Problem> {
        self.drop_rating(caller, id, scale).await
    }

    async fn episode_sample(
        &self,
        caller: Caller,
        search: EpisodeSearch,
    ) -> Result<EpisodeSample, Problem> {
        self.sampled(caller, search).await
    }

    async fn compare(
        &self,
        caller: Caller,
        query: PairQuery,
        search: EpisodeSearch,
    ) -> Result<PairPage, Problem> {
        self.compared(caller, query, search).await
    }

    async fn new_counterfactual(
        &self,
        caller: Caller,
        id: EpisodeId,
        new: NewCounterfactual,
    ) -> Result<CounterfactualId, Problem> {
        self.what_if(caller, id, new).await
    }

    async fn counterfactual(
        &self,
        caller: Caller,
        id: CounterfactualId,
    ) -> Result<CounterfactualPage, Problem> {
        self.what_if_page(caller, id).await
    }

    async fn resume_counterfactual(
        &self,
        caller: Caller,
        id: CounterfactualId,
    ) -> Result<(), Problem> {
        self.what_if_again(caller, id).await
    }

    async fn ladders(&self, caller: Caller) -> Result<Vec<LadderPage>, Problem> {
        self.all_ladders(caller).await
    }

    async fn ladder(&self, caller: Caller, id: LadderId) -> Result<LadderPage, Problem> {
        self.ladder_page(caller, id).await
    }

    async fn new_ladder(&self, caller: Caller, new: NewLadder) -> Result<LadderId, Problem> {
        self.keep_ladder(caller, new).await
    }

    async fn refresh_ladder(&self, caller: Caller, id: LadderId) -> Result<(), Problem> {
        self.ladder_again(caller, id).await
    }

    async fn publish_ladder(
        &self,
        caller: Caller,
        id: LadderId,
        public: bool,
    ) -> Result<(), Problem> {
        self.ladder_public(caller, id, public).await
    }

    async fn delete_ladder(&self, caller: Caller, id: LadderId) -> Result<(), Problem> {
        self.ladder_gone(caller, id).await
    }

    async fn rating_agreement(&self, caller: Caller) -> Result<Vec<ScaleAgreement>, Problem> {
        self.agreements(caller).await
    }

    async fn suite_plans(&self, caller: Caller) -> Result<Vec<PlanCard>, Problem> {
        self.plans(caller).await
    }

    async fn suites(&self, caller: Caller) -> Result<Vec<SuiteHead>, Problem> {
        self.all_suites(caller).await
    }

    async fn suite(&self, caller: Caller, id: SuiteId) -> Result<SuitePage, Problem> {
        self.suite_page(caller, id).await
    }

    async fn estimate_suite(
        &self,
        caller: Caller,
        new: NewSuite,
    ) -> Result<SuiteEstimate, Problem> {
        self.estimate(caller, new).await
    }

    async fn start_suite(&self, caller: Caller, new: NewSuite) -> Result<SuiteId, Problem> {
        self.new_suite(caller, new).await
    }

    async fn command_suite(
        &self,
        caller: Caller,
        id: SuiteId,
        command: RunCommand,
    ) -> Result<SuiteHead, Problem> {
        self.ask_suite(caller, id, command).await
    }

    async fn studies(&self, caller: Caller) -> Result<Vec<StudyHead>, Problem> {
        self.all_studies(caller).await
    }

    async fn study(&self, caller: Caller, id: StudyId) -> Result<StudyPage, Problem> {
        self.study_page(caller, id).await
    }

    async fn study_results(&self, caller: Caller, id: StudyId) -> Result<StudyResults, Problem> {
        self.results_of_study(caller, id).await
    }

    async fn new_study(
        &self,
        caller: Caller,
        slug: &str,
        from: Option<StudyId>,
    ) -> Result<StudyId, Problem> {
        self.keep_study(caller, slug, from).await
    }

    async fn write_study(
        &self,
        caller: Caller,
        id: StudyId,
        file: &str,
        note: &str,
    ) -> Result<(), Problem> {
        self.keep_study_file(caller, id, file, note).await
    }

    async fn command_study(
        &self,
        caller: Caller,
        id: StudyId,
        command: StudyCommand,
    ) -> Result<(), Problem> {
        self.study_does(caller, id, command).await
    }

    async fn command_participant(
        &self,
        caller: Caller,
        study: StudyId,
        id: ParticipantId,
        command: ParticipantCommand,
    ) -> Result<(), Problem> {
        self.participant_does(caller, study, id, command).await
    }

    async fn markets(&self, caller: Caller, wanted: MarketWanted) -> Result<MarketsPage, Problem> {
        self.play_markets(caller, wanted).await
    }

    async fn market_shares(&self, caller: Caller, id: Option<Uuid>) -> Result<SharesPage, Problem> {
        self.shares(caller, id).await
    }

    async fn study_participant(
        &self,
        caller: Caller,
        id: StudyId,
        participant: ParticipantId,
    ) -> Result<ParticipantPage, Problem> {
        self.participant_page(caller, id, participant).await
    }

    async fn study_payments(
        &self,
        caller: Caller,
        id: StudyId,
        wanted: PaymentsWanted,
    ) -> Result<String, Problem> {
        self.payments_file(caller, id, wanted).await
    }
}
