//! What a scripted negotiator looks at before it decides.

use rules::{Act, Legal, Mills, Protocol, Role, Turn, View};

use crate::pricing::{as_good, gain};

/// Own messages after which a scripted negotiator in the open protocol has said all it has to say.
const OPEN_HORIZON: u32 = 8;

/// A view with the questions that tactics ask of it.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    pub view: &'a View,
    pub legal: Legal,
    pub role: Role,
    pub limit: Mills,
    pub list: Mills,
    /// Own messages so far.
    pub spoken: u32,
    /// Own messages in all, those to come included.
    pub horizon: u32,
    pub mine: Option<Mills>,
    pub theirs: Option<Mills>,
}

impl<'a> Situation<'a> {
    pub fn of(view: &'a View) -> Situation<'a> {
        let horizon = match view.table.listing.protocol {
            Protocol::Alternating { max_rounds } => max_rounds,
            Protocol::Open { max_moves, .. } => (max_moves / 2).min(OPEN_HORIZON),
        };
        Situation {
            view,
            legal: view.legal(),
            role: view.role,
            limit: view.limit,
            list: view.table.listing.product.list_price,
            spoken: view.table.round_of(view.role) - 1,
            horizon: horizon.max(1),
            mine: view.own_offer(),
            theirs: view.their_offer(),
        }
    }

    /// How much of the own messages is used up, in thousandths: 0 for the first, 1000 for the last.
    pub fn progress(&self) -> i64 {
        match self.horizon - 1 {
            0 => 1000,
            steps => (i64::from(self.spoken) * 1000 / i64::from(steps)).min(1000),
        }
    }

    /// Own messages to come, this one included; at least one.
    pub fn messages_left(&self) -> u32 {
        self.horizon.saturating_sub(self.spoken).max(1)
    }

    /// Whether no further message of this side may follow.
    pub fn is_last_word(&self) -> bool {
        match self.view.table.listing.protocol {
            Protocol::Alternating { .. } => self.messages_left() == 1,
            Protocol::Open { max_moves, .. } => {
                self.view.table.turns.len() + 2 >= max_moves as usize || self.is_out_of_words()
            }
        }
    }

    /// In the open protocol: said all, and twice more.
    fn is_out_of_words(&self) -> bool {
        self.spoken > self.horizon + 1
    }

    /// Whether the other side may still answer this message.
    pub fn they_can_answer(&self) -> bool {
        !self.view.table.is_last_message() && !self.is_out_of_words()
    }

    pub fn turns_of(&self, role: Role) -> impl DoubleEndedIterator<Item = &'a Turn> + use<'a> {
        self.view.table.turns.iter().filter(move |turn| turn.by == role)
    }

    /// The other side's offers, the last first.
    pub fn their_offers_back(&self) -> impl Iterator<Item = Mills> + use<'a> {
        offers_back(self.turns_of(self.role.other()))
    }

    /// What the other side gave up by its last offer against the one before; zero where there are
    /// fewer than two.
    pub fn their_concession(&self) -> Mills {
        let mut back = self.their_offers_back();
        match (back.next(), back.next()) {
            (Some(last), Some(before)) => gain(self.role, before, last),
            _ => Mills::ZERO,
        }
    }

    /// Whether the other side, conceding once more as it did last, stays beyond this side's limit by
    /// more than a tenth. Asked with the last word only: those who hold out give way late.
    pub fn is_hopeless(&self) -> bool {
        let (Some(theirs), true) = (self.theirs, self.is_last_word()) else { return false };
        let slack = self.their_concession().max(Mills::ZERO) + Mills(self.limit.0 / 10);
        let hoped = match self.role {
            Role::Buyer => theirs - slack,
            Role::Seller => theirs + slack,
        };
        !as_good(self.role, hoped, self.limit)
    }
}

fn offers_back<'a>(
    turns: impl DoubleEndedIterator<Item = &'a Turn>,
) -> impl Iterator<Item = Mills> {
    turns.rev().filter_map(|turn| match turn.act {
        Act::Offer(price) => Some(price),
        _ => None,
    })
}
