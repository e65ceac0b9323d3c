//! Any page that the server lays out whole.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_query_map};

use crate::answer::Answer;
use crate::api;
use crate::browser;
use crate::parts::{Loaded, SignedOut, lines_skeleton};
use crate::sheet::{self, Query};

#[component]
pub fn Sheet() -> impl IntoView {
    let path = use_location().pathname;
    let query = use_query_map();
    let asked = move || {
        let pairs = query.get().into_iter().map(|(key, value)| (key.into_owned(), value));
        (path.get(), pairs.collect::<Query>())
    };
    let page = Answer::new(asked, |(path, query)| async move {
        match api::sheet_at(path.clone(), query.clone()).await {
            Ok(sheet) => Ok(Some((path, query, sheet))),
            // Said by the page itself, with a way in, rather than as a fault.
            Err(fault) if fault.0.status == 401 => Ok(None),
            Err(fault) => Err(fault),
        }
    });
    view! {
        <Loaded
            resource=page
            skeleton=lines_skeleton
            render=|found| match found {
                Some((path, query, sheet)) => {
                    view! { <Title text=sheet.title.clone()/> <Shown path query sheet/> }.into_any()
                }
                None => view! { <Title text="Research"/> <SignedOut about="episodes and what they tell"/> }.into_any(),
            }
        />
    }
}

/// A sheet, also as a part of another page.
#[component]
pub fn Shown(path: String, query: Query, sheet: sheet::Sheet) -> impl IntoView {
    let now = RwSignal::new(sheet);
    Effect::new(move |_| spawn_local(keep_looking(now, path.clone(), query.clone())));
    view! {
        <div on:click=save_png inner_html=move || now.with(|sheet| sheet.body.clone())></div>
    }
}

/// Buttons that name a drawing save it as pixels: only a browser paints.
fn save_png(event: leptos::ev::MouseEvent) {
    use leptos::wasm_bindgen::JsCast;
    let target =
        event.target().and_then(|target| target.dyn_into::<leptos::web_sys::Element>().ok());
    let button = target.and_then(|target| target.closest("[data-png]").ok().flatten());
    let Some(button) = button else { return };
    let told = |name: &str| button.get_attribute(name).unwrap_or_default();
    let (address, file, size) = (told("data-png"), told("data-name"), told("data-size"));
    let size = size.split_once(' ').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    spawn_local(async move {
        if let (Some(svg), Some(size)) = (browser::text_at(&address).await, size) {
            browser::download_png(file, &svg, size);
        }
    });
}

/// While the page says that it will be another one.
async fn keep_looking(now: RwSignal<sheet::Sheet>, path: String, query: Query) {
    while let Some(Some(again)) = now.try_with_untracked(|sheet| sheet.again_ms) {
        browser::sleep(again).await;
        if let Ok(sheet) = api::sheet_at(path.clone(), query.clone()).await
            && now.try_set(sheet).is_some()
        {
            return;
        }
    }
}
