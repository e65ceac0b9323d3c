//! Which arguments a message makes, in free English as people type it.
//!
//! A documented lexicon (`words/arguments.txt`) of short patterns over words: no parsing, no model.
//! It reads stems (`scratch*`), alternatives (`(store|shop)`), gaps of up to three words (`~`) and
//! numbers (`#`), forgives one slip of the finger in a word of six letters or more, ignores case,
//! apostrophes and drawn-out letters, and does not take "no scratches" for a flaw.
//!
//! Arguments are looked for clause by clause. A clause ends at a stop; it makes one argument, and one
//! more for each conjunction in it ("it is scratched and I saw it cheaper"). One that is mostly no
//! English makes none (`words/english.txt`): otherwise a model that is trained on what it gets for
//! its words learns that scraps of reasons do as well as reasons.

mod english;
mod lexicon;
mod words;

use lexicon::LEXICON;
use words::{STOP, Words};

/// A kind of argument for a better price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Argument {
    /// Somebody else sells it for less.
    Rival,
    /// Something is wrong with the product.
    Flaw,
    /// Payment or pickup at once.
    BuyNow,
    /// More than one piece, or something thrown in.
    Bundle,
    /// No more money than that.
    Budget,
    /// A returning customer, a review, a recommendation.
    Loyalty,
}

impl Argument {
    pub const ALL: [Argument; 6] = [
        Argument::Rival,
        Argument::Flaw,
        Argument::BuyNow,
        Argument::Bundle,
        Argument::Budget,
        Argument::Loyalty,
    ];

    /// The name in the lexicon.
    pub fn name(self) -> &'static str {
        match self {
            Argument::Rival => "rival",
            Argument::Flaw => "flaw",
            Argument::BuyNow => "buy-now",
            Argument::Bundle => "bundle",
            Argument::Budget => "budget",
            Argument::Loyalty => "loyalty",
        }
    }
}

/// What a message says, as far as it bears on a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// One bit per [`Argument`], in the order of [`Argument::ALL`].
    arguments: u8,
    pub insults: bool,
    pub is_polite: bool,
}

impl Reading {
    pub fn makes(self, argument: Argument) -> bool {
        self.arguments & (1 << argument as u8) != 0
    }

    pub fn arguments(self) -> impl Iterator<Item = Argument> {
        Argument::ALL.into_iter().filter(move |argument| self.makes(*argument))
    }
}

/// Reads a message.
pub fn read_arguments(talk: &str) -> Reading {
    let words = Words::of(talk);
    let words = words.as_slice();
    let clauses = words.split(|word| word == STOP).filter(|clause| english::is_understood(clause));
    Reading {
        arguments: clauses.flat_map(arguments_of).fold(0, |all, one| all | (1 << one as u8)),
        insults: LEXICON.find("insult", words, true).is_some(),
        is_polite: LEXICON.find("polite", words, false).is_some(),
    }
}

/// What joins two statements in a clause.
const CONJUNCTIONS: [&str; 8] = ["and", "but", "so", "plus", "also", "because", "since", "if"];

/// The arguments of a clause, the first ones where there are more than it can make.
fn arguments_of(clause: &[String]) -> impl Iterator<Item = Argument> + use<> {
    let mut found: Vec<(usize, Argument)> = Argument::ALL
        .into_iter()
        .filter_map(|argument| {
            // "I can't pay today" is no offer to pay today; "can't afford" is an argument as it stands.
            let heeds_negation = argument != Argument::Budget;
            Some((LEXICON.find(argument.name(), clause, heeds_negation)?, argument))
        })
        .collect();
    found.sort_by_key(|(at, _)| *at);
    let joined = clause.iter().filter(|word| CONJUNCTIONS.contains(&word.as_str())).count();
    found.into_iter().take(1 + joined).map(|(_, argument)| argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(talk: &str, expected: &[Argument]) {
        let found: Vec<_> = read_arguments(talk).arguments().collect();
        assert_eq!(found, expected, "{talk}");
    }

    #[test]
    fn arguments_as_people_type_them() {
        use Argument::*;
        let table: &[(&str, &[Argument])] = &[
            ("I saw the same one for $40 at Walmart", &[Rival]),
            ("its cheaper elswhere", &[Rival]),
            ("Another shop has it for less.", &[Rival]),
            ("ANOTHER SELLER IS ASKING 35", &[Rival]),
            ("amazon has this for 30 bucks", &[Rival]),
            ("i found a better deal online", &[Rival]),
            ("theres a scrach on the lid", &[Flaw]),
            ("the box looks a bit beat up", &[Flaw]),
            ("It's missing the charger and the reviews are bad", &[Flaw]),
            ("the battery life is poor", &[Flaw]),
            ("it's last year's model", &[Flaw]),
            ("I can pay cash right now", &[BuyNow]),
            ("i'll take it todayyyy", &[BuyNow]),
            ("Can pick it up tonight, 40?", &[BuyNow]),
            ("deal right now for 30", &[BuyNow]),
            ("what if I buy two of them", &[Bundle]),
            ("can you throw in free shipping", &[Bundle]),
            ("id take 3 at that price", &[Bundle]),
            ("I'm a student on a tight budget", &[Budget]),
            ("thats all i can afford", &[Budget]),
            ("I'll leave you a 5 star review", &[Loyalty]),
            ("bought from you before, I'm a regular", &[Loyalty]),
            ("Saw it cheaper on ebay, this one's scratched. Cash today?", &[Rival, Flaw, BuyNow]),
            ("its scratched and i saw it cheaper at walmart", &[Rival, Flaw]),
            ("the Zyxquil one costs less at Wumart nearby", &[Rival]),
        ];
        for (talk, expected) in table {
            check(talk, expected);
        }
    }

    #[test]
    fn bare_numbers_and_small_talk_make_none() {
        let none = [
            "",
            "$40",
            "Would you take 40?",
            "How about $45.50 for the kettle?",
            "I like it, there are no scratches at all",
            "it does not have any damage",
            "I can't pay today",
            "Hello, how are you?",
            "What a lovely stall! My offer is 300.",
            "meet me in the middle",
            "ünïcödé 💸💸💸",
        ];
        for talk in none {
            check(talk, &[]);
        }
    }

    /// What a model under training found: scraps of reasons, many in one breath.
    #[test]
    fn scraps_of_reasons_are_none() {
        check("What about a scuff on the s less online", &[Argument::Flaw]);
        check("scuff tonight cheaper elsewhere student two of them", &[Argument::Flaw]);
        check("cket cheaper elsewhere qu ow", &[]);
        check("sn scratch uch tonit", &[]);
    }

    #[test]
    fn insults_and_manners() {
        let insults =
            ["you crook", "This is a rip-off!!", "ur a moron", "what a stupid price", "GREEDY"];
        for talk in insults {
            assert!(read_arguments(talk).insults, "{talk}");
        }
        let civil = ["not a ripoff, I know", "that is too much for me", "Sorry, I can't"];
        for talk in civil {
            assert!(!read_arguments(talk).insults, "{talk}");
        }
        assert!(read_arguments("Could you do 40, pleeease?").is_polite);
        assert!(!read_arguments("40.").is_polite);
    }
}
