//! What researchers find and write, over the API and by the forms of their pages.

use rules::Act;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wire::{
    CounterfactualPage, Dossier, EpisodeHits, GroupCard, LadderPage, LadderStatus, PairPage,
    PlanCard, PresetCard, RunHead, RunPage, RunStatus, ScaleAgreement, Series, SuiteEstimate,
    SuiteHead, SuitePage,
};

use crate::account::{key, link, user};
use crate::secrets::assert_untold;
use crate::world::*;

#[tokio::test]
async fn episodes_are_found_and_told_to_researchers_alone() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "boulware").await;
    ada.play(id, offer(30)).await;
    ada.moves(id, 2).await;
    ada.play(id, Act::Quit).await;
    let reader = Client::with_key(&world.base, &key(&world, &["read"]).await);
    let search = "/api/v1/research/episodes?buyer=person&ending=quit&order=buyer_reward_up";
    let hits: EpisodeHits = reader.fetch(search).await;
    assert_eq!(hits.items.len(), 1);
    assert_eq!(hits.items[0].limits.map(|limits| limits.seller), Some(COST));
    let none: EpisodeHits = reader.fetch("/api/v1/research/episodes?seller=person").await;
    assert!(none.items.is_empty() && !none.more);
    let (status, told) = reader.get("/api/v1/research/episodes?order=best").await;
    assert_eq!(status.as_u16(), 400, "{told}");
    let dossier: Dossier = reader.fetch(&format!("/api/v1/research/episodes/{id}")).await;
    assert!(dossier.reveal.is_some() && dossier.origin.seed.is_some());
    for path in [
        search.to_owned(),
        format!("/api/v1/research/episodes/{id}"),
        "/api/v1/research/ratings".to_owned(),
    ] {
        assert_eq!(ada.get(&path).await.0.as_u16(), 401, "{path}");
        // A key may do what it was made for.
        let player = Client::with_key(&world.base, &key(&world, &["play"]).await);
        assert_eq!(player.get(&path).await.0.as_u16(), 403, "{path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn who_sits_at_the_table_finds_no_limit_there() {
    let world = World::new().await;
    let me = Client::with_key(&world.base, &key(&world, &["play", "read"]).await);
    let id = me.start("me", "boulware").await;
    me.play(id, offer(30)).await;
    let hits: EpisodeHits = me.fetch("/api/v1/research/episodes").await;
    assert_eq!(hits.items.len(), 1);
    let dossier: Dossier = me.fetch(&format!("/api/v1/research/episodes/{id}")).await;
    assert_eq!((dossier.reveal, dossier.origin.seed), (None, None));
    // Neither an export nor a condition tells of a talk that goes on.
    let mutual: EpisodeHits = me.fetch("/api/v1/research/episodes?interest=mutual").await;
    assert!(mutual.items.is_empty());
    me.get("/api/v1/research/export?format=jsonl").await;
    assert_untold("seller's", COST, &me);
    world.stop().await;
}

#[tokio::test]
async fn forms_label_and_rate_and_say_what_is_wrong() {
    let world = World::new().await;
    let (ada, eve) = (world.client(), world.client());
    let id = eve.start("boulware", "linear").await;
    let page = format!("/research/episodes/{id}");
    let to =
        |response: &reqwest::Response| response.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(eve.form(&format!("{page}/tags"), "tag=odd").await.status().as_u16(), 401);
    let token = link(&world, user(&world, "ada@example.org").await).await;
    ada.form(&format!("/auth/link/{token}"), "").await;
    let done = ada.form(&format!("{page}/tags"), "tag=+odd+").await;
    assert_eq!(to(&done), format!("{page}#notes"));
    ada.form(&format!("{page}/tags"), "tag=even").await;
    ada.form(&format!("{page}/tags"), "tag=even&away=true").await;
    ada.form(&format!("{page}/ratings"), "scale=sense&score=4&note=so").await;
    let wrong = ada.form(&format!("{page}/ratings"), "scale=sense&score=six").await;
    assert_eq!(to(&wrong), format!("{page}?problem=rating#notes"));
    let wrong = ada.form(&format!("{page}/tags"), "tag=++").await;
    assert_eq!(to(&wrong), format!("{page}?problem=episode_tag_short#notes"));
    let dossier: Dossier = ada.fetch(&format!("/api/v1/research/episodes/{id}")).await;
    assert_eq!(dossier.tags, ["odd"]);
    assert_eq!((dossier.ratings[0].score, dossier.ratings[0].own), (4, true));
    let scales: Vec<ScaleAgreement> = ada.fetch("/api/v1/research/ratings").await;
    assert_eq!((scales[0].mean, scales[0].alpha), (4.0, None));
    let (_, html) = ada.get(&page).await;
    assert!(html.contains("sense: 4 of 5, you"), "{html}");
    ada.form(&format!("{page}/ratings"), "scale=sense&score=").await;
    let dossier: Dossier = ada.fetch(&format!("/api/v1/research/episodes/{id}")).await;
    assert!(dossier.ratings.is_empty());
    // The same over the API.
    let program = Client::with_key(&world.base, &key(&world, &["read", "admin"]).await);
    let path = format!("/api/v1/research/episodes/{id}");
    let put = |path: String, body: Value| program.request(reqwest::Method::PUT, &path).json(&body);
    assert_eq!(program.ask(put(format!("{path}/tags/seen"), json!({}))).await.0.as_u16(), 204);
    let rating = json!({ "scale": "skill", "score": 5 });
    assert_eq!(program.ask(put(format!("{path}/ratings"), rating)).await.0.as_u16(), 204);
    let dossier: Dossier = program.fetch(&path).await;
    assert_eq!((dossier.tags, dossier.ratings.len()), (vec!["odd".to_owned(), "seen".into()], 1));
    world.stop().await;
}

#[tokio::test]
async fn the_archive_is_for_researchers_and_has_all_files() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "boulware").await;
    ada.play(id, offer(30)).await;
    let path = "/api/v1/research/export?format=csv&buyer=person";
    assert_eq!(ada.get(path).await.0.as_u16(), 401);
    let reader = Client::with_key(&world.base, &key(&world, &["read"]).await);
    let response = reader.request(reqwest::Method::GET, path).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/zip");
    let bytes = response.bytes().await.unwrap();
    let archive = zip::ZipArchive::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
    let names: Vec<_> = archive.file_names().map(|name| name.replace("souk-export/", "")).collect();
    for name in ["episodes.csv", "moves.csv", "events.csv", "codebook.md", "manifest.json"] {
        assert!(names.iter().any(|other| other == name), "{name} in {names:?}");
    }
    let (status, told) = reader.get("/api/v1/research/export?format=xml").await;
    assert_eq!(status.as_u16(), 400, "{told}");
    world.stop().await;
}

#[tokio::test]
async fn a_ladder_is_worked_out_and_shown_to_whom_it_may() {
    let world = World::new().await;
    let (ada, eve) = (world.client(), world.client());
    let token = link(&world, user(&world, "ada@example.org").await).await;
    ada.form(&format!("/auth/link/{token}"), "").await;
    for buyer in ["linear", "boulware"] {
        let at_once = json!({ "pace": { "interval_ms": 0, "paused": false } });
        let id = eve.start_with(buyer, "conceder", at_once).await;
        eve.until(id, is_over).await;
    }
    let to = |response: &reqwest::Response| {
        assert_eq!(response.status().as_u16(), 303);
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    let refused = eve.form("/research/ladders", "title=mine&conditions=").await;
    assert_eq!(refused.status().as_u16(), 401);
    let wrong = ada.form("/research/ladders", "title=all&conditions=who%3Dme").await;
    assert_eq!(to(&wrong), "/research/ladders?problem=ladder_conditions");
    let wrong = ada.form("/research/ladders", "title=+&conditions=").await;
    assert_eq!(to(&wrong), "/research/ladders?problem=ladder_title_short");
    let made = ada.form("/research/ladders", "title=All&conditions=seller%3Dconceder").await;
    let path = to(&made);
    let shown = soon("the ladder", async {
        loop {
            let (_, html) = ada.get(&path).await;
            if !html.contains("It is being worked out") {
                break html;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    for text in
        ["From 2 episodes over 1 product", "boulware", "linear", "Compared with nobody: conceder"]
    {
        assert!(shown.contains(text), "{text} in\n{shown}");
    }
    assert_eq!(eve.get(&path).await.0.as_u16(), 404);
    assert_eq!(to(&ada.form(&format!("{path}/public"), "public=true").await), path);
    let (status, seen) = eve.get(&path).await;
    assert_eq!(status.as_u16(), 200);
    assert!(seen.contains("boulware") && !seen.contains("seller=conceder"), "{seen}");
    assert_eq!(eve.form(&format!("{path}/delete"), "").await.status().as_u16(), 401);
    assert_eq!(to(&ada.form(&format!("{path}/delete"), "").await), "/research/ladders");
    assert_eq!(ada.get(&path).await.0.as_u16(), 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_episode_goes_on_otherwise_in_two_arms() {
    let world = World::new().await;
    let (ada, eve) = (world.client(), world.client());
    let token = link(&world, user(&world, "ada@example.org").await).await;
    ada.form(&format!("/auth/link/{token}"), "").await;
    let at_once = json!({ "pace": { "interval_ms": 0, "paused": false } });
    let id = eve.start_with("linear", "boulware", at_once).await;
    eve.until(id, is_over).await;
    let path = format!("/research/episodes/{id}/counterfactuals");
    let to = |response: &reqwest::Response| {
        assert_eq!(response.status().as_u16(), 303);
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    assert_eq!(eve.form(&path, "after=2&rollouts=4").await.status().as_u16(), 401);
    for (wish, told) in [
        ("after=99&rollouts=4", "only%20"),
        ("after=2&rollouts=4&offer=cheap", "is%20no%20price"),
        ("after=2&rollouts=0", "1%20to%20500"),
        ("after=2&rollouts=4&seller=nobody", "nobody"),
        ("after=2&rollouts=4&seller_persona=rude", "rude"),
    ] {
        let refused = to(&ada.form(&path, wish).await);
        assert!(refused.contains("refused=") && refused.contains(told), "{wish}: {refused}");
    }
    let wish = "after=2&rollouts=6&offer=39&seller=conceder&buyer=&seller_persona=insulting";
    let page = to(&ada.form(&path, wish).await);
    let html = soon("both arms", async {
        loop {
            let (_, html) = ada.get(&page).await;
            if html.contains("All 12 episodes are played") {
                break html;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    assert!(
        html.contains("conceder is the seller, the seller is insulting; 6 rollouts each"),
        "{html}"
    );
    let found: EpisodeHits = ada.fetch("/api/v1/research/episodes?seller=conceder").await;
    assert_eq!(found.items.len(), 6);
    let dossier: Dossier =
        ada.fetch(&format!("/api/v1/research/episodes/{}", found.items[0].summary.id)).await;
    assert_eq!(dossier.page.head.forked_from.map(|fork| fork.episode), Some(id));
    let was: Dossier = ada.fetch(&format!("/api/v1/research/episodes/{id}")).await;
    assert_eq!(was.counterfactuals.len(), 1);
    // What was kept is the same, what follows is the price that was asked for.
    let acts_of = |dossier: &Dossier| acts(&dossier.page.events);
    assert_eq!(acts_of(&dossier)[..2], acts_of(&was)[..2]);
    assert_eq!(acts_of(&dossier)[2], (rules::Role::Buyer, offer(39)));
    world.stop().await;
}

#[tokio::test]
async fn figures_are_files_for_researchers() {
    let world = World::new().await;
    let eve = world.client();
    let at_once = json!({ "pace": { "interval_ms": 0, "paused": false } });
    let id = eve.start_with("linear", "conceder", at_once).await;
    eve.until(id, is_over).await;
    let reader = Client::with_key(&world.base, &key(&world, &["read"]).await);
    let (status, csv) = reader.get("/research/figures/offers_by_round.csv?seller=conceder").await;
    assert_eq!(status.as_u16(), 200);
    assert!(csv.starts_with("side,round,offers") && csv.contains("\nbuyer,1,1,"), "{csv}");
    let (_, none) = reader.get("/research/figures/rewards.csv?seller=nobody").await;
    assert!(none.contains("not_found"), "{none}");
    let (_, svg) = reader.get("/research/figures/rewards.svg").await;
    assert!(svg.starts_with("<svg xmlns"), "{svg}");
    assert_eq!(reader.get("/research/figures/rewards.gif").await.0.as_u16(), 404);
    assert_eq!(eve.get("/research/figures/rewards.svg").await.0.as_u16(), 401);
    world.stop().await;
}

/// What an address answers with once it is so.
async fn once<T: DeserializeOwned>(client: &Client, path: &str, so: impl Fn(&T) -> bool) -> T {
    soon(path, async {
        loop {
            let found: T = client.fetch(path).await;
            if so(&found) {
                break found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_evaluate_by_keys_of_their_scope() {
    let world = World::new().await;
    let eve = world.client();
    let reader = Client::with_key(&world.base, &key(&world, &["read"]).await);
    let admin = Client::with_key(&world.base, &key(&world, &["read", "admin"]).await);
    let at_once = json!({ "pace": { "interval_ms": 0, "paused": false } });
    let id = eve.start_with("linear", "conceder", at_once).await;
    eve.until(id, is_over).await;

    let plans: Vec<PlanCard> = reader.fetch("/api/v1/suites/plans").await;
    assert!(plans.iter().any(|plan| plan.name == "paper-table-1"));
    let wish = json!({ "plan": "custom", "settings": "measured = [\"linear\"]\nsplit = \"all\"\nproducts = 1\n\
        against = [{ name = \"conceder\", personas = [\"neutral\"] }]" });
    let takes: SuiteEstimate = reader.send("/api/v1/suites/estimate", wish.clone()).await;
    assert_eq!(takes.cells, 1);
    assert_eq!(reader.post("/api/v1/suites", wish.clone()).await.0.as_u16(), 403);
    assert_eq!(eve.get("/api/v1/suites").await.0.as_u16(), 401);
    let made: Value = admin.send("/api/v1/suites", wish).await;
    let suite = format!("/api/v1/suites/{}", made["id"].as_str().unwrap());
    let page: SuitePage = reader.fetch(&suite).await;
    assert_eq!(page.head.status, RunStatus::Queued);
    let head: SuiteHead = admin.send(&format!("{suite}/commands/cancel"), json!({})).await;
    assert_eq!(head.status, RunStatus::Cancelled);
    let (status, _) = admin.post(&format!("{suite}/commands/dance"), json!({})).await;
    assert_eq!(status.as_u16(), 404);
    let suites: Vec<SuiteHead> = reader.fetch("/api/v1/suites").await;
    assert_eq!(suites.len(), 1);

    let wish = json!({ "title": "All", "conditions": "seller=conceder" });
    let made: Value = admin.send("/api/v1/ladders", wish).await;
    let ladder = format!("/api/v1/ladders/{}", made["id"].as_str().unwrap());
    let whole: LadderPage =
        once(&reader, &ladder, |page: &LadderPage| page.status == LadderStatus::Ready).await;
    assert_eq!(whole.result.map(|result| result.episodes), Some(1));
    assert_eq!(eve.get(&ladder).await.0.as_u16(), 404);
    let public = admin.request(reqwest::Method::PUT, &format!("{ladder}/public"));
    let (status, _) = admin.ask(public.json(&json!({ "public": true }))).await;
    assert_eq!(status.as_u16(), 204);
    let seen: LadderPage = eve.fetch(&ladder).await;
    assert_eq!((seen.public, seen.conditions.as_str()), (true, ""));
    let refreshed = admin.post(&format!("{ladder}/refresh"), json!({})).await;
    assert_eq!(refreshed.0.as_u16(), 202);
    let gone = reader.ask(reader.request(reqwest::Method::DELETE, &ladder)).await;
    assert_eq!(gone.0.as_u16(), 403);
    let gone = admin.ask(admin.request(reqwest::Method::DELETE, &ladder)).await;
    assert_eq!(gone.0.as_u16(), 204);

    let path = format!("/api/v1/research/episodes/{id}/counterfactuals");
    let wish = json!({ "after": 2, "offer": 39_000, "rollouts": 3 });
    assert_eq!(reader.post(&path, wish.clone()).await.0.as_u16(), 403);
    let made: Value = admin.send(&path, wish).await;
    let what_if = format!("/api/v1/research/counterfactuals/{}", made["id"].as_str().unwrap());
    let page: CounterfactualPage =
        once(&reader, &what_if, |page: &CounterfactualPage| !page.going_on).await;
    assert_eq!((page.changed.done, page.control.map(|arm| arm.done)), (3, Some(3)));

    let pair = "/api/v1/research/compare?role=buyer&a=linear&b=boulware&seller=conceder";
    let pair: PairPage = reader.fetch(pair).await;
    assert_eq!(pair.scenarios, 0, "boulware never played");
    world.stop().await;
}

#[tokio::test]
async fn programs_start_and_command_training_runs() {
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../models");
    let world = World::with(&[("SOUK_MODEL_FOLDERS", models)]).await;
    let reader = Client::with_key(&world.base, &key(&world, &["read"]).await);
    let admin = Client::with_key(&world.base, &key(&world, &["read", "admin"]).await);
    let presets: Vec<PresetCard> = reader.fetch("/api/v1/training/presets").await;
    assert!(presets.iter().any(|preset| preset.name == "laptop"));
    assert_eq!(world.client().get("/api/v1/training/runs").await.0.as_u16(), 401);
    let base = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/demo");
    let settings = format!("base = {base:?}\niterations = 2");
    let wish = json!({ "preset": "laptop", "settings": settings });
    assert_eq!(reader.post("/api/v1/training/runs", wish.clone()).await.0.as_u16(), 403);
    let wrong = json!({ "preset": "laptop", "settings": "iteratoins = 2" });
    let told = admin.refused("/api/v1/training/runs", wrong).await;
    assert!(told.detail.contains("iteratoins"), "{}", told.detail);
    let made: Value = admin.send("/api/v1/training/runs", wish).await;
    let run = format!("/api/v1/training/runs/{}", made["id"].as_str().unwrap());
    let page: RunPage = reader.fetch(&run).await;
    assert_eq!((page.head.status, page.head.of), (RunStatus::Queued, 2));
    let series: Series = reader.fetch(&format!("{run}/series")).await;
    assert!(series.iterations.is_empty());
    let groups: Vec<GroupCard> = reader.fetch(&format!("{run}/iterations/1/groups")).await;
    assert!(groups.is_empty());
    let head: RunHead = admin.send(&format!("{run}/commands/cancel"), json!({})).await;
    assert_eq!(head.status, RunStatus::Cancelled);
    let runs: Vec<RunHead> = reader.fetch("/api/v1/training/runs").await;
    assert_eq!(runs.len(), 1);
    world.stop().await;
}
