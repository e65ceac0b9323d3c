//! Everything that a study needs, as files: Parquet, JSON lines or CSV, with a codebook and a manifest of
//! hashes. Read from one snapshot, row by row.

mod figures;
mod import;
mod moves;
mod sink;

use anyhow::Result;
use rand::Rng;
use rules::{Interest, Protocol, Regulation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{
    Exported, ExportedAnswer, ExportedCall, ExportedEpisode, ExportedEvent, ExportedParticipant,
    ExportedPayment, ExportedProduct, ExportedRating, ExportedRun, ExportedStep, ExportedTag,
    Snapshot, Store,
};
use tables::{Cell, Rows, TABLES, Table, codebook};
use tokio::runtime::Handle;
use uuid::Uuid;
use wire::EpisodeSearch;

pub use import::{Imported, import};
pub use sink::{Pipe, Sink, Written};
pub use tables::Format;

use crate::clock::now_ms;
use crate::eval::code_version;
use figures::Figures;

/// `manifest.json`: what an export has and where it comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the tables' columns.
    pub schema: u32,
    pub format: Format,
    pub code_version: String,
    /// Milliseconds since the Unix epoch.
    pub exported_ms: i64,
    /// As in the address of the table of episodes.
    pub conditions: String,
    pub files: Vec<Written>,
}

/// Of the exported tables: another number, where a column is gone or means something else.
pub const SCHEMA: u32 = 1;

/// What shall be exported.
#[derive(Clone, Debug)]
pub struct Order {
    pub search: EpisodeSearch,
    /// The same, as text for the manifest.
    pub conditions: String,
    pub format: Format,
    /// Names of tables; empty: all.
    pub tables: Vec<String>,
}

/// Writes all files. `tell` hears the table and its rows so far, now and then.
///
/// # Errors
/// Where a table has no such name, the database is away, or nothing can be written.
pub async fn export(
    store: &Store,
    order: Order,
    mut sink: Sink,
    mut tell: impl FnMut(&str, u64) + Send + 'static,
) -> Result<Manifest> {
    let wanted = chosen(&order.tables)?;
    let mut snapshot = store.snapshot(&order.search).await?;
    // What is read is compressed and written at once, by a thread that may wait for the disk.
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        let salt: [u8; 16] = rand::rng().random();
        let mut job = Job { snapshot: &mut snapshot, handle, order: &order, salt, tell: &mut tell };
        let mut files = Vec::new();
        for table in &wanted {
            files.push(job.table(table, &mut sink)?);
        }
        let text = codebook(&wanted);
        files.push(sink.file("codebook.md", |out| {
            std::io::Write::write_all(out, text.as_bytes())?;
            Ok(text.lines().count() as u64)
        })?);
        let manifest = Manifest {
            schema: SCHEMA,
            format: order.format,
            code_version: code_version(),
            exported_ms: now_ms(),
            conditions: order.conditions.clone(),
            files,
        };
        let text = serde_json::to_string_pretty(&manifest)?;
        sink.file("manifest.json", |out| {
            std::io::Write::write_all(out, text.as_bytes())?;
            Ok(1)
        })?;
        sink.finish()?;
        Ok(manifest)
    })
    .await?
}

fn chosen(names: &[String]) -> Result<Vec<&'static Table>> {
    if names.is_empty() {
        return Ok(TABLES.to_vec());
    }
    let known = || TABLES.map(|table| table.name).join(", ");
    for name in names {
        anyhow::ensure!(
            TABLES.iter().any(|table| table.name == name),
            "there is no table `{name}`: there are {}",
            known()
        );
    }
    Ok(TABLES.into_iter().filter(|table| names.iter().any(|name| name == table.name)).collect())
}

struct Job<'a> {
    snapshot: &'a mut Snapshot,
    handle: Handle,
    order: &'a Order,
    /// Sets pseudonyms of this export apart from those of every other.
    salt: [u8; 16],
    tell: &'a mut (dyn FnMut(&str, u64) + Send),
}

/// Between two reports.
const TELL_EVERY: u64 = 20_000;

impl Job<'_> {
    fn table(&mut self, table: &'static Table, sink: &mut Sink) -> Result<Written> {
        let name = format!("{}.{}", table.name, self.order.format.extension());
        sink.file(&name, |out| {
            let mut rows = Rows::new(self.order.format, table, out)?;
            let mut count = 0;
            let salt = self.salt;
            match table.name {
                "episodes" => {
                    self.each(table, &mut rows, &mut count, |row| one(episode(row, salt)))
                }
                "events" => self.each(table, &mut rows, &mut count, |row| one(event(row))),
                "calls" => self.each(table, &mut rows, &mut count, |row| one(call(row))),
                "products" => self.each(table, &mut rows, &mut count, |row| one(product(row))),
                "runs" => self.each(table, &mut rows, &mut count, |row| one(run(row))),
                "steps" => self.each(table, &mut rows, &mut count, |row| Ok(steps(row))),
                "ratings" => self.each(table, &mut rows, &mut count, |row| one(rating(row, salt))),
                "tags" => self.each(table, &mut rows, &mut count, |row| one(tag(row))),
                "participants" => {
                    self.each(table, &mut rows, &mut count, |row| one(participant(row, salt)))
                }
                "answers" => self.each(table, &mut rows, &mut count, |row| one(answer(row))),
                "payments" => self.each(table, &mut rows, &mut count, |row| one(payment(row))),
                "moves" => {
                    let mut moves = moves::Moves::default();
                    self.each(table, &mut rows, &mut count, |row| moves.absorb(row))
                }
                "figures" => {
                    let mut figures = Figures::default();
                    self.each(table, &mut rows, &mut count, |row| {
                        figures.absorb(row)?;
                        Ok(Vec::new())
                    })?;
                    for row in figures.rows()? {
                        count += 1;
                        rows.push(row)?;
                    }
                    Ok(())
                }
                other => unreachable!("{other} has its rows here"),
            }?;
            rows.finish()?;
            (self.tell)(table.name, count);
            Ok(count)
        })
    }

    fn each<R: Exported, W: std::io::Write + Send>(
        &mut self,
        table: &'static Table,
        rows: &mut Rows<W>,
        count: &mut u64,
        mut cells: impl FnMut(R) -> Result<Vec<Vec<Cell>>>,
    ) -> Result<()> {
        let tell = &mut *self.tell;
        let mut told = 0;
        let reading = self.snapshot.read(&self.order.search, |row: R| -> Result<()> {
            for row in cells(row)? {
                debug_assert_eq!(row.len(), table.columns.len(), "{}", table.name);
                *count += 1;
                rows.push(row)?;
            }
            if *count >= told + TELL_EVERY {
                told = *count;
                tell(table.name, *count);
            }
            Ok(())
        });
        self.handle.block_on(reading)
    }
}

fn one(row: Vec<Cell>) -> Result<Vec<Vec<Cell>>> {
    Ok(vec![row])
}

/// The first half of a salted hash: who it was cannot be told, that it was the same one can.
fn pseudonym(who: Uuid, salt: [u8; 16]) -> String {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(who.as_bytes());
    hex::encode(&hash.finalize()[..16])
}

fn interest_name(interest: Interest) -> &'static str {
    match interest {
        Interest::Mutual => "mutual",
        Interest::Conflicting => "conflicting",
        Interest::Tie => "tie",
    }
}

fn regulation_name(regulation: Regulation) -> &'static str {
    match regulation {
        Regulation::CounterAtFloor => "counter_at_floor",
        Regulation::Resample => "resample",
        Regulation::RewriteMarkup { .. } => "rewrite_markup",
    }
}

fn episode(row: ExportedEpisode, salt: [u8; 16]) -> Vec<Cell> {
    use rules::Outcome;
    let scenario = row.scenario.0;
    let outcome = row.outcome.map(|outcome| outcome.0);
    let by = outcome.and_then(|outcome| match outcome {
        Outcome::Quit { by }
        | Outcome::BudgetViolation { by, .. }
        | Outcome::FormatError { by }
        | Outcome::Abandoned { by } => Some(by),
        _ => None,
    });
    let (price, round) = match outcome {
        Some(Outcome::Deal { price, round }) => (Some(price), Some(round)),
        _ => (None, None),
    };
    let interest = interest_name(scenario.interest());
    let personas = scenario.listing.personas;
    vec![
        row.id.into(),
        row.product_id.into(),
        row.category.into(),
        row.split.into(),
        row.buyer_negotiator.unwrap_or(row.buyer_kind).into(),
        row.seller_negotiator.unwrap_or(row.seller_kind).into(),
        row.buyer_visitor.map(|who| pseudonym(who, salt)).into(),
        row.seller_visitor.map(|who| pseudonym(who, salt)).into(),
        personas.buyer.into(),
        personas.seller.into(),
        scenario.listing.product.list_price.into(),
        scenario.budget.into(),
        scenario.cost.into(),
        interest.into(),
        match scenario.listing.protocol {
            Protocol::Alternating { .. } => "alternating",
            Protocol::Open { .. } => "open",
        }
        .into(),
        scenario.regulation.map(regulation_name).into(),
        scenario.seed.to_string().into(),
        outcome.map(|outcome| wire::Ending::of(outcome).name()).into(),
        by.into(),
        price.into(),
        round.into(),
        row.moves.into(),
        row.reward_name.into(),
        row.reward_version.into(),
        row.buyer_reward.into(),
        row.seller_reward.into(),
        row.evaluation_id.into(),
        row.suite_id.into(),
        row.training_run_id.into(),
        row.rollout.into(),
        row.forked_from.into(),
        row.forked_seq.into(),
        row.code_version.into(),
        row.created_at.timestamp_millis().into(),
        row.ended_at.map(|at| at.timestamp_millis()).into(),
        row.study_id.into(),
        row.study_part.into(),
        row.market_id.into(),
        row.market_talk.into(),
    ]
}

fn participant(row: ExportedParticipant, salt: [u8; 16]) -> Vec<Cell> {
    vec![
        row.id.into(),
        pseudonym(row.visitor_id, salt).into(),
        row.study_id.into(),
        row.slug.into(),
        row.study_hash.into(),
        row.pilot.into(),
        row.source.into(),
        row.language.into(),
        row.cell.into(),
        row.slot.map(|slot| slot.to_string()).into(),
        row.place.into(),
        row.ended.into(),
        row.consent_version.into(),
        row.flags.into(),
        row.entered_at.timestamp_millis().into(),
        row.ended_at.map(|at| at.timestamp_millis()).into(),
    ]
}

fn answer(row: ExportedAnswer) -> Vec<Cell> {
    vec![
        row.participant_id.into(),
        row.seq.into(),
        row.at.timestamp_millis().into(),
        row.stage.into(),
        row.question.into(),
        row.answer.into(),
    ]
}

fn payment(row: ExportedPayment) -> Vec<Cell> {
    vec![
        row.participant_id.into(),
        row.kind.into(),
        row.cents.into(),
        row.currency.into(),
        row.basis.to_string().into(),
        row.made_at.timestamp_millis().into(),
        row.paid_at.map(|at| at.timestamp_millis()).into(),
    ]
}

fn event(row: ExportedEvent) -> Vec<Cell> {
    vec![
        row.episode_id.into(),
        row.seq.into(),
        row.at.timestamp_millis().into(),
        row.kind.into(),
        row.body.into(),
    ]
}

fn call(row: ExportedCall) -> Vec<Cell> {
    vec![
        row.id.into(),
        row.episode_id.into(),
        row.role.into(),
        row.turn.into(),
        row.attempt.into(),
        row.model.into(),
        row.checkpoint.into(),
        row.prompt.to_string().into(),
        row.output.into(),
        row.prompt_tokens.into(),
        row.completion_tokens.into(),
        row.queue_ms.into(),
        row.first_token_ms.into(),
        row.total_ms.into(),
        row.sampling.to_string().into(),
        row.seed.cast_unsigned().to_string().into(),
        row.constrained.into(),
        row.outcome.into(),
        row.error_code.into(),
        row.fallback.into(),
        row.cost_microdollars.into(),
        row.tokens.map(|tokens| tokens.to_string()).into(),
        row.at.timestamp_millis().into(),
    ]
}

fn product(row: ExportedProduct) -> Vec<Cell> {
    vec![
        row.id.into(),
        row.source.into(),
        row.codename.into(),
        row.category.into(),
        row.title.into(),
        row.description.into(),
        serde_json::Value::from(row.features).to_string().into(),
        row.list_price_mills.into(),
        row.budget_mills.into(),
        row.cost_mills.into(),
        row.persona.into(),
        row.split.into(),
    ]
}

fn run(row: ExportedRun) -> Vec<Cell> {
    vec![
        row.id.into(),
        row.label.into(),
        row.preset.into(),
        row.settings.to_string().into(),
        row.role.into(),
        row.opponents.into(),
        row.code_version.into(),
        row.products.into(),
        row.products_sha256.into(),
        row.status.into(),
        row.iteration.into(),
        row.planned.into(),
        row.worked_ms.into(),
        row.created_at.timestamp_millis().into(),
        row.ended_at.map(|at| at.timestamp_millis()).into(),
    ]
}

fn steps(row: ExportedStep) -> Vec<Vec<Cell>> {
    let metrics = row.metrics.as_object().cloned().unwrap_or_default();
    let one = |(name, value): (String, serde_json::Value)| {
        vec![
            row.run_id.into(),
            row.iteration.into(),
            row.worked_ms.into(),
            row.episodes.into(),
            name.into(),
            value.as_f64().into(),
        ]
    };
    metrics.into_iter().map(one).collect()
}

fn rating(row: ExportedRating, salt: [u8; 16]) -> Vec<Cell> {
    vec![
        row.episode_id.into(),
        pseudonym(row.user_id, salt).into(),
        row.scale.into(),
        row.score.into(),
        row.note.into(),
        row.rated_at.timestamp_millis().into(),
    ]
}

fn tag(row: ExportedTag) -> Vec<Cell> {
    vec![row.episode_id.into(), row.tag.into()]
}
