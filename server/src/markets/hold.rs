//! Markets that a command plays, as fast as it can: with language models among the agents, and stored or not.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use policy::market::{Bazaar, Cast, Population, scripted};
use rules::market::{MarketEvent, measure};
use rules::{Millis, Move, Product};
use store::{Added, NewCall, NewMarket, Store};
use uuid::Uuid;
use wire::{IdempotencyKey, MarketId, VisitorId};

use super::clock::think;
use super::hall::{Hall, New};
use super::{Played, opened};
use crate::clock::now_ms;
use crate::eval::code_version;
use crate::roster::{Member, Question, Roster};

/// Questions to models at the same time.
const ASKS: usize = 8;

/// Where a market is kept.
pub struct Keep<'a> {
    pub store: &'a Store,
    /// Whose market it is: nobody's who plays.
    pub creator: VisitorId,
    pub title: String,
}

/// Draws a population and plays it to its end. `recast` may change who plays whom, after all that is drawn.
///
/// # Errors
/// What cannot be played, and what the store refuses.
pub async fn hold(
    roster: &Roster,
    population: &Population,
    products: &[Product],
    keep: Option<Keep<'_>>,
    recast: impl FnOnce(&mut Cast),
    mut tell: impl FnMut(&MarketEvent) -> Result<()>,
) -> Result<Played> {
    let mut drawn = opened(roster, population, products)?;
    recast(&mut drawn.cast);
    let begun = Instant::now();
    let mut kept = match keep {
        None => None,
        Some(keep) => {
            let row = NewMarket {
                id: MarketId(Uuid::now_v7()),
                title: keep.title,
                population: toml::to_string(population)?,
                scenario: drawn.scenario.clone(),
                parts: serde_json::to_value(&drawn.cast)?,
                pace: None,
                creator: keep.creator,
                user: None,
                key: IdempotencyKey(Uuid::new_v4()),
                code_version: code_version(),
            };
            keep.store.market_create(&row).await?;
            Some((keep.store, Hall::read(keep.store, row.id).await?))
        }
    };
    let mut alone = Bazaar::new(drawn.scenario, drawn.cast);
    let (mut events, mut steps) = (0_u64, 0_i64);
    loop {
        steps += 1;
        let now = if kept.is_some() { now_ms() } else { steps };
        let bazaar = match &mut kept {
            Some((_, hall)) => &mut hall.bazaar,
            None => &mut alone,
        };
        if bazaar.is_over() {
            break;
        }
        let (log, calls) = step(roster, bazaar, Millis(now)).await?;
        events += log.len() as u64;
        log.iter().try_for_each(&mut tell)?;
        if let Some((store, hall)) = &mut kept {
            for (talk, calls) in calls {
                hall.calls.entry(talk).or_default().extend(calls);
            }
            let new = New { at_ms: now, key: None, events: &log, seat: None };
            if hall.add(store, roster, new).await? != Added::Stored {
                bail!("somebody else plays this market");
            }
        }
    }
    let took = begun.elapsed();
    let (id, bazaar) = match kept {
        Some((_, hall)) => (Some(hall.id), hall.bazaar),
        None => (None, alone),
    };
    Ok(Played {
        id,
        measures: measure(&bazaar.market),
        talks: bazaar.market.talks.len(),
        events,
        cast: bazaar.cast,
        market: bazaar.market,
        took,
    })
}

type Calls = Vec<(usize, Vec<NewCall>)>;

/// One step, in which everybody speaks whose word is next: models are asked at once, about the market as it stands when
/// the talking begins.
async fn step(
    roster: &Roster,
    bazaar: &mut Bazaar,
    now: Millis,
) -> Result<(Vec<MarketEvent>, Calls)> {
    let mut log = bazaar.begin(now);
    let asked = bazaar.due().filter(|due| policy::find(&due.part.negotiator).is_none());
    let mut questions = Vec::new();
    for due in asked {
        let name = &due.part.negotiator;
        let Some(Member::Thinker(thinker)) = roster.find(name) else {
            bail!("{name} sits in no market that a command plays");
        };
        let seed = bazaar.market.talks[due.talk].episode.seed;
        let question = Question { view: bazaar.view(due.talk, due.role), seed, draw: 0 };
        questions.push((due.talk, thinker, question));
    }
    let mut answers: HashMap<usize, Move> = HashMap::new();
    let mut calls = Vec::new();
    let asking = questions.into_iter().map(|(talk, thinker, question)| async move {
        let (mv, calls) = think(thinker.as_ref(), &question).await;
        (talk, mv, calls)
    });
    let mut asking = futures::stream::iter(asking).buffer_unordered(ASKS);
    while let Some((talk, mv, asked)) = asking.next().await {
        let mv = mv.context("a model of the market failed: the log says how")?;
        answers.insert(talk, mv);
        calls.push((talk, asked));
    }
    bazaar.talk(&mut log, |_, due, view, seed| {
        scripted(due, view, seed).or_else(|| answers.remove(&due.talk))
    });
    // Whatever order the answers came in.
    calls.sort_by_key(|(talk, _)| *talk);
    Ok((log, calls))
}
