//! What a person reads: one line per step with the time since the start.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Prints steps with their times; plain lines, so that a log file is as good as a terminal.
#[derive(Debug)]
pub struct Report {
    started: Instant,
}

impl Report {
    /// The clock starts now.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// One line of progress.
    pub fn say(&self, line: &str) {
        println!("[{:>6}] {line}", clock(self.elapsed()));
    }

    /// Runs a step between two lines.
    pub fn step<T>(&self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.say(&format!("{name} ..."));
        let before = Instant::now();
        let result = work();
        let took = clock(before.elapsed());
        match &result {
            Ok(_) => self.say(&format!("{name}: done in {took}")),
            Err(_) => self.say(&format!("{name}: FAILED after {took}")),
        }
        result
    }
}

/// `7.3s` under a minute, `4:05` from there on.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        return format!("{:.1}s", time.as_secs_f64());
    }
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_is_short() {
        assert_eq!(clock(Duration::from_millis(7_340)), "7.3s");
        assert_eq!(clock(Duration::from_secs(245)), "4:05");
        assert_eq!(clock(Duration::from_secs(3_600)), "60:00");
    }
}
