//! Live events for programs: server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::Stream;
use futures::stream::{self, StreamExt};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use wire::{Code, EpisodeId, Problem, ServerFrame};

use super::read::{InPath, InQuery};
use crate::auth::Actor;
use crate::edge::Fault;
use crate::live::{Counted, Follower};
use crate::state::AppState;

const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// The last `seq` that you have; default 0. The header `Last-Event-ID` goes before it.
    pub after: Option<i64>,
}

/// One event of the stream, by its fields.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it describes what axum writes")]
struct StreamedEvent {
    /// A `ServerFrame` as JSON.
    data: String,
    /// Absent (`message`): a frame of the type `event`.
    event: Option<String>,
    /// The `seq` of an event of the episode.
    id: Option<String>,
}

/// Follows an episode: the gap after your cursor, then what happens. Each `event` has its `seq` as
/// its id, so that a reconnecting client gets what it missed. Other kinds: `caught_up`, `typing`,
/// `speaking`, `unsaid`, `head_changed`, as in the frames of the live socket.
#[utoipa::path(
    get, path = "/api/v1/episodes/{id}/events", tag = "episodes",
    params(
        ("id" = EpisodeId, Path),
        From,
        ("Last-Event-ID" = Option<i64>, Header, description = "The last `seq` that you have.")
    ),
    responses(
        (status = 200, body = StreamedEvent, content_type = "text/event-stream"),
        (status = "default", body = Problem)
    )
)]
pub async fn follow_events(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
    InQuery(query): InQuery<From>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Fault> {
    let after = match headers.get("last-event-id") {
        Some(value) => read_cursor(value)?,
        None => query.after.unwrap_or(0),
    };
    let follower = Follower::open(state.souk.clone(), actor.caller, id, after).await?;
    let source = (follower, Counted::new());
    let frames = stream::unfold(source, |(mut follower, counted)| async {
        let frame = follower.next().await;
        Some((Ok(event(&frame)), (follower, counted)))
    });
    let stop = state.stop.clone();
    let until_stop = frames.take_until(async move { stop.cancelled().await });
    Ok(Sse::new(until_stop).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

fn read_cursor(value: &axum::http::HeaderValue) -> Result<i64, Problem> {
    value.to_str().ok().and_then(|text| text.trim().parse().ok()).ok_or_else(|| {
        Problem::new(Code::BadRequest, "`Last-Event-ID` is the `seq` of the last event you have.")
    })
}

fn event(frame: &ServerFrame) -> Event {
    let text = serde_json::to_string(frame).expect("a frame has string keys");
    let event = Event::default().data(text);
    match frame {
        ServerFrame::Event { envelope } => event.id(envelope.seq.to_string()),
        ServerFrame::CaughtUp { .. } => event.event("caught_up"),
        ServerFrame::Typing { .. } => event.event("typing"),
        ServerFrame::Speaking { .. } => event.event("speaking"),
        ServerFrame::Unsaid { .. } => event.event("unsaid"),
        ServerFrame::HeadChanged { .. } => event.event("head_changed"),
        _ => event,
    }
}
