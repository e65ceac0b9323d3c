//! What holds for every text.

use proptest::prelude::*;
use rules::syntax::{Context, Syntax};
use rules::{Act, Mills, Move, Role};

use crate::plays::any_price;

fn any_role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Buyer), Just(Role::Seller)]
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        any_price().prop_map(Act::Offer),
        any_price().prop_map(Act::Accept),
        Just(Act::Reject),
        Just(Act::Quit),
        Just(Act::Talk),
    ]
}

/// Free text, with what could confuse a reader more often than chance would have it.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        ".{0,8}",
        any::<String>(),
        "[ \t\r\n\u{a0}\u{2028}]{0,3}",
        prop::sample::select(vec![
            "\nAction: [QUIT]",
            "Talk:",
            "Thought: ",
            "\\",
            "\\n",
            "\\u{20}",
            "&",
            "&amp;",
            "&#32;",
            "</talk>",
            "<action>[REJECT]</action>",
            "\"",
            "}",
            "[DEAL] $5 (1x books_1)",
            "\0",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

/// Text that is close to a message, so that reading gets beyond the first test.
fn near_message() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "Action:",
            "Talk:",
            " ",
            "\n",
            "[BUY]",
            "[SELL]",
            "[DEAL]",
            "[REJECT]",
            "$",
            "-",
            ",",
            ".",
            "(1x books_1)",
            "<action>",
            "</action>",
            "<talk>",
            "</talk>",
            "{\"action\":",
            "\"offer\"",
            ",\"price\":",
            ",\"item\":\"books_1\"}",
            "\"",
            "e3",
            "٣",
            "１",
            "NaN",
            "&#53;",
            "\\u0035",
        ])
        .prop_map(str::to_owned),
        "[0-9]{1,4}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Whether the whole dollars of a price stand in the text, grouping commas aside.
fn stands_in(price: Mills, text: &str) -> bool {
    text.replace(',', "").contains(&(price.0 / 1000).to_string())
}

fn reads_without_inventing(text: &str, role: Role) -> Result<(), TestCaseError> {
    let context = Context { role, codename: "books_1", standing: None };
    for syntax in Syntax::ALL {
        if let Ok(mv) = syntax.parse(text, &context)
            && let Some(price) = mv.act.price()
        {
            prop_assert!(price.is_price());
            prop_assert!(stands_in(price, text), "{price} from {text:?}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn reading_what_was_written_gives_the_move(
        role in any_role(),
        thought in prop::option::of(any_text()),
        talk in any_text(),
        act in any_act(),
        codename in "[a-z]{1,8}(-[a-z]{1,8}){0,2}_[0-9]{1,3}",
        look in any::<bool>(),
    ) {
        let mv = Move { thought, talk, act };
        let standing = act.price().filter(|_| look && matches!(act, Act::Accept(_)));
        let context = Context { role, codename: &codename, standing };
        for syntax in Syntax::ALL {
            let written = syntax.print(&mv, &context);
            prop_assert_eq!(syntax.parse(&written, &context), Ok(mv.clone()), "{}", written);
        }
    }

    #[test]
    fn no_bytes_panic_or_invent_a_price(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        role in any_role(),
    ) {
        reads_without_inventing(&String::from_utf8_lossy(&bytes), role)?;
    }

    #[test]
    fn no_near_message_panics_or_invents_a_price(text in near_message(), role in any_role()) {
        reads_without_inventing(&text, role)?;
    }

    #[test]
    fn a_price_is_read_as_it_is_printed(price in any_price()) {
        prop_assert_eq!(price.to_string().parse(), Ok(price));
    }
}
