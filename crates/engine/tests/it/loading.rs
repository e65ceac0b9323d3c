//! Loading, unloading, and all that may be wrong with a model.

use std::time::Duration;

use candle_core::{DType, Device, Tensor};
use engine::{
    Definition, EngineError, Options, Placement, Prompt, Registry, Request, Sampling, Source, State,
};
use serde_json::json;

use crate::tiny::{self, Shelf, parameters, qwen_config, random_weights};

pub fn ask(text: &str, seed: u64, max_tokens: usize) -> Request {
    Request {
        prompt: Prompt::Text(text.to_owned()),
        sampling: Sampling { max_tokens, ..Sampling::default() },
        stop: Vec::new(),
        seed,
        grammar: None,
    }
}

/// A request whose answer has 900 tokens.
pub fn endless(seed: u64) -> Request {
    Request { grammar: Some("start: /[a-z]{3000}/".into()), ..ask("Long", seed, 900) }
}

async fn answer(registry: &Registry, name: &str, seed: u64) -> Result<String, EngineError> {
    let generation = registry.generate(name, ask("Hello", seed, 8)).await?;
    generation.finish().await.map(|completion| completion.text)
}

fn state(registry: &Registry, name: &str) -> State {
    registry.status(name).expect("it is known").state
}

#[tokio::test]
async fn a_model_is_loaded_when_it_is_first_asked() {
    let shelf = Shelf::new();
    let registry = shelf.registry(vec![shelf.qwen("a", 1)]);
    let mut changes = registry.watch();
    assert_eq!(state(&registry, "a"), State::Absent);
    answer(&registry, "a", 1).await.expect("it answers");
    assert!(changes.has_changed().expect("the registry lives"));
    changes.mark_unchanged();
    let status = registry.status("a").expect("it is known");
    assert!(matches!(status.state, State::Ready { .. }));
    // Weights are in BF16 on disk and in F32 in memory.
    assert_eq!(status.memory_bytes, 4 * parameters(&random_weights(&qwen_config(), 1)));
    assert_eq!(status.context, Some(tiny::CONTEXT));
    assert_eq!((status.requests, status.tokens), (1, 8));
    registry.unload("a").expect("it is not in use");
    assert!(changes.has_changed().expect("the registry lives"));
    let status = registry.status("a").expect("it is known");
    assert_eq!((status.state, status.memory_bytes), (State::Absent, 0));
    answer(&registry, "a", 1).await.expect("it is loaded again");
}

#[tokio::test]
async fn several_wait_for_one_load() {
    let shelf = Shelf::new();
    let registry = shelf.registry(vec![shelf.qwen("a", 1)]);
    let asked = (0..8).map(|_| answer(&registry, "a", 3));
    let mut texts = Vec::new();
    for asked in asked.collect::<Vec<_>>() {
        texts.push(asked.await.expect("it answers"));
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
}

/// Breaks a good model, and says which code and which words the error has.
type Breaking = (&'static str, fn(&Shelf, &mut Definition), &'static str, &'static str);

const BREAKINGS: [Breaking; 14] = [
    ("folder", |_, model| set_folder(model, "/nowhere/model"), "missing_file", "/nowhere/model"),
    ("config", |s, m| remove(s, m, "config.json"), "missing_file", "config.json"),
    ("weights", |s, m| remove(s, m, "model.safetensors"), "missing_file", "model.safetensors"),
    ("tokenizer", |s, m| remove(s, m, "tokenizer.json"), "missing_file", "tokenizer.json"),
    (
        "shard",
        |s, m| {
            let index =
                json!({"weight_map": {"model.norm.weight": "model-00002-of-00002.safetensors"}});
            tiny::write_json(&s.path(&m.name).join("model.safetensors.index.json"), &index);
        },
        "missing_file",
        "model-00002-of-00002",
    ),
    ("json", |s, m| write(s, m, "config.json", "{"), "bad_config", "line 1"),
    (
        "key",
        |s, m| {
            change(s, m, |c| {
                c.remove("rms_norm_eps");
            })
        },
        "bad_config",
        "rms_norm_eps",
    ),
    (
        "type",
        |s, m| {
            change(s, m, |c| {
                c.insert("rms_norm_eps".into(), json!("x"));
            })
        },
        "bad_config",
        "config.json",
    ),
    (
        "architecture",
        |s, m| {
            change(s, m, |c| {
                c.insert("architectures".into(), json!(["BertForMaskedLM"]));
            })
        },
        "unsupported_architecture",
        "BertForMaskedLM",
    ),
    (
        "cut",
        |s, m| {
            let path = s.path(&m.name).join("model.safetensors");
            let bytes = std::fs::read(&path).expect("weights");
            std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("half of them");
        },
        "unreadable_file",
        "it ends before the data",
    ),
    (
        "shape",
        |s, m| {
            change(s, m, |c| {
                c.insert("hidden_size".into(), json!(64));
            })
        },
        "load_failed",
        "shape",
    ),
    (
        "gguf",
        |s, m| {
            let path = s.path("model.gguf");
            std::fs::write(&path, b"GGUF and nothing that follows").expect("a file");
            m.source = Source::Gguf(path);
        },
        "bad_gguf",
        "model.gguf",
    ),
    (
        "hub",
        |_, m| m.source = Source::Hub { id: "souk-tests/none".into(), revision: None },
        "hub_unreachable",
        "souk-tests/none",
    ),
    (
        "adapter",
        |_, m| m.adapter = Some("/nowhere/adapter".into()),
        "missing_file",
        "/nowhere/adapter",
    ),
];

fn set_folder(model: &mut Definition, path: &str) {
    model.source = Source::Folder(path.into());
}

fn remove(shelf: &Shelf, model: &Definition, file: &str) {
    std::fs::remove_file(shelf.path(&model.name).join(file)).expect("it was there");
}

fn write(shelf: &Shelf, model: &Definition, file: &str, text: &str) {
    std::fs::write(shelf.path(&model.name).join(file), text).expect("a file");
}

fn change(
    shelf: &Shelf,
    model: &Definition,
    change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>),
) {
    let mut config = qwen_config();
    change(config.as_object_mut().expect("an object"));
    tiny::write_json(&shelf.path(&model.name).join("config.json"), &config);
}

#[tokio::test]
async fn what_is_wrong_with_a_model_is_said_and_harms_no_other() {
    let shelf = Shelf::new();
    let registry = shelf.registry(vec![shelf.qwen("good", 1)]);
    for (name, breaking, code, words) in BREAKINGS {
        let mut model = shelf.qwen(name, 2);
        breaking(&shelf, &mut model);
        registry.add(model).expect("its definition is right");
        let error = registry.load(name).await.expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.to_string().contains(words), "{name}: {error}");
        let State::Failed { code: shown, sentence } = state(&registry, name) else {
            panic!("{name} is not failed");
        };
        assert_eq!((shown, sentence), (code, error.to_string()));
        assert_eq!(registry.status(name).expect("it is known").memory_bytes, 0);
        // Asked again at once, it says the same without another look.
        assert_eq!(answer(&registry, name, 1).await, Err(error));
    }
    answer(&registry, "good", 1).await.expect("it is as well as before");
    let unknown = answer(&registry, "nobody", 1).await.expect_err("there is none");
    assert_eq!(unknown.code(), "unknown_model");
    assert!(unknown.to_string().contains("`good`"), "{unknown}");
}

#[tokio::test]
async fn a_model_that_was_mended_loads() {
    let shelf = Shelf::new();
    let registry = shelf.registry(vec![shelf.qwen("a", 1)]);
    let config = shelf.path("a").join("config.json");
    let text = std::fs::read(&config).expect("a config");
    std::fs::remove_file(&config).expect("it was there");
    registry.load("a").await.expect_err("its config is missing");
    std::fs::write(&config, text).expect("it is there again");
    registry.load("a").await.expect("it is well");
}

#[tokio::test]
async fn two_models_answer_at_once() {
    let shelf = Shelf::new();
    let registry = shelf.registry(vec![shelf.qwen("a", 1), shelf.llama("b", 2)]);
    let (a, b) = tokio::join!(answer(&registry, "a", 1), answer(&registry, "b", 1));
    assert_ne!(a.expect("it answers"), b.expect("it answers"));
    for name in ["a", "b"] {
        assert!(matches!(state(&registry, name), State::Ready { .. }));
    }
}

#[tokio::test]
async fn room_is_made_by_unloading_what_was_not_used_for_longest() {
    let shelf = Shelf::new();
    let models = vec![shelf.qwen("a", 1), shelf.qwen("b", 2), shelf.qwen("c", 3)];
    let each = 4 * parameters(&random_weights(&qwen_config(), 1));
    let options = Options { budget: Some(2 * each), ..shelf.options() };
    let registry = Registry::new(models, options).expect("the definitions are right");
    for name in ["a", "b", "a", "c"] {
        answer(&registry, name, 1).await.expect("it answers");
    }
    assert_eq!(state(&registry, "b"), State::Absent);
    for name in ["a", "c"] {
        assert!(matches!(state(&registry, name), State::Ready { .. }), "{name}");
    }
    // What is in use stays: there is no room, and that is said.
    let a = registry.generate("a", endless(1)).await.expect("it is loaded");
    let c = registry.generate("c", endless(1)).await.expect("it is loaded");
    let error = registry.load("b").await.expect_err("both others are in use");
    assert_eq!(error.code(), "over_budget", "{error}");
    drop((a, c));
    until(|| registry.snapshot().iter().all(|status| status.in_flight == 0)).await;
    registry.load("b").await.expect("there is room again");

    let big = Definition { memory_mb: Some(100), ..shelf.qwen("big", 4) };
    registry.add(big).expect("its definition is right");
    let error = registry.load("big").await.expect_err("it is beyond the budget");
    assert_eq!(error.code(), "over_budget", "{error}");
}

/// Waits for something that is about to happen.
pub async fn until(mut happened: impl FnMut() -> bool) {
    let soon = async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), soon).await.expect("it happens");
}

#[tokio::test]
async fn an_engine_that_dies_fails_its_requests_and_loads_again() {
    let shelf = Shelf::new();
    let mut model = shelf.qwen("a", 1);
    model.slots = Some(2);
    let registry = shelf.registry(vec![model, shelf.qwen("b", 2)]);
    let before = answer(&registry, "a", 5).await.expect("it answers");
    registry.load("b").await.expect("it is well");
    let asked: Vec<_> = (0..5)
        .map(|seed| {
            let registry = registry.clone();
            tokio::spawn(async move {
                let generation = registry.generate("a", endless(seed)).await?;
                generation.finish().await
            })
        })
        .collect();
    until(|| registry.status("a").is_some_and(|status| status.in_flight == 2)).await;
    registry.crash("a").await.expect("it was loaded");
    for asked in asked {
        let error = asked.await.expect("no panic comes out").expect_err("its engine is gone");
        assert_eq!(error.code(), "engine_died", "{error}");
    }
    assert!(matches!(state(&registry, "a"), State::Failed { code: "engine_died", .. }));
    answer(&registry, "b", 1).await.expect("another model is as well as before");
    registry.load("a").await.expect("it is loaded again");
    assert_eq!(answer(&registry, "a", 5).await, Ok(before));
}

#[tokio::test]
async fn a_model_in_use_is_unloaded_only_where_that_is_meant() {
    let shelf = Shelf::new();
    let registry = shelf.registry(vec![shelf.qwen("a", 1)]);
    let generation = registry.generate("a", endless(1)).await.expect("it answers");
    assert_eq!(registry.unload("a"), Err(EngineError::InUse { name: "a".into() }));
    assert!(registry.remove("a").is_err());
    registry.unload_now("a").expect("it is known");
    assert_eq!(state(&registry, "a"), State::Absent);
    let error = generation.finish().await.expect_err("its model is gone");
    assert_eq!(error.code(), "model_unloaded");
    registry.remove("a").expect("it is not in use");
    assert!(registry.names().is_empty());
}

#[tokio::test]
async fn a_new_checkpoint_is_read_anew() {
    let shelf = Shelf::new();
    let registry = shelf.registry(vec![shelf.qwen("a", 1)]);
    let before = answer(&registry, "a", 1).await.expect("it answers");
    let weights = random_weights(&qwen_config(), 9);
    tiny::write_model(&shelf.path("a"), &qwen_config(), &weights);
    assert_eq!(answer(&registry, "a", 1).await, Ok(before.clone()));
    registry.reload("a").await.expect("it is well");
    assert_ne!(answer(&registry, "a", 1).await, Ok(before));
}

#[tokio::test]
async fn the_config_of_newer_writers_is_repaired_beside_the_model() {
    let shelf = Shelf::new();
    let new = shelf.model("new", tiny::new_qwen_config(), 1);
    let registry = shelf.registry(vec![shelf.qwen("old", 1), new]);
    let config = shelf.path("new").join("config.json");
    let text = std::fs::read_to_string(&config).expect("a config");
    let old = answer(&registry, "old", 1).await.expect("it answers");
    assert_eq!(answer(&registry, "new", 1).await, Ok(old));
    assert_eq!(std::fs::read_to_string(&config).expect("a config"), text);
    assert_eq!(std::fs::read_dir(shelf.path("new")).expect("a folder").count(), 4);
    registry.reload("new").await.expect("the repaired copy is found again");
    assert_eq!(std::fs::read_dir(shelf.path("cache")).expect("a folder").count(), 1);
}

/// Writes a rank-1 adapter of one weight and returns that weight with it merged.
fn write_adapter(shelf: &Shelf, name: &str, target: &str, base: &Tensor) -> Tensor {
    let path = shelf.path(name);
    std::fs::create_dir(&path).expect("a folder for the adapter");
    let (rows, columns) = base.dims2().expect("a matrix");
    let row: Vec<f32> = (0..columns).map(|i| (i as f32).sin()).collect();
    let column: Vec<f32> = (0..rows).map(|i| (i as f32).cos()).collect();
    let a = Tensor::from_vec(row, (1, columns), &Device::Cpu).expect("a row");
    let b = Tensor::from_vec(column, (rows, 1), &Device::Cpu).expect("a column");
    let factors = [
        (format!("base_model.model.{target}.lora_A.weight"), a.clone()),
        (format!("base_model.model.{target}.lora_B.weight"), b.clone()),
    ];
    let factors = factors.into_iter().collect();
    candle_core::safetensors::save(&factors, path.join("adapter_model.safetensors"))
        .expect("factors");
    let config = json!({"peft_type": "LORA", "r": 1, "lora_alpha": 2, "bias": "none",
        "target_modules": ["q_proj"], "fan_in_fan_out": false});
    tiny::write_json(&path.join("adapter_config.json"), &config);
    let base = base.to_dtype(DType::F32).expect("a matrix");
    (base + (b.matmul(&a).expect("a product") * 2.0).expect("scaled")).expect("a sum")
}

#[tokio::test]
async fn an_adapter_is_merged_and_leaks_nowhere() {
    let shelf = Shelf::new();
    let base = shelf.qwen("base", 1);
    let mut weights = random_weights(&qwen_config(), 1);
    let target = "model.layers.1.mlp.down_proj";
    let name = format!("{target}.weight");
    let merged = write_adapter(&shelf, "adapter", target, &weights[&name]);
    weights.insert(name, merged);
    std::fs::create_dir(shelf.path("merged")).expect("a folder for the model");
    tiny::write_model(&shelf.path("merged"), &qwen_config(), &weights);

    let adapted =
        Definition { name: "adapted".into(), adapter: Some(shelf.path("adapter")), ..base.clone() };
    let again = Definition { name: "again".into(), ..base.clone() };
    let registry = shelf.registry(vec![base, shelf.definition("merged"), adapted, again]);
    let mut texts = Vec::new();
    for name in ["base", "merged", "adapted", "again"] {
        texts.push(answer(&registry, name, 1).await.expect("it answers"));
    }
    assert_eq!(texts[1], texts[2], "merged by hand and by us");
    assert_ne!(texts[0], texts[2], "the adapter changes the model");
    assert_eq!(texts[0], texts[3], "and no other");
    assert_eq!(std::fs::read_dir(shelf.path("base")).expect("a folder").count(), 4);

    write_adapter(
        &shelf,
        "stray",
        "model.layers.7.mlp.down_proj",
        &weights["model.norm.weight"].unsqueeze(0).expect("a matrix"),
    );
    let stray = Definition {
        name: "stray".into(),
        adapter: Some(shelf.path("stray")),
        device: Placement::Cpu,
        ..Definition::new("stray", Source::Folder(shelf.path("base")))
    };
    registry.add(stray).expect("its definition is right");
    let error = registry.load("stray").await.expect_err("there is no such layer");
    assert_eq!(error.code(), "bad_adapter");
    assert!(error.to_string().contains("model.layers.7.mlp.down_proj.weight"), "{error}");
}

#[tokio::test]
async fn weights_in_shards_and_quantised_weights_load() {
    let shelf = Shelf::new();
    let whole = shelf.qwen("whole", 1);
    let sharded = shelf.qwen("sharded", 1);
    let path = shelf.path("sharded");
    std::fs::remove_file(path.join("model.safetensors")).expect("it was there");
    let mut shards = [std::collections::HashMap::new(), std::collections::HashMap::new()];
    let mut map = serde_json::Map::new();
    for (name, tensor) in random_weights(&qwen_config(), 1) {
        let shard = usize::from(name.contains("layers.1"));
        map.insert(name.clone(), json!(format!("model-0000{}-of-00002.safetensors", shard + 1)));
        shards[shard].insert(name, tensor);
    }
    for (index, tensors) in shards.iter().enumerate() {
        let name = format!("model-0000{}-of-00002.safetensors", index + 1);
        candle_core::safetensors::save(tensors, path.join(name)).expect("a shard");
    }
    tiny::write_json(&path.join("model.safetensors.index.json"), &json!({"weight_map": map}));
    let quantised =
        Definition { name: "quantised".into(), isq: Some("q8_0".into()), ..whole.clone() };
    let registry = shelf.registry(vec![whole, sharded, quantised]);
    let text = answer(&registry, "whole", 1).await.expect("it answers");
    assert_eq!(answer(&registry, "sharded", 1).await, Ok(text));
    answer(&registry, "quantised", 1).await.expect("it answers");
    let memory = |name| registry.status(name).expect("it is known").memory_bytes;
    assert!(memory("quantised") * 3 < memory("whole"));
}
