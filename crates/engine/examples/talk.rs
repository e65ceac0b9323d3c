//! Measures moves of a model: `cargo run -p engine --example talk -- FOLDER [MOVES] [AT_ONCE] [SLOTS]`.
//!
//! Each move is the answer to an opening offer on a product of its own length, as buyers and sellers
//! make them in Souk.

use std::path::PathBuf;
use std::time::Instant;

use engine::{Call, CallOutcome, Decision, Definition, ModelNegotiator, Options, Registry, Source};
use rules::{Act, Episode, Millis, Mills, Move, Role, View};
use testkit::{product, scenario};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let folder: PathBuf = args.next().ok_or("give a model's folder")?.into();
    let mut number = |otherwise| args.next().map_or(Ok(otherwise), |text| text.parse::<usize>());
    let (moves, at_once, slots) = (number(32)?, number(1)?.max(1), number(4)?);
    let style = std::env::var("STYLE").unwrap_or_else(|_| "compact".to_owned());
    let definition = Definition {
        slots: Some(slots),
        style,
        constrained: std::env::var_os("CONSTRAINED").is_some(),
        ..Definition::new("model", Source::Folder(folder))
    };
    let cache = std::env::temp_dir().join("souk-talk-cache");
    let registry = Registry::new(vec![definition], Options { budget: None, cache, offline: true })?;
    let since = Instant::now();
    registry.load("model").await?;
    println!("loaded in {} ms", since.elapsed().as_millis());
    let since = Instant::now();
    let decisions = play(&registry, moves, at_once).await;
    let seconds = since.elapsed().as_secs_f64();
    if std::env::var_os("SHOW").is_some() {
        for call in decisions.iter().flat_map(|decision| &decision.calls).take(6) {
            println!("{:?}\n{}\n{:?}\n", call.prompt, call.output, call.outcome);
        }
    }
    report(&decisions, seconds);
    let status = registry.status("model").ok_or("the model is gone")?;
    println!("longest wait {} ms, memory {} MB", status.longest_wait_ms, status.memory_bytes >> 20);
    Ok(())
}

/// Makes so many moves, a number of them at a time.
async fn play(registry: &Registry, moves: usize, at_once: usize) -> Vec<Decision> {
    let workers: Vec<_> = (0..at_once)
        .map(|worker| {
            let registry = registry.clone();
            tokio::spawn(async move {
                let mut decisions = Vec::new();
                for index in (worker..moves).step_by(at_once) {
                    let seat = ModelNegotiator::new(registry.clone(), "model", index as u64);
                    let mut seat = seat.expect("the model is known").attempts(1);
                    decisions.push(seat.decide(&view(index)).await);
                }
                decisions
            })
        })
        .collect();
    let mut decisions = Vec::new();
    for worker in workers {
        decisions.extend(worker.await.expect("a worker does not panic"));
    }
    decisions
}

/// A view somewhere in a negotiation: of both sides, of three titles, after up to nine messages.
fn view(index: usize) -> View {
    let title = ["Kettle", "Enamel Kettle, 1.5 L, Cream", "Oak Desk Lamp with a Linen Shade"];
    let item = product().title(title[index % title.len()]).build();
    let mut scenario = scenario().product(item).build();
    scenario.seed = index as u64;
    let mut episode = Episode::start(&scenario, Millis(0));
    let mut role = Role::Buyer;
    for turn in 0..(index % 10) as i64 {
        let (talk, dollars) = match role {
            Role::Buyer => ("Would you take that for it? I could collect it today.", 15 + turn),
            Role::Seller => {
                ("It is worth more than that, but I can come down a little.", 49 - turn)
            }
        };
        let mv = Move::new(talk, Act::Offer(Mills::from_dollars(dollars)));
        let events = rules::apply(&episode, role, mv, Millis(1)).expect("it is legal");
        episode.absorb_all(&events);
        role = role.other();
    }
    episode.view(role)
}

fn report(decisions: &[Decision], seconds: f64) {
    let calls: Vec<&Call> = decisions.iter().flat_map(|decision| &decision.calls).collect();
    let of = |read: fn(&Call) -> u64| {
        let mut numbers: Vec<u64> = calls.iter().map(|call| read(call)).collect();
        numbers.sort_unstable();
        let at = |share: usize| numbers.get(numbers.len() * share / 100).copied().unwrap_or(0);
        format!("median {}, 95% {}, most {}", at(50), at(95), numbers.last().copied().unwrap_or(0))
    };
    let tokens: usize = calls.iter().map(|call| call.completion_tokens).sum();
    let prompt: usize = calls.iter().map(|call| call.prompt_tokens).sum();
    let good = calls.iter().filter(|call| call.outcome == CallOutcome::Ok).count();
    println!("{} moves in {seconds:.2} s, {good} of them legal", calls.len());
    println!("tokens per move {} after {} of prompt", tokens / calls.len(), prompt / calls.len());
    println!("tokens/s {:.0}", tokens as f64 / seconds);
    println!("first token ms: {}", of(|call| call.first_token_ms - call.queue_ms));
    println!("whole move ms: {}", of(|call| call.total_ms - call.queue_ms));
    println!("in line ms: {}", of(|call| call.queue_ms));
}
