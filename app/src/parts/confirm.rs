//! A question before something that cannot be undone.

use leptos::html::Dialog;
use leptos::prelude::*;

/// A native dialog: the browser traps the focus and closes it with Escape. Open it with [`ask`].
/// Without a form of its own, for it may stand in one: a parser drops a form inside a form, and the
/// page could not be hydrated.
#[component]
pub fn Confirm(
    dialog: NodeRef<Dialog>,
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] action: Signal<String>,
    action_class: &'static str,
    on_confirm: Callback<()>,
    children: ChildrenFn,
) -> impl IntoView {
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let confirm = move |_| {
        close();
        on_confirm.run(());
    };
    view! {
        <dialog node_ref=dialog class="modal" aria-labelledby=id>
            <div class="modal-box">
                <h2 id=id class="font-display text-2xl">{title}</h2>
                <div class="mt-3">{children()}</div>
                <div class="modal-action">
                    <button type="button" class="btn" on:click=move |_| close()>"Not yet"</button>
                    <button type="button" class=format!("btn {action_class}") on:click=confirm>{action}</button>
                </div>
            </div>
            <div class="modal-backdrop" aria-hidden="true" on:click=move |_| close()></div>
        </dialog>
    }
}

/// Opens a [`Confirm`].
pub fn ask(dialog: NodeRef<Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        // Fails only where it is open already.
        _ = dialog.show_modal();
    }
}
