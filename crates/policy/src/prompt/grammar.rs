//! The moves that may be written now, as a grammar for constrained decoding.

use std::fmt::Write;

use rules::syntax::{Context, Syntax};
use rules::{Act, Mills, Move, View};

/// The longest thought and the longest talk under a grammar, in characters.
pub const LONGEST_LINE: u32 = 300;

/// The moves of a view as a Lark grammar in llguidance's dialect: a thought and a talk of one line
/// each, then one action that is legal now. An acceptance names the standing offer and nothing else;
/// an offer names any price of whole cents below ten million dollars.
///
/// What it lets pass, [`super::read()`] reads, and the rules allow. A price within the own limit it does not
/// demand: that is the model's to know.
pub fn grammar(view: &View, syntax: Syntax) -> String {
    let context = Context::of(view);
    let mut out = String::new();
    let (start, line) = match syntax {
        Syntax::Lines => {
            let start = r#""Thought: " LINE "\nTalk: " LINE "\nAction: " act"#;
            (start.to_owned(), line(r"\n\r"))
        }
        Syntax::Tags => {
            let start =
                r#""<thought>" LINE "</thought>\n<talk>" LINE "</talk>\n<action>" act "</action>""#;
            (start.to_owned(), line(r"\n\r<>&"))
        }
        Syntax::Json => {
            let start = r#""{\"thought\":\"" LINE "\",\"talk\":\"" LINE "\"," act"#;
            (start.to_owned(), line(r#""\\\x00-\x1f"#))
        }
    };
    let acts = [
        ("offer", Act::Offer(SAMPLE)),
        ("reject", Act::Reject),
        ("deal", Act::Accept(view.their_offer().unwrap_or_default())),
        ("quit", Act::Quit),
        ("talk", Act::Talk),
    ];
    let legal = view.legal();
    let acts: Vec<_> = acts.into_iter().filter(|(_, act)| legal.allows(*act)).collect();
    let names: Vec<&str> = acts.iter().map(|(name, _)| *name).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "start: {start}\nact: {}", names.join(" | "));
    for (name, act) in acts {
        let _ = writeln!(out, "{name}: {}", written(act, syntax, &context));
    }
    let _ = writeln!(out, "LINE: {line}");
    if legal.offer {
        let _ = writeln!(out, "PRICE: {PRICE}");
    }
    out
}

/// Stands for any price while the action is printed. Its digits are in no codename's place: the price
/// comes first in every form.
const SAMPLE: Mills = Mills::from_dollars(1);

/// Whole dollars without leading zeros, with or without two digits of cents; never zero.
const PRICE: &str = r"/[1-9][0-9]{0,6}(\.[0-9][0-9])?|0\.[1-9][0-9]|0\.0[1-9]/";

/// A line of text that neither begins nor ends with a blank.
fn line(excluded: &str) -> String {
    let inner = LONGEST_LINE - 2;
    format!("/[^{excluded} ]([^{excluded}]{{0,{inner}}}[^{excluded} ])?/")
}

/// An action as the grammar has it: printed by the rules, with the terminal in an offer's price.
fn written(act: Act, syntax: Syntax, context: &Context<'_>) -> String {
    let text = match syntax {
        Syntax::Lines | Syntax::Tags => action(act, context),
        Syntax::Json => fields(act, context),
    };
    match act {
        Act::Offer(_) => {
            let digits = SAMPLE.to_string().replace('$', "");
            let (before, after) =
                text.split_once(&digits).expect("an offer is printed with its price");
            format!("{} PRICE {}", literal(before), literal(after))
        }
        _ => literal(&text),
    }
}

/// The action of a move alone, as the line and tag forms write it.
pub(super) fn action(act: Act, context: &Context<'_>) -> String {
    let printed = Syntax::Lines.print(&Move::new("", act), context);
    let (_, action) = printed.split_once("Action: ").expect("the line form ends with its action");
    action.to_owned()
}

/// The fields of a JSON move behind the talk.
pub(super) fn fields(act: Act, context: &Context<'_>) -> String {
    let printed = Syntax::Json.print(&Move::new("", act), context);
    let fields = printed.strip_prefix("{\"talk\":\"\",").expect("the JSON form begins with talk");
    fields.to_owned()
}

/// A string of the grammar: as in JSON.
fn literal(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
