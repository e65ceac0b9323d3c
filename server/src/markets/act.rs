//! What people do in a market under way. It waits for nobody: each act is decided on the market as it is then.

use std::time::Duration;

use rules::market::{
    MarketEvent, Refused, arrive, close_stall, leave, meet, open_stall, post, say, sell,
};
use rules::{Act, MAX_TALK_BYTES, Mills, Move, Role, beyond_limit};
use store::{Added, MarketSeat, SeatChange};
use wire::{Code, IdempotencyKey, MarketAct, MarketId, Problem, VisitorId};

use super::Halls;
use super::hall::{Hall, New};
use crate::backend::{away, refusal, sentence};
use crate::clock::now_ms;

/// Problem codes of people in markets, for `/api/errors`.
pub const CODES: [(&str, u16, &str); 14] = [
    ("market_over", 409, "The market is closed."),
    ("market_unknown_place", 404, "There is no such stall, buyer or talk."),
    ("market_not_here", 409, "The stall is not open, or the buyer is not here."),
    ("market_not_wanted", 409, "The stall has nothing that the buyer wants."),
    ("market_sold_out", 409, "The stall has sold its last unit."),
    ("market_talking_already", 409, "The two talk already."),
    ("market_too_many_talks", 409, "The buyer holds as many talks as it may: end one first."),
    ("market_talk_over", 409, "The talk is over."),
    ("market_purse_too_small", 422, "The price is more than the buyer's purse has left."),
    ("market_seat_taken", 409, "Somebody sits there, or it comes by itself."),
    ("market_seats_full", 409, "All seats for people are taken: come back when somebody has left."),
    ("market_not_joined", 403, "The caller does not sit in this market: join it first."),
    ("market_posts_no_prices", 409, "In this market prices are bargained over, or called."),
    ("market_price_changed", 409, "The stall has another price now: look again."),
];

/// How often an act is decided anew because others acted meanwhile.
const ATTEMPTS: usize = 100;

/// Whose page has not asked for so long has left.
pub(super) const LEFT_AFTER: Duration = Duration::from_secs(90);

type Decided = Result<(Vec<MarketEvent>, Option<SeatChange>), Problem>;

impl Halls {
    /// Takes a free seat. Who sits in the market already keeps its seat.
    pub async fn join(
        &self,
        id: MarketId,
        visitor: VisitorId,
        key: IdempotencyKey,
        role: Role,
    ) -> Result<(), Problem> {
        self.act(id, Some(key), |hall| {
            if hall.seat_of(visitor).is_some() {
                return Ok((Vec::new(), None));
            }
            let (number, events) = free_seat(hall, role)?;
            Ok((events, Some(SeatChange { visitor, role, number, takes: true })))
        })
        .await
    }

    /// One act of a person.
    pub async fn person_acts(
        &self,
        id: MarketId,
        visitor: VisitorId,
        key: IdempotencyKey,
        act: &MarketAct,
    ) -> Result<(), Problem> {
        self.act(id, Some(key), |hall| {
            let seat = hall.seat_of(visitor).ok_or_else(not_joined)?;
            decide(hall, seat, visitor, act)
        })
        .await
    }

    /// Somebody who has gone without a word.
    pub(super) async fn has_left(
        &self,
        id: MarketId,
        seat: MarketSeat,
        visitor: VisitorId,
    ) -> Result<(), Problem> {
        self.act(id, None, |hall| match hall.seat_of(visitor) {
            Some(at) if at == seat => decide(hall, seat, visitor, &MarketAct::Leave),
            _ => Ok((Vec::new(), None)),
        })
        .await
    }

    /// Decides on the market as this process knows it, and adds what was decided unless something came in between; then
    /// it reads on and decides again.
    async fn act(
        &self,
        id: MarketId,
        key: Option<IdempotencyKey>,
        decide: impl Fn(&Hall) -> Decided,
    ) -> Result<(), Problem> {
        let place = self.place(id);
        let mut guard = place.hall.lock().await;
        let mut fresh_within = Duration::MAX;
        for attempt in 0..ATTEMPTS {
            self.read_on(id, &mut guard, fresh_within).await.map_err(refusal)?;
            let Some(mut hall) = guard.take() else { break };
            let (events, seat) = match decide(&hall) {
                Ok(decided) => decided,
                Err(problem) => {
                    *guard = Some(hall);
                    // What was refused may have been done already, or have become possible elsewhere.
                    if fresh_within == Duration::MAX {
                        fresh_within = Duration::ZERO;
                        continue;
                    }
                    let store = &self.0.store;
                    return match key {
                        Some(key) if store.market_key_seen(id, key).await.map_err(refusal)? => {
                            Ok(())
                        }
                        _ => Err(problem),
                    };
                }
            };
            if events.is_empty() {
                *guard = Some(hall);
                return Ok(());
            }
            // Who came too late reads on from here: to read a long log anew takes longer than a step, and the next step
            // would be first again.
            let before = (attempt > 0).then(|| hall.clone());
            for event in &events {
                hall.bazaar.absorb(event);
            }
            let new = New { at_ms: now_ms(), key, events: &events, seat };
            match hall.add(&self.0.store, &self.0.roster, new).await {
                Ok(Added::Stored) => {
                    *guard = Some(hall);
                    return Ok(());
                }
                // What this process folded is not what happened: it is read anew.
                Ok(Added::Repeated) => return Ok(()),
                Ok(Added::Stale) => {
                    *guard = before;
                    fresh_within = Duration::ZERO;
                }
                // Another process seated this person, or somebody on this seat, a moment ago.
                Err(error)
                    if error.constraint().is_some_and(|name| name.starts_with("market_seat_")) =>
                {
                    fresh_within = Duration::ZERO;
                }
                Err(error) => return Err(refusal(error)),
            }
        }
        Err(away())
    }
}

/// The first seat of people that nobody has.
fn free_seat(hall: &Hall, role: Role) -> Result<(usize, Vec<MarketEvent>), Problem> {
    let market = hall.market();
    if market.is_over() {
        return Err(problem(Refused::Over));
    }
    let cast = &hall.bazaar.cast;
    let parts = match role {
        Role::Buyer => &cast.buyers,
        Role::Seller => &cast.sellers,
    };
    let seats = parts.iter().enumerate().filter(|(_, part)| part.is_person());
    let mut free = seats.filter_map(|(number, _)| {
        let taken = match role {
            Role::Buyer => arrive(market, number),
            Role::Seller => open_stall(market, number),
        };
        taken.ok().map(|events| (number, events))
    });
    free.next().ok_or_else(|| {
        let detail = match role {
            Role::Buyer => "All buyers' seats for people are taken. Watch, or come back when somebody has left.",
            Role::Seller => "All stalls for people are taken. Watch, or come back when somebody has left.",
        };
        Problem::named(Code::Conflict, "market_seats_full", detail)
    })
}

fn decide(hall: &Hall, seat: MarketSeat, visitor: VisitorId, act: &MarketAct) -> Decided {
    let market = hall.market();
    let told = |result: Result<Vec<MarketEvent>, Refused>| {
        result.map(|events| (events, None)).map_err(problem)
    };
    let posts = || match market.scenario.mechanism {
        rules::market::Mechanism::PostedPrice => Ok(()),
        _ => Err(Problem::named(
            Code::Conflict,
            "market_posts_no_prices",
            "In this market prices are not posted: visit a stall and bargain.",
        )),
    };
    match act {
        MarketAct::Visit { stall } => {
            buyers_only(seat)?;
            told(meet(market, seat.number, *stall))
        }
        MarketAct::Buy { stall, price } => {
            buyers_only(seat)?;
            posts()?;
            let state = market.stalls.get(*stall).ok_or_else(|| problem(Refused::Unknown))?;
            if state.posted != Some(*price) {
                return Err(Problem::named(
                    Code::Conflict,
                    "market_price_changed",
                    "The stall has another price now: look again before you buy.",
                ));
            }
            let value = market.buyers[seat.number].wants(market.scenario.stalls[*stall].good);
            if value.is_some_and(|want| *price > want.value) {
                return Err(slip(Role::Buyer));
            }
            told(sell(market, seat.number, *stall, *price))
        }
        MarketAct::Post { price } => {
            posts()?;
            if seat.role == Role::Buyer {
                return Err(Problem::new(Code::Forbidden, "A buyer posts no prices."));
            }
            if *price < market.stalls[seat.number].cost {
                return Err(slip(Role::Seller));
            }
            told(post(market, seat.number, *price))
        }
        MarketAct::Say { talk, message, act } => {
            let at = market.talks.get(*talk).ok_or_else(|| problem(Refused::Unknown))?;
            let number = match seat.role {
                Role::Buyer => at.buyer,
                Role::Seller => at.stall,
            };
            if number != seat.number {
                return Err(not_joined());
            }
            if message.len() > MAX_TALK_BYTES {
                return Err(problem(Refused::Illegal(rules::Illegal::TooLong)));
            }
            if at.over.is_none() && slips(hall, seat, *talk, *act) {
                return Err(slip(seat.role));
            }
            told(say(market, *talk, seat.role, Move::new(message.replace('\0', ""), *act)))
        }
        MarketAct::Leave => {
            let events = match seat.role {
                Role::Buyer => leave(market, seat.number),
                Role::Seller => close_stall(market, seat.number),
            };
            let MarketSeat { role, number } = seat;
            let change = SeatChange { visitor, role, number, takes: false };
            events.map(|events| (events, Some(change))).map_err(problem)
        }
    }
}

/// Whether a price goes beyond what it is worth, or what is left to pay with.
fn slips(hall: &Hall, seat: MarketSeat, talk: usize, act: Act) -> bool {
    let market = hall.market();
    let own = market.talks[talk].episode.limit(seat.role);
    let limit: Mills = match seat.role {
        Role::Buyer => own.min(market.buyers[seat.number].purse),
        Role::Seller => own,
    };
    act.price().is_some_and(|price| beyond_limit(seat.role, limit, price))
}

fn slip(role: Role) -> Problem {
    let detail = match role {
        Role::Buyer => {
            "That is more than it is worth to you, or than you have left: name a lower price."
        }
        Role::Seller => "That is below what it costs you: name a higher price.",
    };
    Problem::named(Code::Unprocessable, "beyond_own_limit", detail)
}

fn buyers_only(seat: MarketSeat) -> Result<(), Problem> {
    match seat.role {
        Role::Buyer => Ok(()),
        Role::Seller => {
            Err(Problem::new(Code::Forbidden, "You keep a stall here: wait for buyers to come."))
        }
    }
}

fn not_joined() -> Problem {
    Problem::named(
        Code::Forbidden,
        "market_not_joined",
        "You do not sit in this market, or not at that table: join it first.",
    )
}

pub(super) fn problem(why: Refused) -> Problem {
    let kind = match why {
        Refused::Illegal(why) => return Problem::illegal(why),
        Refused::Unknown => Code::NotFound,
        Refused::BadPrice | Refused::PurseTooSmall { .. } => Code::Unprocessable,
        _ => Code::Conflict,
    };
    Problem::named(kind, why.code(), sentence(&why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_has_the_status_that_is_documented() {
        let purse = Refused::PurseTooSmall { left: Mills(1), price: Mills(2) };
        let all = [
            Refused::Over,
            Refused::Unknown,
            Refused::NotHere,
            Refused::NotWanted,
            Refused::SoldOut,
            Refused::Talking,
            Refused::TooManyTalks,
            Refused::TalkOver,
            purse,
            Refused::Taken,
        ];
        for why in all {
            let told = problem(why);
            let known = CODES.iter().find(|(code, ..)| *code == told.code);
            assert_eq!(known.map(|(_, status, _)| *status), Some(told.status), "{why:?}");
            assert!(told.detail.starts_with(char::is_uppercase) && told.detail.ends_with('.'));
        }
        let illegal = problem(Refused::Illegal(rules::Illegal::BadPrice));
        assert_eq!((illegal.code.as_str(), illegal.status), ("price_out_of_range", 422));
        assert_eq!(problem(Refused::BadPrice).status, 422);
    }
}
