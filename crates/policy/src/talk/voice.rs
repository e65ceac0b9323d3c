//! Picks the words for a choice.

use std::sync::LazyLock;

use rules::{Act, Mills, Role};

use super::grammar::{Grammar, Moment, RuleId};
use super::name::{Name, with_name};
use crate::arguments::Argument;
use crate::draw::Draw;
use crate::families::{Choice, Tone};
use crate::persona::{Persona, personas};
use crate::pricing::{gain, thousandths};
use crate::situation::Situation;

/// Which vocabulary a family speaks. The two share no sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Of the families that may be trained against.
    Market,
    /// Of the held-out families.
    Bazaar,
}

/// What a message is about: the rule that its words come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cue {
    Open,
    /// The other side moved since its offer before.
    Moved,
    /// The other side did not.
    Stuck,
    /// Little is between the two.
    Close,
    Final,
    Accept,
    Reject,
    Quit,
    Talk,
    Lowballed,
    Insulted,
    QuitInsulted,
    Rival,
    Flaw,
    BuyNow,
    Bundle,
    Budget,
    Loyalty,
}

const CUES: [(Cue, &str); 18] = [
    (Cue::Open, "open"),
    (Cue::Moved, "moved"),
    (Cue::Stuck, "stuck"),
    (Cue::Close, "close"),
    (Cue::Final, "final"),
    (Cue::Accept, "accept"),
    (Cue::Reject, "reject"),
    (Cue::Quit, "quit"),
    (Cue::Talk, "talk"),
    (Cue::Lowballed, "lowballed"),
    (Cue::Insulted, "insulted"),
    (Cue::QuitInsulted, "quit-insulted"),
    (Cue::Rival, "rival"),
    (Cue::Flaw, "flaw"),
    (Cue::BuyNow, "buy-now"),
    (Cue::Bundle, "bundle"),
    (Cue::Budget, "budget"),
    (Cue::Loyalty, "loyalty"),
];

const TEXTS: [&str; 4] = [
    include_str!("../../words/buyer.txt"),
    include_str!("../../words/seller.txt"),
    include_str!("../../words/personas.txt"),
    include_str!("../../words/bazaar.txt"),
];

/// The grammar with its entrances looked up.
struct Lexicon {
    grammar: Grammar,
    cues: [[[RuleId; CUES.len()]; 2]; 2],
    manners: Vec<[Manner; 2]>,
}

/// What a persona puts around the words of an act.
struct Manner {
    lead: RuleId,
    tail: RuleId,
    accept: RuleId,
    quit: RuleId,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let grammar = Grammar::read(&TEXTS).expect("the grammar is tested");
    let cues = [Dialect::Market, Dialect::Bazaar].map(|dialect| {
        Role::BOTH.map(|role| CUES.map(|(_, name)| cue_rule(&grammar, dialect, role, name)))
    });
    let manners = personas()
        .iter()
        .map(|entry| Role::BOTH.map(|role| manner(&grammar, entry.name, role)))
        .collect();
    Lexicon { grammar, cues, manners }
});

/// The rule of a cue; where a role or a dialect has no words of its own for it, those of a counter
/// offer serve.
fn cue_rule(grammar: &Grammar, dialect: Dialect, role: Role, cue: &str) -> RuleId {
    let prefix = match dialect {
        Dialect::Market => "",
        Dialect::Bazaar => "bazaar.",
    };
    let rule = |cue: &str| grammar.rule(&format!("{prefix}{}.{cue}", role.name()));
    let instead = if cue == "quit-insulted" { "quit" } else { "stuck" };
    rule(cue).or_else(|| rule(instead)).expect("each role of each dialect can quit and counter")
}

fn manner(grammar: &Grammar, persona: &str, role: Role) -> Manner {
    let rule = |part: &str| {
        grammar
            .rule(&format!("{persona}.{}.{part}", role.name()))
            .or_else(|| grammar.rule(&format!("{persona}.{part}")))
            .expect("each persona has a lead, a tail, an acceptance and a farewell")
    };
    Manner { lead: rule("lead"), tail: rule("tail"), accept: rule("accept"), quit: rule("quit") }
}

/// A way of speaking.
pub struct Voice {
    dialect: Dialect,
    persona: Persona,
    role: Role,
}

impl Voice {
    pub fn new(dialect: Dialect, persona: Persona, role: Role) -> Voice {
        Voice { dialect, persona, role }
    }

    /// The words for a choice. The own limit is never among them: a number equal to it is left out.
    pub fn say(&self, situation: &Situation, choice: Choice, draw: &mut Draw) -> String {
        with_name(&situation.view.table.listing.product, |name| {
            self.speak(situation, choice, &moment(situation, choice.act, name), draw)
        })
    }

    fn speak(
        &self,
        situation: &Situation,
        choice: Choice,
        moment: &Moment,
        draw: &mut Draw,
    ) -> String {
        let lexicon = &*LEXICON;
        let cue = cue(situation, choice);
        let rule = lexicon.cues[self.dialect as usize][self.role as usize][cue as usize];
        let manner = &lexicon.manners[self.persona as usize][self.role as usize];
        let mut out = String::with_capacity(160);
        let mut speak = |rule: RuleId, draw: &mut Draw| {
            if !out.is_empty() {
                out.push(' ');
            }
            lexicon.grammar.expand(rule, moment, draw, &mut out);
        };
        let (before, after) = self.frame(manner, choice.act, draw);
        before.into_iter().chain([rule]).chain(after).for_each(|rule| speak(rule, draw));
        out
    }

    /// What the persona says before and after. Every persona but the neutral one shows in each
    /// message; the bazaar's neutral voice needs no frame.
    fn frame(
        &self,
        manner: &Manner,
        act: Act,
        draw: &mut Draw,
    ) -> (Option<RuleId>, Option<RuleId>) {
        let always = self.persona != Persona::Neutral;
        if !always && self.dialect == Dialect::Bazaar {
            return (None, None);
        }
        match act {
            Act::Accept(_) => (None, (always || draw.chance(400)).then_some(manner.accept)),
            Act::Quit => (None, (always || draw.chance(400)).then_some(manner.quit)),
            Act::Offer(_) | Act::Reject | Act::Talk => {
                let lead = draw.chance(if always { 600 } else { 200 });
                let tail = if lead { draw.chance(150) } else { always || draw.chance(250) };
                (lead.then_some(manner.lead), tail.then_some(manner.tail))
            }
        }
    }
}

fn moment<'a>(situation: &Situation, act: Act, name: &'a Name) -> Moment<'a> {
    let limit = situation.limit.round_to_cents();
    // Talk that names the own limit gives it away, even where it is the other side's number.
    let sayable = |price: Option<Mills>| price.filter(|p| p.round_to_cents() != limit);
    let price = match act {
        Act::Offer(price) | Act::Accept(price) => Some(price),
        Act::Reject | Act::Quit | Act::Talk => None,
    };
    let first = situation.spoken == 0;
    Moment {
        price: sayable(price),
        theirs: sayable(situation.theirs),
        mine: sayable(situation.mine),
        list: sayable(Some(situation.list)),
        feature: name.feature.as_deref(),
        has_article: !(first && name.is_title),
        item: if first { &name.long } else { &name.short },
    }
}

fn cue(situation: &Situation, choice: Choice) -> Cue {
    match (choice.act, choice.tone) {
        (Act::Accept(_), _) => Cue::Accept,
        (Act::Quit, Tone::Insulted) => Cue::QuitInsulted,
        (Act::Quit, _) => Cue::Quit,
        (Act::Talk, _) => Cue::Talk,
        (_, Tone::Final) => Cue::Final,
        (_, Tone::Insulted) => Cue::Insulted,
        (_, Tone::Lowballed) => Cue::Lowballed,
        (Act::Offer(_), Tone::Persuaded(argument)) => about(argument),
        (Act::Reject, _) => Cue::Reject,
        (Act::Offer(price), Tone::Plain) => counter(situation, price),
    }
}

fn about(argument: Argument) -> Cue {
    match argument {
        Argument::Rival => Cue::Rival,
        Argument::Flaw => Cue::Flaw,
        Argument::BuyNow => Cue::BuyNow,
        Argument::Bundle => Cue::Bundle,
        Argument::Budget => Cue::Budget,
        Argument::Loyalty => Cue::Loyalty,
    }
}

fn counter(situation: &Situation, price: Mills) -> Cue {
    let Some(theirs) = situation.theirs else { return Cue::Open };
    if situation.mine.is_none() {
        return Cue::Open;
    }
    let gap = gain(situation.role, theirs, price);
    if gap < thousandths(price, 80) {
        Cue::Close
    } else if situation.their_concession() > Mills::ZERO {
        Cue::Moved
    } else {
        Cue::Stuck
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::read_arguments;

    #[test]
    fn every_reason_is_heard_as_the_argument_that_it_is() {
        let moment = Moment { item: "kettle", has_article: true, ..Moment::default() };
        for (argument, rule) in [
            (Argument::Rival, "b.why-rival"),
            (Argument::Flaw, "b.why-flaw"),
            (Argument::BuyNow, "b.why-now"),
            (Argument::Bundle, "b.why-bundle"),
            (Argument::Budget, "b.why-budget"),
            (Argument::Loyalty, "b.why-loyalty"),
        ] {
            let grammar = &LEXICON.grammar;
            let rule = grammar.rule(rule).expect("a buyer has such reasons");
            for seed in 0..600 {
                let mut said = String::new();
                grammar.expand(rule, &moment, &mut Draw::new(&[seed]), &mut said);
                let reading = read_arguments(&said);
                assert!(reading.makes(argument), "{argument:?}: {said}");
                assert!(!reading.insults, "{said}");
            }
        }
    }
}
