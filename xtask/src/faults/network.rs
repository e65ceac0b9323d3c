//! Each server and the worker in a network namespace of its own, with two links to this one: by the
//! front link the proxy reaches it, by the database link it reaches PostgreSQL.

use anyhow::{Context, Result};

use crate::process::Run;

/// What a narrow link lets through: the queue holds up what comes faster for up to 300 ms, and the
/// rest is lost and sent again.
const NARROW: [&str; 7] = ["tbf", "rate", "200kbit", "burst", "4kb", "latency", "300ms"];
/// A queue without a place drops all.
const CUT: [&str; 3] = ["pfifo", "limit", "0"];
/// Of all links. What finds no link shall not leave the machine.
const RANGES: [&str; 2] = ["10.213.0.0/16", "10.214.0.0/16"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Front,
    Database,
}

/// Taken down when dropped.
#[derive(Debug)]
pub struct Network {
    prefix: String,
    rooms: usize,
}

impl Network {
    /// Needs root, and iproute2.
    pub fn create(rooms: usize) -> Result<Self> {
        let prefix = format!("sf{}", std::process::id());
        let network = Self { prefix, rooms };
        for range in RANGES {
            ip(&format!("route replace unreachable {range}"))?;
        }
        for room in 0..rooms {
            network.furnish(room).context("network namespaces cannot be made")?;
        }
        Ok(network)
    }

    /// The namespace's name.
    pub fn room(&self, room: usize) -> String {
        format!("{}n{room}", self.prefix)
    }

    /// Where the proxy reaches who is in it.
    pub fn inside(room: usize) -> String {
        format!("10.214.{room}.2")
    }

    /// Where who is in it reaches this side by the front link.
    pub fn front(room: usize) -> String {
        format!("10.214.{room}.1")
    }

    /// Where who is in it reaches PostgreSQL.
    pub fn database(room: usize) -> String {
        format!("10.213.{room}.1")
    }

    /// For `pg_hba.conf`: who comes from one of the namespaces.
    pub const HOSTS: &str = "host all all 10.213.0.0/16 trust\n";

    fn furnish(&self, room: usize) -> Result<()> {
        let name = self.room(room);
        ip(&format!("netns add {name}"))?;
        ip(&format!("-n {name} link set lo up"))?;
        for (link, subnet) in [(Link::Front, "10.214"), (Link::Database, "10.213")] {
            let outer = self.outer(room, link);
            let inner = inner(link);
            ip(&format!("link add {outer} type veth peer name {inner} netns {name}"))?;
            ip(&format!("addr add {subnet}.{room}.1/30 dev {outer}"))?;
            ip(&format!("-n {name} addr add {subnet}.{room}.2/30 dev {inner}"))?;
            ip(&format!("link set {outer} up"))?;
            ip(&format!("-n {name} link set {inner} up"))?;
        }
        // To everything else on this side.
        ip(&format!("-n {name} route add default via {}", Self::front(room)))?;
        Ok(())
    }

    fn outer(&self, room: usize, link: Link) -> String {
        let kind = match link {
            Link::Front => 'f',
            Link::Database => 'd',
        };
        format!("{}{kind}{room}", self.prefix)
    }

    /// Nothing goes through any more, and nobody is told.
    pub fn cut(&self, room: usize, link: Link) -> Result<()> {
        self.queue(room, link, "replace", &CUT)
    }

    /// Little goes through, late, and some is lost on the way.
    pub fn narrow(&self, room: usize, link: Link) -> Result<()> {
        self.queue(room, link, "replace", &NARROW)
    }

    /// As it was.
    pub fn mend(&self, room: usize, link: Link) -> Result<()> {
        self.queue(room, link, "del", &[])
    }

    /// At both ends.
    fn queue(&self, room: usize, link: Link, what: &str, kind: &[&str]) -> Result<()> {
        let name = self.room(room);
        for (words, device) in
            [(vec![], self.outer(room, link)), (vec!["-n", &name], inner(link).to_owned())]
        {
            Run::new("tc")
                .args(words)
                .args(["qdisc", what, "dev"])
                .arg(device)
                .arg("root")
                .args(kind.iter().copied())
                .quiet()?;
        }
        Ok(())
    }
}

/// The link's name within the namespace.
fn inner(link: Link) -> &'static str {
    match link {
        Link::Front => "front",
        Link::Database => "database",
    }
}

fn ip(words: &str) -> Result<()> {
    Run::new("ip").args(words.split(' ').map(str::to_owned)).quiet()
}

impl Drop for Network {
    fn drop(&mut self) {
        for room in 0..self.rooms {
            // With a link's end in it, the link goes too. What was never made is not there.
            for link in [Link::Front, Link::Database] {
                let _ = ip(&format!("link del {}", self.outer(room, link)));
            }
            let _ = ip(&format!("netns del {}", self.room(room)));
        }
        for range in RANGES {
            let _ = ip(&format!("route del unreachable {range}"));
        }
    }
}
