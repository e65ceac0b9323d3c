//! The way to the remote engine: bytes pass both ways, until they shall not.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// What becomes of the engine's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open = 0,
    /// Nothing comes any more.
    Hangs = 1,
    /// The connection ends in the middle of the answer.
    Cuts = 2,
    /// Other bytes come.
    Garbles = 3,
}

/// Where the engine is reached. Open until the program ends.
#[derive(Debug)]
pub struct Gate {
    pub port: u16,
    way: Arc<AtomicU8>,
}

impl Gate {
    /// Listens on all addresses, for those in other namespaces; passes on to `engine`.
    pub fn open(engine: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("0.0.0.0:0").context("no port is free")?;
        let port = listener.local_addr()?.port();
        let way = Arc::new(AtomicU8::new(Way::Open as u8));
        let theirs = Arc::clone(&way);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let way = Arc::clone(&theirs);
                // Whoever finds nobody there sees the connection end.
                thread::spawn(move || pass(client, engine, &way));
            }
        });
        Ok(Self { port, way })
    }

    pub fn set(&self, way: Way) {
        self.way.store(way as u8, Ordering::Relaxed);
    }
}

fn pass(client: TcpStream, engine: SocketAddr, way: &Arc<AtomicU8>) -> std::io::Result<()> {
    let server = TcpStream::connect_timeout(&engine, Duration::from_secs(2))?;
    let (mut asking, mut asked) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = std::io::copy(&mut asking, &mut asked);
        asked.shutdown(Shutdown::Write)
    });
    answers(server, client, way)
}

fn answers(mut from: TcpStream, mut to: TcpStream, way: &AtomicU8) -> std::io::Result<()> {
    let mut chunk = [0; 4096];
    loop {
        let many = from.read(&mut chunk)?;
        while way.load(Ordering::Relaxed) == Way::Hangs as u8 {
            thread::sleep(Duration::from_millis(50));
        }
        if many == 0 {
            return to.shutdown(Shutdown::Both);
        }
        match way.load(Ordering::Relaxed) {
            cuts if cuts == Way::Cuts as u8 => {
                to.write_all(&chunk[..many / 2])?;
                from.shutdown(Shutdown::Both)?;
                return to.shutdown(Shutdown::Both);
            }
            garbles if garbles == Way::Garbles as u8 => {
                for byte in &mut chunk[..many] {
                    *byte ^= 0x55;
                }
                to.write_all(&chunk[..many])?;
            }
            _ => to.write_all(&chunk[..many])?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers each connection with the same words, and ends it.
    fn engine() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                client.write_all(b"a good answer").unwrap();
            }
        });
        address
    }

    fn heard(gate: &Gate) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", gate.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut heard = Vec::new();
        // A gate that hangs ends it by the timeout.
        let _ = stream.read_to_end(&mut heard);
        heard
    }

    #[test]
    fn answers_pass_until_they_shall_not() {
        let gate = Gate::open(engine()).unwrap();
        assert_eq!(heard(&gate), b"a good answer");
        gate.set(Way::Cuts);
        assert_eq!(heard(&gate), b"a good");
        gate.set(Way::Garbles);
        let garbled = heard(&gate);
        assert!(garbled.len() == 13 && garbled != b"a good answer");
        gate.set(Way::Hangs);
        assert_eq!(heard(&gate), b"");
        gate.set(Way::Open);
        assert_eq!(heard(&gate), b"a good answer");
    }
}
