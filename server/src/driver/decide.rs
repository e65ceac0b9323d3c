//! A negotiator's decision, as the events that it leads to. Pure but for the negotiator itself.

use std::panic::{AssertUnwindSafe, catch_unwind};

use policy::{Boundary, Entry, Fault};
use rules::{Episode, Event, Illegal, Millis, Move, Role};
use sha2::{Digest, Sha256};
use store::EpisodeRow;
use wire::IdempotencyKey;

use crate::roster::Breakdown;

/// How often a regulated seller is asked again in one turn before it counts as broken.
const RESAMPLES: usize = 5;

/// Why there are no events.
#[derive(Debug)]
pub enum Halt {
    /// The episode went on since the driver looked.
    Stale,
    Fault(Breakdown),
}

/// The key of the move that follows an episode's present state: the same in every process.
pub fn key(row: &EpisodeRow) -> IdempotencyKey {
    let mut hash = Sha256::new();
    hash.update(b"negotiator's move");
    hash.update(row.id.0.as_bytes());
    hash.update(row.seq.to_be_bytes());
    let digest = hash.finalize();
    let bytes = digest.first_chunk().expect("SHA-256 has 32 bytes");
    IdempotencyKey(uuid::Builder::from_custom_bytes(*bytes).into_uuid())
}

/// What a script does as `role` on this board, which has `moves` moves.
pub fn events(
    entry: &Entry,
    role: Role,
    moves: u32,
    episode: &Episode,
    now: Millis,
) -> Result<Vec<Event>, Halt> {
    let draw = draw(role, moves, episode)?;
    let seed = episode.seed.wrapping_add(draw as u64);
    let persona = episode.table.listing.personas.get(role).as_deref();
    let view = episode.view(role);
    // A negotiator's panic ends its own episode and nothing else.
    let mv = catch_unwind(AssertUnwindSafe(|| entry.seat(role, seed, persona).decide(&view)))
        .map_err(|_| fault("negotiator_panicked", Boundary::Policy, "it panicked"))?;
    applied(role, mv, episode, now)
}

/// Which draw the next one is in this turn, on a board that shall have `moves` moves with `role` to
/// move.
pub fn draw(role: Role, moves: u32, episode: &Episode) -> Result<usize, Halt> {
    let on_turn = episode.table.turn_of() == Some(role);
    if !on_turn || episode.table.turns.len() != moves as usize {
        return Err(Halt::Stale);
    }
    let draw = refused_before(episode, role);
    if draw > RESAMPLES {
        return Err(fault("below_cost", Boundary::Policy, "it keeps going below the cost"));
    }
    Ok(draw)
}

/// What a decided move leads to.
pub fn applied(role: Role, mv: Move, episode: &Episode, now: Millis) -> Result<Vec<Event>, Halt> {
    match rules::apply(episode, role, mv.clone(), now) {
        Ok(events) => Ok(events),
        // Asked again at the driver's next look, with another draw.
        Err(Illegal::BelowFloor) => Ok(vec![rules::resampled(role, mv)]),
        Err(why) => Err(fault(why.code(), Boundary::Rules, why)),
    }
}

/// How many of this turn's moves the environment refused already.
fn refused_before(episode: &Episode, role: Role) -> usize {
    let turns = episode.table.turns.len();
    let here = |(at, by, _): &&(usize, Role, _)| *at == turns && *by == role;
    episode.interventions.iter().filter(here).count()
}

fn fault(code: &str, boundary: Boundary, detail: impl ToString) -> Halt {
    let fault = Fault::new(boundary, detail.to_string());
    Halt::Fault(Breakdown { code: code.to_owned(), fault })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::{Act, Listing, Mills, OverLimit, PerRole, Product, Protocol, Regulation, Scenario};

    fn episode() -> Episode {
        let product = Product {
            codename: "books_1".to_owned(),
            category: "books".to_owned(),
            title: "A book".to_owned(),
            description: "Of a kind".to_owned(),
            features: Vec::new(),
            list_price: Mills::from_dollars(100),
        };
        let personas = PerRole { buyer: None, seller: Some("neutral".to_owned()) };
        let scenario = Scenario {
            listing: Listing { product, protocol: Protocol::PAPER, personas },
            budget: Mills::from_dollars(80),
            cost: Mills::from_dollars(50),
            regulation: Some(Regulation::Resample),
            over_limit: OverLimit::Violation,
            reveal: true,
            seed: 7,
        };
        Episode::start(&scenario, Millis(0))
    }

    fn linear() -> &'static Entry {
        policy::find("linear").unwrap()
    }

    #[test]
    fn the_same_board_gives_the_same_move() {
        let board = episode();
        let first = events(linear(), Role::Buyer, 0, &board, Millis(1)).unwrap();
        let second = events(linear(), Role::Buyer, 0, &board, Millis(1)).unwrap();
        assert_eq!(first, second);
        assert!(first.iter().any(|e| matches!(e, Event::Moved { by: Role::Buyer, .. })));
    }

    #[test]
    fn a_board_that_went_on_is_left_alone() {
        let board = episode();
        assert!(matches!(events(linear(), Role::Buyer, 1, &board, Millis(1)), Err(Halt::Stale)));
        assert!(matches!(events(linear(), Role::Seller, 0, &board, Millis(1)), Err(Halt::Stale)));
    }

    #[test]
    fn asking_a_regulated_seller_again_has_an_end() {
        let mut board = episode();
        board.absorb_all(
            &rules::apply(
                &board,
                Role::Buyer,
                Move::new("Ten?", Act::Offer(Mills::from_dollars(10))),
                Millis(1),
            )
            .unwrap(),
        );
        let low = Move::new("Fine.", Act::Accept(Mills::from_dollars(10)));
        for _ in 0..=RESAMPLES {
            assert!(events(linear(), Role::Seller, 1, &board, Millis(1)).is_ok());
            board.absorb(&rules::resampled(Role::Seller, low.clone()));
        }
        let halt = events(linear(), Role::Seller, 1, &board, Millis(1)).unwrap_err();
        assert!(matches!(halt, Halt::Fault(broken) if broken.code == "below_cost"));
    }
}
