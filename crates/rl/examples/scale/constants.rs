//! Every number that the simulation takes from outside, with unit and source.
//!
//! Sources: *measured* is docs/LAB.md or a count in this tree; *published* is the maker's data sheet, a model's card or a
//! paper that is named; *assumed* was not measured by anybody here, and says what it stands for.

/// Bytes of a bfloat16 number; weights, keys and values on GPUs.
pub const BF16: f64 = 2.0;
/// Bytes of a 32-bit number; everything on the processor path.
pub const F32: f64 = 4.0;
/// Bytes that full learning keeps by weight beside the weights: gradient in bf16, and weight and two moments of Adam
/// in 32 bits. Arithmetic of mixed precision, as in ZeRO (Rajbhandari and others, 2020) without the weights themselves.
pub const LEARNER_BYTES: f64 = 14.0;

// One GPU. Published by NVIDIA for the H100 SXM and H200 SXM (data sheets): dense, without sparsity.

/// FLOP/s in bf16; published, both.
pub const HOPPER_FLOPS: f64 = 989e12;
/// Bytes/s of memory; published.
pub const H100_BANDWIDTH: f64 = 3.35e12;
pub const H200_BANDWIDTH: f64 = 4.8e12;
/// Bytes of memory; published.
pub const H100_MEMORY: f64 = 80e9;
pub const H200_MEMORY: f64 = 141e9;
/// Bytes/s from one GPU to others of its node, one direction: half of NVLink's published 900 GB/s.
pub const NEAR: f64 = 450e9;
/// GPUs of a node; published for HGX H100 and H200.
pub const NODE: usize = 8;
/// Bytes/s from one GPU to other nodes: one published 400 Gb/s port each; that there is one is assumed.
pub const FAR: f64 = 50e9;

// What of the published peaks is reached. Assumed, all of them; none was measured with Souk on a GPU.

/// Share of the memory bandwidth while decoding.
pub const READ_SHARE: f64 = 0.6;
/// Share of the peak FLOP/s while reading prompts and while decoding.
pub const PREFILL_SHARE: f64 = 0.4;
/// Share of the peak FLOP/s in an update. Llama 3 405B reports 0.38 to 0.43 (Grattafiori and others, 2024).
pub const UPDATE_SHARE: f64 = 0.35;
/// The same where each token goes through a few of many experts.
pub const EXPERTS_UPDATE_SHARE: f64 = 0.2;
/// Seconds of a decoding step that do not depend on the batch: scheduling, drawing tokens.
pub const STEP_S: f64 = 2e-3;
/// Seconds more for each layer: starting its kernels.
pub const LAYER_STEP_S: f64 = 20e-6;
/// Seconds by layer and piece of a batch in an update, whatever its size.
pub const LAYER_UPDATE_S: f64 = 0.3e-3;
/// Seconds to give a GPU's memory from sampling to learning or back, where both do not fit at once.
pub const SWITCH_S: f64 = 3.0;
/// Share of a GPU's memory that weights, caches and learner may fill together.
pub const FILL: f64 = 0.9;
/// The slowest GPU of a run is so much slower than the fastest; each draws its place between.
pub const SLOWEST: f64 = 1.1;

// Two cores, the processor path. For the check against what was measured.

/// FLOP/s of both cores in 32-bit matrix products; measured, quiet.
pub const CORES_FLOPS: f64 = 230e9;
/// Bytes/s of memory; assumed.
pub const CORES_BANDWIDTH: f64 = 20e9;
/// Bytes of memory that are free; assumed.
pub const CORES_MEMORY: f64 = 16e9;
/// Shares of the peak, set so that the run of 2026-11-25 comes out (rollouts 25 s, update 29 s); the other is then a check.
pub const CORES_PREFILL_SHARE: f64 = 0.45;
pub const CORES_UPDATE_SHARE: f64 = 1.0;

// Negotiations.

/// Chance that a negotiation ends with any message of the learner before the last round. Assumed; most go to the end.
pub const ENDS_EARLY: f64 = 0.05;
/// Spread of a message's length over its mean. Assumed.
pub const LENGTH_SPREAD: f64 = 0.5;
/// Tokens of a negotiation with the demo model that the learner drew, and that it read; measured (2026-11-25, 117,000
/// and 280,000 in 512 negotiations).
pub const DEMO_DRAWN: f64 = 229.0;
pub const DEMO_READ: f64 = 547.0;
/// The same of the model of 2026-11-29 (78,600 and 216,300), for the check alone.
pub const DEMO_DRAWN_LATER: f64 = 153.5;
pub const DEMO_READ_LATER: f64 = 422.5;
/// Share of all tokens of the demo model that are the prompt; measured.
pub const DEMO_PROMPT_SHARE: f64 = 0.22;
/// Tokens of one message of a chat model with a thought of some sentences. Assumed; nobody trained one here.
pub const CHAT_MESSAGE: f64 = 150.0;
/// Tokens of its prompt: the standard prompt for one role is some 3,000 characters (counted), with a listing.
pub const CHAT_PROMPT: f64 = 800.0;
/// Tokens of one message of the other side as a chat model reads it. Assumed.
pub const CHAT_ANSWER: f64 = 60.0;

// Who answers.

/// Seconds until a scripted negotiator has answered: the persuadable seller, measured 130 us, and the way there and back.
pub const SCRIPT_S: f64 = 1e-3;
/// Seconds until a person has answered: median and spread (of the logarithm). Assumed.
pub const PERSON_S: f64 = 90.0;
pub const PERSON_SPREAD: f64 = 0.7;

// Souk and its database.

/// Events of a stored episode; measured (16.7 million of 1,004,400).
pub const EVENTS: f64 = 16.6;
/// Episodes stored a second; measured on two cores that also play them.
pub const STORED: f64 = 2_300.0;
/// Bytes of a job's report by token: its id, whether it was drawn, log-probability and entropy, as JSON. Counted.
pub const TOLD_BYTES: f64 = 40.0;
/// Bytes/s between Souk and a job: a tenth of a 100 Gb/s port. Assumed.
pub const NETWORK: f64 = 1.25e9;

// Evaluations and the queue of runs.

/// Products of the test split, and opponents that a run is judged against: its own, two held out, its own in two hostile
/// manners. Counted (AmazonHistoryPrice; rl::exam).
pub const EXAM_PRODUCTS: f64 = 128.0;
pub const EXAM_OPPONENTS: f64 = 5.0;
/// Runs that are asked for in a day. Assumed.
pub const RUNS_A_DAY: f64 = 48.0;

/// Seconds from a claimed run to its first iteration, without fetching the base: the cluster starts processes. Assumed.
pub const START_S: f64 = 120.0;
/// Seconds until a run of a dead worker is taken up: the lease (server/src/training/worker.rs).
pub const LEASE_S: f64 = 30.0;
/// GPU-hours to an unforeseen interruption: 419 in 54 days on 16,384 GPUs (Grattafiori and others, 2024; Llama 3).
pub const GPU_HOURS_TO_FAULT: f64 = 54.0 * 24.0 * 16_384.0 / 419.0;
