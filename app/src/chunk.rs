//! Pages whose code the browser fetches when they are first shown; the main wasm has what
//! all of them share.
//!
//! A chunk is the code of some pages. What chunks share and the main wasm has no use for becomes a
//! file per set of chunks that share it, so each chunk more may double the number of files: a new
//! page joins the chunk whose parts it uses.

use leptos::prelude::*;
use leptos_router::ChooseView;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::fault::Fault;
use crate::pages;
use crate::parts::ProblemView;

/// `Chunk = name (function that fetches it) at [first parts of its pages' paths]: pages;`
macro_rules! chunks {
    ($($chunk:ident = $name:ident($fetch:ident) at [$($at:literal),+]: $($page:ident),+;)+) => {
        /// A page that comes with a chunk.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Page {
            $($($page),+),+
        }

        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Chunk {
            $($chunk),+
        }

        impl Page {
            #[cfg(feature = "ssr")]
            fn chunk(self) -> Chunk {
                match self {
                    $($(Page::$page)|+ => Chunk::$chunk),+
                }
            }

            async fn view(self) -> Result<AnyView, SplitLoaderError> {
                match self {
                    $($(Page::$page)|+ => $name(self).await),+
                }
            }
        }

        impl Chunk {
            /// As in the manifest.
            #[cfg(feature = "ssr")]
            pub fn name(self) -> &'static str {
                match self {
                    $(Chunk::$chunk => stringify!($name)),+
                }
            }

            /// The chunk of the pages at a path.
            pub fn at(path: &str) -> Option<Chunk> {
                match path.split('/').nth(1)? {
                    $($($at)|+ => Some(Chunk::$chunk),)+
                    _ => None,
                }
            }

            #[cfg(feature = "hydrate")]
            async fn fetch(self) -> Result<(), SplitLoaderError> {
                match self {
                    $(Chunk::$chunk => $fetch().await),+
                }
            }
        }

        // The one way from the main wasm into each chunk.
        $(
            #[wasm_split($name, fallible, preload(
                #[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "only the browser fetches"))]
                $fetch
            ))]
            fn $name(page: Page) -> Result<AnyView, SplitLoaderError> {
                Ok(match page {
                    $(Page::$page => pages::$page().into_any(),)+
                    _ => unreachable!("a chunk is asked for its own pages"),
                })
            }
        )+
    };
}

chunks! {
    Market = market(fetch_market) at [""]: Market;
    Talk = talk(fetch_talk) at ["talk", "join"]: Talk, Join;
    Watch = watch(fetch_watch) at ["watch", "replay"]: Watch, WatchOne, Replay;
    Desk = desk(fetch_desk) at ["stall", "me", "about", "sign-in", "auth", "research", "models", "train", "evaluate", "suites", "ladders", "studies"]:
        Stall, Mine, About, SignIn, FirstLink, Research, Models, Train, Evaluate, Suite, Sheet;
    Lab = lab(fetch_lab) at ["runs"]: Run, Rollouts, Report;
}

impl ChooseView for Page {
    async fn choose(self) -> AnyView {
        #[cfg(feature = "ssr")]
        self.check_place();
        match self.view().await {
            Ok(view) => view,
            Err(_) => view! { <ProblemView fault=Fault::unfetched()/> }.into_any(),
        }
    }

    async fn preload(&self) {}
}

impl Page {
    /// The browser learns from the path alone what to fetch before it hydrates.
    #[cfg(feature = "ssr")]
    fn check_place(self) {
        if let Some(parts) = use_context::<http::request::Parts>() {
            let path = parts.uri.path();
            debug_assert_eq!(Chunk::at(path), Some(self.chunk()), "{self:?} stands at {path}");
        }
    }
}

/// Fetches what the page at the browser's address needs: hydration does not wait for code, which
/// would make every view of the page larger.
///
/// # Errors
/// When the code cannot be fetched, or is not of this build.
#[cfg(feature = "hydrate")]
pub async fn fetch_code() -> Result<(), SplitLoaderError> {
    let path = window().location().pathname().unwrap_or_default();
    match Chunk::at(&path) {
        Some(chunk) => chunk.fetch().await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::Chunk;

    #[test]
    fn a_path_tells_its_chunk() {
        for (path, chunk) in [
            ("/", Some(Chunk::Market)),
            ("/nowhere", None),
            ("", None),
            ("/talk/0190", Some(Chunk::Talk)),
            ("/join/0190/token", Some(Chunk::Talk)),
            ("/watch", Some(Chunk::Watch)),
            ("/watch/0190", Some(Chunk::Watch)),
            ("/watchful", None),
            ("/auth/link/token", Some(Chunk::Desk)),
            ("/train", Some(Chunk::Desk)),
            ("/research/episodes", Some(Chunk::Desk)),
            ("/suites/0190", Some(Chunk::Desk)),
            ("/ladders/0190", Some(Chunk::Desk)),
            ("/runs/0190/rollouts", Some(Chunk::Lab)),
        ] {
            assert_eq!(Chunk::at(path), chunk, "{path}");
        }
    }
}
