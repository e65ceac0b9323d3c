//! A live socket that comes back by itself, and follows one negotiation by cursor.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{interval_at, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use wire::{ClientFrame, Cursor, Envelope, EpisodeId, ServerFrame};

use crate::browser::Browser;
use crate::figures::milliseconds;
use crate::pause;
use crate::record::{Entry, Record, now};

/// A silent connection is asked for a sign of life this often, and given up after one interval
/// without any. As the page does.
const PING: Duration = Duration::from_secs(15);
const OPENING: Duration = Duration::from_secs(10);
/// An event that must come and does not in this time has been missed.
const PATIENCE: Duration = Duration::from_secs(90);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The reader's end; dropped, the connection is closed.
pub struct Live {
    follow: mpsc::UnboundedSender<EpisodeId>,
    events: mpsc::UnboundedReceiver<Envelope>,
}

impl Live {
    pub fn open(browser: &Browser, record: &Arc<Record>) -> Live {
        let (follow, asked) = mpsc::unbounded_channel();
        let (sender, events) = mpsc::unbounded_channel();
        let (browser, record) = (browser.clone(), Arc::clone(record));
        let keeper = Keeper { browser, record, asked, events: sender, following: None, lost: None };
        tokio::spawn(keeper.keep());
        Live { follow, events }
    }

    /// From its first event on, and nothing else from now on.
    pub fn follow(&self, episode: EpisodeId) -> Result<()> {
        self.follow.send(episode).context("the socket's task has ended")
    }

    /// The next event of what is followed: every one, each once.
    pub async fn next(&mut self) -> Result<Envelope> {
        let event = timeout(PATIENCE, self.events.recv()).await;
        let event = event.with_context(|| format!("no event within {} s", PATIENCE.as_secs()))?;
        event.context("the socket's task has ended")
    }
}

struct Keeper {
    browser: Browser,
    record: Arc<Record>,
    asked: mpsc::UnboundedReceiver<EpisodeId>,
    events: mpsc::UnboundedSender<Envelope>,
    following: Option<(EpisodeId, Cursor)>,
    /// Since when nothing is heard, while that is so.
    lost: Option<Instant>,
}

/// Why a connection ended.
enum Ended {
    /// Nobody reads any more.
    Done,
    Lost,
}

impl Keeper {
    async fn keep(mut self) {
        let mut attempt = 0;
        loop {
            match self.connect().await {
                Ok(socket) => match self.converse(socket).await {
                    Ok(Ended::Done) => return,
                    Ok(Ended::Lost) | Err(_) => attempt = 0,
                },
                Err(_) => self.browser.figures().error("the socket did not open"),
            }
            self.lost.get_or_insert_with(Instant::now);
            tokio::time::sleep(pause::before(attempt)).await;
            attempt += 1;
            if self.events.is_closed() {
                return;
            }
        }
    }

    async fn connect(&self) -> Result<Socket> {
        let mut request = self.browser.live().into_client_request()?;
        request.headers_mut().insert("cookie", self.browser.cookie.parse()?);
        // Thousands of sockets share this process.
        let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
        let connecting = connect_async_with_config(request, Some(config), true);
        Ok(timeout(OPENING, connecting).await??.0)
    }

    /// One connection from its opening to its end.
    async fn converse(&mut self, socket: Socket) -> Result<Ended> {
        let (mut sink, mut stream) = socket.split();
        match self.following {
            Some((episode, after)) => {
                sink.send(frame(&ClientFrame::Follow { episode, after })?).await?;
            }
            None => self.lost = None,
        }
        let mut ticks = interval_at(tokio::time::Instant::now() + PING, PING);
        let mut is_asked = false;
        loop {
            tokio::select! {
                message = stream.next() => {
                    is_asked = false;
                    match message {
                        Some(Ok(Message::Text(text))) => self.receive(&text)?,
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(Ended::Lost),
                        Some(Ok(_)) => {}
                    }
                }
                wanted = self.asked.recv() => {
                    let Some(episode) = wanted else {
                        let _ = sink.send(Message::Close(None)).await;
                        return Ok(Ended::Done);
                    };
                    if let Some((before, _)) = self.following.replace((episode, 0)) {
                        sink.send(frame(&ClientFrame::Unfollow { episode: before })?).await?;
                    }
                    sink.send(frame(&ClientFrame::Follow { episode, after: 0 })?).await?;
                }
                _ = ticks.tick() => {
                    if std::mem::replace(&mut is_asked, true) {
                        return Ok(Ended::Lost);
                    }
                    sink.send(frame(&ClientFrame::Ping)?).await?;
                }
            }
        }
    }

    fn receive(&mut self, text: &str) -> Result<()> {
        if let Some((EpisodeId(of), _)) = self.following {
            self.browser.heard(of, text)?;
        }
        match serde_json::from_str(text).context("a frame is not understood")? {
            ServerFrame::Event { envelope } => self.take(envelope),
            ServerFrame::CaughtUp { episode, .. } if self.is_followed(episode) => {
                if let Some(lost) = self.lost.take() {
                    let ms = milliseconds(lost.elapsed());
                    self.browser.figures().count(|counted| counted.reconnected.push(ms));
                    self.record.write(&Entry::Reconnected { at: now(), ms })?;
                }
            }
            ServerFrame::Problem { problem } => {
                self.browser.figures().error(format!("live: {}", problem.code));
                bail!("{problem}");
            }
            _ => {}
        }
        Ok(())
    }

    fn is_followed(&self, episode: EpisodeId) -> bool {
        self.following.is_some_and(|(followed, _)| followed == episode)
    }

    /// Each number once, none left out.
    fn take(&mut self, envelope: Envelope) {
        let Some((episode, cursor)) = &mut self.following else { return };
        if envelope.episode != *episode {
            return;
        }
        if envelope.seq != *cursor + 1 {
            let (seq, cursor) = (envelope.seq, *cursor);
            let what = format!("{episode}: event {seq} came after event {cursor}");
            self.browser.figures().violation(what);
        }
        *cursor = envelope.seq;
        // It fails where the reader just left.
        let _ = self.events.send(envelope);
    }
}

fn frame(frame: &ClientFrame) -> Result<Message> {
    Ok(Message::Text(serde_json::to_string(frame)?.into()))
}
