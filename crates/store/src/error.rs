//! What can go wrong in the store, by what the caller can do about it.

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection for the moment, or no room. Nothing acknowledged was lost; repeat with the same key.
    #[error("the database is away for the moment")]
    Away(#[source] sqlx::Error),
    /// A named constraint refused the data. The name is the API's error code.
    #[error("refused by {name}: {detail}")]
    Constraint { name: String, detail: String },
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error(
        "the database was migrated by a newer Souk (its schema is at {database}, this program knows \
         {program}): start that newer version, or restore an older backup"
    )]
    NewerDatabase { database: i64, program: i64 },
    #[error("the database could not be migrated: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// Stored data does not mean what it should. A fault of ours.
    #[error("the stored {what} cannot be read: {why}")]
    Corrupt { what: &'static str, why: String },
    /// What was moved out of the database cannot be read, or nothing can be written there. Nothing was lost.
    #[error("the archive of old events ({place}) does not answer as it should: {why}")]
    Archive { place: String, why: String },
    #[error("the database refused: {0}")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    pub(crate) fn corrupt(what: &'static str, why: impl ToString) -> StoreError {
        StoreError::Corrupt { what, why: why.to_string() }
    }

    /// The name of the constraint that refused, if one did.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            StoreError::Constraint { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Whether a repeat a little later may work.
    pub fn is_away(&self) -> bool {
        matches!(self, StoreError::Away(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        if is_away(&error) {
            return StoreError::Away(error);
        }
        if error.as_database_error().and_then(|e| e.code()).is_some_and(|code| is_no_text(&code)) {
            return StoreError::Constraint {
                name: "nul_character".to_owned(),
                detail: error.to_string(),
            };
        }
        match error.as_database_error().and_then(|e| Some((e.constraint()?, e.message()))) {
            Some((name, detail)) => {
                StoreError::Constraint { name: name.to_owned(), detail: detail.to_owned() }
            }
            None => StoreError::Database(error),
        }
    }
}

fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(e) => e.code().is_some_and(|code| is_away_code(&code)),
        _ => false,
    }
}

/// Connection exceptions (class 08); no free connection, no memory, a full disk (class 53); shutting down, crashed,
/// starting up; a disk that does not answer.
fn is_away_code(code: &str) -> bool {
    code.starts_with("08")
        || code.starts_with("53")
        || matches!(code, "57P01" | "57P02" | "57P03" | "57P05" | "58030")
}

/// U+0000, which neither Postgres' text nor its JSON can hold (22021, 22P05). No constraint has to say so.
fn is_no_text(code: &str) -> bool {
    matches!(code, "22021" | "22P05")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_away() {
        for code in ["08006", "57P01", "57P03", "53100", "53200", "53300", "58030"] {
            assert!(is_away_code(code), "{code}");
        }
        for code in ["23505", "42601", "57014"] {
            assert!(!is_away_code(code), "{code}");
        }
        assert!(StoreError::from(sqlx::Error::PoolTimedOut).is_away());
        assert!(!StoreError::from(sqlx::Error::RowNotFound).is_away());
    }
}
