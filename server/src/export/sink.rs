//! Where the files of an export go: into a folder, or one after the other into a zip archive that is sent while it
//! is made.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

pub enum Sink {
    Folder(PathBuf),
    Zip(Box<ZipWriter<StreamWriter<Box<dyn Write + Send>>>>),
}

/// Passes what is written to a stream that somebody reads, and waits while they do not.
pub struct Pipe(pub tokio::sync::mpsc::Sender<io::Result<Vec<u8>>>);

impl Write for Pipe {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(data.to_vec()));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub name: String,
    pub rows: u64,
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
}

/// Passes on what is written, and keeps its hash.
pub struct Hashed<'a> {
    out: Box<dyn Write + Send + 'a>,
    sha256: Sha256,
    bytes: u64,
}

impl Write for Hashed<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let n = self.out.write(data)?;
        self.sha256.update(&data[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Sink {
    /// A new folder, or one that is empty.
    pub fn folder(path: PathBuf) -> Result<Sink> {
        std::fs::create_dir_all(&path).with_context(|| format!("no folder {}", path.display()))?;
        let mut files = std::fs::read_dir(&path)?;
        anyhow::ensure!(
            files.next().is_none(),
            "{} is not empty: name a new folder, so that nothing is overwritten",
            path.display()
        );
        Ok(Sink::Folder(path))
    }

    pub fn zip(out: Box<dyn Write + Send>) -> Sink {
        Sink::Zip(Box::new(ZipWriter::new_stream(out)))
    }

    /// Writes one file. `write` answers with its rows.
    pub fn file(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Hashed<'_>) -> Result<u64>,
    ) -> Result<Written> {
        let out: Box<dyn Write + Send + '_> = match self {
            Sink::Folder(folder) => {
                let path = folder.join(name);
                let file =
                    File::create(&path).with_context(|| format!("no file {}", path.display()))?;
                Box::new(BufWriter::new(file))
            }
            Sink::Zip(zip) => {
                // What is large is compressed already, or by the connection.
                let options = SimpleFileOptions::default()
                    .compression_method(CompressionMethod::Stored)
                    .large_file(true);
                zip.start_file(format!("souk-export/{name}"), options)?;
                Box::new(zip)
            }
        };
        let mut hashed = Hashed { out, sha256: Sha256::new(), bytes: 0 };
        let rows = write(&mut hashed)?;
        hashed.flush()?;
        let Hashed { sha256, bytes, .. } = hashed;
        Ok(Written { name: name.to_owned(), rows, bytes, sha256: hex::encode(sha256.finalize()) })
    }

    pub fn finish(self) -> Result<()> {
        if let Sink::Zip(zip) = self {
            zip.finish()?;
        }
        Ok(())
    }
}
