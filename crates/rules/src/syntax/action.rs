//! The action of a message, as the line and tag forms write it.

use super::{Context, FormatError, excerpt};
use crate::event::Act;
use crate::money::Mills;

pub(super) fn print(act: Act, context: &Context<'_>) -> String {
    let codename = context.codename;
    match act {
        Act::Offer(price) => format!("[{}] {price} (1x {codename})", context.offer_verb()),
        Act::Reject => "[REJECT]".to_owned(),
        Act::Accept(price) => format!("[DEAL] {price} (1x {codename})"),
        Act::Quit => "[QUIT]".to_owned(),
        Act::Talk => "[TALK]".to_owned(),
    }
}

pub(super) fn parse(text: &str, context: &Context<'_>) -> Result<Act, FormatError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(none(context));
    }
    let Some((verb, rest)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) else {
        return Err(unknown(text, context));
    };
    let bare = |act| if rest.trim().is_empty() { Ok(act) } else { Err(FormatError::ExtraText) };
    match verb {
        "BUY" | "SELL" if verb == context.offer_verb() => {
            parse_price_and_item(rest, context).map(Act::Offer)
        }
        "BUY" | "SELL" => {
            Err(FormatError::WrongVerb { role: context.role, expected: context.offer_verb() })
        }
        "DEAL" => parse_price_and_item(rest, context).and_then(|price| accept(price, context)),
        "REJECT" => bare(Act::Reject),
        "QUIT" => bare(Act::Quit),
        "TALK" => bare(Act::Talk),
        _ => Err(unknown(text, context)),
    }
}

/// The error of a message without an action.
pub(super) fn none(context: &Context<'_>) -> FormatError {
    let example = format!("Action: [{}] $12.50 (1x {})", context.offer_verb(), context.codename);
    FormatError::NoAction { example }
}

pub(super) fn unknown(text: &str, context: &Context<'_>) -> FormatError {
    FormatError::UnknownAction {
        found: excerpt(text),
        offer: context.offer_verb(),
        codename: context.codename.to_owned(),
    }
}

/// An acceptance, where it names the offer that its writer saw.
pub(super) fn accept(named: Mills, context: &Context<'_>) -> Result<Act, FormatError> {
    match context.standing {
        Some(standing) if standing != named => Err(FormatError::OtherPrice { standing, named }),
        _ => Ok(Act::Accept(named)),
    }
}

pub(super) fn parse_price(text: &str) -> Result<Mills, FormatError> {
    text.parse().map_err(|reason| FormatError::BadPrice { found: excerpt(text), reason })
}

/// Reads ` $M (1x codename)`.
fn parse_price_and_item(text: &str, context: &Context<'_>) -> Result<Mills, FormatError> {
    let (price, item) = text.split_at(text.find('(').unwrap_or(text.len()));
    if price.trim().is_empty() {
        return Err(FormatError::MissingPrice);
    }
    let price = parse_price(price.trim())?;
    let expected = format!("(1x {})", context.codename);
    match item.trim().strip_prefix(&expected) {
        Some("") => Ok(price),
        Some(_) => Err(FormatError::ExtraText),
        None => Err(FormatError::WrongItem { expected: context.codename.to_owned() }),
    }
}
