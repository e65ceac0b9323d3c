//! What the pages ask of the browser. On the server nothing of it does anything: event handlers
//! and effects run in the browser alone.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys;
use wire::EpisodeId;

/// The cookie that holds the chosen theme, read by the server so that no page flashes.
pub const THEME_COOKIE: &str = "souk_theme";
pub const LIGHT: &str = "souk-light";
pub const DARK: &str = "souk-dark";

const A_YEAR_S: u32 = 31_536_000;

/// Changes between light and dark, and keeps the choice.
pub fn toggle_theme() {
    let Some(root) = document().document_element() else { return };
    let system_dark = window()
        .match_media("(prefers-color-scheme: dark)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches());
    let dark = root.get_attribute("data-theme").map_or(system_dark, |theme| theme == DARK);
    let theme = if dark { LIGHT } else { DARK };
    // Both fail only where the browser forbids them; then the page stays as it is.
    _ = root.set_attribute("data-theme", theme);
    if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
        let cookie = format!("{THEME_COOKIE}={theme}; path=/; max-age={A_YEAR_S}; samesite=lax");
        _ = document.set_cookie(&cookie);
    }
}

/// The whole address of a path on this server.
pub fn absolute(path: &str) -> String {
    format!("{}{path}", window().location().origin().unwrap_or_default())
}

/// Copies a text; `done` is told whether it could.
pub fn copy(text: &str, done: impl Fn(bool) + 'static) {
    #[cfg(feature = "hydrate")]
    {
        let promise = window().navigator().clipboard().write_text(text);
        leptos::task::spawn_local(async move {
            done(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
        });
    }
    #[cfg(not(feature = "hydrate"))]
    {
        _ = (text, done);
    }
}

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    #[cfg(feature = "hydrate")]
    {
        js_sys::Date::now() as i64
    }
    #[cfg(not(feature = "hydrate"))]
    {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as i64)
    }
}

/// A number in 0..1.
pub fn roll() -> f64 {
    #[cfg(feature = "hydrate")]
    {
        js_sys::Math::random()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        0.5
    }
}

pub async fn sleep(ms: u32) {
    #[cfg(feature = "hydrate")]
    {
        gloo_timers::future::TimeoutFuture::new(ms).await;
    }
    #[cfg(not(feature = "hydrate"))]
    {
        _ = ms;
    }
}

fn pending_key(id: EpisodeId) -> String {
    format!("souk.pending.{id}")
}

fn session() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

/// Keeps an unacknowledged move over a reload of the page.
pub fn keep_pending(id: EpisodeId, json: &str) {
    if let Some(storage) = session() {
        // A full or forbidden storage costs the resend after a reload, nothing else.
        _ = storage.set_item(&pending_key(id), json);
    }
}

pub fn kept_pending(id: EpisodeId) -> Option<String> {
    session()?.get_item(&pending_key(id)).ok().flatten()
}

pub fn forget_pending(id: EpisodeId) {
    if let Some(storage) = session() {
        _ = storage.remove_item(&pending_key(id));
    }
}
