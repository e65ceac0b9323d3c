//! Answers of the server that a page waits for.
//!
//! A resource's code is compiled once per type of value, source and future: that was a tenth of the
//! page. So all of Souk's are one resource, of a value whose type is found again where it is read.

use std::any::Any;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::server::codee::{Decoder, Encoder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::Fault;

/// What can be an answer.
pub trait Content: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}
impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Content for T {}

/// An answer, or the fault in its place, which arrives now or later. Await it.
pub struct Answer<T> {
    held: Resource<Held, Written>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Answer<T> {}

/// A `Result<T, Fault>` whose `T` the [`Answer`] knows.
#[derive(Clone)]
enum Held {
    /// JSON, as the server left it in the page.
    Written(Arc<str>),
    Fetched {
        result: Arc<dyn Any + Send + Sync>,
        write: Write,
    },
}

type Write = fn(&(dyn Any + Send + Sync)) -> serde_json::Result<String>;
type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<T: Content> Answer<T> {
    /// Asks at once, and again whenever what `source` reads has changed.
    pub fn new<S, F>(
        source: impl Fn() -> S + Send + Sync + 'static,
        ask: impl Fn(S) -> F + Send + Sync + 'static,
    ) -> Answer<T>
    where
        S: Serialize + 'static,
        F: Future<Output = Result<T, Fault>> + Send + 'static,
    {
        let source = Arc::new(source);
        let asked = Arc::clone(&source);
        let key = move || serde_json::to_string(&source()).expect("ids and queries are plain JSON");
        let fetch = move |_| -> Later<Held> {
            let answer = ask(untrack(|| asked()));
            Box::pin(async move {
                Held::Fetched { result: Arc::new(answer.await), write: writer::<T>() }
            })
        };
        Answer { held: resource(Box::new(key), Box::new(fetch)), of: PhantomData }
    }
}

/// Not generic, so that it is compiled once.
fn resource(
    key: Box<dyn Fn() -> String + Send + Sync>,
    fetch: Box<dyn Fn(String) -> Later<Held> + Send + Sync>,
) -> Resource<Held, Written> {
    Resource::new_with_options(key, fetch, false)
}

impl<T: Content> IntoFuture for Answer<T> {
    type Output = Result<T, Fault>;
    type IntoFuture = Later<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { read(&self.held.await) })
    }
}

fn read<T: Content>(held: &Held) -> Result<T, Fault> {
    match held {
        Held::Written(json) => {
            serde_json::from_str(json).unwrap_or_else(|_| Err(Fault::unreadable()))
        }
        Held::Fetched { result, .. } => result
            .downcast_ref::<Result<T, Fault>>()
            .expect("an answer holds what its own `new` fetched")
            .clone(),
    }
}

/// Only the server writes: the browser does without the code for it.
fn writer<T: Content>() -> Write {
    #[cfg(feature = "hydrate")]
    {
        |_| Ok(String::new())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        |held| serde_json::to_string(&held.downcast_ref::<Result<T, Fault>>())
    }
}

/// How an answer travels inside a page.
struct Written;

impl Encoder<Held> for Written {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(held: &Held) -> Result<String, serde_json::Error> {
        match held {
            Held::Written(json) => Ok(json.to_string()),
            Held::Fetched { result, write } => write(result.as_ref()),
        }
    }
}

impl Decoder<Held> for Written {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(json: &str) -> Result<Held, serde_json::Error> {
        Ok(Held::Written(json.into()))
    }
}

#[cfg(all(test, not(feature = "hydrate")))]
mod tests {
    use super::*;
    use wire::Code;

    fn fetched<T: Content>(result: Result<T, Fault>) -> Held {
        Held::Fetched { result: Arc::new(result), write: writer::<T>() }
    }

    #[test]
    fn an_answer_is_the_same_after_the_way_through_the_page() {
        for result in [Ok(vec![1, 2]), Err(Fault::new(Code::NotFound, "gone"))] {
            let here = fetched(result.clone());
            let json = Written::encode(&here).unwrap();
            let there = Written::decode(&json).unwrap();
            assert_eq!(read::<Vec<i32>>(&here), result);
            assert_eq!(read::<Vec<i32>>(&there), result);
        }
    }

    #[test]
    fn an_answer_of_another_version_is_a_fault() {
        let there = Written::decode("{\"Ok\": \"text\"}").unwrap();
        assert_eq!(read::<Vec<i32>>(&there), Err(Fault::unreadable()));
    }
}
