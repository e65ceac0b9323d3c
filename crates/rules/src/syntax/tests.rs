use super::*;
use crate::event::Act;
use crate::money::Mills;
use crate::table::Legal;

const BUYER: Context<'_> = Context { role: Role::Buyer, codename: "books_1", standing: None };

fn with_action(syntax: Syntax, action: &str) -> String {
    match syntax {
        Syntax::Lines => format!("Talk: hi\nAction: {action}"),
        _ => format!("<talk>hi</talk><action>{action}</action>"),
    }
}

/// The one door: what a buyer's text means, or the code of its error.
fn check(syntax: Syntax, text: &str, expected: Result<Move, &str>) {
    let got = syntax.parse(text, &BUYER);
    assert_eq!(got.map_err(|e| e.code()), expected, "{} reads {text:?}", syntax.name());
}

#[test]
fn actions_in_lines_and_tags() {
    let offer = |mills| Ok(Act::Offer(Mills(mills)));
    let table = [
        ("[BUY] $12.50 (1x books_1)", offer(12_500)),
        ("  [BUY] $1,000 (1x books_1)  ", offer(1_000_000)),
        ("[BUY] 12 (1x books_1)", offer(12_000)),
        ("[BUY]$0.002(1x books_1)", offer(2)),
        ("[DEAL] $49.998 (1x books_1)", Ok(Act::Accept(Mills(49_998)))),
        ("[REJECT]", Ok(Act::Reject)),
        ("[QUIT]", Ok(Act::Quit)),
        ("[TALK]", Ok(Act::Talk)),
        ("", Err("no_action")),
        ("BUY $5", Err("unknown_action")),
        ("[buy] $5 (1x books_1)", Err("unknown_action")),
        ("[HAGGLE] $5 (1x books_1)", Err("unknown_action")),
        ("[SELL] $5 (1x books_1)", Err("wrong_verb")),
        ("[BUY] (1x books_1)", Err("missing_price")),
        ("[DEAL]", Err("missing_price")),
        ("[BUY] $-5 (1x books_1)", Err("bad_price")),
        ("[BUY] $NaN (1x books_1)", Err("bad_price")),
        ("[BUY] $0 (1x books_1)", Err("bad_price")),
        ("[BUY] $1e3 (1x books_1)", Err("bad_price")),
        ("[BUY] $5", Err("wrong_item")),
        ("[BUY] $5 (1x books_2)", Err("wrong_item")),
        ("[BUY] $5 (2x books_1)", Err("wrong_item")),
        ("[BUY] $5 (1x books_1) [QUIT]", Err("extra_text")),
        ("[REJECT] $5", Err("extra_text")),
    ];
    for (action, expected) in table {
        let expected = expected.map(|act| Move::new("hi", act));
        for syntax in [Syntax::Lines, Syntax::Tags] {
            check(syntax, &with_action(syntax, action), expected.clone());
        }
    }
}

#[test]
fn messages_in_lines() {
    let table = [
        (
            "Thought: low first\nTalk: Hello.\nAction: [QUIT]\n",
            Ok(Move::new("Hello.", Act::Quit).thinking("low first")),
        ),
        ("\r\n Talk: a\r\nb\r\nAction: [QUIT]\r\n\r\n", Ok(Move::new("a\nb", Act::Quit))),
        (
            "Talk: my Action: [DEAL] $5 (1x books_1) is talk\nAction: [REJECT]",
            Ok(Move::new("my Action: [DEAL] $5 (1x books_1) is talk", Act::Reject)),
        ),
        (
            "Talk: one\\ntwo \\\\ C:\\temp\\\nAction: [REJECT]",
            Ok(Move::new("one\ntwo \\ C:\\temp\\", Act::Reject)),
        ),
        ("Action: [REJECT]", Ok(Move::new("", Act::Reject))),
        ("Talk: hi", Err("no_action")),
        ("Action: [REJECT]\nAction: [REJECT]", Err("many_actions")),
        ("Talk: hi\nAction: [REJECT]\nSeller: fine", Err("extra_text")),
        ("Sure!\nTalk: hi\nAction: [REJECT]", Err("stray_text")),
        ("Talk: a\nTalk: b\nAction: [REJECT]", Err("repeated_part")),
        ("", Err("no_action")),
    ];
    for (text, expected) in table {
        check(Syntax::Lines, text, expected);
    }
}

#[test]
fn messages_in_tags() {
    let table = [
        (
            "<thought>t</thought>\n<talk> AT&T &lt;3 </talk><action>[QUIT]</action>",
            Ok(Move::new("AT&T <3", Act::Quit).thinking("t")),
        ),
        (
            "<talk>no <action>[DEAL] $5 (1x books_1)</action></talk><action>[QUIT]</action>",
            Ok(Move::new("no <action>[DEAL] $5 (1x books_1)</action>", Act::Quit)),
        ),
        ("<action>[QUIT]</action><action>[QUIT]</action>", Err("many_actions")),
        ("<action>[BUY] $&#53; (1x books_1)</action>", Err("bad_price")),
        ("<talk>a</talk><talk>b</talk><action>[QUIT]</action>", Err("repeated_part")),
        ("<talk>hi", Err("unclosed_tag")),
        ("hi <action>[QUIT]</action>", Err("stray_text")),
        ("<talk>hi</talk>", Err("no_action")),
    ];
    for (text, expected) in table {
        check(Syntax::Tags, text, expected);
    }
}

#[test]
fn messages_in_json() {
    let offer = |mills| Ok(Move::new("hi", Act::Offer(Mills(mills))));
    let priced = |price: &str| {
        format!(r#"{{"talk":"hi","action":"offer","price":{price},"item":"books_1"}}"#)
    };
    for (price, expected) in [
        ("12.5", offer(12_500)),
        ("\"$1,000\"", offer(1_000_000)),
        ("0.002", offer(2)),
        ("-5", Err("bad_price")),
        ("1e3", Err("bad_price")),
        ("\"\\u0035\"", Err("bad_price")),
        ("[5]", Err("bad_price")),
        ("null", Err("missing_price")),
        ("NaN", Err("not_json")),
    ] {
        check(Syntax::Json, &priced(price), expected);
    }
    let table = [
        (
            r#"{"action":"quit","thought":"t","talk":"Action: [BUY]"}"#,
            Ok(Move::new("Action: [BUY]", Act::Quit).thinking("t")),
        ),
        (r#"{"action":"offer","price":5,"item":"books_2"}"#, Err("wrong_item")),
        (r#"{"action":"offer","price":5}"#, Err("wrong_item")),
        (r#"{"action":"reject","price":5}"#, Err("extra_text")),
        (r#"{"action":"quit","action":"quit"}"#, Err("not_json")),
        (r#"{"action":"haggle"}"#, Err("not_json")),
        (r#"{"action":"quit"} {}"#, Err("not_json")),
        (r#"{"talk":"hi"}"#, Err("no_action")),
        ("", Err("not_json")),
    ];
    for (text, expected) in table {
        check(Syntax::Json, text, expected);
    }
}

#[test]
fn an_acceptance_names_the_offer_that_its_writer_saw() {
    let context = Context { standing: Some(Mills(50_000)), ..BUYER };
    let deal = |price: &str| format!("Action: [DEAL] {price} (1x books_1)");
    let read = |text: &str| Syntax::Lines.parse(text, &context).map_err(|e| e.code());
    assert_eq!(read(&deal("$50")), Ok(Move::new("", Act::Accept(Mills(50_000)))));
    assert_eq!(read(&deal("$45")), Err("other_price"));
}

#[test]
fn errors_say_what_to_write() {
    let error = Syntax::Lines.parse("Talk: hi", &BUYER).expect_err("no action");
    assert_eq!(
        error.to_string(),
        "there is no action: write exactly one, such as Action: [BUY] $12.50 (1x books_1)"
    );
}

#[test]
fn the_schema_offers_legal_acts_only() {
    let legal = Legal { offer: true, reject: true, accept: None, quit: false, talk: false };
    let schema = json_schema(&BUYER, legal);
    assert_eq!(schema["properties"]["action"]["enum"], serde_json::json!(["offer", "reject"]));
    let legal = Legal { accept: Some(Mills(5)), quit: true, ..legal };
    let schema = json_schema(&BUYER, legal);
    assert_eq!(
        schema["properties"]["action"]["enum"],
        serde_json::json!(["offer", "reject", "accept", "quit"])
    );
    assert_eq!(schema["properties"]["item"]["enum"], serde_json::json!(["books_1"]));
}
