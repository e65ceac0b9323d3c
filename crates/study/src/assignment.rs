//! Who gets which cell: permuted blocks within strata, balanced by those who stay.
//!
//! Each stratum has a block of its own that holds every cell `block` times. Who comes is dealt one of the slots that
//! are open, drawn by the study's seed. Who leaves without having completed gives the slot back, and it is open again:
//! so cells are balanced by completers, not by those who began. A new block is opened when no slot is open. In a
//! stratum two cells therefore never differ by more than `block` among those who hold a slot, as long as nobody has
//! given one back that is still open.
//!
//! Everything follows from the seed and the log of who came and who left: whoever has both can deal again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cells::cells;
use crate::chance::Draw;
use crate::definition::{MOST_BLOCK, Study};

/// A dealt slot, with what it takes to check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    pub stratum: String,
    /// By its place among the study's cells.
    pub cell: usize,
    /// From 0, of the stratum.
    pub block: u32,
    /// Draws of the stratum before this one.
    pub draw: u64,
    /// Open slots that it was drawn from.
    pub open: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Stratum {
    blocks: u32,
    draws: u64,
    /// Cells of the open slots, with the block that each is from.
    open: Vec<(usize, u32)>,
}

/// Deals slots. Pure: the same seed and log deal the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dealer {
    seed: u64,
    cells: usize,
    /// Times that a cell lies in a block.
    block: u32,
    strata: BTreeMap<String, Stratum>,
}

impl Dealer {
    /// # Panics
    /// Without cells or with an empty block.
    pub fn new(seed: u64, cells: usize, block: u32) -> Dealer {
        assert!(cells > 0 && block > 0, "there is nothing to deal");
        Dealer { seed, cells, block, strata: BTreeMap::new() }
    }

    pub fn deal(&mut self, stratum: &str) -> Slot {
        let at = self.strata.entry(stratum.to_owned()).or_default();
        if at.open.is_empty() {
            let block = at.blocks;
            at.blocks += 1;
            let cells = (0..self.cells)
                .flat_map(|cell| std::iter::repeat_n((cell, block), self.block as usize));
            at.open.extend(cells);
        }
        let mut draw = Draw::new(&[self.seed, name_seed(stratum), at.draws]);
        let (nth, open) = (draw.below(at.open.len()), at.open.len());
        let (cell, block) = at.open.remove(nth);
        at.draws += 1;
        Slot { stratum: stratum.to_owned(), cell, block, draw: at.draws - 1, open }
    }

    /// Takes back the slot of somebody who left without having completed.
    pub fn give_back(&mut self, slot: &Slot) {
        let at = self.strata.entry(slot.stratum.clone()).or_default();
        at.open.push((slot.cell, slot.block));
        // The log decides, not the order in which people happened to leave a process.
        at.open.sort_unstable();
    }
}

fn name_seed(stratum: &str) -> u64 {
    let digest = Sha256::digest(stratum.as_bytes());
    u64::from_be_bytes(*digest.first_chunk().expect("SHA-256 has 32 bytes"))
}

/// How an assignment does over many simulated cohorts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Simulated {
    pub cohorts: u32,
    /// Of a cohort's completers: the largest cell less the smallest, at the mean and at worst.
    pub imbalance_mean: f64,
    pub imbalance_worst: u32,
    /// How often somebody who knows all earlier assignments and the block, but not the seed, guesses the next cell.
    /// By chance it would be 1 over the cells.
    pub guessed: f64,
    pub by_chance: f64,
}

/// A cohort to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cohort {
    pub completers: u32,
    /// Share of those who were assigned that leave, 0 to 1.
    pub dropout: f64,
    /// Strata, equally likely.
    pub strata: u32,
    /// Others that are under way when somebody comes.
    pub at_once: u32,
}

/// Deals to so many cohorts, each by a seed of its own.
pub fn simulate(cells: usize, block: u32, cohort: Cohort, cohorts: u32, seed: u64) -> Simulated {
    let (mut worst, mut sum, mut guesses, mut right) = (0, 0.0, 0_u64, 0_u64);
    for nth in 0..cohorts {
        let mut draw = Draw::new(&[seed, u64::from(nth)]);
        let mut dealer = Dealer::new(draw.next_u64(), cells, block);
        let mut completed = vec![0_u32; cells];
        let mut under_way: Vec<Slot> = Vec::new();
        let mut known: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        while completed.iter().sum::<u32>() < cohort.completers {
            if under_way.len() <= cohort.at_once as usize {
                let stratum = draw.below(cohort.strata.max(1) as usize).to_string();
                // The best guess without the seed: the cell that was dealt least in this stratum.
                let held = known.entry(stratum.clone()).or_insert_with(|| vec![0; cells]);
                let least = held.iter().min().copied().unwrap_or(0);
                let likely: Vec<usize> = (0..cells).filter(|cell| held[*cell] == least).collect();
                let guess = *draw.pick(&likely);
                let slot = dealer.deal(&stratum);
                guesses += 1;
                right += u64::from(guess == slot.cell);
                held[slot.cell] += 1;
                under_way.push(slot);
                continue;
            }
            let slot = under_way.swap_remove(draw.below(under_way.len()));
            if draw.uniform() < cohort.dropout {
                if let Some(held) = known.get_mut(&slot.stratum) {
                    held[slot.cell] -= 1;
                }
                dealer.give_back(&slot);
            } else {
                completed[slot.cell] += 1;
            }
        }
        let most = completed.iter().max().copied().unwrap_or(0);
        let least = completed.iter().min().copied().unwrap_or(0);
        worst = worst.max(most - least);
        sum += f64::from(most - least);
    }
    Simulated {
        cohorts,
        imbalance_mean: sum / f64::from(cohorts.max(1)),
        imbalance_worst: worst,
        guessed: right as f64 / guesses.max(1) as f64,
        by_chance: 1.0 / cells as f64,
    }
}

/// How the assignment of a study would do, with 15% who leave.
pub fn outlook(study: &Study) -> Simulated {
    let (cells, block) = (cells(study).len(), study.assignment.block.min(MOST_BLOCK));
    if cells == 0 || block == 0 {
        return Simulated::default();
    }
    let cohort = Cohort {
        completers: study.recruitment.completers.min(500),
        dropout: 0.15,
        strata: if study.assignment.strata.is_empty() { 1 } else { 4 },
        at_once: study.recruitment.spare.min(50),
    };
    simulate(cells, block, cohort, 500, study.assignment.seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_every_cell_equally_often() {
        let mut dealer = Dealer::new(7, 3, 2);
        for block in 0..20 {
            let slots: Vec<Slot> = (0..6).map(|_| dealer.deal("all")).collect();
            for cell in 0..3 {
                let dealt = slots.iter().filter(|slot| slot.cell == cell).count();
                assert_eq!(dealt, 2, "block {block}");
            }
            assert!(slots.iter().all(|slot| slot.block == block));
        }
    }

    #[test]
    fn the_log_deals_again() {
        let log = |dealer: &mut Dealer| {
            let mut slots = Vec::new();
            for n in 0..40 {
                slots.push(dealer.deal(if n % 3 == 0 { "a" } else { "b" }));
                if n % 4 == 3 {
                    dealer.give_back(&slots[n / 2]);
                }
            }
            slots
        };
        assert_eq!(log(&mut Dealer::new(5, 2, 3)), log(&mut Dealer::new(5, 2, 3)));
        assert_ne!(log(&mut Dealer::new(5, 2, 3)), log(&mut Dealer::new(6, 2, 3)));
    }

    #[test]
    fn what_is_given_back_is_dealt_before_a_new_block() {
        let mut dealer = Dealer::new(1, 2, 1);
        let first = dealer.deal("all");
        let second = dealer.deal("all");
        dealer.give_back(&first);
        let again = dealer.deal("all");
        assert_eq!((again.cell, again.block), (first.cell, 0));
        assert_ne!(second.cell, again.cell);
    }

    #[test]
    fn many_cohorts_are_balanced_and_hard_to_guess() {
        let cohort = Cohort { completers: 60, dropout: 0.2, strata: 1, at_once: 8 };
        let came = simulate(2, 3, cohort, 2_000, 11);
        // Those under way and slots that were just given back come on top of a block's three.
        assert!(came.imbalance_mean < 3.0, "{came:?}");
        assert!(came.guessed < 0.75 && came.guessed > 0.5, "{came:?}");
        // Blocks of one pair give every second assignment away.
        let short = simulate(2, 1, cohort, 2_000, 11);
        assert!(short.guessed > came.guessed, "{short:?}");
    }
}
