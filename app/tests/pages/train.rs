//! Training runs: a page in each state of a run.

use axum::http::StatusCode;
use testkit::backend::{DONE, FAILED, FakeBackend, PAUSED, QUEUED, RUNNING};
use wire::RunId;

use super::{Rendered, Site, visitor};

async fn page(path: &str) -> Rendered {
    let mut page = Site::new().get(path, FakeBackend::researcher(9)).await;
    // Marks between texts, for hydration.
    page.html = page.html.replace("<!>", "");
    assert_eq!(page.html.matches("<h1").count(), 1, "{path} has one main heading");
    page
}

async fn run(id: RunId, query: &str) -> Rendered {
    page(&format!("/runs/{id}{query}")).await
}

/// The attributes of the button with that text.
#[track_caller]
fn button<'a>(page: &'a Rendered, text: &str) -> &'a str {
    let end = page.html.find(&format!(">{text}</button>")).expect("the button");
    let start = page.html[..end].rfind("<button").expect("its start");
    &page.html[start..end]
}

#[tokio::test]
async fn runs_are_for_researchers() {
    let site = Site::new();
    for path in
        ["/train".to_owned(), format!("/runs/{RUNNING}"), format!("/runs/{RUNNING}/rollouts")]
    {
        let page = site.get(&path, visitor()).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.has("Sign in first").lacks("Learns to buy").lacks("Enamel Kettle");
        assert_eq!(page.html.matches("<h1").count(), 1, "{path}");
    }
    site.get("/research", FakeBackend::researcher(9)).await.has("href=\"/train\"");
}

#[tokio::test]
async fn the_list_shows_each_state_and_what_to_do_without_any() {
    let list = page("/train").await;
    for text in ["queued", "running", "paused", "failed", "done"] {
        list.has(&format!("{text}</span>"));
    }
    list.has("Iteration 25 of 40").has("Mean reward, from \u{2212}0.18 to 0.3");
    list.has("Make room, then try again").has("No training worker was heard from");
    list.has("Not here: ").has("Needs an accelerator").has("The file of laptop");

    let site = Site::new();
    site.backend.set_untrained(true);
    let empty = site.get("/train", FakeBackend::researcher(9)).await;
    empty.has("No run yet").has("Choose a preset").has("Start the run").lacks("Iteration 25");
}

#[tokio::test]
async fn a_queued_run_has_no_curves_yet() {
    let page = run(QUEUED, "").await;
    page.has("Nothing is measured yet").has("No training worker").has("None is kept yet.");
    page.lacks("curve-frame");
    assert!(button(&page, "Resume").contains("disabled"));
    assert!(!button(&page, "Cancel the run").contains("disabled"));
    let rollouts = self::page(&format!("/runs/{QUEUED}/rollouts")).await;
    rollouts.has("Nothing is rolled out yet");
}

#[tokio::test]
async fn a_running_run_shows_its_curves_in_groups() {
    let page = run(RUNNING, "").await;
    page.has("About 7 min left").has("Now: rollout.").has("Worked 12 min");
    for group in ["Outcome", "Talk", "Learning", "Machine", "Others"] {
        page.has(&format!("aria-label=\"{group}\""));
    }
    page.has("Reward, mean: 0.3 at iteration 25, between \u{2212}0.18 and 0.3");
    page.has("curve-band").has("curve-reach").has(">Curriculum<");
    // Not measured, not drawn.
    page.lacks("Gradient norm");
    page.has("9 to 20: no phase with a name, a change at 9 with 60%").has("phase-persuasion");
    page.has("The entropy fell below a third");
    assert!(!button(&page, "Pause").contains("disabled"));
    assert!(button(&page, "Try again").contains("disabled"));
    page.has(&format!("href=\"/runs/{RUNNING}/rollouts\"")).has(">Publish<");
}

#[tokio::test]
async fn the_address_says_how_curves_are_drawn() {
    let look = format!("?x=time&log=1&smooth=60&with={DONE},{}", RunId(uuid::Uuid::nil()));
    let page = run(RUNNING, &look).await;
    page.has("smoothed").has("curve-measured").has("min</text>").has("60");
    page.has("values at or below 0 have no logarithm");
    page.has("curve-line-1").has("line-key").has("Some of the runs to lay over are not here");
    run(RUNNING, "").await.lacks("curve-measured").lacks("curve-line curve-line-1");
}

#[tokio::test]
async fn a_failed_run_says_why_and_may_be_tried_again() {
    let page = run(FAILED, "").await;
    page.has("Make room, then try again").has("disk_full");
    assert!(!button(&page, "Try again").contains("disabled"));
    assert!(button(&page, "Pause").contains("disabled"));
    assert!(!button(&run(PAUSED, "").await, "Resume").contains("disabled"));
}

#[tokio::test]
async fn a_finished_run_has_results() {
    let page = run(DONE, "").await;
    page.has("learnt-40").has("Play this checkpoint").has("Publish iteration 30");
    page.has("0.5 (0.375 to 0.625)").has(">base<").has(">none<").has("Bargained ratio");
    page.has("souk train --preset laptop --seed 7").has("All settings").has("SHA-256");
    page.lacks("left. ");
}

#[tokio::test]
async fn rollouts_are_read_token_by_token() {
    let at = |query: &str| format!("/runs/{DONE}/rollouts{query}");
    let latest = page(&at("")).await;
    latest.has("Groups of iteration 40").has("up to $83.17").has("mean \u{2212}0.25");
    latest.has("Rewards \u{2212}1, \u{2212}0.5, 0, 0.5").lacks("class=\"members\"");
    latest.has(&format!("/runs/{DONE}/rollouts?iteration=39"));

    let group = page(&at("?iteration=12&group=0")).await;
    group.has("Iteration 12, group 1: Enamel Kettle no. 0").has("Member 4").has("token-read");
    group.has("token-own shade-4").has(" price &lt;&amp;&gt;").has("below 1%");
    group.has("probability 0.002").has("/replay/").has("was cut off");
    group.has("Reward 0.5, advantage 0.75").has("The seller walked away");
    let entropy = page(&at("?iteration=12&group=0&colour=entropy")).await;
    entropy.has("2 and more");
    let plain = page(&at("?iteration=12&group=0&colour=none")).await;
    plain.has("token-own").lacks("shade-");
}

#[tokio::test]
async fn rollouts_are_found_by_text_and_by_product() {
    let at = |query: &str| format!("/runs/{DONE}/rollouts{query}");
    let found = page(&at("?q=offer")).await;
    found.has("Messages with “offer”").has("I offer $60.").has("iteration=40&amp;group=0");
    page(&at("?q=elephant")).await.has("No message has that");
    let across = page(&at("?product=souk.home-kitchen_2")).await;
    across.has("Groups over souk.home-kitchen_2").has("Iteration 40, group 2");
    page(&at("?iteration=99")).await.has("No group is kept here");
    let missing = page(&at("?iteration=12&group=9")).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    missing.has("There is no such group.");
}

#[tokio::test]
async fn what_is_no_run_says_so() {
    for path in ["/runs/not-an-id".to_owned(), format!("/runs/{}", uuid::Uuid::nil())] {
        let page = page(&path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.has("Go to the market");
    }
}
