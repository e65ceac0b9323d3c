//! Who follows which episode in this process, and what wakes them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rules::Role;
use tokio::sync::broadcast;
use wire::{Envelope, EpisodeId};

/// How many beats a follower may be behind before it reads from the store by its cursor instead.
const BACKLOG: usize = 64;

/// Something happened around an episode.
#[derive(Clone, Debug)]
pub enum Beat {
    /// These events were stored, in full: to be filtered for the reader. A short way for this
    /// process's own moves.
    Stored(Arc<[Envelope]>),
    /// Events up to this number are stored.
    Advanced(i64),
    Typing {
        role: Role,
        typing: bool,
    },
    /// More of the talk of a move in the making: `text` follows the first `from` bytes of that
    /// utterance.
    Speaking {
        role: Role,
        number: u64,
        from: usize,
        text: Arc<str>,
    },
    /// An utterance came to nothing.
    Unsaid {
        role: Role,
        number: u64,
    },
    HeadChanged,
    /// The follower fell behind: it looks by its cursor, and asks what is being said.
    Lagged,
}

/// Cheap to clone; one per process.
#[derive(Clone, Default)]
pub struct Hub(Arc<Inner>);

#[derive(Default)]
struct Inner {
    topics: Mutex<HashMap<EpisodeId, Topic>>,
    /// How many utterances there were.
    utterances: AtomicU64,
}

/// What is kept of an episode while somebody follows it or speaks in it.
struct Topic {
    sender: broadcast::Sender<Beat>,
    speech: Option<Speech>,
    /// Events up to here were told.
    told: i64,
}

impl Default for Topic {
    fn default() -> Topic {
        Topic { sender: broadcast::channel(BACKLOG).0, speech: None, told: 0 }
    }
}

/// What a seat has said so far of the move that it is making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    pub role: Role,
    /// Of the utterance: later ones have higher numbers.
    pub number: u64,
    pub text: String,
}

impl Hub {
    /// Wakes the followers of one episode; nobody may be there.
    pub fn beat(&self, episode: EpisodeId, beat: Beat) {
        if let Some(topic) = self.topics().get_mut(&episode) {
            match &beat {
                Beat::Stored(events) => {
                    let last = events.last().map_or(0, |envelope| envelope.seq);
                    topic.told = topic.told.max(last);
                }
                Beat::Advanced(seq) => topic.told = topic.told.max(*seq),
                _ => {}
            }
            // It fails where the last follower just left.
            let _ = topic.sender.send(beat);
        }
    }

    /// Which episodes somebody follows.
    pub fn followed(&self) -> Vec<EpisodeId> {
        self.topics().keys().copied().collect()
    }

    /// Wakes the followers of an episode that has more events than they were told of.
    pub fn catch_up(&self, episode: EpisodeId, seq: i64) {
        let is_behind = self.topics().get(&episode).is_some_and(|topic| topic.told < seq);
        if is_behind {
            self.beat(episode, Beat::Advanced(seq));
        }
    }

    /// Wakes everybody to look again by cursor, after notices may have been missed.
    pub fn beat_all(&self) {
        for topic in self.topics().values() {
            let _ = topic.sender.send(Beat::Advanced(i64::MAX));
        }
    }

    /// What happens around an episode from now on.
    pub fn follow(&self, episode: EpisodeId) -> Following {
        let mut topics = self.topics();
        let topic = topics.entry(episode).or_default();
        Following { beats: Some(topic.sender.subscribe()), episode, hub: self.clone() }
    }

    /// How many follow an episode in this process.
    pub fn followers(&self, episode: EpisodeId) -> usize {
        self.topics().get(&episode).map_or(0, |topic| topic.sender.receiver_count())
    }

    /// Begins the talk of a move in the making. One at a time per episode.
    pub fn begin(&self, episode: EpisodeId, role: Role) -> Utterance {
        let number = self.next_number();
        let speech = Speech { role, number, text: String::new() };
        self.topics().entry(episode).or_default().speech = Some(speech);
        self.beat(episode, Beat::Typing { role, typing: true });
        Utterance { hub: self.clone(), episode, role, state: Mutex::new(State { number, said: 0 }) }
    }

    fn next_number(&self) -> u64 {
        self.0.utterances.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<EpisodeId, Topic>> {
        // Nothing in here can be left half done.
        self.0.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The talk of a move in the making. Dropped before the move is stored, it was never said.
pub struct Utterance {
    hub: Hub,
    episode: EpisodeId,
    role: Role,
    state: Mutex<State>,
}

struct State {
    number: u64,
    /// Bytes told so far.
    said: usize,
}

impl Utterance {
    /// Tells more of the talk.
    pub fn say(&self, text: &str) {
        let mut state = self.state();
        let (role, number, from) = (self.role, state.number, state.said);
        state.said += text.len();
        let mut topics = self.hub.topics();
        let Some(topic) = topics.get_mut(&self.episode) else { return };
        if let Some(speech) = topic.speech.as_mut().filter(|speech| speech.number == number) {
            speech.text.push_str(text);
        }
        let _ = topic.sender.send(Beat::Speaking { role, number, from, text: text.into() });
    }

    /// What was said so far was never said; another try may follow.
    pub fn withdraw(&self) {
        let mut state = self.state();
        if state.said == 0 {
            return;
        }
        let (role, number) = (self.role, state.number);
        *state = State { number: self.hub.next_number(), said: 0 };
        let mut topics = self.hub.topics();
        let Some(topic) = topics.get_mut(&self.episode) else { return };
        if let Some(speech) = topic.speech.as_mut().filter(|speech| speech.number == number) {
            *speech = Speech { role, number: state.number, text: String::new() };
        }
        let _ = topic.sender.send(Beat::Unsaid { role, number });
    }

    /// All that was said so far.
    pub fn heard(&self) -> String {
        let number = self.state().number;
        let topics = self.hub.topics();
        let speech = topics.get(&self.episode).and_then(|topic| topic.speech.as_ref());
        speech.filter(|speech| speech.number == number).map(|s| s.text.clone()).unwrap_or_default()
    }

    /// The move is about to be stored: who comes from now on reads the event.
    pub fn hush(&self) {
        let number = self.state().number;
        self.hub.forget(self.episode, number);
    }

    /// The move is stored, and its event takes the place of what was said.
    pub fn settle(&self) {
        self.state().said = 0;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Utterance {
    fn drop(&mut self) {
        self.withdraw();
        self.hush();
        self.hub.beat(self.episode, Beat::Typing { role: self.role, typing: false });
    }
}

impl Hub {
    fn forget(&self, episode: EpisodeId, number: u64) {
        let mut topics = self.topics();
        let Some(topic) = topics.get_mut(&episode) else { return };
        if topic.speech.as_ref().is_some_and(|speech| speech.number == number) {
            topic.speech = None;
        }
        Hub::sweep(&mut topics, episode);
    }

    /// Keeps nothing of an episode that nobody follows and in which nobody speaks.
    fn sweep(topics: &mut HashMap<EpisodeId, Topic>, episode: EpisodeId) {
        let is_idle = |topic: &Topic| topic.sender.receiver_count() == 0 && topic.speech.is_none();
        if topics.get(&episode).is_some_and(is_idle) {
            topics.remove(&episode);
        }
    }
}

/// A subscription that cleans up after itself.
pub struct Following {
    beats: Option<broadcast::Receiver<Beat>>,
    episode: EpisodeId,
    hub: Hub,
}

impl Following {
    /// The next beat. A follower that fell behind is told to look by its cursor.
    pub async fn next(&mut self) -> Beat {
        let beats = self.beats.as_mut().expect("taken by drop alone");
        match beats.recv().await {
            Ok(beat) => beat,
            Err(broadcast::error::RecvError::Lagged(_)) => Beat::Lagged,
            // The hub keeps the sender while anybody follows.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }

    /// What is being said now.
    pub fn speech(&self) -> Option<Speech> {
        self.hub.topics().get(&self.episode).and_then(|topic| topic.speech.clone())
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut topics = self.hub.topics();
        drop(self.beats.take());
        Hub::sweep(&mut topics, self.episode);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn followers_hear_their_own_episode_alone() {
        let hub = Hub::default();
        let (one, two) = (EpisodeId::fresh(), EpisodeId::fresh());
        let mut following = hub.follow(one);
        hub.beat(two, Beat::Advanced(1));
        hub.beat(one, Beat::Advanced(2));
        assert!(matches!(following.next().await, Beat::Advanced(2)));
    }

    #[tokio::test]
    async fn who_was_told_is_not_woken_to_catch_up() {
        let hub = Hub::default();
        let id = EpisodeId::fresh();
        let mut following = hub.follow(id);
        assert_eq!(hub.followed(), [id]);
        hub.beat(id, Beat::Advanced(5));
        hub.catch_up(id, 5);
        hub.catch_up(id, 7);
        hub.catch_up(id, 7);
        hub.beat(id, Beat::HeadChanged);
        assert!(matches!(following.next().await, Beat::Advanced(5)));
        assert!(matches!(following.next().await, Beat::Advanced(7)));
        assert!(matches!(following.next().await, Beat::HeadChanged));
    }

    #[tokio::test]
    async fn a_slow_follower_is_sent_to_the_store() {
        let hub = Hub::default();
        let id = EpisodeId::fresh();
        let mut following = hub.follow(id);
        for seq in 0..=BACKLOG as i64 {
            hub.beat(id, Beat::Advanced(seq));
        }
        assert!(matches!(following.next().await, Beat::Lagged));
    }

    #[test]
    fn nothing_is_kept_of_episodes_that_nobody_follows() {
        let hub = Hub::default();
        let id = EpisodeId::fresh();
        let (a, b) = (hub.follow(id), hub.follow(id));
        drop(a);
        assert_eq!(hub.topics().len(), 1);
        drop(b);
        assert!(hub.topics().is_empty());
        let utterance = hub.begin(id, Role::Buyer);
        let c = hub.follow(id);
        drop(c);
        assert_eq!(hub.topics().len(), 1, "somebody speaks");
        drop(utterance);
        assert!(hub.topics().is_empty());
    }

    /// What a follower hears until nobody types any more.
    async fn heard(following: &mut Following) -> Vec<String> {
        let mut heard = Vec::new();
        loop {
            heard.push(match following.next().await {
                Beat::Speaking { from, text, .. } => format!("{from}:{text}"),
                Beat::Unsaid { .. } => "unsaid".to_owned(),
                Beat::Typing { typing: true, .. } => "typing".to_owned(),
                Beat::Typing { typing: false, .. } => return heard,
                other => panic!("{other:?}"),
            });
        }
    }

    #[tokio::test]
    async fn what_is_not_stored_was_never_said() {
        let hub = Hub::default();
        let id = EpisodeId::fresh();
        let mut following = hub.follow(id);
        let utterance = hub.begin(id, Role::Buyer);
        utterance.say("I could");
        utterance.withdraw();
        utterance.withdraw();
        utterance.say("Would you");
        utterance.say(" take it?");
        assert_eq!(utterance.heard(), "Would you take it?");
        assert_eq!(following.speech().unwrap().text, "Would you take it?");
        drop(utterance);
        assert_eq!(following.speech(), None);
        let expected = ["typing", "0:I could", "unsaid", "0:Would you", "9: take it?", "unsaid"];
        assert_eq!(heard(&mut following).await, expected);
    }

    #[tokio::test]
    async fn a_stored_move_leaves_its_talk() {
        let hub = Hub::default();
        let id = EpisodeId::fresh();
        let mut following = hub.follow(id);
        let utterance = hub.begin(id, Role::Seller);
        utterance.say("Deal.");
        utterance.hush();
        assert_eq!(following.speech(), None, "who comes now reads the event");
        utterance.settle();
        drop(utterance);
        assert_eq!(heard(&mut following).await, ["typing", "0:Deal."]);
    }
}
