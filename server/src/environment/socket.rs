//! `/env/ws`: an environment for each socket.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use wire::{EnvFrame, EnvReply, EnvReset};

use super::session::{Session, full, unreadable};
use crate::auth::{Actor, Scope};
use crate::edge::Fault;
use crate::state::AppState;

/// The longest frame of a client, in bytes: a text of a model, with thought and talk.
const MAX_FRAME: usize = 64 * 1024;
/// A socket on which nothing is said for so long is closed.
const IDLE: Duration = Duration::from_secs(600);

pub async fn open(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Err(problem) = actor.needs(Scope::Play) {
        return Fault(problem).into_response();
    }
    upgrade
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .on_upgrade(move |socket| async move { serve(state, actor, socket).await })
}

async fn serve(state: AppState, actor: Actor, mut socket: WebSocket) {
    let Some(place) = state.environments.place(&actor.via) else {
        let _ = say(&mut socket, &EnvReply::Error(full())).await;
        return;
    };
    let mut session = Session::new(Arc::clone(&state.souk), &actor, place);
    loop {
        let message = tokio::select! {
            message = tokio::time::timeout(IDLE, socket.next()) => message,
            () = state.stop.cancelled() => return,
        };
        let text = match message {
            Ok(Some(Ok(Message::Text(text)))) => text,
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => return,
            Ok(Some(Ok(_))) => continue,
        };
        let Some(reply) = answer(&mut session, &text).await else { return };
        if say(&mut socket, &reply).await.is_err() {
            return;
        }
    }
}

/// None: the client has done.
async fn answer(session: &mut Session, text: &str) -> Option<EnvReply> {
    let told = match frame(text) {
        Ok(EnvFrame::Reset(asked)) => {
            session.reset(asked).await.map(Box::new).map(EnvReply::Observation)
        }
        Ok(EnvFrame::Step(action)) => {
            session.step(action).await.map(Box::new).map(EnvReply::Observation)
        }
        Ok(EnvFrame::State) => Ok(EnvReply::State(session.state())),
        Ok(EnvFrame::Close) => return None,
        Err(why) => Err(unreadable(&why)),
    };
    Some(told.unwrap_or_else(EnvReply::Error))
}

/// Clients leave `data` out where they have nothing to say, or send an empty one.
fn frame(text: &str) -> Result<EnvFrame, serde_json::Error> {
    let value: serde_json::Value = serde_json::from_str(text)?;
    let nothing = value.get("data").is_none_or(|data| {
        data.is_null() || data.as_object().is_some_and(serde_json::Map::is_empty)
    });
    match (value.get("type").and_then(|kind| kind.as_str()), nothing) {
        (Some("reset"), true) => Ok(EnvFrame::Reset(EnvReset::default())),
        (Some("state"), _) => Ok(EnvFrame::State),
        (Some("close"), _) => Ok(EnvFrame::Close),
        _ => serde_json::from_value(value),
    }
}

async fn say(socket: &mut WebSocket, reply: &EnvReply) -> Result<(), axum::Error> {
    let text = serde_json::to_string(reply).map_err(axum::Error::new)?;
    socket.send(Message::Text(text.into())).await
}
