//! A server in this process on a database of its own, and clients that remember every byte.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use reqwest::{Method, Response, StatusCode};
use rules::{Act, Event, Mills, Product, Role};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use server::assets::{BUILD_ID, Site};
use server::config::Config;
use server::roster::Roster;
use server::{Database, Running};
use store::cluster::Ephemeral;
use store::{NewProduct, Split, Store};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use uuid::Uuid;
use wire::{ClientFrame, Envelope, EpisodeId, Problem, ServerFrame};

/// Limits that no figure of a game hits by chance.
pub const BUDGET: Mills = Mills(83_117);
pub const COST: Mills = Mills(41_303);
pub const LIST_PRICE: Mills = Mills(103_890);
pub const PRODUCT: &str = "souk.books_1";

/// Nothing here takes this long; a test that waits longer has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited for {what}"))
}

pub struct World {
    running: Option<Running>,
    pub store: Store,
    pub base: String,
    _folder: TempDir,
}

impl World {
    pub async fn new() -> World {
        World::with(&[]).await
    }

    /// With settings.
    pub async fn with(vars: &[(&str, &str)]) -> World {
        World::on(database().await, vars, |_| {}).await
    }

    /// With settings that no variable can express, such as no time at all.
    pub async fn tuned(tune: impl FnOnce(&mut Config)) -> World {
        World::on(database().await, &[], tune).await
    }

    pub async fn tuned_with(vars: &[(&str, &str)], tune: impl FnOnce(&mut Config)) -> World {
        World::on(database().await, vars, tune).await
    }

    pub async fn on(
        database: Database,
        vars: &[(&str, &str)],
        tune: impl FnOnce(&mut Config),
    ) -> World {
        World::built(database, vars, tune, |config| Roster::open(config).unwrap()).await
    }

    /// With negotiators of the test's own.
    pub async fn seating(
        tune: impl FnOnce(&mut Config),
        roster: impl FnOnce(&Config) -> Roster,
    ) -> World {
        World::built(database().await, &[], tune, roster).await
    }

    async fn built(
        database: Database,
        vars: &[(&str, &str)],
        tune: impl FnOnce(&mut Config),
        roster: impl FnOnce(&Config) -> Roster,
    ) -> World {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let store = database.store.clone();
        stock(&store).await;
        let own = [("SOUK_DATA", data.to_str().unwrap())];
        let vars = own.iter().chain(vars).map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let mut config = Config::from_vars(vars).unwrap();
        tune(&mut config);
        let site = Site::open(Some(&fake_site(&folder))).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let roster = roster(&config);
        let running = Running::start_with(config, roster, database, site, listener).await.unwrap();
        let base = format!("http://{}", running.addr);
        World { running: Some(running), store, base, _folder: folder }
    }

    /// A new browser.
    pub fn client(&self) -> Client {
        Client::new(&self.base)
    }

    #[cfg(feature = "engine")]
    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("not stopped yet")
    }

    pub async fn stop(mut self) {
        self.running.take().expect("stopped once").stop().await;
    }
}

/// A database of its own in this process's cluster.
async fn database() -> Database {
    let options = Ephemeral::shared().await.database().await.unwrap();
    Database {
        store: Store::connect(options.clone(), 8).await.unwrap(),
        probe: Store::connect(options, 1).await.unwrap(),
    }
}

/// A connection that little fits into before somebody reads it.
pub async fn small_window(world: &World) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let address = world.base.strip_prefix("http://").unwrap().parse().unwrap();
    socket.connect(address).await.unwrap()
}

/// A page of this program's sources, as far as the server looks at it.
pub fn fake_site(folder: &TempDir) -> std::path::PathBuf {
    let site = folder.path().join("site");
    std::fs::create_dir_all(&site).unwrap();
    let manifest = json!({
        "build_id": BUILD_ID, "js": "souk-1.js", "loader": "chunks-1.js", "wasm": "souk-1.wasm",
        "css": "souk-1.css", "chunks": {},
    });
    std::fs::write(site.join("manifest.json"), manifest.to_string()).unwrap();
    for file in ["souk-1.js", "chunks-1.js", "souk-1.wasm", "souk-1.css"] {
        std::fs::write(site.join(file), "x".repeat(2000)).unwrap();
    }
    site
}

/// One product, with limits that can be told from everything else.
pub async fn stock(store: &Store) {
    store.products_replace("souk", &[atlas()], &json!({})).await.unwrap();
}

pub fn atlas() -> NewProduct {
    let product = Product {
        codename: "books_1".to_owned(),
        category: "books".to_owned(),
        title: "An atlas".to_owned(),
        description: "All known lands, and some that are not.".to_owned(),
        features: vec!["hard cover".to_owned()],
        list_price: LIST_PRICE,
    };
    NewProduct {
        product,
        persona: "neutral".to_owned(),
        budget: BUDGET,
        cost: COST,
        split: Split::Train,
        history: vec![wire::PricePoint { day: -1, price: COST }],
        picture: "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned(),
    }
}

/// A browser or a program: keeps its cookies, and everything that it was ever sent.
#[derive(Clone)]
pub struct Client {
    pub http: reqwest::Client,
    base: String,
    key: Option<String>,
    seen: Arc<Mutex<Vec<u8>>>,
    cookies: Arc<reqwest::cookie::Jar>,
}

impl Client {
    pub fn new(base: &str) -> Client {
        let cookies = Arc::new(reqwest::cookie::Jar::default());
        let http = reqwest::Client::builder()
            .cookie_provider(Arc::clone(&cookies))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Client { http, base: base.to_owned(), key: None, seen: Arc::default(), cookies }
    }

    /// The same client with an API key instead of cookies.
    pub fn with_key(base: &str, key: &str) -> Client {
        Client { key: Some(key.to_owned()), ..Client::new(base) }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// The answer's status and text; both are remembered.
    pub async fn ask(&self, request: reqwest::RequestBuilder) -> (StatusCode, String) {
        let response = soon("an answer", request.send()).await.unwrap();
        self.read(response).await
    }

    pub async fn read(&self, response: Response) -> (StatusCode, String) {
        let status = response.status();
        let head = format!("{:?}", response.headers());
        let text = soon("a body", response.text()).await.unwrap();
        self.remember(&head);
        self.remember(&text);
        (status, text)
    }

    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        self.ask(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, String) {
        self.ask(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn form(&self, path: &str, body: &str) -> Response {
        let kind = "application/x-www-form-urlencoded";
        let request = self.request(Method::POST, path).header("content-type", kind);
        soon("an answer", request.body(body.to_owned()).send()).await.unwrap()
    }

    pub async fn fetch<T: DeserializeOwned>(&self, path: &str) -> T {
        let (status, text) = self.get(path).await;
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|why| panic!("{path}: {why}: {text}"))
    }

    pub async fn send<T: DeserializeOwned>(&self, path: &str, body: Value) -> T {
        let (status, text) = self.post(path, body).await;
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|why| panic!("{path}: {why}: {text}"))
    }

    /// The problem that a request must meet.
    pub async fn refused(&self, path: &str, body: Value) -> Problem {
        let (status, text) = self.post(path, body).await;
        let problem: Problem = serde_json::from_str(&text).unwrap();
        assert_eq!(status.as_u16(), problem.status);
        problem
    }

    /// Starts an episode; `buyer` and `seller` are `me`, `invite` or a negotiator.
    pub async fn start(&self, buyer: &str, seller: &str) -> EpisodeId {
        self.start_with(buyer, seller, json!({})).await
    }

    pub async fn start_with(&self, buyer: &str, seller: &str, more: Value) -> EpisodeId {
        let mut body = json!({
            "product": PRODUCT,
            "seats": { "buyer": seat(buyer), "seller": seat(seller) },
            "seed": 11,
            "key": Uuid::new_v4(),
        });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        let started: Value = self.send("/api/v1/episodes", body).await;
        started["id"].as_str().unwrap().parse().unwrap()
    }

    pub async fn play(&self, id: EpisodeId, act: Act) -> Value {
        self.send(&format!("/api/v1/episodes/{id}/moves"), mv(Uuid::new_v4(), act)).await
    }

    /// The events of an episode once `enough` holds for them, by asking the live feed.
    pub async fn until(
        &self,
        id: EpisodeId,
        enough: impl Fn(&[Envelope]) -> bool,
    ) -> Vec<Envelope> {
        let mut live = self.live().await;
        live.follow(id, 0).await;
        let mut events = Vec::new();
        while !enough(&events) {
            if let ServerFrame::Event { envelope } = live.next().await {
                events.push(envelope);
            }
        }
        events
    }

    /// Waits for the other side's answer to the `count`th move.
    pub async fn moves(&self, id: EpisodeId, count: usize) -> Vec<Envelope> {
        self.until(id, |events| acts(events).len() >= count).await
    }

    pub async fn live(&self) -> Live {
        let mut request = format!("{}/live", self.base.replace("http", "ws"));
        request = request.replacen("wss", "ws", 1);
        let mut request = request.into_client_request().unwrap();
        if let Some(cookies) = reqwest::cookie::CookieStore::cookies(
            self.cookies.as_ref(),
            &self.base.parse().unwrap(),
        ) {
            request.headers_mut().insert("cookie", cookies.to_str().unwrap().parse().unwrap());
        }
        if let Some(key) = &self.key {
            request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
        }
        let (socket, _) =
            soon("a socket", tokio_tungstenite::connect_async(request)).await.unwrap();
        Live { socket, seen: Arc::clone(&self.seen) }
    }

    pub fn remember(&self, text: &str) {
        self.seen.lock().unwrap().extend_from_slice(text.as_bytes());
    }

    /// Everything that was ever sent to this client.
    pub fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }
}

/// A live socket.
pub struct Live {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Live {
    pub async fn say(&mut self, text: &str) {
        self.socket.send(Message::Text(text.into())).await.unwrap();
    }

    pub async fn follow(&mut self, episode: EpisodeId, after: i64) {
        let frame = ClientFrame::Follow { episode, after };
        self.say(&serde_json::to_string(&frame).unwrap()).await;
    }

    /// The next frame of the protocol.
    pub async fn next(&mut self) -> ServerFrame {
        loop {
            let message = soon("a frame", self.socket.next()).await.expect("open").unwrap();
            if let Message::Text(text) = message {
                self.seen.lock().unwrap().extend_from_slice(text.as_bytes());
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// The close code with which the server ends it.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match soon("the end", self.socket.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("closed without a word: {other:?}"),
            }
        }
    }
}

pub fn seat(name: &str) -> Value {
    match name {
        "me" | "invite" => json!({ "type": name }),
        name => json!({ "type": "negotiator", "name": name }),
    }
}

pub fn mv(key: Uuid, act: Act) -> Value {
    json!({ "key": key, "talk": "How about this?", "act": act })
}

pub fn offer(dollars: i64) -> Act {
    Act::Offer(Mills::from_dollars(dollars))
}

/// Who did what, in order.
pub fn acts(events: &[Envelope]) -> Vec<(Role, Act)> {
    events
        .iter()
        .filter_map(|envelope| match &envelope.event {
            Event::Moved { by, act, .. } => Some((*by, *act)),
            _ => None,
        })
        .collect()
}

pub fn is_over(events: &[Envelope]) -> bool {
    events.iter().any(|envelope| matches!(envelope.event, Event::Ended { .. }))
}
