//! Styles of prompt, and the messages of a view.

use std::borrow::Cow;
use std::sync::LazyLock;

use rules::syntax::{Context, Syntax};
use rules::{Act, Mills, Move, Protocol, Role, Turn, View, beyond_limit};

use super::template::{Sections, fill};
use super::{Message, Speaker, brief, defuse};
use crate::talk::short_name;

/// A way of telling a model what it sees.
#[derive(Debug)]
pub struct Style {
    name: &'static str,
    sections: Sections,
    /// Characters of the counterpart's talk, of a title or of a description that are shown.
    longest: usize,
    is_brief: bool,
}

static STYLES: LazyLock<[Style; 2]> = LazyLock::new(|| {
    let style = |name, text, is_brief| {
        let sections = Sections::read(text);
        let longest = sections.get("talk-longest").and_then(|text| text.parse().ok());
        let longest = longest.expect("the files of prompts are tested");
        Style { name, sections, longest, is_brief }
    };
    [
        style("standard", include_str!("../../prompts/standard.txt"), false),
        style("compact", include_str!("../../prompts/compact.txt"), true),
    ]
});

impl Style {
    /// The style of that name: `standard` for full-size chat models, `compact` for the demo model.
    pub fn named(name: &str) -> Option<&'static Style> {
        STYLES.iter().find(|style| style.name == name)
    }

    /// For full-size chat models: the rules, the reward in words, examples of the syntax.
    pub fn standard() -> &'static Style {
        &STYLES[0]
    }

    /// For the demo model, which has learnt the game and needs a few dozen tokens to play it.
    ///
    /// Prices are brief, and a limit is shown to the cent, rounded in its owner's favour: what is
    /// within the limit that is shown is within the limit. Each message of the other side says where
    /// its price lies from the limit and what stands, so that a model of few weights need not compare
    /// numbers, nor look for them far back.
    pub fn compact() -> &'static Style {
        &STYLES[1]
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The chat so far as the view's side sees it: a system message, then the user and the assistant
    /// in turn, the user first. The counterpart's moves in a row are one message; where the side
    /// itself speaks twice in a row (in the open protocol), the user says that there is no answer.
    ///
    /// The own moves stand as [`Syntax::print`] writes them, the own thought included. Of the
    /// counterpart there is its talk, [defused](super::defuse()), and its act, stated from the event.
    pub fn messages(&self, view: &View, syntax: Syntax) -> Vec<Message> {
        let telling = Telling { style: self, view, syntax };
        let mut chat = Chat(vec![Message::new(Speaker::System, telling.section("system"))]);
        chat.hear(telling.section("listing"));
        for (at, turn) in view.table.turns.iter().enumerate() {
            if turn.by == view.role {
                chat.speak(telling.own(at, turn), || telling.section("silence"));
            } else {
                chat.hear(telling.theirs(at, turn));
            }
        }
        if view.legal().any() && chat.ends_with(Speaker::Assistant) {
            chat.hear(telling.section("silence"));
        }
        chat.0
    }
}

struct Chat(Vec<Message>);

impl Chat {
    fn ends_with(&self, speaker: Speaker) -> bool {
        self.0.last().is_some_and(|message| message.speaker == speaker)
    }

    fn hear(&mut self, text: String) {
        match self.0.last_mut() {
            Some(message) if message.speaker == Speaker::User => {
                message.text.push('\n');
                message.text.push_str(&text);
            }
            _ => self.0.push(Message::new(Speaker::User, text)),
        }
    }

    fn speak(&mut self, text: String, silence: impl FnOnce() -> String) {
        if self.ends_with(Speaker::Assistant) {
            self.hear(silence());
        }
        self.0.push(Message::new(Speaker::Assistant, text));
    }
}

/// A view told in a style.
struct Telling<'a> {
    style: &'a Style,
    view: &'a View,
    syntax: Syntax,
}

impl<'a> Telling<'a> {
    fn section(&self, name: &str) -> String {
        fill(self.text(name), |slot| self.slot(slot, None))
    }

    fn text(&self, name: &str) -> &'static str {
        self.style.sections.get(name).unwrap_or_default()
    }

    /// The own move, as the model wrote it or would have.
    fn own(&self, at: usize, turn: &Turn) -> String {
        let thought = self.view.thoughts.iter().rfind(|(turns, _)| *turns == at);
        let thought = thought.map(|(_, text)| text.clone());
        let mv = Move { thought, talk: turn.talk.clone(), act: turn.act };
        self.syntax.print(&mv, &Context::of(self.view))
    }

    fn theirs(&self, at: usize, turn: &Turn) -> String {
        fill(self.text("move"), |slot| self.slot(slot, Some((at, turn))))
    }

    /// What a slot holds; `turn` is the move that is told, with its index.
    fn slot(&self, name: &str, turn: Option<(usize, &Turn)>) -> Option<Cow<'a, str>> {
        let view = self.view;
        let product = &view.table.listing.product;
        Some(match name {
            "role" => view.role.name().into(),
            "counterpart" => view.role.other().name().into(),
            "Counterpart" => capitalised(view.role.other()).into(),
            "verb" => verb(view.role).into(),
            "counterpart_verb" => match view.role.other() {
                Role::Buyer => "buys",
                Role::Seller => "sells",
            }
            .into(),
            "persona" => self.persona().into(),
            "manner" => self.manner().into(),
            "goal" => self.section(&format!("goal.{}", view.role.name())).into(),
            "protocol" => self.protocol().into(),
            "syntax" => self.section(&format!("syntax.{}", self.syntax.name())).into(),
            "actions" => self.actions().into(),
            "examples" => self.examples().into(),
            "codename" => product.codename.as_str().into(),
            "title" => self.data(&product.title).into(),
            "name" => self.data(&short_name(product).long).into(),
            "description" => self.data(&described(view)).into(),
            "list" => self.price(product.list_price).into(),
            "limit" => self.limit().into(),
            "rounds" | "moves" => most(view.table.listing.protocol).to_string().into(),
            "rounds_left" => self.rounds_left(turn)?.to_string().into(),
            "left" => self.left(turn).into(),
            "yours" => self
                .own_offer(turn?.0)
                .map_or(String::new(), |_| fill(self.text("yours"), |slot| self.slot(slot, turn)))
                .into(),
            "own" => self.price(self.own_offer(turn?.0)?).into(),
            "talk" => self.talk(turn?.1).into(),
            "act" => self.act(turn?).into(),
            "stands" => self
                .their_offer(turn?.0)
                .map_or(String::new(), |_| fill(self.text("stands"), |slot| self.slot(slot, turn)))
                .into(),
            "standing" => self.price(self.their_offer(turn?.0)?).into(),
            "standing_verdict" => self.verdict(self.their_offer(turn?.0)?).into(),
            _ => return None,
        })
    }

    fn data(&self, text: &str) -> String {
        defuse(text.trim(), self.style.longest)
    }

    fn price(&self, price: Mills) -> String {
        if self.style.is_brief { brief(price) } else { price.to_string() }
    }

    fn limit(&self) -> String {
        if self.style.is_brief {
            brief(cautious(self.view.role, self.view.limit))
        } else {
            self.view.limit.to_string()
        }
    }

    /// The name of the own persona. It comes from outside, and is data too.
    fn persona(&self) -> String {
        let personas = &self.view.table.listing.personas;
        let named = personas.get(self.view.role).as_deref().unwrap_or("neutral");
        defuse(named, LONGEST_PERSONA)
    }

    fn manner(&self) -> String {
        let own = format!("manner.{}", self.persona());
        let known = self.style.sections.get(&own).is_some();
        self.section(if known { &own } else { "manner" })
    }

    fn protocol(&self) -> String {
        self.section(match self.view.table.listing.protocol {
            Protocol::Alternating { .. } => "protocol.alternating",
            Protocol::Open { .. } => "protocol.open",
        })
    }

    /// Rounds left after a turn, or at the start; `None` in the open protocol and at the end.
    fn rounds_left(&self, turn: Option<(usize, &Turn)>) -> Option<u32> {
        let Protocol::Alternating { max_rounds } = self.view.table.listing.protocol else {
            return None;
        };
        let done = turn.map_or(0, |(at, _)| at.div_ceil(2));
        let done = u32::try_from(done).expect("an episode has far fewer than 2^32 messages");
        max_rounds.checked_sub(done).filter(|left| *left > 0)
    }

    fn left(&self, turn: Option<(usize, &Turn)>) -> String {
        match (self.rounds_left(turn), self.view.table.listing.protocol) {
            (Some(_), _) => fill(self.text("left"), |slot| self.slot(slot, turn)),
            (None, Protocol::Alternating { .. }) => String::new(),
            (None, Protocol::Open { .. }) => self.text("free").to_owned(),
        }
    }

    fn own_offer(&self, at: usize) -> Option<Mills> {
        self.offer_of(self.view.role, at)
    }

    /// A rejection withdraws nothing: what the other side offered before it can still be accepted.
    fn their_offer(&self, at: usize) -> Option<Mills> {
        self.offer_of(self.view.role.other(), at)
    }

    /// The offer of a side that stood when a turn came; an acceptance is never followed by a turn.
    fn offer_of(&self, role: Role, at: usize) -> Option<Mills> {
        let before = self.view.table.turns[..at].iter().filter(|turn| turn.by == role);
        before.filter_map(|turn| turn.act.price()).next_back()
    }

    /// Where a price of the other side lies from the own limit, as it is shown.
    fn verdict(&self, price: Mills) -> &'static str {
        let role = self.view.role;
        match (role, beyond_limit(role, cautious(role, self.view.limit), price)) {
            (_, false) => "within",
            (Role::Buyer, true) => "above",
            (Role::Seller, true) => "below",
        }
    }

    fn talk(&self, turn: &Turn) -> String {
        let talk = self.data(&turn.talk);
        if talk.is_empty() { self.text("wordless").to_owned() } else { talk }
    }

    fn act(&self, (at, turn): (usize, &Turn)) -> String {
        let act = turn.act;
        let template = self.text(match act {
            Act::Offer(_) => "act.offer",
            Act::Accept(_) => "act.accept",
            Act::Reject => "act.reject",
            Act::Quit => "act.quit",
            Act::Talk => "act.talk",
        });
        fill(template, |slot| match slot {
            "price" => act.price().map(|price| self.price(price).into()),
            "verdict" => act.price().map(|price| self.verdict(price).into()),
            slot => self.slot(slot, Some((at, turn))),
        })
    }

    /// The actions of this protocol as the syntax writes them.
    fn actions(&self) -> String {
        let acts = [Act::Offer(EXAMPLE), Act::Reject, Act::Accept(EXAMPLE), Act::Quit, Act::Talk];
        let is_open = matches!(self.view.table.listing.protocol, Protocol::Open { .. });
        let acts = acts.into_iter().filter(|act| is_open || *act != Act::Talk);
        let written: Vec<String> = acts.map(|act| self.action(act)).collect();
        written.join(", ")
    }

    fn action(&self, act: Act) -> String {
        let context = Context { standing: None, ..Context::of(self.view) };
        match self.syntax {
            Syntax::Lines | Syntax::Tags => super::grammar::action(act, &context),
            Syntax::Json => super::grammar::fields(act, &context).trim_end_matches('}').to_owned(),
        }
    }

    fn examples(&self) -> String {
        let example = |thought, talk, act| {
            let mv = Move::new(self.text(talk), act).thinking(self.text(thought));
            self.syntax.print(&mv, &Context::of(self.view))
        };
        let offer = example("example.thought", "example.talk", Act::Offer(EXAMPLE));
        let deal = example("example.thought-close", "example.talk-close", Act::Accept(EXAMPLE));
        format!("{offer}\n\n{deal}")
    }
}

/// The price in examples: no product's, so that it says nothing about this one.
const EXAMPLE: Mills = Mills::from_cents(1_250);

/// The longest persona's name that is shown, in characters.
const LONGEST_PERSONA: usize = 40;

fn capitalised(role: Role) -> &'static str {
    match role {
        Role::Buyer => "Buyer",
        Role::Seller => "Seller",
    }
}

fn verb(role: Role) -> &'static str {
    match role {
        Role::Buyer => "buy",
        Role::Seller => "sell",
    }
}

/// Rounds of the alternating protocol, messages of the open one.
fn most(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::Alternating { max_rounds } => max_rounds,
        Protocol::Open { max_moves, .. } => max_moves,
    }
}

/// The description, or the features where it says nothing.
fn described(view: &View) -> String {
    let product = &view.table.listing.product;
    let description = product.description.trim();
    if description.is_empty() { product.features.join("; ") } else { description.to_owned() }
}

/// A limit to the cent, rounded to its owner's side.
fn cautious(role: Role, limit: Mills) -> Mills {
    const CENT: i64 = 10;
    match role {
        Role::Buyer if limit.0 >= CENT => Mills(limit.0.div_euclid(CENT) * CENT),
        Role::Buyer => limit,
        Role::Seller => Mills(-(-limit.0).div_euclid(CENT) * CENT),
    }
}
