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
    for path in [
        "/train".to_owned(),
        format!("/runs/{RUNNING}"),
        format!("/runs/{RUNNING}/rollouts"),
        format!("/runs/{RUNNING}/report"),
    ] {
        let page = site.get(&path, visitor()).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.has("Sign in first").lacks("Learns to buy").lacks("Enamel Kettle").lacks("hostile");
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
    page.has(&format!("href=\"/runs/{DONE}/report\"")).has("Evaluated after iteration 40");
    page.has("souk train --preset laptop --seed 7").has("All settings").has("SHA-256");
    page.lacks("left. ");
}

#[tokio::test]
async fn a_runs_log_is_read_and_what_a_job_printed_is_text() {
    run(DONE, "").await.has(&format!("href=\"/research/run-log?run={DONE}\""));
    let log = page(&format!("/research/run-log?run={DONE}")).await;
    log.has("Log of Learnt to buy").has("Worked on by this machine").has("+1 s");
    log.has("&lt;b&gt;iteration 1&lt;/b&gt; took 61.0 s");
    page("/research/run-log").await.has("A log is a run");
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

async fn report(id: RunId) -> Rendered {
    let page = page(&format!("/runs/{id}/report")).await;
    assert_eq!(page.status, StatusCode::OK);
    page
}

/// What stands between two texts, the first of each.
#[track_caller]
fn between<'a>(page: &'a Rendered, from: &str, to: &str) -> &'a str {
    let (_, rest) = page.html.split_once(from).expect("the beginning");
    rest.split_once(to).expect("the end").0
}

#[tokio::test]
async fn a_report_tells_what_was_gained_and_what_is_kept() {
    let done = report(DONE).await;
    done.has("Report: Learnt to buy").has(&format!("href=\"/runs/{DONE}\""));
    // Gains of 0.6; 0.4 and 0.2; 0.15.
    done.has("After 40 iterations, 20 min of work, the buyer's reward against its counterpart went from \u{2212}0.1 [\u{2212}0.225, 0.025] to 0.5 [0.375, 0.625]. It keeps 50% of this gain against families it never met. It keeps 25% of this gain against hostile manners.");
    done.has("Base souk-demo. Evaluated on 24 products").has("at temperature 0.8.");
    let running = report(RUNNING).await;
    running.has("After 10 iterations, 5 min of work").has("to 0.05 [");
    running.has("The intervals overlap: this gain may be chance.").lacks("How it bargained");
}

#[tokio::test]
async fn a_report_without_an_evaluation_says_how_to_get_one() {
    let queued = report(QUEUED).await;
    queued.has("has not been evaluated").has("[evaluation]").lacks("<table").lacks("curve-frame");
    run(QUEUED, "").await.lacks("Report: before and after");
    let base = report(FAILED).await;
    base.has("The run has not been evaluated after learning yet.").has("The base alone");
    base.lacks("Who learns").lacks(" → ").lacks("who learns gets more");
    run(FAILED, "").await.has("Report: before and after").has("The base is evaluated");
}

#[tokio::test]
async fn a_report_draws_and_tabulates_the_figures() {
    let page = report(DONE).await;
    page.has("Reward, read out: Its own counterpart: 0.5 at iteration 40");
    for line in ["Its own counterpart", "Families it never met", "Hostile manners", "In training"] {
        assert!(between(&page, "class=\"line-key\"", "</ul>").contains(line), "{line}");
        page.has(&format!("whitespace-normal\">{line}</th>"));
    }
    let at_30 = between(&page, "bg-base-200\">30</th>", "</tr>");
    for mean in [">0.35<", ">0.125<", ">\u{2212}0.188<", ">0.4<"] {
        assert!(at_30.contains(mean), "no {mean} in {at_30}");
    }
    let own = between(&page, "bg-base-200\">late, begging</th>", "</tr>");
    assert!(own.contains("\u{2212}0.1 → <strong>0.5</strong>"), "{own}");
    assert!(own.contains("the intervals do not overlap"), "{own}");
    assert!(own.contains("[\u{2212}0.225, 0.025] → [0.375, 0.625]"), "{own}");
    assert!(own.contains("none → 0.25<"), "{own}");
    let stubborn = between(&page, "bg-base-200\">stubborn-heldout, neutral</th>", "</tr>");
    assert!(stubborn.contains("\u{2212}0.2 → 0<"), "{stubborn}");
    assert!(!stubborn.contains("<strong>"), "{stubborn}");
    page.has("scope=\"rowgroup\"").has("First offer to own limit").lacks("Walked away rightly");
}

#[tokio::test]
async fn a_report_sets_who_learns_beside_fixed_rules() {
    let page = report(DONE).await;
    page.has("Against late, begging: who learns gets more than 1 of 2 fixed rules");
    page.has("Against late, insulting: who learns gets more than 0 of 2 fixed rules");
    let own = between(&page, "1 of 2 fixed rules</span></caption>", "</table>");
    let order = ["tough", "<strong>Who learns, after 40 iterations</strong>", "linear", "The base"];
    let places: Vec<_> = order.iter().map(|name| own.find(name).expect(name)).collect();
    assert!(places.is_sorted(), "{places:?} in {own}");
    assert_eq!(own.matches("class=\"strip ").count(), 4);
}

#[tokio::test]
async fn a_report_shows_the_same_talk_before_and_after() {
    let page = report(DONE).await;
    page.has("How it bargained, before and after").has("The buyer pays up to $83.17");
    page.has("I can pay $80.").has("No ending, no reward. ").has("Accepts $60.00");
    page.has("Deal at $60.00, reward 0.73. ").has("Buyer, who learns").has("Seller, late");
    page.has(&format!("/replay/{}", uuid::Uuid::from_u128(0xa0)));
    let levels = page.html.split("<h").skip(1).filter_map(|rest| {
        let level = rest[..1].parse::<u8>().ok()?;
        rest[1..].starts_with([' ', '>']).then_some(level)
    });
    let levels: Vec<u8> = levels.collect();
    assert!(levels.windows(2).all(|two| two[1] <= two[0] + 1), "{levels:?}");
    assert!(levels.contains(&4));
}

#[tokio::test]
async fn what_is_no_run_says_so() {
    let nobody = format!("/runs/{}", uuid::Uuid::nil());
    for path in ["/runs/not-an-id".to_owned(), format!("{nobody}/report"), nobody] {
        let page = page(&path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.has("Go to the market");
    }
}
