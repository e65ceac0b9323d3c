//! Pages that the server lays out whole: tables, figures, and forms that work without scripts.
//!
//! In the browser all of them are one small component, [`crate::pages::Sheet`]. As data with views they
//! would weigh much there, and nothing in them has a handler.

#[cfg(feature = "ssr")]
mod chart;
#[cfg(feature = "ssr")]
mod compare;
#[cfg(feature = "ssr")]
mod counterfactual;
#[cfg(feature = "ssr")]
mod dossier;
#[cfg(feature = "ssr")]
mod dots;
#[cfg(feature = "ssr")]
mod episodes;
#[cfg(feature = "ssr")]
mod figures;
#[cfg(feature = "ssr")]
mod ladders;
#[cfg(feature = "ssr")]
mod log;
#[cfg(feature = "ssr")]
mod markets;
#[cfg(feature = "ssr")]
mod overview;
#[cfg(feature = "ssr")]
mod ratings;
#[cfg(feature = "ssr")]
mod studies;
#[cfg(feature = "ssr")]
mod words;

use serde::{Deserialize, Serialize};

/// Markup is the server's own, with what people and models wrote escaped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    pub title: String,
    pub body: String,
    /// It will be another one soon: look again after so many milliseconds.
    pub again_ms: Option<u32>,
}

/// Pairs of an address's query.
pub type Query = Vec<(String, String)>;

#[cfg(feature = "ssr")]
mod laying {
    use wire::{Code, Problem};

    use super::{
        Query, Sheet, compare, counterfactual, dossier, episodes, figures, ladders, log, markets,
        overview, ratings, studies,
    };
    use crate::backend::{Backend, Caller};

    fn nothing() -> Problem {
        Problem::new(
            Code::NotFound,
            "There is no page at this address. Was a part of the link lost?",
        )
    }

    /// The page at an address, for a researcher.
    pub async fn lay_out(
        backend: &dyn Backend,
        caller: Caller,
        path: &str,
        query: Query,
    ) -> Result<Sheet, Problem> {
        let get = |key: &str| query.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            ["research", "episodes"] => episodes::sheet(backend, caller, get).await,
            ["research", "episodes", id] => match id.parse() {
                Ok(id) => dossier::sheet(backend, caller, id, get).await,
                Err(_) => Err(nothing()),
            },
            ["research", "counterfactuals", id] => match id.parse() {
                Ok(id) => counterfactual::sheet(backend, caller, id).await,
                Err(_) => Err(nothing()),
            },
            ["research", "ladders"] => ladders::list(backend, caller, get).await,
            ["ladders", id] => match id.parse() {
                Ok(id) => ladders::one(backend, caller, id).await,
                Err(_) => Err(nothing()),
            },
            ["research", "compare"] => compare::sheet(backend, caller, get).await,
            ["research", "figures"] => figures::sheet(backend, caller, get).await,
            ["research", "run-log"] => log::sheet(backend, caller, get).await,
            ["research", "markets"] => markets::sheet(backend, caller, get).await,
            ["research", "overview"] => overview::sheet(backend, caller).await,
            ["research", "studies"] => studies::list(backend, caller, get).await,
            ["studies", id] => match id.parse() {
                Ok(id) => studies::one(backend, caller, id, get).await,
                Err(_) => Err(nothing()),
            },
            ["research", "ratings"] => ratings::sheet(backend, caller).await,
            _ => Err(nothing()),
        }
    }
}

#[cfg(feature = "ssr")]
pub use figures::file as figure_file;
#[cfg(feature = "ssr")]
pub use laying::lay_out;
#[cfg(feature = "ssr")]
pub use studies::file_refused as study_file_refused;
