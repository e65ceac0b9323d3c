//! What an export has: tables, their columns, and the codebook that tells of them.

use serde::Serialize;

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(String),
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, Into::into)
    }
}

macro_rules! cells {
    ($($type:ty => $cell:ident($value:ident) $into:expr;)+) => {$(
        impl From<$type> for Cell {
            fn from($value: $type) -> Cell {
                Cell::$cell($into)
            }
        }
    )+};
}

cells! {
    i64 => Int(value) value;
    i32 => Int(value) i64::from(value);
    i16 => Int(value) i64::from(value);
    u32 => Int(value) i64::from(value);
    f64 => Float(value) value;
    bool => Bool(value) value;
    String => Text(value) value;
    &str => Text(value) value.to_owned();
    uuid::Uuid => Text(value) value.to_string();
    rules::Mills => Int(value) value.0;
    rules::Role => Text(value) value.name().to_owned();
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Int,
    Float,
    Bool,
    Text,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Bool => "bool",
            Kind::Text => "text",
        }
    }
}

/// Any value may be missing unless the meaning says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Empty: it has none.
    pub unit: &'static str,
    pub meaning: &'static str,
    /// Where the value comes from, or by which definition.
    pub source: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub meaning: &'static str,
    pub columns: &'static [Column],
}

/// `name: kind, "unit", "meaning", "source";`
macro_rules! table {
    ($static:ident, $name:literal, $meaning:literal; $($column:ident: $kind:ident, $unit:literal, $of:literal, $source:literal;)+) => {
        pub static $static: Table = Table {
            name: $name,
            meaning: $meaning,
            columns: &[$(Column {
                name: stringify!($column),
                kind: Kind::$kind,
                unit: $unit,
                meaning: $of,
                source: $source,
            }),+],
        };
    };
}

table! { EPISODES, "episodes", "One row per negotiation that is over.";
    episode_id: Text, "", "The episode. Ids sort by time of creation.", "store";
    product_id: Text, "", "What was bargained over; see products.", "store";
    category: Text, "", "The product's category.", "import";
    split: Text, "", "train or test: nobody is trained on the products of the test split.", "import, seeded";
    buyer: Text, "", "The buyer: a negotiator's name, or person.", "store";
    seller: Text, "", "The seller, likewise.", "store";
    buyer_participant: Text, "", "A pseudonym of the person who bought, the same within this export alone.", "salted hash";
    seller_participant: Text, "", "A pseudonym of the person who sold, likewise.", "salted hash";
    buyer_persona: Text, "", "How the buyer presents itself.", "scenario";
    seller_persona: Text, "", "How the seller presents itself.", "scenario";
    list_price_mills: Int, "mills (1/1000 dollar)", "The public list price.", "scenario";
    budget_mills: Int, "mills", "B: the buyer's reservation price.", "scenario";
    cost_mills: Int, "mills", "C: the seller's reservation price.", "scenario";
    interest: Text, "", "mutual where B > C, conflicting where B < C, else tie.", "B and C";
    protocol: Text, "", "alternating or open.", "scenario";
    regulation: Text, "", "What the environment does with a seller's offer below C; missing: nothing.", "scenario";
    seed: Text, "", "Of the negotiators: a whole number of 64 bits, as text.", "scenario";
    ending: Text, "", "deal, quit, timeout, budget_violation, format_error, abandoned or engine_failure; the last two are not scored.", "events";
    ended_by: Text, "", "The side that quit, overshot, wrote no move or went away.", "events";
    price_mills: Int, "mills", "P: the price of a deal.", "events";
    round: Int, "rounds", "The round of the deal, from 1.", "events";
    messages: Int, "messages", "Messages of both sides.", "events";
    reward_name: Text, "", "The reward function.", "rules";
    reward_version: Int, "", "Its version.", "rules";
    buyer_reward: Float, "", "The buyer's reward; missing where the episode is not scored.", "rules: clip((B - P) / |B - C|, -1, 1) for paper";
    seller_reward: Float, "", "The seller's reward, likewise.", "rules: clip((P - C) / |B - C|, -1, 1) for paper";
    evaluation_id: Text, "", "The evaluation that it was played for.", "store";
    suite_id: Text, "", "The suite of that evaluation.", "store";
    run_id: Text, "", "The training run that it was a rollout or an evaluation of.", "store";
    rollout: Int, "", "Which episode of its product in the evaluation, from 0.", "store";
    forked_from: Text, "", "The episode that it goes on from.", "store";
    forked_seq: Int, "", "The last event that both share.", "store";
    code_version: Text, "", "Of the program that created it.", "store";
    created_ms: Int, "ms since 1970-01-01 UTC", "When it was created.", "store";
    ended_ms: Int, "ms since 1970-01-01 UTC", "When it was over.", "store";
    study_id: Text, "", "The study with recruited people that it belongs to.", "store";
    study_part: Text, "", "practice (counts for nothing) or counts.", "store";
    market_id: Text, "", "The market of many that it was a talk of.", "store";
    market_talk: Int, "", "Its number in that market, from 0.", "store";
}

table! { MOVES, "moves", "One row per message.";
    episode_id: Text, "", "The episode.", "events";
    message: Int, "", "The message's number in the episode, from 1.", "events";
    role: Text, "", "buyer or seller.", "events";
    round: Int, "rounds", "The side's own message number, from 1.", "events";
    act: Text, "", "offer, reject, accept, quit, or talk (open protocol alone).", "events";
    price_mills: Int, "mills", "The price offered or accepted.", "events";
    talk: Text, "", "What was said. What people typed may tell who they are.", "events";
    thought: Text, "", "The private thought before it.", "events";
    guarded_talk: Text, "", "What a model would have said, where the guard took its own limit out.", "events";
    intervention: Text, "", "What the environment did with the move that the seller made at first.", "events";
    original_act: Text, "", "That move's act.", "events";
    original_price_mills: Int, "mills", "That move's price.", "events";
    at_ms: Int, "ms since 1970-01-01 UTC", "When the move was stored.", "events";
}

table! { EVENTS, "events", "The log that all else follows from: the fold of its events is the episode. What an import reads.";
    episode_id: Text, "", "The episode.", "events";
    seq: Int, "", "From 1 without gaps.", "events";
    at_ms: Int, "ms since 1970-01-01 UTC", "When it was stored.", "events";
    kind: Text, "", "The event's kind, as in the API's description.", "events";
    body: Text, "", "Its content, as JSON.", "events";
}

table! { CALLS, "calls", "One row per question to a language model, also of those without an answer.";
    call_id: Text, "", "The call.", "store";
    episode_id: Text, "", "The episode.", "store";
    role: Text, "", "The side that asked.", "store";
    turn: Int, "messages", "Messages on the table when it was asked.", "store";
    attempt: Int, "", "From 0 within one decision.", "store";
    model: Text, "", "Its name in the models file.", "store";
    checkpoint: Text, "", "Which weights, where they are a checkpoint of a training run.", "store";
    prompt: Text, "", "A list of {speaker, text}, as JSON.", "store";
    output: Text, "", "All that it wrote.", "store";
    prompt_tokens: Int, "tokens", "Tokens read.", "store";
    completion_tokens: Int, "tokens", "Tokens written.", "store";
    queue_ms: Int, "ms", "From the question until it had a place.", "store";
    first_token_ms: Int, "ms", "From the question until its first token.", "store";
    total_ms: Int, "ms", "From the question until its last token.", "store";
    sampling: Text, "", "Temperature and the like, as JSON.", "store";
    seed: Text, "", "A whole number of 64 bits, as text.", "store";
    constrained: Bool, "", "Whether a grammar held the output.", "store";
    outcome: Text, "", "ok, format (no move), illegal, engine (no answer), cancelled.", "store";
    error_code: Text, "", "Why there was no answer.", "store";
    fallback: Bool, "", "Whether the move that was played is the fallback's.", "store";
    cost_microdollars: Int, "1/1000000 dollar", "What it cost, where it does.", "store";
    tokens: Text, "nats", "What it wrote by tokens: a list of [text, log-probability], as JSON; empty where the model did not tell.", "store";
    at_ms: Int, "ms since 1970-01-01 UTC", "When it was kept.", "store";
}

table! { PRODUCTS, "products", "What was bargained over.";
    product_id: Text, "", "{source}.{codename}", "import";
    source: Text, "", "Where it was imported from.", "import";
    codename: Text, "", "Its name in messages.", "import";
    category: Text, "", "Its category.", "import";
    title: Text, "", "Its title.", "import";
    description: Text, "", "Its description.", "import";
    features: Text, "", "A list, as JSON.", "import";
    list_price_mills: Int, "mills", "The public list price.", "import";
    budget_mills: Int, "mills", "B of its own scenario.", "import";
    cost_mills: Int, "mills", "C of its own scenario.", "import";
    persona: Text, "", "Of its stall's seller.", "import";
    split: Text, "", "train or test.", "import, seeded";
}

table! { RUNS, "runs", "Training runs, all of them.";
    run_id: Text, "", "The run.", "store";
    label: Text, "", "What it was for.", "researcher";
    preset: Text, "", "The settings file that it started from.", "researcher";
    settings: Text, "", "All settings, resolved, as JSON.", "rl";
    role: Text, "", "Who learns; missing: both.", "rl";
    opponents: Text, "", "For people.", "rl";
    code_version: Text, "", "Of the program that queued it.", "store";
    products: Int, "products", "How many it learns from.", "store";
    products_sha256: Text, "", "A hash over them.", "store";
    status: Text, "", "queued, running, paused, done, failed or cancelled.", "store";
    iteration: Int, "iterations", "Done.", "store";
    planned: Int, "iterations", "Asked for.", "store";
    worked_ms: Int, "ms", "Time worked on it, pauses left out.", "store";
    created_ms: Int, "ms since 1970-01-01 UTC", "When it was queued.", "store";
    ended_ms: Int, "ms since 1970-01-01 UTC", "When it ended.", "store";
}

table! { STEPS, "steps", "One row per iteration of a run and metric.";
    run_id: Text, "", "The run.", "store";
    iteration: Int, "", "From 1.", "store";
    worked_ms: Int, "ms", "Of the run, until its end.", "store";
    episodes: Int, "episodes", "Played in it.", "store";
    metric: Text, "", "The metric's key, as in the run's curves.", "rl";
    value: Float, "", "Its value.", "rl";
}

table! { RATINGS, "ratings", "What researchers think of episodes.";
    episode_id: Text, "", "The episode.", "researcher";
    rater: Text, "", "A pseudonym, the same within this export alone.", "salted hash";
    scale: Text, "", "What is rated.", "researcher";
    score: Int, "", "From 1, the worst, to 5.", "researcher";
    note: Text, "", "Why.", "researcher";
    rated_ms: Int, "ms since 1970-01-01 UTC", "When.", "store";
}

table! { TAGS, "tags", "Labels on episodes.";
    episode_id: Text, "", "The episode.", "researcher";
    tag: Text, "", "The label.", "researcher";
}

table! { FIGURES, "figures", "Every metric of every pair of negotiators and personas over the scored episodes of this export.";
    buyer: Text, "", "As in episodes.", "episodes";
    seller: Text, "", "As in episodes.", "episodes";
    buyer_persona: Text, "", "As in episodes.", "episodes";
    seller_persona: Text, "", "As in episodes.", "episodes";
    role: Text, "", "The side that is measured.", "";
    metric: Text, "", "Its definition is in the API's description of metrics.", "rules::metrics";
    value: Float, "", "Missing where there is nothing to measure.", "rules::metrics";
    n: Int, "", "Units that the definition counts: episodes, deals, offers.", "rules::metrics";
}

table! { PARTICIPANTS, "participants", "One row per participant of studies that have an episode that fits. Nothing that identifies people.";
    participant_id: Text, "", "The participant. Ids sort by time of entrance.", "store";
    person: Text, "", "The pseudonym of the episodes' buyer_participant and seller_participant.", "salted hash";
    study_id: Text, "", "The study.", "store";
    study: Text, "", "Its name in addresses.", "study";
    study_sha256: Text, "", "Of the frozen study file.", "study";
    pilot: Bool, "", "Whether the study is a pilot.", "study";
    source: Text, "", "prolific, mturk, link or bot.", "store";
    language: Text, "", "The language of the pages.", "participant";
    cell: Int, "", "The condition, or order of conditions, from 0 in the study's order.", "assignment";
    slot: Text, "", "The dealt slot with stratum, block and draw, as JSON.", "assignment";
    place: Text, "", "Where the participant is; over: nowhere.", "events";
    ended: Text, "", "complete, declined, screened_out, failed_checks, waited_in_vain, technical_fault, withdrew, timed_out, excused, stopped; missing: under way.", "events";
    consent: Text, "", "The version of the consent that was given.", "study";
    flags: Int, "", "Things that researchers should look at; they decide nothing.", "evidence";
    entered_ms: Int, "ms since 1970-01-01 UTC", "When the participant was let in.", "store";
    ended_ms: Int, "ms since 1970-01-01 UTC", "When it was over.", "store";
}

table! { ANSWERS, "answers", "One row per answer to a question of eligibility, quiz or survey.";
    participant_id: Text, "", "The participant.", "store";
    seq: Int, "", "The event that it came with: tries of the quiz have several.", "events";
    at_ms: Int, "ms since 1970-01-01 UTC", "When it came.", "events";
    stage: Text, "", "eligibility, quiz or survey.", "study";
    question: Text, "", "The question's name in the study file.", "study";
    answer: Text, "", "The value that was chosen, or what was written; the latter may tell who somebody is.", "participant";
}

table! { PAYMENTS, "payments", "One row per line of the studies' ledgers.";
    participant_id: Text, "", "The participant.", "store";
    kind: Text, "", "base or bonus.", "study";
    cents: Int, "1/100 of the currency", "What is due.", "verified rewards by the study's formula";
    currency: Text, "", "ISO 4217.", "study";
    basis: Text, "", "Base, the bonus of each episode, what was beyond the most, and the total, in cents, as JSON.", "verified rewards";
    made_ms: Int, "ms since 1970-01-01 UTC", "When it became due.", "store";
    told_ms: Int, "ms since 1970-01-01 UTC", "When it went into a file for the platform.", "store";
}

/// In the order of the export.
pub static TABLES: [&Table; 13] = [
    &PRODUCTS,
    &EPISODES,
    &MOVES,
    &EVENTS,
    &CALLS,
    &RUNS,
    &STEPS,
    &RATINGS,
    &TAGS,
    &PARTICIPANTS,
    &ANSWERS,
    &PAYMENTS,
    &FIGURES,
];

/// The codebook of some tables, as Markdown.
pub fn codebook(tables: &[&Table]) -> String {
    let mut text = String::from(
        "# Codebook\n\nMoney is whole mills (1/1000 dollar). A missing value is empty in CSV, absent in JSONL, null in \
         Parquet.\n",
    );
    for table in tables {
        text.push_str(&format!("\n## {}\n\n{}\n\n", table.name, table.meaning));
        text.push_str("| column | type | unit | meaning | source |\n|---|---|---|---|---|\n");
        for Column { name, kind, unit, meaning, source } in table.columns {
            let kind = kind.name();
            text.push_str(&format!("| `{name}` | {kind} | {unit} | {meaning} | {source} |\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codebook_tells_of_every_column_once() {
        let text = codebook(&TABLES);
        for table in TABLES {
            assert!(text.contains(&format!("## {}\n", table.name)));
            for column in table.columns {
                assert!(text.contains(&format!("| `{}` | {}", column.name, column.kind.name())));
                assert!(
                    !column.meaning.contains('|') || column.meaning.contains("|B"),
                    "{column:?}"
                );
                let same = table.columns.iter().filter(|other| other.name == column.name);
                assert_eq!(same.count(), 1, "{column:?}");
            }
        }
    }
}
