//! Any page that the server lays out whole.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_query_map};

use super::for_researchers;
use crate::answer::Answer;
use crate::api;
use crate::parts::{Loaded, SignedOut, lines_skeleton};

#[component]
pub fn Sheet() -> impl IntoView {
    let path = use_location().pathname;
    let query = use_query_map();
    let asked = move || {
        let pairs = query.get().into_iter().map(|(key, value)| (key.into_owned(), value));
        (path.get(), pairs.collect::<crate::sheet::Query>())
    };
    let page = Answer::new(asked, |(path, query)| for_researchers(api::sheet_at(path, query)));
    view! {
        <Loaded
            resource=page
            skeleton=lines_skeleton
            render=|found| match found {
                Some(sheet) => view! { <Title text=sheet.title/> <div inner_html=sheet.body></div> }.into_any(),
                None => view! { <Title text="Research"/> <SignedOut about="episodes and what they tell"/> }.into_any(),
            }
        />
    }
}
