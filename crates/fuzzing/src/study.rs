//! A study's file, and a form's changes of it.

use study::edit::{Change, Fields, edited};
use study::pay::door;
use study::{Study, assignment, cells, preregistration};

const NEGOTIATORS: [&str; 3] = ["demo", "linear", "boulware"];
const PERSONAS: [&str; 2] = ["neutral", "friendly"];

/// A file; behind a line `---`, what a form sends: `place=text` for fields, `add:place` and the like for lists.
pub fn study(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let (file, form) = text.split_once("\n---\n").unwrap_or((text, ""));
    let Ok(read) = Study::read(file) else { return false };
    look(&read);
    let fields: Vec<(String, String)> = form
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(place, text)| (place.to_owned(), text.to_owned()))
        .collect();
    let change = form.lines().find_map(Change::named);
    let shown = Fields::of(&read);
    for (place, _) in &fields {
        let _ = shown.get(place);
    }
    match edited(&read, &fields, change.as_ref()) {
        Ok(study) => {
            look(&study);
            true
        }
        Err(flaw) => {
            assert!(!flaw.sentence.is_empty());
            false
        }
    }
}

/// All that is told of a study, launched or not.
fn look(study: &Study) {
    let written = study.write();
    let again = Study::read(&written).unwrap_or_else(|why| panic!("{why}: {written}"));
    assert_eq!(again.write(), written);
    assert_eq!(again.hash(), study.hash());
    let flaws = study.flaws(&NEGOTIATORS, &PERSONAS);
    assert!(flaws.iter().all(|flaw| !flaw.place.is_empty() && !flaw.sentence.is_empty()));
    let told = preregistration::document(study, "2026-11-30T00:00:00Z");
    assert!(told.contains(&study.hash()));
    let cells = cells::cells(study);
    let _ = door(study, study.pay.most, u64::from(study.recruitment.completers), false);
    if flaws.is_empty() {
        assert!(!cells.is_empty());
        let each = study.negotiations_of_each() as usize;
        assert!(cells.iter().all(|cell| cell.len() == each), "{each}: {cells:?}");
    }
    // The page of a draft has it, too. Few conditions alone: it plays a hundred thousand assignments.
    if study.recruitment.completers == 1 {
        let _ = assignment::outlook(study);
    }
}
