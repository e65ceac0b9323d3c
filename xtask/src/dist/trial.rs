//! A stranger's first minutes: unpack the archive somewhere, start the program without any settings, ask for the page, and
//! bargain with the model that came along.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, chown};
use serde_json::{Value, json};

use super::ask::Visitor;
use super::folder::SUMS;
use super::needs;
use super::release::Release;
use crate::fleet::server::free_ports;
use crate::postgres::unprivileged;
use crate::process::{Run, tail};

/// Until the server is ready: it makes a database and a catalogue first.
const PATIENCE: Duration = Duration::from_secs(180);
/// Until a negotiator has answered; its first answer loads the model.
const ANSWER: Duration = Duration::from_secs(120);
/// Offers before the buyer leaves.
const ROUNDS: i64 = 6;
/// The model that comes along, by the name of its seat.
const MODEL: &str = "demo";

/// Unpacks and tries an archive; one line on what was found.
pub fn run(release: &Release, archive: &Path) -> Result<String> {
    let place = Place::create()?;
    Run::new("tar")
        .args(["--extract", "--gzip", "--no-same-owner", "--file"])
        .arg(archive)
        .arg("--directory")
        .arg(&place.0)
        .quiet()?;
    let folder = place.0.join(release.name());
    let is_whole = || Run::new("sha256sum").args(["--check", "--quiet", SUMS]).dir(&folder).quiet();
    is_whole()?;
    needs::check(&folder.join("bin/souk"))?;
    let mut server = Server::start(&folder, &place.home()?)?;
    let started = server.await_ready()?;
    let told = visit(release, server.port).with_context(|| server.said())?;
    server.stop()?;
    is_whole().context("the program wrote into its own folder")?;
    Ok(format!("ready after {:.1} s without settings; {told}", started.as_secs_f64()))
}

/// Asks for what a visitor needs.
fn visit(release: &Release, port: u16) -> Result<String> {
    let mut visitor = Visitor::new(port);
    let page = String::from_utf8(visitor.get("/")?)?;
    let files = named_files(&page);
    ensure!(!files.is_empty(), "the first page names no files of its own");
    for file in &files {
        ensure!(!visitor.get(file)?.is_empty(), "{file} is empty");
    }
    let api = visitor.get_json("/api/openapi.json")?;
    ensure!(
        api["info"]["version"] == release.version.as_str(),
        "the API says that its version is {}, the program {}",
        api["info"]["version"],
        release.version
    );
    let products = visitor.get_json("/api/v1/products")?;
    let product = &products["items"][0]["id"];
    ensure!(!product.is_null(), "the market is empty");
    let outcome = bargain(&mut visitor, product)?;
    let models = visitor.get_json("/api/v1/models")?;
    let tokens = tokens(&models).unwrap_or(0);
    ensure!(tokens > 0, "{MODEL} bargained without writing a token: {models}");
    let files = files.len();
    Ok(format!("the page has {files} files; {MODEL} bargained ({tokens} tokens) to {outcome}"))
}

/// Paths of the page's files in a document.
fn named_files(page: &str) -> Vec<String> {
    let ends = |c: char| matches!(c, '"' | '\'' | '&' | '<' | ' ');
    let mut files: Vec<String> = page
        .split("/pkg/")
        .skip(1)
        .filter_map(|rest| rest.split(ends).next())
        .filter(|file| !file.is_empty() && !file.ends_with('/'))
        .map(|file| format!("/pkg/{file}"))
        .collect();
    files.sort();
    files.dedup();
    files
}

/// Buys from the model: offers up to the own limit, takes what lies within it, leaves at last. Both limits and the rewards are
/// told at the end; the outcome's name.
fn bargain(visitor: &mut Visitor, product: &Value) -> Result<String> {
    let seats = json!({
        "buyer": { "type": "me" },
        "seller": { "type": "negotiator", "name": MODEL },
    });
    let new = json!({ "product": product, "seats": seats, "seed": 7, "key": key()? });
    let started = visitor.post("/api/v1/episodes", &new)?;
    let episode = started["id"].as_str().context("an episode has an id")?;
    let path = format!("/api/v1/episodes/{episode}");
    for round in 1.. {
        let page = await_turn(visitor, &path, round - 1)?;
        if is_over(&page) {
            break;
        }
        let limit = own_limit(&page).context("the buyer is not told its limit")?;
        let act = next_act(limit, standing_offer(&page), round);
        let play = json!({ "key": key()?, "talk": "How about this?", "act": act });
        visitor.post(&format!("{path}/moves"), &play)?;
    }
    let page = visitor.get_json(&path)?;
    ensure!(
        page["head"]["failure"].is_null(),
        "the negotiation broke: {}",
        page["head"]["failure"]
    );
    ensure!(moves(&page, "seller") > 0, "{MODEL} did not answer once");
    let reveal = visitor.get_json(&format!("{path}/reveal"))?;
    for role in ["buyer", "seller"] {
        let value = &reveal["scores"][role]["value"];
        ensure!(value.is_number(), "the {role} has no reward: {reveal}");
    }
    Ok(reveal["outcome"]["type"].as_str().unwrap_or("no outcome").to_owned())
}

/// Waits until the seller has answered so often, or it is over.
fn await_turn(visitor: &mut Visitor, path: &str, answers: i64) -> Result<Value> {
    let began = Instant::now();
    while began.elapsed() < ANSWER {
        let page = visitor.get_json(path)?;
        if is_over(&page) || moves(&page, "seller") >= answers {
            return Ok(page);
        }
        sleep(Duration::from_millis(200));
    }
    bail!("{MODEL} did not answer within {} s", ANSWER.as_secs())
}

/// From 60% of the limit upwards.
fn next_act(limit: i64, standing: Option<i64>, round: i64) -> Value {
    match standing {
        Some(price) if price <= limit => json!({ "type": "accept", "price": price }),
        _ if round > ROUNDS => json!({ "type": "quit" }),
        _ => json!({ "type": "offer", "price": limit * (60 + 5 * round) / 100 }),
    }
}

fn events(page: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    page["events"].as_array().into_iter().flatten()
}

fn is_over(page: &Value) -> bool {
    page["head"]["status"] == "over"
}

fn moves(page: &Value, role: &str) -> i64 {
    let count = events(page).filter(|e| e["kind"] == "moved" && e["body"]["by"] == role).count();
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Mills; whoever reads is told the own one alone.
fn own_limit(page: &Value) -> Option<i64> {
    events(page).find(|e| e["kind"] == "limit_set")?["body"]["limit"].as_i64()
}

/// The seller's last price.
fn standing_offer(page: &Value) -> Option<i64> {
    let offered = |e: &&Value| {
        e["kind"] == "moved" && e["body"]["by"] == "seller" && e["body"]["act"]["type"] == "offer"
    };
    events(page).rfind(offered)?["body"]["act"]["price"].as_i64()
}

/// What the model has written since the server started.
fn tokens(models: &Value) -> Option<u64> {
    let cards = models.as_array()?;
    cards.iter().find(|card| card["name"] == MODEL)?["tokens"].as_u64()
}

/// A key that nobody had before.
fn key() -> Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/uuid")?.trim().to_owned())
}

/// A folder away from the checkout, gone when dropped.
struct Place(PathBuf);

impl Place {
    fn create() -> Result<Place> {
        let folder = std::env::temp_dir().join(format!("souk-dist-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let place = Place(folder);
        fs::set_permissions(&place.0, fs::Permissions::from_mode(0o755))?;
        Ok(place)
    }

    /// The stranger's, and a file for what the program says.
    fn home(&self) -> Result<PathBuf> {
        let home = self.0.join("home");
        fs::create_dir(&home)?;
        if let Some((uid, gid)) = unprivileged()? {
            chown(&home, Some(uid.into()), Some(gid.into()))?;
        }
        Ok(home)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// `souk serve` in an empty environment, as nobody in particular. Killed when dropped.
struct Server {
    process: Child,
    port: u16,
    log: PathBuf,
}

impl Server {
    fn start(folder: &Path, home: &Path) -> Result<Server> {
        let port = free_ports(1)?[0];
        let log = home.with_file_name("log");
        let file = File::create(&log)?;
        let mut command = Command::new(folder.join("bin/souk"));
        command
            .arg("serve")
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home)
            .env("SOUK_ADDR", format!("127.0.0.1:{port}"))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        if let Some((uid, gid)) = unprivileged()? {
            command.uid(uid).gid(gid);
        }
        let process = command.spawn().context("the program does not start")?;
        Ok(Server { process, port, log })
    }

    fn await_ready(&mut self) -> Result<Duration> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.process.try_wait()? {
                bail!("it ended ({status}):\n{}", self.said());
            }
            let answer = Visitor::new(self.port).ask("GET", "/readyz", None);
            if answer.is_ok_and(|answer| answer.status == 200) {
                return Ok(began.elapsed());
            }
            sleep(Duration::from_millis(100));
        }
        bail!("it is not ready after {} s:\n{}", PATIENCE.as_secs(), self.said())
    }

    /// A polite end, which stops its PostgreSQL too.
    fn stop(mut self) -> Result<()> {
        kill(Pid::from_raw(self.process.id().cast_signed()), Signal::SIGTERM)?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            match self.process.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("it did not end well ({status}):\n{}", self.said()),
                None => sleep(Duration::from_millis(100)),
            }
        }
        bail!("it was told to end, and runs on:\n{}", self.said())
    }

    /// Its last words.
    fn said(&self) -> String {
        tail(&fs::read_to_string(&self.log).unwrap_or_default(), 30)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            // First politely, so that no PostgreSQL stays behind.
            let _ = kill(Pid::from_raw(self.process.id().cast_signed()), Signal::SIGTERM);
            sleep(Duration::from_secs(5));
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buyer_offers_more_takes_what_it_may_and_leaves() {
        assert_eq!(next_act(1000, None, 1), json!({ "type": "offer", "price": 650 }));
        assert_eq!(next_act(1000, Some(1001), 2), json!({ "type": "offer", "price": 700 }));
        assert_eq!(next_act(1000, Some(1000), 2), json!({ "type": "accept", "price": 1000 }));
        assert_eq!(next_act(1000, Some(1001), ROUNDS + 1), json!({ "type": "quit" }));
        let highest = next_act(1000, None, ROUNDS);
        assert!(highest["price"].as_i64() <= Some(1000), "{highest}");
    }

    #[test]
    fn a_page_of_an_episode_is_read() {
        let offer = |by: &str, price: i64| {
            let act = json!({ "type": "offer", "price": price });
            json!({ "kind": "moved", "body": { "by": by, "act": act } })
        };
        let limit = json!({ "kind": "limit_set", "body": { "role": "buyer", "limit": 900 } });
        let events = [limit, offer("seller", 5), offer("buyer", 3), offer("seller", 4)];
        let page = json!({ "head": { "status": "playing" }, "events": events });
        assert_eq!((own_limit(&page), standing_offer(&page)), (Some(900), Some(4)));
        assert_eq!((moves(&page, "seller"), is_over(&page)), (2, false));
        assert_eq!(standing_offer(&json!({})), None);
    }

    #[test]
    fn files_of_a_page_are_found_once() {
        let page = r#"<link href="/pkg/souk-1.css"><script>import('/pkg/2/souk.js')</script>
            <link href="/pkg/souk-1.css"> files lie under /pkg/ here"#;
        assert_eq!(named_files(page), ["/pkg/2/souk.js", "/pkg/souk-1.css"]);
    }

    #[test]
    fn the_models_tokens_are_those_of_its_card() {
        let models = json!([{ "name": "other", "tokens": 9 }, { "name": MODEL, "tokens": 4 }]);
        assert_eq!(tokens(&models), Some(4));
        assert_eq!(tokens(&json!([])), None);
    }
}
