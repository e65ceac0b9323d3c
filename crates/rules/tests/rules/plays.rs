//! Scenarios, and plays that chance draws from them.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rules::{
    Act, Episode, Event, Illegal, Listing, Millis, Mills, Move, OverLimit, PerRole, Product,
    Protocol, Regulation, Role, Scenario, apply, open, resampled,
};

pub const NOW: Millis = Millis(1_000);

pub fn dollars(amount: i64) -> Mills {
    Mills::from_dollars(amount)
}

/// B = $80, C = $50, six rounds, nothing regulated, nothing revealed.
pub fn scenario(protocol: Protocol) -> Scenario {
    let product = Product {
        codename: "books_1".into(),
        category: "books".into(),
        title: "A book".into(),
        description: "Read once.".into(),
        features: vec!["paper".into()],
        list_price: dollars(100),
    };
    Scenario {
        listing: Listing { product, protocol, personas: PerRole::default() },
        budget: dollars(80),
        cost: dollars(50),
        regulation: None,
        over_limit: OverLimit::Violation,
        reveal: false,
        seed: 7,
    }
}

pub fn any_price() -> impl Strategy<Value = Mills> {
    prop_oneof![
        (1i64..=200_000).prop_map(Mills),
        (1i64..=20_000).prop_map(Mills::from_cents),
        (1i64..=rules::MAX_PRICE.0).prop_map(Mills),
    ]
}

pub fn any_protocol() -> impl Strategy<Value = Protocol> {
    prop_oneof![
        (0u32..=7).prop_map(|max_rounds| Protocol::Alternating { max_rounds }),
        (1i64..=100_000, 0u32..=14)
            .prop_map(|(deadline_ms, max_moves)| Protocol::Open { deadline_ms, max_moves }),
    ]
}

pub fn any_regulation() -> impl Strategy<Value = Regulation> {
    prop_oneof![
        Just(Regulation::CounterAtFloor),
        Just(Regulation::Resample),
        any::<u32>().prop_map(|permille| Regulation::RewriteMarkup { permille }),
        (0u32..500).prop_map(|permille| Regulation::RewriteMarkup { permille }),
    ]
}

/// Limits end in the digits 7777, prices of [`any_step`] never do: a limit is found where it leaks.
fn any_limit() -> impl Strategy<Value = Mills> {
    (1i64..=40).prop_map(|n| Mills(n * 10_000 + 7_777))
}

pub fn any_scenario() -> impl Strategy<Value = Scenario> {
    let limits = (any_limit(), any_limit());
    let switches = (any::<bool>(), any::<bool>(), any::<u64>());
    (any_protocol(), limits, option::of(any_regulation()), switches).prop_map(
        |(protocol, (budget, cost), regulation, (log_only, reveal, seed))| {
            let over_limit = if log_only { OverLimit::LogOnly } else { OverLimit::Violation };
            Scenario { budget, cost, regulation, over_limit, reveal, seed, ..scenario(protocol) }
        },
    )
}

/// One throw of the dice for one message.
#[derive(Clone, Debug)]
pub struct Step {
    /// Who speaks, where both may.
    speaker: Role,
    which: usize,
    price: Mills,
    talk: String,
    thought: Option<String>,
}

pub fn any_step() -> impl Strategy<Value = Step> {
    let speaker = prop_oneof![Just(Role::Buyer), Just(Role::Seller)];
    let price = (1i64..=45_000).prop_map(Mills::from_cents);
    (speaker, 0usize..20, price, "[a-z ]{0,12}", option::of("[a-z ]{0,12}")).prop_map(
        |(speaker, which, price, talk, thought)| Step { speaker, which, price, talk, thought },
    )
}

pub fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    vec(any_step(), 1..20)
}

impl Step {
    /// A legal act of `by`, mostly offers, so that plays are long enough to be interesting.
    fn legal_move(&self, episode: &Episode, by: Role) -> Move {
        let legal = episode.table.legal(by);
        let mut acts = vec![Act::Offer(self.price); 5];
        acts.extend(legal.accept.map(Act::Accept));
        acts.extend([Act::Reject, Act::Talk, Act::Quit]);
        acts.retain(|act| legal.allows(*act));
        let act = acts[self.which % acts.len()];
        Move { thought: self.thought.clone(), talk: self.talk.clone(), act }
    }

    pub fn speaker(&self, episode: &Episode) -> Role {
        episode.table.turn_of().unwrap_or(self.speaker)
    }
}

/// A play to its end: all events in order, and the state that was kept while it went.
pub struct Played {
    pub events: Vec<Event>,
    pub episode: Episode,
}

/// Goes round the steps until the play is over.
///
/// # Panics
/// If a legal act is refused, or the play does not end.
pub fn play(scenario: &Scenario, steps: &[Step]) -> Played {
    let mut events = open(scenario, NOW);
    let mut episode = Episode::start(scenario, NOW);
    for step in steps.iter().cycle().take(1_000) {
        if episode.table.is_over() {
            return Played { events, episode };
        }
        let by = step.speaker(&episode);
        let mv = step.legal_move(&episode, by);
        let caused = match apply(&episode, by, mv.clone(), NOW) {
            Err(Illegal::BelowFloor) => {
                // The seller is asked again, and rejects where it can.
                let record = resampled(by, mv);
                let second = if episode.table.legal(by).reject { Act::Reject } else { Act::Quit };
                let mut caused = vec![record];
                caused.extend(
                    apply(&episode, by, Move::new("no", second), NOW).expect("a legal second try"),
                );
                caused
            }
            caused => caused.expect("a legal act is not refused"),
        };
        episode.absorb_all(&caused);
        events.extend(caused);
    }
    panic!("the play did not end: {episode:?}");
}
