//! The public state of an episode: what everybody at the table can see, and what it allows.

use serde::{Deserialize, Serialize};

use crate::event::{Act, Opening, Outcome};
use crate::money::Mills;
use crate::scenario::{Listing, PerRole, Protocol, Role};

/// One message as everybody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Turn {
    pub by: Role,
    /// From 1. In the open protocol the number of the buyer's or seller's own message.
    pub round: u32,
    pub talk: String,
    pub act: Act,
}

/// The public state, a fold of the public events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub listing: Listing,
    pub started_ms: i64,
    pub turns: Vec<Turn>,
    /// Each side's last offer.
    pub offers: PerRole<Option<Mills>>,
    pub outcome: Option<Outcome>,
}

/// The acts open to a side right now, whatever its private limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Legal {
    pub offer: bool,
    pub reject: bool,
    /// The counterpart's offer that an acceptance would bind to.
    pub accept: Option<Mills>,
    pub quit: bool,
    pub talk: bool,
}

impl Legal {
    pub const NOTHING: Legal =
        Legal { offer: false, reject: false, accept: None, quit: false, talk: false };

    /// Whether a side may act at all.
    pub fn any(self) -> bool {
        self != Legal::NOTHING
    }

    pub fn allows(self, act: Act) -> bool {
        match act {
            Act::Offer(_) => self.offer,
            Act::Reject => self.reject,
            Act::Accept(price) => self.accept == Some(price),
            Act::Quit => self.quit,
            Act::Talk => self.talk,
        }
    }
}

impl Table {
    pub fn open(opening: Opening) -> Table {
        Table {
            listing: opening.listing,
            started_ms: opening.started_ms,
            turns: Vec::new(),
            offers: PerRole::default(),
            outcome: None,
        }
    }

    pub fn is_over(&self) -> bool {
        self.outcome.is_some()
    }

    /// Whether nobody may act any more: it is over, or a message was its last one and the event of the
    /// end is still to be read. Events come one by one to who follows live.
    pub fn is_closed(&self) -> bool {
        let last = self.turns.last().map(|turn| turn.act);
        let ends = matches!(last, Some(Act::Accept(_) | Act::Quit));
        self.is_over() || ends || self.turns.len() >= self.most_messages()
    }

    /// Whose turn it is; `None` when nobody may act any more, or both may (open protocol).
    pub fn turn_of(&self) -> Option<Role> {
        match self.listing.protocol {
            Protocol::Alternating { .. } if !self.is_closed() => Some(self.alternating_turn()),
            _ => None,
        }
    }

    fn alternating_turn(&self) -> Role {
        if self.turns.len().is_multiple_of(2) { Role::Buyer } else { Role::Seller }
    }

    /// The round of the next message of `role`, from 1.
    pub fn round_of(&self, role: Role) -> u32 {
        let own = self.turns.iter().filter(|t| t.by == role).count();
        u32::try_from(own).expect("an episode has far fewer than 2^32 messages") + 1
    }

    /// Rounds left to the buyer and seller, this one included; `None` in the open protocol.
    pub fn rounds_left(&self) -> Option<u32> {
        let Protocol::Alternating { max_rounds } = self.listing.protocol else { return None };
        let done = u32::try_from(self.turns.len() / 2).expect("bounded by max_rounds");
        Some(max_rounds.saturating_sub(done))
    }

    /// When the open protocol ends, in milliseconds since the Unix epoch.
    pub fn deadline_ms(&self) -> Option<i64> {
        match self.listing.protocol {
            Protocol::Open { deadline_ms, .. } => Some(self.started_ms.saturating_add(deadline_ms)),
            Protocol::Alternating { .. } => None,
        }
    }

    /// What `role` may do now. A deadline is not looked at: see [`crate::apply`] and [`crate::tick`].
    pub fn legal(&self, role: Role) -> Legal {
        if self.is_closed() {
            return Legal::NOTHING;
        }
        let accept = *self.offers.get(role.other());
        match self.listing.protocol {
            Protocol::Alternating { .. } if self.alternating_turn() != role => Legal::NOTHING,
            Protocol::Alternating { .. } => {
                let opening = self.turns.is_empty();
                Legal { offer: true, reject: true, accept, quit: !opening, talk: false }
            }
            Protocol::Open { .. } => {
                Legal { offer: true, reject: accept.is_some(), accept, quit: true, talk: true }
            }
        }
    }

    /// Whether the next message is the protocol's last.
    pub fn is_last_message(&self) -> bool {
        self.turns.len() + 1 >= self.most_messages()
    }

    fn most_messages(&self) -> usize {
        let most = match self.listing.protocol {
            Protocol::Alternating { max_rounds } => max_rounds.saturating_mul(2),
            Protocol::Open { max_moves, .. } => max_moves,
        };
        // A protocol of none still lets the first speaker be heard.
        (most as usize).max(1)
    }

    pub(crate) fn push(&mut self, by: Role, talk: String, act: Act) {
        let round = self.round_of(by);
        if let Act::Offer(price) = act {
            *self.offers.get_mut(by) = Some(price);
        }
        self.turns.push(Turn { by, round, talk, act });
    }

    /// The offers of one side with their rounds, in order.
    pub fn offers_of(&self, role: Role) -> impl Iterator<Item = (u32, Mills)> + '_ {
        self.turns.iter().filter(move |t| t.by == role).filter_map(|t| match t.act {
            Act::Offer(price) => Some((t.round, price)),
            _ => None,
        })
    }
}
