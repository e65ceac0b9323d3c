//! The store's errors as problems.

use store::{JoinError, StoreError};
use wire::{Code, Problem};

/// Seconds after which a store that is away is worth another try.
const RETRY_S: u64 = 2;

/// What a caller is told about an error of the store. What went wrong inside goes to the log.
pub fn refusal(error: StoreError) -> Problem {
    match error {
        StoreError::Away(_) => away(),
        StoreError::NotFound(what) => {
            Problem::new(Code::NotFound, format!("There is no such {what}."))
        }
        StoreError::Constraint { name, .. } => {
            let detail = constraint_sentence(&name);
            Problem::named(Code::Unprocessable, &name, detail)
        }
        StoreError::Archive { .. } => {
            tracing::error!(%error, "the archive failed");
            let mut problem = Problem::named(
                Code::Unavailable,
                "archive_away",
                "What was said there was moved to the archive of old events, which does not answer now. Nothing is \
                 lost; try again later.",
            );
            problem.retry_after_s = Some(RETRY_S);
            problem
        }
        error => {
            tracing::error!(%error, "the store failed");
            Problem::new(
                Code::Internal,
                "Something went wrong on the server. Nothing acknowledged is lost; try again.",
            )
        }
    }
}

/// The database is away for the moment.
pub fn away() -> Problem {
    let mut problem = Problem::new(
        Code::Unavailable,
        "The store is away for a moment. Nothing acknowledged is lost; it goes on by itself.",
    );
    problem.retry_after_s = Some(RETRY_S);
    problem
}

pub fn join_refusal(error: JoinError) -> Problem {
    match error {
        JoinError::NoSeat => Problem::named(
            Code::Conflict,
            "seat_taken",
            "There is no open seat for this invitation: it was taken, or the link is not whole.",
        ),
        JoinError::OwnInvitation => Problem::named(
            Code::Conflict,
            "own_invitation",
            "You sit on the other side of this negotiation: send the link to somebody else.",
        ),
        JoinError::Store(error) => refusal(error),
    }
}

fn constraint_sentence(name: &str) -> String {
    let known = CONSTRAINTS.iter().find(|(known, _)| *known == name);
    match known {
        Some((_, sentence)) => (*sentence).to_owned(),
        None => format!("The data does not fit: {}.", name.replace('_', " ")),
    }
}

const CONSTRAINTS: [(&str, &str); 6] = [
    ("nul_character", "A text holds the character U+0000, which cannot be stored: leave it out."),
    ("episode_product_exists", "There is no such product; the market lists those that there are."),
    ("episode_pace_in_range", "The time between two moves is 0 to 10000 milliseconds."),
    ("episode_limits_positive", "Both limits are above $0."),
    ("user_name_unique", "There is an account of this name already: choose another one."),
    ("api_key_label_not_empty", "Give the key a label, so that you know it again."),
];

/// Problem codes of the backend, for `/api/errors`.
pub const BACKEND_CODES: [(&str, u16, &str); 18] = [
    ("nul_character", 422, "A text holds the character U+0000, which cannot be stored."),
    (
        "archive_away",
        503,
        "What was said was moved to the archive of old events, which does not answer now.",
    ),
    ("seat_taken", 409, "The invitation's seat was taken, or the link is not whole."),
    ("own_invitation", 409, "The inviting person opened the own link."),
    ("not_begun", 409, "The other side has not joined yet."),
    ("nothing_failed", 409, "A stand-in is asked for where the other side did not fail."),
    ("still_playing", 409, "This is for negotiations that are over."),
    ("beyond_own_limit", 422, "A person's price is beyond the own limit; refused as a slip."),
    ("not_your_seat", 403, "The caller does not sit at this table."),
    ("not_your_pace", 403, "Only who started a watched negotiation sets its pace."),
    ("partner_present", 409, "The other person has not been silent for long enough."),
    ("product_retired", 422, "The product is no longer listed."),
    ("label_length", 422, "A key's label has 1 to 80 characters."),
    ("scope_missing", 403, "The API key does not have the scope that this needs."),
    ("episode_product_exists", 422, "There is no such product."),
    ("episode_pace_in_range", 422, "The time between two moves is out of range."),
    ("episode_limits_positive", 422, "A limit is not above $0."),
    ("user_name_unique", 422, "There is an account of this name already."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constraint_with_a_sentence_is_listed_or_internal() {
        for (name, sentence) in CONSTRAINTS {
            assert!(sentence.ends_with('.'));
            let listed = BACKEND_CODES.iter().any(|(code, ..)| *code == name);
            assert!(listed || name == "api_key_label_not_empty", "{name}");
        }
    }

    #[test]
    fn an_unforeseen_error_tells_nothing_of_its_inside() {
        let error = StoreError::Corrupt { what: "event", why: "secret".to_owned() };
        let problem = refusal(error);
        assert_eq!(problem.status, 500);
        assert!(!problem.detail.contains("secret"));
    }
}
