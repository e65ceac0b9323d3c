//! Says so when the page is cut off.

use leptos::prelude::*;

use super::dynamic::dynamic;
use crate::live::{Link, Live};

#[component]
pub fn LinkBanner() -> impl IntoView {
    let link = Live::expect().link;
    view! {
        <div role="status" class="link-banner">
            {dynamic(move || {
                let (text, class) = match link.get() {
                    Link::Idle | Link::Up => return None,
                    Link::Reconnecting => {
                        ("The connection is lost. Trying again; what you sent is kept.", "alert-warning")
                    }
                    Link::StoreAway => {
                        (
                            "Souk's database is away for the moment. Nothing is lost; your move goes through when it is back.",
                            "alert-warning",
                        )
                    }
                };
                Some(
                    view! {
                        <div class=format!("alert {class}")>
                            <span class="loading loading-dots loading-sm" aria-hidden="true"></span>
                            <span>{text}</span>
                        </div>
                    },
                )
            })}
        </div>
    }
}
