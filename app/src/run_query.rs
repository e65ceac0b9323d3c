//! What the pages of a run keep in their addresses, so that every view has a link.

use wire::RunId;

use crate::address;
use crate::curves::{Axis, Look};
use crate::shade::Quantity;

/// Runs laid over another one at most.
pub const OTHERS: usize = 4;

/// How the curves of a run are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunQuery {
    pub look: Look,
    /// Runs to lay over it.
    pub with: Vec<RunId>,
}

impl RunQuery {
    /// What cannot be read counts as not set.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> RunQuery {
        let axis = get("x").and_then(|x| Axis::ALL.into_iter().find(|axis| axis.name() == x));
        let smooth = get("smooth").and_then(|s| s.parse::<u8>().ok()).filter(|s| *s < 100);
        let mut with: Vec<RunId> = Vec::new();
        for id in get("with").unwrap_or_default().split(',').filter_map(|id| id.parse().ok()) {
            if !with.contains(&id) && with.len() < OTHERS {
                with.push(id);
            }
        }
        let look = Look {
            axis: axis.unwrap_or_default(),
            log: get("log").is_some_and(|log| log == "1"),
            smooth: smooth.unwrap_or(0),
        };
        RunQuery { look, with }
    }

    pub fn href(&self, run: RunId) -> String {
        let Look { axis, log, smooth } = self.look;
        let with: Vec<String> = self.with.iter().map(RunId::to_string).collect();
        address::href(
            &format!("/runs/{run}"),
            [
                ("x", (axis != Axis::default()).then(|| axis.name().to_owned())),
                ("log", log.then(|| "1".to_owned())),
                ("smooth", (smooth > 0).then(|| smooth.to_string())),
                // A comma may stand in a query as it is, but need not.
                ("with", Some(with.join(","))),
            ],
        )
    }

    /// With a run laid over or taken away.
    pub fn toggled(&self, id: RunId) -> RunQuery {
        let mut query = self.clone();
        match query.with.iter().position(|other| *other == id) {
            Some(at) => _ = query.with.remove(at),
            None => query.with.push(id),
        }
        query
    }
}

/// What is looked at among the rollouts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RolloutQuery {
    /// `None`: the latest.
    pub iteration: Option<u32>,
    pub group: Option<u32>,
    pub colour: Quantity,
    pub search: Option<String>,
    /// Its groups in all iterations, instead of all groups of one.
    pub product: Option<String>,
}

impl RolloutQuery {
    pub fn read(get: impl Fn(&str) -> Option<String>) -> RolloutQuery {
        let text = |key| get(key).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let colour = text("colour").and_then(|c| Quantity::named(&c));
        RolloutQuery {
            iteration: text("iteration").and_then(|v| v.parse().ok()).filter(|i| *i > 0),
            group: text("group").and_then(|v| v.parse().ok()),
            colour: colour.unwrap_or_default(),
            search: text("q"),
            product: text("product"),
        }
    }

    pub fn href(&self, run: RunId) -> String {
        let colour = (self.colour != Quantity::default()).then(|| self.colour.name().to_owned());
        address::href(
            &format!("/runs/{run}/rollouts"),
            [
                ("iteration", self.iteration.map(|i| i.to_string())),
                ("group", self.group.map(|g| g.to_string())),
                ("colour", colour),
                ("q", self.search.clone()),
                ("product", self.product.clone()),
            ],
        )
    }

    /// An iteration with none of its groups opened.
    pub fn iteration(iteration: u32, colour: Quantity) -> RolloutQuery {
        RolloutQuery { iteration: Some(iteration), colour, ..RolloutQuery::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn get(href: &str) -> impl Fn(&str) -> Option<String> {
        let query = href.split_once('?').map_or("", |(_, q)| q).replace("%2C", ",");
        move |key| {
            let pair = query.split('&').find_map(|p| p.strip_prefix(&format!("{key}=")))?;
            Some(pair.replace("%20", " "))
        }
    }

    #[test]
    fn a_view_survives_the_address() {
        let run = RunId(Uuid::from_u128(1));
        let query = RunQuery {
            look: Look { axis: Axis::Episodes, log: true, smooth: 60 },
            with: vec![RunId(Uuid::from_u128(2)), RunId(Uuid::from_u128(3))],
        };
        assert_eq!(RunQuery::read(get(&query.href(run))), query);
        assert_eq!(RunQuery::default().href(run), format!("/runs/{run}"));
        assert_eq!(query.toggled(query.with[0]).with, [query.with[1]]);
        assert_eq!(RunQuery::default().toggled(run).with, [run]);
    }

    #[test]
    fn rollouts_survive_the_address() {
        let run = RunId(Uuid::from_u128(1));
        let query = RolloutQuery {
            iteration: Some(12),
            group: Some(0),
            colour: Quantity::Entropy,
            search: Some("last price".into()),
            product: Some("souk.books_1".into()),
        };
        assert_eq!(RolloutQuery::read(get(&query.href(run))), query);
        assert_eq!(RolloutQuery::default().href(run), format!("/runs/{run}/rollouts"));
    }

    #[test]
    fn nonsense_is_not_set() {
        let read = RunQuery::read(|_| Some("x".into()));
        assert_eq!(read, RunQuery::default());
        assert_eq!(RunQuery::read(|k| (k == "smooth").then(|| "100".into())).look.smooth, 0);
        assert_eq!(RolloutQuery::read(|k| (k == "iteration").then(|| "0".into())).iteration, None);
    }
}
