//! The two cookies: who the browser is (signed), and which researcher it has signed in (a token).

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use argon2::password_hash::rand_core::{OsRng, RngCore};
use axum_extra::extract::cookie::{Cookie, Key, SameSite};
use uuid::Uuid;
use wire::VisitorId;

pub const VISITOR: &str = "souk_visitor";
pub const SESSION: &str = "souk_session";

const KEY_BYTES: usize = 64;
/// A visitor who comes back within this time keeps its negotiations.
const VISITOR_LIFE: Duration = Duration::from_secs(400 * 24 * 3600);

/// Reads the key that signs visitors' cookies, or makes one on the first run. Servers that share a
/// database share the data folder too, or copy this file.
///
/// # Errors
/// When the file cannot be read or made, can be read by others, or is no key.
pub fn open_key(data: &Path) -> Result<Key> {
    let file = data.join("cookie.key");
    match fs::read(&file) {
        Ok(bytes) => read_key(&file, &bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make_key(&file),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

fn read_key(file: &Path, bytes: &[u8]) -> Result<Key> {
    let mode = fs::metadata(file)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!("{} can be read by others: run `chmod 600` on it", file.display());
    }
    if bytes.len() != KEY_BYTES {
        bail!("{} is not a cookie key: remove it to get a new one", file.display());
    }
    Ok(Key::from(bytes))
}

fn make_key(file: &Path) -> Result<Key> {
    let mut bytes = [0; KEY_BYTES];
    OsRng.fill_bytes(&mut bytes);
    let folder = file.parent().context("the key lies in the data folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // Complete before it has its name: a crash leaves no half key.
    // Containers that share the folder have the same process numbers.
    let draft = file.with_extension(format!("{:016x}.new", OsRng.next_u64()));
    let write = || -> std::io::Result<()> {
        let mut out = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        out.write_all(&bytes)?;
        out.sync_all()?;
        // Another process may have been first: then its key is the one.
        let linked = fs::hard_link(&draft, file);
        fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    };
    write().with_context(|| format!("cannot write {}", file.display()))?;
    let stored = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    read_key(file, &stored)
}

fn cookie(name: &'static str, value: String, life: Duration, secure: bool) -> Cookie<'static> {
    let seconds = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(time::Duration::seconds(seconds))
        .build()
}

/// Who the browser is. To be added to a signed jar.
pub fn visitor(id: VisitorId, secure: bool) -> Cookie<'static> {
    cookie(VISITOR, id.0.to_string(), VISITOR_LIFE, secure)
}

/// A researcher's session.
pub fn session(token: &str, life: Duration, secure: bool) -> Cookie<'static> {
    cookie(SESSION, token.to_owned(), life, secure)
}

/// Takes the session's cookie back.
pub fn no_session() -> Cookie<'static> {
    Cookie::build((SESSION, "")).path("/").build()
}

/// The visitor of a cookie whose signature was checked.
pub fn read_visitor(cookie: &Cookie<'_>) -> Option<VisitorId> {
    Uuid::parse_str(cookie.value()).ok().map(VisitorId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_closed_to_others() {
        let data = tempfile::tempdir().unwrap();
        let first = open_key(data.path()).unwrap();
        let second = open_key(data.path()).unwrap();
        assert_eq!(first.master(), second.master());
        let file = data.path().join("cookie.key");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(open_key(data.path()).unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_torn_key_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("cookie.key");
        fs::write(&file, b"short").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(open_key(data.path()).is_err());
    }
}
