//! A negotiator keeps nothing between moves, and its seed fixes it.

use policy::{Entry, Negotiator, Script, registry};
use rules::{Event, Mills, Move, Role, Scenario, View};
use testkit::play;

use crate::{players, priced};

/// Built anew for every move, as a server does after a crash.
struct Forgetful {
    family: &'static Entry,
    role: Role,
    seed: u64,
    persona: Option<&'static str>,
}

impl Script for Forgetful {
    fn decide(&mut self, view: &View) -> Move {
        self.family.seat(self.role, self.seed, self.persona).decide(view)
    }
}

fn pairs() -> impl Iterator<Item = (&'static Entry, &'static Entry)> {
    players(Role::Buyer).flat_map(|buyer| players(Role::Seller).map(move |seller| (buyer, seller)))
}

fn games() -> impl Iterator<Item = Scenario> {
    (0..12).map(|seed| {
        let game = priced(Mills(20_000 + 7_919 * seed), 800, 450 + 40 * seed).seed(seed as u64);
        if seed % 3 == 0 { game.open(16).build() } else { game.build() }
    })
}

#[test]
fn a_rebuilt_negotiator_plays_as_one_that_lived_through() {
    let persona = Some("begging");
    for (buyer, seller) in pairs() {
        for game in games() {
            let seed = game.seed;
            let lived = play(
                &game,
                buyer.seat(Role::Buyer, seed, persona),
                seller.seat(Role::Seller, seed, persona),
            );
            let forgetful = |family, role| Forgetful { family, role, seed, persona };
            let rebuilt =
                play(&game, forgetful(buyer, Role::Buyer), forgetful(seller, Role::Seller));
            assert_eq!(lived, rebuilt, "{buyer:?} {seller:?}");
        }
    }
}

#[test]
fn one_seed_one_game_and_other_seeds_other_games() {
    let transcript = |buyer: &Entry, seller: &Entry, seed: u64| -> Vec<Event> {
        let game = priced(Mills(60_000), 800, 400).build();
        play(&game, buyer.seat(Role::Buyer, seed, None), seller.seat(Role::Seller, seed, None)).1
    };
    for (buyer, seller) in pairs() {
        assert_eq!(transcript(buyer, seller, 5), transcript(buyer, seller, 5));
        assert_ne!(
            transcript(buyer, seller, 5),
            transcript(buyer, seller, 6),
            "{buyer:?} {seller:?}"
        );
    }
}

#[test]
fn names_are_unique_and_every_side_is_described() {
    let mut names: Vec<_> = registry().iter().map(|entry| entry.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), registry().len());
    for entry in registry() {
        assert!(!entry.roles.is_empty() && entry.summary.ends_with('.'), "{entry:?}");
        assert!(policy::find(entry.name).is_some_and(|found| found.name == entry.name));
    }
    assert!(policy::find("nobody").is_none());
}

#[test]
fn every_script_is_a_negotiator() {
    fn takes(_: Box<dyn Negotiator>) {}
    takes(Box::new(registry()[0].seat(Role::Buyer, 1, None)));
}
