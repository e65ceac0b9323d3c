//! The page as a whole: landmarks, routes, what every page shares.

use leptos::prelude::*;
use leptos_meta::{Meta, Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use leptos_router::{SsrMode, path};

use crate::chunk::Page;
use crate::live::Live;
use crate::pages;
use crate::parts::{Footer, Header};

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Live::provide();
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Souk".to_owned() } else { format!("{title} · Souk") }
        }/>
        <Meta name="description" content="A market where people and agents bargain with private limits."/>
        <Router>
            <a href="#main" rel="external" class="skip-link">"Skip to the content"</a>
            <Header/>
            <Arrival/>
            <main id="main" tabindex="-1" class="mx-auto w-full max-w-6xl grow px-4 pb-16 pt-6 sm:px-6 outline-none">
                <FlatRoutes fallback=pages::NotFound>
                    <Route path=path!("/") view=Page::Market ssr=SsrMode::Async/>
                    <Route path=path!("/stall/:id") view=Page::Stall ssr=SsrMode::Async/>
                    <Route path=path!("/talk/:id") view=Page::Talk ssr=SsrMode::Async/>
                    <Route path=path!("/join/:id/:token") view=Page::Join ssr=SsrMode::Async/>
                    <Route path=path!("/watch") view=Page::Watch ssr=SsrMode::Async/>
                    <Route path=path!("/watch/:id") view=Page::WatchOne ssr=SsrMode::Async/>
                    <Route path=path!("/replay/:id") view=Page::Replay ssr=SsrMode::Async/>
                    <Route path=path!("/me") view=Page::Mine ssr=SsrMode::Async/>
                    <Route path=path!("/about") view=Page::About ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in") view=Page::SignIn ssr=SsrMode::Async/>
                    <Route path=path!("/auth/link/:token") view=Page::FirstLink ssr=SsrMode::Async/>
                    <Route path=path!("/research") view=Page::Research ssr=SsrMode::Async/>
                    <Route path=path!("/research/ladders") view=Page::Sheet ssr=SsrMode::Async/>
                    <Route path=path!("/research/studies") view=Page::Sheet ssr=SsrMode::Async/>
                    <Route path=path!("/research/:sheet") view=Page::Sheet ssr=SsrMode::Async/>
                    <Route path=path!("/research/episodes/:id") view=Page::Sheet ssr=SsrMode::Async/>
                    <Route path=path!("/research/counterfactuals/:id") view=Page::Sheet ssr=SsrMode::Async/>
                    <Route path=path!("/ladders/:id") view=Page::Sheet ssr=SsrMode::Async/>
                    <Route path=path!("/studies/:id") view=Page::Sheet ssr=SsrMode::Async/>
                    <Route path=path!("/models") view=Page::Models ssr=SsrMode::Async/>
                    <Route path=path!("/train") view=Page::Train ssr=SsrMode::Async/>
                    <Route path=path!("/evaluate") view=Page::Evaluate ssr=SsrMode::Async/>
                    <Route path=path!("/suites/:id") view=Page::Suite ssr=SsrMode::Async/>
                    <Route path=path!("/runs/:id") view=Page::Run ssr=SsrMode::Async/>
                    <Route path=path!("/runs/:id/rollouts") view=Page::Rollouts ssr=SsrMode::Async/>
                    <Route path=path!("/runs/:id/report") view=Page::Report ssr=SsrMode::Async/>
                </FlatRoutes>
            </main>
            <Footer/>
        </Router>
    }
}

/// After a change of page inside the browser the focus goes to the content, as a fresh page's would.
/// Also marks the document once its handlers are in place.
#[component]
fn Arrival() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        match before {
            None => {
                if let Some(root) = document().document_element() {
                    _ = root.set_attribute("data-hydrated", "true");
                }
            }
            Some(before) if before != now => {
                if let Some(main) = document().get_element_by_id("main") {
                    use leptos::wasm_bindgen::JsCast;
                    if let Ok(main) = main.dyn_into::<leptos::web_sys::HtmlElement>() {
                        _ = main.focus();
                    }
                }
            }
            Some(_) => {}
        }
        now
    });
}
