//! Prices that look like a person's, and arithmetic that treats both sides alike.

use rules::{Mills, Role};

/// How a side writes its prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Whole dollars, halves for small amounts, fives and tens for large ones.
    Round,
    /// A shop's prices: $24.99.
    Charm,
}

/// Rounds a price in its maker's favour, so that what is within a limit stays within it.
pub fn humanise(role: Role, price: Mills, habit: Habit) -> Mills {
    if price.0 <= 10 {
        return price;
    }
    match role {
        Role::Seller if habit == Habit::Charm && price < Mills::from_dollars(300) => {
            let under = Mills::from_cents(1);
            up_to(price + under, if price.0 < 10_000 { 500 } else { 1_000 }) - under
        }
        Role::Seller => up_to(price, step(price)),
        Role::Buyer => {
            let rounded = down_to(price, step(price));
            if rounded > Mills::ZERO { rounded } else { down_to(price, 10) }
        }
    }
}

/// The grid of a person's prices, in mills.
fn step(price: Mills) -> i64 {
    match price.0 {
        ..3_000 => 50,
        3_000..10_000 => 250,
        10_000..30_000 => 500,
        30_000..250_000 => 1_000,
        250_000..1_000_000 => 5_000,
        1_000_000..3_000_000 => 10_000,
        _ => 25_000,
    }
}

fn down_to(price: Mills, step: i64) -> Mills {
    Mills(price.0.div_euclid(step) * step)
}

fn up_to(price: Mills, step: i64) -> Mills {
    Mills(-(-price.0).div_euclid(step) * step)
}

/// Whether `role` gets at least as much from `a` as from `b`.
pub fn as_good(role: Role, a: Mills, b: Mills) -> bool {
    match role {
        Role::Buyer => a <= b,
        Role::Seller => a >= b,
    }
}

/// The price that serves `role` better.
pub fn better(role: Role, a: Mills, b: Mills) -> Mills {
    if as_good(role, a, b) { a } else { b }
}

/// The price that serves `role` worse.
pub fn worse(role: Role, a: Mills, b: Mills) -> Mills {
    if as_good(role, a, b) { b } else { a }
}

/// What `role` gains when the price goes from `from` to `to`; negative for a loss.
pub fn gain(role: Role, from: Mills, to: Mills) -> Mills {
    match role {
        Role::Buyer => from - to,
        Role::Seller => to - from,
    }
}

/// `permille` thousandths of an amount, rounded down. Two prices differ by at most 10^12 mills, so a
/// few thousand thousandths stay far within 64 bits, where [`Mills::scale`] divides 128.
pub fn thousandths(amount: Mills, permille: i64) -> Mills {
    Mills((amount.0 * permille).div_euclid(1000))
}

/// `permille` thousandths of the way from one price to another.
pub fn along(from: Mills, to: Mills, permille: i64) -> Mills {
    from + thousandths(to - from, permille)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_look_like_a_persons() {
        let table = [
            (Role::Buyer, 1_234, 1_200),
            (Role::Buyer, 7_999, 7_750),
            (Role::Buyer, 47_992, 47_000),
            (Role::Buyer, 381_000, 380_000),
            (Role::Buyer, 4_299_990, 4_275_000),
            (Role::Buyer, 37, 30),
            (Role::Buyer, 3, 3),
            (Role::Seller, 31_270, 32_000),
            (Role::Seller, 12_100, 12_500),
            (Role::Seller, 1_204_000, 1_210_000),
        ];
        for (role, price, expected) in table {
            assert_eq!(humanise(role, Mills(price), Habit::Round), Mills(expected), "{price}");
        }
        assert_eq!(humanise(Role::Seller, Mills(24_300), Habit::Charm), Mills(24_990));
        assert_eq!(humanise(Role::Seller, Mills(24_990), Habit::Charm), Mills(24_990));
        assert_eq!(humanise(Role::Seller, Mills(24_995), Habit::Charm), Mills(25_990));
    }

    #[test]
    fn rounding_never_costs_its_maker() {
        for price in (1..5_000_000).step_by(997).map(Mills) {
            for role in Role::BOTH {
                for habit in [Habit::Round, Habit::Charm] {
                    let rounded = humanise(role, price, habit);
                    assert!(as_good(role, rounded, price) && rounded > Mills::ZERO, "{price}");
                }
            }
        }
    }

    #[test]
    fn part_of_the_way() {
        assert_eq!(along(Mills(100), Mills(200), 250), Mills(125));
        assert_eq!(along(Mills(200), Mills(100), 250), Mills(175));
        assert_eq!(gain(Role::Buyer, Mills(100), Mills(90)), Mills(10));
        assert_eq!(gain(Role::Seller, Mills(100), Mills(90)), Mills(-10));
    }
}
