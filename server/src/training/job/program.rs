//! `souk job`: Souk's own trainer as a job of a cluster. It knows its run, Souk's address and the run's token, needs no
//! database, and keeps its state in a folder: begun again over the same folder it goes on from there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use policy::corpus::Deal;
use reqwest::{Method, Response, StatusCode};
use tokio_util::sync::CancellationToken;
use trainer::reinforce::Stage;
use wire::{JobFile, JobLine, JobProduct, JobWord, ProductId};

use super::spec::{JobSpec, hashed, listing};
use crate::roster::Roster;
use crate::training::ground::peak_memory;
use crate::training::record;
use crate::training::thread::{At, Ground, Handed, Judging, Keeper, Word, failure, train};

/// Souk is waited for so long where it does not answer: a restart, a failover, a cut network.
const PATIENCE: Duration = Duration::from_secs(600);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// For one answer; an iteration is some megabytes.
const ANSWER: Duration = Duration::from_secs(120);

/// What a job is begun with.
#[derive(Clone, Debug)]
pub struct Order {
    pub run: String,
    pub souk: String,
    pub token: String,
    /// Where the base and the run's state lie, below a folder of the run's own.
    pub folder: PathBuf,
}

/// Works until the run is over, paused or somebody else's.
///
/// # Errors
/// Where Souk does not answer, or refuses; what the training itself fails by is told to Souk.
pub async fn work(order: Order, roster: Roster, stop: &CancellationToken) -> Result<()> {
    let home = order.folder.join(&order.run);
    let link = Link::new(order);
    let spec: JobSpec = serde_json::from_slice(&link.get("").await?)
        .context("Souk's answer is not that of this version: use the same one on both sides")?;
    println!(
        "run {} goes on after iteration {} of {}",
        spec.run, spec.iteration, spec.plan.iterations
    );
    let outcome = train_all(&link, &home, spec, roster, stop).await;
    let (end, told) = match &outcome {
        Ok(Word::Lost) => bail!("the run is not this job's any more"),
        // There is nobody to be told.
        Err(error) if error.is::<Unheard>() => return outcome.map(drop),
        Ok(_) => (JobLine::End { code: None, sentence: None }, Ok(())),
        Err(error) => {
            eprintln!("{error:#}");
            let why = failure(error);
            let end = JobLine::End { code: Some(why.code), sentence: Some(why.sentence.clone()) };
            (end, Err(anyhow::anyhow!(why.sentence)))
        }
    };
    link.tell(&end).await?;
    told
}

async fn train_all(
    link: &Link,
    home: &Path,
    spec: JobSpec,
    roster: Roster,
    stop: &CancellationToken,
) -> Result<Word> {
    let base = base(link, home, &spec).await?;
    let (products, lessons) = deals(spec.train);
    let (judged_on, judging) = deals(spec.test);
    let ground = Ground {
        plan: spec.plan,
        deals: lessons,
        base,
        folder: home.join("state"),
        judging: Judging { deals: judging, done: spec.done.into_iter().collect() },
    };
    let keeper = Teller { link, products: &products, judged_on: &judged_on };
    let (_, word) = train(ground, roster, &keeper, stop).await?;
    Ok(word)
}

fn deals(products: Vec<JobProduct>) -> (Vec<ProductId>, Vec<Deal>) {
    let deal = |one: JobProduct| {
        (one.id, Deal { product: one.product, budget: one.budget, cost: one.cost })
    };
    products.into_iter().map(deal).unzip()
}

/// The folder of the base: Souk's files, fetched once, or a folder of the cluster by its name.
async fn base(link: &Link, home: &Path, spec: &JobSpec) -> Result<PathBuf> {
    if spec.base.is_empty() {
        let path = PathBuf::from(&spec.plan.base);
        ensure!(
            path.join("config.json").is_file(),
            "Souk does not have the model {}, and it is no folder here either",
            spec.plan.base
        );
        return Ok(path);
    }
    let folder = home.join("base");
    std::fs::create_dir_all(&folder)?;
    for JobFile { name, bytes, sha256 } in &spec.base {
        let path = folder.join(name);
        let wanted = (*bytes, sha256.clone());
        if hashed(&path).is_ok_and(|found| found == wanted) {
            continue;
        }
        let part = folder.join(format!("{name}.part"));
        link.fetch(&format!("/base/{name}"), &part).await?;
        ensure!(hashed(&part)? == wanted, "{name} of the base came broken: try again");
        std::fs::rename(&part, &path)?;
    }
    Ok(folder)
}

/// Tells Souk what the run comes to.
struct Teller<'a> {
    link: &'a Link,
    products: &'a [ProductId],
    judged_on: &'a [ProductId],
}

impl Keeper for Teller<'_> {
    async fn keep(&self, what: Handed) -> Result<bool> {
        let line = match what {
            Handed::Iteration(iteration, took) => {
                let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                println!("iteration {} took {:.1} s", iteration.number, took as f64 / 1000.0);
                JobLine::Iteration(record::iteration(
                    *iteration,
                    took,
                    self.products,
                    peak_memory(),
                ))
            }
            Handed::Sat(sat) => JobLine::Exam(record::exam(*sat, self.judged_on)),
            Handed::Checkpoint { iteration, folder, reward } => {
                let files = tokio::task::spawn_blocking({
                    let folder = folder.clone();
                    move || listing(&folder)
                });
                let files = files.await??;
                for file in &files {
                    let path = format!("/files/{iteration}/{}", file.name);
                    self.link.put(&path, &folder.join(&file.name)).await?;
                }
                JobLine::Checkpoint { iteration, reward, files }
            }
        };
        Ok(self.link.tell(&line).await? != JobWord::Lost)
    }

    async fn beat(&self, at: At) -> Option<Word> {
        let line = JobLine::At {
            stage: at.stage.map(|stage: Stage| stage.name().to_owned()),
            left_ms: at.left.map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX)),
        };
        // The next one may come through.
        match self.link.tell_once(&line).await {
            Ok(JobWord::Pause) => Some(Word::Pause),
            Ok(JobWord::Cancel) => Some(Word::Cancel),
            Ok(JobWord::Lost) => Some(Word::Lost),
            Ok(JobWord::On) | Err(Broken::Away(_)) => None,
            Err(Broken::Refused(why)) => {
                eprintln!("{why}");
                Some(Word::Lost)
            }
        }
    }
}

/// The way to Souk.
struct Link {
    root: String,
    token: String,
    http: reqwest::Client,
}

/// Souk was not there for too long, or wants nothing of this job.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unheard(String);

/// What goes with a request, as often as it is asked.
#[derive(Clone, Copy)]
enum Load<'a> {
    Nothing,
    Bytes(&'a [u8]),
    File(&'a Path),
}

impl Load<'_> {
    async fn body(self) -> std::io::Result<Option<reqwest::Body>> {
        Ok(match self {
            Load::Nothing => None,
            Load::Bytes(bytes) => Some(bytes.to_vec().into()),
            Load::File(path) => {
                let bytes = tokio_util::io::ReaderStream::new(tokio::fs::File::open(path).await?);
                Some(reqwest::Body::wrap_stream(bytes))
            }
        })
    }
}

enum Broken {
    /// It may pass.
    Away(String),
    Refused(String),
}

impl Link {
    fn new(order: Order) -> Link {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client without special settings");
        let root = format!("{}/api/v1/jobs/{}", order.souk.trim_end_matches('/'), order.run);
        Link { root, token: order.token, http }
    }

    async fn once(
        &self,
        method: Method,
        path: &str,
        body: Option<reqwest::Body>,
        patience: Option<Duration>,
    ) -> Result<Response, Broken> {
        let mut request =
            self.http.request(method, format!("{}{path}", self.root)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.body(body);
        }
        if let Some(patience) = patience {
            request = request.timeout(patience);
        }
        let response = request.send().await.map_err(|error| Broken::Away(error.to_string()))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let why = format!("{status}: {}", response.text().await.unwrap_or_default());
        let passes = status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        Err(if passes { Broken::Away(why) } else { Broken::Refused(why) })
    }

    /// Asks until Souk answers, or for [`PATIENCE`].
    async fn ask(
        &self,
        method: Method,
        path: &str,
        load: Load<'_>,
        patience: Option<Duration>,
    ) -> Result<Response> {
        let began = tokio::time::Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let body = load.body().await?;
            let why = match self.once(method.clone(), path, body, patience).await {
                Ok(response) => return Ok(response),
                Err(Broken::Refused(why)) => {
                    return Err(Unheard(format!("Souk refuses {path}: {why}")).into());
                }
                Err(Broken::Away(why)) => why,
            };
            if began.elapsed() > PATIENCE {
                let minutes = PATIENCE.as_secs() / 60;
                return Err(
                    Unheard(format!("Souk has not answered for {minutes} minutes: {why}")).into()
                );
            }
            eprintln!("Souk does not answer ({why}); it is asked again");
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    async fn get(&self, path: &str) -> Result<Vec<u8>> {
        let response = self.ask(Method::GET, path, Load::Nothing, Some(ANSWER)).await?;
        Ok(response.bytes().await?.to_vec())
    }

    async fn fetch(&self, path: &str, to: &Path) -> Result<()> {
        use futures::StreamExt;
        use tokio::io::AsyncWriteExt;
        let response = self.ask(Method::GET, path, Load::Nothing, None).await?;
        let mut file = tokio::fs::File::create(to).await?;
        let mut stream = response.bytes_stream();
        while let Some(bytes) = stream.next().await {
            file.write_all(&bytes?).await?;
        }
        file.sync_all().await?;
        Ok(())
    }

    async fn put(&self, path: &str, from: &Path) -> Result<()> {
        self.ask(Method::PUT, path, Load::File(from), None).await?;
        Ok(())
    }

    /// Tells a line until Souk has it.
    async fn tell(&self, line: &JobLine) -> Result<JobWord> {
        let bytes = line_of(line);
        let load = Load::Bytes(&bytes);
        let response = self.ask(Method::POST, "/lines", load, Some(ANSWER)).await?;
        Ok(serde_json::from_slice(&response.bytes().await?)?)
    }

    async fn tell_once(&self, line: &JobLine) -> Result<JobWord, Broken> {
        let body = Some(reqwest::Body::from(line_of(line)));
        let response =
            self.once(Method::POST, "/lines", body, Some(Duration::from_secs(5))).await?;
        let bytes = response.bytes().await.map_err(|error| Broken::Away(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|error| Broken::Away(error.to_string()))
    }
}

fn line_of(line: &JobLine) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(line).expect("a line has string keys");
    bytes.push(b'\n');
    bytes
}
