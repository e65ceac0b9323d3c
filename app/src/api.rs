//! What the pages ask of the [`crate::backend::Backend`]: server functions, under `/fn/`.
//!
//! On the server each is a Leptos server function. In the browser the same name is one small POST:
//! the framework's own client, once per function, would be a sixth of the page's code.

use rules::Role;
use uuid::Uuid;
use wire::{
    CheckpointCard, CheckpointId, EpisodeId, EpisodePage, EpisodeQuery, EpisodeSummary, GroupCard,
    IdempotencyKey, Joined, ModelCall, ModelCard, MoveAck, MoveRequest, NegotiatorCard, NewEpisode,
    NewRun, NewSuite, PaceCommand, PlanCard, PresetCard, ProductDetail, ProductId, ProductPage,
    ProductQuery, Reveal, Rollout, RolloutHit, RunCommand, RunHead, RunId, RunPage, Series,
    SuiteEstimate, SuiteHead, SuiteId,
};

use crate::account::{Account, ApiKeyInfo, EpisodeCounts, NewApiKey};
use crate::fault::Fault;
use crate::report::ReportPage;
use crate::sheet::{Query, Sheet};
use crate::suite::SuiteMarkup;

#[cfg(not(feature = "hydrate"))]
use leptos::{prelude::server, server_fn::codec::Json};

#[cfg(feature = "ssr")]
mod asking {
    use std::sync::Arc;

    use leptos::prelude::{expect_context, use_context};
    use wire::Problem;

    use crate::backend::{Backend, Caller};
    use crate::fault::Fault;

    pub fn backend() -> Arc<dyn Backend> {
        expect_context()
    }

    pub fn caller() -> Caller {
        expect_context()
    }

    /// The answer, with a problem's own status on the response.
    pub fn answered<T>(result: Result<T, Problem>) -> Result<T, Fault> {
        result.map_err(|problem| {
            if let Some(response) = use_context::<leptos_axum::ResponseOptions>()
                && let Ok(status) = http::StatusCode::from_u16(problem.status)
            {
                response.set_status(status);
            }
            problem.into()
        })
    }
}

#[cfg(feature = "ssr")]
use asking::{answered, backend, caller};

/// `"path" name(arguments) -> answer { what the backend is asked }`.
macro_rules! calls {
    ($($path:literal $name:ident($($argument:ident: $type:ty),*) -> $answer:ty $body:block)*) => {$(
        #[cfg(not(feature = "hydrate"))]
        #[server(prefix = "/fn", endpoint = $path, input = Json, output = Json)]
        pub async fn $name($($argument: $type),*) -> Result<$answer, Fault> {
            answered($body)
        }

        #[cfg(feature = "hydrate")]
        pub fn $name(
            $($argument: $type),*
        ) -> impl Future<Output = Result<$answer, Fault>> + Send + 'static {
            #[derive(serde::Serialize)]
            struct Body {
                $($argument: $type),*
            }
            crate::fetch::ask($path, serde_json::to_string(&Body { $($argument),* }))
        }
    )*};
}

calls! {
    "products" products(query: ProductQuery) -> ProductPage {
        backend().products(query).await
    }
    "product" product(id: ProductId) -> ProductDetail {
        backend().product(&id).await
    }
    "negotiators" negotiators() -> Vec<NegotiatorCard> {
        backend().negotiators().await
    }
    "start" start_episode(new: NewEpisode) -> EpisodeId {
        backend().start_episode(caller(), new).await
    }
    "join" join_episode(id: EpisodeId, token: String) -> Joined {
        backend().join_episode(caller(), id, &token).await
    }
    "episode" episode(id: EpisodeId) -> EpisodePage {
        backend().episode(caller(), id).await
    }
    "episodes" episodes(query: EpisodeQuery) -> Vec<EpisodeSummary> {
        backend().episodes(caller(), query).await
    }
    "move" play_move(id: EpisodeId, request: MoveRequest) -> MoveAck {
        backend().play_move(caller(), id, request).await
    }
    "typing" set_typing(id: EpisodeId, typing: bool) -> () {
        backend().set_typing(caller(), id, typing).await
    }
    "pace" set_pace(id: EpisodeId, command: PaceCommand) -> () {
        backend().set_pace(caller(), id, command).await
    }
    "reveal" reveal_of(id: EpisodeId) -> Option<Reveal> {
        backend().reveal(caller(), id).await
    }
    "rematch" rematch(id: EpisodeId, role: Role, key: IdempotencyKey) -> EpisodeId {
        backend().rematch(caller(), id, role, key).await
    }
    "stand-in" stand_in(id: EpisodeId, key: IdempotencyKey) -> EpisodeId {
        backend().stand_in(caller(), id, key).await
    }
    "models" models() -> Vec<ModelCard> {
        backend().models(caller()).await
    }
    "models-load" load_model(name: String) -> () {
        backend().load_model(caller(), &name).await
    }
    "models-unload" unload_model(name: String) -> () {
        backend().unload_model(caller(), &name).await
    }
    "calls" model_calls(id: EpisodeId) -> Vec<ModelCall> {
        backend().model_calls(caller(), id).await
    }
    "account" own_account() -> Option<Account> {
        backend().account(caller()).await
    }
    "counts" counts() -> EpisodeCounts {
        backend().episode_counts(caller()).await
    }
    "keys" api_keys() -> Vec<ApiKeyInfo> {
        backend().api_keys(caller()).await
    }
    "keys-create" create_api_key(label: String) -> NewApiKey {
        backend().create_api_key(caller(), &label).await
    }
    "keys-revoke" revoke_api_key(id: Uuid) -> () {
        backend().revoke_api_key(caller(), id).await
    }
    "train-presets" train_presets() -> Vec<PresetCard> {
        backend().train_presets(caller()).await
    }
    "train-runs" runs() -> Vec<RunHead> {
        backend().runs(caller()).await
    }
    "train-run" run(id: RunId) -> RunPage {
        backend().run(caller(), id).await
    }
    "train-start" start_run(new: NewRun) -> RunId {
        backend().start_run(caller(), new).await
    }
    "train-command" command_run(id: RunId, command: RunCommand) -> RunHead {
        backend().command_run(caller(), id, command).await
    }
    "train-series" run_series(id: RunId, after: u32) -> Series {
        backend().run_series(caller(), id, after).await
    }
    "train-report" report_of(id: RunId) -> ReportPage {
        backend().run_report(caller(), id).await.map(crate::report::page)
    }
    "train-groups" run_groups(id: RunId, iteration: u32) -> Vec<GroupCard> {
        backend().run_groups(caller(), id, iteration).await
    }
    "train-rollouts" run_rollouts(id: RunId, iteration: u32, group: u32) -> Vec<Rollout> {
        backend().run_rollouts(caller(), id, iteration, group).await
    }
    "train-search" search_rollouts(id: RunId, text: String) -> Vec<RolloutHit> {
        backend().search_rollouts(caller(), id, &text).await
    }
    "train-product" rollouts_of_product(id: RunId, product: String) -> Vec<GroupCard> {
        backend().rollouts_of_product(caller(), id, &product).await
    }
    "train-publish" publish_checkpoint(id: CheckpointId) -> CheckpointCard {
        backend().publish_checkpoint(caller(), id).await
    }
    "sheet" sheet_at(path: String, query: Query) -> Sheet {
        crate::sheet::lay_out(&*backend(), caller(), &path, query).await
    }
    "suite-plans" suite_plans() -> Vec<PlanCard> {
        backend().suite_plans(caller()).await
    }
    "suites" suites() -> Vec<SuiteHead> {
        backend().suites(caller()).await
    }
    "suite" suite_of(id: SuiteId) -> SuiteMarkup {
        backend().suite(caller(), id).await.map(crate::suite::page)
    }
    "suite-estimate" estimate_suite(new: NewSuite) -> SuiteEstimate {
        backend().estimate_suite(caller(), new).await
    }
    "suite-start" start_suite(new: NewSuite) -> SuiteId {
        backend().start_suite(caller(), new).await
    }
    "suite-command" command_suite(id: SuiteId, command: RunCommand) -> SuiteHead {
        backend().command_suite(caller(), id, command).await
    }
}
