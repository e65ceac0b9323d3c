//! A talk as it went, move by move, for anybody with the link.

use leptos::prelude::*;
use leptos_meta::Title;
use rules::Event;
use wire::{EpisodePage, EpisodeStatus, Reveal, Viewer};

use super::{episode_in_path, missing};
use crate::answer::Answer;
use crate::api;
use crate::episode_state::EpisodeState;
use crate::feed::Feed;
use crate::format;
use crate::parts::dynamic;
use crate::parts::{
    ChatLog, CopyLink, FailureNote, ForkNote, Icon, LadderView, Loaded, ModelCalls, Picture,
    RevealPanel, lines_skeleton,
};
use crate::playback::{Control, Playback, control};

#[component]
pub fn Replay() -> impl IntoView {
    let id = episode_in_path();
    let page = Answer::new(
        move || id.get(),
        |id| async move {
            let id = match id {
                Ok(id) => id,
                Err(fault) => return missing(fault),
            };
            let page = api::episode(id).await?;
            let reveal = match page.head.status {
                EpisodeStatus::Over => api::reveal_of(id).await?,
                _ => None,
            };
            Ok((page, reveal))
        },
    );
    view! {
        <Loaded
            resource=page
            skeleton=lines_skeleton
            render=|(page, reveal)| view! { <Player page reveal/> }.into_any()
        />
    }
}

/// Milliseconds per step, with their names.
const SPEEDS: [(u64, &str); 3] = [(2_500, "Slow"), (1_400, "Normal"), (500, "Fast")];

#[component]
fn Player(page: EpisodePage, reveal: Option<Reveal>) -> impl IntoView {
    let EpisodePage { head, events } = page;
    let product = head.product.clone();
    let id = head.id;
    let over = head.status == EpisodeStatus::Over;
    let seats = format!(
        "{} buys from {}.",
        format::capitalised(&format::seat_name(&head.seats.buyer)),
        format::seat_name(&head.seats.seller),
    );
    let me = match head.viewer {
        Viewer::Seat { role } => Some(role),
        _ => None,
    };
    let is_researcher = head.viewer == Viewer::Researcher;
    let whole = Playback::of(events.iter().map(|e| &e.event));
    let playback = RwSignal::new(whole);
    let at_end = Memo::new(move |_| playback.get().shows_end());
    // The same state as a live talk has, fed up to the step that is shown.
    let state = EpisodeState::new(EpisodePage { head, events: Vec::new() });
    let all = StoredValue::new(events);
    let feed = move || {
        let at = playback.get();
        all.with_value(|all| {
            let shown: Vec<&Event> = at.shown(all.iter().map(|e| &e.event)).collect();
            // Those left out keep their numbers, as a hidden event does.
            Feed::new(all.iter().map(|envelope| {
                let keep = shown.iter().any(|event| std::ptr::eq(*event, &envelope.event));
                let event = if keep { envelope.event.clone() } else { Event::Hidden };
                wire::Envelope { event, ..envelope.clone() }
            }))
        })
    };
    state.feed.set(untrack(feed));
    Effect::new(move |_| state.feed.set(feed()));
    view! {
        <Title text=format!("Replay: {}", product.title)/>
        <div class="talk-head">
            <div class="w-20 shrink-0 sm:w-24"><Picture src=product.picture eager=true/></div>
            <div class="min-w-0">
                <h1 class="font-display text-xl leading-tight sm:text-2xl">
                    <a href=format!("/stall/{}", product.id) class="link-hover">{product.title}</a>
                </h1>
                <p class="mt-1 text-sm">{seats}</p>
            </div>
        </div>
        {(!over)
            .then(|| {
                view! {
                    <p class="alert alert-info alert-soft mb-4">
                        "This talk is still going on. " <a class="link" href=format!("/watch/{id}")>"Watch it live"</a>
                    </p>
                }
            })}
        <div class="talk-grid">
            <div class="talk-main">
                <ForkNote state/>
                <FailureNote state/>
                <Controls playback/>
                {dynamic(move || {
                    let shown = reveal.clone().filter(|_| at_end.get());
                    shown.map(|reveal| view! { <RevealPanel reveal me/> })
                })}
                <ChatLog state/>
                <p><CopyLink path=format!("/replay/{id}") label="Copy this replay's link" class="btn-ghost"/></p>
                {is_researcher.then(|| view! { <ModelCalls episode=id/> })}
            </div>
            <aside class="talk-side" aria-label="The offers">
                {dynamic(move || {
                    state
                        .seen
                        .get()
                        .map(|seen| {
                            view! {
                                <section class="panel">
                                    <h2 class="field-label">"Price ladder"</h2>
                                    <LadderView table=seen.table limits=seen.limits/>
                                </section>
                            }
                        })
                })}
            </aside>
        </div>
    }
}

#[component]
fn Controls(playback: RwSignal<Playback>) -> impl IntoView {
    let playing = RwSignal::new(false);
    let speed = RwSignal::new(SPEEDS[1].0);
    Effect::new(move |_| {
        if !playing.get() {
            return;
        }
        let tick = move || {
            playback.try_update(|p| *p = p.forth());
            if playback.try_get_untracked().is_none_or(Playback::is_at_end) {
                playing.try_set(false);
            }
        };
        let step = std::time::Duration::from_millis(speed.get());
        if let Ok(ticking) = set_interval_with_handle(tick, step) {
            on_cleanup(move || ticking.clear());
        }
    });
    let act = move |control: Control| match control {
        Control::Toggle => {
            if playback.get_untracked().is_at_end() {
                playback.update(|p| *p = p.at(0));
            }
            playing.update(|playing| *playing = !*playing);
        }
        Control::Back => playback.update(|p| *p = p.back()),
        Control::Forth => playback.update(|p| *p = p.forth()),
        Control::Start => playback.update(|p| *p = p.at(0)),
        Control::End => playback.update(|p| *p = p.at(p.last())),
    };
    // Keys work wherever the focus is, except where they mean something of their own.
    let keys = window_event_listener(leptos::ev::keydown, move |event| {
        use leptos::wasm_bindgen::JsCast;
        let target = event.target().and_then(|t| t.dyn_into::<leptos::web_sys::Element>().ok());
        let own_meaning = target.is_some_and(|t| {
            matches!(
                t.tag_name().as_str(),
                "INPUT" | "SELECT" | "TEXTAREA" | "BUTTON" | "A" | "SUMMARY"
            )
        });
        let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
        if let Some(control) = control(&event.key()).filter(|_| !own_meaning && !modified) {
            event.prevent_default();
            act(control);
        }
    });
    on_cleanup(move || keys.remove());
    let told = move || {
        let p = playback.get();
        match p.step {
            0 => "Before the first message".to_owned(),
            _ if p.shows_end() => "The end, with both limits".to_owned(),
            step => format!("Message {step} of {}", p.moves),
        }
    };
    view! {
        <section class="panel" aria-label="Replay">
            <div class="flex flex-wrap items-center gap-2">
                <button type="button" class="btn btn-square" aria-label="One step back" on:click=move |_| act(Control::Back)>
                    {Icon::StepBack.draw()}
                </button>
                <button type="button" class="btn btn-primary" on:click=move |_| act(Control::Toggle)>
                    {dynamic(move || {
                        if playing.get() {
                            view! { {Icon::Pause.draw()} "Pause" }.into_any()
                        } else {
                            view! { {Icon::Play.draw()} "Play" }.into_any()
                        }
                    })}
                </button>
                <button type="button" class="btn btn-square" aria-label="One step forward" on:click=move |_| act(Control::Forth)>
                    {Icon::Step.draw()}
                </button>
                <select class="select w-auto" aria-label="Speed" on:change=move |event| speed.set(event_target_value(&event).parse().unwrap_or(SPEEDS[1].0))>
                    {SPEEDS
                        .into_iter()
                        .map(|(ms, name)| view! { <option value=ms selected=ms == SPEEDS[1].0>{name}</option> })
                        .collect_view()}
                </select>
                <span role="status" class="text-sm">{told}</span>
            </div>
            <input
                type="range"
                class="range range-primary mt-3 w-full"
                min="0"
                max=move || playback.get().last()
                step="1"
                aria-label="Place in the replay"
                aria-valuetext=told
                prop:value=move || playback.get().step.to_string()
                value=playback.get_untracked().step
                on:input=move |event| {
                    let step = event_target_value(&event).parse().unwrap_or(0);
                    playback.update(|p| *p = p.at(step));
                }
            />
            <p class="mt-2 text-sm">"Keys: space plays and pauses, left and right step, Home and End jump."</p>
        </section>
    }
}
