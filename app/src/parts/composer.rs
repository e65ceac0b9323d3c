//! Where a side says and offers things.

use leptos::html::{Dialog, Textarea};
use leptos::prelude::*;
use leptos::task::spawn_local;
use rules::{Act, Legal, Mills, Move, Role, View};

use super::dynamic::dynamic;
use super::{Confirm, ask};
use crate::api;
use crate::episode_state::EpisodeState;
use crate::format;
use crate::moves::MoveSender;
use crate::suggest::{self, PriceCheck};

/// What a draft would send.
fn drafted(legal: Legal, check: &PriceCheck, talk: &str) -> Option<Act> {
    match check {
        PriceCheck::Fine(price) if legal.offer => Some(Act::Offer(*price)),
        PriceCheck::Empty if legal.talk && !talk.trim().is_empty() => Some(Act::Talk),
        _ => None,
    }
}

#[component]
pub fn Composer(state: EpisodeState, sender: MoveSender) -> impl IntoView {
    let talk = RwSignal::new(String::new());
    let price = RwSignal::new(String::new());
    let seat = Memo::new(move |_| {
        state.seen.with(|seen| seen.as_ref().and_then(|seen| seen.seat.clone()))
    });
    let legal = Memo::new(move |_| seat.with(|s| s.as_ref().map_or(Legal::NOTHING, View::legal)));
    let check = Memo::new(move |_| {
        seat.with(|s| match s {
            Some(view) => suggest::check_price(view, &price.get()),
            None => PriceCheck::Empty,
        })
    });
    let free = Memo::new(move |_| legal.get().any() && sender.pending.with(Option::is_none));
    let act = Memo::new(move |_| {
        free.get().then(|| talk.with(|talk| drafted(legal.get(), &check.get(), talk))).flatten()
    });
    let send = move |act: Act| {
        sender.send(Move::new(talk.get_untracked().trim(), act));
        talk.set(String::new());
        price.set(String::new());
    };
    // What was refused may be mended and sent again.
    Effect::new(move |_| {
        if let Some((_, mv)) = sender.refused.get() {
            talk.set(mv.talk);
            if let Act::Offer(refused) = mv.act {
                price.set(format::price_field(refused));
            }
        }
    });
    let submit = move || {
        if let Some(act) = act.get_untracked() {
            send(act);
        }
    };
    view! {
        <form
            class="composer"
            aria-label="Your move"
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            <Refused sender/>
            <TalkField state talk submit=Callback::new(move |()| submit())/>
            <TalkIdeas seat talk check/>
            <PriceField seat price check/>
            <div class="flex flex-wrap items-center gap-2 pt-1">
                <button type="submit" class="btn btn-primary grow sm:grow-0" disabled=move || act.get().is_none()>
                    {dynamic(move || match (act.get(), check.get()) {
                        (Some(Act::Talk), _) => "Say it".to_owned(),
                        (_, PriceCheck::Fine(price)) => format!("Offer {}", format::money(price)),
                        _ => "Offer".to_owned(),
                    })}
                </button>
                <Endings seat legal free send=Callback::new(send)/>
            </div>
            <noscript>
                <p class="alert alert-info">"To bargain, this page needs JavaScript. Reading works without."</p>
            </noscript>
        </form>
    }
}

#[component]
fn Refused(sender: MoveSender) -> impl IntoView {
    view! {
        <div role="alert">
            {dynamic(move || {
                sender
                    .refused
                    .get()
                    .map(|(fault, _)| {
                        view! {
                            <p class="alert alert-error alert-soft mb-2">{fault.0.detail}</p>
                        }
                    })
            })}
        </div>
    }
}

/// Enter sends, Shift+Enter begins a new line. Tells the other side that something is coming.
#[component]
fn TalkField(state: EpisodeState, talk: RwSignal<String>, submit: Callback<()>) -> impl IntoView {
    let field = NodeRef::<Textarea>::new();
    let said = StoredValue::new(false);
    let typing = Memo::new(move |_| talk.with(|talk| !talk.is_empty()));
    Effect::new(move |_| {
        let typing = typing.get();
        if said.get_value() != typing {
            said.set_value(typing);
            // A lost notice costs the other side a hint, nothing else.
            spawn_local(async move { _ = api::set_typing(state.id, typing).await });
        }
    });
    view! {
        <label class="field-label" for="talk">"What you say"</label>
        <textarea
            node_ref=field
            id="talk"
            class="textarea w-full text-base"
            rows="2"
            maxlength="1000"
            placeholder="A reason earns more than a bare number"
            enterkeyhint="send"
            prop:value=talk
            on:input=move |event| talk.set(event_target_value(&event))
            on:keydown=move |event| {
                if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
                    event.prevent_default();
                    submit.run(());
                }
            }
        ></textarea>
    }
}

#[component]
fn TalkIdeas(
    seat: Memo<Option<View>>,
    talk: RwSignal<String>,
    check: Memo<PriceCheck>,
) -> impl IntoView {
    let ideas = Memo::new(move |_| {
        let price = match check.get() {
            PriceCheck::Fine(price) => Some(price),
            _ => None,
        };
        let ideas = seat.with(|s| s.as_ref().map(|view| suggest::talk(view, price)));
        ideas.unwrap_or_default().into_iter().map(|i| (i.label, i.text)).collect::<Vec<_>>()
    });
    view! {
        <div class="idea-row" role="group" aria-label="Something to say">
            {dynamic(move || {
                ideas
                    .get()
                    .into_iter()
                    .map(|(label, text)| {
                        view! {
                            <button type="button" class="btn btn-sm idea" title=text.clone() on:click=move |_| talk.set(text.clone())>
                                {label}
                            </button>
                        }
                    })
                    .collect_view()
            })}
        </div>
    }
}

#[component]
fn PriceField(
    seat: Memo<Option<View>>,
    price: RwSignal<String>,
    check: Memo<PriceCheck>,
) -> impl IntoView {
    let list = move || {
        seat.with(|s| s.as_ref().map_or(Mills::ZERO, |v| v.table.listing.product.list_price))
    };
    let press = move |up| {
        price.update(|text| *text = format::price_field(suggest::stepped(text, list(), up)));
    };
    let ideas = Memo::new(move |_| {
        let ideas = seat.with(|s| s.as_ref().map(suggest::prices)).unwrap_or_default();
        ideas.into_iter().map(|i| (i.label, i.price)).collect::<Vec<_>>()
    });
    let wrong =
        move || matches!(check.get(), PriceCheck::Unreadable(_) | PriceCheck::Beyond { .. });
    view! {
        <label class="field-label" for="price">"Your price"</label>
        <div class="flex flex-wrap items-center gap-2">
            <div class="join">
                <button type="button" class="btn join-item" aria-label="Less" on:click=move |_| press(false)>"−"</button>
                <label class="input join-item w-36">
                    <span aria-hidden="true">"$"</span>
                    <input
                        id="price"
                        type="text"
                        inputmode="decimal"
                        autocomplete="off"
                        class="price grow"
                        aria-describedby="price-note"
                        aria-invalid=move || if wrong() { "true" } else { "false" }
                        prop:value=price
                        on:input=move |event| price.set(event_target_value(&event))
                        on:keydown=move |event| {
                            match event.key().as_str() {
                                "ArrowUp" => press(true),
                                "ArrowDown" => press(false),
                                _ => return,
                            }
                            event.prevent_default();
                        }
                    />
                </label>
                <button type="button" class="btn join-item" aria-label="More" on:click=move |_| press(true)>"+"</button>
            </div>
            <div class="idea-row" role="group" aria-label="A price to try">
                {dynamic(move || {
                    ideas
                        .get()
                        .into_iter()
                        .map(|(label, idea)| {
                            view! {
                                <button
                                    type="button"
                                    class="btn btn-sm idea"
                                    on:click=move |_| price.set(format::price_field(idea))
                                >
                                    {label}
                                    <span class="price">{format::money(idea)}</span>
                                </button>
                            }
                        })
                        .collect_view()
                })}
            </div>
        </div>
        <p id="price-note" role="status" class="min-h-5 text-sm">
            {dynamic(move || {
                match check.get() {
                    PriceCheck::Empty | PriceCheck::Fine(_) => None,
                    PriceCheck::Unreadable(why) => Some(why),
                    PriceCheck::Beyond { limit } => {
                        Some(
                            format!(
                                "That is beyond your own limit of {}: you would lose by it, so it is not sent.",
                                format::money(limit),
                            ),
                        )
                    }
                }
                    .map(|text| view! { <span class="text-error">{text}</span> })
            })}
        </p>
    }
}

/// Rejecting, accepting, walking away: shown only while they are legal.
#[component]
fn Endings(
    seat: Memo<Option<View>>,
    legal: Memo<Legal>,
    free: Memo<bool>,
    send: Callback<Act>,
) -> impl IntoView {
    let accepting = NodeRef::<Dialog>::new();
    let leaving = NodeRef::<Dialog>::new();
    let role = move || seat.with(|s| s.as_ref().map_or(Role::Buyer, |view| view.role));
    let limit = move || seat.with(|s| s.as_ref().map_or(Mills::ZERO, |view| view.limit));
    let loses = move |price| seat.with(|s| s.as_ref().is_some_and(|v| v.beyond_limit(price)));
    // The price that the question names is the one that is accepted: where another has come
    // meanwhile, the rules refuse.
    let asked = RwSignal::new(Mills::ZERO);
    let standing = move || asked.get();
    view! {
        {move || {
            legal
                .get()
                .accept
                .map(|price| {
                    view! {
                        <button
                            type="button"
                            class="btn btn-accent grow sm:grow-0"
                            disabled=move || !free.get() || loses(price)
                            title=loses(price).then_some("Their price is beyond your own limit")
                            on:click=move |_| {
                                asked.set(price);
                                ask(accepting);
                            }
                        >
                            {format!("Accept {}", format::money(price))}
                        </button>
                    }
                })
        }}
        {dynamic(move || {
            legal
                .get()
                .reject
                .then(|| {
                    let opening = legal.get().accept.is_none();
                    view! {
                        <button type="button" class="btn" disabled=move || !free.get() on:click=move |_| send.run(Act::Reject)>
                            {if opening { "Let them name a price" } else { "Decline, no counter" }}
                        </button>
                    }
                })
        })}
        {dynamic(move || {
            legal
                .get()
                .quit
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="btn btn-ghost"
                            disabled=move || !free.get()
                            on:click=move |_| ask(leaving)
                        >
                            "Walk away"
                        </button>
                    }
                })
        })}
        <Confirm
            dialog=accepting
            id="accept-title"
            title=Signal::derive(move || format!("Accept {}?", format::money(standing())))
            action=Signal::derive(move || format!("Accept {}", format::money(standing())))
            action_class="btn-accent"
            on_confirm=Callback::new(move |()| send.run(Act::Accept(asked.get_untracked())))
        >
            <p>
                {dynamic(move || {
                    let gain = match role() {
                        Role::Buyer => limit() - standing(),
                        Role::Seller => standing() - limit(),
                    };
                    format!(
                        "Your limit is {}, so this leaves you {}. The deal is final.",
                        format::money(limit()),
                        format::money(gain),
                    )
                })}
            </p>
        </Confirm>
        <Confirm
            dialog=leaving
            id="leave-title"
            title="Walk away?"
            action="Walk away"
            action_class="btn-error"
            on_confirm=Callback::new(move |()| send.run(Act::Quit))
        >
            <p>"The talk ends without a deal and both of you get nothing. That is right when no price could serve you both."</p>
        </Confirm>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_sends_what_is_legal_alone() {
        let price = Mills::from_dollars(5);
        let fine = PriceCheck::Fine(price);
        let turn = Legal { offer: true, ..Legal::NOTHING };
        let open = Legal { talk: true, ..turn };
        assert_eq!(drafted(turn, &fine, ""), Some(Act::Offer(price)));
        assert_eq!(drafted(Legal::NOTHING, &fine, "hello"), None);
        assert_eq!(drafted(turn, &PriceCheck::Empty, "hello"), None, "talk alone is not a move");
        assert_eq!(drafted(open, &PriceCheck::Empty, "hello"), Some(Act::Talk));
        assert_eq!(drafted(open, &PriceCheck::Empty, "  "), None);
        assert_eq!(drafted(open, &PriceCheck::Beyond { limit: price }, "hello"), None);
    }
}
