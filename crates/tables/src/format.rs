//! Rows as Parquet, JSON lines or CSV.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, Result};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde::{Deserialize, Serialize};

use crate::table::{Cell, Kind, Table};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Parquet,
    Jsonl,
    Csv,
}

impl Format {
    pub const ALL: [Format; 3] = [Format::Parquet, Format::Jsonl, Format::Csv];

    pub fn extension(self) -> &'static str {
        match self {
            Format::Parquet => "parquet",
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
        }
    }
}

/// Takes the rows of one table.
pub enum Rows<W: Write + Send> {
    Csv(Box<csv::Writer<W>>),
    Jsonl(&'static Table, W),
    Parquet(Box<Columns<W>>),
}

/// Rows of a row group at most, and about as many bytes: what is held in memory.
const GROUP_ROWS: usize = 65_536;
const GROUP_BYTES: usize = 32 << 20;

pub struct Columns<W: Write + Send> {
    table: &'static Table,
    writer: SerializedFileWriter<W>,
    /// By column.
    held: Vec<Vec<Cell>>,
    bytes: usize,
}

impl<W: Write + Send> Rows<W> {
    pub fn new(format: Format, table: &'static Table, out: W) -> Result<Rows<W>> {
        Ok(match format {
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(table.columns.iter().map(|column| column.name))?;
                Rows::Csv(Box::new(writer))
            }
            Format::Jsonl => Rows::Jsonl(table, out),
            Format::Parquet => Rows::Parquet(Box::new(Columns::new(table, out)?)),
        })
    }

    /// As many cells as the table has columns.
    pub fn push(&mut self, row: Vec<Cell>) -> Result<()> {
        match self {
            Rows::Csv(writer) => {
                for cell in row {
                    match cell {
                        Cell::Null => writer.write_field(""),
                        Cell::Int(value) => writer.write_field(value.to_string()),
                        // The shortest text that reads as the same number.
                        Cell::Float(value) => writer.write_field(value.to_string()),
                        Cell::Bool(value) => writer.write_field(value.to_string()),
                        Cell::Text(text) => writer.write_field(text),
                    }?;
                }
                writer.write_record(None::<&[u8]>)?;
            }
            Rows::Jsonl(table, out) => {
                let mut object = serde_json::Map::new();
                for (column, cell) in table.columns.iter().zip(row) {
                    let value = match cell {
                        Cell::Null => continue,
                        Cell::Int(value) => value.into(),
                        Cell::Float(value) => value.into(),
                        Cell::Bool(value) => value.into(),
                        Cell::Text(text) => text.into(),
                    };
                    object.insert(column.name.to_owned(), value);
                }
                serde_json::to_writer(&mut *out, &object)?;
                out.write_all(b"\n")?;
            }
            Rows::Parquet(columns) => columns.push(row)?,
        }
        Ok(())
    }

    pub fn finish(self) -> Result<()> {
        match self {
            Rows::Csv(mut writer) => writer.flush()?,
            Rows::Jsonl(_, mut out) => out.flush()?,
            Rows::Parquet(columns) => columns.finish()?,
        }
        Ok(())
    }
}

impl<W: Write + Send> Columns<W> {
    fn new(table: &'static Table, out: W) -> Result<Columns<W>> {
        let fields = table.columns.iter().map(|column| {
            let (physical, logical) = match column.kind {
                Kind::Int => (Physical::INT64, None),
                Kind::Float => (Physical::DOUBLE, None),
                Kind::Bool => (Physical::BOOLEAN, None),
                Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            };
            let field = Type::primitive_type_builder(column.name, physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(logical);
            field.build().map(Arc::new)
        });
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        let schema = Type::group_type_builder(table.name).with_fields(fields).build()?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        Ok(Columns {
            table,
            writer: SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?,
            held: vec![Vec::new(); table.columns.len()],
            bytes: 0,
        })
    }

    fn push(&mut self, row: Vec<Cell>) -> Result<()> {
        for (held, cell) in self.held.iter_mut().zip(row) {
            self.bytes += match &cell {
                Cell::Text(text) => size_of::<Cell>() + text.len(),
                _ => size_of::<Cell>(),
            };
            held.push(cell);
        }
        let rows = self.held.first().map_or(0, Vec::len);
        if rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES { self.write_group() } else { Ok(()) }
    }

    fn write_group(&mut self) -> Result<()> {
        if self.held.first().is_none_or(Vec::is_empty) {
            return Ok(());
        }
        self.bytes = 0;
        let mut group = self.writer.next_row_group()?;
        for (column, cells) in self.table.columns.iter().zip(&mut self.held) {
            let mut writer = group.next_column()?.context("the schema has this column")?;
            let levels: Vec<i16> =
                cells.iter().map(|cell| i16::from(*cell != Cell::Null)).collect();
            let cells = cells.drain(..);
            match column.kind {
                Kind::Int => {
                    let values =
                        cells.filter_map(|c| if let Cell::Int(v) = c { Some(v) } else { None });
                    let values: Vec<i64> = values.collect();
                    writer.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?;
                }
                Kind::Float => {
                    let values =
                        cells.filter_map(|c| if let Cell::Float(v) = c { Some(v) } else { None });
                    let values: Vec<f64> = values.collect();
                    writer.typed::<DoubleType>().write_batch(&values, Some(&levels), None)?;
                }
                Kind::Bool => {
                    let values =
                        cells.filter_map(|c| if let Cell::Bool(v) = c { Some(v) } else { None });
                    let values: Vec<bool> = values.collect();
                    writer.typed::<BoolType>().write_batch(&values, Some(&levels), None)?;
                }
                Kind::Text => {
                    let values = cells.filter_map(|cell| match cell {
                        Cell::Text(text) => Some(ByteArray::from(text.into_bytes())),
                        _ => None,
                    });
                    let values: Vec<ByteArray> = values.collect();
                    writer.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
                }
            }
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        self.write_group()?;
        self.writer.close()?;
        Ok(())
    }
}
