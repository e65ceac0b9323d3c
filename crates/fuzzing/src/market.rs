//! Any small market and any acts in it, possible or not.

use std::collections::BTreeSet;

use arbitrary::{Result, Unstructured};
use rules::market::{
    Buyer, Market, MarketEvent, MarketScenario, Mechanism, Refused, Shock, Stall, Want, advance,
    arrive, close_stall, double_auction, leave, measure, meet, open_stall, part, post, say, sell,
};
use rules::{Act, Audience, Event, Millis, Mills, Move, Product, Role};

use crate::wire::written_again;

pub fn market(data: &[u8]) -> bool {
    let mut u = Unstructured::new(data);
    let Ok(scenario) = scenario(&mut u) else { return false };
    assert_eq!(scenario.check(), Ok(()));
    let mut market = Market::new(scenario);
    let mut log = Vec::new();
    // Running out of bytes is an ordinary end of the input.
    let _ = play(&mut u, &mut market, &mut log);
    while !market.is_over() {
        let caused = advance(&market, Millis(0));
        take(&mut market, &mut log, caused);
    }
    check(&market, &log);
    true
}

fn take(market: &mut Market, log: &mut Vec<MarketEvent>, caused: Vec<MarketEvent>) {
    market.absorb_all(&caused);
    log.extend(caused);
}

fn play(u: &mut Unstructured<'_>, market: &mut Market, log: &mut Vec<MarketEvent>) -> Result<()> {
    let mut now = 0;
    while !u.is_empty() {
        // One more than there are: what is not there is refused.
        let (buyer, stall) = (at(u, market.buyers.len())?, at(u, market.stalls.len())?);
        let talk = at(u, market.talks.len())?;
        let caused: std::result::Result<Vec<MarketEvent>, Refused> = match u.int_in_range(0..=15)? {
            0 | 1 => {
                now += u.int_in_range(0..=5_000)?;
                Ok(advance(market, Millis(now)))
            }
            2 => arrive(market, buyer),
            3 => leave(market, buyer),
            4 => open_stall(market, stall),
            5 => close_stall(market, stall),
            6 => post(market, stall, price(u)?),
            7 => part(market, talk),
            8 => sell(market, buyer, stall, price(u)?),
            9..=11 => meet(market, buyer, stall),
            _ => {
                let by = *u.choose(&Role::BOTH)?;
                let mv = message(u, market, talk, by)?;
                say(market, talk, by, mv)
            }
        };
        let before = market.clone();
        match caused {
            Ok(caused) => take(market, log, caused),
            Err(why) => assert!(!why.to_string().is_empty() && *market == before),
        }
    }
    Ok(())
}

fn message(u: &mut Unstructured<'_>, market: &Market, talk: usize, by: Role) -> Result<Move> {
    let offers = market.talks.get(talk).map(|talk| talk.episode.table.offers);
    let standing = offers.and_then(|offers| *offers.get(by.other()));
    let act = match u.int_in_range(0..=5)? {
        0 => Act::Quit,
        1 => Act::Reject,
        2 | 3 => standing.map_or(Act::Talk, Act::Accept),
        _ => Act::Offer(price(u)?),
    };
    Ok(Move::new(u.arbitrary::<&str>()?, act))
}

/// Units, purses and wants are conserved; a log is all that there is.
fn check(market: &Market, log: &[MarketEvent]) {
    let mut again = Market::new(market.scenario.clone());
    for event in log {
        assert_eq!(written_again(event), *event);
        again.absorb(event);
        if let Some(MarketEvent::Said { events, .. }) = event.shown() {
            assert!(events.iter().all(|event| event.visible_to(Audience::Spectator)));
        }
    }
    assert_eq!(again, *market);
    assert!(
        log.iter().all(
            |event| event.shown().is_some() || matches!(event, MarketEvent::CostChanged { .. })
        )
    );
    let scenario = &market.scenario;
    for (stall, (spec, state)) in scenario.stalls.iter().zip(&market.stalls).enumerate() {
        let sold = market.sales.iter().filter(|sale| sale.stall == stall).count();
        assert_eq!((state.stock + state.sold, state.sold as usize), (spec.stock, sold));
        assert!(state.talks.is_empty(), "a talk outlasts the market");
    }
    for (buyer, (spec, state)) in scenario.buyers.iter().zip(&market.buyers).enumerate() {
        let bought: Vec<_> = market.sales.iter().filter(|sale| sale.buyer == buyer).collect();
        let paid: Mills = bought.iter().map(|sale| sale.price).sum();
        assert_eq!(state.purse + paid, spec.purse);
        let goods: BTreeSet<usize> = bought.iter().map(|sale| sale.good).collect();
        assert_eq!(goods.len(), bought.len(), "one unit of each");
        assert_eq!(state.wants.len() + bought.len(), spec.wants.len());
        assert!(bought.is_empty() || state.purse >= Mills::ZERO);
    }
    assert!(market.talks.iter().all(|talk| talk.over.is_some()));
    let moved = |event: &MarketEvent| match event {
        MarketEvent::Said { events, .. } => {
            events.iter().filter(|event| matches!(event, Event::Moved { .. })).count()
        }
        _ => 0,
    };
    let turns: usize = market.talks.iter().map(|talk| talk.episode.table.turns.len()).sum();
    assert_eq!(log.iter().map(moved).sum::<usize>(), turns);
    figures(market);
}

fn figures(market: &Market) {
    let measures = measure(market);
    let gains: Mills = market.sales.iter().map(|sale| sale.value - sale.cost).sum();
    assert_eq!(measures.realised, gains);
    assert_eq!(measures.surplus.buyer + measures.surplus.seller, gains);
    for good in 0..market.scenario.goods.len() {
        let (asks, bids) = (market.costs(good), market.values(good));
        let auction = double_auction(&asks, &bids);
        for trade in auction.trades {
            let price = auction.price.expect("what is traded has a price");
            assert!(asks[trade.ask] <= price && price <= bids[trade.bid]);
        }
    }
}

fn at(u: &mut Unstructured<'_>, len: usize) -> Result<usize> {
    u.int_in_range(0..=len)
}

fn price(u: &mut Unstructured<'_>) -> Result<Mills> {
    Ok(Mills(match u.int_in_range(0..=9)? {
        0 => u.arbitrary()?,
        1 => u.int_in_range(1..=rules::MAX_PRICE.0)?,
        _ => u.int_in_range(1..=100)? * 1_000,
    }))
}

fn worth(u: &mut Unstructured<'_>) -> Result<Mills> {
    let any = u.int_in_range(1..=rules::MAX_PRICE.0)?;
    Ok(Mills(if u.ratio(1, 8)? { any } else { any % 100_000 + 1 }))
}

fn step(u: &mut Unstructured<'_>) -> Result<Option<u32>> {
    Ok(if u.ratio(1, 4)? { None } else { Some(u.int_in_range(0..=6)?) })
}

fn scenario(u: &mut Unstructured<'_>) -> Result<MarketScenario> {
    let good = |name: &str, list_price: Mills| Product {
        codename: name.to_owned(),
        category: "books".to_owned(),
        title: name.to_owned(),
        description: String::new(),
        features: Vec::new(),
        list_price,
    };
    let goods = vec![good("tea", price(u)?), good("rug", price(u)?)];
    let (mut stalls, mut buyers, mut shocks) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..u.int_in_range(1..=3)? {
        stalls.push(Stall {
            good: u.int_in_range(0..=1)?,
            cost: worth(u)?,
            stock: u.int_in_range(0..=3)?,
            persona: None,
            opens: step(u)?,
            closes: step(u)?,
        });
    }
    for _ in 0..u.int_in_range(1..=4)? {
        let mut wants = Vec::new();
        for good in 0..goods.len() {
            if u.ratio(2, 3)? {
                wants.push(Want { good, value: worth(u)? });
            }
        }
        let (arrives, leaves) = (step(u)?, step(u)?);
        buyers.push(Buyer { wants, purse: worth(u)?, persona: None, arrives, leaves });
    }
    for _ in 0..u.int_in_range(0..=2)? {
        shocks.push(Shock {
            step: u.int_in_range(0..=6)?,
            stall: at(u, stalls.len() - 1)?,
            cost: worth(u)?,
        });
    }
    Ok(MarketScenario {
        goods,
        stalls,
        buyers,
        shocks,
        mechanism: Mechanism::Bargaining,
        rounds: u.int_in_range(1..=4)?,
        steps: u.int_in_range(1..=6)?,
        talks_at_once: u.int_in_range(1..=3)?,
        list_prices: true,
        ratings: true,
        seed: 1,
    })
}
