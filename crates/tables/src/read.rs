//! Rows out of files from elsewhere.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result, anyhow, bail};
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::record::Field;
use rules::Event;

use crate::table::{Cell, Kind, Table};

/// A row by its columns; those without a value are not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row(HashMap<&'static str, Cell>);

/// The rows of a file, one after the other.
pub type ReadRows = Box<dyn Iterator<Item = Result<Row>>>;

impl Row {
    pub fn get(&self, name: &str) -> Option<&Cell> {
        self.0.get(name)
    }

    /// Empty where there is none: CSV does not tell the two apart.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn text(&self, name: &str) -> Result<&str> {
        match self.get(name) {
            None => Ok(""),
            Some(Cell::Text(text)) => Ok(text),
            Some(other) => bail!("{name} is {other:?}, not a text"),
        }
    }

    /// # Errors
    /// Where it is something else.
    pub fn int(&self, name: &str) -> Result<Option<i64>> {
        match self.get(name) {
            None => Ok(None),
            Some(Cell::Int(value)) => Ok(Some(*value)),
            Some(other) => bail!("{name} is {other:?}, not a whole number"),
        }
    }

    /// # Errors
    /// Where it is something else.
    pub fn float(&self, name: &str) -> Result<Option<f64>> {
        match self.get(name) {
            None => Ok(None),
            Some(Cell::Float(value)) => Ok(Some(*value)),
            Some(other) => bail!("{name} is {other:?}, not a number"),
        }
    }

    /// The event that a row of [`EVENTS`](crate::EVENTS) is, and when it was stored (milliseconds since the Unix epoch).
    ///
    /// # Errors
    /// Where it is none that this program knows.
    pub fn event(&self) -> Result<(i64, Event)> {
        let body: serde_json::Value = serde_json::from_str(self.text("body")?)?;
        let event = serde_json::json!({ "kind": self.text("kind")?, "body": body });
        let at = self.int("at_ms")?.context("an event without a time")?;
        Ok((at, serde_json::from_value(event).context("an event that this program does not know")?))
    }
}

/// Row groups are read one after the other, each whole.
///
/// # Errors
/// Where it is no Parquet file; later, where a row group cannot be read.
pub fn from_parquet<R: ChunkReader + 'static>(file: R, table: &'static Table) -> Result<ReadRows> {
    let reader = whole(|| Ok(SerializedFileReader::new(file)?))?;
    // The reader's own iterator would borrow its metadata.
    let groups = reader.num_row_groups();
    Ok(Box::new((0..groups).flat_map(move |at| -> Vec<Result<Row>> {
        match whole(|| group(&reader, at, table)) {
            Ok(rows) => rows.into_iter().map(Ok).collect(),
            Err(why) => vec![Err(why)],
        }
    })))
}

/// The library panics over some damaged files, where it should refuse them.
fn whole<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(anyhow!("the file is damaged, or not one that Souk wrote")))
}

fn group<R: ChunkReader + 'static>(
    reader: &SerializedFileReader<R>,
    at: usize,
    table: &'static Table,
) -> Result<Vec<Row>> {
    let group = reader.get_row_group(at)?;
    let mut rows = Vec::new();
    for row in group.get_row_iter(None)? {
        let row = row?;
        let mut cells = HashMap::new();
        for (name, field) in row.get_column_iter() {
            let Some(column) = table.columns.iter().find(|column| column.name == name) else {
                continue;
            };
            let cell = match (column.kind, field) {
                (_, Field::Null) => continue,
                (Kind::Int, Field::Long(value)) => Cell::Int(*value),
                (Kind::Float, Field::Double(value)) => Cell::Float(*value),
                (Kind::Bool, Field::Bool(value)) => Cell::Bool(*value),
                (Kind::Text, Field::Str(text)) => Cell::Text(text.clone()),
                (kind, other) => bail!("{name} is {other:?}, not {}", kind.name()),
            };
            cells.insert(column.name, cell);
        }
        rows.push(Row(cells));
    }
    Ok(rows)
}

pub fn from_jsonl(file: impl BufRead + 'static, table: &'static Table) -> ReadRows {
    Box::new(file.lines().map(move |line| json(&line?, table)))
}

fn json(line: &str, table: &'static Table) -> Result<Row> {
    let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line)?;
    let mut cells = HashMap::new();
    for column in table.columns {
        let Some(value) = object.remove(column.name) else { continue };
        let cell = match column.kind {
            Kind::Int => value.as_i64().map(Cell::Int),
            Kind::Float => value.as_f64().map(Cell::Float),
            Kind::Bool => value.as_bool().map(Cell::Bool),
            Kind::Text => value.as_str().map(|text| Cell::Text(text.to_owned())),
        };
        cells.insert(column.name, cell.with_context(|| format!("{} is {value}", column.name))?);
    }
    Ok(Row(cells))
}

pub fn from_csv(file: impl io::Read + 'static, table: &'static Table) -> ReadRows {
    let records = csv::Reader::from_reader(file).into_records();
    Box::new(records.map(move |record| comma_separated(&record?, table)))
}

fn comma_separated(record: &csv::StringRecord, table: &'static Table) -> Result<Row> {
    let mut cells = HashMap::new();
    for (column, text) in table.columns.iter().zip(record) {
        if text.is_empty() {
            continue;
        }
        let cell = match column.kind {
            Kind::Int => Cell::Int(text.parse().with_context(|| column.name)?),
            Kind::Float => Cell::Float(text.parse().with_context(|| column.name)?),
            Kind::Bool => Cell::Bool(text.parse().with_context(|| column.name)?),
            Kind::Text => Cell::Text(text.to_owned()),
        };
        cells.insert(column.name, cell);
    }
    Ok(Row(cells))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use bytes::Bytes;

    use super::*;
    use crate::{EVENTS, Format, Rows, TABLES};

    fn written(format: Format, table: &'static Table, rows: &[Vec<Cell>]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut out = Rows::new(format, table, &mut file).unwrap();
        rows.iter().for_each(|row| out.push(row.clone()).unwrap());
        out.finish().unwrap();
        file
    }

    fn read(format: Format, file: Vec<u8>, table: &'static Table) -> Result<Vec<Row>> {
        match format {
            Format::Parquet => from_parquet(Bytes::from(file), table)?.collect(),
            Format::Jsonl => from_jsonl(Cursor::new(file), table).collect(),
            Format::Csv => from_csv(Cursor::new(file), table).collect(),
        }
    }

    #[test]
    fn every_table_is_read_as_it_was_written() {
        for table in TABLES {
            let cell = |kind| match kind {
                Kind::Int => Cell::Int(i64::MIN),
                Kind::Float => Cell::Float(0.1),
                Kind::Bool => Cell::Bool(true),
                Kind::Text => Cell::Text("a \"b\",\nc".to_owned()),
            };
            let full: Vec<Cell> = table.columns.iter().map(|column| cell(column.kind)).collect();
            let empty = vec![Cell::Null; full.len()];
            for format in Format::ALL {
                let file = written(format, table, &[full.clone(), empty.clone()]);
                let rows = read(format, file, table).unwrap();
                assert_eq!(rows.len(), 2, "{} as {format:?}", table.name);
                for (column, cell) in table.columns.iter().zip(&full) {
                    assert_eq!(rows[0].get(column.name), Some(cell), "{}", column.name);
                    assert_eq!(rows[1].get(column.name), None, "{}", column.name);
                }
            }
        }
    }

    static NUMBERED: Table = Table {
        name: "events",
        meaning: "",
        columns: &[crate::Column {
            name: "kind",
            kind: Kind::Int,
            unit: "",
            meaning: "",
            source: "",
        }],
    };

    /// What the table's reader would take for text is a number in the file.
    #[test]
    fn a_column_of_another_kind_is_refused() {
        for format in [Format::Parquet, Format::Jsonl] {
            let file = written(format, &NUMBERED, &[vec![Cell::Int(7)]]);
            let why = read(format, file, &EVENTS).unwrap_err();
            assert!(why.to_string().contains("kind is"), "{why}");
        }
    }

    /// Cut anywhere, or with a byte changed: rows or a refusal, never a panic.
    #[test]
    fn a_damaged_file_is_refused_or_read() {
        let row: Vec<Cell> = EVENTS.columns.iter().map(|_| Cell::Null).collect();
        let file = written(Format::Parquet, &EVENTS, &[row]);
        let mut refused = 0;
        for at in 0..file.len() {
            let cut = read(Format::Parquet, file[..at].to_vec(), &EVENTS);
            assert!(cut.is_err(), "cut at {at}");
            let mut changed = file.clone();
            changed[at] ^= 0xff;
            refused += usize::from(read(Format::Parquet, changed, &EVENTS).is_err());
        }
        assert!(refused > 0);
    }
}
