//! Every refusal and every outcome, through one door.

use rules::{
    Act, BadScenario, Ending, Episode, Event, Illegal, Intervention, MAX_PRICE, MAX_TALK_BYTES,
    Millis, Mills, Move, Outcome, OverLimit, Protocol, Regulation, Role, Scenario, apply, conclude,
    resampled, tick,
};

use crate::plays::{NOW, dollars, scenario};
use Act::{Accept, Offer, Quit, Reject, Talk};
use Role::{Buyer, Seller};

const OPEN: Protocol = Protocol::Open { deadline_ms: 60_000, max_moves: 5 };

/// What the last move of a script leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    GoesOn,
    Ends(Outcome),
    Refused(Illegal),
}

/// The one door: all moves but the last are legal; the last leads to `expected`.
fn check(scenario: &Scenario, script: &[(Role, Act)], expected: Then) {
    let (last, before) = script.split_last().expect("a script has a last move");
    let mut episode = Episode::start(scenario, NOW);
    for (by, act) in before {
        let events = apply(&episode, *by, Move::new("", *act), NOW).expect("legal until the last");
        episode.absorb_all(&events);
    }
    let got = match apply(&episode, last.0, Move::new("", last.1), NOW) {
        Err(why) => Then::Refused(why),
        Ok(events) => {
            episode.absorb_all(&events);
            episode.outcome().map_or(Then::GoesOn, Then::Ends)
        }
    };
    assert_eq!(got, expected, "{script:?}");
}

fn alternating() -> Scenario {
    scenario(Protocol::PAPER)
}

/// Offers of `rounds` whole rounds in which nobody moves.
fn stubborn(rounds: usize) -> Vec<(Role, Act)> {
    [(Buyer, Offer(dollars(60))), (Seller, Offer(dollars(70)))].repeat(rounds)
}

#[test]
fn refusals_in_turns() {
    use Illegal::*;
    let table: &[(&[(Role, Act)], Illegal)] = &[
        (&[(Buyer, Reject), (Seller, Quit), (Buyer, Reject)], Over),
        (&[(Seller, Reject)], NotYourTurn { turn_of: Buyer }),
        (&[(Buyer, Reject), (Buyer, Reject)], NotYourTurn { turn_of: Seller }),
        (&[(Buyer, Quit)], FirstMove),
        (&[(Buyer, Accept(dollars(60)))], FirstMove),
        (&[(Buyer, Talk)], TalkAlone),
        (&[(Buyer, Reject), (Seller, Talk)], TalkAlone),
        (&[(Buyer, Reject), (Seller, Accept(dollars(60)))], NothingToAccept),
        // One's own offer is not the other side's.
        (
            &[(Buyer, Offer(dollars(60))), (Seller, Reject), (Buyer, Accept(dollars(60)))],
            NothingToAccept,
        ),
        (
            &[(Buyer, Offer(dollars(60))), (Seller, Accept(dollars(61)))],
            OfferChanged { standing: dollars(60), named: dollars(61) },
        ),
        // Only the last offer binds.
        (
            &[
                (Buyer, Offer(dollars(60))),
                (Seller, Reject),
                (Buyer, Offer(dollars(55))),
                (Seller, Accept(dollars(60))),
            ],
            OfferChanged { standing: dollars(55), named: dollars(60) },
        ),
        (&[(Buyer, Offer(Mills(0)))], BadPrice),
        (&[(Buyer, Offer(Mills(-5)))], BadPrice),
        (&[(Buyer, Offer(Mills(MAX_PRICE.0 + 1)))], BadPrice),
    ];
    for (script, why) in table {
        check(&alternating(), script, Then::Refused(*why));
    }
}

#[test]
fn refusals_in_the_open() {
    use Illegal::*;
    let table: &[(&[(Role, Act)], Illegal)] = &[
        (&[(Seller, Quit), (Buyer, Talk)], Over),
        (&[(Seller, Reject)], NothingToReject),
        (&[(Buyer, Offer(dollars(60))), (Buyer, Reject)], NothingToReject),
        (&[(Seller, Accept(dollars(60)))], NothingToAccept),
        (
            &[
                (Buyer, Offer(dollars(60))),
                (Buyer, Offer(dollars(58))),
                (Seller, Accept(dollars(60))),
            ],
            OfferChanged { standing: dollars(58), named: dollars(60) },
        ),
        (&[(Seller, Offer(Mills(0)))], BadPrice),
    ];
    for (script, why) in table {
        check(&scenario(OPEN), script, Then::Refused(*why));
    }
}

#[test]
fn what_goes_on() {
    let long_offer = [(Buyer, Offer(dollars(60))), (Seller, Reject), (Buyer, Reject)];
    check(&alternating(), &[(Buyer, Reject)], Then::GoesOn);
    check(&alternating(), &long_offer, Then::GoesOn);
    let talks = [(Seller, Talk), (Seller, Talk), (Buyer, Offer(dollars(60))), (Seller, Reject)];
    check(&scenario(OPEN), &talks, Then::GoesOn);
}

#[test]
fn outcomes_in_turns() {
    let deal = |price, round| Then::Ends(Outcome::Deal { price: dollars(price), round });
    let rejected_then_accepted = [
        (Buyer, Offer(dollars(60))),
        (Seller, Reject),
        (Buyer, Reject),
        (Seller, Accept(dollars(60))),
    ];
    let table: Vec<(Vec<(Role, Act)>, Then)> = vec![
        (vec![(Buyer, Offer(dollars(60))), (Seller, Accept(dollars(60)))], deal(60, 1)),
        ([stubborn(1), vec![(Buyer, Accept(dollars(70)))]].concat(), deal(70, 2)),
        // A rejection does not withdraw the offer that it rejects.
        (rejected_then_accepted.to_vec(), deal(60, 2)),
        // At exactly the own limit: not beyond it.
        (vec![(Buyer, Offer(dollars(80))), (Seller, Accept(dollars(80)))], deal(80, 1)),
        (vec![(Buyer, Offer(dollars(50))), (Seller, Accept(dollars(50)))], deal(50, 1)),
        (vec![(Buyer, Reject), (Seller, Quit)], Then::Ends(Outcome::Quit { by: Seller })),
        (
            vec![(Buyer, Reject), (Seller, Reject), (Buyer, Quit)],
            Then::Ends(Outcome::Quit { by: Buyer }),
        ),
        (stubborn(6), Then::Ends(Outcome::Timeout)),
        ([(Buyer, Reject), (Seller, Reject)].repeat(6), Then::Ends(Outcome::Timeout)),
        (stubborn(6)[..11].to_vec(), Then::GoesOn),
        // The last message may still accept, or quit.
        ([&stubborn(6)[..11], &[(Seller, Accept(dollars(60)))]].concat(), deal(60, 6)),
        (
            [&stubborn(6)[..11], &[(Seller, Quit)]].concat(),
            Then::Ends(Outcome::Quit { by: Seller }),
        ),
    ];
    for (script, expected) in table {
        check(&alternating(), &script, expected);
    }
}

#[test]
fn outcomes_in_the_open() {
    let deal = |price, round| Then::Ends(Outcome::Deal { price: dollars(price), round });
    let table: Vec<(Vec<(Role, Act)>, Then)> = vec![
        (vec![(Seller, Offer(dollars(70))), (Buyer, Accept(dollars(70)))], deal(70, 1)),
        (
            vec![
                (Buyer, Talk),
                (Buyer, Offer(dollars(60))),
                (Buyer, Talk),
                (Seller, Accept(dollars(60))),
            ],
            deal(60, 1),
        ),
        (vec![(Buyer, Quit)], Then::Ends(Outcome::Quit { by: Buyer })),
        (vec![(Buyer, Talk); 5], Then::Ends(Outcome::Timeout)),
        (
            vec![
                (Buyer, Talk),
                (Buyer, Talk),
                (Buyer, Talk),
                (Buyer, Offer(dollars(60))),
                (Seller, Accept(dollars(60))),
            ],
            deal(60, 1),
        ),
    ];
    for (script, expected) in table {
        check(&scenario(OPEN), &script, expected);
    }
}

#[test]
fn beyond_the_own_limit() {
    let strict = alternating();
    let lenient = Scenario { over_limit: OverLimit::LogOnly, ..alternating() };
    let violation = |by, price| Then::Ends(Outcome::BudgetViolation { by, price: dollars(price) });
    let deal = |price, round| Then::Ends(Outcome::Deal { price: dollars(price), round });

    let offer_above = [(Buyer, Offer(dollars(81)))];
    check(&strict, &offer_above, violation(Buyer, 81));
    check(&lenient, &offer_above, Then::GoesOn);

    let offer_below = [(Buyer, Reject), (Seller, Offer(dollars(49)))];
    check(&strict, &offer_below, violation(Seller, 49));
    check(&lenient, &offer_below, Then::GoesOn);

    let accept_above =
        [(Buyer, Reject), (Seller, Offer(dollars(90))), (Buyer, Accept(dollars(90)))];
    check(&strict, &accept_above, violation(Buyer, 90));
    check(&lenient, &accept_above, deal(90, 2));

    let accept_below = [(Buyer, Offer(dollars(40))), (Seller, Accept(dollars(40)))];
    check(&strict, &accept_below, violation(Seller, 40));
    check(&lenient, &accept_below, deal(40, 1));

    // Beyond the limit with the last message: the violation, not the timeout.
    let last = [&stubborn(6)[..11], &[(Seller, Offer(dollars(49)))]].concat();
    check(&strict, &last, violation(Seller, 49));
    check(&lenient, &last, Then::Ends(Outcome::Timeout));
}

#[test]
fn overshoots_are_on_record_and_make_no_event_of_their_own() {
    let lenient = Scenario { over_limit: OverLimit::LogOnly, ..alternating() };
    let mut episode = Episode::start(&lenient, NOW);
    let mv = Move::new("", Offer(dollars(81)));
    let events = apply(&episode, Buyer, mv, NOW).expect("let stand");
    assert_eq!(events.len(), 1);
    episode.absorb_all(&events);
    assert_eq!(episode.overshoots, [(Buyer, dollars(81))]);
}

/// What a regulated seller's illegal act becomes on the table, after the buyer offered $40.
fn regulated(regulation: Regulation, act: Act) -> Result<Vec<Event>, Illegal> {
    let scenario = Scenario { regulation: Some(regulation), ..alternating() };
    let mut episode = Episode::start(&scenario, NOW);
    let offer = Move::new("", Offer(dollars(40)));
    episode.absorb_all(&apply(&episode, Buyer, offer, NOW).expect("legal"));
    apply(&episode, Seller, Move::new("Take it for nothing", act), NOW)
}

#[test]
fn interventions() {
    let markup = Regulation::RewriteMarkup { permille: 101 };
    for act in [Offer(dollars(49)), Accept(dollars(40))] {
        for (regulation, price) in [(Regulation::CounterAtFloor, 50_000), (markup, 55_050)] {
            let events = regulated(regulation, act).expect("rewritten");
            let [Event::Intervened { by, intervention }, Event::Moved { talk, act: played, .. }] =
                events.as_slice()
            else {
                panic!("an intervention and a move: {events:?}");
            };
            assert_eq!((*by, intervention.original.act), (Seller, act));
            assert_eq!(intervention.regulation, regulation);
            assert_eq!(*played, Offer(Mills(price)));
            assert!(!talk.contains("nothing"), "the original talk goes with the move");
        }
        assert_eq!(regulated(Regulation::Resample, act), Err(Illegal::BelowFloor));
    }
    for legal in [Offer(dollars(50)), Reject, Quit] {
        let events = regulated(Regulation::CounterAtFloor, legal).expect("legal");
        assert!(matches!(events[0], Event::Moved { act, .. } if act == legal), "{events:?}");
    }
    let record = resampled(Seller, Move::new("low", Offer(dollars(49))));
    let Event::Intervened { intervention: Intervention { regulation, .. }, .. } = record else {
        panic!("a record of an intervention");
    };
    assert_eq!(regulation, Regulation::Resample);
}

#[test]
fn an_intervention_in_the_last_message_is_no_deal() {
    let scenario = Scenario { regulation: Some(Regulation::CounterAtFloor), ..alternating() };
    let mut script = [(Buyer, Offer(dollars(40))), (Seller, Offer(dollars(70)))].repeat(6);
    script[11] = (Seller, Accept(dollars(40)));
    check(&scenario, &script, Then::Ends(Outcome::Timeout));
}

#[test]
fn the_clock_of_the_open_protocol() {
    let mut episode = Episode::start(&scenario(OPEN), NOW);
    let (before, at) = (Millis(NOW.0 + 59_999), Millis(NOW.0 + 60_000));
    assert!(apply(&episode, Buyer, Move::new("", Talk), before).is_ok());
    assert_eq!(apply(&episode, Buyer, Move::new("", Talk), at), Err(Illegal::DeadlinePassed));
    assert_eq!(tick(&episode, before), []);
    let end = tick(&episode, at);
    assert_eq!(end, [Event::Ended { outcome: Outcome::Timeout }]);
    episode.absorb_all(&end);
    assert_eq!(tick(&episode, at), [], "an episode ends once");
    assert_eq!(tick(&Episode::start(&alternating(), NOW), Millis(i64::MAX)), []);
}

#[test]
fn ends_that_are_no_move() {
    let table = [
        (Ending::FormatError { by: Buyer }, Outcome::FormatError { by: Buyer }),
        (Ending::Abandoned { by: Seller }, Outcome::Abandoned { by: Seller }),
        (Ending::EngineFailure, Outcome::EngineFailure),
    ];
    for (ending, outcome) in table {
        let mut episode = Episode::start(&Scenario { reveal: true, ..alternating() }, NOW);
        let events = conclude(&episode, ending).expect("not over");
        // A talk that the machinery broke off may be gone on with.
        let tells = ending != Ending::EngineFailure;
        let revealed = tells.then_some(Event::Revealed { budget: dollars(80), cost: dollars(50) });
        let expected: Vec<_> = [Event::Ended { outcome }].into_iter().chain(revealed).collect();
        assert_eq!(events, expected);
        episode.absorb_all(&events);
        assert_eq!(conclude(&episode, ending), Err(Illegal::Over));
    }
}

#[test]
fn scenarios_that_cannot_be_played() {
    let named = |codename: &str| {
        let mut scenario = alternating();
        scenario.listing.product.codename = codename.into();
        scenario
    };
    let table = [
        (alternating(), Ok(())),
        (scenario(OPEN), Ok(())),
        (Scenario { budget: Mills(0), ..alternating() }, Err(BadScenario::Limit)),
        (Scenario { cost: Mills(-1), ..alternating() }, Err(BadScenario::Limit)),
        (scenario(Protocol::Alternating { max_rounds: 0 }), Err(BadScenario::NoRoom)),
        (scenario(Protocol::Open { deadline_ms: 0, max_moves: 5 }), Err(BadScenario::NoRoom)),
        (scenario(Protocol::Open { deadline_ms: 5, max_moves: 0 }), Err(BadScenario::NoRoom)),
        (named(""), Err(BadScenario::Codename)),
        (named("a\nb"), Err(BadScenario::Codename)),
        (named(" a"), Err(BadScenario::Codename)),
        (named("</action>"), Err(BadScenario::Codename)),
    ];
    for (scenario, expected) in table {
        assert_eq!(scenario.validate(), expected, "{scenario:?}");
    }
}

#[test]
fn too_much_talk() {
    let episode = Episode::start(&alternating(), NOW);
    let long = "x".repeat(MAX_TALK_BYTES + 1);
    let talking = Move::new(long.clone(), Reject);
    let thinking = Move::new("", Reject).thinking(long);
    for mv in [talking, thinking] {
        assert_eq!(apply(&episode, Buyer, mv, NOW), Err(Illegal::TooLong));
    }
    let just = Move::new("x".repeat(MAX_TALK_BYTES), Reject);
    assert!(apply(&episode, Buyer, just, NOW).is_ok());
}
