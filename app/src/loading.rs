//! How far the load of a language model is, in words and as a share.

use wire::{LoadStage, ModelCard, ModelState};

use crate::format;

/// Steps of a load, in their order; a model without an adapter skips one.
const STAGES: [(LoadStage, &str); 4] = [
    (LoadStage::Checking, "Looking at the files"),
    (LoadStage::Merging, "Merging the adapter"),
    (LoadStage::Reading, "Reading the weights"),
    (LoadStage::Trying, "Trying it out"),
];

/// `value` of `most` is done, as far as one can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loading {
    pub told: String,
    pub value: u64,
    pub most: u64,
}

/// Of a model that is being loaded.
pub fn loading(card: &ModelCard) -> Option<Loading> {
    let at = card.stage.filter(|_| card.state == ModelState::Loading)?;
    let (done, (_, name)) = STAGES.iter().enumerate().find(|(_, (stage, _))| *stage == at)?;
    let elapsed = card.elapsed_ms.unwrap_or(0);
    let so_far = format::span(elapsed);
    // Of the time that the last load took, where there was one; else by steps.
    Some(match card.expected_ms.filter(|expected| *expected > 0) {
        Some(expected) => Loading {
            told: format!("{name}, {so_far} of about {}", format::span(expected)),
            value: elapsed.min(expected),
            most: expected,
        },
        None => Loading {
            told: format!("{name}, {so_far} so far"),
            value: done as u64,
            most: STAGES.len() as u64,
        },
    })
}

/// Why a model has not begun to answer, where it has a reason.
pub fn waiting(card: &ModelCard) -> Option<String> {
    match loading(card) {
        Some(loading) => Some(format!("The model is being loaded. {}.", loading.told)),
        None if card.queued > 0 => Some(format!(
            "The model is busy: {} in line.",
            format::counted(
                i64::try_from(card.queued).unwrap_or(i64::MAX),
                "question",
                "questions"
            )
        )),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::ModelKind;

    fn card() -> ModelCard {
        ModelCard {
            name: "demo".into(),
            title: "Demo".into(),
            kind: ModelKind::Folder,
            state: ModelState::Loading,
            stage: Some(LoadStage::Reading),
            elapsed_ms: Some(12_400),
            expected_ms: None,
            sentence: None,
            memory_bytes: 0,
            tokens_per_second: None,
            queued: 1,
            in_flight: 0,
            requests: 0,
            tokens: 0,
            longest_wait_ms: 0,
        }
    }

    #[test]
    fn a_load_is_told_by_the_last_one_or_by_its_steps() {
        let first = loading(&card()).expect("it is loading");
        assert_eq!(
            (first.told.as_str(), first.value, first.most),
            ("Reading the weights, 12 s so far", 2, 4)
        );
        let again = loading(&ModelCard { expected_ms: Some(10_000), ..card() }).expect("so is it");
        assert_eq!(again.told, "Reading the weights, 12 s of about 10 s");
        assert_eq!((again.value, again.most), (10_000, 10_000));
    }

    #[test]
    fn who_waits_is_told_why() {
        let ready = ModelCard { state: ModelState::Ready, stage: None, ..card() };
        assert_eq!(
            waiting(&card()).as_deref(),
            Some("The model is being loaded. Reading the weights, 12 s so far.")
        );
        assert_eq!(waiting(&ready).as_deref(), Some("The model is busy: 1 question in line."));
        assert_eq!(waiting(&ModelCard { queued: 0, ..ready }), None);
    }
}
