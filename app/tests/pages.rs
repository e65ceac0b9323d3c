//! Every page as the server renders it, over the fake Backend.

use std::sync::{Arc, OnceLock};

use app::backend::{Backend, Caller};
use app::{App, Assets, shell};
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use leptos::prelude::provide_context;
use rules::{Act, Mills, Move, PerRole, Role};
use testkit::backend::{BUDGET, COST, FakeBackend, TOKEN};
use uuid::Uuid;
use wire::{
    EpisodeId, IdempotencyKey, MoveRequest, NegotiatorName, NewEpisode, ProductId, SeatRequest,
};

#[path = "pages/episodes.rs"]
mod episodes;
#[path = "pages/suites.rs"]
mod suites;
#[path = "pages/train.rs"]
mod train;

struct Rendered {
    status: StatusCode,
    policy: String,
    html: String,
}

impl Rendered {
    #[track_caller]
    fn has(&self, text: &str) -> &Rendered {
        assert!(self.html.contains(text), "no `{text}` in\n{}", self.html);
        self
    }

    #[track_caller]
    fn lacks(&self, text: &str) -> &Rendered {
        if let Some(at) = self.html.find(text) {
            let from = self.html.floor_char_boundary(at.saturating_sub(300));
            let to = self.html.floor_char_boundary(at + 100);
            panic!("`{text}` in …{}…", &self.html[from..to]);
        }
        self
    }
}

/// How many routes there are; lists them once, as the server does at its start. That sets the
/// executor up, and no page may be rendered meanwhile: listing keeps all resources from loading.
fn routes() -> usize {
    static LISTED: OnceLock<usize> = OnceLock::new();
    *LISTED.get_or_init(|| leptos_axum::generate_route_list(App).len())
}

struct Site {
    backend: Arc<FakeBackend>,
}

impl Site {
    fn new() -> Site {
        _ = routes();
        Site { backend: Arc::new(FakeBackend::new(60)) }
    }

    async fn get(&self, path: &str, caller: Caller) -> Rendered {
        self.request(Request::get(path).body(Body::empty()).expect("a request"), caller).await
    }

    async fn request(&self, request: Request<Body>, caller: Caller) -> Rendered {
        let backend: Arc<dyn Backend> = self.backend.clone();
        let context = move || {
            provide_context(backend.clone());
            provide_context(caller);
        };
        let assets = Assets {
            js: "/pkg/souk-1.js".into(),
            wasm: "/pkg/souk-2.wasm".into(),
            css: "/pkg/souk-3.css".into(),
            loader: "/pkg/chunks-4.js".into(),
            chunks: ["market", "talk", "watch", "desk", "lab"]
                .map(|name| (name.into(), vec![format!("/pkg/{name}.wasm")]))
                .into(),
        };
        let page = move || shell(assets.clone());
        let response: Response<Body> =
            leptos_axum::render_app_async_with_context(context, page)(request).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        let policy = parts.headers.get(header::CONTENT_SECURITY_POLICY);
        let rendered = Rendered {
            status: parts.status,
            policy: policy.map_or_else(String::new, |p| p.to_str().unwrap().to_owned()),
            html: String::from_utf8(bytes.to_vec()).expect("UTF-8"),
        };
        no_inline_style(&rendered.html);
        rendered
    }

    /// Starts a talk with the agent `linear`.
    async fn start(&self, caller: Caller, me: Role) -> EpisodeId {
        let agent = SeatRequest::Negotiator { name: NegotiatorName("linear".into()) };
        self.seat(caller, me, agent).await
    }

    async fn seat(&self, caller: Caller, me: Role, across: SeatRequest) -> EpisodeId {
        let mut seats = PerRole { buyer: SeatRequest::Me, seller: SeatRequest::Me };
        *seats.get_mut(me.other()) = across;
        let new = NewEpisode {
            product: ProductId("souk.home-kitchen_1".into()),
            seats,
            protocol: None,
            seller_persona: None,
            seed: None,
            pace: None,
            key: IdempotencyKey::fresh(),
        };
        self.backend.start_episode(caller, new).await.expect("a fake starts")
    }

    async fn play(&self, caller: Caller, id: EpisodeId, act: Act) {
        let mv = Move::new("I can pay in cash.", act);
        let request = MoveRequest { key: IdempotencyKey::fresh(), mv };
        self.backend.play_move(caller, id, request).await.expect("a legal move");
    }
}

/// The content security policy forbids them.
#[track_caller]
fn no_inline_style(html: &str) {
    assert!(!html.contains(" style=\""), "an inline style in\n{html}");
}

fn visitor() -> Caller {
    FakeBackend::visitor(1)
}

/// A limit as it might stand in a page: as money, or as mills in embedded data.
fn written(limit: Mills) -> [String; 2] {
    [limit.to_string().trim_start_matches('$').to_owned(), limit.0.to_string()]
}

#[track_caller]
fn hides(page: &Rendered, limits: &[Mills]) {
    for text in limits.iter().flat_map(|limit| written(*limit)) {
        page.lacks(&text);
    }
}

#[tokio::test]
async fn the_document_carries_assets_landmarks_and_a_policy() {
    let page = Site::new().get("/", visitor()).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "<html lang=\"en\"",
        "<title>Market · Souk</title>",
        "/pkg/souk-1.js",
        "/pkg/souk-2.wasm",
        "/pkg/souk-3.css",
        "/pkg/chunks-4.js",
        "<template id=\"inert-page\">",
        "<main id=\"main\"",
        "Skip to the content",
        "aria-label=\"Main\"",
        "<footer",
    ] {
        page.has(text);
    }
    let (_, rest) = page.policy.split_once("'nonce-").expect("a nonce in the policy");
    let (nonce, _) = rest.split_once('\'').expect("its end");
    for script in page.html.split("<script").skip(1) {
        assert!(script.contains(nonce), "a script without the nonce: {script:.80}");
    }
    assert!(page.policy.contains("default-src 'none'"));
}

#[tokio::test]
async fn a_document_asks_for_the_code_of_its_page_alone() {
    let site = Site::new();
    for (path, chunk) in [
        ("/", Some("market")),
        ("/nowhere", None),
        ("/talk/not-an-id", Some("talk")),
        ("/join/not-an-id/token", Some("talk")),
        ("/watch", Some("watch")),
        ("/watch/not-an-id", Some("watch")),
        ("/replay/not-an-id", Some("watch")),
        ("/stall/souk.home-kitchen_1", Some("desk")),
        ("/me", Some("desk")),
        ("/about", Some("desk")),
        ("/sign-in", Some("desk")),
        ("/auth/link/token", Some("desk")),
        ("/research", Some("desk")),
        ("/models", Some("desk")),
        ("/train", Some("desk")),
        ("/runs/not-an-id", Some("lab")),
        ("/runs/not-an-id/rollouts", Some("lab")),
        ("/runs/not-an-id/report", Some("lab")),
    ] {
        let page = site.get(path, visitor()).await;
        for name in ["market", "talk", "watch", "desk", "lab"] {
            let preload = format!("<link rel=\"preload\" href=\"/pkg/{name}.wasm\"");
            assert_eq!(page.html.contains(&preload), chunk == Some(name), "{name} at {path}");
        }
    }
}

#[tokio::test]
async fn the_theme_is_the_cookies() {
    let site = Site::new();
    let with = |cookie: &str| {
        Request::get("/about")
            .header(header::COOKIE, cookie)
            .body(Body::empty())
            .expect("a request")
    };
    let dark = site.request(with("a=b; souk_theme=souk-dark"), visitor()).await;
    dark.has("data-theme=\"souk-dark\"");
    site.request(with("souk_theme=\"><script>"), visitor()).await.lacks("data-theme");
    site.get("/about", visitor()).await.lacks("data-theme");
}

#[tokio::test]
async fn the_market_shows_filters_and_pages() {
    let site = Site::new();
    let first = site.get("/", visitor()).await;
    first.has("60 stalls").has("Enamel Kettle, 1.5 L, Cream no. 1<").has("$104.00").has("begging");
    first.has("Home &amp; kitchen").has("page=3");
    let last = site.get("/?page=3", visitor()).await;
    last.has("no. 60<").lacks("no. 48<");
    let none = site.get("/?q=elephant", visitor()).await;
    assert_eq!(none.status, StatusCode::OK);
    none.has("0 stalls").has("No stall has that").has("value=\"elephant\"");
    site.get("/?min=200", visitor()).await.has("No stall has that");
}

#[tokio::test]
async fn a_stall_shows_the_product_and_how_to_start() {
    let site = Site::new();
    let page = site.get("/stall/souk.home-kitchen_1", visitor()).await;
    page.has("Whistles when it boils").has("List prices of the last 70 days");
    page.has("Gives in by the same step").has("A person you invite").has("Bargain");
    page.has("Nobody has bargained here yet");
    hides(&page, &[BUDGET, COST]);
    let missing = site.get("/stall/souk.nothing_1", visitor()).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    missing.has("There is no such stall.").has("Go to the market");
}

#[tokio::test]
async fn a_talk_shows_the_own_limit_and_never_the_others() {
    let site = Site::new();
    for (me, own, other) in [(Role::Buyer, BUDGET, COST), (Role::Seller, COST, BUDGET)] {
        let id = site.start(visitor(), me).await;
        let address = format!("/talk/{id}");
        let start = site.get(&address, visitor()).await;
        start.has(&format!("${}", written(own)[0])).has("role=\"log\"").has("Your turn.");
        hides(&start, &[other]);
        site.play(
            visitor(),
            id,
            Act::Offer(Mills::from_dollars(if me == Role::Buyer { 60 } else { 99 })),
        )
        .await;
        let later = site.get(&address, visitor()).await;
        later.has("I can pay in cash.").has("That is what I can do.").has("Walk away");
        hides(&later, &[other]);
        let stranger = site.get(&address, FakeBackend::visitor(2)).await;
        stranger.has("You watch this talk");
        hides(&stranger, &[own, other]);
        hides(&site.get(&format!("/watch/{id}"), visitor()).await, &[other]);
        hides(&site.get(&format!("/replay/{id}"), visitor()).await, &[other]);
        hides(&site.get("/me", visitor()).await, &[own, other]);
        hides(&site.get("/watch", FakeBackend::visitor(2)).await, &[own, other]);
        hides(&site.get("/stall/souk.home-kitchen_1", visitor()).await, &[own, other]);
    }
}

#[tokio::test]
async fn only_legal_acts_are_offered() {
    let site = Site::new();
    let id = site.start(visitor(), Role::Buyer).await;
    let page = site.get(&format!("/talk/{id}"), visitor()).await;
    page.has("Let them name a price").has("Half the list price").lacks("Decline, no counter");
    // The dialogs wait in the page; the buttons that open them do not.
    page.lacks("btn-accent grow").lacks("btn-ghost\">Walk away");
    site.play(visitor(), id, Act::Offer(Mills::from_dollars(60))).await;
    let page = site.get(&format!("/talk/{id}"), visitor()).await;
    page.has("Decline, no counter").has("Accept $104.00").has("Meet halfway");
}

#[tokio::test]
async fn the_end_reveals_both_limits_with_the_reward() {
    let site = Site::new();
    let id = site.start(visitor(), Role::Buyer).await;
    site.play(visitor(), id, Act::Offer(Mills::from_dollars(70))).await;
    site.play(visitor(), id, Act::Offer(Mills::from_dollars(71))).await;
    let page = site.get(&format!("/talk/{id}"), visitor()).await;
    page.has("You bought it for $71.00").has("$83.17").has("$51.43").has("Your reward");
    page.has("clip((B - P) / |B - C|, -1, 1)").has("Rematch").has("Swap sides").has("People");
    let replay = site.get(&format!("/replay/{id}"), FakeBackend::visitor(2)).await;
    replay.has("Before the first message").has("role=\"log\"");
    site.get("/me", visitor()).await.has("Deal at $71.00");
}

#[tokio::test]
async fn an_invitation_waits_for_its_button() {
    let site = Site::new();
    let id = site.seat(visitor(), Role::Buyer, SeatRequest::Invite).await;
    let own = site.get(&format!("/talk/{id}"), visitor()).await;
    own.has("Invite the other person").has(&format!("/join/{id}/{TOKEN}"));
    own.has("Waiting for the other person");
    let guest = FakeBackend::visitor(2);
    let join = format!("/join/{id}/{TOKEN}");
    let page = site.get(&join, guest).await;
    page.has("Take the seat").has("You would be the seller");
    hides(&page, &[BUDGET, COST]);
    site.get(&join, guest).await.has("Take the seat");
    site.get(&join, visitor()).await.has("You sit in this negotiation already");
    site.backend.join_episode(guest, id, TOKEN).await.expect("the seat is free");
    site.get(&join, FakeBackend::visitor(3)).await.has("The seat is taken");
    let seat = site.get(&format!("/talk/{id}"), guest).await;
    seat.has("$51.43");
    hides(&seat, &[BUDGET]);
}

#[tokio::test]
async fn two_agents_are_watched_without_their_limits() {
    let site = Site::new();
    let id = site.start(visitor(), Role::Buyer).await;
    let page = site.get("/watch", FakeBackend::visitor(2)).await;
    page.has("Let them talk").has("At the tables now").has(&id.to_string());
    let one = site.get(&format!("/watch/{id}"), FakeBackend::visitor(2)).await;
    one.has("A person buys from Steady").has("role=\"log\"");
    hides(&one, &[BUDGET, COST]);
}

#[tokio::test]
async fn research_is_for_researchers() {
    let site = Site::new();
    site.get("/research", visitor()).await.has("Sign in first").lacks("Make a key");
    let desk = site.get("/research", FakeBackend::researcher(9)).await;
    desk.has("ada@example.org").has("Make a key").has("notebook").has("action=\"/auth/password\"");
    let sign_in = site.get("/sign-in?problem=wrong", visitor()).await;
    sign_in.has("action=\"/auth/sign-in\"").has("E-mail or password are wrong.");
    site.get("/auth/link/abc", visitor()).await.has("action=\"/auth/link/abc\"");
}

#[tokio::test]
async fn the_models_are_shown_to_all_and_switched_by_researchers() {
    let site = Site::new();
    let page = site.get("/models", visitor()).await;
    page.has("ready").has("tokens/s").has("Waiting in line").lacks(">Unload<").lacks(">Load<");
    let desk = site.get("/models", FakeBackend::researcher(9)).await;
    desk.has(">Unload<").has("<progress").has("Reading the weights");
}

#[tokio::test]
async fn researchers_read_what_models_were_asked() {
    let site = Site::new();
    let id = site.start(visitor(), Role::Buyer).await;
    site.play(visitor(), id, Act::Offer(Mills::from_dollars(60))).await;
    let address = format!("/replay/{id}");
    let title = "What the models were asked";
    site.get(&address, FakeBackend::researcher(9)).await.has(title).has("Seller, message 2, ");
    for other in [visitor(), FakeBackend::visitor(2)] {
        site.get(&address, other).await.lacks(title);
    }
}

#[tokio::test]
async fn a_failure_is_explained_with_a_way_on_and_no_limits() {
    let site = Site::new();
    let id = site.start(visitor(), Role::Buyer).await;
    site.play(visitor(), id, Act::Offer(Mills::from_dollars(60))).await;
    site.backend.fail(id, Role::Seller);
    let page = site.get(&format!("/talk/{id}"), visitor()).await;
    page.has("The talk was broken off").has("stopped working").has("Go on with a stand-in");
    page.has("The limits of this talk stay private");
    hides(&page, &[COST]);
    for path in ["watch", "replay", "talk"] {
        let other = site.get(&format!("/{path}/{id}"), FakeBackend::visitor(2)).await;
        other.has("stopped working").lacks("Go on with a stand-in");
        hides(&other, &[BUDGET, COST]);
    }
    let key = IdempotencyKey::fresh();
    let next = site.backend.stand_in(visitor(), id, key).await.expect("a script takes the seat");
    let page = site.get(&format!("/talk/{next}"), visitor()).await;
    page.has("a talk whose negotiator failed")
        .has(&format!("/replay/{id}"))
        .has("I can pay in cash.");
    hides(&page, &[COST]);
}

#[tokio::test]
async fn the_demo_model_is_the_first_choice() {
    let page = Site::new().get("/stall/souk.home-kitchen_1", visitor()).await;
    let (_, demo) = page.html.split_once("value=\"demo\"").expect("it can be chosen");
    let (demo, rest) = demo.split_once("value=\"linear\"").expect("so can a script");
    assert!(demo.contains("checked") && demo.contains("language model"), "{demo}");
    assert!(!rest.split("value=").next().expect("its radio").contains(" checked"));
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let site = Site::new();
    let unknown = format!("/talk/{}", EpisodeId(Uuid::from_u128(5)));
    for path in ["/nowhere", "/talk/not-an-id", "/replay/not-an-id", unknown.as_str()] {
        let page = site.get(path, visitor()).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.has("<main").has("Go to the market");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_said_on_the_page() {
    let site = Site::new();
    site.backend.set_away(true);
    for path in ["/", "/watch", "/me", "/stall/souk.home-kitchen_1"] {
        let page = site.get(path, visitor()).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        page.has("The database is away").has("Try again now");
    }
}

#[tokio::test]
async fn every_page_is_titled() {
    let site = Site::new();
    let id = site.start(visitor(), Role::Buyer).await;
    for path in [
        "/".to_owned(),
        "/watch".to_owned(),
        "/me".to_owned(),
        "/about".to_owned(),
        "/sign-in".to_owned(),
        "/research".to_owned(),
        "/models".to_owned(),
        "/stall/souk.home-kitchen_1".to_owned(),
        "/train".to_owned(),
        "/evaluate".to_owned(),
        format!("/talk/{id}"),
        format!("/watch/{id}"),
        format!("/replay/{id}"),
    ] {
        let page = site.get(&path, visitor()).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let (_, rest) = page.html.split_once("<title>").expect("a title");
        assert!(rest.split("</title>").next().expect("its end").ends_with(" · Souk"), "{path}");
        assert_eq!(page.html.matches("<h1").count(), 1, "{path} has one main heading");
    }
    assert_eq!(routes(), 26);
}
