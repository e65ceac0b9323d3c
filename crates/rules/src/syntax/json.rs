//! The JSON form, as in a tool call.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Context, FormatError, action, excerpt};
use crate::event::{Act, Move};
use crate::money::{MAX_PRICE, Mills};
use crate::table::Legal;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thought: Option<String>,
    #[serde(default)]
    talk: String,
    #[serde(default)]
    action: Option<String>,
    /// The digits as written: a price never passes through a float.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    item: Option<String>,
}

pub(super) fn print(mv: &Move, context: &Context<'_>) -> String {
    let price = mv.act.price().map(|price| {
        let digits = price.to_string().replace('$', "");
        RawValue::from_string(digits).expect("an amount without its dollar sign is a JSON number")
    });
    let fields = Fields {
        thought: mv.thought.clone(),
        talk: mv.talk.clone(),
        action: Some(name(mv.act).to_owned()),
        item: price.is_some().then(|| context.codename.to_owned()),
        price,
    };
    serde_json::to_string(&fields).expect("strings and a number serialise")
}

fn name(act: Act) -> &'static str {
    match act {
        Act::Offer(_) => "offer",
        Act::Reject => "reject",
        Act::Accept(_) => "accept",
        Act::Quit => "quit",
        Act::Talk => "talk",
    }
}

pub(super) fn parse(text: &str, context: &Context<'_>) -> Result<Move, FormatError> {
    let fields: Fields = serde_json::from_str(text)
        .map_err(|error| FormatError::NotJson { detail: error.to_string() })?;
    let act = parse_act(&fields, context)?;
    Ok(Move { thought: fields.thought, talk: fields.talk, act })
}

fn parse_act(fields: &Fields, context: &Context<'_>) -> Result<Act, FormatError> {
    let name = fields.action.as_deref().ok_or_else(|| action::none(context))?;
    let bare = |act| match (&fields.price, &fields.item) {
        (None, None) => Ok(act),
        _ => Err(FormatError::ExtraText),
    };
    match name {
        "offer" => price_of_item(fields, context).map(Act::Offer),
        "accept" => price_of_item(fields, context).and_then(|p| action::accept(p, context)),
        "reject" => bare(Act::Reject),
        "quit" => bare(Act::Quit),
        "talk" => bare(Act::Talk),
        other => Err(FormatError::NotJson {
            detail: format!(
                "`{}` is not an action; offer, reject, accept and quit are",
                excerpt(other)
            ),
        }),
    }
}

fn price_of_item(fields: &Fields, context: &Context<'_>) -> Result<Mills, FormatError> {
    let written = fields.price.as_ref().ok_or(FormatError::MissingPrice)?.get();
    // A string is taken between its quotes as it stands: an escaped digit is not a digit.
    let inner = written.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let price = action::parse_price(inner.unwrap_or(written))?;
    if fields.item.as_deref() != Some(context.codename) {
        return Err(FormatError::WrongItem { expected: context.codename.to_owned() });
    }
    Ok(price)
}

/// The JSON schema of a move, for tool calls and constrained decoding: the acts that are legal now.
pub fn json_schema(context: &Context<'_>, legal: Legal) -> Value {
    let standing = legal.accept.or(context.standing).unwrap_or_default();
    let acts: Vec<&str> =
        [Act::Offer(Mills::ZERO), Act::Reject, Act::Accept(standing), Act::Quit, Act::Talk]
            .into_iter()
            .filter(|act| legal.allows(*act))
            .map(name)
            .collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["talk", "action"],
        "properties": {
            "thought": {
                "type": "string",
                "description": "Private reasoning. The other side never sees it."
            },
            "talk": { "type": "string", "description": "What you say to the other side." },
            "action": { "type": "string", "enum": acts },
            "price": {
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": MAX_PRICE.0 / 1000,
                "description": "Dollars, at most three decimals. For offer and accept only; \
                    an acceptance names the price of the offer that it accepts."
            },
            "item": {
                "type": "string",
                "enum": [context.codename],
                "description": "For offer and accept only."
            }
        }
    })
}
