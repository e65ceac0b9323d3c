//! Passwords: argon2id, a few at a time, away from the threads that serve requests.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use tokio::sync::Semaphore;
use wire::{Code, Problem};

/// The shortest password, in characters.
pub const MIN_CHARS: usize = 10;
/// The longest password, in bytes: hashing a megabyte would be a way to keep the server busy.
pub const MAX_BYTES: usize = 512;

/// Each hash takes 19 MiB; a burst of sign-ins shall not take gigabytes.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Whether a new password may be used.
pub fn check_new(password: &str) -> Result<(), Problem> {
    if password.chars().count() < MIN_CHARS || password.len() > MAX_BYTES {
        return Err(Problem::named(
            Code::Unprocessable,
            "password_length",
            format!(
                "A password has at least {MIN_CHARS} characters and at most {MAX_BYTES} bytes."
            ),
        ));
    }
    Ok(())
}

/// The PHC string of a new password.
pub async fn hash(password: String) -> Result<String, Problem> {
    aside(move || {
        let salt = SaltString::generate(&mut OsRng);
        Argon2::default().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string())
    })
    .await?
    .map_err(|error| fault(&error))
}

/// Whether `password` is the one of `hash`. Without a hash it takes as long and says no, so that
/// the time does not tell which accounts exist.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool, Problem> {
    if password.len() > MAX_BYTES {
        return Ok(false);
    }
    aside(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| decoy().to_owned());
        let Ok(parsed) = PasswordHash::new(&hash) else { return false };
        Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known
    })
    .await
}

fn decoy() -> &'static str {
    static DECOY: OnceLock<String> = OnceLock::new();
    DECOY.get_or_init(|| {
        let salt = SaltString::generate(&mut OsRng);
        Argon2::default()
            .hash_password(b"nobody's", &salt)
            .map(|hash| hash.to_string())
            .unwrap_or_default()
    })
}

async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let _turn = AT_ONCE.acquire().await.expect("the semaphore is never closed");
    tokio::task::spawn_blocking(work).await.map_err(|error| fault(&error))
}

fn fault(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "a password could not be hashed");
    Problem::new(Code::Internal, "The password could not be checked. Try again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_opens() {
        let right = "camel saddle tea".to_owned();
        let stored = hash(right.clone()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify(right.clone(), Some(stored.clone())).await.unwrap());
        assert!(!verify("camel saddle tee".to_owned(), Some(stored)).await.unwrap());
        assert!(!verify("nobody's".to_owned(), None).await.unwrap());
        assert!(!verify(right, Some("not a hash".to_owned())).await.unwrap());
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(check_new("short").is_err());
        assert!(check_new(&"x".repeat(MAX_BYTES + 1)).is_err());
        assert!(check_new("camel saddle tea").is_ok());
    }
}
