//! One episode of the fake.

use std::collections::BTreeMap;

use app::backend::Caller;
use rules::{
    Act, Audience, Episode, Event, Millis, Mills, Move, Outcome, PerRole, Role, Scenario, apply,
};
use uuid::Uuid;
use wire::{
    Envelope, EpisodeId, EpisodeStatus, EpisodeSummary, Failure, Fork, Problem, ProductId, Seat,
    Viewer, VisitorId,
};

use super::{LIST_PRICE, NOW_MS};

pub struct Sitting {
    pub scenario: Scenario,
    pub product: ProductId,
    pub seats: PerRole<Seat>,
    pub owners: PerRole<Option<VisitorId>>,
    pub events: Vec<Event>,
    pub taken: BTreeMap<Uuid, (usize, usize)>,
    /// Whose negotiator failed.
    pub failed: Option<Role>,
    pub forked_from: Option<Fork>,
}

impl Sitting {
    pub fn failure(&self, own: Option<Role>) -> Option<Failure> {
        let role = self.failed?;
        let sentence = "The language model stopped working in the middle of its answer.".into();
        let stand_in = own == Some(role.other());
        Some(Failure { role, code: "engine_died".into(), sentence, stand_in })
    }

    pub fn episode(&self) -> Episode {
        Episode::replay(&self.events).expect("a sitting begins with its opening")
    }

    pub fn outcome(&self) -> Option<Outcome> {
        self.episode().outcome()
    }

    pub fn role_of(&self, caller: Caller) -> Option<Role> {
        Role::BOTH.into_iter().find(|role| *self.owners.get(*role) == Some(caller.visitor))
    }

    pub fn viewer(&self, caller: Caller) -> Viewer {
        match self.role_of(caller) {
            Some(role) => Viewer::Seat { role },
            None if caller.researcher.is_some() => Viewer::Researcher,
            None => Viewer::Spectator,
        }
    }

    pub fn status(&self) -> EpisodeStatus {
        let open = Role::BOTH.iter().any(|role| *self.seats.get(*role) == Seat::Open);
        match self.outcome() {
            Some(_) => EpisodeStatus::Over,
            None if open => EpisodeStatus::Waiting,
            None => EpisodeStatus::Playing,
        }
    }

    pub fn summary(&self, id: EpisodeId, caller: Caller) -> EpisodeSummary {
        let table = self.episode().table;
        EpisodeSummary {
            id,
            product: self.product.clone(),
            title: table.listing.product.title.clone(),
            picture: format!("/pictures/{}.svg", self.product),
            seats: self.seats.clone(),
            status: self.status(),
            outcome: table.outcome,
            moves: table.turns.len() as u32,
            last_act: table.turns.last().map(|turn| turn.act),
            created_ms: NOW_MS,
            failure: self.failure(self.role_of(caller)),
        }
    }

    pub fn shown(&self, id: EpisodeId, caller: Caller, from: usize, to: usize) -> Vec<Envelope> {
        let audience = match self.viewer(caller) {
            Viewer::Seat { role } => Audience::Seat(role),
            Viewer::Spectator => Audience::Spectator,
            Viewer::Researcher => Audience::Researcher,
        };
        let envelope = |(at, event): (usize, &Event)| Envelope {
            episode: id,
            seq: at as i64 + 1,
            at: NOW_MS,
            event: event.clone().shown_to(audience),
        };
        self.events.iter().enumerate().take(to).skip(from).map(envelope).collect()
    }

    /// Agents move as long as it is their turn: half a step from their opening to their limit.
    pub fn let_agents_move(&mut self) {
        while let Some(role) = self.episode().table.turn_of() {
            let seated = matches!(self.seats.get(role), Seat::Negotiator { .. });
            if !seated || self.status() != EpisodeStatus::Playing {
                return;
            }
            let episode = self.episode();
            let view = episode.view(role);
            let mv = agent_move(role, view.limit, view.own_offer(), view.their_offer());
            let events = apply(&episode, role, mv, Millis(NOW_MS)).expect("an agent plays legally");
            self.events.extend(events);
        }
    }

    pub fn play(&mut self, role: Role, mv: Move) -> Result<(usize, usize), Problem> {
        let from = self.events.len();
        let events = apply(&self.episode(), role, mv, Millis(NOW_MS)).map_err(Problem::illegal)?;
        self.events.extend(events);
        let to = self.events.len();
        self.let_agents_move();
        Ok((from, to))
    }
}

fn agent_move(role: Role, limit: Mills, own: Option<Mills>, theirs: Option<Mills>) -> Move {
    let serves = |price: Mills| !rules::beyond_limit(role, limit, price);
    let opening = match role {
        Role::Buyer => Mills(limit.0 / 2),
        Role::Seller => LIST_PRICE,
    };
    let next = own.map_or(opening, |own| own + (limit - own).scale(1, 2)).round_to_cents();
    match theirs {
        Some(price) if own.is_some() && serves(price) => {
            Move::new("Done, shake on it.", Act::Accept(price))
        }
        _ if serves(next) => Move::new("That is what I can do.", Act::Offer(next)),
        _ => Move::new("No further.", Act::Offer(limit)),
    }
}
