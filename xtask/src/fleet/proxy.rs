//! nginx in front of the servers: sockets are passed on, nobody is kept at one server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use anyhow::{Context, Result};

use crate::apt;
use crate::process::{Run, find_on_path};
use crate::report::Report;
use crate::workspace::Workspace;

/// Finds nginx, or unpacks Debian's package into the target folder; nothing is installed from it,
/// for that would start a server of the machine's own.
pub fn nginx(workspace: &Workspace, report: &Report) -> Result<PathBuf> {
    let system = PathBuf::from("/usr/sbin/nginx");
    if let Some(found) = find_on_path("nginx").or_else(|| system.is_file().then_some(system)) {
        return Ok(found);
    }
    let folder = workspace.notes().join("nginx");
    let program = folder.join("usr/sbin/nginx");
    if !program.is_file() {
        report
            .step("fetching nginx from Debian", || apt::unpack("nginx", &folder))
            .context("the fleet needs nginx: run `sudo apt-get install nginx-light` once")?;
    }
    Ok(program)
}

/// Ended when dropped.
#[derive(Debug)]
pub struct Proxy {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    master: Child,
}

impl Proxy {
    /// Answers at `port` for the servers at these addresses.
    pub fn start(program: &Path, place: &Path, port: u16, servers: &[String]) -> Result<Self> {
        let folder = place.join("nginx");
        fs::create_dir(&folder)?;
        fs::write(folder.join("nginx.conf"), configuration(&folder, port, servers))?;
        let mut command = started(program, &folder).into_command();
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let master = command.spawn().context("cannot start nginx")?;
        Ok(Self { program: program.to_path_buf(), folder, port, master })
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Passes requests to these servers from now on; who is connected stays so.
    pub fn serve_by(&self, servers: &[String]) -> Result<()> {
        let text = configuration(&self.folder, self.port, servers);
        fs::write(self.folder.join("nginx.conf"), text)?;
        started(&self.program, &self.folder).args(["-s", "reload"]).quiet()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = started(&self.program, &self.folder).args(["-s", "stop"]).quiet();
        let _ = self.master.wait();
    }
}

fn started(program: &Path, folder: &Path) -> Run {
    let error_log = folder.join("error.log");
    Run::new(program)
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(folder.join("nginx.conf"))
        .arg("-e")
        .arg(error_log)
}

/// What a request needs to get through is here, and nothing that knows of Souk: a server that does
/// not take the connection is passed over (`proxy_next_upstream`, also for a POST, which has not been
/// sent then), and what broke in the middle is the client's to repeat.
fn configuration(folder: &Path, port: u16, servers: &[String]) -> String {
    let servers: Vec<String> = servers
        .iter()
        .map(|server| format!("        server {server} max_fails=1 fail_timeout=1s;"))
        .collect();
    let (folder, servers) = (folder.display(), servers.join("\n"));
    format!(
        "daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 10000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_kind {{ default upgrade; '' close; }}
    upstream souk {{
{servers}
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://souk;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_kind;
            proxy_connect_timeout 2s;
            proxy_read_timeout 90s;
            proxy_next_upstream error timeout;
        }}
    }}
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_is_named() {
        let text = configuration(
            Path::new("/tmp/x"),
            80,
            &["127.0.0.1:81".to_owned(), "10.0.0.2:82".to_owned()],
        );
        assert!(text.contains("listen 127.0.0.1:80 "), "{text}");
        assert!(text.contains("server 127.0.0.1:81 ") && text.contains("server 10.0.0.2:82 "));
    }
}
