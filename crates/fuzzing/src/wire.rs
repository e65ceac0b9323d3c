//! What comes over the network, as JSON. What was read can be written and read again, and a negotiation in a training
//! job's lines can be folded.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::{
    ClientFrame, EnvFrame, EpisodeSearch, JobLine, JobPlayed, MarketActRequest, MarketJoinRequest,
    MoveRequest, NewCounterfactual, NewEpisode, NewMarketRequest, NewRun, NewSuite, ServerFrame,
};

use crate::events::fold;

/// The first byte chooses the shape; lines of training jobs are read one by one, as the server does.
pub fn wire(data: &[u8]) -> bool {
    let Some((shape, text)) = data.split_first() else { return false };
    match shape % 16 {
        0 => same::<ClientFrame>(text),
        1 => same::<ServerFrame>(text),
        2 => same::<MoveRequest>(text),
        3 => same::<NewEpisode>(text),
        4 => same::<EpisodeSearch>(text),
        5 => same::<MarketActRequest>(text),
        6 => same::<MarketJoinRequest>(text),
        7 => same::<NewMarketRequest>(text),
        8 => same::<NewRun>(text),
        9 => same::<NewSuite>(text),
        10 => same::<NewCounterfactual>(text),
        11 => serde_json::from_slice::<EnvFrame>(text).is_ok(),
        _ => {
            let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            lines.filter(|line| !job_line(line)).count() == 0
        }
    }
}

fn same<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(text: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<T>(text) else { return false };
    assert_eq!(written_again(&value), value);
    true
}

/// A value through its own JSON.
pub fn written_again<T: DeserializeOwned + Serialize>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("what was read can be written");
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

fn job_line(text: &[u8]) -> bool {
    let Ok(line) = serde_json::from_slice::<JobLine>(text) else { return false };
    // Not compared: a decimal fraction may come back as its neighbour.
    written_again(&line);
    match line {
        JobLine::Iteration(told) => told.rollouts.iter().all(|rollout| played(&rollout.played)),
        JobLine::Exam(told) => told.episodes.iter().all(played),
        _ => true,
    }
}

fn played(told: &JobPlayed) -> bool {
    let JobPlayed::There { scenario, events, .. } = told else { return true };
    let _ = scenario.validate();
    fold(events)
}
