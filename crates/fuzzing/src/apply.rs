//! Any scenario and any moves, legal or not.

use arbitrary::{Result, Unstructured};
use rules::{
    Act, Audience, Ending, Episode, Event, Listing, Millis, Mills, Move, Outcome, OverLimit,
    PerRole, Product, Protocol, Regulation, Role, Scenario, View, conclude, open, tick,
};

const MOST_MESSAGES: u32 = 40;

pub fn apply(data: &[u8]) -> bool {
    let mut u = Unstructured::new(data);
    let Ok(scenario) = scenario(&mut u) else { return false };
    let mut events = open(&scenario, Millis(0));
    let mut episode = Episode::start(&scenario, Millis(0));
    // Running out of bytes is an ordinary end of the input.
    let _ = play(&mut u, &mut episode, &mut events);
    check(&scenario, &episode, &events);
    true
}

fn play(u: &mut Unstructured<'_>, episode: &mut Episode, events: &mut Vec<Event>) -> Result<()> {
    let mut now = Millis(0);
    while !u.is_empty() {
        now.0 += u.int_in_range(0..=5_000)?;
        let by = role(u)?;
        let caused = match u.int_in_range(0..=30)? {
            0 => tick(episode, now),
            1 => conclude(episode, ending(u)?).unwrap_or_default(),
            _ => {
                let mv = message(u, episode, by)?;
                let legal = episode.table.legal(by).allows(mv.act);
                let caused = rules::apply(episode, by, mv, now);
                assert!(legal || caused.is_err(), "an illegal act went through");
                caused.unwrap_or_default()
            }
        };
        episode.absorb_all(&caused);
        events.extend(caused);
    }
    Ok(())
}

fn check(scenario: &Scenario, episode: &Episode, events: &[Event]) {
    assert_eq!(Episode::replay(events).as_ref(), Ok(episode));
    assert!(episode.table.turns.len() <= MOST_MESSAGES as usize);
    if scenario.regulation.is_some() {
        let mut offers = episode.table.offers_of(Role::Seller);
        assert!(offers.all(|(_, price)| price >= scenario.cost && price.is_price()));
        if let Some(Outcome::Deal { price, .. }) = episode.outcome() {
            assert!(price >= scenario.cost);
        }
    }
    for role in Role::BOTH {
        let seen: Vec<Event> =
            events.iter().cloned().map(|event| event.shown_to(Audience::Seat(role))).collect();
        assert_eq!(View::fold(role, &seen), Some(episode.view(role)));
    }
}

fn price(u: &mut Unstructured<'_>) -> Result<Mills> {
    Ok(Mills(match u.int_in_range(0..=9)? {
        0 => u.arbitrary()?,
        1 => u.int_in_range(1..=rules::MAX_PRICE.0)?,
        _ => u.int_in_range(1..=100)? * 1_000,
    }))
}

fn limit(u: &mut Unstructured<'_>) -> Result<Mills> {
    let any = u.int_in_range(1..=rules::MAX_PRICE.0)?;
    Ok(Mills(if u.ratio(1, 8)? { any } else { any % 100_000 + 1 }))
}

fn role(u: &mut Unstructured<'_>) -> Result<Role> {
    Ok(*u.choose(&Role::BOTH)?)
}

fn ending(u: &mut Unstructured<'_>) -> Result<Ending> {
    let by = role(u)?;
    Ok(*u.choose(&[Ending::EngineFailure, Ending::FormatError { by }, Ending::Abandoned { by }])?)
}

fn message(u: &mut Unstructured<'_>, episode: &Episode, by: Role) -> Result<Move> {
    let standing = *episode.table.offers.get(by.other());
    let act = match u.int_in_range(0..=9)? {
        0 => Act::Quit,
        1 => Act::Talk,
        2 => Act::Accept(price(u)?),
        3 => standing.map_or(Act::Reject, Act::Accept),
        4 | 5 => Act::Reject,
        _ => Act::Offer(price(u)?),
    };
    let mv = Move::new(u.arbitrary::<&str>()?, act);
    Ok(if u.arbitrary()? { mv.thinking(u.arbitrary::<&str>()?) } else { mv })
}

fn scenario(u: &mut Unstructured<'_>) -> Result<Scenario> {
    let protocol = if u.arbitrary()? {
        Protocol::Alternating { max_rounds: u.int_in_range(1..=MOST_MESSAGES / 2)? }
    } else {
        let max_moves = u.int_in_range(1..=MOST_MESSAGES)?;
        Protocol::Open { deadline_ms: u.int_in_range(1..=100_000)?, max_moves }
    };
    let regulation = match u.int_in_range(0..=3)? {
        0 => None,
        1 => Some(Regulation::CounterAtFloor),
        2 => Some(Regulation::Resample),
        _ => Some(Regulation::RewriteMarkup { permille: u.arbitrary()? }),
    };
    let product = Product {
        codename: "books_1".into(),
        category: "books".into(),
        title: "A book".into(),
        description: String::new(),
        features: Vec::new(),
        list_price: Mills(100_000),
    };
    let scenario = Scenario {
        listing: Listing { product, protocol, personas: PerRole::default() },
        budget: limit(u)?,
        cost: limit(u)?,
        regulation,
        over_limit: if u.arbitrary()? { OverLimit::Violation } else { OverLimit::LogOnly },
        reveal: u.arbitrary()?,
        seed: 0,
    };
    assert_eq!(scenario.validate(), Ok(()));
    Ok(scenario)
}
