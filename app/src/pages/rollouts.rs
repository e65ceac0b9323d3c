//! What a run rolled out: groups of episodes, and each member token by token.

use leptos::html::Input;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use serde::{Deserialize, Serialize};
use wire::{GroupCard, Rollout, RolloutHit, RunHead, RunId};

use super::{for_researchers, missing, run_in_path};
use crate::answer::Answer;
use crate::api;
use crate::curves::{number, strip};
use crate::fault::Fault;
use crate::format;
use crate::parts::{Legend, Loaded, SignedOut, Trace, dynamic, lines_skeleton};
use crate::run_query::RolloutQuery;
use crate::shade::Quantity;

#[derive(Clone, Serialize, Deserialize)]
enum Listed {
    Groups(Vec<GroupCard>),
    Hits(Vec<RolloutHit>),
}

#[derive(Clone, Serialize, Deserialize)]
struct Found {
    head: RunHead,
    /// Of the groups; the latest where the address names none.
    iteration: u32,
    listed: Listed,
    /// Of the group that the address names.
    members: Vec<Rollout>,
}

fn read_query() -> Memo<RolloutQuery> {
    let map = use_query_map();
    Memo::new(move |_| map.with(|map| RolloutQuery::read(|key| map.get(key))))
}

#[component]
pub fn Rollouts() -> impl IntoView {
    let id = run_in_path();
    let query = read_query();
    let found = Answer::new(
        move || {
            // Another colour asks for nothing new.
            let RolloutQuery { iteration, group, search, product, .. } = query.get();
            (id.get(), iteration, group, search, product)
        },
        |(id, iteration, group, search, product)| async move {
            let asked =
                RolloutQuery { iteration, group, search, product, ..RolloutQuery::default() };
            match id {
                Ok(id) => for_researchers(find(id, asked)).await,
                Err(fault) => missing(fault),
            }
        },
    );
    view! {
        <Title text="Rollouts"/>
        <Loaded
            resource=found
            skeleton=lines_skeleton
            keep=true
            render=|found| match found {
                Some(found) => view! { <Board found/> }.into_any(),
                None => view! { <SignedOut about="training runs and their rollouts"/> }.into_any(),
            }
        />
    }
}

async fn find(id: RunId, asked: RolloutQuery) -> Result<Found, Fault> {
    let head = api::run(id).await?.head;
    let iteration = asked.iteration.unwrap_or(head.iteration);
    let listed = match (asked.search, asked.product) {
        (Some(text), _) => Listed::Hits(api::search_rollouts(id, text).await?),
        (None, Some(product)) => Listed::Groups(api::rollouts_of_product(id, product).await?),
        (None, None) => Listed::Groups(api::run_groups(id, iteration).await?),
    };
    let members = match asked.group {
        Some(group) => api::run_rollouts(id, iteration, group).await?,
        None => Vec::new(),
    };
    Ok(Found { head, iteration, listed, members })
}

#[component]
fn Board(found: Found) -> impl IntoView {
    let Found { head, iteration, listed, members } = found;
    let (id, latest) = (head.id, head.iteration);
    let query = read_query();
    let asked = query.get_untracked();
    let chosen = match &listed {
        Listed::Groups(groups) => {
            let own =
                |card: &&GroupCard| card.iteration == iteration && Some(card.group) == asked.group;
            groups.iter().find(own).cloned()
        }
        Listed::Hits(_) => None,
    };
    let title = match (&asked.search, &asked.product) {
        (Some(text), _) => format!("Messages with “{text}”"),
        (None, Some(product)) => format!("Groups over {product}"),
        (None, None) => format!("Groups of iteration {iteration}"),
    };
    view! {
        <p class="text-sm"><A href=format!("/runs/{id}") attr:class="link">{head.label.clone()}</A></p>
        <h1 class="page-title">"Rollouts"</h1>
        {if latest == 0 {
            view! { <p>"Nothing is rolled out yet. The first groups appear with the first iteration."</p> }.into_any()
        } else {
            view! {
                <Picker id iteration latest query/>
                <section class="mt-6" aria-labelledby="listed-title">
                    <h2 id="listed-title" class="section-title">{title}</h2>
                    {match listed {
                        Listed::Groups(groups) => view! { <Groups id groups query/> }.into_any(),
                        Listed::Hits(hits) => view! { <Hits id hits query/> }.into_any(),
                    }}
                </section>
                {(!members.is_empty()).then(|| view! { <Members id iteration members chosen query/> })}
            }
                .into_any()
        }}
    }
}

/// Plain forms: without scripts their buttons load the page anew.
#[component]
fn Picker(id: RunId, iteration: u32, latest: u32, query: Memo<RolloutQuery>) -> impl IntoView {
    let colour = query.get_untracked().colour;
    let at = move |iteration: u32| RolloutQuery::iteration(iteration, colour).href(id);
    let step = move |to: Option<u32>, name: &'static str| match to {
        Some(to) => view! { <A href=at(to) attr:class="btn">{name}</A> }.into_any(),
        None => view! { <button type="button" class="btn" disabled>{name}</button> }.into_any(),
    };
    let (number, words) = (NodeRef::<Input>::new(), NodeRef::<Input>::new());
    let navigate = use_navigate();
    let navigate_to = Callback::new(move |to: RolloutQuery| {
        navigate(&to.href(id), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    let show = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = number.get_untracked().and_then(|input| input.value().parse().ok());
        if let Some(iteration) = typed {
            navigate_to.run(RolloutQuery::iteration(iteration, query.get_untracked().colour));
        }
    };
    let search = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let search =
            words.get_untracked().map(|input| input.value()).filter(|v| !v.trim().is_empty());
        let colour = query.get_untracked().colour;
        navigate_to.run(RolloutQuery { search, colour, ..RolloutQuery::default() });
    };
    let action = format!("/runs/{id}/rollouts");
    view! {
        <search class="filters">
            <div class="filter-row">
                <form method="get" action=action.clone() on:submit=show class="flex flex-wrap items-end gap-2">
                    {step((iteration > 1).then(|| iteration - 1), "Previous")}
                    <div>
                        <label class="field-label" for="iteration">{format!("Iteration, up to {latest}")}</label>
                        <input node_ref=number id="iteration" name="iteration" type="number" min="1" max=latest value=iteration required class="input w-28"/>
                    </div>
                    {step((iteration < latest).then(|| iteration + 1), "Next")}
                    <button class="btn btn-neutral">"Show"</button>
                </form>
                <form method="get" action=action on:submit=search class="flex grow basis-64 flex-wrap items-end gap-2">
                    <div class="grow">
                        <label class="field-label" for="q">"Find in all messages"</label>
                        <input node_ref=words id="q" name="q" type="search" class="input w-full" value=query.get_untracked().search/>
                    </div>
                    <button class="btn btn-neutral">"Find"</button>
                </form>
            </div>
        </search>
    }
}

const STRIP_WIDTH: f64 = 160.0;
const STRIP_HEIGHT: f64 = 24.0;

#[component]
fn Groups(id: RunId, groups: Vec<GroupCard>, query: Memo<RolloutQuery>) -> impl IntoView {
    if groups.is_empty() {
        return view! { <p>"No group is kept here. Look at another iteration."</p> }.into_any();
    }
    let asked = query.get_untracked();
    let item = |card: GroupCard| {
        let there = (Some(card.iteration), Some(card.group)) == (asked.iteration, asked.group);
        let to = RolloutQuery {
            group: Some(card.group),
            ..RolloutQuery::iteration(card.iteration, asked.colour)
        };
        let across = RolloutQuery {
            product: Some(card.product.clone()),
            colour: asked.colour,
            ..RolloutQuery::default()
        };
        let rewards: Vec<String> = card.rewards.iter().map(|r| number(*r)).collect();
        let label = format!("Rewards {}", rewards.join(", "));
        view! {
            <li class="list-row group-row items-center">
                <div class="list-col-grow min-w-0">
                    <p class="font-semibold">
                        <A href=to.href(id) attr:class="link" attr:aria-current=there.then_some("true") scroll=false>
                            {format!("Iteration {}, group {}: {}", card.iteration, card.group + 1, card.title)}
                        </A>
                    </p>
                    <p class="text-sm">
                        {format!(
                            "The {} learns against {}. The buyer pays up to {}, the seller asks for {} at least.",
                            card.role.name(),
                            card.opponent,
                            format::money(card.budget),
                            format::money(card.cost),
                        )}
                    </p>
                    <p class="text-sm"><A href=across.href(id) attr:class="link">"The same product across iterations"</A></p>
                </div>
                <figure class="strip">
                    <svg viewBox=format!("0 0 {STRIP_WIDTH} {STRIP_HEIGHT}") role="img" aria-label=label>
                        <path class="grid-line" d=format!("M0 {y}H{STRIP_WIDTH}M{x} 0V{STRIP_HEIGHT}", y = STRIP_HEIGHT / 2.0, x = STRIP_WIDTH / 2.0)></path>
                        <path class="curve-line curve-line-0" d=strip(&card.rewards, STRIP_WIDTH, STRIP_HEIGHT)></path>
                    </svg>
                    <figcaption class="text-sm">{spread(&card.rewards)}</figcaption>
                </figure>
            </li>
        }
    };
    view! {
        <ul class="list rounded-box border border-base-300 bg-base-100">
            {groups.into_iter().map(item).collect_view()}
        </ul>
    }
    .into_any()
}

/// `−1 to 0.5, mean −0.25`.
fn spread(rewards: &[f64]) -> String {
    let least = rewards.iter().copied().reduce(f64::min);
    let Some((least, most)) = least.zip(rewards.iter().copied().reduce(f64::max)) else {
        return "no reward".to_owned();
    };
    let mean = rewards.iter().sum::<f64>() / rewards.len() as f64;
    format!("{} to {}, mean {}", number(least), number(most), number(mean))
}

#[component]
fn Hits(id: RunId, hits: Vec<RolloutHit>, query: Memo<RolloutQuery>) -> impl IntoView {
    if hits.is_empty() {
        return view! { <p>"No message has that. Try fewer words."</p> }.into_any();
    }
    let colour = query.get_untracked().colour;
    view! {
        <ul class="list rounded-box border border-base-300 bg-base-100">
            {hits
                .into_iter()
                .map(|hit| {
                    let to = RolloutQuery { group: Some(hit.group), ..RolloutQuery::iteration(hit.iteration, colour) };
                    let reward = hit.reward.map_or_else(|| "no reward".to_owned(), |r| format!("reward {}", number(r)));
                    view! {
                        <li class="list-row">
                            <div class="list-col-grow min-w-0">
                                <p>{format!("The {}: “{}”", hit.by.name(), hit.talk)}</p>
                                <p class="text-sm">
                                    <A href=to.href(id) attr:class="link">
                                        {format!("Iteration {}, group {}, member {}", hit.iteration, hit.group + 1, hit.index + 1)}
                                    </A>
                                    ", " {reward} ". "
                                    <A href=format!("/replay/{}", hit.episode) attr:class="link">"Replay"</A>
                                </p>
                            </div>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn Members(
    id: RunId,
    iteration: u32,
    members: Vec<Rollout>,
    chosen: Option<GroupCard>,
    query: Memo<RolloutQuery>,
) -> impl IntoView {
    let group = query.get_untracked().group.unwrap_or(0) + 1;
    let title = chosen.map(|card| format!(": {}", card.title)).unwrap_or_default();
    let colour = Memo::new(move |_| query.with(|query| query.colour));
    view! {
        <section class="mt-10" aria-labelledby="members-title">
            <h2 id="members-title" class="section-title">{format!("Iteration {iteration}, group {group}{title}")}</h2>
            <nav aria-label="Colour of the tokens">
                <ul class="chips">
                    {Quantity::ALL
                        .into_iter()
                        .map(|quantity| {
                            view! {
                                <li>
                                    {dynamic(move || {
                                        let on = colour.get() == quantity;
                                        let to = RolloutQuery { colour: quantity, ..query.get() };
                                        view! {
                                            <A
                                                href=to.href(id)
                                                attr:class=if on { "chip chip-on" } else { "chip" }
                                                attr:aria-current=on.then_some("true")
                                                scroll=false
                                            >
                                                {quantity.title()}
                                            </A>
                                        }
                                    })}
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </nav>
            <Legend colour/>
            <ol class="members">
                {members.into_iter().map(|rollout| view! { <li class="panel"><Member rollout colour/></li> }).collect_view()}
            </ol>
        </section>
    }
}

#[component]
fn Member(rollout: Rollout, colour: Memo<Quantity>) -> impl IntoView {
    let Rollout { episode, index, reward, advantage, outcome, truncated, tokens } = rollout;
    let title = format!("Member {}", index + 1);
    let told = match reward {
        Some(reward) => format!("Reward {}, advantage {}", number(reward), number(advantage)),
        None => "Left out: the machinery failed".to_owned(),
    };
    let outcome = outcome.map_or_else(|| "No ending".to_owned(), format::outcome_short);
    view! {
        <h3 class="font-semibold">{title.clone()}</h3>
        <p class="text-sm">{told} ". " {outcome} "."</p>
        {truncated.then(|| view! { <p class="text-sm font-semibold">"A message met the limit of tokens and was cut off."</p> })}
        <Trace tokens advantage colour label=format!("Tokens of {}", title.to_lowercase())/>
        <p class="mt-2 text-sm"><A href=format!("/replay/{episode}") attr:class="link">"Replay of this episode"</A></p>
    }
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn rewards_are_told_by_their_ends_and_mean() {
        assert_eq!(spread(&[-1.0, 0.0, 0.5, 0.5]), "\u{2212}1 to 0.5, mean 0");
        assert_eq!(spread(&[]), "no reward");
    }
}
