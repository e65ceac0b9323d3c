//! Souk's presets with their models.

use std::error::Error;
use std::path::Path;

use rl::Plan;
use rl::estimate::Shape;

use crate::constants as c;
use crate::machine::{Experts, Model};
use crate::talk::Manner;

#[derive(Debug)]
pub struct Preset {
    pub name: &'static str,
    pub plan: Plan,
    pub model: Model,
    pub manner: Manner,
}

pub const NAMES: [&str; 3] = ["laptop", "small-dense", "paper"];

/// Query widths as the models' configurations have them: 32 heads of 128.
const CHAT_QUERIES: f64 = 4096.0;
/// Of Qwen3-30B-A3B, as its configuration says: 48 layers of 128 experts, three matrices of 2048 x 768 each; a token goes
/// through 8 of them.
const EXPERT_WEIGHTS: f64 = 48.0 * 128.0 * 3.0 * 2048.0 * 768.0;
const EXPERT_SHARE: f64 = 8.0 / 128.0;

impl Preset {
    pub fn named(name: &str) -> Result<Preset, Box<dyn Error>> {
        let name =
            NAMES.into_iter().find(|known| *known == name).ok_or("that is no preset of Souk's")?;
        let plan = Plan::of(name, "")?;
        let experts = plan.shape.is_some_and(|shape| shape.experts);
        let experts = experts.then_some(Experts { weights: EXPERT_WEIGHTS, share: EXPERT_SHARE });
        let (shape, queries) = match plan.shape {
            Some(shape) => (shape, CHAT_QUERIES),
            None => demo()?,
        };
        let (most, rounds) = (f64::from(plan.rollout.most_tokens), plan.rollout.rounds);
        let manner = match name {
            "laptop" => {
                Manner::of_totals(c::DEMO_DRAWN, c::DEMO_READ, c::DEMO_PROMPT_SHARE, most, rounds)
            }
            _ => Manner::chat(most, rounds),
        };
        // Of the three only the one with experts has an output of its own, as the configurations say.
        let model = Model::new(&plan, shape, queries, experts, experts.is_none());
        Ok(Preset { name, plan, model, manner })
    }

    pub fn groups(&self) -> usize {
        self.plan.rollout.products as usize
    }

    pub fn group(&self) -> usize {
        self.plan.rollout.group as usize
    }
}

/// The demo model's size, counted as the server counts it (server/src/training/ground.rs), and the width of its queries.
fn demo() -> Result<(Shape, f64), Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo/config.json");
    let config: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let number = |key: &str| config[key].as_u64().ok_or(format!("the demo model has no {key}"));
    let (hidden, layers, vocabulary) =
        (number("hidden_size")?, number("num_hidden_layers")?, number("vocab_size")?);
    let (feed_forward, dim) = (number("intermediate_size")?, number("head_dim")?);
    let kv_width = number("num_key_value_heads")? * dim;
    let queries = number("num_attention_heads")? * dim;
    let layer = 2 * hidden * (queries + kv_width) + 3 * hidden * feed_forward;
    // Embeddings are tied.
    let parameters = vocabulary * hidden + layers * (layer + 2 * hidden + 2 * dim) + hidden;
    let shape =
        Shape { parameters, layers, hidden, kv_width, feed_forward, vocabulary, experts: false };
    Ok((shape, queries as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_model_is_counted_as_the_dry_run_counts_it() {
        let preset = Preset::named("laptop").expect("the demo model's configuration");
        assert_eq!(preset.model.shape.parameters, 3_590_976);
        assert_eq!(preset.model.learnt, 3_590_976.0);
    }

    #[test]
    fn the_large_model_has_the_weights_that_its_card_tells() {
        let preset = Preset::named("paper").expect("a preset");
        // Published: 30.5 thousand million weights, 3.3 of them for a token.
        let active = preset.model.active() / 1e9;
        assert!((3.2..3.5).contains(&active), "{active}");
        assert!(preset.model.adapter);
        assert!(Preset::named("huge").is_err());
    }
}
