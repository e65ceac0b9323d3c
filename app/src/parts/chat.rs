//! What was said, as bubbles.

use leptos::html::Div;
use leptos::prelude::*;
use rules::{Act, Role, Turn};
use wire::Seat;

use super::dynamic::dynamic;
use crate::episode_state::EpisodeState;
use crate::format;
use crate::moves::MoveSender;

/// The side on which a speaker's bubbles stand: the reader's own, else the buyer's, to the right.
fn side(by: Role, me: Option<Role>) -> &'static str {
    if by == me.unwrap_or(Role::Buyer) { "chat-end" } else { "chat-start" }
}

fn bubble_class(by: Role) -> &'static str {
    match by {
        Role::Buyer => "bubble-buyer",
        Role::Seller => "bubble-seller",
    }
}

fn speaker(by: Role, me: Option<Role>, seat: &Seat) -> String {
    if me == Some(by) {
        return format!("You, {}", by.name());
    }
    format!("{}, {}", format::capitalised(by.name()), format::seat_name(seat))
}

fn act_class(act: Act) -> &'static str {
    match act {
        Act::Offer(_) => "act-offer",
        Act::Accept(_) => "act-accept",
        Act::Quit | Act::Reject => "act-plain",
        Act::Talk => "hidden",
    }
}

#[component]
pub fn Bubble(
    turn: Turn,
    me: Option<Role>,
    seat: Seat,
    #[prop(optional)] note: Option<String>,
) -> impl IntoView {
    let Turn { by, round, talk, act } = turn;
    view! {
        <div class=format!("chat {}", side(by, me))>
            <div class="chat-header gap-2">
                <span class="font-semibold">{speaker(by, me, &seat)}</span>
                <span>{format!("round {round}")}</span>
            </div>
            <div class=format!("chat-bubble {}", bubble_class(by))>
                {(!talk.is_empty()).then(|| view! { <p class="whitespace-pre-wrap break-words">{talk}</p> })}
                <p class=format!("act {}", act_class(act))>{format::act(act)}</p>
            </div>
            {note.map(|note| view! { <div class="chat-footer">{note}</div> })}
        </div>
    }
}

/// What a side is saying, before its move is there. Hidden from screen readers, which would read every
/// piece of it: the status line says who is at it, and the finished message is announced.
#[component]
fn Saying(state: EpisodeState, by: Role) -> impl IntoView {
    dynamic(move || {
        let text = state.spoken.with(|spoken| spoken.get(by).clone());
        let seat = state.head.with(|head| head.seats.get(by).clone());
        let me = state.role();
        (!text.is_empty()).then(|| {
            view! {
                <div class=format!("chat {}", side(by, me)) aria-hidden="true" data-saying=by.name()>
                    <div class="chat-header gap-2">
                        <span class="font-semibold">{speaker(by, me, &seat)}</span>
                    </div>
                    <div class=format!("chat-bubble {}", bubble_class(by))>
                        <p class="saying whitespace-pre-wrap break-words">{text}</p>
                    </div>
                </div>
            }
        })
    })
}

/// The conversation, announced as it grows. With a sender, an unacknowledged move is shown too.
#[component]
pub fn ChatLog(
    state: EpisodeState,
    #[prop(optional)] sender: Option<MoveSender>,
    #[prop(optional)] compact: bool,
) -> impl IntoView {
    let turns = Memo::new(move |_| {
        state.seen.with(|seen| seen.as_ref().map_or_else(Vec::new, |seen| seen.table.turns.clone()))
    });
    let log = NodeRef::<Div>::new();
    let pending = move || {
        let pending = sender?.pending.get()?;
        let on_table =
            state.seen.with(|seen| seen.as_ref().is_some_and(|seen| pending.is_on(&seen.table)));
        (!on_table).then_some(pending)
    };
    Effect::new(move |_| {
        turns.track();
        state.spoken.track();
        _ = pending();
        if let Some(log) = log.get() {
            // The new bubble is laid out after this effect.
            request_animation_frame(move || log.set_scroll_top(log.scroll_height()));
        }
    });
    // Who sits where changes when an invited person comes, and then every name does.
    let seated = Memo::new(move |_| (state.role(), state.head.with(|head| head.seats.clone())));
    let bubbles = dynamic(move || {
        let (me, seats) = seated.get();
        let one = move |turn: Turn| {
            let seat = seats.get(turn.by).clone();
            view! { <Bubble turn me seat/> }
        };
        view! {
            <For
                each=move || turns.get().into_iter().enumerate()
                key=|(place, _)| *place
                children=move |(_, turn)| one(turn)
            />
        }
    });
    view! {
        <div
            node_ref=log
            role="log"
            aria-label="Conversation"
            tabindex="0"
            class=if compact { "chat-log chat-log-compact" } else { "chat-log" }
        >
            {bubbles}
            {Role::BOTH.map(|by| view! { <Saying state by/> }).collect_view()}
            {dynamic(move || {
                pending()
                    .map(|pending| {
                        let mv = pending.request.mv;
                        let round = u32::try_from(pending.own_before).unwrap_or(u32::MAX).saturating_add(1);
                        let note = if pending.attempts == 0 {
                            "Sending…"
                        } else {
                            "Not through yet; trying again."
                        };
                        let turn = Turn { by: pending.by, round, talk: mv.talk, act: mv.act };
                        view! {
                            <div class="opacity-70" data-pending="true">
                                <Bubble turn me=Some(pending.by) seat=Seat::Person note=note.to_owned()/>
                            </div>
                        }
                    })
            })}
            {dynamic(move || {
                turns
                    .with(Vec::is_empty)
                    .then(|| view! { <p class="m-auto text-center text-sm">"Nobody has spoken yet."</p> })
            })}
        </div>
    }
}
