//! Studies as participants meet them, by programs that read the pages and press their buttons.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use futures::future::join_all;
use store::{Codes, NewStudy, Store, StudyRow};
use study::definition::{Condition, Opponent, Products};
use study::desk::{ParticipantHead, StudyStatus};
use study::progress::How;
use study::question::Kind;
use study::{End, Question, Study};
use wire::StudyId;

use crate::account::user;
use crate::secrets::assert_untold;
use crate::world::*;

const READY: &str = include_str!("../../../crates/study/studies/base-vs-trained.toml");

fn ready() -> Study {
    Study::read(READY).unwrap()
}

/// Sells to scripted negotiators.
fn against(names: &[&str]) -> Study {
    let mut study = ready();
    study.negotiations = 2;
    let condition = |name: &&str| Condition {
        name: (*name).to_owned(),
        opponent: Opponent::Negotiator((*name).to_owned()),
        products: Products::default(),
        ..ready().conditions[0].clone()
    };
    study.conditions = names.iter().map(condition).collect();
    study
}

fn between_people(stand_in: Option<&str>) -> Study {
    let mut study = against(&["people"]);
    study.conditions[0].opponent = Opponent::Person { stand_in: stand_in.map(str::to_owned) };
    study.conditions[0].role = None;
    study
}

fn codes() -> Codes {
    End::ALL.into_iter().map(|end| (end, format!("CODE-{}", end.name()))).collect()
}

async fn launched(world: &World, study: Study) -> StudyRow {
    let id = StudyId(uuid::Uuid::now_v7());
    let by = user(world, "ada@example.org").await;
    let new = NewStudy { id, slug: "selling".to_owned(), study, codes: codes(), by };
    world.store.study_create(&new).await.unwrap();
    assert!(world.store.study_launch(id, 1, "# Promise", true).await.unwrap());
    world.store.study_find(id).await.unwrap()
}

async fn quick() -> World {
    World::tuned(|config| {
        config.study_think_ms = 0;
        (config.rate_per_second, config.rate_burst) = (10_000, 10_000);
        config.new_sessions_per_minute = 100_000;
    })
    .await
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(found, _)| found)
}

fn form(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        app::address::encode(value, &mut text);
    }
    text
}

/// A program that takes part.
struct Bot {
    client: Client,
    study: Study,
    /// Presses each button twice, goes back, looks from two tabs.
    restless: bool,
    /// Leaves when nobody comes for a while, as it may.
    impatient: bool,
    looks: AtomicU32,
}

impl Bot {
    fn with(client: Client, row: &StudyRow) -> Bot {
        let study = row.study.clone();
        Bot { client, study, restless: false, impatient: false, looks: AtomicU32::new(0) }
    }

    async fn enter(world: &World, row: &StudyRow, name: &str) -> Bot {
        Bot::enter_by(world, row, "bot", name).await
    }

    /// By the parameter of a platform.
    async fn enter_by(world: &World, row: &StudyRow, by: &str, name: &str) -> Bot {
        let client = world.client();
        let (status, page) = client.get(&format!("/s/selling?{by}={name}&language=en")).await;
        assert_eq!(status.as_u16(), 200);
        assert!(page.contains("Nothing is recorded before you press the button"), "{page}");
        let response = client.form("/s/selling/enter", &form(&[(by, name)])).await;
        assert_eq!(response.status().as_u16(), 303, "{name} is let in");
        Bot::with(client, row)
    }

    async fn page(&self) -> String {
        let (status, page) = self.client.get("/s/selling").await;
        assert_eq!(status.as_u16(), 200, "{page}");
        page
    }

    /// Posts what a button of a page sends.
    async fn press(&self, page: &str, what: &str, more: &[(&str, &str)]) -> u16 {
        let step = between(page, "name=\"step\" value=\"", "\"").expect("pages have their number");
        let pairs: Vec<(&str, &str)> =
            [("do", what), ("step", step)].into_iter().chain(more.iter().copied()).collect();
        let response = self.client.form("/s/selling/do", &form(&pairs)).await;
        let status = response.status().as_u16();
        self.client.read(response).await;
        status
    }

    fn answers(&self, questions: &[Question]) -> Vec<(String, String)> {
        let one = |question: &Question| {
            let value = match &question.answer {
                Kind::Choice { options, right } => {
                    right.first().unwrap_or(&options[0].value).clone()
                }
                Kind::Likert { .. } => "4".to_owned(),
                Kind::Number { .. } => "30".to_owned(),
                Kind::Words { .. } => "All was <b>well</b>.".to_owned(),
            };
            (question.name.clone(), value)
        };
        questions.iter().map(one).collect()
    }

    /// One step of somebody who does what the page asks. The page of the end, once it is over.
    async fn step(&self) -> Option<String> {
        self.does(self.page().await).await
    }

    async fn does(&self, page: String) -> Option<String> {
        let has = |what: &str| page.contains(&format!("name=\"do\" value=\"{what}\""));
        let questions = [&self.study.eligibility, &self.study.quiz.questions, &self.study.survey];
        if page.contains("Thank you</h1>") {
            return Some(page);
        }
        if has("consent") {
            self.press(&page, "consent", &[]).await;
        } else if has("answer") {
            let asked = questions
                .into_iter()
                .find(|all| page.contains(&format!("name=\"{}\"", all[0].name)))
                .expect("the study's questions");
            let answers = self.answers(asked);
            let pairs: Vec<(&str, &str)> =
                answers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(self.press(&page, "answer", &pairs).await, 303, "{page}");
        } else if has("move") {
            self.play(&page).await;
        } else if has("practised") {
            self.press(&page, "practised", &[]).await;
        } else if has("wait_on") {
            self.press(&page, "wait_on", &[]).await;
        } else if has("next") {
            self.press(&page, "next", &[]).await;
            if self.restless {
                assert_eq!(self.press(&page, "next", &[]).await, 303, "a second press is stale");
            }
        } else {
            let looks = self.looks.fetch_add(1, Relaxed);
            if self.impatient && looks > 100 && has("leave") {
                self.press(&page, "leave", &[]).await;
            }
            let _ = self.client.get("/s/selling/pulse").await;
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        }
        None
    }

    /// Takes what stands where that is possible, else offers the own limit.
    async fn play(&self, page: &str) {
        let turn = between(page, "name=\"turn\" value=\"", "\"").expect("whose turn it is");
        if let Some(standing) = between(page, "name=\"standing\" value=\"", "\"") {
            let more =
                [("turn", turn), ("standing", standing), ("act", "accept"), ("talk", "Fine.")];
            if self.press(page, "move", &more).await == 303 {
                return;
            }
        }
        let limit = between(page, "Your cost is ", ":").or(between(page, "Your budget is ", ":"));
        let price = limit.expect("the own limit is shown");
        let more = [("turn", turn), ("price", price), ("act", "offer"), ("talk", "My price.")];
        let status = self.press(page, "move", &more).await;
        assert!(matches!(status, 303 | 422), "{status}");
        if self.restless {
            self.press(page, "move", &more).await;
        }
    }

    async fn to_the_end(&self) -> String {
        let walk = async {
            loop {
                if let Some(page) = self.step().await {
                    break page;
                }
            }
        };
        match tokio::time::timeout(4 * PATIENCE, walk).await {
            Ok(page) => page,
            Err(_) => panic!("stranded:\n{}", self.page().await),
        }
    }
}

/// Waits until everybody is over.
async fn all_over(world: &World, id: StudyId, at_least: usize) -> Vec<ParticipantHead> {
    let wait = async {
        loop {
            let heads = world.store.participant_list(id).await.unwrap();
            if heads.len() >= at_least && heads.iter().all(|head| head.ended.is_some()) {
                break heads;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    match tokio::time::timeout(6 * PATIENCE, wait).await {
        Ok(heads) => heads,
        Err(_) => {
            let heads = world.store.participant_list(id).await.unwrap();
            let left: Vec<_> = heads.iter().filter(|head| head.ended.is_none()).collect();
            panic!("stranded: {left:?}")
        }
    }
}

/// Every line of the ledger is once, and is what the stored events come to.
async fn check_ledger(store: &Store, row: &StudyRow) {
    let mut seen = BTreeMap::new();
    for line in store.payments_of(row.id).await.unwrap() {
        assert!(seen.insert((line.participant, line.kind.clone()), line.cents).is_none(), "once");
        let found = store.participant_find(line.participant, &row.study).await.unwrap();
        let rewards = store.participant_rewards(&found, &row.study).await.unwrap();
        let again = study::due(&row.study, &found.progress, |id| rewards[&id]);
        assert_eq!(again, line.basis, "recomputed from the events");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn participants_bargain_blind_and_are_paid_what_they_earned() {
    let world = quick().await;
    let row = launched(&world, against(&["linear", "conceder"])).await;
    let ends = join_all((0..12).map(|n| {
        let (world, row) = (&world, &row);
        async move {
            let by = if n % 2 == 0 { "PROLIFIC_PID" } else { "bot" };
            let mut bot = Bot::enter_by(world, row, by, &format!("bot{n}")).await;
            bot.restless = n % 3 == 0;
            let page = bot.to_the_end().await;
            (bot, page)
        }
    }))
    .await;
    for (bot, page) in &ends {
        assert!(page.contains("CODE-complete"), "{page}");
        assert_untold("buyer's", BUDGET, &bot.client);
        let seen = bot.client.seen();
        for name in ["linear", "Linear", "conceder", "Conceder", "negotiator", "demo"] {
            assert!(!seen.contains(name), "{name} was told");
        }
    }
    let heads = world.store.participant_list(row.id).await.unwrap();
    assert!(heads.iter().all(|head| head.ended == Some(End::Complete)));
    let of = |cell| heads.iter().filter(|head| head.cell == Some(cell)).count();
    assert_eq!((of(0), of(1)), (6, 6), "two blocks of six");
    assert!(heads.iter().any(|head| head.cents > 250), "somebody earned a bonus");
    check_ledger(&world.store, &row).await;
    // Their tables are in no list of the market, and nobody else sees them.
    let found = world.store.participant_find(heads[0].id, &row.study).await.unwrap();
    let (episode, _) = found.progress.played[0];
    let eve = world.client();
    for path in ["/api/v1/episodes/", "/watch/", "/replay/", "/talk/"] {
        assert_eq!(eve.get(&format!("{path}{episode}")).await.0.as_u16(), 404, "{path}");
    }
    assert!(!eve.get("/api/v1/episodes").await.1.contains(&episode.to_string()));
    // Researchers find them beside all others; programs are no people of a ladder.
    let search = wire::EpisodeSearch { study: Some("selling".to_owned()), ..Default::default() };
    let (found, _) = world.store.episode_search(&search).await.unwrap();
    assert_eq!(found.len(), 24, "two talks of each of twelve, without practice");
    let cells = world.store.ladder_cells(&search, None).await.unwrap();
    let people = cells.iter().filter(|one| one.agent == "person").map(|one| one.episodes);
    assert_eq!(people.sum::<i64>(), 12, "those of six who came from Prolific");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_meet_each_other_or_take_a_choice() {
    let world = quick().await;
    let row = launched(&world, between_people(None)).await;
    let ends = join_all((0..6).map(|n| {
        let (world, row) = (&world, &row);
        async move { Bot::enter(world, row, &format!("bot{n}")).await.to_the_end().await }
    }))
    .await;
    assert!(ends.iter().all(|page| page.contains("CODE-complete")));
    check_ledger(&world.store, &row).await;
    let heads = world.store.participant_list(row.id).await.unwrap();
    for head in heads {
        let found = world.store.participant_find(head.id, &row.study).await.unwrap();
        assert_eq!(found.progress.played.len(), 2);
    }
    // Who comes alone waits, and may leave with pay for it.
    let bot = Bot::enter(&world, &row, "late").await;
    let page = soon("the waiting room", async {
        loop {
            let page = bot.page().await;
            if page.contains("Waiting for the other side") {
                break page;
            }
            bot.step().await;
        }
    })
    .await;
    assert!(page.contains("After 5 minutes you can choose"));
    assert_eq!(bot.press(&page, "leave", &[]).await, 303);
    assert!(bot.page().await.contains("CODE-waited_in_vain"));
    world.stop().await;
}

/// Whoever stays is told, goes on, and is paid; whoever leaves is over.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_left_in_the_middle_of_a_talk_goes_on() {
    let world = quick().await;
    let mut study = between_people(None);
    study.negotiations = 1;
    let row = launched(&world, study).await;
    let bots = join_all(["stays", "leaves"].map(|name| Bot::enter(&world, &row, name))).await;
    let is_talk = |page: &str| page.contains("Talk 1 of 1") && page.contains("role=\"log\"");
    let to_the_table = async |bot: &Bot| {
        // What was looked at is what is acted on: a page asked for again may be the talk already.
        loop {
            let page = bot.page().await;
            if is_talk(&page) {
                break;
            }
            bot.does(page).await;
        }
    };
    let both = async { tokio::join!(to_the_table(&bots[0]), to_the_table(&bots[1])) };
    soon("a table", both).await;
    let page = bots[1].page().await;
    assert_eq!(bots[1].press(&page, "withdraw", &[]).await, 303);
    assert!(bots[0].to_the_end().await.contains("CODE-complete"));
    assert!(bots[1].page().await.contains("CODE-withdrew"));
    let heads = world.store.participant_list(row.id).await.unwrap();
    let stays = heads.iter().find(|head| head.ended == Some(End::Complete)).unwrap().id;
    let found = world.store.participant_find(stays, &row.study).await.unwrap();
    assert_eq!(
        found.progress.played.iter().map(|one| one.1).collect::<Vec<_>>(),
        [How::PartnerLeft]
    );
    // A negotiator is not kept at a table that nobody sits at, either.
    soon("all tables ended", async {
        while !world.store.tables_left().await.unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    })
    .await;
    check_ledger(&world.store, &row).await;
    world.stop().await;
}

#[tokio::test]
async fn nobody_takes_a_place_by_looking_and_everybody_comes_back_to_where_they_were() {
    let world = quick().await;
    let row = launched(&world, against(&["linear"])).await;
    let ann = world.client();
    let address = "/s/selling?PROLIFIC_PID=ann&STUDY_ID=s&SESSION_ID=t";
    for _ in 0..3 {
        let (_, page) = ann.get(address).await;
        assert!(page.contains("Begin</button>"), "{page}");
    }
    assert!(world.store.participant_list(row.id).await.unwrap().is_empty(), "a link scanner");
    assert!(ann.get("/s/selling").await.1.contains("needs what the platform adds"));
    let preview = "/s/selling?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=h";
    assert!(ann.get(preview).await.1.contains("This is a preview"));
    assert_eq!(ann.get("/s/other").await.0.as_u16(), 404);

    let ids = form(&[("PROLIFIC_PID", "ann"), ("STUDY_ID", "s"), ("SESSION_ID", "t")]);
    assert_eq!(ann.form("/s/selling/enter", &ids).await.status().as_u16(), 303);
    let bot = Bot::with(ann, &row);
    bot.step().await;
    let page = bot.page().await;
    assert!(page.contains("About you"), "{page}");
    // Wrong answers come back with what was written, and nothing is lost.
    let wrong = [("age", "old"), ("english", "fluent")];
    let step = between(&page, "name=\"step\" value=\"", "\"").unwrap();
    let pairs = form(&[("do", "answer"), ("step", step), wrong[0], wrong[1]]);
    let refused = bot.client.form("/s/selling/do", &pairs).await;
    assert_eq!(refused.status().as_u16(), 422);
    let again = refused.text().await.unwrap();
    assert!(again.contains("A number in the range is needed"), "{again}");
    assert!(
        again.contains("value=\"old\"") && again.contains("value=\"fluent\" checked"),
        "{again}"
    );
    // Another device, the same link.
    let phone = world.client();
    phone.get(address).await;
    assert_eq!(phone.form("/s/selling/enter", &ids).await.status().as_u16(), 303);
    let phone = Bot::with(phone, &row);
    assert!(phone.page().await.contains("About you"));
    assert_eq!(world.store.participant_list(row.id).await.unwrap().len(), 1);
    // In another language.
    // What is written stays, also without scripts.
    let also = [("do", "answer"), ("step", step), ("age", "4"), ("also", "language:de")];
    let german = phone.client.form("/s/selling/do", &form(&also)).await.text().await.unwrap();
    assert!(german.contains("lang=\"de\"") && german.contains("Wie alt sind Sie"), "{german}");
    assert!(german.contains("value=\"4\""), "{german}");
    let also = [("do", "answer"), ("step", step), ("age", "41"), ("also", "extend")];
    let longer = phone.client.form("/s/selling/do", &form(&also)).await;
    assert_eq!(longer.status().as_u16(), 200);
    assert!(longer.text().await.unwrap().contains("value=\"41\""));
    // What was made for the page before is stale.
    let stale =
        phone.client.form("/s/selling/do", &form(&[("do", "withdraw"), ("step", "0")])).await;
    assert!(stale.headers()["location"].to_str().unwrap().ends_with("notice=stale"));
    // A pause keeps everything.
    world.store.study_set(row.id, StudyStatus::Paused).await.unwrap();
    assert!(phone.page().await.contains("Die Studie macht Pause"));
    world.store.study_set(row.id, StudyStatus::Open).await.unwrap();
    let page = phone.page().await;
    assert_eq!(phone.press(&page, "withdraw", &[]).await, 303);
    let over = phone.page().await;
    assert!(
        over.contains("CODE-withdrew") && over.contains("submissions/complete?cc=CODE-withdrew")
    );
    // Somebody else from the same browser is let in, and flagged for people to look at.
    let other = form(&[("PROLIFIC_PID", "ben"), ("language", "en")]);
    assert_eq!(phone.client.form("/s/selling/enter", &other).await.status().as_u16(), 303);
    let ben = world.store.participant_list(row.id).await.unwrap().remove(0).id;
    let found = world.store.evidence_of(ben).await.unwrap();
    assert_eq!(found.iter().map(|one| one.flag.as_str()).collect::<Vec<_>>(), ["same_device"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_researcher_goes_from_a_draft_to_results_pay_and_erasure() {
    let world = quick().await;
    let ada = world.client();
    let token = crate::account::link(&world, user(&world, "ada@example.org").await).await;
    ada.form(&format!("/auth/link/{token}"), "").await;
    let to = |response: &reqwest::Response| {
        assert_eq!(response.status().as_u16(), 303);
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    let eve = world.client();
    assert_eq!(eve.form("/research/studies", "slug=selling").await.status().as_u16(), 401);
    let wrong = ada.form("/research/studies", "slug=A+b").await;
    assert_eq!(to(&wrong), "/research/studies?problem=study_slug_shape");
    let home = to(&ada.form("/research/studies", "slug=selling").await);
    let twice = ada.form("/research/studies", "slug=selling").await;
    assert_eq!(to(&twice), "/research/studies?problem=study_slug_unique");
    // The study that comes with Souk lacks its checkpoint.
    let (_, page) = ada.get(&home).await;
    assert!(page.contains("there is no negotiator CHECKPOINT"), "{page}");
    let early = to(&ada.form(&format!("{home}/do"), "do=launch").await);
    assert!(early.contains("refused="), "{early}");
    assert_eq!(eve.get("/s/selling").await.0.as_u16(), 404, "a draft is for nobody");
    // What cannot be read comes back as it was written.
    let unread = ada.form(&format!("{home}/file"), &form(&[("file", "title = <1>")])).await;
    assert_eq!(unread.status().as_u16(), 422);
    let unread = unread.text().await.unwrap();
    assert!(unread.contains("title = &lt;1&gt;") && unread.contains("is not kept yet"), "{unread}");
    // By forms: fields of one part, and a change of a list with them.
    let by_form = async |version: &str, more: &[(&str, &str)]| {
        let own = [("version", version), ("part", "conditions")];
        let pairs: Vec<(&str, &str)> = own.into_iter().chain(more.iter().copied()).collect();
        to(&ada.form(&format!("{home}/form"), &form(&pairs)).await)
    };
    let made =
        by_form("1", &[("conditions[1].opponent", "linear"), ("do", "add:conditions")]).await;
    assert_eq!(made, format!("{home}?view=build&part=conditions"));
    let (_, page) = ada.get(&made).await;
    assert!(
        page.contains("Condition 3: condition-3") && page.contains("value=\"linear\" selected")
    );
    let late = by_form("1", &[("conditions[2].name", "third")]).await;
    assert!(late.contains("refused=") && late.contains("meanwhile"), "{late}");
    let wrong = by_form("2", &[("conditions[2].rounds", "many")]).await;
    assert!(wrong.contains("refused="), "{wrong}");
    by_form("2", &[("conditions[2].rounds", "99"), ("do", "keep")]).await;
    let (_, page) = ada.get(&made).await;
    assert!(page.contains("id=\"conditions[2].rounds-flaw\""), "{page}");
    for part in ["basics", "people", "texts", "eligibility", "quiz", "survey", "promise"] {
        let (status, page) = ada.get(&format!("{home}?view=build&part={part}")).await;
        assert_eq!(status.as_u16(), 200);
        assert!(page.contains("Keep this version"), "{part}: {page}");
    }
    let mut study = against(&["linear", "conceder"]);
    study.promise.exclusions = Default::default();
    let kept = form(&[("file", &study.write().replace('\n', "\r\n")), ("note", "scripts")]);
    assert_eq!(to(&ada.form(&format!("{home}/file"), &kept).await), format!("{home}?view=file"));
    assert!(ada.get(&format!("{home}?view=file")).await.1.contains("scripts"));
    for place in ["consent", "quiz", "negotiating?condition=1", "over"] {
        let (status, page) = ada.get(&format!("{home}/preview/{place}")).await;
        assert_eq!(status.as_u16(), 200, "{place}");
        assert!(page.contains("Selling by chat"), "{place}");
    }
    assert_eq!(eve.get(&format!("{home}/preview/consent")).await.0.as_u16(), 401);
    assert_eq!(
        to(&ada.form(&format!("{home}/do"), "do=pilot").await),
        format!("{home}?view=overview")
    );
    let (_, promise) = ada.get(&format!("{home}/preregistration.md")).await;
    assert!(promise.contains("# Preregistration") && promise.contains(&study.hash()), "{promise}");
    let late = to(&ada.form(&format!("{home}/file"), &kept).await);
    assert!(late.contains("refused="), "it is frozen: {late}");

    let id: StudyId = home.rsplit('/').next().unwrap().parse().unwrap();
    to(&ada
        .form(&format!("{home}/do"), &form(&[("do", "invite"), ("text", "Zoe\n\nYan\n")]))
        .await);
    let guests = world.store.guests_of(id).await.unwrap();
    assert_eq!(guests.iter().map(|guest| guest.0.as_str()).collect::<Vec<_>>(), ["Yan", "Zoe"]);
    let by = async |token: &str| {
        let guest = form(&[("guest", token), ("language", "en")]);
        world.client().form("/s/selling/enter", &guest).await.status().as_u16()
    };
    assert_eq!((by("somebody").await, by(&guests[0].1).await), (422, 303));
    assert!(world.store.guests_of(id).await.unwrap()[0].2, "Yan came");
    let row = world.store.study_find(id).await.unwrap();
    let mut bots = Vec::new();
    for n in 0..6 {
        bots.push(Bot::enter(&world, &row, &format!("bot{n}")).await);
    }
    bots[5].step().await;
    let heads = world.store.participant_list(id).await.unwrap();
    // Newest first, and Yan came before the bots.
    let at = |nth: usize| format!("{home}/participants/{}", heads[heads.len() - 2 - nth].id);
    let said = ada.form(&at(5), &form(&[("do", "tell"), ("text", "Take <b>your</b> time.")])).await;
    assert_eq!(to(&said), format!("{home}?view=participants"));
    assert!(bots[5].page().await.contains("Take &lt;b&gt;your&lt;/b&gt; time."));
    to(&ada.form(&at(5), "do=extend").await);
    to(&ada.form(&at(5), "do=excuse").await);
    assert!(bots[5].page().await.contains("CODE") || bots[5].page().await.contains("code is"));
    for bot in &bots[..4] {
        bot.to_the_end().await;
    }
    let (_, shown) = ada.get(&format!("{home}?view=results")).await;
    assert!(shown.contains("conceder less linear"), "{shown}");
    assert!(shown.contains("nobody"), "{shown}");
    let (_, shown) = ada.get(&format!("{home}?view=participants")).await;
    assert!(shown.contains("over: excused") && shown.contains("over: complete"), "{shown}");
    assert!(shown.contains("Time at each place"), "{shown}");
    let done = heads[heads.len() - 2].id;
    let (_, shown) = ada.get(&format!("{home}?view=participant&who={done}")).await;
    for told in [
        "passed the quiz",
        "is over: complete",
        "remarks",
        "All was &lt;b&gt;well&lt;/b&gt;.",
        "bonus",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert!(!shown.contains("bot0"), "not what the platform calls them");
    let file = ada.form(&format!("{home}/payments.csv"), "source=bot").await;
    assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8");
    let csv = file.text().await.unwrap();
    assert_eq!(csv.lines().count(), 1 + 5, "{csv}");
    assert!(csv.contains("bot,bot0,,complete,2.50,"), "{csv}");
    let again = ada.form(&format!("{home}/payments.csv"), "source=bot").await.text().await.unwrap();
    assert_eq!(again.lines().count(), 1, "nobody is paid twice");
    // A download may fail: the same file is there again, for researchers.
    let (_, shown) = ada.get(&format!("{home}?view=payments")).await;
    let made = between(&shown, &format!("{home}/payments/"), "\"").expect("a link");
    assert_eq!(ada.get(&format!("{home}/payments/{made}")).await.1, csv);
    assert_eq!(eve.get(&format!("{home}/payments/{made}")).await.0.as_u16(), 401);
    assert_eq!(ada.get(&format!("{home}/payments/{id}")).await.0.as_u16(), 404);
    // The export has all that was done, and nobody's id.
    let archive = ada.request(reqwest::Method::GET, "/api/v1/research/export?format=csv");
    let bytes = archive.send().await.unwrap().bytes().await.unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
    let mut text = |name: &str| {
        let mut text = String::new();
        let mut file = archive.by_name(&format!("souk-export/{name}")).unwrap();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        text
    };
    let participants = text("participants.csv");
    assert_eq!(participants.lines().count(), 1 + 7, "{participants}");
    assert_eq!(text("payments.csv").matches(",base,").count(), 5);
    let answers = text("answers.csv");
    assert!(answers.contains(",survey,honest,4") && answers.contains(",quiz,quiz_limit,no"));
    for file in [&participants, &answers, &text("episodes.csv"), &text("payments.csv")] {
        for name in ["bot0", "Zoe", "Yan", guests[0].1.as_str()] {
            assert!(!file.contains(name), "{name} is told");
        }
    }
    to(&ada.form(&format!("{home}/do"), "do=close").await);
    to(&ada.form(&format!("{home}/do"), "do=erase").await);
    let (_, shown) = ada.get(&format!("{home}?view=payments")).await;
    assert!(shown.contains("All identities are erased"), "{shown}");
    assert_eq!(world.store.identity_of(heads[0].id).await.unwrap(), None);
    check_ledger(&world.store, &row).await;
    world.stop().await;
}

/// Signs as Prolific does, and publishes the key as it does.
struct Prolific {
    key: aws_lc_rs::rsa::KeyPair,
    url: String,
}

impl Prolific {
    async fn start() -> Prolific {
        use base64::prelude::*;
        let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let public = aws_lc_rs::signature::KeyPair::public_key(&key);
        let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let keys = serde_json::json!({ "keys": [{
            "kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "key_ops": ["verify"],
            "n": part(public.modulus().big_endian_without_leading_zero()),
            "e": part(public.exponent().big_endian_without_leading_zero()),
        }] });
        let keys = keys.to_string();
        let told = axum::routing::get(move || std::future::ready(keys.clone()));
        let app = axum::Router::new().route("/jwks.json", told);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await });
        Prolific { key, url }
    }

    fn sign(&self, kid: &str, audience: &str, who: &str, expires: i64) -> String {
        use base64::prelude::*;
        let part = |value: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(serde_json::json!({ "alg": "RS256", "typ": "JWT", "kid": kid }));
        let claims = part(serde_json::json!({
            "aud": audience,
            "exp": expires,
            "prolific": {
                "PROLIFIC_PID": who, "STUDY_ID": "s", "SESSION_ID": "t", "workspace_id": "w",
            },
        }));
        let text = format!("{head}.{claims}");
        let mut signature = vec![0; self.key.public_modulus_len()];
        let chance = aws_lc_rs::rand::SystemRandom::new();
        let padding = &aws_lc_rs::signature::RSA_PKCS1_SHA256;
        self.key.sign(padding, &chance, text.as_bytes(), &mut signature).unwrap();
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

#[tokio::test]
async fn signed_links_let_in_whom_prolific_names_and_nobody_else() {
    let prolific = Prolific::start().await;
    let url = prolific.url.clone();
    let world = World::tuned(move |config| config.prolific_keys = url).await;
    let mut study = against(&["linear"]);
    study.recruitment.signed = true;
    let row = launched(&world, study).await;
    let host = world.base.split_once("://").unwrap().1.to_owned();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let soon = i64::try_from(now).unwrap() + 600;
    let ann = world.client();
    let enter = async |pairs: &[(&str, &str)]| {
        world.client().form("/s/selling/enter", &form(pairs)).await.status().as_u16()
    };
    // Without a signature anybody could write anybody's name.
    let (status, page) = ann.get("/s/selling?PROLIFIC_PID=ann&STUDY_ID=s&SESSION_ID=t").await;
    assert!(status.as_u16() == 422 && page.contains("needs what the platform adds"), "{page}");
    assert_eq!(enter(&[("PROLIFIC_PID", "ann")]).await, 422);
    assert_eq!(enter(&[("workerId", "ann")]).await, 422);
    let good = prolific.sign("one", &format!("http://{host}"), "ann", soon);
    let other = Prolific::start().await;
    for (what, token) in [
        ("expired", prolific.sign("one", &host, "ann", soon - 6000)),
        ("for another server", prolific.sign("one", "https://other.example", "ann", soon)),
        ("an unknown key", prolific.sign("two", &host, "ann", soon)),
        ("another's signature", other.sign("one", &host, "ann", soon)),
        ("no token", "ann".to_owned()),
        ("a changed one", good.replacen('.', ".e", 1)),
    ] {
        assert_eq!(enter(&[("prolific_token", &token)]).await, 422, "{what}");
    }
    assert!(world.store.participant_list(row.id).await.unwrap().is_empty());
    // What is signed counts, whatever else the address says.
    let address = format!("/s/selling?PROLIFIC_PID=eve&prolific_token={good}&language=en");
    let (_, page) = ann.get(&address).await;
    assert!(page.contains("Begin</button>") && page.contains("name=\"prolific_token\""), "{page}");
    let fields = [("PROLIFIC_PID", "eve"), ("prolific_token", good.as_str())];
    assert_eq!(ann.form("/s/selling/enter", &form(&fields)).await.status().as_u16(), 303);
    let heads = world.store.participant_list(row.id).await.unwrap();
    let known = world.store.identity_of(heads[0].id).await.unwrap().unwrap();
    assert_eq!(known, ("ann".to_owned(), "t".to_owned(), "s".to_owned()));
    // An old link in the same browser goes on.
    let old = prolific.sign("one", &host, "ann", soon - 6000);
    let (status, page) = ann.get(&format!("/s/selling?prolific_token={old}")).await;
    assert!(status.as_u16() == 200 && page.contains("Consent"), "{page}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pilot_of_a_hundred_and_fifty_strands_nobody() {
    let world = quick().await;
    let ada = world.client();
    let by = user(&world, "ada@example.org").await;
    let token = crate::account::link(&world, by).await;
    ada.form(&format!("/auth/link/{token}"), "").await;
    let mut study = against(&["linear", "conceder"]);
    study.conditions.push(between_people(Some("boulware")).conditions[0].clone());
    study.negotiations = 1;
    study.promise.exclusions = Default::default();
    study.recruitment.completers = 200;
    study.pay.most = 200 * study.most_of_each();
    let id = StudyId(uuid::Uuid::now_v7());
    let new = NewStudy { id, slug: "selling".to_owned(), study, codes: codes(), by };
    world.store.study_create(&new).await.unwrap();
    let early = ada.form(&format!("/studies/{id}/do"), "do=bots&text=3").await;
    assert!(early.headers()["location"].to_str().unwrap().contains("refused="), "not a pilot yet");
    assert!(world.store.study_launch(id, 1, "# Promise", true).await.unwrap());
    let row = world.store.study_find(id).await.unwrap();
    ada.form(&format!("/studies/{id}/do"), "do=bots&text=144").await;
    // Six more by their browsers, some restless, in the midst of it.
    let six = join_all((0..6).map(|n| {
        let (world, row) = (&world, &row);
        async move {
            let mut bot = Bot::enter(world, row, &format!("browser{n}")).await;
            bot.restless = n % 2 == 0;
            // The bots of the server come to an end, and one may be left over.
            bot.impatient = true;
            bot.to_the_end().await
        }
    }))
    .await;
    assert!(six.iter().all(|page| page.contains("CODE-")));
    let heads = all_over(&world, id, 150).await;
    assert_eq!(heads.len(), 150);
    let of = |end| heads.iter().filter(|head| head.ended == Some(end)).count();
    assert!(of(End::Withdrew) >= 5, "some leave on the way");
    assert_eq!(of(End::Complete) + of(End::Withdrew) + of(End::WaitedInVain), 150);
    let mut cells: BTreeMap<usize, u32> = BTreeMap::new();
    for head in heads.iter().filter(|head| head.ended == Some(End::Complete)) {
        *cells.entry(head.cell.unwrap()).or_default() += 1;
    }
    // Whoever came now would be dealt what is still open, and with them all cells were the same.
    let log = world.store.study_assignments(id).await.unwrap();
    let block = row.study.assignment.block;
    let blocks = log.iter().map(|(_, _, slot)| slot.block + 1).max().unwrap();
    let mut dealer = study::Dealer::new(row.study.assignment.seed, 3, block);
    for (_, dealt, slot) in &log {
        if *dealt {
            assert_eq!(&dealer.deal(""), slot, "the log deals again");
        } else {
            dealer.give_back(slot);
        }
    }
    for _ in cells.values().sum::<u32>()..3 * block * blocks {
        *cells.entry(dealer.deal("").cell).or_default() += 1;
    }
    assert!(cells.values().all(|n| *n == block * blocks), "{cells:?}");
    check_ledger(&world.store, &row).await;
    world.stop().await;
}
