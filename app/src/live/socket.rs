//! The socket itself, in the browser alone.

use std::cell::RefCell;
use std::rc::Rc;

use futures::channel::mpsc;
use futures::stream::{self, PollNext, StreamExt};
use futures::{SinkExt, future};
use gloo_net::websocket::{Message, State as SocketState, futures::WebSocket};
use gloo_timers::future::{IntervalStream, TimeoutFuture};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{ClientFrame, Cursor, EpisodeId, LinkState, ServerFrame};

use super::{Link, delay_ms};

/// A silent connection is asked for a sign of life this often, and given up after one interval
/// without any.
const PING_MS: u32 = 15_000;

struct Follower {
    id: u32,
    episode: EpisodeId,
    cursor: Box<dyn Fn() -> Cursor>,
    deliver: Box<dyn Fn(ServerFrame)>,
}

#[derive(Default)]
struct State {
    followers: Vec<Rc<Follower>>,
    next_id: u32,
    /// Frames for the open connection; what is sent while there is none is dropped, for a new
    /// connection begins by following anew.
    outgoing: Option<mpsc::UnboundedSender<ClientFrame>>,
    running: bool,
}

#[derive(Clone)]
pub struct Hub {
    state: Rc<RefCell<State>>,
    link: RwSignal<Link>,
}

enum Input {
    Received(String),
    Send(ClientFrame),
    Tick,
    Closed,
}

impl Hub {
    pub fn new(link: RwSignal<Link>) -> Hub {
        Hub { state: Rc::default(), link }
    }

    pub fn follow(
        &self,
        episode: EpisodeId,
        cursor: impl Fn() -> Cursor + 'static,
        deliver: impl Fn(ServerFrame) + 'static,
    ) -> u32 {
        let after = cursor();
        let mut state = self.state.borrow_mut();
        state.next_id += 1;
        let id = state.next_id;
        let (cursor, deliver) = (Box::new(cursor), Box::new(deliver));
        state.followers.push(Rc::new(Follower { id, episode, cursor, deliver }));
        state.send(ClientFrame::Follow { episode, after });
        if !std::mem::replace(&mut state.running, true) {
            spawn_local(self.clone().run());
        }
        id
    }

    pub fn unfollow(&self, id: u32) {
        let mut state = self.state.borrow_mut();
        let Some(place) = state.followers.iter().position(|f| f.id == id) else { return };
        let episode = state.followers.remove(place).episode;
        if state.followers.iter().all(|f| f.episode != episode) {
            state.send(ClientFrame::Unfollow { episode });
        }
    }

    /// Keeps a connection for as long as anything is followed.
    async fn run(self) {
        let mut attempt = 0;
        loop {
            if self.state.borrow().followers.is_empty() {
                self.state.borrow_mut().running = false;
                self.link.set(Link::Idle);
                return;
            }
            if self.converse().await {
                attempt = 0;
            }
            if !self.state.borrow().followers.is_empty() {
                self.link.set(Link::Reconnecting);
                TimeoutFuture::new(delay_ms(attempt, js_sys::Math::random())).await;
                attempt += 1;
            }
        }
    }

    /// One connection from its opening to its end; whether the server ever answered.
    async fn converse(&self) -> bool {
        let Some(mut socket) = live_url().and_then(|url| WebSocket::open(&url).ok()) else {
            return false;
        };
        // Ready as well where it could not be opened, and complains if it is then sent anything.
        let ready = future::poll_fn(|cx| socket.poll_ready_unpin(cx)).await;
        if ready.is_err() || !matches!(socket.state(), SocketState::Open) {
            return false;
        }
        let (mut sink, incoming) = socket.split();
        let (outgoing, to_send) = mpsc::unbounded();
        self.begin(&outgoing);
        self.state.borrow_mut().outgoing = Some(outgoing);
        let incoming = incoming
            .map(|message| match message {
                Ok(Message::Text(text)) => Input::Received(text),
                Ok(Message::Bytes(_)) => Input::Tick,
                Err(_) => Input::Closed,
            })
            .chain(stream::once(future::ready(Input::Closed)));
        let ticks = IntervalStream::new(PING_MS).map(|()| Input::Tick);
        let own = stream::select(to_send.map(Input::Send), ticks);
        // What came in first: an end of the connection is seen before anything is sent over it.
        let incoming_first = |(): &mut ()| PollNext::Left;
        let mut inputs = stream::select_with_strategy(incoming, own, incoming_first);
        let (mut answered, mut asked) = (false, false);
        while let Some(input) = inputs.next().await {
            match input {
                Input::Received(text) => {
                    (answered, asked) = (true, false);
                    self.receive(&text);
                }
                Input::Send(frame) => {
                    let Ok(text) = serde_json::to_string(&frame) else { continue };
                    if sink.send(Message::Text(text)).await.is_err() {
                        break;
                    }
                }
                Input::Tick if asked => break,
                Input::Tick => {
                    asked = true;
                    self.state.borrow_mut().send(ClientFrame::Ping);
                }
                Input::Closed => break,
            }
            if self.state.borrow().followers.is_empty() {
                break;
            }
        }
        self.state.borrow_mut().outgoing = None;
        answered
    }

    /// Follows everything anew, each from where its reader stands.
    fn begin(&self, outgoing: &mpsc::UnboundedSender<ClientFrame>) {
        let followers = self.state.borrow().followers.clone();
        for follower in followers {
            let (episode, after) = (follower.episode, (follower.cursor)());
            _ = outgoing.unbounded_send(ClientFrame::Follow { episode, after });
        }
    }

    fn receive(&self, text: &str) {
        let Ok(frame) = serde_json::from_str::<ServerFrame>(text) else {
            leptos::logging::warn!("a live frame could not be read");
            return;
        };
        let link = match frame {
            ServerFrame::Link { state: LinkState::StoreAway } => Link::StoreAway,
            ServerFrame::Link { state: LinkState::Up } => Link::Up,
            // A pong says that the server is there, not that its store is.
            ServerFrame::Pong if self.link.get_untracked() == Link::StoreAway => Link::StoreAway,
            _ => Link::Up,
        };
        if self.link.get_untracked() != link {
            self.link.set(link);
        }
        let Some(episode) = about(&frame) else { return };
        // Delivered outside the borrow: a reader may follow or unfollow in answer.
        let readers: Vec<_> = self
            .state
            .borrow()
            .followers
            .iter()
            .filter(|f| f.episode == episode)
            .cloned()
            .collect();
        for reader in readers {
            (reader.deliver)(frame.clone());
        }
    }
}

impl State {
    fn send(&mut self, frame: ClientFrame) {
        if let Some(outgoing) = &self.outgoing {
            _ = outgoing.unbounded_send(frame);
        }
    }
}

fn about(frame: &ServerFrame) -> Option<EpisodeId> {
    match frame {
        ServerFrame::Event { envelope } => Some(envelope.episode),
        ServerFrame::CaughtUp { episode, .. }
        | ServerFrame::Typing { episode, .. }
        | ServerFrame::Speaking { episode, .. }
        | ServerFrame::Unsaid { episode, .. }
        | ServerFrame::HeadChanged { episode } => Some(*episode),
        ServerFrame::Link { .. } | ServerFrame::Problem { .. } | ServerFrame::Pong => None,
    }
}

fn live_url() -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/live", location.host().ok()?))
}
