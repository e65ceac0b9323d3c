//! Events of many episodes as one Parquet file, in the order of episode and number.

use std::collections::HashSet;
use std::io::{Cursor, Read};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, get_typed_column_reader};
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use uuid::Uuid;

/// Rows of a row group, which is what somebody who reads one episode fetches: some hundred kilobytes.
const GROUP_ROWS: usize = 4_096;
/// Where a file's description is looked for first.
pub(super) const FOOTER: u64 = 64 << 10;

/// An event as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub episode_id: Uuid,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub kind: String,
    /// JSON.
    pub body: String,
}

/// Takes rows in order; what it makes is held in memory.
pub(super) struct Writer {
    writer: SerializedFileWriter<Vec<u8>>,
    held: Vec<Row>,
}

impl Writer {
    pub fn new() -> Result<Writer, ParquetError> {
        let column = |name: &str, physical, logical, length| {
            Type::primitive_type_builder(name, physical)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(logical)
                .with_length(length)
                .build()
                .map(Arc::new)
        };
        let instant = LogicalType::timestamp(true, TimeUnit::MICROS);
        let fields = vec![
            column("episode_id", Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Uuid), 16)?,
            column("seq", Physical::INT64, None, 0)?,
            column("at", Physical::INT64, Some(instant), 0)?,
            column("kind", Physical::BYTE_ARRAY, Some(LogicalType::String), 0)?,
            column("body", Physical::BYTE_ARRAY, Some(LogicalType::Json), 0)?,
        ];
        let schema = Type::group_type_builder("events").with_fields(fields).build()?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), properties.into())?;
        Ok(Writer { writer, held: Vec::new() })
    }

    pub fn push(&mut self, row: Row) -> Result<(), ParquetError> {
        self.held.push(row);
        if self.held.len() >= GROUP_ROWS { self.write_group() } else { Ok(()) }
    }

    /// Bytes so far, without the rows of the last group.
    pub fn bytes(&self) -> usize {
        self.writer.bytes_written()
    }

    pub fn finish(mut self) -> Result<Bytes, ParquetError> {
        self.write_group()?;
        Ok(self.writer.into_inner()?.into())
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        if self.held.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.held);
        let mut group = self.writer.next_row_group()?;
        let ids = rows.iter().map(|row| row.episode_id.as_bytes().to_vec());
        let ids = ids.map(|id| FixedLenByteArray::from(ByteArray::from(id)));
        column::<FixedLenByteArrayType>(&mut group, ids.collect())?;
        column::<Int64Type>(&mut group, rows.iter().map(|row| row.seq).collect())?;
        let times = rows.iter().map(|row| row.at.timestamp_micros());
        column::<Int64Type>(&mut group, times.collect())?;
        let kinds = rows.iter().map(|row| ByteArray::from(row.kind.as_str()));
        column::<ByteArrayType>(&mut group, kinds.collect())?;
        let bodies = rows.into_iter().map(|row| ByteArray::from(row.body.into_bytes()));
        column::<ByteArrayType>(&mut group, bodies.collect())?;
        group.close()?;
        Ok(())
    }
}

fn column<T: DataType>(
    group: &mut parquet::file::writer::SerializedRowGroupWriter<'_, Vec<u8>>,
    values: Vec<T::T>,
) -> Result<(), ParquetError> {
    let mut writer =
        group.next_column()?.ok_or_else(|| ParquetError::General("no such column".to_owned()))?;
    writer.typed::<T>().write_batch(&values, None, None)?;
    writer.close()
}

/// Where row groups lie that may have some of these episodes: a range of bytes for each. `ids` ascend.
pub(super) fn ranges(metadata: &ParquetMetaData, ids: &[Uuid]) -> Vec<Range<u64>> {
    let groups = metadata.row_groups().iter().filter(|group| may_have(group, ids));
    groups.map(range).collect()
}

fn range(group: &RowGroupMetaData) -> Range<u64> {
    let columns = group.columns().iter().map(|column| column.byte_range());
    let start = columns.clone().map(|(start, _)| start).min().unwrap_or(0);
    let end = columns.map(|(start, length)| start + length).max().unwrap_or(0);
    start..end
}

fn may_have(group: &RowGroupMetaData, ids: &[Uuid]) -> bool {
    let statistics = group.column(0).statistics();
    let bounds = statistics.and_then(|s| s.min_bytes_opt().zip(s.max_bytes_opt()));
    let Some((low, high)) = bounds else { return true };
    let from = ids.partition_point(|id| id.as_bytes().as_slice() < low);
    ids.get(from).is_some_and(|id| id.as_bytes().as_slice() <= high)
}

/// Of the end of a file of `length` bytes; `NeedMoreData` tells how many bytes of the end are needed.
pub(super) fn metadata(end: &Bytes, length: u64) -> Result<ParquetMetaData, ParquetError> {
    let mut reader = ParquetMetaDataReader::new();
    reader.try_parse_sized(end, length)?;
    reader.finish()
}

/// The rows of these episodes; of all, where `None`.
pub(super) fn rows(parts: Parts, ids: Option<&[Uuid]>) -> Result<Vec<Row>, ParquetError> {
    let reader = SerializedFileReader::new(parts)?;
    let wanted: Option<HashSet<Uuid>> = ids.map(|ids| ids.iter().copied().collect());
    let mut rows = Vec::new();
    for (at, group) in reader.metadata().row_groups().iter().enumerate() {
        if ids.is_some_and(|ids| !may_have(group, ids)) {
            continue;
        }
        let count = usize::try_from(group.num_rows()).unwrap_or(0);
        let group = reader.get_row_group(at)?;
        let read = |at| group.get_column_reader(at);
        let ids = values::<FixedLenByteArrayType>(read(0)?, count)?;
        let seqs = values::<Int64Type>(read(1)?, count)?;
        let times = values::<Int64Type>(read(2)?, count)?;
        let kinds = values::<ByteArrayType>(read(3)?, count)?;
        let bodies = values::<ByteArrayType>(read(4)?, count)?;
        for ((((id, seq), at), kind), body) in
            ids.iter().zip(seqs).zip(times).zip(kinds).zip(bodies)
        {
            let episode_id = Uuid::from_slice(id.data()).map_err(|why| bad(&why))?;
            if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&episode_id)) {
                continue;
            }
            rows.push(Row {
                episode_id,
                seq,
                at: DateTime::from_timestamp_micros(at).ok_or_else(|| bad(&"no time"))?,
                kind: kind.as_utf8()?.to_owned(),
                body: body.as_utf8()?.to_owned(),
            });
        }
    }
    Ok(rows)
}

fn bad(why: &dyn std::fmt::Display) -> ParquetError {
    ParquetError::General(why.to_string())
}

fn values<T: DataType>(reader: ColumnReader, count: usize) -> Result<Vec<T::T>, ParquetError> {
    let mut reader = get_typed_column_reader::<T>(reader);
    let mut values = Vec::with_capacity(count);
    while values.len() < count {
        if reader.read_records(count - values.len(), None, None, &mut values)?.0 == 0 {
            return Err(bad(&"fewer values than rows"));
        }
    }
    Ok(values)
}

/// A file of which only some parts were fetched.
pub(super) struct Parts {
    pub length: u64,
    /// Each with where it begins.
    pub parts: Vec<(u64, Bytes)>,
}

impl Length for Parts {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Parts {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let (from, bytes) = self.part(start)?;
        Ok(Box::new(Cursor::new(bytes.slice(from..))))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let (from, bytes) = self.part(start)?;
        if from + length > bytes.len() {
            return Err(bad(&format!("{length} bytes at {start} were not fetched whole")));
        }
        Ok(bytes.slice(from..from + length))
    }
}

impl Parts {
    fn part(&self, start: u64) -> Result<(usize, &Bytes), ParquetError> {
        let part = self.parts.iter().find_map(|(at, bytes)| {
            let from = usize::try_from(start.checked_sub(*at)?).ok()?;
            (from < bytes.len()).then_some((from, bytes))
        });
        part.ok_or_else(|| bad(&format!("nothing was fetched at byte {start}")))
    }
}
