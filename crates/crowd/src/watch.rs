//! Negotiations between two negotiators, watched: a process drives each of them under a lease.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use rules::Event;
use wire::{EpisodeId, Pace};

use crate::browser::Browser;
use crate::figures::milliseconds;
use crate::live::Live;
use crate::play::Crowd;
use crate::record::{Entry, now};

const PACE: Pace = Pace { interval_ms: 1000, paused: false };
const BUYER: &str = "linear";

/// Watches one negotiation after the other until the people have done.
pub async fn watch(crowd: Arc<Crowd>, n: u32) {
    let opened = crowd.open(n, Crowd::negotiator(BUYER), Some(PACE)).await;
    crowd.arrive().await;
    let outcome = match opened {
        Ok((browser, live, first)) => all(&crowd, n, browser, live, first).await,
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        crowd.figures.violation(format!("watcher {n}: {error:#}"));
    }
}

async fn all(
    crowd: &Crowd,
    n: u32,
    browser: Browser,
    mut live: Live,
    first: EpisodeId,
) -> Result<()> {
    let mut id = first;
    loop {
        one(crowd, id, &mut live).await?;
        if crowd.has_enough() {
            return Ok(());
        }
        id = crowd.start(&browser, crowd.product(n), Crowd::negotiator(BUYER), Some(PACE)).await?;
        live.follow(id)?;
    }
}

/// Until its end; keeps the longest time between two of its events.
async fn one(crowd: &Crowd, episode: EpisodeId, live: &mut Live) -> Result<()> {
    let (mut longest, mut ended) = (0.0_f64, now());
    let mut last: Option<Instant> = None;
    loop {
        let envelope = live.next().await?;
        let before = last.replace(Instant::now());
        let stood = before.map_or(0.0, |before| milliseconds(before.elapsed()));
        if stood > longest {
            (longest, ended) = (stood, now());
        }
        if let Event::Ended { .. } = envelope.event {
            crowd.figures.count(|counted| counted.stood.push(longest));
            crowd.record.write(&Entry::Stood { episode, at: ended, ms: longest })?;
            return crowd.finish(episode, envelope.seq);
        }
    }
}
