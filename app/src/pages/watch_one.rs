//! Two negotiators, watched live.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use rules::PerRole;
use wire::{EpisodePage, EpisodeStatus, PaceCommand};

use super::episode_resource;
use super::talk::LadderCard;
use crate::answer::Answer;
use crate::api;
use crate::episode_state::EpisodeState;
use crate::format;
use crate::parts::{
    ChatLog, CopyLink, FailureNote, ForkNote, Icon, LinkBanner, Loaded, Picture, RevealPanel,
    boundary, lines_skeleton,
};
use crate::parts::{arriving, dynamic};
use crate::status;

#[component]
pub fn WatchOne() -> impl IntoView {
    view! {
        <Loaded
            resource=episode_resource()
            skeleton=lines_skeleton
            render=|page| view! { <Watched page/> }.into_any()
        />
    }
}

#[component]
fn Watched(page: EpisodePage) -> impl IntoView {
    let product = page.head.product.clone();
    let state = EpisodeState::new(page);
    state.follow();
    let over = Memo::new(move |_| state.is_over());
    view! {
        <Title text=format!("Watching: {}", product.title)/>
        <LinkBanner/>
        <div class="talk-head">
            <div class="w-20 shrink-0 sm:w-24"><Picture src=product.picture eager=true/></div>
            <div class="min-w-0">
                <h1 class="font-display text-xl leading-tight sm:text-2xl">
                    <a href=format!("/stall/{}", product.id) class="link-hover">{product.title}</a>
                </h1>
                <p class="mt-1 text-sm"><Seats state/></p>
            </div>
        </div>
        <div class="talk-grid">
            <div class="talk-main">
                <WatchStatus state/>
                <PaceBar state/>
                <ForkNote state/>
                {dynamic(move || over.get().then(|| view! { <FailureNote state/><Revealed state/> }))}
                <ChatLog state/>
            </div>
            <aside class="talk-side" aria-label="The offers">
                <LadderCard state/>
            </aside>
        </div>
    }
}

/// `Boulware sells to Linear`.
#[component]
pub fn Seats(state: EpisodeState) -> impl IntoView {
    dynamic(move || {
        let PerRole { buyer, seller } = state.head.with(|head| head.seats.clone());
        format!(
            "{} buys from {}.",
            format::capitalised(&format::seat_name(&buyer)),
            format::seat_name(&seller)
        )
    })
}

#[component]
pub fn WatchStatus(state: EpisodeState) -> impl IntoView {
    let line = move || {
        let paused = state.head.with(|head| {
            head.status == EpisodeStatus::Playing && head.pace.is_some_and(|pace| pace.paused)
        });
        let status = state.head.with(|head| head.status);
        state.seen.with(|seen| {
            let seen = seen.as_ref()?;
            let line = status::line(seen, status, state.typing.get(), false);
            Some(if paused && !seen.table.is_over() { format!("Paused. {line}") } else { line })
        })
    };
    view! { <p role="status" class="status-line font-semibold">{line}</p> }
}

/// Milliseconds between two moves, with their names.
const SPEEDS: [(u32, &str); 4] =
    [(3_000, "Slow"), (1_500, "Normal"), (600, "Fast"), (0, "At once")];

/// Play, pause, step and speed, for the one who may.
#[component]
pub fn PaceBar(state: EpisodeState, #[prop(optional)] compact: bool) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let (pace, may) = state.head.with(|head| (head.pace, head.may_pace));
        pace.filter(|_| may && !state.is_over())
    });
    let refused = RwSignal::new(None::<String>);
    let command = move |command: PaceCommand| {
        spawn_local(async move {
            let answer = api::set_pace(state.id, command).await;
            refused.try_set(answer.err().map(|fault| fault.0.detail));
            state.fetch_head();
        });
    };
    let size = if compact { "btn btn-sm" } else { "btn" };
    dynamic(move || {
        shown.get().map(|pace| {
            view! {
                <div class="flex flex-wrap items-center gap-2" role="group" aria-label="Pace">
                    {if pace.paused {
                        view! {
                            <button type="button" class=format!("{size} btn-primary") on:click=move |_| command(PaceCommand::Play)>
                                {Icon::Play.draw()} "Play"
                            </button>
                        }
                            .into_any()
                    } else {
                        view! {
                            <button type="button" class=format!("{size} btn-primary") on:click=move |_| command(PaceCommand::Pause)>
                                {Icon::Pause.draw()} "Pause"
                            </button>
                        }
                            .into_any()
                    }}
                    <button type="button" class=size on:click=move |_| command(PaceCommand::Step)>
                        {Icon::Step.draw()} "Step"
                    </button>
                    <select
                        class=if compact { "select select-sm w-auto" } else { "select w-auto" }
                        aria-label="Speed"
                        on:change=move |event| {
                            if let Ok(interval_ms) = event_target_value(&event).parse() {
                                command(PaceCommand::Speed { interval_ms });
                            }
                        }
                    >
                        {speeds(pace.interval_ms)
                            .into_iter()
                            .map(|(ms, name)| {
                                view! { <option value=ms selected=ms == pace.interval_ms>{name}</option> }
                            })
                            .collect_view()}
                    </select>
                    <span role="alert" class="text-sm text-error">{refused}</span>
                </div>
            }
        })
    })
}

/// The usual speeds, and the present one where it is not among them.
fn speeds(now: u32) -> Vec<(u32, String)> {
    let mut speeds: Vec<_> = SPEEDS.iter().map(|(ms, name)| (*ms, (*name).to_owned())).collect();
    if speeds.iter().all(|(ms, _)| *ms != now) {
        speeds.push((now, format!("{now} ms a move")));
    }
    speeds
}

#[component]
fn Revealed(state: EpisodeState) -> impl IntoView {
    let id = state.id;
    let reveal = Answer::new(move || id, api::reveal_of);
    view! {
        {boundary(arriving(move || async move {
                match reveal.await {
                    Ok(Some(reveal)) => view! { <RevealPanel reveal me=None/> }.into_any(),
                    Ok(None) => ().into_any(),
                    Err(fault) => view! { <p class="alert alert-warning">{fault.0.detail}</p> }.into_any(),
                }
            }), lines_skeleton, false)}
        <p class="flex flex-wrap gap-2">
            <a class="btn" href=format!("/replay/{id}")>{Icon::Play.draw()} "Replay"</a>
            <CopyLink path=format!("/replay/{id}") label="Copy the replay's link" class="btn-ghost"/>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::speeds;

    #[test]
    fn the_present_speed_is_always_among_those_to_choose() {
        assert_eq!(speeds(600).len(), 4);
        assert_eq!(speeds(750).last(), Some(&(750, "750 ms a move".to_owned())));
    }
}
