//! The server's settings, all of them environment variables.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use store::cluster::default_data_dir;

/// How the server runs. Each field names its default, its unit and its variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen. `SOUK_ADDR`, default `127.0.0.1:3030`. An address other than loopback is
    /// refused until a researcher has a password.
    pub addr: SocketAddr,
    /// The folder for the private Postgres and the cookie key. `SOUK_DATA`, default
    /// `/var/lib/souk` as root, else `$XDG_DATA_HOME/souk` or `~/.local/share/souk`.
    pub data: PathBuf,
    /// Where the events of old months are, once `souk archive` moved them: a folder, or `s3://bucket/prefix` with the
    /// usual variables `AWS_*`. `SOUK_ARCHIVE`, default `archive` in the data folder.
    pub archive: String,
    /// The folder with the page's files. `SOUK_SITE`, default `../site` from the folder of the
    /// program, else `site` in it.
    pub site: Option<PathBuf>,
    /// A PostgreSQL of yours. `DATABASE_URL`, default none: a private one is started in the data
    /// folder and stopped with the server.
    pub database_url: Option<String>,
    /// Open connections to the database, at most. `SOUK_DB_CONNECTIONS`, default 16.
    pub db_connections: u32,
    /// The address that browsers use, where a proxy stands in front, e.g. `https://souk.example`.
    /// `SOUK_ORIGIN`, default none: the request's own host, which for a server on loopback must be `localhost` or an
    /// address. With `https`, cookies are `Secure`.
    pub origin: Option<String>,
    /// Which log lines to write. `SOUK_LOG`, default `info`; syntax of `tracing`'s `EnvFilter`.
    pub log: String,
    /// `text`, `json`, or `auto` (text on a terminal, else JSON). `SOUK_LOG_FORMAT`, default `auto`.
    pub log_format: LogFormat,
    /// Requests that one session or API key may make in a second, in the long run.
    /// `SOUK_RATE_PER_SECOND`, default 50.
    pub rate_per_second: u32,
    /// Requests that one session or API key may make at once. `SOUK_RATE_BURST`, default 200.
    pub rate_burst: u32,
    /// New sessions that one network address may open in a minute. `SOUK_NEW_SESSIONS_PER_MINUTE`,
    /// default 1200.
    pub new_sessions_per_minute: u32,
    /// Proxies whose word about a visitor's address (`X-Forwarded-For`) is taken, as networks.
    /// `SOUK_TRUSTED_PROXIES`, such as `10.0.0.0/8, 192.0.2.7`, default none: the address that connects.
    pub trusted_proxies: Vec<IpNet>,
    /// Seconds that a client may take to send the head of a request, or its body, and that a connection may be
    /// idle; of long uploads, between two pieces. `SOUK_SLOW_S`, default 75: longer than proxies keep idle
    /// connections.
    pub slow: Duration,
    /// Folders below which a run's settings may name a model by its path, beside the models file's own and the
    /// runs of the data folder. `SOUK_MODEL_FOLDERS`, parted by `:`, default none.
    pub model_folders: Vec<PathBuf>,
    /// Attempts to sign in that one network address may make in a minute.
    /// `SOUK_SIGN_INS_PER_MINUTE`, default 10.
    pub sign_ins_per_minute: u32,
    /// Minutes after which a person may end a negotiation whose other person is silent.
    /// `SOUK_PARTNER_AWAY_MIN`, default 5.
    pub partner_away: Duration,
    /// Milliseconds that a negotiator seems to compose before it answers a person.
    /// `SOUK_COMPOSE_MS`, default 0.
    pub compose: Duration,
    /// Minutes for which a sign-in link works. `SOUK_LINK_MIN`, default 60.
    pub link_life: Duration,
    /// Days after which a researcher signs in again. `SOUK_SESSION_DAYS`, default 30.
    pub session_life: Duration,
    /// The file that names the language models. `SOUK_MODELS`, default: the one that came with the
    /// program (`../models/models.toml` or `../../models/models.toml` from its folder, else
    /// `models/models.toml` in it), or none.
    /// `none` is no file.
    pub models: ModelsSetting,
    /// Most memory for the weights of all loaded models together, in millions of bytes.
    /// `SOUK_MODEL_MEMORY_MB`, default: the models file's `budget_mb`, else what the machine has free.
    pub model_memory_mb: Option<u32>,
    /// Seconds after which a model stops composing for somebody who has left. `SOUK_LEFT_AFTER_S`,
    /// default 30.
    pub left_after: Duration,
    /// Milliseconds that negotiators seem to think for participants of studies, at the median; 0: no pause at all.
    pub study_think_ms: u32,
    /// Seconds for which a server that is told to end (SIGTERM) still answers, while `/readyz` says that it
    /// leaves: until whoever stands in front sends no more to it. `SOUK_DRAIN_S`, default 0.
    pub drain: Duration,
    /// Where Prolific publishes the keys of its signed links. `SOUK_PROLIFIC_KEYS`, default
    /// `https://api.prolific.com/.well-known/study/jwks.json`.
    pub prolific_keys: String,
    /// Whether `souk serve` starts a worker for training runs. `SOUK_WORKER`, `beside` or `none`,
    /// default `beside`: a process of its own, that yields to the server.
    pub worker: bool,
    /// The Ray cluster that training runs may be given to. `SOUK_RAY_ADDRESS`, default none.
    pub ray: Option<RaySettings>,
}

/// A Ray cluster, and how its jobs reach Souk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaySettings {
    /// Of its dashboard, which serves the Jobs API. `SOUK_RAY_ADDRESS`.
    pub address: String,
    /// `SOUK_RAY_TOKEN`, default none.
    pub token: Option<Token>,
    /// The shell command of Souk's own trainer there. `SOUK_RAY_ENTRYPOINT`, default `souk job`.
    pub entrypoint: String,
    /// The same of TRL, in a folder with `trainers/ray`. `SOUK_RAY_TRL_ENTRYPOINT`, default
    /// `python souk_trl.py`.
    pub trl_entrypoint: String,
    /// GPUs that a job asks for. `SOUK_RAY_GPUS`, default 0.
    pub gpus: u32,
    /// Souk's address as jobs see it. `SOUK_JOB_ADDRESS`, default `SOUK_ORIGIN`, else where it listens.
    pub souk: String,
    /// A cluster that does not answer for so long is lost. `SOUK_RAY_PATIENCE_S`, default 120.
    pub patience: Duration,
}

/// A secret of the settings, which nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Which file names the language models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ModelsSetting {
    /// The one that came with the program, where it is there.
    #[default]
    Bundled,
    File(PathBuf),
    /// No models.
    Nowhere,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Auto,
    Text,
    Json,
}

/// Every variable that is read, with its default and meaning, for `--help`.
pub const VARIABLES: [(&str, &str); 35] = [
    ("DATABASE_URL", "a PostgreSQL 14 or later of yours; none: a private one in SOUK_DATA"),
    ("SOUK_ADDR", "where to listen; 127.0.0.1:3030"),
    ("SOUK_DATA", "data folder; /var/lib/souk as root, else ~/.local/share/souk"),
    ("SOUK_ARCHIVE", "events of old months: a folder or s3://bucket/prefix; archive in SOUK_DATA"),
    ("SOUK_PG_BIN", "folder of PostgreSQL's programs for the private one; found by itself"),
    ("SOUK_SITE", "folder with the page's files; ../site from the program"),
    ("SOUK_DB_CONNECTIONS", "open connections to the database, at most; 16"),
    ("SOUK_ORIGIN", "the address that browsers use, behind a proxy; none"),
    ("SOUK_LOG", "which log lines to write, e.g. debug or info,server=debug; info"),
    ("SOUK_LOG_FORMAT", "text, json or auto; auto"),
    ("SOUK_RATE_PER_SECOND", "requests per second and session, in the long run; 50"),
    ("SOUK_RATE_BURST", "requests per session at once; 200"),
    ("SOUK_NEW_SESSIONS_PER_MINUTE", "new sessions per minute and network address; 1200"),
    (
        "SOUK_TRUSTED_PROXIES",
        "networks of proxies whose X-Forwarded-For is believed, e.g. 10.0.0.0/8; none",
    ),
    ("SOUK_SLOW_S", "seconds that a client may take to send a request, or be idle; 75"),
    ("SOUK_MODEL_FOLDERS", "more folders from which runs may take models, parted by `:`; none"),
    ("SOUK_SIGN_INS_PER_MINUTE", "sign-in attempts per minute and network address; 10"),
    ("SOUK_PARTNER_AWAY_MIN", "minutes of silence after which a person may end it; 5"),
    (
        "SOUK_STUDY_THINK_MS",
        "milliseconds that a negotiator of a study seems to think at the median, typing apart; 0 for no pause; 5000",
    ),
    (
        "SOUK_PROLIFIC_KEYS",
        "where Prolific publishes the keys of its signed links; https://api.prolific.com/.well-known/study/jwks.json",
    ),
    ("SOUK_COMPOSE_MS", "milliseconds that a negotiator seems to compose; 0"),
    ("SOUK_LINK_MIN", "minutes for which a sign-in link works; 60"),
    ("SOUK_SESSION_DAYS", "days after which a researcher signs in again; 30"),
    ("SOUK_MODELS", "file that names the language models, or none; the one beside the program"),
    ("SOUK_MODEL_MEMORY_MB", "megabytes for loaded models together; what is free"),
    ("SOUK_WORKER", "beside: serve starts a worker for training runs; none: it does not; beside"),
    ("SOUK_DRAIN_S", "seconds for which a server told to end still answers, not ready; 0"),
    ("SOUK_LEFT_AFTER_S", "seconds until a model stops for somebody who has left; 30"),
    ("SOUK_RAY_ADDRESS", "a Ray cluster's dashboard, for training runs; none"),
    ("SOUK_RAY_TOKEN", "the token that it wants; none"),
    ("SOUK_RAY_ENTRYPOINT", "the command of Souk's trainer on it; souk job"),
    ("SOUK_RAY_TRL_ENTRYPOINT", "the command of TRL on it; python souk_trl.py"),
    ("SOUK_RAY_GPUS", "GPUs that a job asks for; 0"),
    ("SOUK_RAY_PATIENCE_S", "seconds until a cluster that does not answer is lost; 120"),
    ("SOUK_JOB_ADDRESS", "Souk's address as jobs see it; SOUK_ORIGIN, else where it listens"),
];

/// Read by the build, the browser tests and `souk job`, and harmless here.
const OF_OTHERS: [&str; 7] = [
    "SOUK_BIN",
    "SOUK_BUILD_ID",
    "SOUK_CHROMIUM",
    "SOUK_RUN",
    "SOUK_ADDRESS",
    "SOUK_JOB_TOKEN",
    "SOUK_JOB_FOLDER",
];

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    #[error("`{0}` is not a setting of Souk; `souk serve --help` lists them")]
    Unknown(String),
    #[error("{variable}=`{value}` is not {expected}")]
    Value { variable: &'static str, value: String, expected: &'static str },
    #[error("set SOUK_DATA to a folder for Souk's data: without HOME there is no default for it")]
    NoHome,
}

impl Config {
    /// Reads this process's environment.
    ///
    /// # Errors
    /// A `SOUK_` variable that is not a setting, or a value that is not understood.
    pub fn from_env() -> Result<Config, BadConfig> {
        let vars = std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Config::from_vars(vars)
    }

    /// Reads settings from name and value pairs; others than Souk's are not looked at.
    pub fn from_vars(
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, BadConfig> {
        let vars = Vars(vars.into_iter().filter(|(_, value)| !value.is_empty()).collect());
        vars.refuse_unknown()?;
        let addr = vars.read(
            "SOUK_ADDR",
            SocketAddr::from((Ipv4Addr::LOCALHOST, 3030)),
            "an address with a port, such as 127.0.0.1:3030",
        )?;
        let data = match vars.text("SOUK_DATA") {
            Some(folder) => PathBuf::from(folder),
            None => default_data_dir().map_err(|_| BadConfig::NoHome)?,
        };
        let beside = || data.join("archive").to_string_lossy().into_owned();
        Ok(Config {
            addr,
            ray: vars.ray(addr)?,
            archive: vars.text("SOUK_ARCHIVE").unwrap_or_else(beside),
            data,
            site: vars.text("SOUK_SITE").map(PathBuf::from),
            database_url: vars.text("DATABASE_URL"),
            db_connections: vars.number("SOUK_DB_CONNECTIONS", 16)?,
            origin: vars.origin()?,
            log: vars.text("SOUK_LOG").unwrap_or_else(|| "info".to_owned()),
            log_format: vars.read("SOUK_LOG_FORMAT", LogFormat::Auto, "text, json or auto")?,
            rate_per_second: vars.number("SOUK_RATE_PER_SECOND", 50)?,
            rate_burst: vars.number("SOUK_RATE_BURST", 200)?,
            new_sessions_per_minute: vars.number("SOUK_NEW_SESSIONS_PER_MINUTE", 1200)?,
            trusted_proxies: vars.networks("SOUK_TRUSTED_PROXIES")?,
            slow: Duration::from_secs(u64::from(vars.number("SOUK_SLOW_S", 75)?)),
            model_folders: vars.folders("SOUK_MODEL_FOLDERS")?,
            sign_ins_per_minute: vars.number("SOUK_SIGN_INS_PER_MINUTE", 10)?,
            partner_away: minutes(vars.number("SOUK_PARTNER_AWAY_MIN", 5)?),
            compose: Duration::from_millis(vars.read(
                "SOUK_COMPOSE_MS",
                0,
                "a number of milliseconds, 0 or more",
            )?),
            link_life: minutes(vars.number("SOUK_LINK_MIN", 60)?),
            session_life: minutes(vars.number("SOUK_SESSION_DAYS", 30)?) * 60 * 24,
            models: match vars.text("SOUK_MODELS").as_deref() {
                None => ModelsSetting::Bundled,
                Some("none") => ModelsSetting::Nowhere,
                Some(path) => ModelsSetting::File(PathBuf::from(path)),
            },
            model_memory_mb: match vars.text("SOUK_MODEL_MEMORY_MB") {
                None => None,
                Some(_) => Some(vars.number("SOUK_MODEL_MEMORY_MB", 1)?),
            },
            left_after: Duration::from_secs(u64::from(vars.number("SOUK_LEFT_AFTER_S", 30)?)),
            drain: Duration::from_secs(vars.read(
                "SOUK_DRAIN_S",
                0,
                "a number of seconds, 0 or more",
            )?),
            study_think_ms: vars.read(
                "SOUK_STUDY_THINK_MS",
                5_000,
                "a number of milliseconds, 0 or more",
            )?,
            prolific_keys: vars.text("SOUK_PROLIFIC_KEYS").unwrap_or_else(|| {
                "https://api.prolific.com/.well-known/study/jwks.json".to_owned()
            }),
            worker: match vars.text("SOUK_WORKER").as_deref() {
                None | Some("beside") => true,
                Some("none") => false,
                Some(other) => {
                    let (value, expected) = (other.to_owned(), "`beside` or `none`");
                    return Err(BadConfig::Value { variable: "SOUK_WORKER", value, expected });
                }
            },
        })
    }

    /// Whether others than this machine can reach the server.
    pub fn is_public(&self) -> bool {
        let ip = match self.addr.ip() {
            IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4),
            v4 => v4,
        };
        !ip.is_loopback()
    }

    /// Whether cookies travel over https alone.
    pub fn secure_cookies(&self) -> bool {
        self.origin.as_deref().is_some_and(|origin| origin.starts_with("https://"))
    }
}

fn minutes(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 60)
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<LogFormat, ()> {
        match text {
            "auto" => Ok(LogFormat::Auto),
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(()),
        }
    }
}

struct Vars(BTreeMap<String, String>);

impl Vars {
    fn ray(&self, addr: SocketAddr) -> Result<Option<RaySettings>, BadConfig> {
        let Some(address) = self.text("SOUK_RAY_ADDRESS") else { return Ok(None) };
        if !(address.starts_with("http://") || address.starts_with("https://")) {
            let expected = "an address such as http://127.0.0.1:8265";
            return Err(BadConfig::Value {
                variable: "SOUK_RAY_ADDRESS",
                value: address,
                expected,
            });
        }
        let own = self.origin()?.unwrap_or_else(|| format!("http://{addr}"));
        Ok(Some(RaySettings {
            address,
            token: self.text("SOUK_RAY_TOKEN").map(Token),
            entrypoint: self.text("SOUK_RAY_ENTRYPOINT").unwrap_or_else(|| "souk job".to_owned()),
            trl_entrypoint: self
                .text("SOUK_RAY_TRL_ENTRYPOINT")
                .unwrap_or_else(|| "python souk_trl.py".to_owned()),
            gpus: self.read("SOUK_RAY_GPUS", 0, "a number of GPUs, 0 or more")?,
            souk: self.text("SOUK_JOB_ADDRESS").unwrap_or(own),
            patience: Duration::from_secs(u64::from(self.number("SOUK_RAY_PATIENCE_S", 120)?)),
        }))
    }

    fn refuse_unknown(&self) -> Result<(), BadConfig> {
        let known = |name: &str| {
            VARIABLES.iter().any(|(known, _)| *known == name) || OF_OTHERS.contains(&name)
        };
        match self.0.keys().find(|name| name.starts_with("SOUK_") && !known(name)) {
            Some(name) => Err(BadConfig::Unknown(name.clone())),
            None => Ok(()),
        }
    }

    fn text(&self, variable: &str) -> Option<String> {
        self.0.get(variable).cloned()
    }

    fn read<T: FromStr>(
        &self,
        variable: &'static str,
        default: T,
        expected: &'static str,
    ) -> Result<T, BadConfig> {
        let Some(value) = self.text(variable) else { return Ok(default) };
        value.parse().map_err(|_| BadConfig::Value { variable, value, expected })
    }

    fn number(&self, variable: &'static str, default: u32) -> Result<u32, BadConfig> {
        let expected = "a whole number, 1 or more";
        match self.read(variable, default, expected)? {
            0 => Err(BadConfig::Value { variable, value: "0".to_owned(), expected }),
            number => Ok(number),
        }
    }

    fn folders(&self, variable: &'static str) -> Result<Vec<PathBuf>, BadConfig> {
        let text = self.text(variable).unwrap_or_default();
        let read = |folder: PathBuf| {
            let expected = "absolute folders, parted by `:`";
            let value = folder.display().to_string();
            let wrong = BadConfig::Value { variable, value, expected };
            if folder.is_absolute() { Ok(folder) } else { Err(wrong) }
        };
        let parts = std::env::split_paths(&text).filter(|folder| !folder.as_os_str().is_empty());
        parts.map(read).collect()
    }

    /// Networks, or single addresses, parted by commas.
    fn networks(&self, variable: &'static str) -> Result<Vec<IpNet>, BadConfig> {
        let text = self.text(variable).unwrap_or_default();
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let read = |part: &str| {
            let alone = || part.parse::<IpAddr>().ok().map(IpNet::from);
            part.parse().ok().or_else(alone).ok_or_else(|| BadConfig::Value {
                variable,
                value: part.to_owned(),
                expected: "a network such as 10.0.0.0/8, or an address",
            })
        };
        parts.map(read).collect()
    }

    fn origin(&self) -> Result<Option<String>, BadConfig> {
        let variable = "SOUK_ORIGIN";
        let Some(value) = self.text(variable) else { return Ok(None) };
        let origin = value.trim_end_matches('/').to_owned();
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        match host {
            Some(host) if !host.is_empty() && !host.contains('/') => Ok(Some(origin)),
            _ => {
                let expected = "an address without a path, such as https://souk.example";
                Err(BadConfig::Value { variable, value, expected })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Config, BadConfig> {
        Config::from_vars(vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn defaults_are_loopback_and_a_folder_of_its_own() {
        let config = read(&[]).unwrap();
        assert_eq!(config.addr.to_string(), "127.0.0.1:3030");
        assert!(config.data.ends_with("souk"));
        assert!(!config.is_public());
        assert!(!config.secure_cookies());
    }

    #[test]
    fn a_misspelt_setting_is_refused_and_others_variables_are_not() {
        assert_eq!(read(&[("SOUK_ADRR", "x")]), Err(BadConfig::Unknown("SOUK_ADRR".to_owned())));
        assert!(read(&[("PATH", "/bin")]).is_ok());
    }

    #[test]
    fn bad_values_say_what_is_expected() {
        let bad = [
            ("SOUK_ADDR", "3030"),
            ("SOUK_RATE_BURST", "0"),
            ("SOUK_LOG_FORMAT", "xml"),
            ("SOUK_ORIGIN", "souk.example"),
            ("SOUK_ORIGIN", "https://souk.example/path"),
            ("SOUK_PARTNER_AWAY_MIN", "-1"),
            ("SOUK_TRUSTED_PROXIES", "10.0.0.0/8, the proxy"),
            ("SOUK_SLOW_S", "0"),
            ("SOUK_MODEL_FOLDERS", "/models:more"),
        ];
        for (variable, value) in bad {
            let error = read(&[(variable, value)]).unwrap_err().to_string();
            assert!(error.contains(variable), "{error}");
        }
    }

    #[test]
    fn models_are_bundled_named_or_none() {
        let table = [
            (vec![], ModelsSetting::Bundled),
            (vec![("SOUK_MODELS", "none")], ModelsSetting::Nowhere),
            (vec![("SOUK_MODELS", "/m/own.toml")], ModelsSetting::File("/m/own.toml".into())),
        ];
        for (vars, expected) in table {
            assert_eq!(read(&vars).unwrap().models, expected);
        }
        assert_eq!(read(&[]).unwrap().model_memory_mb, None);
        let some = read(&[("SOUK_MODEL_MEMORY_MB", "900")]).unwrap();
        assert_eq!(some.model_memory_mb, Some(900));
        assert!(read(&[("SOUK_MODEL_MEMORY_MB", "0")]).is_err());
    }

    #[test]
    fn public_is_whatever_is_not_loopback() {
        let table = [
            ("127.0.0.1:1", false),
            ("[::1]:1", false),
            ("[::ffff:127.0.0.1]:1", false),
            ("0.0.0.0:1", true),
            ("192.168.1.2:1", true),
            ("[::]:1", true),
        ];
        for (addr, public) in table {
            assert_eq!(read(&[("SOUK_ADDR", addr)]).unwrap().is_public(), public, "{addr}");
        }
    }
}
