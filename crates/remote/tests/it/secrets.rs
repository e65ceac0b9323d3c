//! The key goes into one header and nowhere else.

use std::io::Write;
use std::sync::{Arc, Mutex};

use remote::{Definition, Remote};
use tracing_subscriber::fmt::MakeWriter;

use crate::endpoint::{Endpoint, Turn, decide, good};

const KEY: &str = "sk-0123456789abcdef";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

fn with_key(endpoint: &Endpoint, key: Option<&str>) -> Remote {
    let definition = Definition { key_env: Some("FAR_KEY".to_owned()), ..endpoint.definition() };
    Remote::open_with(definition, |name| key.filter(|_| name == "FAR_KEY").map(str::to_owned))
        .expect("it is right")
}

/// In a thread of its own, so that all that happens is logged, down to the last detail.
#[tokio::test]
async fn no_log_error_or_record_holds_it() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let echo = format!(r#"{{"error":{{"message":"Incorrect API key provided: {KEY}."}}}}"#);
    let strange = Turn::Says(200, &[("content-type", "text/plain")], format!("data: {KEY}\n\n"));
    let turns =
        vec![good(), Turn::Says(500, &[], echo.clone()), Turn::Says(401, &[], echo), strange];
    let endpoint = Endpoint::of(turns).await;
    let remote = with_key(&endpoint, Some(KEY));
    let mut told = String::new();
    for _ in 0..3 {
        // What another test's thread was registering when the subscriber came may have missed it.
        tracing::callsite::rebuild_interest_cache();
        let (decision, said) = decide(&remote).await;
        told += &format!("{decision:?} {said:?} {:?} {remote:?}", remote.status());
    }
    let asked = endpoint.asked();
    assert_eq!(asked.len(), 4);
    for asked in asked {
        let head = asked.head.to_lowercase();
        assert!(head.contains(&format!("authorization: bearer {KEY}")), "{head}");
    }
    let logged = String::from_utf8_lossy(&log.0.lock().expect("no panic")).into_owned();
    assert!(logged.contains("is asked again") && logged.contains("no answer"), "{logged}");
    for text in [&told, &logged] {
        assert!(text.contains("Incorrect API key provided: [key]"), "{text}");
        assert!(!text.contains(KEY) && !text.contains("0123456789"), "{text}");
    }
}

#[tokio::test]
async fn without_it_nothing_is_asked() {
    let endpoint = Endpoint::of(Vec::new()).await;
    for key in [None, Some(" ")] {
        let (decision, _) = decide(&with_key(&endpoint, key)).await;
        let sentence = decision.mv.expect_err("it has no key").detail;
        assert!(sentence.contains("set the environment variable FAR_KEY"), "{sentence}");
    }
    assert!(endpoint.asked().is_empty());
}
