//! What mistral.rs 0.8.1 does that the engine works around. Where an upgrade changes one of these, its
//! test fails, and the workaround can be looked at again.

use std::path::Path;
use std::sync::{Arc, Mutex};

use candle_core::{DType, Device, Tensor};
use engine::{DType as EngineDType, Definition, Placement};
use mistralrs::core::{
    Loader, MistralRsBuilder, NormalLoaderBuilder, NormalSpecificConfig, Pipeline, TryIntoDType,
};
use mistralrs::{
    Constraint, CustomLogitsProcessor, DefaultSchedulerMethod, DeviceMapSetting, MistralRs,
    ModelDType, NormalRequest, RequestBuilder, RequestMessage, Response, SamplingParams,
    SchedulerConfig, TokenSource,
};
use tokio::sync::mpsc;

use crate::tiny::{self, END, Shelf, byte};

type Pipe = Arc<tokio::sync::Mutex<dyn Pipeline + Send + Sync>>;

fn builder(path: &Path) -> NormalLoaderBuilder {
    let id = path.to_string_lossy().into_owned();
    NormalLoaderBuilder::new(NormalSpecificConfig::default(), None, None, Some(id), false, None)
}

fn load(loader: &dyn Loader, dtype: ModelDType) -> Result<Pipe, String> {
    let mapper = DeviceMapSetting::dummy();
    let loaded = loader.load_model_from_hf(
        None,
        TokenSource::None,
        &dtype,
        &Device::Cpu,
        true,
        mapper,
        None,
        None,
    );
    loaded.map_err(|error| format!("{error:#}"))
}

/// A bare mistral.rs over a tiny model.
async fn bare(shelf: &Shelf) -> Arc<MistralRs> {
    bare_with(shelf, |builder| builder).await
}

async fn bare_with(
    shelf: &Shelf,
    set: impl FnOnce(MistralRsBuilder) -> MistralRsBuilder,
) -> Arc<MistralRs> {
    shelf.qwen("bare", 1);
    let loader = builder(&shelf.path("bare")).build(None).expect("a loader");
    let pipeline = load(&*loader, ModelDType::F32).expect("it loads");
    let two = 2.try_into().expect("two is not zero");
    let scheduler =
        SchedulerConfig::DefaultScheduler { method: DefaultSchedulerMethod::Fixed(two) };
    set(MistralRsBuilder::new(pipeline, scheduler, false, None)).build().await
}

fn request(response: mpsc::Sender<Response>, sampling: SamplingParams) -> NormalRequest {
    NormalRequest {
        constraint: Constraint::None,
        ..NormalRequest::new_simple(
            RequestMessage::CompletionTokens(vec![byte(b'H'), byte(b'i')]),
            sampling,
            response,
            1,
            None,
            None,
        )
    }
}

/// All that mistral.rs says to a request.
async fn responses(
    engine: &MistralRs,
    make: impl FnOnce(mpsc::Sender<Response>) -> NormalRequest,
) -> Vec<Response> {
    let (tx, mut rx) = mpsc::channel(64);
    let sender = engine.get_sender(None).expect("it runs");
    let request = make(tx);
    sender.send(mistralrs::Request::Normal(Box::new(request))).await.expect("it runs");
    let mut said = Vec::new();
    while let Some(response) = rx.recv().await {
        said.push(response);
    }
    said
}

fn most(tokens: usize) -> SamplingParams {
    SamplingParams { max_len: Some(tokens), ..SamplingParams::deterministic() }
}

/// Logits that leave no choice, step by step.
fn forcing(ids: Vec<u32>, prompt: usize) -> Arc<dyn CustomLogitsProcessor> {
    Arc::new(move |logits: &Tensor, context: &[u32]| {
        let mut only = vec![0f32; logits.dims1()?];
        let id = ids.get(context.len() - prompt).copied().unwrap_or(END);
        only[id as usize] = 1.0;
        let length = only.len();
        Tensor::from_vec(only, length, &Device::Cpu)
    })
}

#[test]
fn on_a_cpu_the_automatic_type_is_f16() {
    let chosen = ModelDType::Auto.try_into_dtype(&[&Device::Cpu]);
    assert_eq!(chosen.expect("there is one"), DType::F16);
}

#[tokio::test]
async fn bf16_on_a_cpu_loads_and_fails_at_the_first_token() {
    let shelf = Shelf::new();
    let model =
        Definition { dtype: EngineDType::Bf16, device: Placement::Auto, ..shelf.qwen("a", 1) };
    let loader = builder(&shelf.path("a")).build(None).expect("a loader");
    load(&*loader, ModelDType::BF16).expect("it loads all the same");
    if cfg!(any(feature = "cuda", feature = "metal")) {
        return;
    }
    let registry = shelf.registry(vec![model]);
    let error = registry.load("a").await.expect_err("the trial token failed");
    assert!(error.to_string().contains("its first token failed"), "{error}");
}

#[test]
fn requests_are_greedy_unless_told_otherwise() {
    use mistralrs::RequestLike;
    let sampling = RequestBuilder::new().take_sampling_params();
    assert_eq!((sampling.top_k, sampling.temperature), (Some(1), None));
}

#[tokio::test]
async fn logarithms_are_to_base_ten() {
    let shelf = Shelf::new();
    let engine = bare(&shelf).await;
    let even: Arc<dyn CustomLogitsProcessor> = Arc::new(|logits: &Tensor, _: &[u32]| {
        let mut two = vec![f32::NEG_INFINITY; logits.dims1()?];
        two[byte(b'a') as usize] = 0.0;
        two[byte(b'b') as usize] = 0.0;
        let length = two.len();
        Tensor::from_vec(two, length, &Device::Cpu)
    });
    let warm =
        SamplingParams { temperature: Some(1.0), max_len: Some(1), ..SamplingParams::neutral() };
    let said = responses(&engine, |tx| NormalRequest {
        return_logprobs: true,
        logits_processors: Some(vec![even]),
        ..request(tx, warm)
    });
    let said = said.await;
    let [Response::CompletionDone(done)] = said.as_slice() else { panic!("no completion") };
    let logprobs = done.choices[0].logprobs.as_ref().and_then(|l| l.content.as_ref());
    let logprob = logprobs.expect("they were asked for")[0].logprob;
    assert!((logprob - 0.5f32.log10()).abs() < 1e-5, "{logprob}");
}

#[tokio::test]
async fn prompts_are_kept_unless_the_prefix_cache_is_off() {
    for (is_off, expected) in [(false, 1), (true, 0)] {
        let shelf = Shelf::new();
        let engine = bare_with(&shelf, |builder| builder.with_no_prefix_cache(is_off)).await;
        let prompt: Vec<u32> = "A talk that goes on and on".bytes().map(byte).collect();
        for length in [20, 26] {
            let messages = RequestMessage::CompletionTokens(prompt[..length].to_vec());
            responses(&engine, |tx| NormalRequest { messages, ..request(tx, most(4)) }).await;
        }
        let (hits, _) = engine.get_logger(None).expect("it runs").prefix_cache_stats();
        assert_eq!(hits, expected);
    }
}

#[tokio::test]
async fn streams_lose_half_characters_and_answers_their_first_blanks() {
    let shelf = Shelf::new();
    let engine = bare(&shelf).await;
    let euro: Vec<u32> = " €!".bytes().map(byte).collect();
    let count = euro.len();
    let forced = || Some(vec![forcing(euro.clone(), 2)]);
    let whole = responses(&engine, |tx| NormalRequest {
        logits_processors: forced(),
        ..request(tx, most(count))
    });
    let whole = whole.await;
    let [Response::CompletionDone(done)] = whole.as_slice() else { panic!("no completion") };
    assert_eq!(done.choices[0].text, "€!", "the first blank is cut off");
    let streamed = responses(&engine, |tx| NormalRequest {
        is_streaming: true,
        logits_processors: forced(),
        ..request(tx, most(count))
    });
    let chunks =
        streamed.await.into_iter().filter(|said| matches!(said, Response::CompletionChunk(_)));
    assert_eq!((count, chunks.count()), (5, 3), "a chunk per token, but for parts of characters");
}

#[tokio::test]
async fn a_processor_sees_each_token_once_with_all_before_it_and_can_force_the_next() {
    let shelf = Shelf::new();
    let engine = bare(&shelf).await;
    let seen: Arc<Mutex<Vec<Vec<u32>>>> = Arc::default();
    let note = seen.clone();
    let wanted: Vec<u32> = "Well".bytes().map(byte).collect();
    let force = forcing(wanted.clone(), 2);
    let noting: Arc<dyn CustomLogitsProcessor> =
        Arc::new(move |logits: &Tensor, context: &[u32]| {
            note.lock().expect("no panic").push(context.to_vec());
            force.apply(logits, context)
        });
    let said = responses(&engine, |tx| NormalRequest {
        logits_processors: Some(vec![noting]),
        ..request(tx, most(4))
    });
    let said = said.await;
    let [Response::CompletionDone(done)] = said.as_slice() else { panic!("no completion") };
    assert_eq!(done.choices[0].text, "Well");
    let mut context = vec![byte(b'H'), byte(b'i')];
    let mut expected = Vec::new();
    for id in wanted {
        expected.push(context.clone());
        context.push(id);
    }
    assert_eq!(*seen.lock().expect("no panic"), expected);
}

#[tokio::test]
async fn on_a_cpu_a_batch_is_answered_wrongly() {
    // Each sequence of a decoding batch gets the last one's attention, so that one talk's content reaches
    // another. The engine gives each request a lane of its own there.
    let shelf = Shelf::new();
    let engine = bare_with(&shelf, |builder| builder.with_no_prefix_cache(true)).await;
    // The logits of each step of each of some sequences, all of them asked at once.
    let logits = |prompts: Vec<u8>| {
        let engine = engine.clone();
        async move {
            let seen: Vec<Arc<Mutex<Vec<Vec<f32>>>>> =
                prompts.iter().map(|_| Arc::default()).collect();
            let sender = engine.get_sender(None).expect("it runs");
            let mut receivers = Vec::new();
            for (prompt, seen) in prompts.iter().zip(&seen) {
                let (note, force) = (seen.clone(), forcing(vec![byte(b'x'); 60], 2));
                let noting: Arc<dyn CustomLogitsProcessor> =
                    Arc::new(move |logits: &Tensor, context: &[u32]| {
                        note.lock().expect("no panic").push(logits.to_vec1()?);
                        force.apply(logits, context)
                    });
                let (tx, rx) = mpsc::channel(4);
                let messages = RequestMessage::CompletionTokens(vec![byte(b'H'), byte(*prompt)]);
                let request = NormalRequest {
                    messages,
                    logits_processors: Some(vec![noting]),
                    ..request(tx, most(60))
                };
                let request = mistralrs::Request::Normal(Box::new(request));
                sender.try_send(request).expect("it runs");
                receivers.push(rx);
            }
            for mut rx in receivers {
                while rx.recv().await.is_some() {}
            }
            let taken = seen.iter().map(|seen| seen.lock().expect("no panic").clone());
            taken.collect::<Vec<_>>()
        }
    };
    let alone = [logits(vec![b'a']).await.remove(0), logits(vec![b'b']).await.remove(0)];
    let difference = |together: &[Vec<Vec<f32>>], at: usize| {
        let steps = alone.iter().zip(together).map(|(alone, together)| (&alone[at], &together[at]));
        let numbers = steps.flat_map(|(alone, together)| alone.iter().zip(together));
        numbers.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    // On a busy machine the first request can be done before the second has come, and then there was no
    // batch: any of some tries that was answered wrongly shows the fault.
    for _ in 0..20 {
        let together = logits(vec![b'a', b'b']).await;
        assert!(difference(&together, 0) < 1e-4, "the prompts' logits are right");
        if (1..60).map(|at| difference(&together, at)).fold(0.0, f32::max) > 1e-2 {
            return;
        }
    }
    panic!("a batch is answered rightly now: lanes may have several slots");
}

#[test]
fn configs_of_newer_writers_are_refused() {
    let shelf = Shelf::new();
    shelf.model("new", tiny::new_qwen_config(), 1);
    let loader = builder(&shelf.path("new")).build(None).expect("a loader");
    let Err(error) = load(&*loader, ModelDType::F32) else { panic!("it loads now") };
    assert!(error.contains("rope_theta"), "{error}");
}

#[test]
fn a_local_adapter_is_refused() {
    let shelf = Shelf::new();
    shelf.qwen("base", 1);
    let adapter = shelf.path("adapter");
    std::fs::create_dir(&adapter).expect("a folder");
    std::fs::write(adapter.join("adapter_config.json"), "{}").expect("a file");
    let adapter = adapter.to_string_lossy().into_owned();
    let loader = builder(&shelf.path("base")).with_lora(vec![adapter]).build(None);
    let loader = loader.expect("a loader");
    assert!(load(&*loader, ModelDType::F32).is_err());
}

#[tokio::test]
async fn a_grammar_of_its_own_masks_after_the_processors() {
    // So a forced token that breaks the grammar is drawn again from masked logits, and the processor is
    // called twice for one token. The engine follows grammars itself instead.
    let shelf = Shelf::new();
    let engine = bare(&shelf).await;
    let calls: Arc<Mutex<Vec<usize>>> = Arc::default();
    let note = calls.clone();
    let force = forcing(vec![byte(b'x')], 2);
    let noting: Arc<dyn CustomLogitsProcessor> =
        Arc::new(move |logits: &Tensor, context: &[u32]| {
            let numbers = logits.to_vec1::<f32>()?;
            let open = numbers.iter().filter(|logit| logit.is_finite()).count();
            note.lock().expect("no panic").push(open);
            if open == numbers.len() { force.apply(logits, context) } else { Ok(logits.clone()) }
        });
    let said = responses(&engine, |tx| NormalRequest {
        constraint: Constraint::Regex("[yz]".into()),
        logits_processors: Some(vec![noting]),
        ..request(tx, most(1))
    });
    let said = said.await;
    let [Response::CompletionDone(done)] = said.as_slice() else { panic!("no completion") };
    assert!(["y", "z"].contains(&done.choices[0].text.as_str()));
    let calls = calls.lock().expect("no panic").clone();
    assert_eq!(calls[..2], [263, 2]);
}
