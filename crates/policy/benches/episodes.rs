//! Scripted against scripted, whole episodes on one core, words included.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use policy::{Entry, find};
use rules::{Mills, Role, Scenario};
use testkit::{play, scenario};

fn family(name: &str) -> &'static Entry {
    find(name).expect("a family of the registry")
}

/// A wide zone with an unyielding pair: all six rounds are played.
fn long_talk() -> Scenario {
    scenario().list_price(Mills(100_000)).budget(Mills(60_000)).cost(Mills(58_000)).build()
}

fn episode(scenario: &Scenario, buyer: &Entry, seller: &Entry, seed: u64) -> usize {
    let seller = seller.seat(Role::Seller, seed, None);
    let (episode, events) = play(scenario, buyer.seat(Role::Buyer, seed, None), seller);
    assert!(episode.table.is_over());
    events.len()
}

fn episodes(c: &mut Criterion) {
    let mut group = c.benchmark_group("episodes");
    group.throughput(Throughput::Elements(1));
    let scenario = long_talk();
    for (buyer, seller) in
        [("boulware", "boulware"), ("linear", "regulated"), ("linear", "persuadable")]
    {
        let mut seed = 0;
        let (first, second) = (family(buyer), family(seller));
        group.bench_function(format!("{buyer} buys from {seller}"), |b| {
            b.iter(|| {
                seed += 1;
                episode(&scenario, first, second, seed)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, episodes);
criterion_main!(benches);
