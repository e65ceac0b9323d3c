//! A grammar of talk: rules with alternatives, read from text once and expanded by draws.
//!
//! The text has a rule's name at the start of a line and its alternatives below it, indented.
//! `{name}` stands for a rule or a slot. An alternative that needs a slot which the moment cannot
//! fill (no offer of the other side yet; a number that would tell the own limit) is passed over, so
//! every rule has at least one alternative that needs none.

use std::collections::HashMap;

use rules::Mills;

use crate::draw::Draw;

/// Where a word of the moment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The price offered by this message, or accepted.
    Price,
    /// The other side's last offer.
    Theirs,
    /// The own last offer before this message.
    Mine,
    /// The list price.
    List,
    /// A property of the product, as a phrase without a verb.
    Feature,
    /// The product with its article.
    Item,
    /// The same at the start of a sentence.
    ItemFirst,
}

impl Slot {
    fn named(name: &str) -> Option<Slot> {
        Some(match name {
            "price" => Slot::Price,
            "theirs" => Slot::Theirs,
            "mine" => Slot::Mine,
            "list" => Slot::List,
            "feature" => Slot::Feature,
            "item" => Slot::Item,
            "Item" => Slot::ItemFirst,
            _ => return None,
        })
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The slots that some moments cannot fill.
const CONDITIONAL: u8 = !(Slot::Item.bit() | Slot::ItemFirst.bit());

/// What fills the slots. `None`: an alternative that needs it is passed over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment<'a> {
    pub price: Option<Mills>,
    pub theirs: Option<Mills>,
    pub mine: Option<Mills>,
    pub list: Option<Mills>,
    pub feature: Option<&'a str>,
    /// Whether the product takes an article; a book's title does not.
    pub has_article: bool,
    pub item: &'a str,
}

impl Moment<'_> {
    fn missing(&self) -> u8 {
        let absent = |slot: Slot, is_absent: bool| if is_absent { slot.bit() } else { 0 };
        absent(Slot::Price, self.price.is_none())
            | absent(Slot::Theirs, self.theirs.is_none())
            | absent(Slot::Mine, self.mine.is_none())
            | absent(Slot::List, self.list.is_none())
            | absent(Slot::Feature, self.feature.is_none())
    }
}

#[derive(Clone, Copy, Debug)]
enum Piece {
    Text(&'static str),
    Slot(Slot),
    Rule(RuleId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuleId(u16);

#[derive(Debug)]
struct Alternative {
    pieces: Vec<Piece>,
    needs: u8,
}

#[derive(Debug)]
pub struct Grammar {
    rules: Vec<Vec<Alternative>>,
    by_name: HashMap<&'static str, RuleId>,
}

/// What is wrong with a grammar's text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadGrammar {
    #[error("rule {0} is there twice")]
    Twice(String),
    #[error("an alternative without a rule: {0}")]
    Homeless(String),
    #[error("{rule} names {unknown}, which is neither a rule nor a slot")]
    Unknown { rule: String, unknown: String },
    #[error("{0} has no alternative that works in every moment")]
    Conditional(String),
    #[error("{rule}: a brace is not closed in: {text}")]
    Brace { rule: String, text: String },
}

impl Grammar {
    /// Reads texts, each of rules of its own.
    pub fn read(texts: &[&'static str]) -> Result<Grammar, BadGrammar> {
        let sources = read_sources(texts)?;
        let ids = 0..u16::try_from(sources.len()).expect("a grammar has far fewer rules");
        let by_name: HashMap<_, _> =
            sources.iter().zip(ids).map(|((name, _), id)| (*name, RuleId(id))).collect();
        let rules = sources
            .iter()
            .map(|(name, lines)| read_rule(name, lines, &by_name))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Grammar { rules, by_name })
    }

    pub fn rule(&self, name: &str) -> Option<RuleId> {
        self.by_name.get(name).copied()
    }

    /// Expands a rule at the end of `out`.
    pub fn expand(&self, rule: RuleId, moment: &Moment, draw: &mut Draw, out: &mut String) {
        self.expand_with(rule, moment, moment.missing(), draw, out);
    }

    fn expand_with(&self, id: RuleId, m: &Moment, missing: u8, draw: &mut Draw, out: &mut String) {
        let alternatives = &self.rules[usize::from(id.0)];
        let first = draw.below(alternatives.len());
        let (before, after) = alternatives.split_at(first);
        let fits = |alternative: &&Alternative| alternative.needs & missing == 0;
        let fitting = after.iter().find(fits).or_else(|| before.iter().find(fits));
        for piece in &fitting.expect("checked when read").pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Rule(inner) => self.expand_with(*inner, m, missing, draw, out),
                Piece::Slot(slot) => fill(*slot, m, out),
            }
        }
    }
}

type Source = (&'static str, Vec<&'static str>);

fn read_sources(texts: &[&'static str]) -> Result<Vec<Source>, BadGrammar> {
    let mut sources: Vec<Source> = Vec::new();
    let lines = texts.iter().flat_map(|text| text.lines());
    for line in lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if !line.starts_with(' ') {
            let name = line.trim();
            if sources.iter().any(|(known, _)| *known == name) {
                return Err(BadGrammar::Twice(name.into()));
            }
            sources.push((name, Vec::new()));
        } else {
            let (_, lines) = sources.last_mut().ok_or(BadGrammar::Homeless(line.into()))?;
            // An alternative in quotation marks keeps the blanks at its ends.
            let text = line.trim();
            let quoted = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
            lines.push(quoted.unwrap_or(text));
        }
    }
    Ok(sources)
}

fn read_rule(
    name: &str,
    lines: &[&'static str],
    by_name: &HashMap<&'static str, RuleId>,
) -> Result<Vec<Alternative>, BadGrammar> {
    let alternatives = lines
        .iter()
        .map(|line| read_alternative(name, line, by_name))
        .collect::<Result<Vec<_>, _>>()?;
    if alternatives.iter().any(|a| a.needs & CONDITIONAL == 0) {
        Ok(alternatives)
    } else {
        Err(BadGrammar::Conditional(name.into()))
    }
}

fn read_alternative(
    rule: &str,
    line: &'static str,
    by_name: &HashMap<&'static str, RuleId>,
) -> Result<Alternative, BadGrammar> {
    let mut pieces = Vec::new();
    let mut needs = 0;
    let mut rest = line;
    while let Some((text, tail)) = rest.split_once('{') {
        let brace = || BadGrammar::Brace { rule: rule.into(), text: line.into() };
        let (name, tail) = tail.split_once('}').ok_or_else(brace)?;
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        pieces.push(match (Slot::named(name), by_name.get(name)) {
            (Some(slot), _) => {
                needs |= slot.bit();
                Piece::Slot(slot)
            }
            (None, Some(id)) => Piece::Rule(*id),
            (None, None) => {
                return Err(BadGrammar::Unknown { rule: rule.into(), unknown: name.into() });
            }
        });
        rest = tail;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(Alternative { pieces, needs })
}

fn fill(slot: Slot, moment: &Moment, out: &mut String) {
    match slot {
        Slot::Price => push_price(moment.price, out),
        Slot::Theirs => push_price(moment.theirs, out),
        Slot::Mine => push_price(moment.mine, out),
        Slot::List => push_price(moment.list, out),
        Slot::Feature => out.push_str(moment.feature.unwrap_or_default()),
        Slot::Item => {
            out.push_str(if moment.has_article { "the " } else { "" });
            out.push_str(moment.item);
        }
        Slot::ItemFirst => {
            out.push_str(if moment.has_article { "The " } else { "" });
            out.push_str(moment.item);
        }
    }
}

/// A price as a person types it: `$45`, `$45.50`, `$1,250`.
fn push_price(price: Option<Mills>, out: &mut String) {
    let Some(Mills(mills)) = price else { return };
    let (dollars, rest) = (mills / 1000, mills % 1000);
    out.push('$');
    push_grouped(dollars, out);
    if rest > 0 {
        out.push('.');
        push_digits(rest / 10, 2, out);
        if rest % 10 > 0 {
            push_digits(rest % 10, 1, out);
        }
    }
}

/// Digits with a comma between groups of three.
fn push_grouped(n: i64, out: &mut String) {
    if n < 1000 {
        return push_digits(n, 1, out);
    }
    push_grouped(n / 1000, out);
    out.push(',');
    push_digits(n % 1000, 3, out);
}

/// At least `width` digits.
fn push_digits(n: i64, width: u32, out: &mut String) {
    if n >= 10 || width > 1 {
        push_digits(n / 10, width.saturating_sub(1), out);
    }
    out.push(char::from(b'0' + (n % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &'static str, moment: &Moment, seed: u64) -> String {
        let grammar = Grammar::read(&[text]).unwrap();
        let mut out = String::new();
        grammar.expand(grammar.rule("a").unwrap(), moment, &mut Draw::new(&[seed]), &mut out);
        out
    }

    #[test]
    fn rules_and_slots_are_filled() {
        let text = "# a comment\na\n  \"I say {b}, \"\nb\n  {price} for {item}\n  nothing\n";
        let moment = Moment {
            price: Some(Mills(1_234_500)),
            has_article: true,
            item: "kettle",
            ..Moment::default()
        };
        let said: Vec<_> = (0..20).map(|seed| expand(text, &moment, seed)).collect();
        assert!(said.contains(&"I say $1,234.50 for the kettle, ".to_string()), "{said:?}");
        assert!(said.contains(&"I say nothing, ".to_string()));
    }

    #[test]
    fn an_alternative_whose_slot_is_empty_is_passed_over() {
        let text = "a\n  {theirs} is low\n  {mine}\n  too low\n";
        for seed in 0..20 {
            assert_eq!(expand(text, &Moment::default(), seed), "too low");
        }
    }

    #[test]
    fn faults_are_named() {
        let fault = |text| Grammar::read(&[text]).unwrap_err();
        assert_eq!(fault("a\n x\na\n y\n"), BadGrammar::Twice("a".into()));
        assert_eq!(fault(" x\n"), BadGrammar::Homeless(" x".into()));
        assert_eq!(
            fault("a\n  {q}\n"),
            BadGrammar::Unknown { rule: "a".into(), unknown: "q".into() }
        );
        assert_eq!(fault("a\n  {price}\n"), BadGrammar::Conditional("a".into()));
        assert_eq!(
            fault("a\n  {price\n"),
            BadGrammar::Brace { rule: "a".into(), text: "{price".into() }
        );
    }

    #[test]
    fn prices_as_typed() {
        let table =
            [(45_000, "$45"), (45_500, "$45.50"), (47_992, "$47.992"), (1_005_000, "$1,005")];
        for (mills, expected) in table {
            let mut out = String::new();
            push_price(Some(Mills(mills)), &mut out);
            assert_eq!(out, expected);
        }
    }
}
