//! One category's text to items.

use std::collections::HashMap;
use std::fmt;

use chrono::NaiveDate;
use rules::{Mills, Product};
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::error::{Fault, ImportError};
use crate::item::{Item, PricePoint, Split, limits, persona_for};
use crate::manifest::stable_roll;
use crate::picture;

/// A description shorter than this many characters falls back to the features.
const SHORTEST_DESCRIPTION: usize = 5;

/// Reads the text of `{category}.json`: a JSON list of records, which are numbered from 1 in errors
/// and in codenames. Every item is in [`Split::Train`] until the whole folder is split.
pub fn read_category(category: &str, text: &str) -> Result<Vec<Item>, ImportError> {
    let file = || format!("{category}.json");
    let records = records_of(text).map_err(|(record, e)| ImportError::Syntax {
        file: file(),
        record,
        line: e.line(),
        column: e.column(),
        what: bare_message(&e),
    })?;
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut items = Vec::with_capacity(records.len());
    for (index, value) in records.iter().enumerate() {
        let record = index + 1;
        let item = item_of(category, record, value)
            .and_then(|item| match seen.insert(item.product.title.clone(), record) {
                Some(first) => Err(Fault::Duplicate { first }),
                None => Ok(item),
            })
            .map_err(|fault| ImportError::Record {
                file: file(),
                record,
                title: title_for_message(value),
                fault,
            })?;
        items.push(item);
    }
    Ok(items)
}

/// The list's values, or the number of the record that could not be read.
fn records_of(text: &str) -> Result<Vec<Value>, (usize, serde_json::Error)> {
    // A byte order mark is what some editors leave; it changes nothing.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = Vec::new();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_seq(Records(&mut records)).and_then(|()| json.end());
    match read {
        Ok(()) => Ok(records),
        Err(e) => Err((records.len() + 1, e)),
    }
}

/// Collects a list's values outside of itself, so that an error tells how many were whole.
struct Records<'a>(&'a mut Vec<Value>);

impl<'de> Visitor<'de> for Records<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(record) = list.next_element()? {
            self.0.push(record);
        }
        Ok(())
    }
}

/// serde_json's message without its "at line 1 column 7", which the error says in its own words.
fn bare_message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rfind(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message,
    }
}

fn title_for_message(value: &Value) -> String {
    match value.get("title").and_then(Value::as_str) {
        Some(title) if title.chars().count() > 60 => {
            format!("\"{}…\"", title.chars().take(60).collect::<String>())
        }
        Some(title) => format!("\"{title}\""),
        None => "without a title".to_owned(),
    }
}

fn item_of(category: &str, record: usize, value: &Value) -> Result<Item, Fault> {
    let fields = value.as_object().ok_or(Fault::NotAnObject { found: kind(value) })?;
    let title = required(fields, "title")?.to_owned();
    let found = required(fields, "category")?;
    if found != category {
        return Err(Fault::WrongCategory { found: found.to_owned(), file: category.to_owned() });
    }
    let list = price(fields, "list_price")?;
    let highest = price(fields, "highest_price")?;
    let lowest = price(fields, "lowest_price")?;
    if lowest > highest {
        return Err(Fault::LowestAboveHighest { lowest, highest });
    }
    let history = history_of(fields, highest, lowest)?;
    let (description, features) = texts(fields)?;
    let (list_price, budget, cost) = limits(list, highest, lowest);
    let codename = format!("{category}_{record}");
    let roll = u32::try_from(stable_roll("persona", &codename) % 100).expect("it is below 100");
    let picture = picture::for_listing(&codename, category, &title);
    Ok(Item {
        product: Product {
            codename,
            category: category.to_owned(),
            title,
            description,
            features,
            list_price,
        },
        recorded_list_price: list,
        highest_price: highest,
        lowest_price: lowest,
        budget,
        cost,
        history,
        persona: persona_for(roll).to_owned(),
        split: Split::Train,
        picture,
    })
}

/// The description and the features. Eight records of the set have neither: theirs stay empty.
fn texts(fields: &Map<String, Value>) -> Result<(String, Vec<String>), Fault> {
    let features = optional(fields, "features")?.unwrap_or("");
    let features: Vec<String> =
        features.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
    let description = optional(fields, "description")?.unwrap_or("");
    let description = if description.chars().count() < SHORTEST_DESCRIPTION {
        features.join(" ")
    } else {
        description.to_owned()
    };
    Ok((description, features))
}

/// The dated prices, oldest first. The listing is of the day of the newest of them.
fn history_of(
    fields: &Map<String, Value>,
    highest: Mills,
    lowest: Mills,
) -> Result<Vec<PricePoint>, Fault> {
    let mut dated = vec![
        (date(required(fields, "highest_price_date")?, "highest_price_date")?, highest),
        (date(required(fields, "lowest_price_date")?, "lowest_price_date")?, lowest),
    ];
    if let Some(text) = optional(fields, "current_price_date")? {
        let current = price(fields, "current_price")?;
        // The tracker's current price can lag behind its extremes; a point outside them would
        // contradict the limits.
        if (lowest..=highest).contains(&current) {
            dated.push((date(text, "current_price_date")?, current));
        }
    }
    dated.sort_by_key(|&(day, price)| (day, std::cmp::Reverse(price)));
    let listing = dated.iter().map(|&(day, _)| day).max().expect("there are at least two points");
    let point = |(day, price): (NaiveDate, Mills)| {
        let days = (day - listing).num_days();
        PricePoint { day: i32::try_from(days).unwrap_or(i32::MIN), price }
    };
    Ok(dated.into_iter().map(point).collect())
}

fn date(text: &str, field: &'static str) -> Result<NaiveDate, Fault> {
    NaiveDate::parse_from_str(text, "%b %d, %Y")
        .map_err(|_| Fault::Date { field, text: text.to_owned() })
}

fn price(fields: &Map<String, Value>, field: &'static str) -> Result<Mills, Fault> {
    let text = required(fields, field)?;
    text.parse().map_err(|why| Fault::Price { field, text: text.to_owned(), why })
}

/// A text that must be there, without blanks around it.
fn required<'a>(fields: &'a Map<String, Value>, field: &'static str) -> Result<&'a str, Fault> {
    match optional(fields, field)? {
        Some("") => Err(Fault::Empty { field }),
        Some(text) => Ok(text),
        None => Err(Fault::Missing { field }),
    }
}

/// A text that may be missing or null.
fn optional<'a>(
    fields: &'a Map<String, Value>,
    field: &'static str,
) -> Result<Option<&'a str>, Fault> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.contains('\0') => Err(Fault::NulCharacter { field }),
        Some(Value::String(text)) => Ok(Some(text.trim())),
        Some(other) => Err(Fault::NotText { field, found: kind(other) }),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
