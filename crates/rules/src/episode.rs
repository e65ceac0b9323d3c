//! The whole state of an episode, and the transitions that produce its events.

use serde::{Deserialize, Serialize};

use crate::event::{Act, Event, Intervention, Move, Opening, Outcome};
use crate::money::{MAX_PRICE, Mills};
use crate::scenario::{Interest, Millis, OverLimit, Regulation, Role, Scenario, beyond_limit};
use crate::table::Table;
use crate::view::{View, absorb_public};

/// The longest talk or thought of one move, in bytes.
pub const MAX_TALK_BYTES: usize = 4_000;

/// The fold of all events of one episode. The same events give the same state and the same rewards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    pub table: Table,
    pub budget: Mills,
    pub cost: Mills,
    pub regulation: Option<Regulation>,
    pub over_limit: OverLimit,
    pub reveal: bool,
    pub seed: u64,
    pub thoughts: Vec<(usize, Role, String)>,
    pub interventions: Vec<(usize, Role, Intervention)>,
    /// Offers and acceptances beyond their maker's own limit, whether or not they ended the play.
    /// They follow from the moves and the limits: an event of their own would tell the counterpart,
    /// by its placeholder alone, that an offer went beyond a limit.
    pub overshoots: Vec<(Role, Mills)>,
}

/// Why a move was refused. The episode is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    #[error("this negotiation is over")]
    Over,
    #[error("it is the {}'s turn", .turn_of.name())]
    NotYourTurn { turn_of: Role },
    #[error("the buyer's first move is an offer or a rejection")]
    FirstMove,
    #[error("there is no offer of the other side to accept yet")]
    NothingToAccept,
    #[error("the other side's offer is {standing} now, not {named}: look again before you accept")]
    OfferChanged { standing: Mills, named: Mills },
    #[error("there is no offer of the other side to reject yet")]
    NothingToReject,
    #[error("a price is above $0 and at most {MAX_PRICE}")]
    BadPrice,
    #[error(
        "a message of talk alone is for the open protocol; make an offer, reject, accept or quit"
    )]
    TalkAlone,
    #[error("talk and thought are at most {MAX_TALK_BYTES} bytes each")]
    TooLong,
    #[error("the time for this negotiation is up")]
    DeadlinePassed,
    #[error("a regulated seller may not go below its cost: make another move")]
    BelowFloor,
}

impl Illegal {
    /// A stable code for programs.
    pub fn code(self) -> &'static str {
        match self {
            Illegal::Over => "episode_over",
            Illegal::NotYourTurn { .. } => "not_your_turn",
            Illegal::FirstMove => "first_move_must_be_offer_or_reject",
            Illegal::NothingToAccept => "nothing_to_accept",
            Illegal::OfferChanged { .. } => "offer_changed",
            Illegal::NothingToReject => "nothing_to_reject",
            Illegal::BadPrice => "price_out_of_range",
            Illegal::TalkAlone => "talk_alone",
            Illegal::TooLong => "talk_too_long",
            Illegal::DeadlinePassed => "deadline_passed",
            Illegal::BelowFloor => "below_floor",
        }
    }
}

/// An end that is not a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    FormatError { by: Role },
    Abandoned { by: Role },
    EngineFailure,
}

/// Why events do not make an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHistory {
    #[error("an episode opens with its opening, rules and both limits; one is missing")]
    Incomplete,
    #[error(
        "a placeholder stands where an event should be: this is one reader's history, not the episode's"
    )]
    Redacted,
}

/// The events that open an episode.
pub fn open(scenario: &Scenario, now: Millis) -> Vec<Event> {
    vec![
        Event::Opened(Opening { listing: scenario.listing.clone(), started_ms: now.0 }),
        Event::RulesSet {
            regulation: scenario.regulation,
            over_limit: scenario.over_limit,
            reveal: scenario.reveal,
            seed: scenario.seed,
        },
        Event::LimitSet { role: Role::Buyer, limit: scenario.budget },
        Event::LimitSet { role: Role::Seller, limit: scenario.cost },
    ]
}

impl Episode {
    /// Folds all events of one episode.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<Episode, BadHistory> {
        let mut opening = PartialOpening::default();
        let mut episode: Option<Episode> = None;
        for event in events {
            if *event == Event::Hidden {
                return Err(BadHistory::Redacted);
            }
            match &mut episode {
                Some(episode) => episode.absorb(event),
                None => {
                    opening.absorb(event);
                    episode = opening.complete();
                }
            }
        }
        episode.ok_or(BadHistory::Incomplete)
    }

    /// A new episode, with no event but its opening.
    pub fn start(scenario: &Scenario, now: Millis) -> Episode {
        Episode::replay(&open(scenario, now)).expect("open() returns a complete opening")
    }

    /// What it was opened with: `open(&episode.scenario(), started)` are its first events.
    pub fn scenario(&self) -> Scenario {
        Scenario {
            listing: self.table.listing.clone(),
            budget: self.budget,
            cost: self.cost,
            regulation: self.regulation,
            over_limit: self.over_limit,
            reveal: self.reveal,
            seed: self.seed,
        }
    }

    /// Takes one further event.
    pub fn absorb(&mut self, event: &Event) {
        let turns = self.table.turns.len();
        match event {
            Event::Thought { by, text } => self.thoughts.push((turns, *by, text.clone())),
            Event::Intervened { by, intervention } => {
                self.interventions.push((turns, *by, intervention.clone()));
            }
            Event::Moved { by, talk, act } => {
                self.overshoots.extend(self.overshoot(*by, *act).map(|price| (*by, price)));
                self.table.push(*by, talk.clone(), *act);
            }
            Event::Ended { outcome } => self.table.outcome = Some(*outcome),
            _ => {}
        }
    }

    pub fn absorb_all<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>) {
        events.into_iter().for_each(|event| self.absorb(event));
    }

    pub fn limit(&self, role: Role) -> Mills {
        match role {
            Role::Buyer => self.budget,
            Role::Seller => self.cost,
        }
    }

    pub fn interest(&self) -> Interest {
        Interest::of(self.budget, self.cost)
    }

    pub fn outcome(&self) -> Option<Outcome> {
        self.table.outcome
    }

    /// What one side may know of this episode.
    pub fn view(&self, role: Role) -> View {
        View {
            role,
            limit: self.limit(role),
            table: self.table.clone(),
            thoughts: self
                .thoughts
                .iter()
                .filter(|(_, by, _)| *by == role)
                .map(|(turns, _, text)| (*turns, text.clone()))
                .collect(),
            revealed: self.is_revealed().then_some((self.budget, self.cost)),
        }
    }

    /// The price of an act that goes beyond its maker's own limit.
    fn overshoot(&self, by: Role, act: Act) -> Option<Mills> {
        act.price().filter(|price| beyond_limit(by, self.limit(by), *price))
    }

    fn is_revealed(&self) -> bool {
        self.outcome().is_some_and(|outcome| self.reveal && outcome.may_reveal())
    }

    fn ending(&self, outcome: Outcome) -> Vec<Event> {
        let mut events = vec![Event::Ended { outcome }];
        if self.reveal && outcome.may_reveal() {
            events.push(Event::Revealed { budget: self.budget, cost: self.cost });
        }
        events
    }
}

#[derive(Default)]
struct PartialOpening {
    table: Option<Table>,
    rules: Option<(Option<Regulation>, OverLimit, bool, u64)>,
    budget: Option<Mills>,
    cost: Option<Mills>,
}

impl PartialOpening {
    fn absorb(&mut self, event: &Event) {
        match event {
            Event::RulesSet { regulation, over_limit, reveal, seed } => {
                self.rules = Some((*regulation, *over_limit, *reveal, *seed));
            }
            Event::LimitSet { role: Role::Buyer, limit } => self.budget = Some(*limit),
            Event::LimitSet { role: Role::Seller, limit } => self.cost = Some(*limit),
            Event::Opened(_) => absorb_public(&mut self.table, event),
            _ => {}
        }
    }

    fn complete(&mut self) -> Option<Episode> {
        let (regulation, over_limit, reveal, seed) = self.rules?;
        let (budget, cost) = (self.budget?, self.cost?);
        Some(Episode {
            table: self.table.take()?,
            budget,
            cost,
            regulation,
            over_limit,
            reveal,
            seed,
            thoughts: Vec::new(),
            interventions: Vec::new(),
            overshoots: Vec::new(),
        })
    }
}

/// Plays one move: the events that it causes, or why it is refused. The episode is not changed:
/// store the events, then [`Episode::absorb`] them.
pub fn apply(episode: &Episode, by: Role, mv: Move, now: Millis) -> Result<Vec<Event>, Illegal> {
    check(episode, by, &mv, now)?;
    let mut events = Vec::with_capacity(4);
    if let Some(text) = mv.thought.clone() {
        events.push(Event::Thought { by, text });
    }
    let (talk, act) = match regulated(episode, by, &mv)? {
        Some((talk, act, regulation)) => {
            let intervention = Intervention { regulation, original: mv };
            events.push(Event::Intervened { by, intervention });
            (talk, act)
        }
        None => (mv.talk, mv.act),
    };
    events.push(Event::Moved { by, talk, act });
    events.extend(consequences(episode, by, act));
    Ok(events)
}

/// What a legal move leads to, besides itself.
fn consequences(episode: &Episode, by: Role, act: Act) -> Vec<Event> {
    if let Some(price) = episode.overshoot(by, act)
        && episode.over_limit == OverLimit::Violation
    {
        return episode.ending(Outcome::BudgetViolation { by, price });
    }
    match act {
        Act::Accept(price) => {
            let round = episode.table.round_of(by);
            episode.ending(Outcome::Deal { price, round })
        }
        Act::Quit => episode.ending(Outcome::Quit { by }),
        Act::Offer(_) | Act::Reject | Act::Talk if episode.table.is_last_message() => {
            episode.ending(Outcome::Timeout)
        }
        Act::Offer(_) | Act::Reject | Act::Talk => Vec::new(),
    }
}

fn check(episode: &Episode, by: Role, mv: &Move, now: Millis) -> Result<(), Illegal> {
    let table = &episode.table;
    if table.is_closed() {
        return Err(Illegal::Over);
    }
    if table.deadline_ms().is_some_and(|deadline| now.0 >= deadline) {
        return Err(Illegal::DeadlinePassed);
    }
    if let Some(turn_of) = table.turn_of()
        && turn_of != by
    {
        return Err(Illegal::NotYourTurn { turn_of });
    }
    if mv.talk.len() > MAX_TALK_BYTES
        || mv.thought.as_ref().is_some_and(|t| t.len() > MAX_TALK_BYTES)
    {
        return Err(Illegal::TooLong);
    }
    check_act(table, by, mv.act)
}

fn check_act(table: &Table, by: Role, act: Act) -> Result<(), Illegal> {
    let standing = *table.offers.get(by.other());
    let legal = table.legal(by);
    match act {
        Act::Offer(price) if !price.is_price() => Err(Illegal::BadPrice),
        Act::Accept(named) => match standing {
            None => Err(if table.turns.is_empty() && !legal.talk {
                Illegal::FirstMove
            } else {
                Illegal::NothingToAccept
            }),
            Some(standing) if standing != named => Err(Illegal::OfferChanged { standing, named }),
            Some(_) => Ok(()),
        },
        Act::Quit if !legal.quit => Err(Illegal::FirstMove),
        Act::Reject if !legal.reject => Err(Illegal::NothingToReject),
        Act::Talk if !legal.talk => Err(Illegal::TalkAlone),
        _ => Ok(()),
    }
}

/// The talk and act that the environment puts in place of a regulated seller's illegal move.
fn regulated(
    episode: &Episode,
    by: Role,
    mv: &Move,
) -> Result<Option<(String, Act, Regulation)>, Illegal> {
    let (Some(regulation), Role::Seller) = (episode.regulation, by) else { return Ok(None) };
    if episode.overshoot(by, mv.act).is_none() {
        return Ok(None);
    }
    let replacement = match regulation {
        Regulation::Resample => return Err(Illegal::BelowFloor),
        Regulation::CounterAtFloor => episode.cost,
        Regulation::RewriteMarkup { permille } => marked_up(episode.cost, permille),
    };
    // The original talk may name the illegal price, so it goes with the move.
    let talk = format!("I can't go that low. My price is {replacement}.");
    Ok(Some((talk, Act::Offer(replacement), regulation)))
}

/// Cost plus `permille` thousandths of it, rounded up to a mill, and at most [`MAX_PRICE`].
fn marked_up(cost: Mills, permille: u32) -> Mills {
    // Rounding the negated amount down rounds the amount up.
    let price = -(-cost).scale(1000 + i64::from(permille), 1000);
    price.min(MAX_PRICE)
}

/// The record of a move that [`Regulation::Resample`] refused; the seller is asked again.
pub fn resampled(by: Role, original: Move) -> Event {
    Event::Intervened {
        by,
        intervention: Intervention { regulation: Regulation::Resample, original },
    }
}

/// Ends the open protocol when its deadline has passed; no event otherwise.
pub fn tick(episode: &Episode, now: Millis) -> Vec<Event> {
    let due = episode.table.deadline_ms().is_some_and(|deadline| now.0 >= deadline);
    if due && !episode.table.is_over() { episode.ending(Outcome::Timeout) } else { Vec::new() }
}

/// Ends an episode otherwise than by a move.
pub fn conclude(episode: &Episode, ending: Ending) -> Result<Vec<Event>, Illegal> {
    if episode.table.is_over() {
        return Err(Illegal::Over);
    }
    Ok(episode.ending(match ending {
        Ending::FormatError { by } => Outcome::FormatError { by },
        Ending::Abandoned { by } => Outcome::Abandoned { by },
        Ending::EngineFailure => Outcome::EngineFailure,
    }))
}
