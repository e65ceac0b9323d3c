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

/// Saves a text as a file.
pub fn download(name: &str, mime: &str, text: &str) {
    let mut address = format!("data:{mime};charset=utf-8,");
    crate::address::encode(text, &mut address);
    save(name, &address);
}

/// Saves what an address holds. Where the browser cannot, nothing happens.
fn save(name: &str, address: &str) {
    let link = document().create_element("a").ok();
    let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()) else {
        return;
    };
    if link.set_attribute("href", address).is_ok() && link.set_attribute("download", name).is_ok() {
        link.click();
    }
}

/// The text at an address of this server; `None` where it cannot be had.
pub async fn text_at(address: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen_futures::JsFuture;
        let answer = JsFuture::from(window().fetch_with_str(address)).await.ok()?;
        let response: web_sys::Response = answer.dyn_into().ok().filter(web_sys::Response::ok)?;
        JsFuture::from(response.text().ok()?).await.ok()?.as_string()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        _ = address;
        None
    }
}

/// Saves a drawing as pixels, three to its unit.
pub fn download_png(name: String, svg: &str, (width, height): (f64, f64)) {
    #[cfg(feature = "hydrate")]
    {
        let mut address = "data:image/svg+xml;charset=utf-8,".to_owned();
        crate::address::encode(svg, &mut address);
        leptos::task::spawn_local(async move {
            if let Ok(png) = painted(&address, width * 3.0, height * 3.0).await {
                save(&name, &png);
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    {
        _ = (name, svg, width, height);
    }
}

/// The address of a PNG of a drawing.
#[cfg(feature = "hydrate")]
async fn painted(
    address: &str,
    width: f64,
    height: f64,
) -> Result<String, leptos::wasm_bindgen::JsValue> {
    let picture: web_sys::HtmlImageElement = document().create_element("img")?.dyn_into()?;
    picture.set_src(address);
    wasm_bindgen_futures::JsFuture::from(picture.decode()).await?;
    let canvas: web_sys::HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas.get_context("2d")?.ok_or("no drawing here")?;
    let context: web_sys::CanvasRenderingContext2d = context.dyn_into()?;
    context.draw_image_with_html_image_element_and_dw_and_dh(&picture, 0.0, 0.0, width, height)?;
    canvas.to_data_url()
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
