//! Tokens that are shown once and kept as a hash.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A token of 244 random bits, for a cookie, a link or a program. Not printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// `prefix` tells people, and scanners for leaked keys, what a token is for.
    pub(crate) fn fresh(prefix: &str) -> Secret {
        let (a, b) = (Uuid::new_v4(), Uuid::new_v4());
        Secret(format!("{prefix}{}{}", a.simple(), b.simple()))
    }

    /// The token itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What the database keeps of a token. A plain hash is enough: the token is random, not a password.
pub(crate) fn hashed(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_stay_out_of_logs() {
        let (a, b) = (Secret::fresh("souk_"), Secret::fresh("souk_"));
        assert_ne!(a, b);
        assert_eq!(a.reveal().len(), "souk_".len() + 64);
        assert!(!format!("{a:?}").contains(a.reveal()));
        assert_ne!(hashed(a.reveal()), hashed(b.reveal()));
    }
}
