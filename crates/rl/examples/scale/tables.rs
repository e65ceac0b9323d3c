//! The tables, as Markdown.

use std::error::Error;
use std::fmt::Write;

use crate::constants as c;
use crate::iteration::{Iteration, Layout, PARTS, Setting, best_apart};
use crate::machine::{CORES, Machine};
use crate::presets::Preset;
use crate::queue::Cluster;
use crate::talk::{Counterpart, Manner};

const GPUS: [usize; 3] = [1, 8, 64];

type Written = Result<String, Box<dyn Error>>;

/// Bytes as `souk train --dry-run` says them.
fn gigabytes(bytes: f64) -> String {
    format!("{:.1} GB", bytes / 1e9)
}

fn row(text: &mut String, cells: &[String]) {
    writeln!(text, "| {} |", cells.join(" | ")).expect("a string takes any text");
}

fn head(columns: &str) -> String {
    let count = columns.split('|').count();
    format!("| {columns} |\n|{}\n", "---|".repeat(count))
}

fn setting<'a>(preset: &'a Preset, machine: &'a Machine, gpus: usize) -> Setting<'a> {
    let (layout, counterpart) = (Layout::Together, Counterpart::Script);
    Setting { preset, machine, gpus, layout, counterpart, groups: preset.groups() }
}

/// What Souk's own trainer asks for (rl::estimate), and what the same takes on a GPU in bf16.
pub fn memory(presets: &[Preset], machine: &Machine) -> Written {
    let mut text = head(
        "preset | weights | memory, 32 bits on a processor: all (weights, learning, activations, caches) | longest negotiation | drawn an iteration, at most; the whole run",
    );
    for preset in presets {
        let estimate = &preset.model.estimate;
        let drawn = estimate.drawn_tokens;
        let parts = [estimate.weights, estimate.learning, estimate.activations, estimate.caches];
        let parts = parts.map(|bytes| gigabytes(bytes as f64)).join(", ");
        let memory = format!("{} ({parts})", gigabytes(estimate.memory() as f64));
        let whole = drawn * u64::from(preset.plan.iterations);
        row(
            &mut text,
            &[
                preset.name.to_owned(),
                thousands(preset.model.parameters()),
                memory,
                format!("{} tokens", estimate.longest),
                format!("{}; {} tokens", thousands(drawn as f64), thousands(whole as f64)),
            ],
        );
    }
    text.push('\n');
    text.push_str(&head(
        "preset | weights in bf16 | learner beside them | caches by token; by longest negotiation | open at once on one GPU that samples and learns; that samples only | new weights to bring | base to fetch",
    ));
    for preset in presets {
        let model = &preset.model;
        let (by_token, longest) = (model.cache_bytes(machine), model.estimate.longest as f64);
        let both = model.slots(machine, model.learner_bytes());
        row(
            &mut text,
            &[
                preset.name.to_owned(),
                gigabytes(model.weight_bytes(machine)),
                gigabytes(model.learner_bytes()),
                format!("{:.1} kB; {:.1} MB", by_token / 1e3, by_token * longest / 1e6),
                format!("{both}; {}", model.slots(machine, 0.0)),
                gigabytes(model.learnt * machine.number),
                format!("{}, {:.0} s", gigabytes(model.weight_bytes(machine)), fetch_s(preset, 1)),
            ],
        );
    }
    Ok(text)
}

/// Seconds in which so many jobs fetch their base at once from one Souk.
fn fetch_s(preset: &Preset, jobs: usize) -> f64 {
    preset.model.parameters() * c::BF16 * jobs as f64 / c::NETWORK
}

/// Two runs that were measured. The shares of the peak were set by the first one; the second is a prediction.
pub fn check(presets: &[Preset], _: &Machine) -> Written {
    let laptop = presets.first().ok_or("the laptop preset is the first")?;
    let mut text = head("run | rollouts | update | iteration, simulated | measured");
    let runs = [
        ("2026-11-25", c::DEMO_DRAWN, c::DEMO_READ, "25 + 29 = 54 s"),
        ("2026-11-29, other model", c::DEMO_DRAWN_LATER, c::DEMO_READ_LATER, "15 + 26 = 41 s"),
    ];
    for (name, drawn, read, measured) in runs {
        let most = f64::from(laptop.plan.rollout.most_tokens);
        let manner =
            Manner::of_totals(drawn, read, c::DEMO_PROMPT_SHARE, most, laptop.plan.rollout.rounds);
        let preset = Preset {
            name: laptop.name,
            plan: laptop.plan.clone(),
            model: laptop.model.clone(),
            manner,
        };
        let once = setting(&preset, &CORES, 1).simulate().ok_or("the demo model fits")?;
        row(
            &mut text,
            &[
                name.to_owned(),
                format!("{:.0} s", once.rollouts),
                format!("{:.0} s", once.update),
                format!("{:.0} s", once.seconds),
                measured.to_owned(),
            ],
        );
    }
    Ok(text)
}

fn cells(name: String, gpus: usize, layout: String, once: &Iteration) -> Vec<String> {
    let (bottleneck, share) = once.bottleneck();
    vec![
        name,
        gpus.to_string(),
        layout,
        seconds(once.seconds),
        format!("{} + {} + {}", short(once.rollouts), short(once.update), short(once.handover)),
        format!("{:.1}", once.negotiations / once.seconds),
        thousands(once.drawn / once.seconds),
        format!("{:.0}%", 100.0 * once.idle),
        format!("{:.0} ({:.1}%)", once.events, 100.0 * once.events / (c::EVENTS * c::STORED)),
        format!("{bottleneck}, {:.0}%", 100.0 * share),
    ]
}

const COLUMNS: &str = "GPUs | layout | iteration | rollouts + update + handover, s | negotiations/s | tokens drawn/s | idle | events/s to Postgres (of measured) | most GPU time goes to";

pub fn iterations(presets: &[Preset], machine: &Machine) -> Written {
    let mut text = head(&format!("preset | {COLUMNS}"));
    for preset in presets {
        for gpus in GPUS {
            let together = setting(preset, machine, gpus);
            let name = preset.name.to_owned();
            match together.simulate() {
                Some(once) => row(&mut text, &cells(name, gpus, "together".into(), &once)),
                None => row(&mut text, &[name, gpus.to_string(), "does not fit".into()]),
            }
            if let Some((learners, once)) = best_apart(&together) {
                let layout = format!("{} sample, {learners} learn", gpus - learners);
                row(&mut text, &cells(preset.name.to_owned(), gpus, layout, &once));
            }
        }
    }
    Ok(text)
}

/// Where the GPUs' time goes, in percent.
pub fn parts(presets: &[Preset], machine: &Machine) -> Written {
    let mut text = head(&format!("preset | GPUs | layout | {}", PARTS.join(" | ")));
    for preset in presets {
        for gpus in GPUS {
            let together = setting(preset, machine, gpus);
            let apart = best_apart(&together).map(|(_, once)| ("apart", once));
            for (layout, once) in
                together.simulate().map(|once| ("together", once)).into_iter().chain(apart)
            {
                let of = |part: f64| format!("{:.1}", 100.0 * part / once.seconds);
                let names = [preset.name.to_owned(), gpus.to_string(), layout.to_owned()];
                row(&mut text, &[names.to_vec(), once.parts.map(of).to_vec()].concat());
            }
        }
    }
    Ok(text)
}

pub fn counterparts(presets: &[Preset], machine: &Machine) -> Written {
    let mut text = head(&format!("preset | {COLUMNS}").replace("layout", "across"));
    for preset in presets.iter().filter(|preset| preset.name != "laptop") {
        for gpus in GPUS {
            for counterpart in Counterpart::ALL {
                let with = Setting { counterpart, ..setting(preset, machine, gpus) };
                let Some(once) = with.simulate() else { continue };
                let who = counterpart.name().to_owned();
                row(&mut text, &cells(preset.name.to_owned(), gpus, who, &once));
            }
        }
    }
    Ok(text)
}

/// The paper preset on many GPUs, with more products in an iteration.
pub fn larger(presets: &[Preset], machine: &Machine) -> Written {
    let mut text =
        head(&format!("negotiations an iteration | {COLUMNS} | fullest learner over the mean"));
    let preset = presets.iter().find(|preset| preset.name == "paper").ok_or("a preset")?;
    for times in [1, 2, 4, 8, 16] {
        let groups = preset.groups() * times;
        let with = Setting { groups, ..setting(preset, machine, 64) };
        let Some(once) = with.simulate() else { continue };
        let name = (groups * preset.group()).to_string();
        let mut cells = cells(name, 64, "together".into(), &once);
        cells.push(format!("{:.2}", with.imbalance()));
        row(&mut text, &cells);
    }
    Ok(text)
}

/// Seconds of a run's evaluations by iteration: as many as the plan says, each as quick as a rollout.
fn exams_s(preset: &Preset, once: &Iteration) -> f64 {
    let (plan, each) = (&preset.plan, c::EXAM_PRODUCTS * c::EXAM_OPPONENTS);
    let between = (plan.iterations - 1) / plan.keep.every;
    let times = 2 * plan.evaluation.times + between * plan.evaluation.times_between;
    f64::from(times) * each * once.rollouts / once.negotiations / f64::from(plan.iterations)
}

/// 64 GPUs as one, eight or sixty-four workers.
pub fn queue(presets: &[Preset], machine: &Machine) -> Written {
    let mut text = head(
        "preset | workers x GPUs | a run of 60 iterations with evaluations | wait, median; 95% | busy | faults | left waiting | most runs a day | all fetch the base at once",
    );
    for preset in presets {
        for workers in [1, 8, 64] {
            let gpus = 64 / workers;
            let Some(once) = setting(preset, machine, gpus).simulate() else { continue };
            let cluster = Cluster {
                workers,
                gpus,
                iteration_s: once.seconds + exams_s(preset, &once),
                iterations: preset.plan.iterations,
                fetch_s: fetch_s(preset, 1),
            };
            let month = cluster.month(c::RUNS_A_DAY, 1);
            let wait = format!("{}; {}", hours(month.wait_median_s), hours(month.wait_p95_s));
            row(
                &mut text,
                &[
                    preset.name.to_owned(),
                    format!("{workers} x {gpus}"),
                    hours(month.run_s),
                    if month.busy > 0.99 { "longer every day".to_owned() } else { wait },
                    format!("{:.0}%", 100.0 * month.busy),
                    month.faults.to_string(),
                    month.left.to_string(),
                    format!("{:.0}", workers as f64 * 24.0 * 3600.0 / month.run_s),
                    seconds(fetch_s(preset, workers)),
                ],
            );
        }
    }
    Ok(text)
}

fn seconds(seconds: f64) -> String {
    match seconds {
        s if s >= 7200.0 => format!("{:.1} h", s / 3600.0),
        s if s >= 600.0 => format!("{:.0} min", s / 60.0),
        s => format!("{} s", short(s)),
    }
}

fn hours(seconds: f64) -> String {
    match seconds {
        s if s >= 3600.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.0} min", s / 60.0),
    }
}

/// Two digits where they matter.
fn short(number: f64) -> String {
    if number >= 9.95 { format!("{number:.0}") } else { format!("{number:.1}") }
}

fn thousands(number: f64) -> String {
    let mut text = format!("{number:.0}");
    let mut place = text.len();
    while place > 3 {
        place -= 3;
        text.insert(place, ',');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_read_them() {
        assert_eq!(
            (thousands(999.6), thousands(1_234_567.0)),
            ("1,000".into(), "1,234,567".into())
        );
        assert_eq!((short(9.94), short(9.96)), ("9.9".into(), "10".into()));
        assert_eq!((seconds(61.0), seconds(1200.0)), ("61 s".into(), "20 min".into()));
        assert_eq!(hours(5400.0), "1.5 h");
    }

    #[test]
    fn the_table_of_memory_says_what_the_dry_run_says() {
        let presets = vec![Preset::named("paper").expect("a preset")];
        let text = memory(&presets, &crate::machine::H200).expect("a table");
        let told = "1094.5 GB (854.9 GB, 0.6 GB, 49.2 GB, 189.9 GB) | 3772 tokens | 1,572,864; 94,371,840 tokens";
        assert!(text.contains(told), "{text}");
    }
}
