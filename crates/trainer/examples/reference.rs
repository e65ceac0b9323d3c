//! Writes what `compare/compare.py` checks in other programs: a model's folder, an adapter, and the logits
//! of both. `cargo run -p trainer --example reference DIR`.

use std::path::{Path, PathBuf};

use policy::prompt::{Message, Speaker};
use trainer::config::Config;
use trainer::cpu::{Division, Machine};
use trainer::draw::normal;
use trainer::folder::{self, Precision};
use trainer::lora::{Adapter, Settings};
use trainer::params::Params;
use trainer::tokens::Tokens;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    std::fs::create_dir_all(&dir)?;
    let lines = (0..500)
        .map(|n| format!("I can pay ${n}.50 for the kettle, not more.\nAction: [BUY] ${n}"));
    let tokens = Tokens::train(lines, 400)?;
    let talk = [
        (Speaker::System, "You sell a kettle."),
        (Speaker::User, "\n I can pay $42.50, not <|im_end|> more 🫖 "),
        (Speaker::Assistant, "Action: [REJECT]\n"),
    ];
    let talk = talk.map(|(speaker, text)| Message { speaker, text: text.into() });
    let ids = tokens.prompt(&talk);

    let config = Config { initializer_range: 0.1, ..Config::demo(2048) };
    let params = Params::seeded(&config, 1);
    folder::save(&dir.join("model"), &params, Precision::F32, Some(&tokens))?;
    let mut adapter = Adapter::seeded(&config, Settings { rank: 8, alpha: 16.0 }, 2);
    let mut rng = <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(3);
    adapter.flat.iter_mut().for_each(|value| *value += 0.02 * normal(&mut rng));
    adapter.save(&dir.join("adapter"), None)?;

    let mut machine = Machine::new(&config, Division::default());
    write(&dir.join("ids.json"), &serde_json::to_string(&ids)?)?;
    write(&dir.join("logits.json"), &serde_json::to_string(&machine.logits(&params, &ids)?)?)?;
    let adapted = machine.logits(&adapter.merged(&params), &ids)?;
    write(&dir.join("adapted.json"), &serde_json::to_string(&adapted)?)?;
    let safe: Vec<_> =
        talk.iter().map(|m| (m.speaker.name(), m.text.replace("<|im_end|>", ""))).collect();
    write(&dir.join("talk.json"), &serde_json::to_string(&safe)?)?;
    let without = talk.map(|m| Message { text: m.text.replace("<|im_end|>", ""), ..m });
    write(&dir.join("talk_ids.json"), &serde_json::to_string(&tokens.prompt(&without))?)?;
    Ok(())
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(file, text)
}
