//! What the pages need of the server. `server` implements it over the store; `testkit` fakes it.

use async_trait::async_trait;
use rules::Role;
use uuid::Uuid;
use wire::{
    CheckpointCard, CheckpointId, CounterfactualId, CounterfactualPage, Dossier, EpisodeHits,
    EpisodeId, EpisodePage, EpisodeQuery, EpisodeSample, EpisodeSearch, EpisodeSummary, GroupCard,
    IdempotencyKey, Joined, LadderId, LadderPage, ModelCall, ModelCard, MoveAck, MoveRequest,
    NegotiatorCard, NewCounterfactual, NewEpisode, NewLadder, NewRun, NewSuite, PaceCommand,
    PairPage, PairQuery, ParticipantId, PlanCard, PresetCard, Problem, ProductDetail, ProductId,
    ProductPage, ProductQuery, Rating, Reveal, Rollout, RolloutHit, RunCommand, RunHead, RunId,
    RunLogLine, RunPage, RunReport, ScaleAgreement, Series, StudyId, SuiteEstimate, SuiteHead,
    SuiteId, SuitePage, UserId, VisitorId,
};

/// Who asks, as the server made out from cookies or an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    pub visitor: VisitorId,
    /// A signed-in researcher.
    pub researcher: Option<UserId>,
}

use study::desk::StudyHead;

use crate::market_desk::{MarketWanted, MarketsPage, SharesPage};
use crate::study_desk::{
    ParticipantCommand, ParticipantPage, PaymentsWanted, StudyCommand, StudyPage, StudyResults,
};

pub use crate::account::{Account, ApiKeyInfo, EpisodeCounts, NewApiKey};

/// Each call answers for one caller and shows that caller nothing that it may not see.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    async fn products(&self, query: ProductQuery) -> Result<ProductPage, Problem>;
    async fn product(&self, id: &ProductId) -> Result<ProductDetail, Problem>;
    async fn negotiators(&self) -> Result<Vec<NegotiatorCard>, Problem>;

    async fn start_episode(&self, caller: Caller, new: NewEpisode) -> Result<EpisodeId, Problem>;
    /// Takes the open seat with the token of an invitation link.
    async fn join_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        token: &str,
    ) -> Result<Joined, Problem>;
    async fn episode(&self, caller: Caller, id: EpisodeId) -> Result<EpisodePage, Problem>;
    async fn episodes(
        &self,
        caller: Caller,
        query: EpisodeQuery,
    ) -> Result<Vec<EpisodeSummary>, Problem>;
    async fn play_move(
        &self,
        caller: Caller,
        id: EpisodeId,
        request: MoveRequest,
    ) -> Result<MoveAck, Problem>;
    /// Tells the other side that the caller is composing a move.
    async fn set_typing(&self, caller: Caller, id: EpisodeId, typing: bool) -> Result<(), Problem>;
    async fn set_pace(
        &self,
        caller: Caller,
        id: EpisodeId,
        command: PaceCommand,
    ) -> Result<(), Problem>;
    /// `None` until the episode is over, or where its scenario keeps the limits private.
    async fn reveal(&self, caller: Caller, id: EpisodeId) -> Result<Option<Reveal>, Problem>;
    /// The same scenario again, with the caller in `role`; `role` other than before swaps sides.
    async fn rematch(
        &self,
        caller: Caller,
        id: EpisodeId,
        role: Role,
        key: IdempotencyKey,
    ) -> Result<EpisodeId, Problem>;

    /// Goes on with an episode that a negotiator's failure ended: a new one with the moves so far and
    /// a scripted negotiator on the failed seat. Where [`wire::Failure::stand_in`] says so.
    async fn stand_in(
        &self,
        caller: Caller,
        id: EpisodeId,
        key: IdempotencyKey,
    ) -> Result<EpisodeId, Problem>;

    /// The language models of this server as they are now.
    async fn models(&self, caller: Caller) -> Result<Vec<ModelCard>, Problem>;

    /// The signed-in researcher; `None` for a visitor.
    async fn account(&self, caller: Caller) -> Result<Option<Account>, Problem>;
    /// Researchers alone, as all that follows: how many episodes there are, by status and ending.
    async fn episode_counts(&self, caller: Caller) -> Result<EpisodeCounts, Problem>;
    /// The caller's own keys, newest first, without their secrets.
    async fn api_keys(&self, caller: Caller) -> Result<Vec<ApiKeyInfo>, Problem>;
    /// `label` is the researcher's note of what the key is for, 1 to 80 characters.
    async fn create_api_key(&self, caller: Caller, label: &str) -> Result<NewApiKey, Problem>;
    async fn revoke_api_key(&self, caller: Caller, id: Uuid) -> Result<(), Problem>;
    /// Begins to load a model and does not wait for it: its card tells how it goes.
    async fn load_model(&self, caller: Caller, name: &str) -> Result<(), Problem>;
    /// Refused while the model answers somebody.
    async fn unload_model(&self, caller: Caller, name: &str) -> Result<(), Problem>;
    /// What the language models of an episode were asked and answered, oldest first. Who sits at the
    /// table waits for the end.
    async fn model_calls(&self, caller: Caller, id: EpisodeId) -> Result<Vec<ModelCall>, Problem>;

    /// Episodes that fit conditions, a page of them.
    async fn find_episodes(
        &self,
        caller: Caller,
        search: EpisodeSearch,
    ) -> Result<EpisodeHits, Problem>;
    /// All that is known of an episode. Who sits at the table sees what that seat sees until the end.
    async fn dossier(&self, caller: Caller, id: EpisodeId) -> Result<Dossier, Problem>;
    /// Labels on episodes that are in use, most used first.
    async fn tags(&self, caller: Caller) -> Result<Vec<String>, Problem>;
    /// Puts a label on an episode, or takes it away. Twice is once.
    async fn tag_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        tag: &str,
        there: bool,
    ) -> Result<(), Problem>;
    /// What the caller thinks of an episode; the last word on a scale counts.
    async fn rate_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        rating: Rating,
    ) -> Result<(), Problem>;
    async fn unrate_episode(
        &self,
        caller: Caller,
        id: EpisodeId,
        scale: &str,
    ) -> Result<(), Problem>;
    /// The newest scored episodes that fit, as points of a plot.
    async fn episode_sample(
        &self,
        caller: Caller,
        search: EpisodeSearch,
    ) -> Result<EpisodeSample, Problem>;
    /// Two agents on the scenarios that both played in one role, among episodes that fit.
    async fn compare(
        &self,
        caller: Caller,
        query: PairQuery,
        search: EpisodeSearch,
    ) -> Result<PairPage, Problem>;
    /// Goes on with an episode from one of its moves, with something changed, many times; begins to play it
    /// without waiting for it.
    async fn new_counterfactual(
        &self,
        caller: Caller,
        id: EpisodeId,
        new: NewCounterfactual,
    ) -> Result<CounterfactualId, Problem>;
    /// With what came of it so far.
    async fn counterfactual(
        &self,
        caller: Caller,
        id: CounterfactualId,
    ) -> Result<CounterfactualPage, Problem>;
    /// Plays what is missing, where it broke off.
    async fn resume_counterfactual(
        &self,
        caller: Caller,
        id: CounterfactualId,
    ) -> Result<(), Problem>;
    /// Ladders, newest first, without what came out.
    async fn ladders(&self, caller: Caller) -> Result<Vec<LadderPage>, Problem>;
    /// A public one is for everybody.
    async fn ladder(&self, caller: Caller, id: LadderId) -> Result<LadderPage, Problem>;
    /// Keeps a ladder and begins to work it out, without waiting for it.
    async fn new_ladder(&self, caller: Caller, new: NewLadder) -> Result<LadderId, Problem>;
    /// Works it out again from the episodes that there are now.
    async fn refresh_ladder(&self, caller: Caller, id: LadderId) -> Result<(), Problem>;
    async fn publish_ladder(
        &self,
        caller: Caller,
        id: LadderId,
        public: bool,
    ) -> Result<(), Problem>;
    async fn delete_ladder(&self, caller: Caller, id: LadderId) -> Result<(), Problem>;
    /// How far raters agree, by scale.
    async fn rating_agreement(&self, caller: Caller) -> Result<Vec<ScaleAgreement>, Problem>;

    /// The settings files that a run can start from, in the order to offer them.
    async fn train_presets(&self, caller: Caller) -> Result<Vec<PresetCard>, Problem>;
    /// Training runs, newest first.
    async fn runs(&self, caller: Caller) -> Result<Vec<RunHead>, Problem>;
    async fn run(&self, caller: Caller, id: RunId) -> Result<RunPage, Problem>;
    /// The last lines of a run's log, in their order.
    async fn run_log(&self, caller: Caller, id: RunId) -> Result<Vec<RunLogLine>, Problem>;
    /// Puts a run into the line and does not wait for a worker. Refused where the settings have an
    /// unknown key or a value that cannot be, or where the preset cannot run here.
    async fn start_run(&self, caller: Caller, new: NewRun) -> Result<RunId, Problem>;
    /// Asks the worker for something and does not wait for it: [`RunHead::asked`] tells until it is
    /// done. A conflict where the command has no meaning in the run's status.
    async fn command_run(
        &self,
        caller: Caller,
        id: RunId,
        command: RunCommand,
    ) -> Result<RunHead, Problem>;
    /// What was measured in the iterations later than `after`, which is a cursor; 0 gives all.
    async fn run_series(&self, caller: Caller, id: RunId, after: u32) -> Result<Series, Problem>;
    /// Figures on the test split by opponent, before, between and after learning, with sample
    /// dialogues.
    async fn run_report(&self, caller: Caller, id: RunId) -> Result<RunReport, Problem>;
    /// The groups of an iteration, by number; none where it was not kept or is yet to come.
    async fn run_groups(
        &self,
        caller: Caller,
        id: RunId,
        iteration: u32,
    ) -> Result<Vec<GroupCard>, Problem>;
    /// The members of a group with their tokens, by index. Tells limits and thoughts.
    async fn run_rollouts(
        &self,
        caller: Caller,
        id: RunId,
        iteration: u32,
        group: u32,
    ) -> Result<Vec<Rollout>, Problem>;
    /// Messages of a run's rollouts that hold a text in either case, newest iteration first, up to
    /// a limit of the server's.
    async fn search_rollouts(
        &self,
        caller: Caller,
        id: RunId,
        text: &str,
    ) -> Result<Vec<RolloutHit>, Problem>;
    /// The groups over one product, by iteration.
    async fn rollouts_of_product(
        &self,
        caller: Caller,
        id: RunId,
        product: &str,
    ) -> Result<Vec<GroupCard>, Problem>;
    /// Makes a checkpoint a negotiator that anybody can bargain with. Twice is once.
    async fn publish_checkpoint(
        &self,
        caller: Caller,
        id: CheckpointId,
    ) -> Result<CheckpointCard, Problem>;

    /// The plans that a suite can start from, in the order to offer them.
    async fn suite_plans(&self, caller: Caller) -> Result<Vec<PlanCard>, Problem>;
    /// Suites of evaluations, newest first.
    async fn suites(&self, caller: Caller) -> Result<Vec<SuiteHead>, Problem>;
    /// With figures from the episodes that are there, also while it goes on.
    async fn suite(&self, caller: Caller, id: SuiteId) -> Result<SuitePage, Problem>;
    /// What a plan would take here. Refused as [`Backend::start_suite`] refuses it.
    async fn estimate_suite(&self, caller: Caller, new: NewSuite)
    -> Result<SuiteEstimate, Problem>;
    /// Puts a suite into the line and does not wait for a worker. Refused where the plan has an unknown
    /// key or name, or a value that cannot be.
    async fn start_suite(&self, caller: Caller, new: NewSuite) -> Result<SuiteId, Problem>;
    /// Asks the worker for something and does not wait for it, as [`Backend::command_run`].
    async fn command_suite(
        &self,
        caller: Caller,
        id: SuiteId,
        command: RunCommand,
    ) -> Result<SuiteHead, Problem>;

    /// Studies with recruited people, newest first.
    async fn studies(&self, caller: Caller) -> Result<Vec<StudyHead>, Problem>;
    async fn study(&self, caller: Caller, id: StudyId) -> Result<StudyPage, Problem>;
    /// Replays all that its completers played: for who asks for it, not for a monitor.
    async fn study_results(&self, caller: Caller, id: StudyId) -> Result<StudyResults, Problem>;
    /// Keeps a draft under a name for addresses, from the study that comes with Souk or from another one.
    async fn new_study(
        &self,
        caller: Caller,
        slug: &str,
        from: Option<StudyId>,
    ) -> Result<StudyId, Problem>;
    /// Keeps another file of a draft, also one with flaws. Refused where it cannot be read.
    async fn write_study(
        &self,
        caller: Caller,
        id: StudyId,
        file: &str,
        note: &str,
    ) -> Result<(), Problem>;
    async fn command_study(
        &self,
        caller: Caller,
        id: StudyId,
        command: StudyCommand,
    ) -> Result<(), Problem>;
    async fn command_participant(
        &self,
        caller: Caller,
        study: StudyId,
        id: ParticipantId,
        command: ParticipantCommand,
    ) -> Result<(), Problem>;
    /// What is not paid yet, as the platforms take it, by source; marked as paid by that.
    async fn markets(&self, caller: Caller, wanted: MarketWanted) -> Result<MarketsPage, Problem>;

    /// What growing shares of other buyers did to markets, and one of these in full. For researchers.
    async fn market_shares(&self, caller: Caller, id: Option<Uuid>) -> Result<SharesPage, Problem>;
    async fn study_participant(
        &self,
        caller: Caller,
        id: StudyId,
        participant: ParticipantId,
    ) -> Result<ParticipantPage, Problem>;
    async fn study_payments(
        &self,
        caller: Caller,
        id: StudyId,
        wanted: PaymentsWanted,
    ) -> Result<String, Problem>;
}
