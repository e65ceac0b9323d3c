//! One module per page.

mod about;
mod account;
mod evaluate;
mod join;
mod market;
mod mine;
mod models;
mod not_found;
mod replay;
mod report;
mod research;
mod rollouts;
mod run;
mod sheet;
mod stall;
mod suite;
mod talk;
mod train;
mod watch;
mod watch_one;

pub use about::About;
pub use account::{FirstLink, SignIn};
pub use evaluate::Evaluate;
pub use join::Join;
pub use market::Market;
pub use mine::Mine;
pub use models::Models;
pub use not_found::NotFound;
pub use replay::Replay;
pub use report::Report;
pub use research::Research;
pub use rollouts::Rollouts;
pub use run::Run;
pub use sheet::Sheet;
pub use stall::Stall;
pub use suite::Suite;
pub use talk::Talk;
pub use train::Train;
pub use watch::Watch;
pub use watch_one::WatchOne;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use wire::{Code, EpisodeId, RunId, SuiteId};

use crate::answer::Answer;
use crate::fault::Fault;

/// The episode that the address names.
fn episode_in_path() -> Memo<Result<EpisodeId, Fault>> {
    let params = use_params_map();
    Memo::new(move |_| {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        id.parse::<EpisodeId>().map_err(|_| {
            let detail = "This address does not name a negotiation. Was a part of the link lost?";
            Fault::new(Code::NotFound, detail)
        })
    })
}

/// The training run that the address names.
fn run_in_path() -> Memo<Result<RunId, Fault>> {
    let params = use_params_map();
    Memo::new(move |_| {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        id.parse::<RunId>().map_err(|_| {
            let detail = "This address does not name a training run. Was a part of the link lost?";
            Fault::new(Code::NotFound, detail)
        })
    })
}

/// The suite that the address names.
fn suite_in_path() -> Memo<Result<SuiteId, Fault>> {
    let params = use_params_map();
    Memo::new(move |_| {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        id.parse::<SuiteId>().map_err(|_| {
            let detail = "This address does not name a suite. Was a part of the link lost?";
            Fault::new(Code::NotFound, detail)
        })
    })
}

/// What researchers alone are shown; `None` for others, to whom the page itself says so.
async fn for_researchers<T>(
    asked: impl Future<Output = Result<T, Fault>> + Send,
) -> Result<Option<T>, Fault> {
    match crate::api::own_account().await? {
        Some(_) => asked.await.map(Some),
        None => Ok(None),
    }
}

/// The page of the episode that the address names.
fn episode_resource() -> Answer<wire::EpisodePage> {
    let id = episode_in_path();
    Answer::new(
        move || id.get(),
        |id| async move {
            match id {
                Ok(id) => crate::api::episode(id).await,
                Err(fault) => missing(fault),
            }
        },
    )
}

/// A fault that is known without asking the backend, with its status on the page.
fn missing<T>(fault: Fault) -> Result<T, Fault> {
    #[cfg(feature = "ssr")]
    not_found::set_status_not_found();
    Err(fault)
}
