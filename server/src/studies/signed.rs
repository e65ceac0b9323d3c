//! Prolific's signed links: who comes is who Prolific says, and not who wrote an address.
//!
//! As Prolific documents it: the address has a token (`prolific_token`, a JWT signed by RS256) whose key is among those
//! that Prolific publishes; it must not have expired; `aud` is this server; the claim `prolific` has what the address
//! would have had.

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The parameter of an address that has the token.
pub const PARAMETER: &str = "prolific_token";
/// Keys are asked for again after this time: Prolific says at least daily.
const FRESH: Duration = Duration::from_secs(12 * 3600);
/// A key that is not there is not asked for more often.
const AGAIN: Duration = Duration::from_secs(60);
/// Longer is no answer.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum Unsigned {
    #[error("the link's signature does not hold: {0}")]
    Token(String),
    #[error("Prolific's keys cannot be had: {0}")]
    Keys(String),
}

/// Who comes, as Prolific signed it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Signed {
    #[serde(rename = "PROLIFIC_PID")]
    pub participant: String,
    #[serde(rename = "STUDY_ID", default)]
    pub study: String,
    #[serde(rename = "SESSION_ID", default)]
    pub session: String,
}

#[derive(Deserialize)]
struct Claims {
    aud: Audience,
    prolific: Signed,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// With or without scheme and path.
    fn has(&self, host: &str) -> bool {
        let is = |one: &String| {
            let one = one.split_once("://").map_or(one.as_str(), |(_, rest)| rest);
            one.split('/').next() == Some(host)
        };
        match self {
            Audience::One(one) => is(one),
            Audience::Several(all) => all.iter().any(is),
        }
    }
}

/// Prolific's keys, as they were last had.
pub struct Signers {
    url: String,
    client: reqwest::Client,
    keys: Mutex<Option<(Instant, JwkSet)>>,
}

impl Signers {
    pub fn new(url: String) -> Signers {
        Signers { url, client: reqwest::Client::new(), keys: Mutex::default() }
    }

    /// What a token says, if it is Prolific's, for this host (`name` or `name:port`), and still holds.
    pub async fn check(&self, token: &str, host: &str) -> Result<Signed, Unsigned> {
        let wrong = |why: jsonwebtoken::errors::Error| Unsigned::Token(why.to_string());
        let kid = decode_header(token).map_err(wrong)?.kid;
        let kid = kid.ok_or_else(|| Unsigned::Token("it names no key".to_owned()))?;
        let key = self.key(&kid).await?;
        let mut validation = Validation::new(Algorithm::RS256);
        // A host may have a port, which a list of whole words does not know.
        validation.validate_aud = false;
        let claims = decode::<Claims>(token, &key, &validation).map_err(wrong)?.claims;
        if !claims.aud.has(host) {
            return Err(Unsigned::Token("it is for another server".to_owned()));
        }
        Ok(claims.prolific)
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey, Unsigned> {
        let mut keys = self.keys.lock().await;
        let known = keys.as_ref().is_some_and(|(at, set)| {
            let most = if set.find(kid).is_some() { FRESH } else { AGAIN };
            at.elapsed() < most
        });
        if !known {
            *keys = Some((Instant::now(), self.ask().await?));
        }
        let set = keys.as_ref().map(|(_, set)| set);
        let key = set.and_then(|set| set.find(kid));
        let key = key.ok_or_else(|| Unsigned::Token("its key is none of Prolific's".to_owned()))?;
        DecodingKey::from_jwk(key).map_err(|why| Unsigned::Token(why.to_string()))
    }

    async fn ask(&self) -> Result<JwkSet, Unsigned> {
        let failed = |why: reqwest::Error| Unsigned::Keys(why.without_url().to_string());
        let answer = self.client.get(&self.url).timeout(PATIENCE).send().await.map_err(failed)?;
        let text = answer.error_for_status().map_err(failed)?.text().await.map_err(failed)?;
        serde_json::from_str(&text).map_err(|why| Unsigned::Keys(why.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_this_host_however_it_is_written() {
        for (audience, host, expected) in [
            ("https://souk.example", "souk.example", true),
            ("https://souk.example/", "souk.example", true),
            ("souk.example", "souk.example", true),
            ("https://souk.example:8443/s/x", "souk.example:8443", true),
            ("https://souk.example.evil", "souk.example", false),
            ("https://evil/souk.example", "souk.example", false),
        ] {
            assert_eq!(Audience::One(audience.to_owned()).has(host), expected, "{audience}");
        }
        assert!(Audience::Several(vec!["a".to_owned(), "b".to_owned()]).has("b"));
    }
}
