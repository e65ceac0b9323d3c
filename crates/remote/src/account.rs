//! What an endpoint's calls have cost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::definition::Prices;
use crate::dollars::Dollars;

/// Tokens and money so far. Money is in whole millionths of a dollar, rounded up per request, so that
/// the costs of all calls add up to the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Requests that the endpoint got.
    pub requests: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub cost_microdollars: u64,
    /// Whether some of it is estimated, because an answer broke off or did not say.
    pub estimated: bool,
}

/// Tokens of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub read: u64,
    pub written: u64,
}

impl Tokens {
    /// What they cost, in millionths of a dollar, rounded up.
    pub fn cost(self, prices: Prices) -> u64 {
        const MILLION: u128 = 1_000_000;
        let of = |tokens: u64, price: Dollars| u128::from(tokens) * u128::from(price.micro);
        let micro =
            (of(self.read, prices.input) + of(self.written, prices.output)).div_ceil(MILLION);
        u64::try_from(micro).unwrap_or(u64::MAX)
    }
}

/// Bytes of ordinary text per token, where nobody counted.
const BYTES_PER_TOKEN: u64 = 4;
/// Bytes per token of text that has more of them than usual.
const FEWEST_BYTES_PER_TOKEN: u64 = 2;

/// About how many tokens a text has.
pub fn about(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(BYTES_PER_TOKEN)
}

/// Hardly fewer than a text has.
pub fn at_most(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(FEWEST_BYTES_PER_TOKEN)
}

/// An account that several requests write into at the same time.
#[derive(Debug)]
pub struct Book {
    prices: Prices,
    budget: Option<Dollars>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    account: Account,
    /// What the requests under way may cost.
    reserved: u64,
}

/// The budget has no room for one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    pub spent: Dollars,
    pub budget: Dollars,
}

impl Book {
    pub fn new(prices: Prices, budget: Option<Dollars>) -> Book {
        Book { prices, budget, state: Mutex::default() }
    }

    pub fn account(&self) -> Account {
        self.state().account
    }

    /// Adds what was spent elsewhere.
    pub fn add(&self, other: Account) {
        let mut state = self.state();
        let account = &mut state.account;
        account.requests += other.requests;
        account.prompt_tokens += other.prompt_tokens;
        account.completion_tokens += other.completion_tokens;
        account.cost_microdollars += other.cost_microdollars;
        account.estimated |= other.estimated;
    }

    /// Sets aside what a request may cost at most. Requests at the same time do not pass the budget
    /// together.
    pub fn reserve(self: &Arc<Self>, most: Tokens) -> Result<Reservation, Spent> {
        let cost = most.cost(self.prices);
        let mut state = self.state();
        let spent = state.account.cost_microdollars;
        if let Some(budget) = self.budget
            && spent.saturating_add(state.reserved).saturating_add(cost) > budget.micro
        {
            return Err(Spent { spent: Dollars::from_micro(spent), budget });
        }
        state.reserved += cost;
        drop(state);
        Ok(Reservation { book: self.clone(), reserved: cost, seen: None })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Money set aside for a request. Dropped, also where nobody waits for the answer any more, it books
/// what was seen of the request.
#[derive(Debug)]
pub struct Reservation {
    book: Arc<Book>,
    reserved: u64,
    /// `None` until the endpoint has the request.
    seen: Option<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    tokens: Tokens,
    is_estimated: bool,
}

impl Reservation {
    /// So much by estimate.
    pub fn estimate(&mut self, tokens: Tokens) {
        self.seen = Some(Seen { tokens, is_estimated: true });
    }

    /// So much as the endpoint counted.
    pub fn count(&mut self, tokens: Tokens) {
        self.seen = Some(Seen { tokens, is_estimated: false });
    }

    /// Nothing: the endpoint refused the request.
    pub fn waive(&mut self) {
        self.count(Tokens::default());
    }

    /// Not even a request: the endpoint was not reached.
    pub fn forget(&mut self) {
        self.seen = None;
    }

    /// What was seen so far.
    pub fn tokens(&self) -> Tokens {
        self.seen.map(|seen| seen.tokens).unwrap_or_default()
    }

    /// What that costs, in millionths of a dollar.
    pub fn cost(&self) -> u64 {
        self.tokens().cost(self.book.prices)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let cost = self.cost();
        let mut state = self.book.state();
        state.reserved -= self.reserved;
        if let Some(Seen { tokens, is_estimated }) = self.seen {
            state.account.requests += 1;
            state.account.prompt_tokens += tokens.read;
            state.account.completion_tokens += tokens.written;
            state.account.cost_microdollars += cost;
            state.account.estimated |= is_estimated;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(input: u64, output: u64) -> Prices {
        Prices { input: Dollars::from_micro(input), output: Dollars::from_micro(output) }
    }

    const fn tokens(read: u64, written: u64) -> Tokens {
        Tokens { read, written }
    }

    #[test]
    fn a_cost_is_by_the_million_and_rounded_up() {
        let table = [
            (tokens(1_000_000, 0), 150_000),
            (tokens(0, 1_000_000), 600_000),
            (tokens(1_234, 56), 219),
            (tokens(1, 0), 1),
            (tokens(0, 0), 0),
        ];
        for (tokens, micro) in table {
            assert_eq!(tokens.cost(prices(150_000, 600_000)), micro, "{tokens:?}");
        }
        assert_eq!(tokens(u64::MAX, u64::MAX).cost(prices(u64::MAX, 1)), u64::MAX);
    }

    #[test]
    fn a_request_is_booked_however_it_ends() {
        let book = Arc::new(Book::new(prices(1_000_000, 2_000_000), None));
        let reserve = || book.reserve(tokens(100, 100)).expect("no budget");
        reserve().count(tokens(10, 5));
        reserve().estimate(tokens(7, 1));
        reserve().waive();
        drop(reserve());
        let expected = Account {
            requests: 3,
            prompt_tokens: 17,
            completion_tokens: 6,
            cost_microdollars: 29,
            estimated: true,
        };
        assert_eq!(book.account(), expected);
        assert_eq!(book.state().reserved, 0);
    }

    #[test]
    fn a_budget_holds_for_requests_at_the_same_time() {
        let book =
            Arc::new(Book::new(prices(1_000_000, 1_000_000), Some(Dollars::from_micro(250))));
        let mut first = book.reserve(tokens(50, 50)).expect("100 of 250");
        let second = book.reserve(tokens(50, 50)).expect("200 of 250");
        assert!(book.reserve(tokens(50, 50)).is_err());
        first.count(tokens(50, 10));
        drop((first, second));
        let third = book.reserve(tokens(100, 90));
        assert!(third.is_ok(), "60 are spent and 190 are set aside");
        drop(third);
        book.add(Account { cost_microdollars: 100, ..Account::default() });
        let refusal = book.reserve(tokens(100, 0)).expect_err("260 of 250");
        assert_eq!(refusal.spent, Dollars::from_micro(160));
    }
}
