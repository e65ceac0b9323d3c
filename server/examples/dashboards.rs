//! How long a running server takes for each of the researchers' pages: `cargo run -p server --example dashboards --
//! --help`. One request after the other, so that the times are the server's own.

use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::Value;

#[derive(Parser)]
struct Args {
    /// Where the server answers.
    #[arg(long, default_value = "http://127.0.0.1:3030")]
    url: String,
    /// An API key with the scope `read`.
    #[arg(long)]
    key: String,
    /// Requests of each page.
    #[arg(long, default_value_t = 20)]
    times: usize,
}

/// Pages that need nothing but episodes. Words are frequent and rare.
const PAGES: [&str; 14] = [
    "/research",
    "/research/episodes",
    "/research/episodes?q=price",
    "/research/episodes?q=%22cash+ready%22",
    "/research/episodes?q=zeppelin",
    "/research/episodes?buyer=linear&ending=quit",
    "/research/episodes?seller=persuadable&persona=insulting",
    "/research/episodes?order=buyer_reward_up",
    "/research/episodes?order=seller_reward_down&ending=deal",
    "/research/episodes?category=books&interest=conflicting",
    "/research/episodes?min_price=100&max_price=120",
    "/research/figures",
    "/research/figures?seller=regulated",
    "/research/ladders",
];

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let client = reqwest::Client::new();
    let get = async |path: &str| -> Result<(f64, String)> {
        let begun = Instant::now();
        let response =
            client.get(format!("{}{path}", args.url)).bearer_auth(&args.key).send().await?;
        let response = response.error_for_status().with_context(|| path.to_owned())?;
        let text = response.text().await?;
        Ok((begun.elapsed().as_secs_f64() * 1e3, text))
    };
    let mut pages: Vec<String> = PAGES.map(str::to_owned).to_vec();
    let (_, some) = get("/api/v1/research/episodes?limit=1").await?;
    let some: Value = serde_json::from_str(&some)?;
    if let Some(id) = some["items"][0]["id"].as_str() {
        pages.push(format!("/research/episodes/{id}"));
    }
    let mut all = Vec::new();
    for page in &pages {
        let mut times = Vec::with_capacity(args.times);
        for _ in 0..args.times {
            times.push(get(page).await?.0);
        }
        all.extend(times.iter().copied());
        report(page, &mut times);
    }
    report("all of them", &mut all);
    Ok(())
}

fn report(name: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let at = |q: f64| times[((times.len() - 1) as f64 * q).round() as usize];
    println!("{name:<62} median {:>7.0} ms   99% {:>7.0} ms", at(0.5), at(0.99));
}
