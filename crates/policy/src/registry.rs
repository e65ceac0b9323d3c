//! Every scripted family by name.

use rules::Role;

use crate::Script;
use crate::families::{
    Concession, OfferGenerator, Persuadable, Regulated, Scripted, Stubborn, Tactic, TitForTat,
    ZeroIntelligence, Zeuthen,
};
use crate::persona::Persona;
use crate::talk::{Dialect, Voice};

/// What a family may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For play, for matches and as a training opponent.
    Scripted,
    /// For evaluation only: a model that has trained against it cannot be evaluated by it.
    HeldOut,
}

/// One family.
pub struct Entry {
    /// The name in scenarios and in the store.
    pub name: &'static str,
    pub title: &'static str,
    /// One sentence.
    pub summary: &'static str,
    pub kind: Kind,
    /// The sides it can play.
    pub roles: &'static [Role],
    build: fn(&Seat) -> Box<dyn Script>,
}

struct Seat {
    role: Role,
    seed: u64,
    persona: Persona,
}

impl Entry {
    /// Whether the family can play a side.
    pub fn plays(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// A negotiator of this family. Built again with the same arguments it plays the same: it may be
    /// dropped between any two moves. A persona that is not in [`crate::personas`] is neutral.
    ///
    /// # Panics
    /// If the family does not play this side: ask [`Entry::plays`].
    pub fn seat(&self, role: Role, seed: u64, persona: Option<&str>) -> Box<dyn Script> {
        assert!(self.plays(role), "{} does not play the {}", self.name, role.name());
        (self.build)(&Seat { role, seed, persona: Persona::named(persona) })
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({})", self.name)
    }
}

/// All families.
pub fn registry() -> &'static [Entry] {
    &REGISTRY
}

/// The family of that name.
pub fn find(name: &str) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.name == name)
}

fn seat<T: Tactic + 'static>(tactic: T, dialect: Dialect, seat: &Seat) -> Box<dyn Script> {
    let &Seat { role, seed, persona } = seat;
    Box::new(Scripted { tactic, voice: Voice::new(dialect, persona, role), role, seed })
}

const BOTH: &[Role] = &Role::BOTH;
const SELLER: &[Role] = &[Role::Seller];

static REGISTRY: [Entry; 10] = [
    Entry {
        name: "linear",
        title: "Steady",
        summary: "Concedes evenly from its opening to its limit.",
        kind: Kind::Scripted,
        roles: BOTH,
        build: |s| seat(Concession::linear(s.role, s.seed), Dialect::Market, s),
    },
    Entry {
        name: "boulware",
        title: "Boulware",
        summary: "Holds out for most of the talk and gives way at the end.",
        kind: Kind::Scripted,
        roles: BOTH,
        build: |s| seat(Concession::boulware(s.role, s.seed), Dialect::Market, s),
    },
    Entry {
        name: "conceder",
        title: "Conceder",
        summary: "Gives way early, to be sure of a deal.",
        kind: Kind::Scripted,
        roles: BOTH,
        build: |s| seat(Concession::conceder(s.role, s.seed), Dialect::Market, s),
    },
    Entry {
        name: "tit-for-tat",
        title: "Tit for tat",
        summary: "Answers each concession with one of the same size.",
        kind: Kind::Scripted,
        roles: BOTH,
        build: |s| seat(TitForTat::new(s.role, s.seed), Dialect::Market, s),
    },
    Entry {
        name: "zero-intelligence",
        title: "Zero intelligence",
        summary: "Names any price at random that loses nothing: the baseline of market experiments.",
        kind: Kind::Scripted,
        roles: BOTH,
        build: |s| seat(ZeroIntelligence::new(s.role, s.seed), Dialect::Market, s),
    },
    Entry {
        name: "og-narrator",
        title: "OG-Narrator",
        summary: "Prices on a fixed line from half the budget to the budget, with words around them.",
        kind: Kind::Scripted,
        roles: BOTH,
        build: |s| seat(OfferGenerator, Dialect::Market, s),
    },
    Entry {
        name: "regulated",
        title: "Stall keeper",
        summary: "Starts at the list price and comes down with the rounds, as its persona allows.",
        kind: Kind::Scripted,
        roles: SELLER,
        build: |s| seat(Regulated::new(s.persona, s.seed), Dialect::Market, s),
    },
    Entry {
        name: "persuadable",
        title: "Persuadable stall keeper",
        summary: "Comes down for good reasons rather than for bare numbers, and hardens when insulted.",
        kind: Kind::Scripted,
        roles: SELLER,
        build: |s| seat(Persuadable::new(s.persona, s.seed), Dialect::Market, s),
    },
    Entry {
        name: "haggler-heldout",
        title: "Old haggler",
        summary: "Weighs what each side would lose by a breakdown; kept for evaluation.",
        kind: Kind::HeldOut,
        roles: BOTH,
        build: |s| seat(Zeuthen::new(s.role, s.seed), Dialect::Bazaar, s),
    },
    Entry {
        name: "stubborn-heldout",
        title: "Stubborn trader",
        summary: "Stands still, then makes one jump, then leaves; kept for evaluation.",
        kind: Kind::HeldOut,
        roles: BOTH,
        build: |s| seat(Stubborn::new(s.role, s.seed), Dialect::Bazaar, s),
    },
];
