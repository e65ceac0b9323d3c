//! The browser's entry: takes over the page that the server has rendered.

use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's script once the wasm is instantiated.
///
/// # Errors
/// When the code of the page at this address cannot be fetched: the page stays as the server
/// rendered it.
#[wasm_bindgen]
pub async fn hydrate() -> Result<(), JsError> {
    console_error_panic_hook::set_once();
    app::fetch_code().await?;
    leptos::mount::hydrate_body(app::App);
    Ok(())
}
