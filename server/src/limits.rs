//! How much one session, key or address may ask of the server.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use metrics::counter;
use uuid::Uuid;
use wire::{Code, Problem};

use crate::config::Config;

/// Counted by session or key, because many people may share one address; by address only where
/// there is no session yet.
pub struct Limits {
    requests: DefaultKeyedRateLimiter<Uuid>,
    new_sessions: DefaultKeyedRateLimiter<IpAddr>,
    sign_ins: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl Limits {
    pub fn new(config: &Config) -> Limits {
        let per_second = Quota::per_second(at_least_one(config.rate_per_second));
        let requests = per_second.allow_burst(at_least_one(config.rate_burst));
        let per_minute = |count| Quota::per_minute(at_least_one(count));
        Limits {
            requests: RateLimiter::keyed(requests),
            new_sessions: RateLimiter::keyed(per_minute(config.new_sessions_per_minute)),
            sign_ins: RateLimiter::keyed(per_minute(config.sign_ins_per_minute)),
            clock: DefaultClock::default(),
        }
    }

    /// One request of a session or key, by the visitor that it plays as.
    pub fn request(&self, who: Uuid) -> Result<(), Problem> {
        self.admit(&self.requests, &who, "request")
    }

    /// A first request without a session.
    pub fn new_session(&self, from: IpAddr) -> Result<(), Problem> {
        self.admit(&self.new_sessions, &network(from), "new_session")
    }

    /// An attempt to sign in.
    pub fn sign_in(&self, from: IpAddr) -> Result<(), Problem> {
        self.admit(&self.sign_ins, &network(from), "sign_in")
    }

    fn admit<K: Clone + Eq + std::hash::Hash>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
        what: &'static str,
    ) -> Result<(), Problem> {
        let Err(not_until) = limiter.check_key(key) else { return Ok(()) };
        counter!("souk_refused_for_rate_total", "what" => what).increment(1);
        Err(slow_down(not_until.wait_time_from(self.clock.now())))
    }

    /// Forgets who has been quiet for long.
    pub fn forget_quiet(&self) {
        self.requests.retain_recent();
        self.new_sessions.retain_recent();
        self.sign_ins.retain_recent();
    }
}

fn at_least_one(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}

/// One household or host has a whole /64 of IPv6 addresses, so these count as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

fn slow_down(wait: Duration) -> Problem {
    let seconds = wait.as_secs() + 1;
    let mut problem = Problem::new(
        Code::TooManyRequests,
        format!("That was a lot at once. Wait {seconds} s, then go on."),
    );
    problem.retry_after_s = Some(seconds);
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(vars: &[(&str, &str)]) -> Limits {
        let vars = vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Limits::new(&Config::from_vars(vars).unwrap())
    }

    #[test]
    fn sessions_are_counted_apart() {
        let limits = limits(&[("SOUK_RATE_PER_SECOND", "1"), ("SOUK_RATE_BURST", "2")]);
        let (ada, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(limits.request(ada).is_ok());
        assert!(limits.request(ada).is_ok());
        let refusal = limits.request(ada).unwrap_err();
        assert_eq!(refusal.status, 429);
        assert!(refusal.retry_after_s.is_some_and(|s| s >= 1));
        assert!(limits.request(bob).is_ok());
    }

    #[test]
    fn addresses_of_one_network_count_as_one() {
        let limits = limits(&[("SOUK_SIGN_INS_PER_MINUTE", "1")]);
        assert!(limits.sign_in("2001:db8::1".parse().unwrap()).is_ok());
        assert!(limits.sign_in("2001:db8::2".parse().unwrap()).is_err());
        assert!(limits.sign_in("2001:db8:0:1::1".parse().unwrap()).is_ok());
        assert!(limits.sign_in("192.0.2.1".parse().unwrap()).is_ok());
        assert!(limits.sign_in("::ffff:192.0.2.1".parse().unwrap()).is_err());
    }
}
