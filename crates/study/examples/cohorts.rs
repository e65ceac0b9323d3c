//! How balanced and how hard to guess assignments are: `cargo run -p study --example cohorts [COHORTS]`.

use study::assignment::{Cohort, simulate};

fn main() {
    let cohorts = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10_000);
    println!("| cells | block | leave | differ by, mean | at worst | guessed | by chance |");
    println!("|---|---|---|---|---|---|---|");
    for cells in [2, 3] {
        for block in [1, 2, 3, 5] {
            for dropout in [0.0, 0.15, 0.3] {
                let cohort = Cohort { completers: 120, dropout, strata: 1, at_once: 8 };
                let came = simulate(cells, block, cohort, cohorts, 20_261_129);
                println!(
                    "| {cells} | {block} | {:.0}% | {:.2} | {} | {:.3} | {:.3} |",
                    100.0 * dropout,
                    came.imbalance_mean,
                    came.imbalance_worst,
                    came.guessed,
                    came.by_chance
                );
            }
        }
    }
}
