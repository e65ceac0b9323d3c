//! Skipping what is done: a step is skipped when its inputs hash to what they
//! did when it last succeeded and its outputs are still there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where one step notes the hash of its inputs.
#[derive(Debug)]
pub struct Stamp {
    file: PathBuf,
    inputs: String,
}

impl Stamp {
    /// The note `name` in `folder` for a step whose inputs hash to `inputs`.
    pub fn new(folder: &Path, name: &str, inputs: String) -> Self {
        Self { file: folder.join(format!("{name}.stamp")), inputs }
    }

    /// Whether the step was done with these inputs and left all of `outputs`.
    pub fn is_fresh(&self, outputs: &[&Path]) -> bool {
        let noted = fs::read_to_string(&self.file).unwrap_or_default();
        noted == self.inputs && outputs.iter().all(|output| output.exists())
    }

    /// Notes that the step is done.
    pub fn write(&self) -> Result<()> {
        let folder = self.file.parent().context("a stamp lies in a folder")?;
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&self.file, &self.inputs))
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_fresh_until_its_inputs_or_outputs_change() {
        let folder = std::env::temp_dir().join(format!("souk-stamp-{}", std::process::id()));
        let output = folder.join("output");
        let stamp = |inputs: &str| Stamp::new(&folder, "step", inputs.to_owned());
        assert!(!stamp("a").is_fresh(&[]));
        stamp("a").write().unwrap();
        assert!(stamp("a").is_fresh(&[]));
        assert!(!stamp("b").is_fresh(&[]));
        assert!(!stamp("a").is_fresh(&[&output]));
        fs::write(&output, "").unwrap();
        assert!(stamp("a").is_fresh(&[&output]));
        fs::remove_dir_all(&folder).unwrap();
    }
}
