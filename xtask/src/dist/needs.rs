//! What a program asks of the machine that it runs on.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process::Run;

/// Libraries that the program is linked to, and the oldest glibc with all that it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    pub libraries: Vec<String>,
    pub glibc: String,
}

impl Needs {
    /// By objdump, of the program's own tables: without the libraries of this machine.
    pub fn of(program: &Path) -> Result<Needs> {
        let objdump = |flag: &str| Run::new("objdump").arg(flag).arg(program).output();
        let glibc = newest_glibc(&objdump("-T")?);
        Ok(Needs {
            libraries: libraries(&objdump("-p")?),
            glibc: glibc.context("the program names no version of glibc")?,
        })
    }
}

/// `  NEEDED               libm.so.6`
fn libraries(said: &str) -> Vec<String> {
    let mut found: Vec<String> = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix("NEEDED"))
        .map(|name| name.trim().to_owned())
        .collect();
    found.sort();
    found
}

fn newest_glibc(said: &str) -> Option<String> {
    let number = |text: &str| -> Vec<u32> { text.split('.').flat_map(str::parse).collect() };
    said.split("GLIBC_")
        .skip(1)
        .map(|rest| rest.split(|c: char| c != '.' && !c.is_ascii_digit()).next().unwrap_or(""))
        .filter(|version| !version.is_empty())
        .max_by_key(|version| number(version))
        .map(str::to_owned)
}

/// That this machine has every library of the program.
pub fn check(program: &Path) -> Result<()> {
    let said = Run::new("ldd").arg(program).output()?;
    if let Some(missing) = said.lines().find(|line| line.contains("not found")) {
        bail!("the program misses a library: {}", missing.trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_versions_counts_as_numbers() {
        let table = "\
            0000 DF *UND* 0000 (GLIBC_2.2.5) write\n\
            0000 DF *UND* 0000 (GLIBC_2.34) dlsym\n\
            0000 DF *UND* 0000 (GLIBC_2.4) __stack_chk_fail\n";
        assert_eq!(newest_glibc(table).unwrap(), "2.34");
        assert_eq!(newest_glibc("0000 DF .text main"), None);
    }

    #[test]
    fn libraries_are_those_that_the_program_names() {
        let table = "Dynamic Section:\n  NEEDED               libm.so.6\n  NEEDED               \
                     libc.so.6\n  SONAME               libx.so\n";
        assert_eq!(libraries(table), ["libc.so.6", "libm.so.6"]);
    }
}
