//! Drawn signs. All are decoration: the words beside them carry the meaning.

use leptos::prelude::*;

/// A sign from the set below, as large as the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Sun,
    Moon,
    Lock,
    Copy,
    Play,
    Pause,
    Step,
    StepBack,
    Swap,
    Again,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Icon::Sun => {
                "M12 3v2m0 14v2M3 12h2m14 0h2M5.6 5.6l1.4 1.4m10 10 1.4 1.4m0-12.8-1.4 1.4m-10 10-1.4 1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0z"
            }
            Icon::Moon => "M20 14.5A8 8 0 1 1 9.5 4a6.5 6.5 0 0 0 10.5 10.5z",
            Icon::Lock => "M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13z",
            Icon::Copy => "M9 9h11v11H9zM5 15H4V4h11v1",
            Icon::Play => "M7 5l12 7-12 7z",
            Icon::Pause => "M8 5v14M16 5v14",
            Icon::Step => "M6 5l9 7-9 7zM18 5v14",
            Icon::StepBack => "M18 5l-9 7 9 7zM6 5v14",
            Icon::Swap => "M7 7h12l-3-3M17 17H5l3 3",
            Icon::Again => "M19 12a7 7 0 1 1-2.1-5M19 3v5h-5",
        }
    }

    pub fn draw(self) -> impl IntoView {
        view! {
            <svg
                class="size-[1.15em] shrink-0"
                viewBox="0 0 24 24"
                fill="none"
                stroke="currentColor"
                stroke-width="1.8"
                stroke-linecap="round"
                stroke-linejoin="round"
                aria-hidden="true"
            >
                <path d=self.path()></path>
            </svg>
        }
    }
}

/// Souk's mark: an arch at dusk, an awning, a lamp.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="size-9 shrink-0" viewBox="0 0 48 48" aria-hidden="true">
            <path class="fill-primary" d="M24 3C15 8 8 15 8 26v19h32V26C40 15 33 8 24 3z"></path>
            <path class="fill-base-100" d="M24 12c-5 3-9 8-9 14v19h18V26c0-6-4-11-9-14z"></path>
            <path
                class="fill-secondary"
                d="M15 28h18v4.2a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0z"
            ></path>
            <circle class="fill-accent" cx="24" cy="21" r="3"></circle>
        </svg>
    }
}
