//! The table of episodes, one in full, ratings.

use app::backend::Backend;
use axum::http::StatusCode;
use rules::{Act, Mills, Role};
use testkit::backend::{BUDGET, COUNTERFACTUAL, FakeBackend, LADDER, PRIVATE_LADDER, STUDY};
use wire::{EpisodeId, Rating};

use super::{Rendered, Site, visitor, written};

async fn page(site: &Site, path: &str) -> Rendered {
    let mut page = site.get(path, FakeBackend::researcher(9)).await;
    // Marks between texts, for hydration.
    page.html = page.html.replace("<!>", "");
    assert_eq!(page.html.matches("<h1").count(), 1, "{path} has one main heading");
    page
}

/// One that was left and one that goes on, by a visitor.
async fn played(site: &Site) -> [EpisodeId; 2] {
    let over = site.start(visitor(), Role::Buyer).await;
    site.play(visitor(), over, Act::Offer(Mills::from_dollars(20))).await;
    site.play(visitor(), over, Act::Quit).await;
    let open = site.start(visitor(), Role::Buyer).await;
    site.play(visitor(), open, Act::Offer(Mills::from_dollars(20))).await;
    [over, open]
}

#[tokio::test]
async fn they_are_for_researchers() {
    let site = Site::new();
    let [over, _] = played(&site).await;
    for path in [
        "/research/episodes".to_owned(),
        format!("/research/episodes/{over}"),
        "/research/ratings".to_owned(),
    ] {
        let page = site.get(&path, visitor()).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
        page.has("Sign in first").lacks("cash");
    }
    let desk = site.get("/research", FakeBackend::researcher(9)).await;
    desk.has("href=\"/research/episodes\"").has("What ran").has("Base against rules");
}

#[tokio::test]
async fn the_table_shows_what_fits_and_keeps_limits_until_the_end() {
    let site = Site::new();
    let empty = page(&site, "/research/episodes").await;
    empty.has("No episode yet").lacks("<tbody>");
    let [over, open] = played(&site).await;
    let all = page(&site, "/research/episodes").await;
    all.has(&format!("/research/episodes/{over}")).has(&format!("/research/episodes/{open}"));
    // The page has its body twice: drawn, and as data to begin from.
    assert_eq!(all.html.matches(&BUDGET.to_string()).count(), 2, "of the one that is over");
    let quits = page(&site, "/research/episodes?ending=quit&tag=&min_price=x").await;
    quits.has(&format!("/research/episodes/{over}")).lacks(&format!("/research/episodes/{open}"));
    quits
        .has("Drop the condition ending: quit")
        .has("value=\"quit\" selected")
        .lacks("price from:");
    let none = page(&site, "/research/episodes?buyer=nobody").await;
    none.has("No episode fits all of these conditions").has("href=\"/research/episodes\"");
}

#[tokio::test]
async fn a_page_leads_to_the_next() {
    let site = Site::new();
    for _ in 0..51 {
        site.start(visitor(), Role::Buyer).await;
    }
    let first = page(&site, "/research/episodes?seller=linear").await;
    first.has("Next page").lacks("To the first page");
    let next = first.html.split("href=\"").filter_map(|rest| rest.split('"').next());
    let next = next.filter(|href| href.contains("after=")).last().expect("a link");
    let second = page(&site, &next.replace("&amp;", "&")).await;
    second.has("To the first page").lacks("Next page");
    assert_eq!(second.html.matches("<tr").count(), 2, "a head and the last one");
}

#[tokio::test]
async fn an_episode_is_told_in_full() {
    let site = Site::new();
    let [over, open] = played(&site).await;
    let whole = page(&site, &format!("/research/episodes/{over}")).await;
    whole.has("I can pay in cash.").has("Efficiency").has("Surplus lost").has("77001");
    whole.has("First offer, of the own limit").has("Rewards, term by term").has("No tag yet");
    whole.has(&BUDGET.to_string()).has("As a table");
    whole.has("Words by probability").has("perplexity").has("shade-4").has("Least likely");
    // Who sits there sees what that seat sees.
    let sitting = FakeBackend::researcher(9);
    let own = site.start(sitting, Role::Seller).await;
    let seen = page(&site, &format!("/research/episodes/{own}")).await;
    for text in written(BUDGET) {
        seen.lacks(&text);
    }
    seen.has("who sits at the table is not shown").lacks("Rewards, term by term");
    page(&site, &format!("/research/episodes/{open}")).await.has("Watch it live");
    for path in ["/research/episodes/0190", "/research/episodes/not-an-id"] {
        let missing = site.get(path, sitting).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn tags_and_ratings_are_shown_and_escaped() {
    let site = Site::new();
    let [over, _] = played(&site).await;
    let me = FakeBackend::researcher(9);
    site.backend.tag_episode(me, over, "<b>odd</b>", true).await.expect("is tagged");
    let rating = Rating {
        scale: "sense".into(),
        score: 2,
        note: "It says <i>nothing</i>.".into(),
        rater: String::new(),
        own: true,
    };
    site.backend.rate_episode(me, over, rating).await.expect("is rated");
    let whole = page(&site, &format!("/research/episodes/{over}?problem=rating")).await;
    whole.has("sense: 2 of 5, you").has("&lt;i&gt;nothing").lacks("<i>nothing").lacks("<b>odd");
    whole.has("A rating has a scale of 1 to 40 characters").has("%3Cb%3Eodd");
    page(&site, "/research/episodes?tag=%3Cb%3Eodd%3C%2Fb%3E").await.has("tag: &lt;b&gt;odd");
    page(&site, "/research/ratings").await.has("0.815").has("Krippendorff");
}

#[tokio::test]
async fn ladders_are_listed_for_researchers_and_shown_to_all_where_they_are_public() {
    let site = Site::new();
    site.get("/research/ladders", visitor()).await.has("Sign in first").lacks("on the test split");
    let list = page(&site, "/research/ladders?problem=ladder_conditions").await;
    list.has("Buyers on the test split").has("being worked out").has("Not for all");
    list.has("Conditions look like").has("action=\"/research/ladders\"");
    let own = page(&site, &format!("/ladders/{LADDER}")).await;
    own.has("DEMO (demo)")
        .has("1 (1 to 2)")
        .has("[0.07, 0.17]")
        .has("70%")
        .has("Compared with nobody: hermit");
    own.has("without 31 of the 128 products").has("split=test").has("Delete this ladder");
    let public = site.get(&format!("/ladders/{LADDER}"), visitor()).await;
    assert_eq!(public.status, StatusCode::OK);
    public.has("DEMO (demo)").lacks("Delete this ladder").lacks("/research/ladders");
    page(&site, &format!("/ladders/{PRIVATE_LADDER}")).await.has("It is being worked out.");
    let private = site.get(&format!("/ladders/{PRIVATE_LADDER}"), visitor()).await;
    assert_eq!(private.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_if_shows_both_arms_and_what_is_wrong_with_a_wish() {
    let site = Site::new();
    let [over, open] = played(&site).await;
    let path = format!("/research/episodes/{over}");
    let asking = page(&site, &format!("{path}?after=1&refused=Rollouts%20are%20few.")).await;
    asking.has("Rollouts are few.").has("<option value=\"1\" selected>message 1").has("Play it on");
    asking.has(&format!("/research/counterfactuals/{COUNTERFACTUAL}")).has("Behind message 2");
    page(&site, &format!("/research/episodes/{open}")).await.lacks("Play it on");
    let path = format!("/research/counterfactuals/{COUNTERFACTUAL}");
    let both = page(&site, &path).await;
    both.has("the next message offers $60.00, boulware is the seller; 10 rollouts each");
    both.has("8 of 20 episodes are played")
        .has("changed: 3 of 4 were deals")
        .has("as it was: 2 of 4");
    both.has("$62.00").has("[0.3, 0.95]").has("“was” is the price of the episode itself");
    site.get(&path, visitor()).await.has("Sign in first").lacks("boulware");
}

#[tokio::test]
async fn figures_are_drawn_with_their_numbers_behind() {
    let site = Site::new();
    page(&site, "/research/figures").await.has("Nothing to draw").lacks("<svg viewBox=\"0 0 720");
    played(&site).await;
    let drawn = page(&site, "/research/figures?buyer=person").await;
    drawn.has("All 1 scored episodes that fit").has("Offers by round").has("class=\"line-buyer\"");
    drawn.has("/research/figures/rewards.csv?buyer=person").has("data-png=").has("As a table");
    drawn.has("Drop the condition buyer: person").has("action=\"/research/figures\"");
    site.get("/research/figures", visitor()).await.has("Sign in first");
    page(&site, "/research/episodes?buyer=person").await.has("/research/figures?buyer=person");
}

#[tokio::test]
async fn two_are_compared_on_what_both_played() {
    let site = Site::new();
    page(&site, "/research/compare").await.has("Compare two").lacks("cannot be told");
    let path = "/research/compare?role=seller&a=demo&b=linear&split=test";
    let both = page(&site, path).await;
    both.has("demo earns more than linear.")
        .has("[0.1, 0.2]")
        .has("256 scenarios over 128 products");
    both.has("/research/episodes?seller=demo&amp;split=test").has("77 for 0.05").has("Nowhere.");
    both.has("value=\"test\"").has("<option value=\"seller\" selected");
    page(&site, "/research/compare?a=demo&b=nobody").await.has("never played the same scenario");
    site.get(path, visitor()).await.has("Sign in first").lacks("earns more");
}

#[tokio::test]
async fn markets_are_drawn_with_their_equilibrium() {
    let site = Site::new();
    site.get("/research/markets", visitor()).await.has("Sign in first").lacks("By mechanism");
    let shown = page(&site, "/research/markets?population=bazaar&seed=3&talks=2").await;
    shown
        .has("In equilibrium 2 would be traded at $20.00 to $25.00; 1 were sold, at a mean of $22.00.")
        .has("Tea &amp; &lt;b&gt;more&lt;/b&gt;")
        // 20 of 25.
        .has("80%")
        .has("value=\"3\"")
        .has("sold in step 1 for $22.00");
    let path = "/research/markets?view=shares";
    site.get(path, visitor()).await.has("Sign in first").lacks("boulware");
    page(&site, path).await.has("thin: boulware in place of conceder").lacks("Differences");
    let id = "00000000-0000-0000-0000-000000000007";
    page(&site, &format!("{path}&id={id}"))
        .await
        .has("souk market share thin --of conceder --by boulware --seeds 4")
        .has("100% less 0%, paired by seed")
        .has("mean price of the list price, over sales")
        .has("<td>−0.1 [−0.15, −0.05]</td>");
}

#[tokio::test]
async fn studies_are_for_researchers_with_all_their_parts() {
    let site = Site::new();
    site.get("/research/studies", visitor()).await.has("Sign in first").lacks("Base against");
    page(&site, "/research/studies?problem=study_slug_unique")
        .await
        .has("Base against RLVR-trained")
        .has("7 completed, 1 under way")
        .has("choose another");
    let at = |view: &str| format!("/studies/{STUDY}?view={view}");
    page(&site, &at("overview")).await.has("Completion codes").has("C0DE").has("Preregistration");
    page(&site, &at("file")).await.has("It is frozen since the launch").has("more pay");
    let changed = page(&site, &at("file&compare=2")).await;
    changed.has("\u{2212} base = 199").has("+ base = 250").lacks("+ currency");
    page(&site, &at("participants")).await.has("negotiating").has("over: complete").has("3.10");
    let results = page(&site, &at("results")).await;
    results
        .has("trained less base: 0.1")
        .has("1: was too fast")
        .has("more than 1,000")
        .has("machine 100%");
    page(&site, &at("participants")).await.has("0:31").has("Where they are");
    let one = uuid::Uuid::from_u128(0x502);
    page(&site, &at(&format!("participant&who={one}")))
        .await
        .has("&lt;5&gt;")
        .has("pasted, message 3")
        .has("Take &lt;b&gt;your&lt;/b&gt; time.")
        .has("base: reward 0.6, bonus 0.60");
    page(&site, &at("build")).await.has("It is frozen since the launch");
    page(&site, &at("payments")).await.has("Make the file for Prolific: 0.60");
    page(&site, &at("payments")).await.has("0.60 GBP are not told").has("Erase all identities");
    let missing = site.get("/studies/not-an-id", FakeBackend::researcher(9)).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}
