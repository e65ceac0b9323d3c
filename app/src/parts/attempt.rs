//! Something asked of the server by a click.

use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::dynamic::dynamic;
use crate::fault::Fault;

/// At most one request at a time: a second click while one is on its way does nothing.
#[derive(Clone, Copy)]
pub struct Attempt {
    pending: RwSignal<bool>,
    refused: RwSignal<Option<String>>,
}

impl Attempt {
    pub fn new() -> Attempt {
        Attempt { pending: RwSignal::new(false), refused: RwSignal::new(None) }
    }

    pub fn run(self, asked: impl Future<Output = Result<(), Fault>> + 'static) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        self.refused.set(None);
        spawn_local(self.follow(Box::pin(asked)));
    }

    /// Not generic, so that it is compiled once.
    async fn follow(self, asked: Pin<Box<dyn Future<Output = Result<(), Fault>>>>) {
        let refused = asked.await.err().map(|fault| fault.0.detail);
        // `try_`: the page may have been left meanwhile.
        self.pending.try_set(false);
        self.refused.try_set(refused);
    }

    pub fn is_pending(self) -> bool {
        self.pending.get()
    }
}

/// Why an attempt failed.
#[component]
pub fn Refusal(attempt: Attempt) -> impl IntoView {
    view! {
        <div role="alert">
            {dynamic(move || {
                attempt
                    .refused
                    .get()
                    .map(|text| view! { <p class="alert alert-error alert-soft mt-3">{text}</p> })
            })}
        </div>
    }
}
