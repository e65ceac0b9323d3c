//! Every place has a way on, and from each an end can be reached, whatever comes.

use std::collections::BTreeSet;

use proptest::prelude::*;
use study::definition::{Design, Opponent};
use study::progress::How;
use study::question::{Answers, Kind};
use study::{Dealer, End, Event, Input, Place, Progress, Question, Refused, Study, apply, tick};
use uuid::Uuid;
use wire::EpisodeId;

const READY: &str = include_str!("../studies/base-vs-trained.toml");

fn ready() -> Study {
    Study::read(READY).expect("the ready study reads")
}

/// With people across the table, and whom to play with where nobody comes.
fn between_people(stand_in: Option<&str>) -> Study {
    let mut study = ready();
    for condition in &mut study.conditions {
        condition.opponent = Opponent::Person { stand_in: stand_in.map(str::to_owned) };
        condition.role = None;
    }
    study
}

/// Answers that are right, or as wrong as they can be.
fn answers(questions: &[Question], right: bool) -> Answers {
    let one = |question: &Question| {
        let value = match &question.answer {
            Kind::Choice { options, right: rights } => {
                let fits =
                    |value: &&str| rights.is_empty() || rights.iter().any(|r| r == value) == right;
                options.iter().map(|o| o.value.as_str()).find(fits).unwrap_or("").to_owned()
            }
            Kind::Likert { points, .. } => points.to_string(),
            Kind::Number { max, min, .. } => {
                if right { (*min).max(30).min(*max) } else { *min }.to_string()
            }
            Kind::Words { .. } => "words".to_owned(),
        };
        (question.name.clone(), value)
    };
    questions.iter().map(one).collect()
}

/// A participant with a clock and the server's part.
struct Walk {
    study: Study,
    progress: Progress,
    events: Vec<(i64, Event)>,
    dealer: Dealer,
    now_ms: i64,
    episodes: u128,
}

impl Walk {
    fn new(study: Study) -> Walk {
        let cells = study::cells::cells(&study).len();
        let dealer = Dealer::new(study.assignment.seed, cells, study.assignment.block);
        let mut walk = Walk {
            study,
            progress: Progress::default(),
            events: Vec::new(),
            dealer,
            now_ms: 1_000,
            episodes: 0,
        };
        walk.take(vec![Event::Entered { language: "en".into() }]);
        walk
    }

    fn take(&mut self, events: Vec<Event>) {
        for event in events {
            self.progress.absorb(self.now_ms, &event);
            self.events.push((self.now_ms, event));
        }
        if self.progress.awaits_slot(&self.study) {
            let slot = self.dealer.deal("");
            self.take(vec![Event::Assigned { slot }]);
        }
    }

    fn place(&self) -> Place {
        self.progress.place(&self.study)
    }

    fn put(&mut self, input: Input) -> Result<(), Refused> {
        let events = apply(&self.study, &self.progress, input)?;
        self.take(events);
        Ok(())
    }

    fn episode(&mut self) -> EpisodeId {
        self.episodes += 1;
        EpisodeId(Uuid::from_u128(self.episodes))
    }

    /// The next step of somebody who does what the page asks.
    fn on(&mut self) {
        let input = match self.place() {
            Place::Consent => Input::Consent(true),
            Place::Eligibility => Input::Answer(answers(&self.study.eligibility, true)),
            Place::Instructions | Place::Ready | Place::Debrief => Input::Next,
            Place::Practice => Input::Practised(Some(self.episode())),
            Place::Quiz => Input::Answer(answers(&self.study.quiz.questions, true)),
            Place::Waiting => Input::Meet(self.episode()),
            Place::Choosing => Input::WaitOn,
            Place::Negotiating { episode } => Input::Played(episode, How::Counts),
            Place::Survey => Input::Answer(answers(&self.study.survey, true)),
            Place::Over { .. } => return,
        };
        self.put(input).expect("the page says so");
    }

    fn to(&mut self, wanted: impl Fn(Place) -> bool) {
        for _ in 0..60 {
            if wanted(self.place()) {
                return;
            }
            self.on();
        }
        panic!("stranded at {:?}", self.place());
    }
}

#[test]
fn the_ready_study_can_be_launched_but_for_its_checkpoint() {
    let flaws = ready().flaws(&["demo", "linear"], &["neutral"]);
    let [flaw] = &flaws[..] else { panic!("{flaws:?}") };
    assert_eq!(flaw.place, "conditions[1].opponent");
    assert!(flaw.sentence.contains("no negotiator CHECKPOINT; there are demo, linear"));
    assert!(ready().flaws(&["demo", "CHECKPOINT"], &["neutral"]).is_empty());
}

#[test]
fn a_study_is_written_as_it_was_read() {
    let study = ready();
    let again = Study::read(&study.write()).expect("what is written reads");
    assert_eq!(again, study);
    assert_eq!(again.hash(), study.hash());
    let mut other = study.clone();
    other.pay.base += 1;
    assert_ne!(other.hash(), study.hash());
    assert!(Study::read("schema = 1\ntitel = \"x\"").unwrap_err().contains("titel"));
}

#[test]
fn flaws_are_told_with_their_place() {
    let mut study = ready();
    study.languages.push("fr".into());
    study.conditions[1].name = "base".into();
    study.conditions[0].persona = "rude".into();
    study.pay.most = 100;
    study.pay.currency = "pounds".into();
    study.assignment.strata = vec!["gender".into()];
    study.quiz.questions[0].name = "Quiz 1".into();
    study.negotiations = 0;
    let flaws = study.flaws(&["demo", "CHECKPOINT"], &["neutral"]);
    let places: BTreeSet<&str> = flaws.iter().map(|flaw| flaw.place.as_str()).collect();
    for place in [
        "name",
        "consent.text",
        "conditions[1].name",
        "conditions[0].persona",
        "pay.most",
        "pay.currency",
        "assignment.strata[0]",
        "quiz.questions[0].name",
        "negotiations",
        "survey[0].answer.low",
        "eligibility[1].answer.options[0].text",
    ] {
        assert!(places.contains(place), "{place} in {places:?}");
    }
    let pay = flaws.iter().find(|flaw| flaw.place == "pay.most").expect("is told");
    assert!(pay.sentence.contains("66000 cents"), "{}", pay.sentence);
}

#[test]
fn who_does_what_pages_ask_completes() {
    for study in [ready(), between_people(None)] {
        let mut walk = Walk::new(study);
        let mut places = Vec::new();
        while !matches!(walk.place(), Place::Over { .. }) {
            places.push(std::mem::discriminant(&walk.place()));
            walk.on();
        }
        assert_eq!(walk.progress.end, Some(End::Complete));
        assert_eq!(walk.progress.played.len(), 3);
        assert_eq!(walk.progress.conditions_played(&walk.study).len(), 3);
        assert!(places.len() > 12);
        assert_eq!(Progress::replay(walk.events.iter().map(|(at, e)| (*at, e))), walk.progress);
    }
}

#[test]
fn within_subjects_everybody_meets_all_conditions() {
    let mut study = ready();
    study.design = Design::Within;
    study.negotiations = 1;
    let mut orders = BTreeSet::new();
    for seed in 0..8 {
        study.assignment.seed = seed;
        let mut walk = Walk::new(study.clone());
        walk.to(|place| matches!(place, Place::Over { .. }));
        let met = walk.progress.conditions_played(&walk.study);
        let mut sorted = met.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1]);
        orders.insert(met);
    }
    assert_eq!(orders.len(), 2, "both orders occur");
}

#[test]
fn each_end_is_reached_as_it_should_be() {
    let over = |walk: &Walk| match walk.place() {
        Place::Over { end } => end,
        other => panic!("{other:?}"),
    };
    let mut walk = Walk::new(ready());
    walk.put(Input::Consent(false)).unwrap();
    assert_eq!(over(&walk), End::Declined);

    let mut walk = Walk::new(ready());
    walk.to(|place| place == Place::Eligibility);
    let wrong = answers(&walk.study.eligibility, false);
    walk.put(Input::Answer(wrong)).unwrap();
    assert_eq!(over(&walk), End::ScreenedOut);

    let mut walk = Walk::new(ready());
    walk.to(|place| place == Place::Quiz);
    let wrong = answers(&walk.study.quiz.questions, false);
    walk.put(Input::Answer(wrong.clone())).unwrap();
    assert_eq!(walk.place(), Place::Quiz, "there is a second try");
    walk.put(Input::Answer(wrong)).unwrap();
    assert_eq!(over(&walk), End::FailedChecks);

    let mut walk = Walk::new(between_people(Some("demo")));
    walk.to(|place| place == Place::Waiting);
    walk.now_ms += 5 * 60_000;
    let ticked = tick(&walk.study, &walk.progress, walk.now_ms);
    walk.take(ticked);
    assert_eq!(walk.place(), Place::Choosing);
    walk.put(Input::TakeStandIn).unwrap();
    assert!(walk.place() == Place::Waiting && walk.progress.takes_stand_in());
    walk.on();
    walk.on();
    assert_eq!(walk.progress.negotiated(), 1);

    let mut walk = Walk::new(between_people(None));
    walk.to(|place| place == Place::Waiting);
    walk.now_ms += 5 * 60_000;
    let ticked = tick(&walk.study, &walk.progress, walk.now_ms);
    walk.take(ticked);
    assert_eq!(walk.put(Input::TakeStandIn), Err(Refused::NoStandIn));
    walk.put(Input::Leave).unwrap();
    assert_eq!(over(&walk), End::WaitedInVain);

    let mut walk = Walk::new(ready());
    walk.to(|place| place == Place::Waiting);
    for _ in 0..3 {
        walk.to(|place| matches!(place, Place::Negotiating { .. } | Place::Over { .. }));
        if let Place::Negotiating { episode } = walk.place() {
            walk.put(Input::Played(episode, How::Broken)).unwrap();
        }
    }
    assert_eq!(over(&walk), End::TechnicalFault);

    let mut walk = Walk::new(ready());
    walk.now_ms += 15 * 60_000;
    let ticked = tick(&walk.study, &walk.progress, walk.now_ms);
    walk.take(ticked);
    assert_eq!(over(&walk), End::TimedOut);
    assert_eq!(walk.put(Input::Consent(true)), Err(Refused::Over));
}

#[test]
fn time_is_extended_ten_times_at_each_place() {
    let mut walk = Walk::new(ready());
    for _ in 0..10 {
        walk.now_ms += 14 * 60_000;
        assert!(tick(&walk.study, &walk.progress, walk.now_ms).is_empty());
        walk.put(Input::Extend).unwrap();
    }
    assert_eq!(walk.put(Input::Extend), Err(Refused::Extended));
    walk.on();
    walk.put(Input::Extend).expect("another place");
    let (step, since_ms) = (walk.progress.step, walk.progress.since_ms);
    walk.put(Input::Translate("de".into())).unwrap();
    walk.now_ms += 60 * 60_000;
    walk.take(vec![Event::Resumed]);
    assert_eq!(walk.progress.step, step, "what is being written is not stale by it");
    assert!(walk.progress.since_ms > since_ms, "a pause takes no time");
    assert!(tick(&walk.study, &walk.progress, walk.now_ms).is_empty());
    assert_eq!(walk.put(Input::Translate("xx".into())), Err(Refused::Language));
    assert_eq!(walk.progress.extensions, 1, "a language is no time");
}

#[derive(Clone, Debug)]
enum Step {
    On,
    Wrong,
    Nothing,
    Wait(i64),
    Extend,
    Leave,
    StandIn,
    Broken,
    Left,
    PartnerLeft,
    Stale,
    Withdraw,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => Just(Step::On),
        1 => Just(Step::Wrong),
        1 => Just(Step::Nothing),
        3 => (0_i64..20).prop_map(Step::Wait),
        1 => Just(Step::Extend),
        1 => Just(Step::Leave),
        1 => Just(Step::StandIn),
        1 => Just(Step::Broken),
        1 => Just(Step::Left),
        1 => Just(Step::PartnerLeft),
        1 => Just(Step::Stale),
        1 => Just(Step::Withdraw),
    ]
}

proptest! {
    #[test]
    fn nobody_is_ever_stranded(
        steps in proptest::collection::vec(step(), 0..80),
        people in proptest::option::of(proptest::option::of(Just("demo"))),
        within in any::<bool>(),
    ) {
        let mut study = people.map_or_else(ready, between_people);
        if within {
            study.design = Design::Within;
            study.negotiations = 2;
        }
        let mut walk = Walk::new(study);
        for step in steps {
            let before = walk.progress.clone();
            let tried = match (step, walk.place()) {
                (Step::On, _) => { walk.on(); Ok(()) }
                (Step::Wrong, Place::Quiz) => {
                    let wrong = answers(&walk.study.quiz.questions, false);
                    walk.put(Input::Answer(wrong))
                }
                (Step::Wrong | Step::Nothing, _) => walk.put(Input::Answer(Answers::new())),
                (Step::Wait(minutes), _) => {
                    walk.now_ms += minutes * 60_000;
                    let overdue = walk.progress.overdue(&walk.study, walk.now_ms);
                    let ticked = tick(&walk.study, &walk.progress, walk.now_ms);
                    walk.take(ticked);
                    match overdue {
                        Some(episode) => walk.put(Input::Played(episode, How::Left)),
                        None => Ok(()),
                    }
                }
                (Step::Extend, _) => walk.put(Input::Extend),
                (Step::Leave, _) => walk.put(Input::Leave),
                (Step::StandIn, _) => walk.put(Input::TakeStandIn),
                (Step::Broken, Place::Negotiating { episode }) => {
                    walk.put(Input::Played(episode, How::Broken))
                }
                (Step::Left, Place::Negotiating { episode }) => {
                    walk.put(Input::Played(episode, How::Left))
                }
                (Step::PartnerLeft, Place::Negotiating { episode }) => {
                    walk.put(Input::Played(episode, How::PartnerLeft))
                }
                (Step::Broken | Step::Left | Step::PartnerLeft | Step::Stale, _) => {
                    let stale = EpisodeId(Uuid::from_u128(9_999_999));
                    let refused = walk.put(Input::Played(stale, How::Counts));
                    prop_assert!(refused.is_err(), "an episode that is not played here");
                    refused
                }
                (Step::Withdraw, _) => walk.put(Input::Withdraw),
            };
            if tried.is_err() {
                prop_assert_eq!(&before, &walk.progress, "what is refused changes nothing");
            }
            // Nobody goes on without consent, a slot, or what the study asks before.
            if !walk.progress.played.is_empty() {
                prop_assert!(walk.progress.consent.is_some() && walk.progress.slot.is_some());
                prop_assert!(walk.progress.has_passed);
            }
        }
        let replayed = Progress::replay(walk.events.iter().map(|(at, event)| (*at, event)));
        prop_assert_eq!(&replayed, &walk.progress);
        // By doing what pages ask, and by doing nothing at all, an end is reached.
        let mut idle = walk.progress.clone();
        let mut now = walk.now_ms;
        for _ in 0..200 {
            now += 60 * 60_000;
            if let Some(episode) = idle.overdue(&walk.study, now) {
                let events = apply(&walk.study, &idle, Input::Played(episode, How::Left)).unwrap();
                events.iter().for_each(|event| idle.absorb(now, event));
            }
            for event in tick(&walk.study, &idle, now) {
                idle.absorb(now, &event);
            }
        }
        prop_assert!(idle.end.is_some(), "doing nothing ends at {:?}", idle.place(&walk.study));
        for _ in 0..80 {
            walk.on();
        }
        prop_assert!(walk.progress.end.is_some(), "stranded at {:?}", walk.place());
    }
}
