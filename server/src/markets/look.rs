//! What is seen of a market: by everybody, from a seat, by researchers.

use rules::market::{Market, TalkState, measure};
use rules::{PerRole, Protocol, Role};
use store::MarketSeat;
use wire::{
    Code, GoodBook, MarketBooks, MarketFeed, MarketId, MarketScene, MarketSeatView, MarketThread,
    OwnStall, Problem, SceneBuyer, SceneGood, SceneStall, SeatSale, SeatTalk, SeatTurn, SeatWant,
    SeenStall, VisitorId,
};

use super::Halls;
use super::hall::Hall;
use crate::backend::refusal;

/// Events of one answer.
const PAGE: usize = 4_000;

impl Halls {
    /// What never changes.
    pub async fn scene(&self, id: MarketId) -> Result<MarketScene, Problem> {
        self.look(id, scene).await.map_err(refusal)
    }

    /// What happened after an event.
    pub async fn feed(&self, id: MarketId, after: i64) -> Result<MarketFeed, Problem> {
        let clock = self.0.store.market_clock(id).await.map_err(refusal)?;
        self.look(id, |hall| {
            let from = hall.shown.partition_point(|one| one.n <= after);
            let events: Vec<_> = hall.shown[from..].iter().take(PAGE).cloned().collect();
            let more = from + events.len() < hall.shown.len();
            MarketFeed {
                seq: if more { events.last().map_or(hall.seq, |last| last.n) } else { hall.seq },
                more,
                status: clock.status,
                pace_ms: clock.pace_ms,
                people: clock.people,
                events,
            }
        })
        .await
        .map_err(refusal)
    }

    /// A market from a person's seat; none: that person has none.
    pub async fn seat(
        &self,
        id: MarketId,
        visitor: VisitorId,
    ) -> Result<Option<MarketSeatView>, Problem> {
        let status = self.0.store.market_clock(id).await.map_err(refusal)?.status;
        self.0.store.market_seat_seen(id, visitor).await.map_err(refusal)?;
        let seen = self.look(id, |hall| {
            let seat = hall.seat_of(visitor).or_else(|| last_seat(hall, visitor));
            seat.map(|seat| MarketSeatView { status, ..seat_view(hall, seat) })
        });
        seen.await.map_err(refusal)
    }

    /// Who opened a market.
    pub async fn creator(&self, id: MarketId) -> Result<VisitorId, Problem> {
        self.look(id, |hall| hall.creator).await.map_err(refusal)
    }

    /// Whether a person sits in a market.
    pub async fn sits(&self, id: MarketId, visitor: VisitorId) -> Result<bool, Problem> {
        self.look(id, |hall| hall.seat_of(visitor).is_some()).await.map_err(refusal)
    }

    /// One talk, as everybody may see it.
    pub async fn thread(&self, id: MarketId, talk: usize) -> Result<MarketThread, Problem> {
        let found = self.look(id, |hall| {
            let at = hall.market().talks.get(talk)?;
            let good = hall.market().good_of(at.stall)?;
            Some((at.over.is_some(), thread(talk, good, at)))
        });
        let (is_over, mut thread) = found.await.map_err(refusal)?.ok_or_else(|| {
            Problem::named(Code::NotFound, "market_unknown_place", "There is no such talk yet.")
        })?;
        if is_over {
            thread.episode = self.0.store.market_episode(id, talk).await.map_err(refusal)?;
        }
        Ok(thread)
    }

    /// Costs, values and what was gained: for whom that may be told.
    pub async fn books(&self, id: MarketId) -> Result<(bool, MarketBooks), Problem> {
        let told = self.look(id, |hall| (hall.market().is_over(), books(hall.market())));
        told.await.map_err(refusal)
    }
}

fn scene(hall: &Hall) -> MarketScene {
    let scenario = &hall.market().scenario;
    let good = |product: &rules::Product| SceneGood {
        title: product.title.clone(),
        name: policy::short_name(product).long,
        list_price: scenario.list_prices.then_some(product.list_price),
    };
    let stalls = scenario.stalls.iter().zip(&hall.bazaar.cast.sellers);
    MarketScene {
        id: hall.id,
        title: hall.title.clone(),
        mechanism: scenario.mechanism,
        steps: scenario.steps,
        rounds: scenario.rounds,
        talks_at_once: scenario.talks_at_once,
        goods: scenario.goods.iter().map(good).collect(),
        stalls: stalls
            .map(|(stall, part)| SceneStall {
                good: stall.good,
                stock: stall.stock,
                negotiator: part.negotiator.clone(),
            })
            .collect(),
        buyers: hall
            .bazaar
            .cast
            .buyers
            .iter()
            .map(|part| SceneBuyer { negotiator: part.negotiator.clone() })
            .collect(),
    }
}

/// Once the market is over, or the person has left, what the last seat came to.
fn last_seat(hall: &Hall, visitor: VisitorId) -> Option<MarketSeat> {
    let own = hall.sitters.iter().find(|(_, who)| **who == visitor);
    own.map(|(seat, _)| *seat).filter(|_| hall.market().is_over())
}

fn seat_view(hall: &Hall, seat: MarketSeat) -> MarketSeatView {
    let market = hall.market();
    let MarketSeat { role, number } = seat;
    let buyer = (role == Role::Buyer).then(|| &market.buyers[number]);
    let stall = (role == Role::Seller).then(|| &market.stalls[number]);
    let talks = buyer.map(|state| &state.talks).or(stall.map(|state| &state.talks));
    let wants = buyer.map(|state| state.wants.clone()).unwrap_or_default();
    let sales = market.sales.iter().filter(|sale| match role {
        Role::Buyer => sale.buyer == number,
        Role::Seller => sale.stall == number,
    });
    MarketSeatView {
        role,
        number,
        seq: hall.seq,
        status: wire::MarketStatus::Running,
        step: market.step,
        purse: buyer.map(|state| state.purse),
        wants: wants.iter().map(|want| SeatWant { good: want.good, value: want.value }).collect(),
        stall: stall.map(|state| OwnStall {
            good: market.scenario.stalls[number].good,
            cost: state.cost,
            stock: state.stock,
            posted: state.posted,
        }),
        stalls: buyer.map(|_| seen_stalls(market, number)).unwrap_or_default(),
        talks: talks.into_iter().flatten().map(|talk| seat_talk(hall, role, *talk)).collect(),
        sales: sales
            .map(|sale| SeatSale {
                good: sale.good,
                price: sale.price,
                gain: match role {
                    Role::Buyer => sale.value - sale.price,
                    Role::Seller => sale.price - sale.cost,
                },
                step: sale.step,
            })
            .collect(),
    }
}

fn seen_stalls(market: &Market, buyer: usize) -> Vec<SeenStall> {
    let state = &market.buyers[buyer];
    let stalls =
        market.stalls.iter().enumerate().filter(|(_, stall)| stall.is_open && stall.stock > 0);
    let wanted = stalls.filter(|(number, _)| {
        state.wants.iter().any(|want| want.good == market.scenario.stalls[*number].good)
    });
    let talks_to =
        |number: usize| state.talks.iter().any(|talk| market.talks[*talk].stall == number);
    wanted
        .map(|(number, stall)| SeenStall {
            stall: number,
            good: market.scenario.stalls[number].good,
            stock: stall.stock,
            posted: stall.posted,
            rating: stall.rating().filter(|_| market.scenario.ratings),
            is_talking: talks_to(number),
        })
        .collect()
}

fn seat_talk(hall: &Hall, role: Role, talk: usize) -> SeatTalk {
    let at = &hall.market().talks[talk];
    let table = &at.episode.table;
    let Protocol::Alternating { max_rounds } = table.listing.protocol else {
        unreachable!("talks of a market take turns")
    };
    SeatTalk {
        talk,
        good: hall.market().scenario.stalls[at.stall].good,
        with: match role {
            Role::Buyer => at.stall,
            Role::Seller => at.buyer,
        },
        limit: at.episode.limit(role),
        elsewhere: hall.bazaar.elsewhere(talk, role),
        turns: turns(at),
        standing: PerRole { buyer: table.offers.buyer, seller: table.offers.seller },
        is_own_turn: table.turn_of() == Some(role),
        left: (max_rounds + 1).saturating_sub(table.round_of(role)),
    }
}

fn turns(at: &TalkState) -> Vec<SeatTurn> {
    let turn =
        |turn: &rules::Turn| SeatTurn { by: turn.by, talk: turn.talk.clone(), act: turn.act };
    at.episode.table.turns.iter().map(turn).collect()
}

fn thread(talk: usize, good: usize, at: &TalkState) -> MarketThread {
    MarketThread { talk, buyer: at.buyer, stall: at.stall, good, turns: turns(at), episode: None }
}

fn books(market: &Market) -> MarketBooks {
    let measures = measure(market);
    let book = |good: usize| {
        let (mut costs, mut values) = (market.costs(good), market.values(good));
        costs.sort_unstable();
        values.sort_unstable_by(|a, b| b.cmp(a));
        let of = &measures.goods[good];
        let possible = of.possible.gains.0;
        GoodBook {
            good,
            costs,
            values,
            clearing: of.possible.prices,
            quantity: of.possible.quantity,
            efficiency: (possible > 0).then(|| of.realised.0 as f64 / possible as f64),
            dispersion: of.dispersion,
        }
    };
    MarketBooks {
        goods: (0..measures.goods.len()).map(book).collect(),
        efficiency: measures.efficiency,
        possible: measures.possible,
        realised: measures.realised,
        surplus: measures.surplus,
    }
}
