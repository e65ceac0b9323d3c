//! What a run takes on 1, 8 and 64 GPUs, as a simulation: of the rollouts, the update, the report to Souk, and the queue
//! of runs. Nothing of it was measured on a GPU. What is measured, published and assumed is in `constants.rs`.
//!
//! `cargo run -p rl --example scale -- [memory|check|iterations|parts|counterparts|larger|queue] [--gpu h100]`; without a name all
//! tables, as Markdown. Seeded: the same tables each time. `cargo test -p rl --example scale` tests the arithmetic.

mod constants;
mod iteration;
mod machine;
mod presets;
mod queue;
mod rollouts;
mod tables;
mod talk;

use std::error::Error;

use machine::{H100, H200, Machine};
use presets::{NAMES, Preset};

type Table = fn(&[Preset], &Machine) -> Result<String, Box<dyn Error>>;

const TABLES: [(&str, &str, Table); 7] = [
    ("memory", "Memory", tables::memory),
    ("check", "Against what was measured on two cores", tables::check),
    ("iterations", "An iteration", tables::iterations),
    ("parts", "Where the time goes, percent", tables::parts),
    ("counterparts", "Who sits across", tables::counterparts),
    ("larger", "Larger iterations", tables::larger),
    ("queue", "The queue of runs, a month", tables::queue),
];

fn main() -> Result<(), Box<dyn Error>> {
    let (mut wanted, mut machine) = (Vec::new(), H200);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--gpu" => {
                machine = match arguments.next().as_deref() {
                    Some("h100") => H100,
                    Some("h200") => H200,
                    _ => return Err("--gpu is h100 or h200".into()),
                }
            }
            name if TABLES.iter().any(|(known, _, _)| *known == name) => {
                wanted.push(name.to_owned());
            }
            other => return Err(format!("`{other}` is no table").into()),
        }
    }
    println!("A simulation. GPUs are {}, as their maker publishes them.\n", machine.name);
    let presets = NAMES.into_iter().map(Preset::named).collect::<Result<Vec<_>, _>>()?;
    for (name, title, table) in TABLES {
        if wanted.is_empty() || wanted.iter().any(|some| some == name) {
            println!("### {title}\n\n{}", table(&presets, &machine)?);
        }
    }
    Ok(())
}
