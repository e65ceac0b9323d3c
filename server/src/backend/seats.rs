//! Who may sit where, and under which rules an episode is started. Pure.

use rules::{Listing, Mills, OverLimit, PerRole, Product, Protocol, Regulation, Role, Scenario};
use store::Sitter;
use wire::{Code, NewEpisode, Pace, Problem, SeatRequest};

use app::backend::Caller;

use crate::roster::Roster;

/// Milliseconds between two moves of watched negotiators, where nothing else is asked for.
pub const DEFAULT_PACE: Pace = Pace { interval_ms: 1_500, paused: false };
/// The slowest pace, in milliseconds between two moves.
pub const SLOWEST_PACE_MS: u32 = 10_000;
/// Bounds of what may be asked for, so that no episode is without an end.
const MAX_ROUNDS: u32 = 50;
const MAX_OPEN_MOVES: u32 = 500;
const MAX_OPEN_MS: i64 = 24 * 3600 * 1000;

/// Seats as asked for.
pub fn sitters(
    roster: &Roster,
    caller: Caller,
    asked: &PerRole<SeatRequest>,
) -> Result<PerRole<Sitter>, Problem> {
    let count = |wanted: fn(&SeatRequest) -> bool| {
        Role::BOTH.iter().filter(|role| wanted(asked.get(**role))).count()
    };
    let me = count(|seat| matches!(seat, SeatRequest::Me));
    let invited = count(|seat| matches!(seat, SeatRequest::Invite));
    if me == 2 {
        return Err(refused("both_seats", "You cannot bargain with yourself: take one seat."));
    }
    if invited > 0 && me == 0 {
        return Err(refused(
            "invite_without_me",
            "An invitation needs you on the other seat: take one seat and invite to the other.",
        ));
    }
    Ok(PerRole {
        buyer: sitter(roster, caller, Role::Buyer, &asked.buyer)?,
        seller: sitter(roster, caller, Role::Seller, &asked.seller)?,
    })
}

fn sitter(
    roster: &Roster,
    caller: Caller,
    role: Role,
    asked: &SeatRequest,
) -> Result<Sitter, Problem> {
    match asked {
        SeatRequest::Me => Ok(Sitter::Person { visitor: caller.visitor, user: caller.researcher }),
        SeatRequest::Invite => Ok(Sitter::Open),
        SeatRequest::Negotiator { name } => {
            let title = title(roster, &name.0, role)?;
            Ok(Sitter::Negotiator { name: name.clone(), title })
        }
    }
}

/// The title of a negotiator who plays this side.
fn title(roster: &Roster, name: &str, role: Role) -> Result<String, Problem> {
    let member = roster.find(name).ok_or_else(|| {
        refused(
            "negotiator_unknown",
            format!("There is no negotiator `{name}`; /api/v1/negotiators lists them."),
        )
    })?;
    let title = member.card().title;
    if !member.plays(role) {
        let role = role.name();
        return Err(refused(
            "negotiator_role",
            format!("{title} does not play the {role}: choose another."),
        ));
    }
    Ok(title)
}

/// Everything that fixes the episode, from what was asked for and the product's own limits.
pub fn scenario(
    new: &NewEpisode,
    seats: &PerRole<Sitter>,
    product: Product,
    limits: PerRole<Mills>,
    stall_persona: &str,
    seed: u64,
) -> Result<Scenario, Problem> {
    let persona = seller_persona(new, seats, stall_persona)?;
    Ok(Scenario {
        listing: Listing {
            product,
            protocol: protocol(new, seats)?,
            personas: PerRole { buyer: None, seller: persona },
        },
        budget: limits.buyer,
        cost: limits.seller,
        regulation: seats.seller.is_negotiator().then_some(Regulation::CounterAtFloor),
        over_limit: OverLimit::Violation,
        reveal: true,
        seed,
    })
}

/// A person speaks as itself; a negotiator as it was asked to, or as its stall does.
fn seller_persona(
    new: &NewEpisode,
    seats: &PerRole<Sitter>,
    stall: &str,
) -> Result<Option<String>, Problem> {
    if let Some(name) = &new.seller_persona
        && !policy::personas().iter().any(|entry| entry.name == name)
    {
        return Err(refused(
            "persona_unknown",
            format!("There is no persona `{name}`; /api/v1/personas lists them."),
        ));
    }
    let speaks = seats.seller.is_negotiator();
    Ok(speaks.then(|| new.seller_persona.clone().unwrap_or_else(|| stall.to_owned())))
}

fn protocol(new: &NewEpisode, seats: &PerRole<Sitter>) -> Result<Protocol, Problem> {
    let asked = new.protocol.unwrap_or(Protocol::PAPER);
    match asked {
        Protocol::Alternating { max_rounds } if !(1..=MAX_ROUNDS).contains(&max_rounds) => {
            Err(refused("protocol_bounds", format!("Ask for 1 to {MAX_ROUNDS} rounds.")))
        }
        Protocol::Open { deadline_ms, max_moves } => {
            let negotiators = seats.buyer.is_negotiator() || seats.seller.is_negotiator();
            if negotiators {
                return Err(refused(
                    "open_needs_people",
                    "The open protocol is for two people; negotiators take turns.",
                ));
            }
            let fits = (1..=MAX_OPEN_MS).contains(&deadline_ms)
                && (2..=MAX_OPEN_MOVES).contains(&max_moves);
            if fits { Ok(asked) } else { Err(open_bounds()) }
        }
        Protocol::Alternating { .. } => Ok(asked),
    }
}

fn open_bounds() -> Problem {
    refused(
        "protocol_bounds",
        format!("Ask for a deadline of up to 24 hours and for 2 to {MAX_OPEN_MOVES} moves."),
    )
}

/// The pace of two negotiators; nothing else has one.
pub fn pace(new: &NewEpisode, seats: &PerRole<Sitter>) -> Result<Option<Pace>, Problem> {
    if !(seats.buyer.is_negotiator() && seats.seller.is_negotiator()) {
        return Ok(None);
    }
    let pace = new.pace.unwrap_or(DEFAULT_PACE);
    check_interval(pace.interval_ms)?;
    Ok(Some(pace))
}

pub fn check_interval(interval_ms: u32) -> Result<(), Problem> {
    if interval_ms > SLOWEST_PACE_MS {
        return Err(refused(
            "pace_range",
            format!("The time between two moves is 0 to {SLOWEST_PACE_MS} milliseconds."),
        ));
    }
    Ok(())
}

/// The same seats again for a rematch, with the caller in `role`.
pub fn rematch_seats(
    roster: &Roster,
    old: &PerRole<Sitter>,
    caller: Caller,
    role: Role,
) -> Result<PerRole<SeatRequest>, Problem> {
    let me = Role::BOTH.into_iter().find(
        |r| matches!(old.get(*r), Sitter::Person { visitor, .. } if *visitor == caller.visitor),
    );
    // Who watched takes a seat; who played meets the same counterpart.
    let opponent_before = old.get(me.unwrap_or(role).other());
    let opponent = match opponent_before {
        Sitter::Negotiator { name, .. } => {
            // Some families play one side only, and a model may be gone: the general one steps in.
            let plays = roster.find(&name.0).is_some_and(|member| member.plays(role.other()));
            let name = if plays { name.0.as_str() } else { SUBSTITUTE };
            SeatRequest::Negotiator { name: wire::NegotiatorName(name.to_owned()) }
        }
        Sitter::Person { .. } | Sitter::Open => SeatRequest::Invite,
    };
    let (mine, theirs) = (SeatRequest::Me, opponent);
    Ok(match role {
        Role::Buyer => PerRole { buyer: mine, seller: theirs },
        Role::Seller => PerRole { buyer: theirs, seller: mine },
    })
}

/// Takes a side that the former counterpart cannot play.
const SUBSTITUTE: &str = "linear";

fn refused(code: &str, detail: impl Into<String>) -> Problem {
    Problem::named(Code::Unprocessable, code, detail)
}

/// Problem codes of starting an episode, for `/api/errors`.
pub const CODES: [(&str, u16, &str); 8] = [
    ("both_seats", 422, "One caller asks for both seats."),
    ("invite_without_me", 422, "A seat is left open by somebody who does not play."),
    ("negotiator_unknown", 422, "No negotiator has this name."),
    ("negotiator_role", 422, "This negotiator does not play this side."),
    ("persona_unknown", 422, "No persona has this name."),
    ("open_needs_people", 422, "The open protocol is asked for with a negotiator."),
    ("protocol_bounds", 422, "The protocol is longer than a negotiation may last."),
    ("pace_range", 422, "The time between two moves is out of range."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;
    use wire::{IdempotencyKey, NegotiatorName, ProductId, VisitorId};

    fn ada() -> Caller {
        Caller { visitor: VisitorId(Uuid::from_u128(1)), researcher: None }
    }

    fn agent(name: &str) -> SeatRequest {
        SeatRequest::Negotiator { name: NegotiatorName(name.to_owned()) }
    }

    fn asked(buyer: SeatRequest, seller: SeatRequest) -> NewEpisode {
        NewEpisode {
            product: ProductId("souk.books_1".to_owned()),
            seats: PerRole { buyer, seller },
            protocol: None,
            seller_persona: None,
            seed: None,
            pace: None,
            key: IdempotencyKey::fresh(),
        }
    }

    #[test]
    fn seats_that_make_no_game_are_refused_by_code() {
        let table = [
            (asked(SeatRequest::Me, SeatRequest::Me), "both_seats"),
            (asked(SeatRequest::Invite, SeatRequest::Invite), "invite_without_me"),
            (asked(SeatRequest::Invite, agent("linear")), "invite_without_me"),
            (asked(SeatRequest::Me, agent("nobody")), "negotiator_unknown"),
            (asked(agent("persuadable"), SeatRequest::Me), "negotiator_role"),
        ];
        for (new, code) in table {
            assert_eq!(sitters(&Roster::scripted(), ada(), &new.seats).unwrap_err().code, code);
        }
    }

    fn scenario_of(new: &NewEpisode) -> Result<Scenario, Problem> {
        let seats = sitters(&Roster::scripted(), ada(), &new.seats)?;
        let product = Product {
            codename: "books_1".to_owned(),
            category: "books".to_owned(),
            title: "A book".to_owned(),
            description: "Of a kind".to_owned(),
            features: Vec::new(),
            list_price: Mills::from_dollars(100),
        };
        let limits = PerRole { buyer: Mills::from_dollars(80), seller: Mills::from_dollars(50) };
        scenario(new, &seats, product, limits, "begging", 7)
    }

    #[test]
    fn agents_as_sellers_are_regulated_and_people_are_not() {
        let bought = scenario_of(&asked(SeatRequest::Me, agent("persuadable"))).unwrap();
        assert_eq!(bought.regulation, Some(Regulation::CounterAtFloor));
        assert_eq!(bought.listing.personas.seller.as_deref(), Some("begging"));
        let sold = scenario_of(&asked(agent("linear"), SeatRequest::Me)).unwrap();
        assert_eq!(sold.regulation, None);
        assert_eq!(sold.listing.personas.seller, None);
        assert_eq!((sold.budget, sold.cost), (Mills(80_000), Mills(50_000)));
    }

    #[test]
    fn protocols_without_an_end_are_refused() {
        let with = |protocol| NewEpisode {
            protocol: Some(protocol),
            ..asked(SeatRequest::Me, SeatRequest::Invite)
        };
        for protocol in [
            Protocol::Alternating { max_rounds: 0 },
            Protocol::Alternating { max_rounds: 51 },
            Protocol::Open { deadline_ms: 0, max_moves: 10 },
            Protocol::Open { deadline_ms: i64::MAX, max_moves: 10 },
            Protocol::Open { deadline_ms: 1000, max_moves: 501 },
        ] {
            assert_eq!(scenario_of(&with(protocol)).unwrap_err().code, "protocol_bounds");
        }
        let open = Protocol::Open { deadline_ms: 60_000, max_moves: 40 };
        assert!(scenario_of(&with(open)).is_ok());
        let alone = NewEpisode { protocol: Some(open), ..asked(SeatRequest::Me, agent("linear")) };
        assert_eq!(scenario_of(&alone).unwrap_err().code, "open_needs_people");
    }

    #[test]
    fn only_two_negotiators_have_a_pace() {
        let watched = asked(agent("linear"), agent("persuadable"));
        let seats = sitters(&Roster::scripted(), ada(), &watched.seats).unwrap();
        assert_eq!(pace(&watched, &seats).unwrap(), Some(DEFAULT_PACE));
        let fast = Pace { interval_ms: 10_001, paused: false };
        let too_slow = NewEpisode { pace: Some(fast), ..watched };
        assert_eq!(pace(&too_slow, &seats).unwrap_err().code, "pace_range");
        let played = asked(SeatRequest::Me, agent("persuadable"));
        let seats = sitters(&Roster::scripted(), ada(), &played.seats).unwrap();
        assert_eq!(pace(&played, &seats).unwrap(), None);
    }

    #[test]
    fn swapping_sides_finds_a_counterpart_that_plays_the_other_side() {
        let seats = sitters(
            &Roster::scripted(),
            ada(),
            &asked(SeatRequest::Me, agent("persuadable")).seats,
        )
        .unwrap();
        let again = rematch_seats(&Roster::scripted(), &seats, ada(), Role::Buyer).unwrap();
        assert_eq!(again.seller, agent("persuadable"));
        let swapped = rematch_seats(&Roster::scripted(), &seats, ada(), Role::Seller).unwrap();
        assert_eq!((swapped.buyer, swapped.seller), (agent(SUBSTITUTE), SeatRequest::Me));
    }
}
