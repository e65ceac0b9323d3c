//! Suites of evaluations: the list, and one that is done and one that goes on.

use axum::http::StatusCode;
use testkit::backend::{FakeBackend, MEASURED, MEASURING};

use super::{Rendered, Site, visitor};

async fn page(path: &str) -> Rendered {
    let mut page = Site::new().get(path, FakeBackend::researcher(9)).await;
    // Marks between texts, for hydration.
    page.html = page.html.replace("<!>", "");
    assert_eq!(page.html.matches("<h1").count(), 1, "{path} has one main heading");
    page
}

#[tokio::test]
async fn suites_are_for_researchers() {
    let site = Site::new();
    for path in ["/evaluate".to_owned(), format!("/suites/{MEASURED}")] {
        let page = site.get(&path, visitor()).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.has("Sign in first").lacks("Base against rules").lacks("persuadable");
    }
    site.get("/research", FakeBackend::researcher(9)).await.has("href=\"/evaluate\"");
}

#[tokio::test]
async fn the_list_tells_how_each_stands_and_what_to_do_without_any() {
    let list = page("/evaluate").await;
    list.has("Still playing").has("64 of 256 episodes, about 90 s left").has("running</span>");
    list.has("256 of 256 episodes").has("done</span>").has("paper-table-1");
    list.has("What would it take?").has("Who is measured");
    let site = Site::new();
    site.backend.set_untrained(true);
    let empty = site.get("/evaluate", FakeBackend::researcher(9)).await;
    empty.has("No suite yet").has("Start the suite").lacks("Still playing");
}

#[tokio::test]
async fn a_suite_tells_who_is_better_and_how_sure_that_is() {
    let done = page(&format!("/suites/{MEASURED}")).await;
    done.has("Base against rules").has("As the buyer").lacks("As the seller");
    done.has("Mean reward: rows are who is measured").has("regulated (insulting)");
    done.has("Who is better").has("[0.2, 0.4]").has("reported: a paper").has("0.766");
    done.has("Cheapest fifth").has("Mean reward by interests and by price");
    done.has("souk eval --plan custom").has("The plan as it was resolved");
    let partly = page(&format!("/suites/{MEASURING}")).await;
    partly.has("none yet").has("64 of 256 episodes");
    let missing = Site::new().get("/suites/0190", FakeBackend::researcher(9)).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}
