use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn About() -> impl IntoView {
    view! {
        <Title text="How it works"/>
        <article class="reading">
            <h1>"How Souk works"</h1>
            <p class="lead">
                "A buyer and a seller talk about one thing and its price. Each knows a limit that the other does not."
            </p>

            <h2>"The game"</h2>
            <p>
                "The buyer's limit B is what the thing is worth to the buyer; the seller's limit C is what it cost. \
                 If they agree on a price P, the buyer keeps B − P and the seller keeps P − C. Without a deal both keep nothing. \
                 Sometimes B is below C: then no price serves both, and walking away is right."
            </p>
            <ul>
                <li>"The buyer speaks first. A round is one message of each; there are six rounds."</li>
                <li>"A message says something and does one thing: it offers a price, declines, accepts, or walks away."</li>
                <li>"An offer stands until the same side makes another. Accepting binds both to that price."</li>
                <li>"Two people who were brought together by a link may speak at any time until the clock runs out, where they choose so."</li>
            </ul>

            <h2>"The reward"</h2>
            <p>"Every finished talk has a reward that anyone can recompute from its messages. The one shown first is called “paper”:"</p>
            <dl class="formulas">
                <div><dt>"Buyer, with a deal"</dt><dd><code>"clip((B − P) / |B − C|, −1, 1)"</code></dd></div>
                <div><dt>"Seller, with a deal"</dt><dd><code>"clip((P − C) / |B − C|, −1, 1)"</code></dd></div>
                <div><dt>"No deal"</dt><dd><code>"0"</code></dd></div>
                <div><dt>"A price beyond the own limit, or a message that cannot be read"</dt><dd><code>"−1"</code></dd></div>
            </dl>
            <p>
                "1 means that this side got all there was to get, 0 that it got nothing, less than 0 that it lost. \
                 A talk that broke off through a fault of the machinery is not scored."
            </p>

            <h2>"What stays private"</h2>
            <p>
                "Your limit is shown to you alone until the talk is over; then both limits are shown to both. \
                 The server never sends the other side's limit to your browser before that. \
                 Talks are stored as episodes for research, with a random mark for your browser and no name."
            </p>

            <h2>"Who you bargain with"</h2>
            <p>
                "The stalls' keepers are programs with ways of their own: some give in step by step, some only at the end, \
                 some listen to reasons. Or invite a person with a link."
            </p>
        </article>
    }
}
