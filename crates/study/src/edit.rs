//! A study's file changed by a form: each field is named by its place in the file, so that what a page shows, what it
//! sends, and where a flaw is are the same words.
//!
//! | field | sent as |
//! |---|---|
//! | text, number | as written |
//! | yes or no | `true` or `false`; where both come, the last counts |
//! | list of words | one in a line |
//! | `role`, `products.split`, `faster_than_s` | empty: absent |
//! | `opponent` | `name` of a negotiator, `person`, or `person/name` with a stand-in |
//! | `reward` | `name` of a registered one |
//! | `answer.kind` | another kind begins anew |
//! | `answer.right` | lines of a choice; `from to` of a number |

use rules::reward::RewardSpec;
use serde_json::{Value, json};

use crate::definition::{Flaw, Study};

/// What is done to a list after the fields are laid over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another one at the end.
    Add(String),
    Remove(String),
    /// Before the one that stands before it.
    Up(String),
}

impl Change {
    /// As a button sends it: `add:survey`, `remove:survey[1]`, `up:survey[1]`. `None`: no such change.
    pub fn named(text: &str) -> Option<Change> {
        let (what, place) = text.split_once(':')?;
        match what {
            "add" => Some(Change::Add(place.to_owned())),
            "remove" => Some(Change::Remove(place.to_owned())),
            "up" => Some(Change::Up(place.to_owned())),
            _ => None,
        }
    }
}

/// The study with fields laid over it, and a list changed.
///
/// # Errors
/// The first field that cannot be what it is to be. What makes a study unfit to be launched is no error here, see
/// [`Study::flaws`].
pub fn edited(
    study: &Study,
    fields: &[(String, String)],
    change: Option<&Change>,
) -> Result<Study, Flaw> {
    let mut file = serde_json::to_value(study).expect("plain data");
    // Kinds first: what follows is of the new kind.
    let is_kind = |place: &str| place.ends_with(".answer.kind");
    for (place, text) in fields.iter().filter(|(place, _)| is_kind(place)) {
        set(&mut file, place, text)?;
    }
    for (place, text) in fields.iter().filter(|(place, _)| !is_kind(place)) {
        set(&mut file, place, text)?;
    }
    match change {
        Some(Change::Add(place)) => {
            let list = list(&mut file, place)?;
            let one = another(place, list);
            list.push(one);
        }
        Some(Change::Remove(place)) => {
            let (list, at) = item(&mut file, place)?;
            list.remove(at);
        }
        Some(Change::Up(place)) => {
            let (list, at) = item(&mut file, place)?;
            list.swap(at, at.saturating_sub(1));
        }
        None => {}
    }
    serde_json::from_value(file).map_err(|why| flaw("", format!("this cannot be kept: {why}")))
}

/// The fields of a file as a form shows them.
pub struct Fields(Value);

impl Fields {
    pub fn of(study: &Study) -> Fields {
        Fields(serde_json::to_value(study).expect("plain data"))
    }

    /// As [`edited`] takes it; empty for what is not there.
    pub fn get(&self, place: &str) -> String {
        match (last(place), find(&self.0, place)) {
            ("opponent", Some(Value::Object(opponent))) => match opponent.get("negotiator") {
                Some(name) => words(name),
                None => {
                    let stand_in = opponent.get("person").and_then(|person| person.get("stand_in"));
                    match stand_in.and_then(Value::as_str) {
                        Some(name) => format!("person/{name}"),
                        None => "person".to_owned(),
                    }
                }
            },
            ("reward", Some(Value::Object(reward))) => {
                reward.get("name").map(words).unwrap_or_default()
            }
            ("right", Some(Value::Array(range))) if range.iter().all(Value::is_number) => {
                range.iter().map(words).collect::<Vec<_>>().join(" ")
            }
            (_, Some(value)) => words(value),
            (_, None) => String::new(),
        }
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().map(words).collect::<Vec<_>>().join("\n"),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn flaw(place: &str, sentence: impl Into<String>) -> Flaw {
    Flaw { place: place.to_owned(), sentence: sentence.into() }
}

/// `a[1].b` as `a`, `1`, `b`.
fn steps(place: &str) -> impl Iterator<Item = &str> {
    place.split(['.', '[']).map(|step| step.trim_end_matches(']'))
}

fn last(place: &str) -> &str {
    place.rsplit('.').next().unwrap_or(place)
}

fn find<'a>(file: &'a Value, place: &str) -> Option<&'a Value> {
    steps(place).try_fold(file, |value, step| match value {
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        Value::Object(map) => map.get(step),
        _ => None,
    })
}

/// Where a field is or, in an object that is there, may be.
fn slot<'a>(file: &'a mut Value, place: &str) -> Option<&'a mut Value> {
    let (above, name) = place.rsplit_once('.').unwrap_or(("", place));
    let mut value = file;
    for step in steps(above).filter(|step| !step.is_empty()) {
        value = match value {
            Value::Array(list) => list.get_mut(step.parse::<usize>().ok()?)?,
            Value::Object(map) => map.get_mut(step)?,
            _ => return None,
        };
    }
    Some(value.as_object_mut()?.entry(name).or_insert(Value::Null))
}

fn set(file: &mut Value, place: &str, text: &str) -> Result<(), Flaw> {
    let unknown = || flaw(place, "the file has no such field: load the page again");
    if last(place) == "right" {
        return right(file, place, text);
    }
    let slot = slot(file, place).ok_or_else(unknown)?;
    // A browser sends lines as the network has them.
    let text = text.replace("\r\n", "\n");
    let trimmed = text.trim();
    let named = match (last(place), &*slot) {
        ("role" | "split", _) => Some(match trimmed {
            "" => Value::Null,
            name => name.into(),
        }),
        ("opponent", _) => Some(match trimmed.split_once('/') {
            _ if trimmed == "person" => json!({ "person": {} }),
            Some(("person", stand_in)) => json!({ "person": { "stand_in": stand_in } }),
            _ => json!({ "negotiator": trimmed }),
        }),
        // A reward with parameters of its own stays while its name does.
        ("reward", Value::Object(now)) if now.get("name").is_some_and(|name| *name == trimmed) => {
            return Ok(());
        }
        ("reward", _) => {
            let registry = RewardSpec::REGISTRY.into_iter();
            let found = registry.into_iter().find(|spec| spec.name() == trimmed);
            let found =
                found.ok_or_else(|| flaw(place, format!("there is no reward {trimmed}")))?;
            Some(serde_json::to_value(found).expect("plain data"))
        }
        ("faster_than_s", _) if trimmed.is_empty() => Some(Value::Null),
        ("faster_than_s", _) => Some(whole(place, trimmed)?),
        ("kind", Value::String(now)) if now == trimmed => return Ok(()),
        ("kind", _) => {
            let above = place.strip_suffix(".kind").ok_or_else(unknown)?;
            let begun = begun(trimmed).ok_or_else(|| flaw(place, "there is no such kind"))?;
            *self::slot(file, above).ok_or_else(unknown)? = begun;
            return Ok(());
        }
        _ => None,
    };
    *slot = match (named, &*slot) {
        (Some(value), _) => value,
        (None, Value::Number(now)) if now.is_f64() => {
            let number: f64 =
                trimmed.parse().map_err(|_| flaw(place, "take a number, e.g. 0.9"))?;
            number.into()
        }
        (None, Value::Number(_)) => whole(place, trimmed)?,
        (None, Value::Bool(_)) => (trimmed == "true").into(),
        (None, Value::Array(_)) => lines(&text),
        (None, Value::String(_)) => text.into(),
        // A text in a language that it was not in.
        (None, Value::Null) => text.into(),
        (None, Value::Object(_)) => return Err(unknown()),
    };
    Ok(())
}

fn whole(place: &str, text: &str) -> Result<Value, Flaw> {
    let number = text.parse::<i64>().map_err(|_| flaw(place, "take a whole number"))?;
    Ok(number.into())
}

fn lines(text: &str) -> Value {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// Which answers are right: by the question's kind.
fn right(file: &mut Value, place: &str, text: &str) -> Result<(), Flaw> {
    let above = place.strip_suffix(".right").unwrap_or(place);
    let of_number =
        find(file, above).and_then(|answer| answer.get("kind")) == Some(&"number".into());
    let value = match of_number {
        false => lines(text),
        true if text.trim().is_empty() => Value::Null,
        true => {
            let ends: Vec<Value> =
                text.split_whitespace().map(|end| whole(place, end)).collect::<Result<_, _>>()?;
            if ends.len() != 2 {
                return Err(flaw(place, "take two whole numbers, from and to, or nothing"));
            }
            ends.into()
        }
    };
    if let Some(slot) = slot(file, place) {
        *slot = value;
    }
    Ok(())
}

/// An answer of a kind, to begin from.
fn begun(kind: &str) -> Option<Value> {
    Some(match kind {
        "choice" => json!({ "kind": kind, "options": [choice(1), choice(2)] }),
        "likert" => json!({ "kind": kind, "points": 7, "low": {}, "high": {} }),
        "number" => json!({ "kind": kind, "min": 0, "max": 100 }),
        "words" => json!({ "kind": kind, "most": 2000 }),
        _ => return None,
    })
}

fn choice(n: usize) -> Value {
    json!({ "value": format!("answer_{n}"), "text": {} })
}

fn list<'a>(file: &'a mut Value, place: &str) -> Result<&'a mut Vec<Value>, Flaw> {
    slot(file, place)
        .and_then(Value::as_array_mut)
        .ok_or_else(|| flaw(place, "the file has no such list: load the page again"))
}

fn item<'a>(file: &'a mut Value, place: &str) -> Result<(&'a mut Vec<Value>, usize), Flaw> {
    let missing = || flaw(place, "the file has no such entry: load the page again");
    let (above, at) =
        place.strip_suffix(']').and_then(|p| p.rsplit_once('[')).ok_or_else(missing)?;
    let at: usize = at.parse().map_err(|_| missing())?;
    let list = list(file, above)?;
    match at < list.len() {
        true => Ok((list, at)),
        false => Err(missing()),
    }
}

/// One more for a list, under a name that is not there yet.
fn another(place: &str, list: &[Value]) -> Value {
    let taken = |name: &str, key: &str| list.iter().any(|one| one[key] == name);
    let fresh = |stem: &str, joint: char, key: &str| {
        let mut names = (list.len() + 1..).map(|n| format!("{stem}{joint}{n}"));
        names.find(|name| !taken(name, key)).unwrap_or_default()
    };
    match last(place) {
        "conditions" => {
            let mut one = list
                .last()
                .cloned()
                .unwrap_or_else(|| json!({ "opponent": { "person": {} }, "products": {} }));
            one["name"] = fresh("condition", '-', "name").into();
            one
        }
        "options" => {
            json!({ "value": fresh("answer", '_', "value"), "text": {} })
        }
        "quotas" => json!({ "question": "", "answer": "", "most": 10 }),
        _ => json!({
            "name": fresh("question", '_', "name"),
            "text": {},
            "answer": begun("choice"),
            "optional": false,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::Opponent;
    use crate::question::Kind;
    use rules::Role;

    const READY: &str = include_str!("../studies/base-vs-trained.toml");

    fn ready() -> Study {
        Study::read(READY).expect("reads")
    }

    fn with(study: &Study, fields: &[(&str, &str)], change: Option<&str>) -> Result<Study, Flaw> {
        let fields: Vec<(String, String)> =
            fields.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        edited(study, &fields, change.map(|text| Change::named(text).unwrap()).as_ref())
    }

    /// Every place of the file that a form can show, sent back as it is shown, changes nothing.
    #[test]
    fn what_is_shown_and_sent_again_is_the_same() {
        let study = ready();
        let mut places = Vec::new();
        fn walk(value: &Value, at: &str, places: &mut Vec<String>) {
            let whole = ["opponent", "reward", "right"];
            match value {
                Value::Object(map) if !whole.contains(&last(at)) => {
                    for (key, value) in map {
                        let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                        walk(value, &at, places);
                    }
                }
                Value::Array(list) if list.iter().any(Value::is_object) => {
                    for (n, value) in list.iter().enumerate() {
                        walk(value, &format!("{at}[{n}]"), places);
                    }
                }
                _ => places.push(at.to_owned()),
            }
        }
        walk(&serde_json::to_value(&study).unwrap(), "", &mut places);
        assert!(places.len() > 200, "{}", places.len());
        let shown = Fields::of(&study);
        let fields: Vec<(String, String)> =
            places.iter().map(|place| (place.clone(), shown.get(place))).collect();
        assert_eq!(edited(&study, &fields, None).unwrap(), study);
    }

    #[test]
    fn fields_take_the_shapes_of_the_file() {
        let study = ready();
        let new = with(
            &study,
            &[
                ("title", "Mine"),
                ("name.fr", "Vendre"),
                ("languages", "en\r\nfr\r\n\r\n"),
                ("design", "within"),
                ("conditions[0].opponent", "person/linear"),
                ("conditions[0].role", ""),
                ("conditions[1].opponent", "demo"),
                ("conditions[1].role", "buyer"),
                ("conditions[1].products.split", ""),
                ("conditions[1].reward", "shared"),
                ("pay.soft_stop", "0.5"),
                ("instructions.practice", "false"),
                ("promise.exclusions.faster_than_s", ""),
                ("eligibility[0].answer.right", "21 99"),
                ("eligibility[1].answer.right", "first\nsome"),
                ("survey[0].answer.kind", "number"),
                ("survey[0].answer.min", "-3"),
            ],
            None,
        )
        .unwrap();
        assert_eq!((new.title.as_str(), new.name["fr"].as_str()), ("Mine", "Vendre"));
        assert_eq!(new.languages, ["en", "fr"]);
        let stand_in = Some("linear".to_owned());
        assert_eq!(new.conditions[0].opponent, Opponent::Person { stand_in });
        assert_eq!((new.conditions[0].role, new.conditions[1].role), (None, Some(Role::Buyer)));
        assert_eq!(new.conditions[1].reward, RewardSpec::Shared);
        assert_eq!((new.pay.soft_stop, new.instructions.practice), (0.5, false));
        assert!(new.promise.exclusions.faster_than_s.is_none());
        let Kind::Number { right, .. } = &new.eligibility[0].answer else { panic!() };
        assert_eq!(*right, Some((21, 99)));
        let Kind::Choice { right, .. } = &new.eligibility[1].answer else { panic!() };
        assert_eq!(right, &["first", "some"]);
        assert_eq!(new.survey[0].answer, Kind::Number { min: -3, max: 100, right: None });
    }

    #[test]
    fn lists_grow_shrink_and_are_reordered() {
        let study = ready();
        let more = with(&study, &[("title", "Kept")], Some("add:conditions")).unwrap();
        assert_eq!((more.conditions.len(), more.title.as_str()), (3, "Kept"));
        assert_eq!(more.conditions[2].name, "condition-3");
        let again = with(&more, &[("conditions[1].name", "condition-4")], Some("add:conditions"));
        assert_eq!(again.unwrap().conditions[3].name, "condition-5", "a name that is not there");
        let less = with(&more, &[], Some("remove:conditions[0]")).unwrap();
        assert_eq!(less.conditions[0].name, "trained");
        let up = with(&more, &[], Some("up:conditions[1]")).unwrap();
        assert_eq!(up.conditions[0].name, "trained");
        assert_eq!(with(&more, &[], Some("up:conditions[0]")).unwrap(), more);
        let options = "add:eligibility[1].answer.options";
        let Kind::Choice { options, .. } =
            with(&study, &[], Some(options)).unwrap().eligibility[1].answer.clone()
        else {
            panic!()
        };
        assert_eq!(options[4].value, "answer_5");
        assert_eq!(with(&study, &[], Some("add:survey")).unwrap().survey.len(), 10);
    }

    #[test]
    fn what_does_not_fit_says_where_and_what_to_do() {
        let study = ready();
        for (place, text, told) in [
            ("pay.base", "much", "whole number"),
            ("pay.soft_stop", "most", "a number"),
            ("pay.nothing.more", "1", "no such field"),
            ("conditions[7].name", "x", "no such field"),
            ("conditions", "x", ""),
            ("conditions[0].reward", "gold", "no reward gold"),
            ("survey[0].answer.kind", "song", "no such kind"),
            ("eligibility[0].answer.right", "1", "two whole numbers"),
            ("negotiations", "-1", "cannot be kept"),
        ] {
            let told_of = with(&study, &[(place, text)], None).unwrap_err();
            assert!(told_of.sentence.contains(told), "{place}: {}", told_of.sentence);
        }
        assert!(with(&study, &[], Some("remove:survey[99]")).is_err());
        assert!(with(&study, &[], Some("add:title")).is_err());
        assert_eq!(Change::named("burn:survey[0]"), None);
    }
}
