//! What a study is: a file that is versioned, compared, exported, and frozen when the study is launched.

use std::collections::{BTreeMap, BTreeSet};

use rules::Role;
use rules::reward::RewardSpec;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::question::{Kind, Question};

/// A text by language.
pub type Text = BTreeMap<String, String>;

/// Of the file's shape.
pub const SCHEMA: u32 = 1;
/// Conditions of a study that can be launched, negotiations of a participant (within subjects, of each condition),
/// participants of one condition for one of another, times that a cell lies in a block.
pub const MOST_CONDITIONS: usize = 50;
pub const MOST_NEGOTIATIONS: u32 = 20;
pub const MOST_WEIGHT: u32 = 10;
pub const MOST_BLOCK: u32 = 20;
/// Extensions of a time limit that everybody has: WCAG 2.2, 2.2.1.
pub const EXTENSIONS: u32 = 10;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    pub schema: u32,
    /// For researchers; participants see `name`.
    pub title: String,
    /// What participants see, by language. Says nothing of conditions.
    pub name: Text,
    /// By their codes of BCP 47; the first one is offered at first.
    pub languages: Vec<String>,
    pub design: Design,
    /// Negotiations of a participant; within subjects, of each condition.
    pub negotiations: u32,
    pub conditions: Vec<Condition>,
    pub assignment: Assignment,
    pub recruitment: Recruitment,
    pub pay: Pay,
    #[serde(default)]
    pub limits: Limits,
    pub consent: Consent,
    /// Who may take part: every question has right answers.
    #[serde(default)]
    pub eligibility: Vec<Question>,
    pub instructions: Instructions,
    #[serde(default)]
    pub quiz: Quiz,
    #[serde(default)]
    pub survey: Vec<Question>,
    /// Tells the truth about who sat across.
    pub debrief: Text,
    #[serde(default)]
    pub promise: Promise,
    #[serde(default)]
    pub privacy: Privacy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// A participant meets one condition.
    Between,
    /// A participant meets all of them, in an order of a balanced Latin square (Williams, 1949).
    Within,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// 1 to 40 of `a-z`, `0-9`, `-`. Participants never see it.
    pub name: String,
    pub opponent: Opponent,
    /// The participant's. Absent: between people, by who came first; otherwise drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Of the opponent, where it is a negotiator.
    #[serde(default = "neutral")]
    pub persona: String,
    /// Of the protocol.
    #[serde(default = "six")]
    pub rounds: u32,
    pub products: Products,
    /// What is paid for.
    #[serde(default = "paper")]
    pub reward: RewardSpec,
    /// Participants of this condition for one of the others.
    #[serde(default = "one")]
    pub weight: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opponent {
    /// By its name.
    Negotiator(String),
    /// Another participant of the same condition.
    Person {
        /// Who may be played with where nobody comes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stand_in: Option<String>,
    },
}

/// Which products are bargained over, each at most once by a participant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Products {
    /// `train` or `test`; absent: both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Empty: all.
    pub categories: Vec<String>,
    /// These alone.
    pub ids: Vec<String>,
    /// Also those whose cost is above the budget.
    pub conflicting: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    pub seed: u64,
    /// Times that each cell (by its weight) lies in a block.
    #[serde(default = "two")]
    pub block: u32,
    /// Questions of eligibility whose answers make strata.
    #[serde(default)]
    pub strata: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recruitment {
    /// Participants who complete it.
    pub completers: u32,
    /// Places are taken by who entered and is not over, too: so many more than are missing are let in.
    #[serde(default)]
    pub spare: u32,
    /// People of Prolific come by its signed links alone ("secured external URL").
    #[serde(default)]
    pub signed: bool,
    #[serde(default)]
    pub quotas: Vec<Quota>,
}

/// At most so many participants gave this answer about who they are. Further ones are told as those who are not eligible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Of eligibility, with answers to choose from.
    pub question: String,
    pub answer: String,
    /// Who completed it or is under way.
    pub most: u32,
}

/// Money in cents of `currency`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pay {
    /// ISO 4217.
    pub currency: String,
    pub base: u32,
    /// Who is not eligible.
    #[serde(default)]
    pub screened_out: u32,
    /// Who failed the quiz.
    #[serde(default)]
    pub failed_checks: u32,
    /// Who waited for nobody.
    #[serde(default)]
    pub waited: u32,
    /// For a reward of 1 in one negotiation: the bonus is the reward's part of it, cut to whole cents, at least 0.
    pub bonus: u32,
    /// For a negotiation that a partner left, or the machinery broke.
    #[serde(default)]
    pub spoilt: u32,
    /// Bonuses of one participant together.
    pub most_bonus: u32,
    /// Of the whole study. Nobody is let in whose pay might pass it.
    pub most: u64,
    /// Share of `most` from which on nobody new is let in until a researcher says so.
    #[serde(default = "nine_tenths")]
    pub soft_stop: f64,
}

/// In minutes. Each may be extended by who it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// On a page other than a negotiation.
    pub page: u32,
    /// Of one negotiation.
    pub negotiation: u32,
    /// For a partner, until there is a choice.
    pub wait: u32,
    /// Until a partner who left counts as gone.
    pub away: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { page: 15, negotiation: 20, wait: 5, away: 2 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    pub text: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instructions {
    pub text: Text,
    /// A round against a scripted negotiator that counts for nothing.
    #[serde(default = "yes")]
    pub practice: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quiz {
    pub questions: Vec<Question>,
    /// Times that it may be tried. 0 counts as 2.
    pub tries: u32,
}

impl Quiz {
    pub fn tries(&self) -> u32 {
        if self.tries == 0 { 2 } else { self.tries }
    }
}

/// What a preregistration promises, as people wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Promise {
    pub hypotheses: Vec<String>,
    pub outcome: String,
    pub analysis: String,
    pub stopping: String,
    /// Who is left out of the analysis.
    pub exclusions: Exclusions,
}

/// As they are applied to results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Exclusions {
    /// Who answered an attention check of the survey wrongly.
    pub failed_attention: bool,
    /// Who met a partner that left or a machinery that broke.
    pub spoilt: bool,
    /// Faster than so many seconds from consent to debrief.
    pub faster_than_s: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Privacy {
    /// After so many days what identifies people is erased.
    pub identities_days: u32,
}

impl Default for Privacy {
    fn default() -> Privacy {
        Privacy { identities_days: 90 }
    }
}

fn neutral() -> String {
    "neutral".to_owned()
}
fn six() -> u32 {
    6
}
fn one() -> u32 {
    1
}
fn two() -> u32 {
    2
}
fn yes() -> bool {
    true
}
fn paper() -> RewardSpec {
    RewardSpec::PAPER
}
fn nine_tenths() -> f64 {
    0.9
}

/// What keeps a study from being launched: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// As a path in the file, e.g. `conditions[1].name`.
    pub place: String,
    pub sentence: String,
}

impl Study {
    /// # Errors
    /// A sentence with the line, for people.
    pub fn read(toml: &str) -> Result<Study, String> {
        toml::from_str(toml).map_err(|why| why.to_string())
    }

    pub fn write(&self) -> String {
        toml::to_string_pretty(self).expect("a study has text keys only")
    }

    /// Of the study as it is written: what a preregistration and each participant refer to.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.write()))
    }

    /// Of the consent alone, in all languages: kept with each participant.
    pub fn consent_version(&self) -> String {
        let text = serde_json::to_string(&self.consent).expect("plain data");
        hex::encode(&Sha256::digest(text)[..8])
    }

    /// Negotiations of one participant.
    pub fn negotiations_of_each(&self) -> u32 {
        match self.design {
            Design::Between => self.negotiations,
            Design::Within => self.negotiations.saturating_mul(self.conditions.len() as u32),
        }
    }

    /// The most that one participant can be paid.
    pub fn most_of_each(&self) -> u64 {
        let Pay { base, most_bonus, screened_out, failed_checks, waited, .. } = self.pay;
        let whole = u64::from(base) + u64::from(most_bonus);
        whole.max(
            [screened_out, failed_checks, waited].into_iter().map(u64::from).max().unwrap_or(0),
        )
    }

    /// A text in a language, in the study's first one where that is missing.
    pub fn say<'a>(&self, text: &'a Text, language: &str) -> &'a str {
        let first = self.languages.first().map_or("", String::as_str);
        text.get(language).or_else(|| text.get(first)).map_or("", String::as_str)
    }

    /// All that keeps it from being launched. `negotiators` and `personas` are those that there are.
    pub fn flaws(&self, negotiators: &[&str], personas: &[&str]) -> Vec<Flaw> {
        let mut flaws = Flaws { languages: &self.languages, found: Vec::new() };
        if self.schema != SCHEMA {
            flaws.tell("schema", format!("this Souk reads {SCHEMA}, not {}", self.schema));
        }
        if self.languages.is_empty() {
            flaws.tell("languages", "name at least one");
        }
        flaws.text("name", &self.name);
        flaws.text("consent.text", &self.consent.text);
        flaws.text("instructions.text", &self.instructions.text);
        flaws.text("debrief", &self.debrief);
        if !(1..=MOST_NEGOTIATIONS).contains(&self.negotiations) {
            flaws.tell("negotiations", format!("take 1 to {MOST_NEGOTIATIONS}"));
        }
        self.check_conditions(&mut flaws, negotiators, personas);
        for (place, questions, must_check) in [
            ("eligibility", &self.eligibility, true),
            ("quiz.questions", &self.quiz.questions, true),
            ("survey", &self.survey, false),
        ] {
            check_questions(&mut flaws, place, questions, must_check);
        }
        for (n, name) in self.assignment.strata.iter().enumerate() {
            if !self.eligibility.iter().any(|question| question.name == *name) {
                flaws.tell(
                    format!("assignment.strata[{n}]"),
                    format!("there is no question of eligibility named {name}"),
                );
            }
        }
        for (n, quota) in self.recruitment.quotas.iter().enumerate() {
            let asked = self.eligibility.iter().find(|question| question.name == quota.question);
            let offered = match asked.map(|question| &question.answer) {
                Some(Kind::Choice { options, .. }) => {
                    options.iter().any(|o| o.value == quota.answer)
                }
                _ => false,
            };
            if !offered {
                flaws.tell(
                    format!("recruitment.quotas[{n}].answer"),
                    format!(
                        "no question of eligibility {} has the answer {}",
                        quota.question, quota.answer
                    ),
                );
            }
        }
        if !(1..=MOST_BLOCK).contains(&self.assignment.block) {
            flaws.tell("assignment.block", format!("take 1 to {MOST_BLOCK}"));
        }
        self.check_pay(&mut flaws);
        for (place, minutes) in [
            ("limits.page", self.limits.page),
            ("limits.negotiation", self.limits.negotiation),
            ("limits.wait", self.limits.wait),
            ("limits.away", self.limits.away),
        ] {
            if !(1..=240).contains(&minutes) {
                flaws.tell(place, "take 1 to 240 minutes");
            }
        }
        flaws.found
    }

    fn check_conditions(&self, flaws: &mut Flaws<'_>, negotiators: &[&str], personas: &[&str]) {
        if self.conditions.is_empty() {
            flaws.tell("conditions", "name at least one");
        }
        if self.conditions.len() > MOST_CONDITIONS {
            flaws.tell("conditions", format!("take {MOST_CONDITIONS} at most"));
        }
        let mut seen = BTreeSet::new();
        for (n, condition) in self.conditions.iter().enumerate() {
            let at = |field: &str| format!("conditions[{n}].{field}");
            if !is_name(&condition.name, '-') {
                flaws.tell(at("name"), "take 1 to 40 of a-z, 0-9 and -");
            }
            if !seen.insert(&condition.name) {
                flaws.tell(at("name"), format!("{} is there twice", condition.name));
            }
            let named = match &condition.opponent {
                Opponent::Negotiator(name) => Some(name),
                Opponent::Person { stand_in } => stand_in.as_ref(),
            };
            if let Some(name) = named.filter(|name| !negotiators.contains(&name.as_str())) {
                let known = negotiators.join(", ");
                flaws.tell(
                    at("opponent"),
                    format!("there is no negotiator {name}; there are {known}"),
                );
            }
            if !personas.contains(&condition.persona.as_str()) {
                let known = personas.join(", ");
                flaws.tell(
                    at("persona"),
                    format!("there is no persona {}; there are {known}", condition.persona),
                );
            }
            if !(1..=20).contains(&condition.rounds) {
                flaws.tell(at("rounds"), "take 1 to 20");
            }
            if !(1..=MOST_WEIGHT).contains(&condition.weight) {
                flaws.tell(at("weight"), format!("take 1 to {MOST_WEIGHT}"));
            }
            if self.design == Design::Within && condition.weight != 1 {
                flaws.tell(at("weight"), "within subjects everybody meets all conditions: take 1");
            }
        }
    }

    fn check_pay(&self, flaws: &mut Flaws<'_>) {
        let pay = &self.pay;
        let is_code =
            pay.currency.len() == 3 && pay.currency.bytes().all(|b| b.is_ascii_uppercase());
        if !is_code {
            flaws.tell("pay.currency", "take a code of ISO 4217, e.g. GBP");
        }
        if !(0.0..=1.0).contains(&pay.soft_stop) {
            flaws.tell("pay.soft_stop", "take a share from 0 to 1");
        }
        if self.recruitment.completers == 0 {
            flaws.tell("recruitment.completers", "take at least 1");
        }
        let needed = self.most_of_each().saturating_mul(u64::from(self.recruitment.completers));
        if pay.most < needed {
            flaws.tell(
                "pay.most",
                format!(
                    "{} participants may earn {needed} cents together: take at least that, or pay less",
                    self.recruitment.completers
                ),
            );
        }
    }
}

struct Flaws<'a> {
    languages: &'a [String],
    found: Vec<Flaw>,
}

impl Flaws<'_> {
    fn tell(&mut self, place: impl Into<String>, sentence: impl Into<String>) {
        self.found.push(Flaw { place: place.into(), sentence: sentence.into() });
    }

    /// There in every language.
    fn text(&mut self, place: &str, text: &Text) {
        let missing = |language: &&String| text.get(*language).is_none_or(|t| t.trim().is_empty());
        let missing: Vec<&str> =
            self.languages.iter().filter(missing).map(String::as_str).collect();
        if !missing.is_empty() {
            self.tell(place, format!("write it in {}", missing.join(", ")));
        }
    }
}

fn check_questions(flaws: &mut Flaws<'_>, place: &str, questions: &[Question], must_check: bool) {
    let mut seen = BTreeSet::new();
    for (n, question) in questions.iter().enumerate() {
        let at = |field: &str| format!("{place}[{n}].{field}");
        if !is_name(&question.name, '_') {
            flaws.tell(at("name"), "take 1 to 40 of a-z, 0-9 and _");
        }
        if !seen.insert(&question.name) {
            flaws.tell(at("name"), format!("{} is there twice", question.name));
        }
        flaws.text(&at("text"), &question.text);
        if must_check && !question.is_check() {
            flaws.tell(at("answer.right"), "say which answers are right");
        }
        match &question.answer {
            Kind::Choice { options, right } => {
                if options.len() < 2 {
                    flaws.tell(at("answer.options"), "offer at least two");
                }
                for (nth, choice) in options.iter().enumerate() {
                    flaws.text(&at(&format!("answer.options[{nth}].text")), &choice.text);
                }
                for value in right.iter().filter(|v| !options.iter().any(|o| o.value == **v)) {
                    flaws.tell(at("answer.right"), format!("no option has the value {value}"));
                }
            }
            Kind::Likert { points, low, high } => {
                if !(3..=11).contains(points) {
                    flaws.tell(at("answer.points"), "take 3 to 11");
                }
                flaws.text(&at("answer.low"), low);
                flaws.text(&at("answer.high"), high);
            }
            Kind::Number { min, max, .. } if min > max => {
                flaws.tell(at("answer.max"), "is below min")
            }
            Kind::Number { .. } => {}
            Kind::Words { most } => {
                if !(1..=10_000).contains(most) {
                    flaws.tell(at("answer.most"), "take 1 to 10,000 characters");
                }
            }
        }
    }
}

fn is_name(text: &str, joint: char) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == joint;
    (1..=40).contains(&text.len()) && text.chars().all(fits)
}
