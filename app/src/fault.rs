//! A [`Problem`] as the error of server functions.

#[cfg(not(feature = "hydrate"))]
use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};
use wire::{Code, Problem};

/// The code of a fault that never reached the server.
pub const OFFLINE: &str = "offline";

/// Why a server function did not answer with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fault(pub Box<Problem>);

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Fault {}

impl Fault {
    pub fn new(code: Code, detail: &str) -> Fault {
        Problem::new(code, detail).into()
    }

    /// The server was not reached.
    pub fn offline() -> Fault {
        Problem::named(
            Code::Unavailable,
            OFFLINE,
            "Souk cannot be reached. Check that it is running and that you are connected; nothing you did is lost.",
        )
        .into()
    }

    /// A part of the page's code did not come.
    pub fn unfetched() -> Fault {
        Fault::new(
            Code::Unavailable,
            "This part of the page could not be fetched: Souk is out of reach, or newer than the page. Load it again; nothing you did is lost.",
        )
    }

    /// An answer came that this page does not understand.
    pub fn unreadable() -> Fault {
        Fault::new(
            Code::Internal,
            "The answer could not be read: this page may be older than the server. Load it again.",
        )
    }

    /// An answer without a problem in it. A proxy whose Souk is away for the moment speaks in words of
    /// its own, and the request is worth a repeat.
    #[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "only the browser asks"))]
    pub fn of_status(status: u16) -> Fault {
        if matches!(status, 502..=504) { Fault::offline() } else { Fault::unreadable() }
    }

    /// Whether the same request may succeed later without any change to it.
    pub fn may_pass(&self) -> bool {
        self.0.code == OFFLINE || matches!(self.0.status, 429 | 502 | 503 | 504)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Fault {
        Fault(Box::new(problem))
    }
}

#[cfg(not(feature = "hydrate"))]
impl FromServerFnError for Fault {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Fault {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Fault::offline(),
            ServerFnErrorErr::Deserialization(_) => Fault::unreadable(),
            other => {
                // What went wrong inside is for the log, not for the reader.
                leptos::logging::error!("server function: {other}");
                let detail = "Something went wrong on the server. Try again.";
                Fault::new(Code::Internal, detail)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_without_souk_is_a_souk_out_of_reach() {
        assert!(Fault::of_status(502).may_pass());
        assert!(Fault::of_status(504).may_pass());
        assert!(!Fault::of_status(500).may_pass());
        assert!(!Fault::of_status(404).may_pass());
    }

    #[test]
    fn only_passing_faults_are_worth_a_repeat() {
        let passing = [Code::Unavailable, Code::TooManyRequests];
        for code in Code::ALL {
            let fault = Fault::new(code, "x");
            assert_eq!(fault.may_pass(), passing.contains(&code), "{code:?}");
        }
        assert!(Fault::from_server_fn_error(ServerFnErrorErr::Request("gone".into())).may_pass());
    }
}
