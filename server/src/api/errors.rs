//! `/api/errors`: every code with what it means.

use wire::{Code, Problem};

use crate::auth::AUTH_CODES;
use crate::backend::{
    BACKEND_CODES, COUNTERFACTUAL_CODES, LADDER_CODES, RESEARCH_CODES, SEAT_CODES, STUDY_CODES,
    SUITE_CODES, TRAINING_CODES, rule_codes,
};
use crate::edge::EDGE_CODES;
use crate::markets::{ACT_CODES, OPEN_CODES};
use crate::roster::CODES as MODEL_CODES;
use crate::taking::CODES as BODY_CODES;

/// One line of the list.
pub struct ErrorCode {
    pub code: String,
    pub status: u16,
    pub meaning: String,
}

/// Of a market's costs and values.
const BOOK_CODES: [(&str, u16, &str); 1] =
    [("market_books_closed", 403, "Costs and values are told once the market is over.")];

/// Codes of following live events.
const LIVE_CODES: [(&str, u16, &str); 2] = [
    ("cursor_ahead", 422, "The cursor is not one of this episode."),
    ("too_many_followed", 422, "One live socket follows more negotiations than it may."),
];

/// Every code that the server answers with, by name.
pub fn all() -> Vec<ErrorCode> {
    let general = Code::ALL.map(|code| ErrorCode {
        code: code.name().to_owned(),
        status: code.status(),
        meaning: format!("{}.", code.title()),
    });
    let rules = rule_codes().into_iter().map(|Problem { code, status, detail, .. }| ErrorCode {
        code,
        status,
        meaning: detail,
    });
    let own = [
        &EDGE_CODES[..],
        &AUTH_CODES,
        &BODY_CODES,
        &SEAT_CODES,
        &BACKEND_CODES,
        &LIVE_CODES,
        &MODEL_CODES,
        &COUNTERFACTUAL_CODES,
        &LADDER_CODES,
        &ACT_CODES,
        &OPEN_CODES,
        &BOOK_CODES,
        &RESEARCH_CODES,
        &STUDY_CODES,
        &SUITE_CODES,
        &TRAINING_CODES,
    ];
    let own = own.into_iter().flatten().map(|(code, status, meaning)| ErrorCode {
        code: (*code).to_owned(),
        status: *status,
        meaning: (*meaning).to_owned(),
    });
    let mut all: Vec<ErrorCode> = general.into_iter().chain(rules).chain(own).collect();
    all.sort_by(|a, b| a.code.cmp(&b.code));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_listed_once() {
        let all = all();
        for pair in all.windows(2) {
            assert_ne!(pair[0].code, pair[1].code);
        }
        assert!(all.iter().all(|error| (400..=599).contains(&error.status)));
    }
}
