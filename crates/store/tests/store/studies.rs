//! Studies: files, who is let in, slots, pay, erasure.

use std::collections::BTreeMap;

use futures::future::join_all;
use rules::PerRole;
use store::{
    Codes, Entering, NewEpisodeRow, NewStudy, NewUser, NotLetIn, Store, StudyRow, TakeError,
};
use study::desk::{Source, StudyStatus};
use study::progress::How;
use study::question::{Answers, Kind};
use study::{End, Input, Place, Question, Refused, Study};
use wire::{EpisodeId, ParticipantId, StudyId, UserId};

use crate::fixture::*;

async fn user(store: &Store) -> UserId {
    let new = NewUser { name: "ada".to_owned(), password_hash: None };
    store.user_create(&new).await.expect("is new")
}

fn ready() -> Study {
    Study::read(include_str!("../../../study/studies/base-vs-trained.toml")).expect("reads")
}

async fn launched(store: &Store, study: Study) -> StudyRow {
    let id = StudyId(uuid::Uuid::now_v7());
    let codes = Codes::from([(End::Complete, "C0MPLETE".to_owned())]);
    let new = NewStudy { id, slug: "selling".to_owned(), study, codes, by: user(store).await };
    store.study_create(&new).await.expect("is kept");
    assert!(store.study_launch(id, 1, "# Promise", false).await.expect("is asked"));
    store.study_find(id).await.expect("is there")
}

fn who(name: &str) -> Entering {
    Entering {
        source: Source::Prolific,
        platform_id: name.to_owned(),
        submission: format!("session of {name}"),
        task: "task".to_owned(),
        language: "en".to_owned(),
    }
}

fn right(questions: &[Question]) -> Answers {
    let one = |question: &Question| {
        let value = match &question.answer {
            Kind::Choice { options, right } => right.first().unwrap_or(&options[0].value).clone(),
            Kind::Likert { .. } => "4".to_owned(),
            Kind::Number { .. } => "30".to_owned(),
            Kind::Words { .. } => "words".to_owned(),
        };
        (question.name.clone(), value)
    };
    questions.iter().map(one).collect()
}

/// Does what pages ask until somewhere.
async fn walk(store: &Store, row: &StudyRow, id: ParticipantId, to: impl Fn(Place) -> bool) {
    let study = &row.study;
    for _ in 0..40 {
        let place = store.participant_find(id, study).await.expect("is there").place;
        if to(place) {
            return;
        }
        let input = match place {
            Place::Consent => Input::Consent(true),
            Place::Eligibility => Input::Answer(right(&study.eligibility)),
            Place::Instructions | Place::Ready | Place::Debrief => Input::Next,
            Place::Practice => Input::Practised(None),
            Place::Quiz => Input::Answer(right(&study.quiz.questions)),
            Place::Waiting => Input::Meet(EpisodeId::fresh()),
            Place::Choosing => Input::WaitOn,
            Place::Negotiating { episode } => Input::Played(episode, How::PartnerLeft),
            Place::Survey => Input::Answer(right(&study.survey)),
            Place::Over { .. } => panic!("it is over"),
        };
        store.participant_take(id, study, input).await.expect("goes on");
    }
    panic!("stranded");
}

fn is_over(place: Place) -> bool {
    matches!(place, Place::Over { .. })
}

#[tokio::test]
async fn files_are_kept_until_the_launch_freezes_one() {
    let store = store().await;
    let by = user(&store).await;
    let id = StudyId(uuid::Uuid::now_v7());
    let new = NewStudy { id, slug: "selling".to_owned(), study: ready(), codes: Codes::new(), by };
    store.study_create(&new).await.expect("is kept");
    let again = NewStudy { id: StudyId(uuid::Uuid::now_v7()), ..new.clone() };
    let twice = store.study_create(&again).await.expect_err("the name is taken");
    assert_eq!(twice.constraint(), Some("study_slug_unique"));
    assert_eq!(store.study_write(id, &ready(), "same", by).await.expect("is kept"), 1);
    let mut other = ready();
    other.pay.base += 50;
    assert_eq!(store.study_write(id, &other, "more pay", by).await.expect("is kept"), 2);
    let row = store.study_named("selling").await.expect("is there");
    assert_eq!((row.version, row.status, row.is_frozen), (2, StudyStatus::Draft, false));
    assert_eq!(row.study, other);
    assert!(!store.study_launch(id, 1, "", false).await.expect("is asked"), "there is a newer one");
    assert!(store.study_launch(id, 2, "# Promise", false).await.expect("is asked"));
    let frozen = store.study_write(id, &ready(), "back", by).await.expect_err("is frozen");
    assert_eq!(frozen.constraint(), Some("study_is_frozen"));
    let versions = store.study_versions(id).await.expect("are there");
    let told: Vec<_> = versions.iter().map(|one| (one.version, one.note.as_str())).collect();
    assert_eq!(told, [(2, "more pay"), (1, "begun")]);
    assert_eq!(store.study_file(id, 1).await.expect("is there"), ready().write());
}

#[tokio::test]
async fn the_same_person_is_let_in_once_and_nobody_beyond_the_places() {
    let store = store().await;
    let mut study = ready();
    study.recruitment.completers = 2;
    study.recruitment.spare = 1;
    let row = launched(&store, study).await;
    let enter = async |name: &str| store.participant_enter(row.id, &row.study, &who(name)).await;
    let ann = enter("ann").await.expect("is let in");
    assert_eq!(enter("ann").await.expect("is known"), ann);
    enter("bob").await.expect("is let in");
    let cy = enter("cy").await.expect("is let in");
    assert!(matches!(enter("dan").await, Err(NotLetIn::Full)));
    // Who leaves makes room.
    store.participant_take(cy, &row.study, Input::Withdraw).await.expect("leaves");
    enter("dan").await.expect("is let in");
    assert_eq!(enter("cy").await.expect("is known"), cy, "never a second participation");
    store.study_set(row.id, StudyStatus::Paused).await.expect("pauses");
    assert!(matches!(enter("eve").await, Err(NotLetIn::Closed(StudyStatus::Paused))));
    assert_eq!(enter("ann").await.expect("goes on"), ann);
    // A pause takes nobody's time, and what is written meanwhile is not stale by it.
    let before = store.participant_find(ann, &row.study).await.expect("is there").progress;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert!(store.study_set(row.id, StudyStatus::Open).await.expect("goes on"));
    let after = store.participant_find(ann, &row.study).await.expect("is there").progress;
    assert!(after.since_ms >= before.since_ms + 20);
    assert_eq!((after.step, after.extensions), (before.step, 0));
    assert!(store.study_set(row.id, StudyStatus::Closed).await.expect("closes"));
    assert!(!store.study_set(row.id, StudyStatus::Open).await.expect("is asked"), "for good");
}

#[tokio::test]
async fn a_quota_takes_so_many_who_are_or_were_there_and_no_more() {
    let store = store().await;
    let mut study = ready();
    study.recruitment.quotas = vec![study::definition::Quota {
        question: "english".to_owned(),
        answer: "first".to_owned(),
        most: 2,
    }];
    assert!(
        !study
            .flaws(&["demo", "CHECKPOINT"], &["neutral"])
            .iter()
            .any(|f| f.place.contains("quota"))
    );
    let row = launched(&store, study).await;
    let come = async |name: &str, english: &str| {
        let id = store.participant_enter(row.id, &row.study, &who(name)).await.expect("is let in");
        walk(&store, &row, id, |place| place == Place::Eligibility).await;
        let mut answers = right(&row.study.eligibility);
        answers.insert("english".to_owned(), english.to_owned());
        let input = Input::Answer(answers);
        (
            id,
            store
                .participant_take(id, &row.study, input)
                .await
                .expect("is taken")
                .participant
                .place,
        )
    };
    let (ann, place) = come("ann", "first").await;
    assert_eq!(place, Place::Instructions);
    assert_eq!(come("bob", "first").await.1, Place::Instructions);
    assert_eq!(come("cy", "first").await.1, Place::Over { end: End::ScreenedOut });
    assert_eq!(come("dan", "fluent").await.1, Place::Instructions, "another answer has no quota");
    // Who leaves makes room.
    store.participant_take(ann, &row.study, Input::Withdraw).await.expect("leaves");
    assert_eq!(come("eve", "first").await.1, Place::Instructions);
}

#[tokio::test]
async fn nobody_is_let_in_whose_pay_might_pass_the_most() {
    let store = store().await;
    let mut study = ready();
    study.recruitment.completers = 4;
    study.pay.most = 4 * study.most_of_each();
    study.pay.soft_stop = 0.5;
    let row = launched(&store, study).await;
    let enter = async |name: &str| store.participant_enter(row.id, &row.study, &who(name)).await;
    enter("ann").await.expect("is let in");
    enter("bob").await.expect("is let in");
    assert!(matches!(enter("cy").await, Err(NotLetIn::Money(study::pay::Door::Soft))));
    store.study_lift_soft_stop(row.id).await.expect("is lifted");
    enter("cy").await.expect("is let in");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_balanced_and_paid_once() {
    let store = store().await;
    let mut study = ready();
    study.recruitment.completers = 40;
    let row = launched(&store, study).await;
    let all = join_all((0..36).map(|n| {
        let (store, row) = (store.clone(), row.clone());
        async move {
            let name = format!("worker {n}");
            let id = store.participant_enter(row.id, &row.study, &who(&name)).await.unwrap();
            // Every sixth leaves when it has its slot.
            if n % 6 == 5 {
                walk(&store, &row, id, |place| place == Place::Ready).await;
                store.participant_take(id, &row.study, Input::Withdraw).await.unwrap();
            } else {
                walk(&store, &row, id, is_over).await;
            }
            id
        }
    }))
    .await;
    let heads = store.participant_list(row.id).await.expect("are there");
    let mut cells: BTreeMap<usize, u32> = BTreeMap::new();
    for head in heads.iter().filter(|head| head.ended == Some(End::Complete)) {
        *cells.entry(head.cell.expect("was dealt")).or_default() += 1;
    }
    assert_eq!(cells.values().sum::<u32>(), 30);
    let (least, most) = (cells.values().min().unwrap(), cells.values().max().unwrap());
    assert!(most - least <= row.study.assignment.block + 6, "{cells:?}");
    let log = store.study_assignments(row.id).await.expect("is there");
    assert_eq!(log.iter().filter(|(_, dealt, _)| *dealt).count(), 36);
    assert_eq!(log.iter().filter(|(_, dealt, _)| !*dealt).count(), 6);
    // The log deals again.
    let mut dealer = study::Dealer::new(row.study.assignment.seed, 2, row.study.assignment.block);
    for (_, dealt, slot) in &log {
        if *dealt {
            assert_eq!(&dealer.deal(""), slot);
        } else {
            dealer.give_back(slot);
        }
    }
    let payments = store.payments_of(row.id).await.expect("are there");
    // Base and a bonus of three spoilt talks each.
    assert_eq!(payments.len(), 60);
    let cents: u32 = payments.iter().map(|line| line.cents).sum();
    assert_eq!(cents, 30 * (250 + 150));
    let none = store.payments_export(row.id, Source::Mturk).await.expect("is written");
    assert!(none.lines.is_empty(), "nobody came from there");
    let file = store.payments_export(row.id, Source::Prolific).await.expect("is written");
    assert_eq!(file.lines.len(), 30);
    assert!(file.lines.iter().all(|line| (line.base, line.bonus) == (250, 150)));
    let again = store.payments_export(row.id, Source::Prolific).await.expect("is written");
    assert!(again.lines.is_empty(), "nobody is paid twice");
    assert_eq!(store.payments_file(row.id, file.id).await.expect("is there"), file);
    // Nothing is done to who is over.
    let late = store.participant_take(all[0], &row.study, Input::Next).await;
    assert!(matches!(late, Err(TakeError::Refused(Refused::Over))));
    let erased = store.identities_erase(row.id).await.expect("are erased");
    assert_eq!(erased, 36);
    assert_eq!(store.identity_of(all[0]).await.expect("is asked"), None);
    assert!(!store.study_find(row.id).await.expect("is there").has_key);
}

#[tokio::test]
async fn two_who_wait_for_each_other_meet_and_time_moves_on_who_waits_alone() {
    let (store, admin) = crate::notices::store_and_admin().await;
    let mut study = ready();
    for condition in &mut study.conditions {
        condition.opponent = study::definition::Opponent::Person { stand_in: None };
        condition.role = None;
    }
    study.conditions.truncate(1);
    let row = launched(&store, study).await;
    let mut waiting = Vec::new();
    for name in ["ann", "bob", "cy"] {
        let id = store.participant_enter(row.id, &row.study, &who(name)).await.expect("is let in");
        walk(&store, &row, id, |place| place == Place::Ready).await;
        store.participant_take(id, &row.study, Input::Next).await.expect("waits");
        waiting.push(id);
    }
    let pair = store.participants_pair(row.id, &row.study).await.expect("is asked").expect("two");
    let met: Vec<ParticipantId> = pair.participants.iter().map(|one| one.id).collect();
    assert_eq!(met, waiting[..2]);
    assert_eq!(store.participants_pair(row.id, &row.study).await.expect("is asked"), None);
    let at = store.participants_at(pair.episode, &row.study).await.expect("are there");
    assert_eq!(at.len(), 2);
    let unlaid = store.tables_unlaid(row.id).await.expect("is asked");
    assert_eq!(unlaid, [(waiting[0], pair.episode), (waiting[1], pair.episode)]);
    stock(&store).await;
    let seats = PerRole { buyer: person(at[0].visitor), seller: person(at[1].visitor) };
    begun(&store, &NewEpisodeRow { id: pair.episode, ..new_episode(seats) }).await;
    assert!(store.tables_unlaid(row.id).await.expect("is asked").is_empty());
    assert!(store.participants_tick(row.id, &row.study).await.expect("ticks").is_empty());
    sqlx::query("update participants set until_at = now() - interval '1 second'")
        .execute(&admin)
        .await
        .expect("time passes");
    // The row's time is only a hint: what counts is the fold of the events, whose time is not over.
    assert_eq!(store.participants_tick(row.id, &row.study).await.expect("ticks").len(), 3);
    let cy = store.participant_find(waiting[2], &row.study).await.expect("is there");
    assert_eq!(cy.place, Place::Waiting);
    // Who is erased alone does not come again, and nobody else is taken for them.
    assert!(store.identity_erase(waiting[2]).await.expect("is erased"));
    let again = store.participant_enter(row.id, &row.study, &who("cy")).await;
    assert!(matches!(again, Err(NotLetIn::Erased)), "{again:?}");
    assert!(store.participant_enter(row.id, &row.study, &who("dan")).await.is_ok());
}
