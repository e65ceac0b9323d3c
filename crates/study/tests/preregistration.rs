//! The document says what the study file says.

use study::{Study, preregistration};

#[test]
fn it_tells_all_that_is_promised_and_which_study_it_is() {
    let study = Study::read(include_str!("../studies/base-vs-trained.toml")).expect("reads");
    let text = preregistration::document(&study, "2026-11-29T12:00:00Z");
    for words in [
        "# Preregistration: Base against RLVR-trained",
        "2026-11-29T12:00:00Z",
        &study.hash(),
        "1. Sellers earn a smaller share",
        "| trained | CHECKPOINT | seller | neutral | 6 | test | paper |",
        "every cell 3 times, no strata, seed 20261129",
        "120 participants who complete it",
        "less than 120 seconds",
        "250 cents (GBP)",
        "bonuses of one participant up to 300 cents",
    ] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
}
