//! Every metric of every pair, summed up while episodes pass by.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rules::metrics::{Facts, Metric, PersonaMarkers};
use rules::reward::RewardSpec;
use rules::statistics::Sums;
use rules::{Episode, Event, PerRole, Role};
use store::ExportedEvent;
use tables::Cell;
use uuid::Uuid;

/// Who met whom: negotiators and personas.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    buyer: String,
    seller: String,
    buyer_persona: Option<String>,
    seller_persona: Option<String>,
}

pub struct Figures {
    markers: PersonaMarkers,
    sums: BTreeMap<Pair, PerRole<Vec<Sums>>>,
    /// The episode that is read.
    episode: Option<Uuid>,
    pair: Pair,
    events: Vec<Event>,
}

impl Default for Figures {
    fn default() -> Figures {
        Figures {
            markers: policy::markers(),
            sums: BTreeMap::new(),
            episode: None,
            pair: Pair::default(),
            events: Vec::new(),
        }
    }
}

impl Figures {
    /// Events come in their order.
    pub fn absorb(&mut self, row: ExportedEvent) -> Result<()> {
        if self.episode != Some(row.episode_id) {
            self.sum_up()?;
            self.episode = Some(row.episode_id);
            self.pair = Pair {
                buyer: row.buyer.clone().unwrap_or_default(),
                seller: row.seller.clone().unwrap_or_default(),
                ..Pair::default()
            };
        }
        let event = row.event()?;
        if let Event::Opened(opening) = &event {
            self.pair.buyer_persona.clone_from(&opening.listing.personas.buyer);
            self.pair.seller_persona.clone_from(&opening.listing.personas.seller);
        }
        self.events.push(event);
        Ok(())
    }

    fn sum_up(&mut self) -> Result<()> {
        let events = std::mem::take(&mut self.events);
        if events.is_empty() {
            return Ok(());
        }
        let episode =
            Episode::replay(&events).with_context(|| format!("episode {:?}", self.episode))?;
        let facts = Facts::of(&episode, &RewardSpec::PAPER, &self.markers);
        if !facts.is_scored() {
            return Ok(());
        }
        let none = || vec![Sums::default(); Metric::ALL.len()];
        let sums = self
            .sums
            .entry(std::mem::take(&mut self.pair))
            .or_insert_with(|| PerRole { buyer: none(), seller: none() });
        for role in Role::BOTH {
            for (sum, metric) in sums.get_mut(role).iter_mut().zip(Metric::ALL) {
                *sum += metric.sums(&facts, role);
            }
        }
        Ok(())
    }

    pub fn rows(mut self) -> Result<Vec<Vec<Cell>>> {
        self.sum_up()?;
        let mut rows = Vec::new();
        for (pair, sums) in &self.sums {
            for role in Role::BOTH {
                for (sum, metric) in sums.get(role).iter().zip(Metric::ALL) {
                    let name = serde_json::to_value(metric)?;
                    rows.push(vec![
                        pair.buyer.clone().into(),
                        pair.seller.clone().into(),
                        pair.buyer_persona.clone().into(),
                        pair.seller_persona.clone().into(),
                        role.into(),
                        name.as_str().into(),
                        metric.value(sum).into(),
                        Cell::Int(sum.n as i64),
                    ]);
                }
            }
        }
        Ok(rows)
    }
}
