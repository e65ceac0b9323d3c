//! The browser's side of the server functions: a POST of JSON, answered by JSON.

use std::future::Future;

use leptos::prelude::window;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::{Headers, RequestInit, Response};
use send_wrapper::SendWrapper;
use serde::de::DeserializeOwned;
use wasm_bindgen_futures::JsFuture;

use crate::fault::Fault;

/// Asks a server function. `Send`, because resources want it on both sides; a page has one thread.
pub fn ask<A: DeserializeOwned>(
    name: &'static str,
    body: serde_json::Result<String>,
) -> impl Future<Output = Result<A, Fault>> + Send + 'static {
    SendWrapper::new(async move {
        let text = post(name, body.map_err(|_| Fault::unreadable())?).await?;
        serde_json::from_str(&text).map_err(|_| Fault::unreadable())
    })
}

/// The text of a good answer; else the problem that the server, or the way to it, reports.
async fn post(name: &str, body: String) -> Result<String, Fault> {
    let (status, text) = send(name, &body).await.map_err(|_| Fault::offline())?;
    match status {
        200..=299 => Ok(text),
        _ => Err(serde_json::from_str(&text).unwrap_or_else(|_| Fault::of_status(status))),
    }
}

async fn send(name: &str, body: &str) -> Result<(u16, String), JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    headers.set("accept", "application/json")?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(body));
    let answer =
        JsFuture::from(window().fetch_with_str_and_init(&format!("/fn/{name}"), &init)).await?;
    let response: Response = answer.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}
