//! The time of day, in the rules' unit; and what is done now and then.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use store::StoreError;

/// Between two signs of life; the store takes who gave none for a minute as gone.
const BEAT: Duration = Duration::from_secs(15);

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Does some work, and gives signs of life until it is done.
pub async fn beating<T, B: Future<Output = Result<(), StoreError>>>(
    work: impl Future<Output = T>,
    beat: impl Fn() -> B,
) -> T {
    let beats = async {
        loop {
            tokio::time::sleep(BEAT).await;
            if let Err(why) = beat().await {
                tracing::warn!(%why, "a sign of life was not kept");
            }
        }
    };
    tokio::select! {
        done = work => done,
        () = beats => unreachable!("signs of life have no end"),
    }
}
