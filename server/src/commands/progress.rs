//! Progress on the terminal: one line that is rewritten, or now and then a new one in a log.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Between two lines of a log, at least.
const PAUSE: Duration = Duration::from_secs(10);

/// The line of a job. Dropped, it leaves the cursor on a new line.
pub struct Progress {
    on_terminal: bool,
    told: Option<Instant>,
    open: bool,
}

impl Progress {
    pub fn new() -> Progress {
        Progress { on_terminal: std::io::stderr().is_terminal(), told: None, open: false }
    }

    /// Tells where the job is; `matters`: also in a log that heard the last one just now.
    pub fn tell(&mut self, matters: bool, line: impl FnOnce() -> String) {
        let due = self.told.is_none_or(|told| told.elapsed() >= PAUSE);
        if self.on_terminal {
            // Nobody is there to hear that standard error is closed.
            let _ = write!(std::io::stderr(), "\r\x1b[2Ksouk: {}", line());
            self.open = true;
        } else if due || matters {
            eprintln!("souk: {}", line());
            self.told = Some(Instant::now());
        }
    }

    /// A line that stays.
    pub fn say(&mut self, line: &str) {
        self.close();
        eprintln!("souk: {line}");
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            eprintln!();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.close();
    }
}

/// A duration as a person says it.
pub fn spoken(left: Duration) -> String {
    match left.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spoken() {
        let table = [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3725, "1 h 2 min")];
        for (seconds, expected) in table {
            assert_eq!(spoken(Duration::from_secs(seconds)), expected);
        }
    }
}
