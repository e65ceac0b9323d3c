//! Where the private Postgres lives, and who may go there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, User, chown};
use sha2::{Digest, Sha256};

use super::error::ClusterError;

/// A unix socket's path has room for this many bytes (108 with the final zero).
const SOCKET_PATH_BYTES: usize = 107;
/// Postgres names its socket after a port, also where it listens on none.
const SOCKET_NAME: &str = ".s.PGSQL.5432";
/// A log that has grown beyond this is set aside at the next start.
const LOG_BYTES: u64 = 16 * 1024 * 1024;

/// Souk's data folder where none is named: `SOUK_DATA`, else `/var/lib/souk` for root, else
/// `$XDG_DATA_HOME/souk` or `~/.local/share/souk`.
pub fn default_data_dir() -> Result<PathBuf, ClusterError> {
    let variable = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(named) = variable("SOUK_DATA") {
        return Ok(named);
    }
    if Uid::effective().is_root() {
        return Ok(PathBuf::from("/var/lib/souk"));
    }
    variable("XDG_DATA_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".local/share")))
        .map(|data| data.join("souk"))
        .ok_or(ClusterError::NoHome)
}

/// The user who runs Postgres, where that is not the one who runs Souk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Servant {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

/// Root hands Postgres to the user `postgres`; everybody else runs it as themselves.
fn servant() -> Result<Option<Servant>, ClusterError> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let user = User::from_name("postgres").ok().flatten().ok_or(ClusterError::NoUser)?;
    Ok(Some(Servant { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() }))
}

/// `{data_dir}/postgres` and what is in it.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    /// Souk's own folder; the locks lie here.
    root: PathBuf,
    /// Belongs to Postgres, closed to everybody else.
    home: PathBuf,
    socket: PathBuf,
    pub servant: Option<Servant>,
}

impl Folder {
    /// Makes what is missing, and checks that Postgres can get there.
    pub fn prepare(data_dir: &Path) -> Result<Folder, ClusterError> {
        let servant = servant()?;
        // The one who runs Postgres must get through, not look around.
        let mode = if servant.is_some() { 0o711 } else { 0o700 };
        make(data_dir, mode)?;
        let root =
            data_dir.canonicalize().map_err(ClusterError::io("find the data folder", data_dir))?;
        if let Some(servant) = &servant {
            check_way(&root, servant)?;
        }
        let home = root.join("postgres");
        make_private(&home, servant.as_ref())?;
        let socket = socket_folder(&home, &std::env::temp_dir());
        Ok(Folder { root, home, socket, servant })
    }

    /// Makes the socket's folder: before each start, for temporary folders are cleared at times.
    pub fn make_socket_folder(&self) -> Result<(), ClusterError> {
        make_private(&self.socket, self.servant.as_ref())
    }

    /// Removes it where it lies outside of the data folder. Not empty: somebody needs it.
    pub fn remove_socket_folder(&self) {
        if !self.socket.starts_with(&self.home)
            && let Err(error) = fs::remove_dir(&self.socket)
        {
            tracing::debug!(%error, "the socket's folder stays");
        }
    }

    /// PGDATA.
    pub fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// Where initdb works, so that a half-made PGDATA is never taken for a whole one.
    pub fn unfinished(&self) -> PathBuf {
        self.home.join("data.unfinished")
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    pub fn socket_lock(&self) -> PathBuf {
        self.socket.join(format!("{SOCKET_NAME}.lock"))
    }

    pub fn log(&self) -> PathBuf {
        self.home.join("log")
    }

    /// The log, open for appending, and its length so far.
    pub fn open_log(&self) -> Result<(File, u64), ClusterError> {
        let path = self.log();
        if fs::metadata(&path).is_ok_and(|log| log.len() > LOG_BYTES) {
            let aside = self.home.join("log.1");
            fs::rename(&path, &aside).map_err(ClusterError::io("set aside the log", &path))?;
        }
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(ClusterError::io("write the log", &path))?;
        let length = log.metadata().map_err(ClusterError::io("read the log", &path))?.len();
        Ok((log, length))
    }

    /// Held while Postgres is being started or stopped here.
    pub fn start_lock(&self) -> Result<File, ClusterError> {
        lock_file(&self.root.join("postgres.start.lock"))
    }

    /// Held in common by everybody who uses this Postgres. The kernel gives it back when a process
    /// ends, however it ends.
    pub fn users_lock(&self) -> Result<File, ClusterError> {
        lock_file(&self.root.join("postgres.users.lock"))
    }
}

fn lock_file(path: &Path) -> Result<File, ClusterError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(ClusterError::io("open the lock", path))
}

fn make(folder: &Path, mode: u32) -> Result<(), ClusterError> {
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(folder)
        .map_err(ClusterError::io("make the folder", folder))
}

/// A folder of the one who runs Postgres, mode 700. One that was there before must be that already:
/// in a public place such as the temporary folder, somebody else may have made it.
fn make_private(folder: &Path, servant: Option<&Servant>) -> Result<(), ClusterError> {
    let doing = "make the folder";
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {
            if let Some(servant) = servant {
                let (uid, gid) = (Uid::from_raw(servant.uid), Gid::from_raw(servant.gid));
                chown(folder, Some(uid), Some(gid))
                    .map_err(|errno| ClusterError::io(doing, folder)(errno.into()))?;
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(ClusterError::io(doing, folder)(error)),
    }
    let found = fs::symlink_metadata(folder).map_err(ClusterError::io("look at", folder))?;
    let owner = servant.map_or_else(|| Uid::effective().as_raw(), |servant| servant.uid);
    let private = found.is_dir() && found.uid() == owner && found.permissions().mode() & 0o077 == 0;
    if private { Ok(()) } else { Err(ClusterError::ForeignFolder { folder: folder.to_owned() }) }
}

/// Whether the servant may go through every folder down to `folder`. Groups beyond the first and
/// access lists are not looked at: Postgres itself has the last word.
fn check_way(folder: &Path, servant: &Servant) -> Result<(), ClusterError> {
    for step in folder.ancestors() {
        let found = fs::metadata(step).map_err(ClusterError::io("look at", step))?;
        let mode = found.permissions().mode() & 0o777;
        let class = match (found.uid() == servant.uid, found.gid() == servant.gid) {
            (true, _) => mode >> 6,
            (_, true) => mode >> 3,
            _ => mode,
        };
        if class & 1 == 0 {
            let user = servant.name.clone();
            return Err(ClusterError::Unreachable { user, folder: step.to_owned(), mode });
        }
    }
    Ok(())
}

/// Within the home where a socket's path has room for that; else in the temporary folder, under a
/// name that the home determines.
fn socket_folder(home: &Path, temporary: &Path) -> PathBuf {
    let own = home.join("run");
    if socket_fits(&own) {
        return own;
    }
    let hash = hex::encode(&Sha256::digest(home.as_os_str().as_encoded_bytes())[..8]);
    let name = format!("souk-{hash}");
    let short = temporary.join(&name);
    if socket_fits(&short) { short } else { Path::new("/tmp").join(name) }
}

/// Short enough, and without what Postgres' list of socket folders gives a meaning.
fn socket_fits(folder: &Path) -> bool {
    let bytes = folder.as_os_str().as_encoded_bytes();
    let plain = !bytes.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n'));
    plain && bytes.len() + 1 + SOCKET_NAME.len() <= SOCKET_PATH_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_moves_where_its_path_has_room() {
        let home = Path::new("/var/lib/souk/postgres");
        assert_eq!(socket_folder(home, Path::new("/tmp")), home.join("run"));

        let longest = format!("/{}", "d".repeat(SOCKET_PATH_BYTES - SOCKET_NAME.len() - 6));
        assert_eq!(
            socket_folder(Path::new(&longest), Path::new("/tmp")).parent(),
            Some(Path::new(&longest))
        );
        let longer = format!("{longest}d");
        let moved = socket_folder(Path::new(&longer), Path::new("/tmp"));
        assert!(moved.starts_with("/tmp") && socket_fits(&moved), "{}", moved.display());
        assert_eq!(
            moved,
            socket_folder(Path::new(&longer), Path::new(&longest)),
            "falls back to /tmp"
        );
        let other = socket_folder(Path::new(&format!("{longer}e")), Path::new("/tmp"));
        assert_ne!(moved, other, "each home has its own");
        assert!(socket_folder(Path::new("/a,b"), Path::new("/tmp")).starts_with("/tmp"));
    }

    #[test]
    fn a_closed_folder_on_the_way_is_named() {
        let scratch = tempfile::tempdir().expect("a temporary folder");
        let closed = scratch.path().join("closed");
        make(&closed.join("souk"), 0o755).expect("can be made");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("is ours");
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).expect("is ours");
        let stranger = Servant { name: "stranger".to_owned(), uid: 54_321, gid: 54_321 };
        let refused = check_way(&closed.join("souk"), &stranger).expect_err("is closed");
        let sentence = refused.to_string();
        assert!(sentence.contains("closed (mode 700)"), "{sentence}");
        assert!(sentence.contains("SOUK_DATA"), "{sentence}");
    }

    #[test]
    fn a_folder_that_others_may_read_is_not_used() {
        let scratch = tempfile::tempdir().expect("a temporary folder");
        let open = scratch.path().join("open");
        make(&open, 0o755).expect("can be made");
        assert!(matches!(make_private(&open, None), Err(ClusterError::ForeignFolder { .. })));
        let own = scratch.path().join("own");
        make_private(&own, None).expect("is new");
        make_private(&own, None).expect("is private still");
        std::os::unix::fs::symlink(&own, scratch.path().join("link")).expect("can be made");
        let link = make_private(&scratch.path().join("link"), None);
        assert!(matches!(link, Err(ClusterError::ForeignFolder { .. })), "links are not followed");
    }
}
