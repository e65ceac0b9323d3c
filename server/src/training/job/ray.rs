//! A Ray cluster's jobs, over its Jobs REST API (Ray 2.60).

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use reqwest::{Method, Response};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

/// An answer is waited for so long; stopping a job takes some seconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// Of what a cluster says in refusal, so much is told.
const QUOTED: usize = 600;

/// A cluster's address, with the token that it wants.
#[derive(Clone)]
pub struct Cluster {
    address: String,
    token: Option<String>,
    http: reqwest::Client,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Why a cluster did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It may pass.
    #[error("the Ray cluster at {address} does not answer: {why}")]
    Away { address: String, why: String },
    /// The token is wrong, or the request.
    #[error("the Ray cluster at {address} refuses ({status}): {why}")]
    Refused { address: String, status: u16, why: String },
}

/// A job to be submitted.
#[derive(Clone, Debug)]
pub struct Submission {
    pub id: String,
    /// A shell command.
    pub entrypoint: String,
    pub environment: BTreeMap<String, String>,
    /// What [`Cluster::upload`] gave.
    pub working_dir: Option<String>,
    /// For the cluster's own pages.
    pub metadata: BTreeMap<String, String>,
    pub gpus: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Job {
    pub status: Status,
    /// With the end of its output, where it failed.
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub driver_exit_code: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    Pending,
    Running,
    Succeeded,
    Failed,
    Stopped,
}

impl Status {
    pub fn is_over(self) -> bool {
        matches!(self, Status::Succeeded | Status::Failed | Status::Stopped)
    }
}

impl Cluster {
    pub fn new(address: &str, token: Option<&str>) -> Cluster {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client without special settings");
        let address = address.trim_end_matches('/').to_owned();
        Cluster { address, token: token.map(str::to_owned), http }
    }

    /// Gives the cluster a job. One of the same id that it knows is left as it is: where an answer is lost, this may
    /// be asked again.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub async fn submit(&self, job: &Submission) -> Result<(), Trouble> {
        if self.find(&job.id).await?.is_some() {
            return Ok(());
        }
        let mut runtime = json!({ "env_vars": job.environment });
        if let Some(folder) = &job.working_dir {
            runtime["working_dir"] = json!(folder);
        }
        let body = json!({
            "entrypoint": job.entrypoint,
            "submission_id": job.id,
            "runtime_env": runtime,
            "metadata": job.metadata,
            "entrypoint_num_gpus": job.gpus,
        });
        self.ask(Method::POST, "/api/jobs/", Some(body.to_string().into_bytes())).await?;
        Ok(())
    }

    /// `None`: the cluster knows no such job.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub async fn find(&self, id: &str) -> Result<Option<Job>, Trouble> {
        match self.ask(Method::GET, &format!("/api/jobs/{id}"), None).await {
            Ok(response) => self.read(response).await.map(Some),
            Err(Trouble::Refused { status: 404, .. }) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// All that a job has printed.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub async fn log(&self, id: &str) -> Result<String, Trouble> {
        #[derive(Deserialize)]
        struct Logs {
            logs: Option<String>,
        }
        let response = self.ask(Method::GET, &format!("/api/jobs/{id}/logs"), None).await?;
        Ok(self.read::<Logs>(response).await?.logs.unwrap_or_default())
    }

    /// Stops a job; one that is over, or unknown, stays as it is.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub async fn stop(&self, id: &str) -> Result<(), Trouble> {
        match self.ask(Method::POST, &format!("/api/jobs/{id}/stop"), None).await {
            Ok(_) | Err(Trouble::Refused { status: 404, .. }) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    /// Puts an archive (ZIP) where jobs find it as their working folder; gives its address.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub async fn upload(&self, archive: Vec<u8>) -> Result<String, Trouble> {
        let name = format!("_ray_pkg_{}.zip", &hex::encode(Sha256::digest(&archive))[..32]);
        let path = format!("/api/packages/gcs/{name}");
        match self.ask(Method::GET, &path, None).await {
            Ok(_) => {}
            Err(Trouble::Refused { status: 404, .. }) => {
                self.ask(Method::PUT, &path, Some(archive)).await?;
            }
            Err(trouble) => return Err(trouble),
        }
        Ok(format!("gcs://{name}"))
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Response, Trouble> {
        let mut request = self.http.request(method, format!("{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.map_err(|error| self.away(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let why = response.text().await.unwrap_or_default();
        let why: String = why.trim().chars().take(QUOTED).collect();
        let address = self.address.clone();
        // A head that has just begun answers so, and a proxy before one that is away.
        Err(if status.is_server_error() {
            Trouble::Away { address, why: format!("{status} {why}") }
        } else {
            Trouble::Refused { address, status: status.as_u16(), why }
        })
    }

    async fn read<T: for<'a> Deserialize<'a>>(&self, response: Response) -> Result<T, Trouble> {
        let bytes = response.bytes().await.map_err(|error| self.away(&error))?;
        serde_json::from_slice(&bytes).map_err(|error| Trouble::Refused {
            address: self.address.clone(),
            status: 200,
            why: format!("its answer is not that of Ray's Jobs API: {error}"),
        })
    }

    /// The address is in the sentence already.
    fn away(&self, error: &reqwest::Error) -> Trouble {
        let mut why: &dyn std::error::Error = error;
        while let Some(source) = why.source() {
            why = source;
        }
        Trouble::Away { address: self.address.clone(), why: why.to_string() }
    }
}

/// Packs files as a working folder of a job: the same bytes for the same files.
///
/// # Panics
/// Never: it writes to memory.
pub fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, text) in files {
        zip.start_file(*name, options).expect("in memory");
        zip.write_all(text.as_bytes()).expect("in memory");
    }
    zip.finish().expect("in memory").into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ray_tells_a_job_so() {
        // As Ray 2.60.0 answered.
        let told = json!({
            "type": "SUBMISSION", "job_id": null, "submission_id": "x", "status": "FAILED",
            "entrypoint": "false", "message": "Job entrypoint command failed with exit code 1",
            "error_type": null, "driver_exit_code": 1, "runtime_env": {}
        });
        let job: Job = serde_json::from_value(told).expect("a job");
        assert!(job.status.is_over());
        assert_eq!((job.status, job.driver_exit_code), (Status::Failed, Some(1)));
    }

    #[test]
    fn a_token_is_shown_nowhere() {
        let cluster = Cluster::new("http://ray:8265/", Some("very secret"));
        assert!(!format!("{cluster:?}").contains("secret"));
        assert_eq!(cluster.address, "http://ray:8265");
    }

    #[test]
    fn the_same_files_make_the_same_archive() {
        let files = [("a.py", "print(1)"), ("b.txt", "")];
        assert_eq!(archive(&files), archive(&files));
    }
}
