//! One consistent snapshot of the database in a file, by PostgreSQL's own pg_dump, and the way back.
//!
//! Statements here are checked when they run: they read databases of whatever schema.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, FromRow, PgConnection};
use tokio::process::Command;
use uuid::Uuid;

use crate::cluster::{ClusterError, find_dumpers};
use crate::connection::Store;
use crate::error::StoreError;
use crate::transaction::Transaction;

/// How long pg_dump waits for a table that is being altered, in milliseconds.
const LOCK_WAIT_MS: u32 = 60_000;

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Programs(#[from] ClusterError),
    #[error("cannot run {}: {source}", .program.display())]
    Run { program: PathBuf, source: std::io::Error },
    #[error("{} failed: {said}", .program.display())]
    Failed { program: PathBuf, said: String },
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> BackupError {
        BackupError::Store(error.into())
    }
}

/// The database at one moment, whatever is written meanwhile. Holds a connection until it is dropped.
pub struct Backup {
    transaction: Transaction,
    options: PgConnectOptions,
    snapshot: String,
    /// When the moment was: what was acknowledged before is in it.
    pub at: DateTime<Utc>,
    /// The last migration.
    pub schema: i64,
    /// PostgreSQL's major version.
    pub server: u32,
}

/// Weights that a row names.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct StoredWeights {
    /// Below the data folder.
    pub folder: String,
    pub bytes: i64,
    /// The negotiator that they play as.
    pub published: Option<String>,
}

/// A file of archived events that a row names.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct StoredObject {
    /// Within the archive.
    pub object: String,
    pub bytes: i64,
    /// In hexadecimal.
    pub sha256: String,
}

/// A run whose state may be gone on with.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct OpenRun {
    pub id: Uuid,
    /// The last iteration that is stored.
    pub iteration: i32,
}

impl Store {
    /// Begins a backup.
    ///
    /// # Errors
    /// `NotFound` where the database was never migrated: there is nothing of Souk's in it.
    pub async fn backup(&self) -> Result<Backup, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("set transaction isolation level repeatable read, read only")
            .execute(&mut *transaction)
            .await?;
        // It waits, idle, while pg_dump reads.
        sqlx::query("set local idle_in_transaction_session_timeout = 0")
            .execute(&mut *transaction)
            .await?;
        let schema = schema_of(&mut transaction).await?.ok_or(StoreError::NotFound("database"))?;
        let (snapshot, at, version): (String, DateTime<Utc>, i32) = sqlx::query_as(
            "select pg_export_snapshot(), now(), current_setting('server_version_num')::integer",
        )
        .fetch_one(&mut *transaction)
        .await?;
        let options = self.connect_options();
        let server = version.cast_unsigned() / 10_000;
        Ok(Backup { transaction, options, snapshot, at, schema, server })
    }

    /// Rows of each table; partitions count as their table.
    pub async fn table_counts(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        counts(&mut *self.pool.acquire().await?).await
    }

    /// Whether there is not one table.
    pub async fn is_blank(&self) -> Result<bool, StoreError> {
        Ok(tables(&mut *self.pool.acquire().await?).await?.is_empty())
    }

    /// PostgreSQL's major version.
    pub async fn server_major(&self) -> Result<u32, StoreError> {
        let version: i32 =
            sqlx::query_scalar("select current_setting('server_version_num')::integer")
                .fetch_one(&self.pool)
                .await?;
        Ok(version.cast_unsigned() / 10_000)
    }

    /// Reads a file of [`Backup::dump`] into a blank database: all of it or nothing.
    ///
    /// # Errors
    /// Where pg_restore is missing or refuses, with what it said.
    pub async fn restore(&self, file: &Path) -> Result<(), BackupError> {
        let options = self.connect_options();
        let program = find_dumpers(self.server_major().await?).await?.pg_restore();
        let mut command = reaching(&program, &options);
        command
            .args(["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"])
            .args(["--no-password", "--dbname", database(&options)])
            .arg(file);
        run(command, program).await
    }
}

impl Backup {
    /// Rows of each table at that moment.
    pub async fn counts(&mut self) -> Result<BTreeMap<String, i64>, StoreError> {
        counts(&mut self.transaction).await
    }

    /// Weights that runs kept.
    pub async fn weights(&mut self) -> Result<Vec<StoredWeights>, StoreError> {
        self.rows("checkpoints", "select folder, bytes, published from checkpoints order by folder")
            .await
    }

    /// Files of archived events.
    pub async fn objects(&mut self) -> Result<Vec<StoredObject>, StoreError> {
        let sql = "select object, bytes, sha256 from event_archives order by object";
        self.rows("event_archives", sql).await
    }

    /// Runs that are not over.
    pub async fn open_runs(&mut self) -> Result<Vec<OpenRun>, StoreError> {
        let sql = "select id, iteration from training_runs
                   where status in ('queued', 'running', 'paused') order by id";
        self.rows("training_runs", sql).await
    }

    /// None where an earlier schema has no such table.
    async fn rows<T>(&mut self, table: &str, sql: &'static str) -> Result<Vec<T>, StoreError>
    where
        T: for<'r> FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
    {
        let there: bool = sqlx::query_scalar("select to_regclass('public.' || $1) is not null")
            .bind(table)
            .fetch_one(&mut *self.transaction)
            .await?;
        if !there {
            return Ok(Vec::new());
        }
        Ok(sqlx::query_as(sql).fetch_all(&mut *self.transaction).await?)
    }

    /// Writes that moment into a file, compressed, in pg_dump's own format. The file keeps its mode where it is there.
    ///
    /// # Errors
    /// Where pg_dump is missing or refuses, with what it said.
    pub async fn dump(&self, file: &Path) -> Result<(), BackupError> {
        let program = find_dumpers(self.server).await?.pg_dump();
        let mut command = reaching(&program, &self.options);
        command
            .args(["--format=custom", "--no-owner", "--no-privileges", "--no-password"])
            .arg(format!("--lock-wait-timeout={LOCK_WAIT_MS}"))
            .arg(format!("--snapshot={}", self.snapshot))
            .arg("--file")
            .arg(file);
        run(command, program).await
    }
}

async fn run(mut command: Command, program: PathBuf) -> Result<(), BackupError> {
    let done = command.output().await;
    let done = done.map_err(|source| BackupError::Run { program: program.clone(), source })?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Err(BackupError::Failed { program, said })
}

/// A program of PostgreSQL's that works on the same database. By variables, for others may read a command's arguments.
fn reaching(program: &Path, options: &PgConnectOptions) -> Command {
    let mut command = Command::new(program);
    for other in ["PGSERVICE", "PGHOSTADDR", "PGOPTIONS", "PGTARGETSESSIONATTRS"] {
        command.env_remove(other);
    }
    let host = options.get_socket().map(|socket| socket.as_os_str().to_owned());
    command
        .env("PGHOST", host.unwrap_or_else(|| options.get_host().into()))
        .env("PGPORT", options.get_port().to_string())
        .env("PGUSER", options.get_username())
        .env("PGDATABASE", database(options))
        .env("PGSSLMODE", ssl_mode(options.get_ssl_mode()))
        .env("PGAPPNAME", "souk backup")
        .env("LC_MESSAGES", "C");
    let url = options.to_url_lossy();
    if let Some(password) = url.password() {
        command.env("PGPASSWORD", percent_decoded(password));
    }
    for (name, variable) in
        [("sslrootcert", "PGSSLROOTCERT"), ("sslcert", "PGSSLCERT"), ("sslkey", "PGSSLKEY")]
    {
        if let Some((_, file)) = url.query_pairs().find(|(key, _)| key == name) {
            // As sqlx prints it.
            command.env(variable, file.trim_start_matches("file: "));
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// A user's own database is the default.
fn database(options: &PgConnectOptions) -> &str {
    options.get_database().unwrap_or(options.get_username())
}

fn ssl_mode(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

/// What `%41` means; anything else stands as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let code = (first == b'%').then(|| text.get(text.len() - behind.len()..)).flatten();
        let code = code.and_then(|digits| u8::from_str_radix(digits.get(..2)?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn schema_of(connection: &mut PgConnection) -> Result<Option<i64>, StoreError> {
    let there: bool =
        sqlx::query_scalar("select to_regclass('public._sqlx_migrations') is not null")
            .fetch_one(&mut *connection)
            .await?;
    if !there {
        return Ok(None);
    }
    Ok(sqlx::query_scalar("select max(version) from _sqlx_migrations where success")
        .fetch_one(&mut *connection)
        .await?)
}

async fn tables(connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "select relname::text from pg_class
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
         order by relname",
    )
    .fetch_all(connection)
    .await?)
}

async fn counts(connection: &mut PgConnection) -> Result<BTreeMap<String, i64>, StoreError> {
    let mut counts = BTreeMap::new();
    for table in tables(connection).await? {
        let quoted = table.replace('"', "\"\"");
        let sql = format!("select count(*) from public.\"{quoted}\"");
        let rows = sqlx::query_scalar(&sql).fetch_one(&mut *connection).await?;
        counts.insert(table, rows);
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(url: &str) -> BTreeMap<String, String> {
        let options: PgConnectOptions = url.parse().expect("an address");
        let command = reaching(Path::new("pg_dump"), &options);
        let text = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
        let variables = command.as_std().get_envs();
        variables.filter_map(|(name, value)| Some((text(name), text(value?)))).collect()
    }

    #[test]
    fn a_password_goes_by_a_variable_as_it_is() {
        let set = variables("postgres://lab:p%40ss%25w%20rd@db.example:5433/souk?sslmode=require");
        let table = [
            ("PGHOST", "db.example"),
            ("PGPORT", "5433"),
            ("PGUSER", "lab"),
            ("PGPASSWORD", "p@ss%w rd"),
            ("PGDATABASE", "souk"),
            ("PGSSLMODE", "require"),
        ];
        for (name, value) in table {
            assert_eq!(set[name], value, "{name}");
        }
        let socket = variables("postgres://lab@localhost/souk?host=/run/postgresql");
        assert_eq!(socket["PGHOST"], "/run/postgresql");
        assert!(!socket.contains_key("PGPASSWORD"));
    }

    #[test]
    fn what_is_no_code_stands_as_it_is() {
        let table = [
            ("", ""),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz1", "%zz1"),
            ("a%41%C3%A4", "aAä"),
            ("ä%", "ä%"),
        ];
        for (text, expected) in table {
            assert_eq!(percent_decoded(text), expected, "{text}");
        }
    }
}
