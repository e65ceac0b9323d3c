//! Server functions: what the pages ask of the [`crate::backend::Backend`], from either side.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use rules::Role;
use uuid::Uuid;
use wire::{
    EpisodeId, EpisodePage, EpisodeQuery, EpisodeSummary, IdempotencyKey, Joined, MoveAck,
    MoveRequest, NegotiatorCard, NewEpisode, PaceCommand, ProductDetail, ProductId, ProductPage,
    ProductQuery, Reveal,
};

use crate::account::{Account, ApiKeyInfo, EpisodeCounts, NewApiKey};
use crate::fault::Fault;

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
            Fault(problem)
        })
    }
}

#[cfg(feature = "ssr")]
use asking::{answered, backend, caller};

#[server(prefix = "/fn", endpoint = "products", input = Json, output = Json)]
pub async fn products(query: ProductQuery) -> Result<ProductPage, Fault> {
    answered(backend().products(query).await)
}

#[server(prefix = "/fn", endpoint = "product", input = Json, output = Json)]
pub async fn product(id: ProductId) -> Result<ProductDetail, Fault> {
    answered(backend().product(&id).await)
}

#[server(prefix = "/fn", endpoint = "negotiators", input = Json, output = Json)]
pub async fn negotiators() -> Result<Vec<NegotiatorCard>, Fault> {
    answered(backend().negotiators().await)
}

#[server(prefix = "/fn", endpoint = "start", input = Json, output = Json)]
pub async fn start_episode(new: NewEpisode) -> Result<EpisodeId, Fault> {
    answered(backend().start_episode(caller(), new).await)
}

#[server(prefix = "/fn", endpoint = "join", input = Json, output = Json)]
pub async fn join_episode(id: EpisodeId, token: String) -> Result<Joined, Fault> {
    answered(backend().join_episode(caller(), id, &token).await)
}

#[server(prefix = "/fn", endpoint = "episode", input = Json, output = Json)]
pub async fn episode(id: EpisodeId) -> Result<EpisodePage, Fault> {
    answered(backend().episode(caller(), id).await)
}

#[server(prefix = "/fn", endpoint = "episodes", input = Json, output = Json)]
pub async fn episodes(query: EpisodeQuery) -> Result<Vec<EpisodeSummary>, Fault> {
    answered(backend().episodes(caller(), query).await)
}

#[server(prefix = "/fn", endpoint = "move", input = Json, output = Json)]
pub async fn play_move(id: EpisodeId, request: MoveRequest) -> Result<MoveAck, Fault> {
    answered(backend().play_move(caller(), id, request).await)
}

#[server(prefix = "/fn", endpoint = "typing", input = Json, output = Json)]
pub async fn set_typing(id: EpisodeId, typing: bool) -> Result<(), Fault> {
    answered(backend().set_typing(caller(), id, typing).await)
}

#[server(prefix = "/fn", endpoint = "pace", input = Json, output = Json)]
pub async fn set_pace(id: EpisodeId, command: PaceCommand) -> Result<(), Fault> {
    answered(backend().set_pace(caller(), id, command).await)
}

#[server(prefix = "/fn", endpoint = "reveal", input = Json, output = Json)]
pub async fn reveal_of(id: EpisodeId) -> Result<Option<Reveal>, Fault> {
    answered(backend().reveal(caller(), id).await)
}

#[server(prefix = "/fn", endpoint = "rematch", input = Json, output = Json)]
pub async fn rematch(id: EpisodeId, role: Role, key: IdempotencyKey) -> Result<EpisodeId, Fault> {
    answered(backend().rematch(caller(), id, role, key).await)
}

#[server(prefix = "/fn", endpoint = "account", input = Json, output = Json)]
pub async fn own_account() -> Result<Option<Account>, Fault> {
    answered(backend().account(caller()).await)
}

#[server(prefix = "/fn", endpoint = "counts", input = Json, output = Json)]
pub async fn counts() -> Result<EpisodeCounts, Fault> {
    answered(backend().episode_counts(caller()).await)
}

#[server(prefix = "/fn", endpoint = "keys", input = Json, output = Json)]
pub async fn api_keys() -> Result<Vec<ApiKeyInfo>, Fault> {
    answered(backend().api_keys(caller()).await)
}

#[server(prefix = "/fn", endpoint = "keys-create", input = Json, output = Json)]
pub async fn create_api_key(label: String) -> Result<NewApiKey, Fault> {
    answered(backend().create_api_key(caller(), &label).await)
}

#[server(prefix = "/fn", endpoint = "keys-revoke", input = Json, output = Json)]
pub async fn revoke_api_key(id: Uuid) -> Result<(), Fault> {
    answered(backend().revoke_api_key(caller(), id).await)
}
