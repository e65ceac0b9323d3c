//! The tables of an export: Parquet, JSON lines, CSV.

use std::io::Cursor;

use bytes::Bytes;
use rules::Event;
use tables::{
    Cell, EPISODES, EVENTS, Format, PRODUCTS, ReadRows, Row, Rows, Table, from_csv, from_jsonl,
    from_parquet,
};

use crate::events::fold;

const READ: [&Table; 3] = [&EPISODES, &EVENTS, &PRODUCTS];

/// The first byte chooses format and table. Rows are refused, or can be written and read again; logs can be folded.
pub fn export(data: &[u8]) -> bool {
    let Some((shape, file)) = data.split_first() else { return false };
    let shape = usize::from(*shape);
    let (format, table) = (Format::ALL[shape % 3], READ[shape / 3 % 3]);
    let mut rows: Vec<Row> = Vec::new();
    for row in read(format, file, table) {
        match row {
            Ok(row) => rows.push(row),
            // An import ends here.
            Err(why) => {
                assert!(!why.to_string().is_empty());
                break;
            }
        }
    }
    if table.name == EVENTS.name {
        let log: Vec<Event> = rows.iter().map_while(|row| Some(row.event().ok()?.1)).collect();
        fold(&log);
    }
    let again = read(format, &written(format, &rows, table), table);
    let again: Vec<Row> = again.map(|row| row.expect("Souk wrote it")).collect();
    assert_eq!(rows.len(), again.len());
    for (row, again) in rows.iter().zip(&again) {
        for column in table.columns {
            assert!(same(row.get(column.name), again.get(column.name)), "{row:?} {again:?}");
        }
    }
    !rows.is_empty()
}

fn read(format: Format, file: &[u8], table: &'static Table) -> ReadRows {
    let file = Bytes::copy_from_slice(file);
    match format {
        Format::Parquet => {
            from_parquet(file, table).unwrap_or_else(|_| Box::new(std::iter::empty()))
        }
        Format::Jsonl => from_jsonl(Cursor::new(file), table),
        Format::Csv => from_csv(Cursor::new(file), table),
    }
}

fn written(format: Format, rows: &[Row], table: &'static Table) -> Vec<u8> {
    let mut file = Vec::new();
    let mut out = Rows::new(format, table, &mut file).expect("memory takes it");
    for row in rows {
        let cell = |name| row.get(name).cloned().unwrap_or(Cell::Null);
        let cells = table.columns.iter().map(|column| cell(column.name)).collect();
        out.push(cells).expect("memory takes it");
    }
    out.finish().expect("memory takes it");
    file
}

fn same(one: Option<&Cell>, other: Option<&Cell>) -> bool {
    match (one, other) {
        // The last bit of a number does not outlive every text.
        (Some(Cell::Float(a)), Some(Cell::Float(b))) => {
            a.to_bits() == b.to_bits() || (a - b).abs() <= a.abs() * 1e-15
        }
        // Text of no letters is no value in CSV.
        (Some(Cell::Text(text)), None) => text.is_empty(),
        (one, other) => one == other,
    }
}
