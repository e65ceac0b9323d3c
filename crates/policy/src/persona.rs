//! Personas: ways of speaking, and for a regulated seller of giving way.

use rules::metrics::PersonaMarkers;

/// A way of speaking and of reacting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persona {
    Neutral,
    Begging,
    Insulting,
    Unyielding,
    Chatty,
    Hurried,
}

/// A persona as the registry lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonaEntry {
    pub persona: Persona,
    /// The name in scenarios and in the store.
    pub name: &'static str,
    pub title: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Lower-case phrases that only this persona uses; at least one is in nearly each of its
    /// messages. Empty for the neutral one, which is known by their absence.
    pub markers: &'static [&'static str],
}

const PERSONAS: [PersonaEntry; 6] = [
    PersonaEntry {
        persona: Persona::Neutral,
        name: "neutral",
        title: "Neutral",
        summary: "Polite and to the point.",
        markers: &[],
    },
    PersonaEntry {
        persona: Persona::Begging,
        name: "begging",
        title: "Begging",
        summary: "Appeals to pity: the rent, the children, a hard month.",
        markers: &[
            "please",
            "i beg you",
            "begging",
            "have a heart",
            "my kids",
            "my rent",
            "the rent",
            "mercy",
            "desperate",
            "struggling",
            "my family",
            "hard month",
            "rough year",
        ],
    },
    PersonaEntry {
        persona: Persona::Insulting,
        name: "insulting",
        title: "Insulting",
        summary: "Sneers at every offer and hardens when lowballed.",
        markers: &[
            "joke",
            "laughable",
            "ridiculous",
            "cheapskate",
            "clown",
            "are you serious",
            "waste my time",
            "wasting my time",
            "pathetic",
            "penny-pincher",
            "genius",
            "insult",
        ],
    },
    PersonaEntry {
        persona: Persona::Unyielding,
        name: "unyielding",
        title: "Unyielding",
        summary: "Holds the price and says so; gives way little and late.",
        markers: &[
            "firm",
            "not budging",
            "won't budge",
            "don't haggle",
            "take it or leave it",
            "my terms",
            "non-negotiable",
            "no exceptions",
            "not moving",
            "final word",
            "stand by",
        ],
    },
    PersonaEntry {
        persona: Persona::Chatty,
        name: "chatty",
        title: "Chatty",
        summary: "Friendly small talk around every number.",
        markers: &[
            "haha",
            "funny story",
            "my cousin",
            "lovely",
            "between you and me",
            "what a day",
            "honestly, i",
            "my neighbor",
            "small world",
            "cheers",
        ],
    },
    PersonaEntry {
        persona: Persona::Hurried,
        name: "hurried",
        title: "In a hurry",
        summary: "Short messages, wants it settled now.",
        markers: &[
            "quick",
            "in a rush",
            "no time",
            "asap",
            "hurry",
            "gotta run",
            "on my way out",
            "make it fast",
            "clock's ticking",
        ],
    },
];

/// All personas, the neutral one first.
pub fn personas() -> &'static [PersonaEntry] {
    &PERSONAS
}

/// The phrases of all personas, for [`rules::metrics::Facts::of`].
pub fn markers() -> PersonaMarkers {
    PersonaMarkers::new(PERSONAS.iter().map(|entry| (entry.name, entry.markers.iter().copied())))
}

/// The phrases that tell a persona by its words; none for the neutral persona or an unknown name.
pub fn persona_markers(name: &str) -> &'static [&'static str] {
    PERSONAS.iter().find(|entry| entry.name == name).map_or(&[], |entry| entry.markers)
}

impl Persona {
    /// The persona of that name. A name that only a language model could act out, and no name, are
    /// neutral here.
    pub fn named(name: Option<&str>) -> Persona {
        PERSONAS
            .iter()
            .find(|entry| Some(entry.name) == name)
            .map_or(Persona::Neutral, |entry| entry.persona)
    }

    pub fn entry(self) -> &'static PersonaEntry {
        PERSONAS.iter().find(|entry| entry.persona == self).expect("every persona is listed")
    }
}
