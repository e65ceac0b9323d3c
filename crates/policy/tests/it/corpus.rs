//! Lessons: playable, honest, and naive.

use std::collections::HashSet;

use policy::corpus::{
    Deal, Inconsistency, Lesson, NaiveBuyer, SYNTAX, consistent, consistent_share, lesson,
    scratchpad, valid_share,
};
use policy::prompt::{Speaker, Style, read};
use policy::{Kind, find, registry};
use rules::metrics::states_price;
use rules::{Act, Episode, Interest, Millis, Mills, Move, Outcome, Role, apply};
use testkit::{play, product, scenario, usd};

const LESSONS: u64 = 1_500;

fn deal() -> Deal {
    Deal { product: product().build(), budget: usd("40"), cost: usd("25") }
}

fn lessons() -> impl Iterator<Item = Lesson> {
    (0..LESSONS).map(|seed| lesson(seed, Role::BOTH[seed as usize % 2], &deal()))
}

#[test]
fn a_lesson_is_fixed_by_its_arguments() {
    let told = |seed| lesson(seed, Role::Seller, &deal()).messages;
    assert_eq!(told(7), told(7));
    assert_ne!(told(7), told(8));
}

#[test]
fn every_own_message_is_read_as_the_move_and_is_consistent() {
    for lesson in lessons() {
        let own: Vec<_> =
            lesson.messages.iter().filter(|m| m.speaker == Speaker::Assistant).collect();
        assert_eq!(own.len(), lesson.moves.len());
        assert_eq!(lesson.messages.last().map(|m| m.speaker), Some(Speaker::Assistant));
        // The system's message and the user's, then two for each move.
        let mut at = 0;
        for ((view, mv), message) in lesson.moves.iter().zip(own) {
            assert_eq!(read(&message.text, view, SYNTAX).as_ref(), Ok(mv));
            assert_eq!(consistent(view, mv), Ok(()));
            assert_eq!(mv.thought.as_deref(), Some(scratchpad(view, mv.act).as_str()));
            // What the model is prompted with in play is what the lesson has before this message.
            let prompt = Style::compact().messages(view, SYNTAX);
            at += 2;
            assert_eq!(prompt, lesson.messages[..at]);
        }
    }
}

/// The amounts with a dollar sign.
fn amounts(talk: &str) -> Vec<Mills> {
    let is_amount = |c: char| c.is_ascii_digit() || c == '.';
    let amount = |rest: &str| {
        let end = rest.find(|c| !is_amount(c)).unwrap_or(rest.len());
        rest[..end].trim_end_matches('.').parse().ok()
    };
    talk.split('$').skip(1).filter_map(amount).collect()
}

#[test]
fn thought_talk_and_act_agree_and_the_limit_is_not_said() {
    for lesson in lessons() {
        for (view, mv) in &lesson.moves {
            let seen = (view.limit, &mv.talk, mv.act);
            assert!(!states_price(&mv.talk, view.limit), "{seen:?}");
            let words = mv.talk.split_whitespace().count();
            assert!((4..=45).contains(&words), "{seen:?}");
            let named = amounts(&mv.talk);
            let list = view.table.listing.product.list_price;
            let known = [mv.act.price(), view.their_offer(), view.own_offer(), Some(list)];
            assert!(named.iter().all(|price| known.contains(&Some(*price))), "{seen:?} {named:?}");
            let Some(price) = mv.act.price() else { continue };
            let thought = mv.thought.as_deref().expect("a move to be learnt has a thought");
            assert!(amounts(thought).contains(&price), "{thought} {seen:?}");
            let names_old = named.iter().any(|named| Some(*named) == view.own_offer());
            assert!(!names_old || named.contains(&price), "{seen:?}");
        }
    }
}

#[test]
fn scratchpads_by_hand() {
    let mut episode = Episode::start(&scenario().build(), Millis(0));
    let offer = |price| Act::Offer(usd(price));
    let moves = [
        (Role::Buyer, "Hi", offer("32"), "offer $32."),
        (Role::Seller, "Hm", offer("48.50"), "ask $48.50."),
        (Role::Buyer, "Cheaper online!", offer("33"), "offer $33."),
        (Role::Seller, "Ok", offer("39"), "rival, ask $39."),
        (Role::Buyer, "You crook", Act::Reject, "wait."),
        (Role::Seller, "No", Act::Reject, "rude, wait."),
        (Role::Buyer, "", Act::Accept(usd("39")), "deal $39."),
    ];
    for (by, talk, act, expected) in moves {
        assert_eq!(scratchpad(&episode.view(by), act), expected);
        let events = apply(&episode, by, Move::new(talk, act), Millis(1)).expect("a legal move");
        episode.absorb_all(&events);
    }
}

#[test]
fn what_is_inconsistent_is_named() {
    let view = Episode::start(&scenario().build(), Millis(0)).view(Role::Buyer);
    let check = |act| consistent(&view, &Move::new("", act));
    assert_eq!(check(Act::Offer(usd("40"))), Ok(()));
    let beyond = Inconsistency::BeyondLimit { price: usd("40.01"), limit: usd("40") };
    assert_eq!(check(Act::Offer(usd("40.01"))), Err(beyond));
    assert_eq!(check(Act::Quit), Err(Inconsistency::Illegal(Act::Quit)));
    let nothing = Act::Offer(Mills::ZERO);
    assert_eq!(check(nothing), Err(Inconsistency::Illegal(nothing)));
    let moves = [Act::Reject, Act::Quit].map(|act| (view.clone(), Move::new("", act)));
    let share = consistent_share(moves.iter().map(|(view, mv)| (view, mv)));
    assert_eq!((share.of, share.n), (1, 2));
    let reads = ["Action: [REJECT]", "Action: [NO]"].map(|text| read(text, &view, SYNTAX));
    assert_eq!(valid_share(&reads).value(), Some(0.5));
}

#[test]
fn lessons_have_every_kind_of_game() {
    let lessons: Vec<_> = lessons().collect();
    let share = |is: &dyn Fn(&Lesson) -> bool| {
        lessons.iter().filter(|lesson| is(lesson)).count() * 1000 / lessons.len()
    };
    let conflicting = share(&|l| l.scenario.interest() == Interest::Conflicting);
    assert!((80..=150).contains(&conflicting), "{conflicting}");
    assert!(share(&|l| matches!(l.outcome, Some(Outcome::Deal { .. }))) > 350);
    for by in Role::BOTH {
        assert!(share(&|l| l.outcome == Some(Outcome::Quit { by })) > 50, "{by:?}");
    }
    let list = |l: &Lesson| l.scenario.listing.product.list_price;
    assert!(share(&|l| list(l) < usd("20")) > 100);
    assert!(share(&|l| list(l) > usd("1000")) > 100);
    assert!(lessons.iter().all(|l| (usd("5")..=usd("4300")).contains(&list(l))));
    let codenames: HashSet<_> =
        lessons.iter().map(|l| l.scenario.listing.product.codename.clone()).collect();
    assert!(codenames.len() > 300, "{}", codenames.len());
    let personas: HashSet<_> =
        lessons.iter().map(|l| l.scenario.listing.personas.get(l.role).clone()).collect();
    assert_eq!(personas.len(), policy::personas().len() + 1);
}

#[test]
fn the_held_out_families_teach_nothing() {
    let mut families: HashSet<&str> = HashSet::new();
    let mut sentences: HashSet<String> = HashSet::new();
    for lesson in lessons() {
        families.extend([lesson.pupil, lesson.teacher]);
        let talks = lesson.moves.iter().map(|(_, mv)| mv.talk.as_str());
        sentences.extend(talks.flat_map(|t| t.split(['.', '!', '?'])).map(|s| s.trim().to_owned()));
    }
    let scripted = registry().iter().filter(|entry| entry.kind == Kind::Scripted);
    let expected: HashSet<_> = scripted.map(|entry| entry.name).chain(["naive"]).collect();
    assert_eq!(families, expected);
    let bazaar = include_str!("../../words/bazaar.txt");
    let held_out = bazaar.lines().filter(|line| line.starts_with("  ") && !line.contains('{'));
    for line in held_out {
        for sentence in line.split(['.', '!', '?']).map(str::trim).filter(|s| s.len() > 3) {
            assert!(!sentences.contains(sentence), "{sentence}");
        }
    }
}

/// Near the reported figures of an untrained model.
#[test]
fn the_naive_buyer_is_naive() {
    let seller = find("regulated").expect("a family");
    let (mut deals, mut ratio, mut opening) = (0, 0.0, 0.0);
    let games = 400;
    let mut opened = 0;
    for seed in 0..games {
        let list = Mills::from_cents(500 + seed as i64 * 997);
        let cost = list.scale(300 + seed as i64 * 13 % 500, 1000);
        let game =
            scenario().list_price(list).budget(list.scale(4, 5)).cost(cost).seed(seed).build();
        let (episode, _) =
            play(&game, NaiveBuyer::seat(seed, None), seller.seat(Role::Seller, seed, None));
        if let Some((_, price)) = episode.table.offers_of(Role::Buyer).next() {
            opened += 1;
            opening += price.as_dollars_f64() / game.budget.as_dollars_f64();
        }
        if let Some(Outcome::Deal { price, .. }) = episode.outcome() {
            deals += 1;
            let zone = (game.budget - game.cost).as_dollars_f64();
            ratio += (game.budget - price).as_dollars_f64() / zone;
        }
    }
    let deal_rate = deals as f64 / games as f64;
    let (ratio, opening) = (ratio / deals as f64, opening / f64::from(opened));
    assert!((0.60..=0.75).contains(&deal_rate), "{deal_rate}");
    assert!((0.10..=0.25).contains(&ratio), "{ratio}");
    assert!((0.77..=0.83).contains(&opening), "{opening}");
}
