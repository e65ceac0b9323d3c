//! Questions of eligibility, quiz and survey, and what people answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::definition::Text;

/// By the question's name, as a form sends them.
pub type Answers = BTreeMap<String, String>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// 1 to 40 of `a-z`, `0-9`, `_`: the column's name in exports.
    pub name: String,
    pub text: Text,
    pub answer: Kind,
    /// Whether it may be left out.
    #[serde(default)]
    pub optional: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    Choice {
        options: Vec<Choice>,
        /// Values that count as right: who is eligible, the quiz's answer, an attention check's. Empty: all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        right: Vec<String>,
    },
    /// From 1 to `points`.
    Likert { points: u8, low: Text, high: Text },
    Number {
        min: i64,
        max: i64,
        /// From and to where they count as right.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        right: Option<(i64, i64)>,
    },
    /// Up to so many characters.
    Words { most: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub value: String,
    pub text: Text,
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    #[error("is not answered")]
    Missing,
    #[error("has an answer that is none of those offered")]
    NoSuchChoice,
    #[error("is to be answered with a number in its range")]
    OutOfRange,
    #[error("is answered at too great a length")]
    TooLong,
}

impl Question {
    /// Whether an answer is one.
    pub fn check(&self, answer: Option<&str>) -> Result<(), Wrong> {
        let answer = answer.map(str::trim).filter(|text| !text.is_empty());
        let Some(answer) = answer else {
            return if self.optional { Ok(()) } else { Err(Wrong::Missing) };
        };
        match &self.answer {
            Kind::Choice { options, .. } => {
                let known = options.iter().any(|choice| choice.value == answer);
                known.then_some(()).ok_or(Wrong::NoSuchChoice)
            }
            Kind::Likert { points, .. } => in_range(answer, 1, i64::from(*points)),
            Kind::Number { min, max, .. } => in_range(answer, *min, *max),
            Kind::Words { most } => {
                let fits = answer.chars().count() <= *most as usize;
                fits.then_some(()).ok_or(Wrong::TooLong)
            }
        }
    }

    /// Whether a checked answer counts as right.
    pub fn is_right(&self, answer: Option<&str>) -> bool {
        match &self.answer {
            Kind::Choice { right, .. } if !right.is_empty() => {
                answer.is_some_and(|answer| right.iter().any(|value| value == answer.trim()))
            }
            Kind::Number { right: Some((from, to)), .. } => {
                let number = answer.and_then(|answer| answer.trim().parse::<i64>().ok());
                number.is_some_and(|number| (*from..=*to).contains(&number))
            }
            _ => true,
        }
    }

    /// Whether some answers are not right.
    pub fn is_check(&self) -> bool {
        match &self.answer {
            Kind::Choice { right, .. } => !right.is_empty(),
            Kind::Number { right, .. } => right.is_some(),
            Kind::Likert { .. } | Kind::Words { .. } => false,
        }
    }
}

fn in_range(answer: &str, min: i64, max: i64) -> Result<(), Wrong> {
    let number = answer.parse::<i64>().map_err(|_| Wrong::OutOfRange)?;
    (min..=max).contains(&number).then_some(()).ok_or(Wrong::OutOfRange)
}

/// Checks all answers of a page; what is not asked is left out. The errors by the question's name.
pub fn checked(
    questions: &[Question],
    answers: &Answers,
) -> Result<Answers, BTreeMap<String, Wrong>> {
    let mut wrong = BTreeMap::new();
    let mut kept = Answers::new();
    for question in questions {
        let answer = answers.get(&question.name).map(|answer| answer.trim());
        match question.check(answer) {
            Err(why) => {
                wrong.insert(question.name.clone(), why);
            }
            Ok(()) => {
                if let Some(answer) = answer.filter(|answer| !answer.is_empty()) {
                    kept.insert(question.name.clone(), answer.to_owned());
                }
            }
        }
    }
    if wrong.is_empty() { Ok(kept) } else { Err(wrong) }
}

/// The first question whose answer is not right.
pub fn first_not_right<'a>(questions: &'a [Question], answers: &Answers) -> Option<&'a str> {
    let wrong =
        |question: &&Question| !question.is_right(answers.get(&question.name).map(String::as_str));
    questions.iter().find(wrong).map(|question| question.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(answer: Kind) -> Question {
        Question { name: "q".into(), text: Text::new(), answer, optional: false }
    }

    #[test]
    fn answers_are_held_against_what_was_offered() {
        let yes = Choice { value: "yes".into(), text: Text::new() };
        let no = Choice { value: "no".into(), text: Text::new() };
        let choice =
            question(Kind::Choice { options: vec![yes, no], right: vec!["yes".to_owned()] });
        assert_eq!(choice.check(Some(" yes ")), Ok(()));
        assert_eq!(choice.check(Some("maybe")), Err(Wrong::NoSuchChoice));
        assert_eq!(choice.check(Some("  ")), Err(Wrong::Missing));
        assert!(choice.is_right(Some("yes")) && !choice.is_right(Some("no")));
        assert!(!choice.is_right(None), "no answer is not the right one");
        let likert = question(Kind::Likert { points: 7, low: Text::new(), high: Text::new() });
        for (answer, expected) in [
            ("1", Ok(())),
            ("7", Ok(())),
            ("8", Err(Wrong::OutOfRange)),
            ("x", Err(Wrong::OutOfRange)),
        ] {
            assert_eq!(likert.check(Some(answer)), expected, "{answer}");
        }
        let age = question(Kind::Number { min: 0, max: 120, right: Some((18, 120)) });
        assert!(age.is_right(Some("18")) && !age.is_right(Some("17")));
        let words = Question { optional: true, ..question(Kind::Words { most: 3 }) };
        assert_eq!(words.check(None), Ok(()));
        assert_eq!(words.check(Some("äöüß")), Err(Wrong::TooLong));
    }

    #[test]
    fn a_page_tells_all_that_is_wrong_and_keeps_only_what_was_asked() {
        let a = Question { name: "a".into(), ..question(Kind::Words { most: 9 }) };
        let b =
            Question { name: "b".into(), ..question(Kind::Number { min: 1, max: 2, right: None }) };
        let page = [a, b];
        let told = |pairs: &[(&str, &str)]| -> Answers {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let wrong = checked(&page, &told(&[("b", "3")])).unwrap_err();
        assert_eq!(wrong.len(), 2);
        let kept = checked(&page, &told(&[("a", " hi "), ("b", "2"), ("c", "?")])).unwrap();
        assert_eq!(kept, told(&[("a", "hi"), ("b", "2")]));
    }
}
