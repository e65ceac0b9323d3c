//! What came of a run: alarms, checkpoints, and how to do it again.

use leptos::prelude::*;
use leptos_router::components::A;
use rules::Role;
use wire::{CheckpointCard, CheckpointId, ProductId, RunPage};

use crate::address::href;
use crate::api;
use crate::curves::number;
use crate::format;
use crate::parts::{Attempt, Refusal, dynamic};

#[component]
pub fn Alarms(page: RwSignal<RunPage>) -> impl IntoView {
    let alarms = Memo::new(move |_| page.with(|page| page.alarms.clone()));
    view! {
        <div role="status">
            {dynamic(move || {
                let alarms = alarms.get();
                (!alarms.is_empty()).then(|| {
                    view! {
                        <section class="alert alert-warning alert-soft mt-4 block" aria-label="Alarms">
                            <h2 class="font-semibold">"To look at"</h2>
                            <ul class="mt-1 list-disc pl-5">
                                {alarms
                                    .into_iter()
                                    .map(|alarm| view! { <li>{format!("Iteration {}: {}", alarm.iteration, alarm.sentence)}</li> })
                                    .collect_view()}
                            </ul>
                        </section>
                    }
                })
            })}
        </div>
    }
}

#[component]
pub fn Checkpoints(page: RwSignal<RunPage>) -> impl IntoView {
    let attempt = Attempt::new();
    let cards = Memo::new(move |_| page.with(|page| page.checkpoints.clone()));
    let meeting = StoredValue::new(page.with_untracked(Meeting::of));
    let publish = Callback::new(move |id: CheckpointId| {
        attempt.run(async move {
            let fresh = api::publish_checkpoint(id).await?;
            page.try_update(|page| {
                for card in page.checkpoints.iter_mut().filter(|card| card.id == fresh.id) {
                    *card = fresh.clone();
                }
            });
            Ok(())
        });
    });
    view! {
        <section aria-labelledby="checkpoints-title">
            <h2 id="checkpoints-title" class="section-title">"Checkpoints"</h2>
            <Refusal attempt/>
            {dynamic(move || {
                let cards = cards.get();
                if cards.is_empty() {
                    return view! { <p>"None is kept yet."</p> }.into_any();
                }
                view! {
                    <ul class="list rounded-box border border-base-300 bg-base-100">
                        {cards.into_iter().map(|card| view! { <Checkpoint card meeting publish attempt/> }).collect_view()}
                    </ul>
                }
                    .into_any()
            })}
        </section>
    }
}

/// Where published checkpoints can be met.
struct Meeting {
    stall: Option<ProductId>,
    base: String,
    role: Role,
}

impl Meeting {
    fn of(page: &RunPage) -> Meeting {
        let role = page.head.role.unwrap_or(Role::Buyer);
        Meeting { stall: page.stall.clone(), base: page.base.clone(), role }
    }

    /// At a stall, on the side that it learnt, and against the model that it began as.
    fn places(&self, name: &str) -> Vec<(&'static str, String)> {
        let other = self.role.other().name();
        let told = |text: &str| Some(text.to_owned());
        let stall = self.stall.as_ref().map(|product| {
            let href =
                href(&format!("/stall/{product}"), [("side", told(other)), ("with", told(name))]);
            ("Play this checkpoint", href)
        });
        // A folder is no negotiator.
        let base = (!self.base.contains('/')).then(|| {
            let seats = [(self.role.name(), told(name)), (other, told(&self.base))];
            ("Pit it against its base", href("/watch", seats))
        });
        stall.into_iter().chain(base).collect()
    }
}

#[component]
fn Checkpoint(
    card: CheckpointCard,
    meeting: StoredValue<Meeting>,
    publish: Callback<CheckpointId>,
    attempt: Attempt,
) -> impl IntoView {
    let CheckpointCard { id, iteration, reward, bytes, published, .. } = card;
    let reward = reward.map(|reward| format!("reward {}, ", number(reward)));
    let size = format::bytes(bytes);
    view! {
        <li class="list-row items-center">
            <div class="list-col-grow min-w-0">
                <p class="font-semibold">{format!("Iteration {iteration}")}</p>
                <p class="text-sm">{reward} {size}</p>
                {published
                    .clone()
                    .map(|name| {
                        view! {
                            <p class="text-sm">"Sits across the table as " <code>{name.to_string()}</code> "."</p>
                            <p class="text-sm flex flex-wrap gap-x-4">
                                {meeting
                                    .with_value(|meeting| meeting.places(&name.0))
                                    .into_iter()
                                    .map(|(text, href)| view! { <A href attr:class="link">{text}</A> })
                                    .collect_view()}
                            </p>
                        }
                    })}
            </div>
            {published
                .is_none()
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="btn btn-sm"
                            aria-label=format!("Publish iteration {iteration}")
                            disabled=move || attempt.is_pending()
                            on:click=move |_| publish.run(id)
                        >
                            "Publish"
                        </button>
                    }
                })}
        </li>
    }
}

/// How it was done, and how to do it again.
#[component]
pub fn Record(page: RunPage) -> impl IntoView {
    let RunPage { settings, command, code_version, seed, products, products_sha256, .. } = page;
    view! {
        <section aria-labelledby="record-title">
            <h2 id="record-title" class="section-title">"To do it again"</h2>
            <pre class="transcript" tabindex="0">{command}</pre>
            <dl class="terms mt-3">
                <div><dt>"Version of the code"</dt><dd>{code_version}</dd></div>
                <div><dt>"Seed"</dt><dd class="price">{seed.to_string()}</dd></div>
                <div><dt>"Products to learn from"</dt><dd class="price">{products}</dd></div>
            </dl>
            <p class="mt-2 text-sm break-all">"SHA-256 of their manifest: " <code>{products_sha256}</code></p>
            <details class="mt-3">
                <summary class="cursor-pointer">"All settings"</summary>
                <pre class="transcript mt-2" tabindex="0">{settings}</pre>
            </details>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_met_on_the_side_that_it_learnt() {
        let stall = Some(ProductId("souk.books_1".into()));
        let meeting = Meeting { stall, base: "demo".into(), role: Role::Buyer };
        let places: Vec<String> =
            meeting.places("run-a-60").into_iter().map(|(_, to)| to).collect();
        let stall = "/stall/souk.books_1?side=seller&with=run-a-60";
        assert_eq!(places, [stall, "/watch?buyer=run-a-60&seller=demo"]);
        let folder = Meeting { stall: None, base: "/models/demo".into(), role: Role::Buyer };
        assert!(folder.places("run-a-60").is_empty());
    }
}
