//! A training run in short: its status, how far it is, its rewards.

use leptos::prelude::*;
use wire::{RunHead, RunStatus};

use crate::curves::{number, spark};

pub fn run_badge(status: RunStatus) -> AnyView {
    let class = match status {
        RunStatus::Queued | RunStatus::Cancelled => "badge-soft",
        RunStatus::Running => "badge-info badge-soft",
        RunStatus::Paused => "badge-warning badge-soft",
        RunStatus::Done => "badge-success badge-soft",
        RunStatus::Failed => "badge-error badge-soft",
    };
    view! { <span class=format!("badge {class}")>{status.name()}</span> }.into_any()
}

pub fn progress(head: &RunHead) -> AnyView {
    let told = format!("Iteration {} of {}", head.iteration, head.of);
    let (value, most) = (head.iteration.to_string(), head.of.max(1).to_string());
    view! {
        <div>
            <p class="text-sm">{told.clone()}</p>
            <progress class="progress progress-primary w-full" value=value max=most aria-label=told></progress>
        </div>
    }
    .into_any()
}

const SPARK_WIDTH: f64 = 160.0;
const SPARK_HEIGHT: f64 = 36.0;

/// Mean rewards as a small curve; nothing before there are two.
#[component]
pub fn Spark(rewards: Vec<f64>) -> impl IntoView {
    let path = spark(&rewards, SPARK_WIDTH, SPARK_HEIGHT)?;
    let (first, last) = rewards.first().zip(rewards.last())?;
    let label = format!("Mean reward, from {} to {}", number(*first), number(*last));
    Some(view! {
        <figure class="spark">
            <svg viewBox=format!("0 0 {SPARK_WIDTH} {SPARK_HEIGHT}") role="img" aria-label=label>
                <path class="curve-line curve-line-0" d=path></path>
            </svg>
            <figcaption class="text-sm">"Reward " <span class="price">{number(*last)}</span></figcaption>
        </figure>
    })
}
