//! Every target over its seeds and some thousand changes of them, always the same ones. `fuzz/README.md` tells of the
//! longer runs.

use std::path::Path;

use fuzzing::TARGETS;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Of each target.
const CHANGED: usize = 3_000;
/// Beyond it an input is not looked at: the time goes to many small ones.
const LONGEST: usize = 16 << 10;

/// What numbers are changed to.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1",
    "255",
    "65536",
    "4294967295",
    "1000000000001",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1e308",
    "0.1",
];

/// With their names. What is called `refused_…` cannot be read, all others can.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|why| panic!("{folder:?}: {why}"));
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 1, "{folder:?} has too few seeds");
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

/// One to four changes, as a fuzzer makes them: bits, bytes, cuts, repetitions, numbers, pieces of another seed.
fn changed(seeds: &[Vec<u8>], chance: &mut ChaCha8Rng) -> Vec<u8> {
    let mut data = seeds.choose(chance).expect("there are seeds").clone();
    for _ in 0..chance.random_range(1..=4) {
        if data.is_empty() {
            data.push(chance.random());
        }
        let at = chance.random_range(0..data.len());
        let to = (at + chance.random_range(0..64)).min(data.len());
        match chance.random_range(0..8) {
            0 => data[at] ^= 1 << chance.random_range(0..8),
            1 => data[at] = chance.random(),
            2 => data.insert(at, chance.random()),
            3 => drop(data.drain(at..to)),
            4 => {
                let piece = data[at..to].to_vec();
                data.splice(at..at, piece);
            }
            5 => {
                let other = seeds.choose(chance).expect("there are seeds");
                let from = chance.random_range(0..other.len().max(1));
                let end = (from + chance.random_range(0..256)).min(other.len());
                data.splice(at..to, other[from..end].iter().copied());
            }
            _ => number(&mut data, at, chance),
        }
    }
    data.truncate(LONGEST);
    data
}

/// The first number from a place on becomes another one.
fn number(data: &mut Vec<u8>, at: usize, chance: &mut ChaCha8Rng) {
    let Some(begin) = data[at..].iter().position(u8::is_ascii_digit).map(|n| at + n) else {
        return;
    };
    let digits = data[begin..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let new = NUMBERS.choose(chance).expect("there are numbers");
    data.splice(begin..begin + digits, new.bytes());
}

fn pass(name: &str) {
    let (_, target) = TARGETS.into_iter().find(|(known, _)| *known == name).expect("a target");
    let seeds = seeds(name);
    for (seed, data) in &seeds {
        assert_eq!(target(data), !seed.starts_with("refused_"), "{name}/{seed}");
    }
    let seeds: Vec<Vec<u8>> = seeds.into_iter().map(|(_, data)| data).collect();
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    for n in 0..CHANGED {
        let data = changed(&seeds, &mut chance);
        // A panic is caught for its input to be told, and goes on.
        let result = std::panic::catch_unwind(|| target(&data));
        if let Err(panic) = result {
            let path = std::env::temp_dir().join(format!("souk-fuzz-{name}-{n}"));
            let _ = std::fs::write(&path, &data);
            eprintln!("change {n} of {name} lies in {}", path.display());
            std::panic::resume_unwind(panic);
        }
    }
}

macro_rules! targets {
    ($($name:ident)+) => {
        $(#[test]
        fn $name() {
            pass(stringify!($name));
        })+

        #[test]
        fn no_target_is_left_out() {
            assert_eq!(TARGETS.map(|(name, _)| name), [$(stringify!($name)),+]);
        }
    };
}

targets! { apply catalogue events export market parse study wire }
