//! Any bytes as a message, in every syntax.

use rules::syntax::{Context, Syntax};
use rules::{Mills, Role};

/// The first byte chooses the role and whether an offer stands.
pub fn parse(data: &[u8]) -> bool {
    let Some((switches, bytes)) = data.split_first() else { return false };
    let text = String::from_utf8_lossy(bytes);
    let role = if switches & 1 == 0 { Role::Buyer } else { Role::Seller };
    let standing = (switches & 2 != 0).then_some(Mills(50_000));
    let context = Context { role, codename: "books_1", standing };
    let mut is_read = false;
    for syntax in Syntax::ALL {
        let Ok(mv) = syntax.parse(&text, &context) else { continue };
        is_read = true;
        if let Some(price) = mv.act.price() {
            let dollars = (price.0 / 1000).to_string();
            assert!(price.is_price() && text.replace(',', "").contains(&dollars), "{price}");
        }
        for other in Syntax::ALL {
            let written = other.print(&mv, &context);
            assert_eq!(other.parse(&written, &context).as_ref(), Ok(&mv), "{written}");
        }
    }
    is_read
}
