//! What is said: varied, in persona, and never the own limit.

use std::collections::{BTreeMap, HashSet};

use policy::{Entry, Kind, find, persona_markers, personas};
use rules::{Act, Mills, Role, Scenario};
use testkit::{play, product};

use crate::{players, priced};

struct Said {
    by: Role,
    act: &'static str,
    talk: String,
}

fn kind(act: Act) -> &'static str {
    match act {
        Act::Offer(_) => "offer",
        Act::Reject => "reject",
        Act::Accept(_) => "accept",
        Act::Quit => "quit",
        Act::Talk => "talk",
    }
}

fn listen(game: &Scenario, buyer: &Entry, seller: &Entry, persona: Option<&str>) -> Vec<Said> {
    let seat = |entry: &Entry, role| entry.seat(role, game.seed, persona);
    let (episode, _) = play(game, seat(buyer, Role::Buyer), seat(seller, Role::Seller));
    let turns = episode.table.turns.into_iter();
    turns.map(|turn| Said { by: turn.by, act: kind(turn.act), talk: turn.talk }).collect()
}

/// The talk without its numbers.
fn wording(talk: &str) -> String {
    let words = talk.split(' ').map(|word| match word.strip_prefix('$') {
        Some(amount) => &amount[amount.trim_end_matches(['.', ',', '!', '?', ':']).len()..],
        None => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn thousands_of_ways_to_say_each_thing() {
    let pairs = [("tit-for-tat", "linear"), ("boulware", "boulware")]
        .map(|(buyer, seller)| (find(buyer).unwrap(), find(seller).unwrap()));
    let mut wordings: BTreeMap<(&str, &str), HashSet<String>> = BTreeMap::new();
    for seed in 0..24_000 {
        // Some zones are empty, so that there is leaving too; a near one is left by the seller.
        let cost = [500, 550, 600, 820, 950][seed as usize % 5];
        let game = priced(Mills(80_000), 800, cost).seed(seed).build();
        let (buyer, seller) = pairs[seed as usize / 5 % 2];
        for said in listen(&game, buyer, seller, None) {
            wordings.entry((said.by.name(), said.act)).or_default().insert(wording(&said.talk));
        }
    }
    let counts: BTreeMap<_, _> = wordings.iter().map(|(key, set)| (*key, set.len())).collect();
    println!("{counts:?}");
    for role in ["buyer", "seller"] {
        for (act, least) in
            [("offer", 10_000), ("reject", 1_500), ("accept", 1_500), ("quit", 1_000)]
        {
            let count = counts.get(&(role, act)).copied().unwrap_or(0);
            assert!(count >= least, "{role} {act}: {count}");
        }
    }
}

#[test]
fn nobody_names_its_own_limit() {
    for seed in 0..60u64 {
        // Limits on the grid of spoken prices are the likeliest to be said.
        let list = Mills::from_dollars(10 * (1 + seed as i64));
        let game = priced(list, 800, 600 - 10 * (seed as i64 % 20)).seed(seed).build();
        for buyer in players(Role::Buyer) {
            for seller in players(Role::Seller) {
                for said in listen(&game, buyer, seller, None) {
                    let limit = game.limit(said.by).to_string();
                    let whole = limit.trim_end_matches(".00");
                    let talk = format!("{} ", said.talk.replace(',', ""));
                    let names = talk.match_indices(whole).any(|(at, found)| {
                        // $40.50 does not name $40, but "$40." ends a sentence.
                        let rest = &talk.as_bytes()[at + found.len()..];
                        !(rest[0].is_ascii_digit() || rest[0] == b'.' && rest[1].is_ascii_digit())
                    });
                    assert!(!names, "{} with limit {limit}: {}", said.by.name(), said.talk);
                }
            }
        }
    }
}

fn speaks_like(persona: &str, talk: &str) -> bool {
    let talk = talk.to_lowercase();
    persona_markers(persona).iter().any(|marker| talk.contains(marker))
}

#[test]
fn a_persona_is_known_by_its_words() {
    for seller in ["regulated", "persuadable", "linear"] {
        for persona in personas().iter().skip(1) {
            let mut said = Vec::new();
            for seed in 0..60 {
                let game = priced(Mills(80_000), 800, 500).seed(seed).build();
                let buyer = find("linear").unwrap();
                said.extend(listen(&game, buyer, find(seller).unwrap(), Some(persona.name)));
            }
            for said in &said {
                assert!(speaks_like(persona.name, &said.talk), "{}: {}", persona.name, said.talk);
            }
        }
    }
}

#[test]
fn the_neutral_persona_uses_no_others_words() {
    let families = [find("linear").unwrap(), find("haggler-heldout").unwrap()];
    for (seed, family) in (0..300).flat_map(|seed| families.map(|family| (seed, family))) {
        let game = priced(Mills(80_000), 800, 500).seed(seed).build();
        for said in listen(&game, family, family, None) {
            for persona in personas() {
                assert!(!speaks_like(persona.name, &said.talk), "{}: {}", persona.name, said.talk);
            }
        }
    }
}

#[test]
fn held_out_families_share_no_sentence_with_the_others() {
    let sentences = |kind: Kind| -> HashSet<String> {
        let mut heard = HashSet::new();
        for seed in 0..200 {
            let game = priced(Mills(80_000), 800, 500).seed(seed).build();
            for buyer in players(Role::Buyer).filter(|entry| entry.kind == kind) {
                for seller in players(Role::Seller).filter(|entry| entry.kind == kind) {
                    for said in listen(&game, buyer, seller, None) {
                        heard.extend(
                            wording(&said.talk)
                                .split(['.', '!', '?'])
                                .map(|s| s.trim().to_string()),
                        );
                    }
                }
            }
        }
        heard
    };
    let held_out = sentences(Kind::HeldOut);
    let shared: Vec<_> = sentences(Kind::Scripted)
        .into_iter()
        .filter(|s| s.len() > 3 && held_out.contains(s))
        .collect();
    assert!(shared.is_empty(), "{shared:?}");
}

#[test]
fn talk_names_the_product_as_people_do() {
    let title = "Evenflo Pivot Xplore All-Terrain Stroller Wagon with Canopy (Wayfarer Black)";
    let game = priced(Mills(300_000), 800, 500)
        .product(product().title(title).list_price(Mills(300_000)).build())
        .budget(Mills(240_000))
        .cost(Mills(150_000))
        .build();
    let linear = find("linear").unwrap();
    let talk: Vec<String> = (0..100)
        .flat_map(|seed| listen(&Scenario { seed, ..game.clone() }, linear, linear, None))
        .map(|said| said.talk)
        .collect();
    let with = |words: &str| talk.iter().filter(|talk| talk.contains(words)).count();
    assert!(with("Evenflo Pivot Xplore All-Terrain Stroller Wagon") > 20);
    assert!(with("the stroller wagon") > 20);
    assert_eq!(with("Canopy"), 0);
}
