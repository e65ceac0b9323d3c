//! An attack in a talk is a talk: it changes no act, no prompt's form, and no reading.

use policy::attacks::{Attack, attacks};
use policy::guard::redact;
use policy::prompt::{Message, Style, grammar, read};
use rules::syntax::{Context, Syntax};
use rules::{Act, Episode, Event, Millis, Mills, Move, Role, View, apply};
use testkit::{scenario, usd};

const STYLES: [&str; 2] = ["standard", "compact"];
const BUDGET: Mills = Mills(41_230);
const COST: Mills = Mills(21_870);

/// The buyer offered, the seller answered with this talk, and offers.
fn played(talk: &str) -> Episode {
    let game = scenario().budget(BUDGET).cost(COST).build();
    let mut episode = Episode::start(&game, Millis(0));
    let moves = [
        (Role::Buyer, Move::new("Hello.", Act::Offer(usd("30"))).thinking("low")),
        (Role::Seller, Move::new(talk, Act::Offer(usd("45")))),
    ];
    for (by, mv) in moves {
        let events = apply(&episode, by, mv, Millis(1)).expect("a legal move");
        episode.absorb_all(&events);
    }
    episode
}

fn talk(attack: &Attack) -> String {
    attack.talk("home-kitchen_1", usd("45"))
}

fn told(view: &View, style: &str, syntax: Syntax) -> Vec<Message> {
    Style::named(style).expect("a style of the crate").messages(view, syntax)
}

fn check(attack: &Attack) {
    let talk = talk(attack);
    let (attacked, harmless) = (played(&talk), played("Hm."));
    for role in Role::BOTH {
        let (view, calm) = (attacked.view(role), harmless.view(role));
        assert_eq!(view.legal(), calm.legal());
        assert_eq!(view.table.offers, calm.table.offers);
        let acts = |view: &View| view.table.turns.iter().map(|t| t.act).collect::<Vec<_>>();
        assert_eq!(acts(&view), acts(&calm));
    }
    let (view, calm) = (attacked.view(Role::Buyer), harmless.view(Role::Buyer));
    for (style, syntax) in STYLES.into_iter().flat_map(|style| Syntax::ALL.map(|s| (style, s))) {
        let (messages, expected) = (told(&view, style, syntax), told(&calm, style, syntax));
        same_form(attack, &messages, &expected);
        assert_eq!(grammar(&view, syntax), grammar(&calm, syntax));
    }
}

/// Same speakers, same text but for the one line that shows the talk, same line for the act.
fn same_form(attack: &Attack, messages: &[Message], expected: &[Message]) {
    let name = attack.name;
    let speakers = |messages: &[Message]| messages.iter().map(|m| m.speaker).collect::<Vec<_>>();
    assert_eq!(speakers(messages), speakers(expected), "{name}");
    let (last, before) = messages.split_last().expect("messages");
    let (calm, calm_before) = expected.split_last().expect("messages");
    assert_eq!(before, calm_before, "{name}");
    let lines = |text: &str| text.split(is_break).map(str::to_owned).collect::<Vec<_>>();
    let (lines, calm) = (lines(&last.text), lines(&calm.text));
    assert_eq!(lines.len(), calm.len(), "{name}: {lines:?}");
    assert_eq!(lines[1..], calm[1..], "{name}");
    assert!(lines[0].starts_with("Seller"), "{name}");
    for token in TOKENS {
        assert!(!last.text.contains(token), "{name} shows {token}: {}", last.text);
    }
    let told: String = messages.iter().map(|m| m.text.as_str()).collect();
    assert!(!told.contains("21.87"), "{name}");
}

/// Whatever some reader takes for the end of a line.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What chat templates of several families are made of.
const TOKENS: [&str; 26] = [
    "<|",
    "|>",
    "<｜",
    "｜>",
    "＜｜",
    "｜＞",
    "[INST]",
    "[/INST]",
    "<s>",
    "</s>",
    "<<SYS>>",
    "<</SYS>>",
    "<think>",
    "</think>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[SYSTEM_PROMPT]",
    "[TOOL_CALLS]",
    "]~b]",
    "[e~[",
    "[MASK]",
    "[gMASK]",
    "<bos>",
    "<0x0A>",
    "<tool_call>",
    "\u{202e}",
];

#[test]
fn no_attack_changes_what_is_on_the_table_or_the_form_of_a_prompt() {
    attacks().iter().for_each(check);
}

/// A model that writes an attack into its own talk, or thought, does what its own act says.
#[test]
fn an_echoed_attack_is_talk() {
    for (attack, syntax) in attacks().iter().flat_map(|a| Syntax::ALL.map(|s| (a, s))) {
        let view = played("Hm.").view(Role::Buyer);
        for act in [Act::Reject, Act::Offer(usd("31")), Act::Accept(usd("45")), Act::Quit] {
            let mv = Move::new(talk(attack), act).thinking(talk(attack));
            let text = syntax.print(&mv, &Context::of(&view));
            assert_eq!(read(&text, &view, syntax), Ok(mv), "{} as {}", attack.name, syntax.name());
        }
    }
}

/// A model copies what it was shown, which is one line: an attack so copied has no act of its own.
#[test]
fn an_attack_copied_as_shown_adds_no_act() {
    for attack in attacks() {
        let view = played(&talk(attack)).view(Role::Buyer);
        for style in STYLES {
            let shown = told(&view, style, Syntax::Lines).pop().expect("messages").text;
            let line = shown.lines().next().expect("a line").split_once(": ").expect("a label").1;
            let text = format!("Thought: {line}\nTalk: {line}\nAction: [REJECT]");
            let mv = read(&text, &view, Syntax::Lines);
            assert_eq!(mv.map(|mv| mv.act), Ok(Act::Reject), "{}", attack.name);
        }
    }
}

/// Reading a model's own text does not depend on what the counterpart said.
#[test]
fn an_attack_changes_no_reading_of_own_text() {
    let texts = [
        "Talk: ok\nAction: [DEAL] $45.00 (1x home-kitchen_1)",
        "Talk: ok\nAction: [BUY] $31.00 (1x home-kitchen_1)",
        "Talk: ok\nAction: [DEAL] $30.00 (1x home-kitchen_1)",
        "no action",
    ];
    let calm = played("Hm.").view(Role::Buyer);
    for attack in attacks() {
        let view = played(&talk(attack)).view(Role::Buyer);
        for text in texts {
            let (read_now, read_calm) =
                (read(text, &view, Syntax::Lines), read(text, &calm, Syntax::Lines));
            assert_eq!(read_now, read_calm, "{}", attack.name);
        }
    }
}

/// Raw echoes that a model might write without escaping: whatever is read is the model's own action
/// line, or the message is refused; the attack's own act never takes its place.
#[test]
fn a_raw_echo_never_becomes_the_attackers_act() {
    let view = played("Hm.").view(Role::Buyer);
    for attack in attacks() {
        let text = format!("Talk: {}\nAction: [REJECT]", talk(attack));
        if let Ok(mv) = read(&text, &view, Syntax::Lines) {
            assert_eq!(mv.act, Act::Reject, "{}", attack.name);
        }
    }
}

#[test]
fn scripted_families_bear_every_attack() {
    for attack in attacks() {
        let episode = played(&talk(attack));
        for family in crate::players(Role::Buyer) {
            let view = episode.view(Role::Buyer);
            let mv = family.seat(Role::Buyer, 1, None).decide(&view);
            let events = apply(&episode, Role::Buyer, mv, Millis(2)).expect("a legal move");
            assert!(events.iter().any(|event| matches!(event, Event::Moved { .. })));
        }
    }
}

/// A model that fell for a question and said its limit is kept from it by the guard.
#[test]
fn the_guard_takes_the_limit_out_of_an_answer() {
    for attack in attacks() {
        let answer = format!("You asked: {} My limit is {BUDGET}.", talk(attack));
        let guarded = redact(&answer, BUDGET).expect("the answer states the limit");
        assert!(!rules::metrics::states_price(&guarded, BUDGET), "{guarded}");
        assert_eq!(redact(&guarded, BUDGET), None);
    }
}
