//! Connections: taken in, bounded in time, ended with the server.
//!
//! `axum::serve` waits for the head of a request for ever, and so for every client that sends none; and for who takes none of
//! an answer.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// The longest head of a request, in bytes, and what a connection keeps of a body that comes faster than it is read.
const BUFFER: usize = 64 * 1024;
/// After the system has no more connections to give.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers on `listener` until `stop`, and then until the requests under way are answered.
///
/// A connection that is `slow` to send the head of its next request, or to take any more of what it asked for, is closed;
/// so are the sockets that it becomes. Each request knows the address of its
/// connection as [`ConnectInfo`].
pub async fn serve(
    listener: TcpListener,
    app: Router,
    slow: Duration,
    stop: CancellationToken,
) -> io::Result<()> {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((tcp, from)) => {
                connections.spawn(answer(tcp, from, app.clone(), slow, stop.clone()));
            }
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken in");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    Ok(())
}

/// Of one connection, that was gone before it was taken in.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn answer(
    tcp: TcpStream,
    from: SocketAddr,
    app: Router,
    slow: Duration,
    stop: CancellationToken,
) {
    // An answer in two writes would wait for the first one's acknowledgement.
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(from));
        let app = app.clone();
        async move { app.oneshot(request.map(Body::new)).await }
    });
    let mut tcp = TimeoutStream::new(tcp);
    tcp.set_write_timeout(Some(slow));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(slow)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Box::pin(tcp)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection broke off");
    }
}
