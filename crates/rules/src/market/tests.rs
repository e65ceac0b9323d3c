use proptest::prelude::*;

use super::*;
use crate::event::{Act, Event, Move, Outcome};
use crate::money::Mills;
use crate::scenario::{Millis, Product, Role};

fn dollars(all: &[i64]) -> Vec<Mills> {
    all.iter().copied().map(Mills::from_dollars).collect()
}

fn good(name: &str) -> Product {
    Product {
        codename: name.to_owned(),
        category: "books".to_owned(),
        title: name.to_owned(),
        description: String::new(),
        features: Vec::new(),
        list_price: Mills::from_dollars(100),
    }
}

fn stall(good: usize, cost: i64, stock: u32) -> Stall {
    let cost = Mills::from_dollars(cost);
    Stall { good, cost, stock, persona: None, opens: Some(1), closes: None }
}

fn buyer(wants: &[(usize, i64)], purse: i64) -> Buyer {
    let want =
        |(good, value): &(usize, i64)| Want { good: *good, value: Mills::from_dollars(*value) };
    let wants = wants.iter().map(want).collect();
    let purse = Mills::from_dollars(purse);
    Buyer { wants, purse, persona: None, arrives: Some(1), leaves: None }
}

fn scenario(stalls: Vec<Stall>, buyers: Vec<Buyer>) -> MarketScenario {
    MarketScenario {
        goods: vec![good("tea"), good("rug")],
        stalls,
        buyers,
        shocks: Vec::new(),
        mechanism: Mechanism::Bargaining,
        rounds: 6,
        steps: 10,
        talks_at_once: 2,
        list_prices: true,
        ratings: false,
        seed: 1,
    }
}

fn opened(scenario: MarketScenario) -> Market {
    scenario.check().expect("can be opened");
    let mut market = Market::new(scenario);
    let events = advance(&market, Millis(0));
    market.absorb_all(&events);
    market
}

fn done(
    market: &mut Market,
    rule: impl FnOnce(&Market) -> Result<Vec<MarketEvent>, Refused>,
) -> Vec<MarketEvent> {
    let events = rule(market).expect("is possible");
    market.absorb_all(&events);
    events
}

#[test]
fn supply_meets_demand_as_by_hand() {
    // Values 30, 28, 25, 19, 15 against costs 10, 14, 20, 26: three pairs gain 20 + 14 + 5; between 20 and 25 three want
    // to sell and three to buy.
    let found = equilibrium(&dollars(&[26, 10, 20, 14]), &dollars(&[15, 25, 30, 19, 28]));
    assert_eq!((found.quantity, found.gains), (3, Mills::from_dollars(39)));
    assert_eq!(found.prices, Some((Mills::from_dollars(20), Mills::from_dollars(25))));
    // The next wish bounds the price from below, and the next unit from above.
    let tight = equilibrium(&dollars(&[10, 24]), &dollars(&[30, 18]));
    assert_eq!(tight.prices, Some((Mills::from_dollars(18), Mills::from_dollars(24))));
    assert_eq!(tight.gains, Mills::from_dollars(20));
    let none = equilibrium(&dollars(&[10]), &dollars(&[9]));
    assert_eq!((none.quantity, none.prices, none.gains), (0, None, Mills::default()));
    assert_eq!(equilibrium(&[], &dollars(&[9])).quantity, 0);
}

#[test]
fn a_double_auction_trades_at_the_middle_as_by_hand() {
    let found = double_auction(&dollars(&[26, 10, 20, 14]), &dollars(&[15, 25, 30, 19, 28]));
    assert_eq!(found.price, "22.5".parse().ok());
    let pairs: Vec<(usize, usize)> = found.trades.iter().map(|one| (one.ask, one.bid)).collect();
    assert_eq!(pairs, [(1, 2), (3, 4), (2, 1)]);
    // Bids shaded by a fifth: 24, 22.4, 20 still cross 10, 14, 20; at 20 alone.
    let bids: Vec<Mills> = dollars(&[15, 25, 30, 19, 28]).iter().map(|b| b.scale(4, 5)).collect();
    let shaded = double_auction(&dollars(&[26, 10, 20, 14]), &bids);
    assert_eq!((shaded.price, shaded.trades.len()), (Some(Mills::from_dollars(20)), 3));
    assert_eq!(
        double_auction(&dollars(&[10]), &dollars(&[9])),
        Auction { price: None, trades: vec![] }
    );
}

fn offer(dollars: i64) -> Move {
    Move::new("", Act::Offer(Mills::from_dollars(dollars)))
}

fn accept(dollars: i64) -> Move {
    Move::new("", Act::Accept(Mills::from_dollars(dollars)))
}

#[test]
fn a_sale_ends_the_talks_that_lost_their_object() {
    let buyers = vec![buyer(&[(0, 30), (1, 50)], 60), buyer(&[(0, 25)], 25)];
    let mut market =
        opened(scenario(vec![stall(0, 10, 1), stall(0, 12, 3), stall(1, 20, 1)], buyers));
    done(&mut market, |at| meet(at, 0, 0));
    done(&mut market, |at| meet(at, 0, 1));
    assert_eq!(meet(&market, 0, 1), Err(Refused::Talking));
    assert_eq!(meet(&market, 0, 2), Err(Refused::TooManyTalks));
    assert_eq!(meet(&market, 1, 2), Err(Refused::NotWanted));
    done(&mut market, |at| meet(at, 1, 0));
    done(&mut market, |at| say(at, 0, Role::Buyer, offer(20)));
    assert!(matches!(say(&market, 0, Role::Buyer, offer(21)), Err(Refused::Illegal(_))));
    let events = done(&mut market, |at| say(at, 0, Role::Seller, accept(20)));
    let expected = [
        MarketEvent::Sold { talk: Some(0), buyer: 0, stall: 0, price: Mills::from_dollars(20) },
        MarketEvent::Parted { talk: 1, why: Parting::Served },
        MarketEvent::Parted { talk: 2, why: Parting::SoldOut },
    ];
    assert!(matches!(&events[0], MarketEvent::Said { talk: 0, .. }));
    assert_eq!(events[1..], expected);
    let ends = market.talks.iter().map(|talk| talk.episode.outcome().expect("over"));
    let price = Mills::from_dollars(20);
    let outcomes = [
        Outcome::Deal { price, round: 1 },
        Outcome::Abandoned { by: Role::Buyer },
        Outcome::Abandoned { by: Role::Seller },
    ];
    assert_eq!(ends.collect::<Vec<_>>(), outcomes);
    assert_eq!(say(&market, 2, Role::Buyer, offer(20)), Err(Refused::TalkOver));
    assert_eq!(meet(&market, 1, 0), Err(Refused::SoldOut));
    assert_eq!(sell(&market, 0, 1, price), Err(Refused::NotWanted));
    // The other want is still there, with what the purse has left.
    done(&mut market, |at| meet(at, 0, 2));
    done(&mut market, |at| say(at, 3, Role::Buyer, offer(45)));
    let (left, price) = (Mills::from_dollars(40), Mills::from_dollars(45));
    let refused = say(&market, 3, Role::Seller, accept(45));
    assert_eq!(refused, Err(Refused::PurseTooSmall { left, price }));
    assert!(market.talks[3].over.is_none(), "what was refused did not happen");
    done(&mut market, |at| sell(at, 0, 2, left));
    assert_eq!(market.buyers[0].purse, Mills::default());
    let measured = measure(&market);
    // Tea: 30 and 25 against 10 and 12 could gain 33, 20 was had; the rug's 30 was had whole.
    assert_eq!(
        (measured.possible, measured.realised),
        (Mills::from_dollars(63), Mills::from_dollars(50))
    );
    assert_eq!(measured.surplus.buyer, Mills::from_dollars(20));
    assert_eq!(measured.surplus.seller, Mills::from_dollars(30));
    assert_eq!((measured.goods[0].excluded, measured.goods[1].excluded), (1, 0));
}

#[test]
fn who_takes_a_seat_comes_when_it_likes_and_may_leave() {
    let free = Buyer { arrives: None, ..buyer(&[(0, 30)], 30) };
    let kept = Stall { opens: None, ..stall(0, 10, 1) };
    let mut market =
        opened(scenario(vec![kept, stall(0, 12, 1)], vec![free, buyer(&[(0, 25)], 25)]));
    assert_eq!(measure(&market).possible, Mills::from_dollars(13), "of those who have come");
    assert_eq!(arrive(&market, 1), Err(Refused::Taken));
    assert_eq!(open_stall(&market, 1), Err(Refused::Taken));
    assert_eq!(meet(&market, 0, 1), Err(Refused::NotHere));
    done(&mut market, |at| arrive(at, 0));
    done(&mut market, |at| open_stall(at, 0));
    assert_eq!(arrive(&market, 0), Err(Refused::Taken));
    assert_eq!(measure(&market).possible, Mills::from_dollars(33));
    done(&mut market, |at| meet(at, 0, 0));
    done(&mut market, |at| meet(at, 1, 0));
    let closed = done(&mut market, |at| close_stall(at, 0));
    let parted = |talk| MarketEvent::Parted { talk, why: Parting::StallClosed };
    assert_eq!(closed, [MarketEvent::Closed { stall: 0 }, parted(0), parted(1)]);
    done(&mut market, |at| meet(at, 0, 1));
    let left = done(&mut market, |at| leave(at, 0));
    assert_eq!(left[1..], [MarketEvent::Parted { talk: 2, why: Parting::BuyerLeft }]);
    assert_eq!(leave(&market, 0), Err(Refused::NotHere));
    // Somebody else takes what is left of the seat.
    done(&mut market, |at| arrive(at, 0));
    done(&mut market, |at| open_stall(at, 0));
    done(&mut market, |at| sell(at, 0, 0, Mills::from_dollars(20)));
    done(&mut market, |at| leave(at, 0));
    assert_eq!(arrive(&market, 0), Err(Refused::NotWanted));
    done(&mut market, |at| close_stall(at, 0));
    assert_eq!(open_stall(&market, 0), Err(Refused::SoldOut));
}

#[test]
fn everybody_may_see_what_is_public_and_no_more() {
    let mut market = opened(scenario(vec![stall(0, 10, 1)], vec![buyer(&[(0, 30)], 30)]));
    done(&mut market, |at| meet(at, 0, 0));
    let thoughtful = Move { thought: Some("my limit is 30".to_owned()), ..offer(12) };
    let events = done(&mut market, |at| say(at, 0, Role::Buyer, thoughtful));
    let shown: Vec<MarketEvent> = events.iter().filter_map(MarketEvent::shown).collect();
    let [MarketEvent::Said { events, .. }] = shown.as_slice() else { panic!("one message") };
    assert!(matches!(events.as_slice(), [Event::Moved { by: Role::Buyer, .. }]), "{events:?}");
    // Below its cost a regulated seller names its cost; what it would have said is nobody's.
    let events = done(&mut market, |at| say(at, 0, Role::Seller, offer(5)));
    let shown = serde_json::to_string(&events[0].shown()).unwrap();
    assert!(shown.contains("10000") && !shown.contains("5000"), "{shown}");
    let cost = MarketEvent::CostChanged { stall: 0, cost: Mills::from_dollars(28) };
    assert_eq!(cost.shown(), None);
}

#[test]
fn people_come_and_go_by_the_clock_and_so_do_their_talks() {
    let mut late = buyer(&[(0, 30)], 30);
    (late.arrives, late.leaves) = (Some(2), Some(4));
    let mut short = stall(0, 10, 5);
    short.closes = Some(3);
    let mut spec = scenario(vec![short, stall(0, 12, 5)], vec![late]);
    spec.steps = 4;
    spec.shocks = vec![Shock { step: 2, stall: 1, cost: Mills::from_dollars(28) }];
    let mut market = opened(spec);
    assert_eq!(meet(&market, 0, 0), Err(Refused::NotHere));
    let second = advance(&market, Millis(0));
    market.absorb_all(&second);
    assert!(second.contains(&MarketEvent::CostChanged { stall: 1, cost: Mills::from_dollars(28) }));
    for stall in [0, 1] {
        done(&mut market, |at| meet(at, 0, stall));
    }
    let third = advance(&market, Millis(0));
    market.absorb_all(&third);
    let expected = [
        MarketEvent::Stepped { step: 3, now_ms: 0 },
        MarketEvent::Closed { stall: 0 },
        MarketEvent::Parted { talk: 0, why: Parting::StallClosed },
    ];
    assert_eq!(third, expected);
    let fourth = advance(&market, Millis(0));
    market.absorb_all(&fourth);
    assert_eq!(market.talks[1].over, Some(TalkEnd::Parted(Parting::BuyerLeft)));
    let fifth = advance(&market, Millis(0));
    market.absorb_all(&fifth);
    assert!(market.is_over() && advance(&market, Millis(0)).is_empty());
    assert_eq!(meet(&market, 0, 1), Err(Refused::Over));
}

#[test]
fn what_cannot_be_a_market_says_where() {
    let fine = || scenario(vec![stall(0, 10, 1)], vec![buyer(&[(0, 30)], 30)]);
    assert_eq!(fine().check(), Ok(()));
    let mut one = fine();
    one.stalls[0].good = 2;
    let missing = BadMarket::NoSuchGood { who: "stall", number: 0, good: 2, goods: 2 };
    assert_eq!(one.check(), Err(missing));
    let mut one = fine();
    let twice = one.buyers[0].wants[0];
    one.buyers[0].wants.push(twice);
    assert_eq!(one.check(), Err(BadMarket::WantedTwice(0)));
    let mut one = fine();
    one.shocks = vec![Shock { step: 1, stall: 9, cost: Mills::from_dollars(1) }];
    assert_eq!(one.check(), Err(BadMarket::NoSuchStall(9)));
    let mut one = fine();
    one.talks_at_once = 0;
    assert_eq!(one.check(), Err(BadMarket::Nothing));
}

/// Something that somebody tries, possible or not.
#[derive(Clone, Copy, Debug)]
enum Try {
    Advance,
    Meet(usize, usize),
    Say(usize, Role, Act),
    Sell(usize, usize, i64),
    Part(usize),
    Arrive(usize),
    Leave(usize),
    Open(usize),
    Close(usize),
}

/// Few prices, so that what is accepted was often offered.
fn acts() -> impl Strategy<Value = Act> {
    let price = || (1..7_i64).prop_map(|n| Mills::from_dollars(n * 9));
    prop_oneof![
        4 => price().prop_map(Act::Offer),
        4 => price().prop_map(Act::Accept),
        1 => Just(Act::Reject),
        1 => Just(Act::Quit),
    ]
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let one = prop_oneof![
        1 => Just(Try::Advance),
        6 => (0..7_usize, 0..6_usize).prop_map(|(b, s)| Try::Meet(b, s)),
        12 => (0..30_usize, prop_oneof![Just(Role::Buyer), Just(Role::Seller)], acts())
            .prop_map(|(talk, by, act)| Try::Say(talk, by, act)),
        2 => (0..7_usize, 0..6_usize, 1..60_i64).prop_map(|(b, s, p)| Try::Sell(b, s, p)),
        1 => (0..7_usize).prop_map(Try::Arrive),
        1 => (0..7_usize).prop_map(Try::Leave),
        1 => (0..6_usize).prop_map(Try::Open),
        1 => (0..6_usize).prop_map(Try::Close),
        1 => (0..30_usize).prop_map(Try::Part),
    ];
    prop::collection::vec(one, 0..160)
}

fn markets() -> impl Strategy<Value = MarketScenario> {
    let stalls =
        prop::collection::vec((0..2_usize, 1..50_i64, 0..4_u32, prop::option::of(1..4_u32)), 1..6);
    let buyers = prop::collection::vec(
        (1..60_i64, 1..60_i64, 1..90_i64, prop::option::of(1..4_u32), 2..12_u32),
        1..7,
    );
    (stalls, buyers).prop_map(|(stalls, buyers)| {
        let stalls = stalls
            .into_iter()
            .map(|(good, cost, stock, opens)| Stall { opens, ..stall(good, cost, stock) });
        let buyers = buyers.into_iter().map(|(a, b, purse, arrives, leaves)| Buyer {
            arrives,
            leaves: Some(leaves),
            ..buyer(&[(0, a), (1, b)], purse)
        });
        MarketScenario { steps: 6, ..scenario(stalls.collect(), buyers.collect()) }
    })
}

proptest! {
    /// Whatever is tried in whatever order: no unit is sold twice, no purse is overspent, nobody gets a good twice, and
    /// the fold of the events is the market.
    #[test]
    fn nothing_is_sold_twice_and_nothing_overspent(spec in markets(), tries in tries()) {
        let mut market = Market::new(spec.clone());
        let mut log = Vec::new();
        for one in tries {
            let events = match one {
                Try::Advance => Ok(advance(&market, Millis(0))),
                Try::Meet(buyer, stall) => meet(&market, buyer, stall),
                Try::Part(talk) => part(&market, talk),
                Try::Say(talk, by, act) => say(&market, talk, by, Move::new("", act)),
                Try::Sell(buyer, stall, price) => {
                    sell(&market, buyer, stall, Mills::from_dollars(price))
                }
                Try::Arrive(buyer) => arrive(&market, buyer),
                Try::Leave(buyer) => leave(&market, buyer),
                Try::Open(stall) => open_stall(&market, stall),
                Try::Close(stall) => close_stall(&market, stall),
            };
            let events = events.unwrap_or_default();
            market.absorb_all(&events);
            log.extend(events);
        }
        for (at, stall) in spec.stalls.iter().enumerate() {
            let sold = market.sales.iter().filter(|sale| sale.stall == at).count();
            prop_assert_eq!(sold + market.stalls[at].stock as usize, stall.stock as usize);
        }
        for (at, buyer) in spec.buyers.iter().enumerate() {
            let bought: Vec<&Sale> = market.sales.iter().filter(|sale| sale.buyer == at).collect();
            let spent: Mills = bought.iter().map(|sale| sale.price).sum();
            prop_assert!(spent <= buyer.purse);
            let goods: std::collections::BTreeSet<usize> = bought.iter().map(|sale| sale.good).collect();
            prop_assert_eq!(goods.len(), bought.len());
        }
        for (at, talk) in market.talks.iter().enumerate() {
            let under_way = talk.over.is_none();
            prop_assert_eq!(market.buyers[talk.buyer].talks.contains(&at), under_way);
            prop_assert_eq!(market.stalls[talk.stall].talks.contains(&at), under_way);
            if under_way {
                prop_assert!(market.buyers[talk.buyer].is_here && market.stalls[talk.stall].is_open);
                prop_assert!(market.stalls[talk.stall].stock > 0);
            }
            prop_assert_eq!(talk.episode.outcome().is_none(), under_way);
            let deal = match talk.episode.outcome() {
                Some(Outcome::Deal { price, .. }) => Some(TalkEnd::Sold(price)),
                _ => None,
            };
            let sold = talk.over.filter(|end| matches!(end, TalkEnd::Sold(_)));
            prop_assert_eq!(deal, sold, "no deal without a sale, no sale without a deal");
        }
        let mut again = Market::new(spec);
        again.absorb_all(&log);
        prop_assert_eq!(&again, &market);
        let measured = measure(&market);
        prop_assert_eq!(measured.surplus.buyer + measured.surplus.seller, measured.realised);
    }

    /// No pairing gains more than the sorted one, and at a clearing price just as many want to sell as to buy.
    #[test]
    fn the_equilibrium_is_the_best_assignment(
        costs in prop::collection::vec(1..20_i64, 0..6),
        values in prop::collection::vec(1..20_i64, 0..6),
    ) {
        let (costs, values) = (dollars(&costs), dollars(&values));
        let found = equilibrium(&costs, &values);
        prop_assert_eq!(found.gains, best(&costs, &values));
        if let Some((low, high)) = found.prices {
            prop_assert!(low <= high);
            for price in [low, high] {
                let sell = costs.iter().filter(|cost| **cost < price).count();
                let buy = values.iter().filter(|value| **value > price).count();
                prop_assert!(sell <= found.quantity && buy <= found.quantity);
                let sell = costs.iter().filter(|cost| **cost <= price).count();
                let buy = values.iter().filter(|value| **value >= price).count();
                prop_assert!(sell >= found.quantity && buy >= found.quantity);
            }
        }
    }
}

/// By trying every pairing.
fn best(costs: &[Mills], values: &[Mills]) -> Mills {
    let Some((first, rest)) = values.split_first() else { return Mills::default() };
    let mut most = best(costs, rest);
    for at in 0..costs.len() {
        let mut left = costs.to_vec();
        let cost = left.remove(at);
        most = most.max(*first - cost + best(&left, rest));
    }
    most
}
