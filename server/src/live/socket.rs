//! `GET /live`: one WebSocket per page, any number of followed episodes up to a bound.

use std::collections::HashMap;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use futures::SinkExt;
use futures::stream::{SplitSink, StreamExt};
use metrics::gauge;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;
use wire::{ClientFrame, Code, EpisodeId, LinkState, Problem, ServerFrame};

use super::Follower;
use crate::auth::Actor;
use crate::state::AppState;
use crate::telemetry::LIVE_SOCKETS;

/// The longest frame of a client, in bytes: a `follow` is about 100.
const MAX_FRAME: usize = 4 * 1024;
/// Episodes that one socket may follow.
const MAX_FOLLOWED: usize = 32;
/// Frames that wait for a slow client; its followers then wait too, and catch up by cursor.
const BUFFER: usize = 64;
/// A client that takes no frame for this long is let go; it comes back by its cursor.
const SLOW: Duration = Duration::from_secs(10);
const HEARTBEAT: Duration = Duration::from_secs(20);
/// Without a sign of life for this long the connection counts as dead.
const DEAD: Duration = Duration::from_secs(50);

/// Upgrades to a live socket.
pub async fn live(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    upgrade: WebSocketUpgrade,
) -> Response {
    // Each socket keeps its buffer: by default 128 KiB.
    let upgrade = upgrade.read_buffer_size(MAX_FRAME);
    upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME).on_upgrade(
        move |socket| async move {
            let _counted = Counted::new();
            Session::new(state, actor).serve(socket).await;
        },
    )
}

/// One more live connection, as long as it lives.
pub struct Counted(());

impl Counted {
    pub fn new() -> Counted {
        gauge!(LIVE_SOCKETS).increment(1.0);
        Counted(())
    }
}

impl Default for Counted {
    fn default() -> Counted {
        Counted::new()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(LIVE_SOCKETS).decrement(1.0);
    }
}

/// Why a session ends, as a close code.
type Ending = (u16, &'static str);

struct Session {
    state: AppState,
    actor: Actor,
    frames: mpsc::Sender<ServerFrame>,
    outgoing: mpsc::Receiver<ServerFrame>,
    followed: HashMap<EpisodeId, AbortOnDropHandle<()>>,
}

impl Session {
    fn new(state: AppState, actor: Actor) -> Session {
        let (frames, outgoing) = mpsc::channel(BUFFER);
        Session { state, actor, frames, outgoing, followed: HashMap::new() }
    }

    async fn serve(mut self, socket: WebSocket) {
        let (mut sink, mut stream) = socket.split();
        let mut health = self.state.souk.health.clone();
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        let mut heard = Instant::now();
        if health.state() == LinkState::StoreAway {
            let away = ServerFrame::Link { state: LinkState::StoreAway };
            if send(&mut sink, &away).await.is_err() {
                return;
            }
        }
        let stop = self.state.stop.clone();
        let (code, reason) = loop {
            let sent = tokio::select! {
                Some(frame) = self.outgoing.recv() => send(&mut sink, &frame).await,
                state = health.changed() => send(&mut sink, &ServerFrame::Link { state }).await,
                message = stream.next() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => self.hear(&text, &mut sink).await,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                        Some(Ok(Message::Binary(_))) => Err((close_code::UNSUPPORTED, "text frames only")),
                        Some(Ok(Message::Close(_))) | None => return,
                        Some(Err(_)) => Err((close_code::PROTOCOL, "not a frame of this protocol")),
                    }
                }
                _ = heartbeat.tick() => {
                    if heard.elapsed() > DEAD { return }
                    push(&mut sink, Message::Ping(Vec::new().into())).await
                }
                () = stop.cancelled() => Err((close_code::AWAY, "the server stops")),
            };
            if let Err(ending) = sent {
                break ending;
            }
        };
        let close = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let _ = push(&mut sink, close).await;
        let _ = sink.close().await;
    }

    async fn hear(
        &mut self,
        text: &str,
        sink: &mut SplitSink<WebSocket, Message>,
    ) -> Result<(), Ending> {
        match serde_json::from_str(text) {
            Ok(ClientFrame::Ping) => send(sink, &ServerFrame::Pong).await,
            Ok(ClientFrame::Unfollow { episode }) => {
                self.followed.remove(&episode);
                Ok(())
            }
            Ok(ClientFrame::Follow { episode, after }) => match self.follow(episode, after) {
                Ok(()) => Ok(()),
                Err(problem) => send(sink, &ServerFrame::Problem { problem }).await,
            },
            Err(why) => {
                let detail = format!("This frame is not understood: {why}.");
                let problem = Problem::new(Code::BadRequest, detail);
                send(sink, &ServerFrame::Problem { problem }).await
            }
        }
    }

    fn follow(&mut self, episode: EpisodeId, after: i64) -> Result<(), Problem> {
        self.state.limits.request(self.actor.caller.visitor.0)?;
        if self.followed.len() >= MAX_FOLLOWED && !self.followed.contains_key(&episode) {
            return Err(Problem::named(
                Code::Unprocessable,
                "too_many_followed",
                format!(
                    "One socket follows up to {MAX_FOLLOWED} negotiations: unfollow one first."
                ),
            ));
        }
        let souk = self.state.souk.clone();
        let (caller, frames) = (self.actor.caller, self.frames.clone());
        let task = tokio::spawn(async move {
            let opened = loop {
                let mut health = souk.health.clone();
                match Follower::open(souk.clone(), caller, episode, after).await {
                    // A page may be opened again while the store is away: it waits.
                    Err(problem) if problem.code == Code::Unavailable.name() => {
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        health.up().await;
                    }
                    opened => break opened,
                }
            };
            match opened {
                Ok(mut follower) => while frames.send(follower.next().await).await.is_ok() {},
                Err(problem) => {
                    let _ = frames.send(ServerFrame::Problem { problem }).await;
                }
            }
        });
        self.followed.insert(episode, AbortOnDropHandle::new(task));
        Ok(())
    }
}

async fn send(sink: &mut SplitSink<WebSocket, Message>, frame: &ServerFrame) -> Result<(), Ending> {
    let text = serde_json::to_string(frame).expect("a frame has string keys");
    push(sink, Message::Text(text.into())).await
}

async fn push(sink: &mut SplitSink<WebSocket, Message>, message: Message) -> Result<(), Ending> {
    match timeout(SLOW, sink.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err((close_code::AWAY, "the connection is gone")),
        Err(_) => Err((close_code::AGAIN, "too slow: come back with your cursor")),
    }
}
