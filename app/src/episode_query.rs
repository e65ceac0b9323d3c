//! The conditions of the table of episodes as they stand in its address.

use rules::{Interest, Mills};
use wire::{Ending, EpisodeOrder, EpisodeSearch};

use crate::address;
use crate::format::price_field;

pub const BASE: &str = "/research/episodes";

pub const INTERESTS: [(Interest, &str); 3] =
    [(Interest::Mutual, "mutual"), (Interest::Conflicting, "conflicting"), (Interest::Tie, "tie")];

fn interest_name(interest: Interest) -> &'static str {
    INTERESTS.into_iter().find(|(one, _)| *one == interest).map_or("", |(_, name)| name)
}

/// From the text of a query, as a program or a person types it.
///
/// # Errors
/// Names what is no condition, or has a value that cannot be.
pub fn parse(query: &str) -> Result<EpisodeSearch, String> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| format!("`{pair}` has no ="))?;
        pairs.push((key.to_owned(), address::decode(value)));
    }
    let search = read(|key| pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone()));
    let taken = conditions(&search);
    for (key, value) in &pairs {
        let known = match key.as_str() {
            "order" => value == search.order.name(),
            "after" => search.after.is_some(),
            key => taken.iter().any(|(other, _)| *other == key),
        };
        if !known {
            return Err(format!("`{key}={value}` is no condition"));
        }
    }
    Ok(search)
}

/// What cannot be read counts as not set.
pub fn read(get: impl Fn(&str) -> Option<String>) -> EpisodeSearch {
    let text = |key| get(key).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let price = |key| text(key).and_then(|v| v.parse::<Mills>().ok());
    let reward = |key| text(key).and_then(|v| v.parse::<f64>().ok()).filter(|v| v.is_finite());
    EpisodeSearch {
        talk: text("q"),
        product: text("product").map(wire::ProductId),
        category: text("category"),
        split: text("split"),
        buyer: text("buyer"),
        seller: text("seller"),
        persona: text("persona"),
        ending: text("ending").and_then(|v| Ending::ALL.into_iter().find(|e| e.name() == v)),
        interest: text("interest")
            .and_then(|v| INTERESTS.into_iter().find(|(_, name)| *name == v))
            .map(|(interest, _)| interest),
        evaluation: text("evaluation").and_then(|v| v.parse().ok()),
        suite: text("suite").and_then(|v| v.parse().ok()),
        run: text("run").and_then(|v| v.parse().ok()),
        study: text("study"),
        market: text("market").and_then(|v| v.parse().ok()),
        min_price: price("min_price"),
        max_price: price("max_price"),
        min_buyer_reward: reward("min_buyer_reward"),
        max_buyer_reward: reward("max_buyer_reward"),
        min_seller_reward: reward("min_seller_reward"),
        max_seller_reward: reward("max_seller_reward"),
        min_moves: text("min_moves").and_then(|v| v.parse().ok()),
        max_moves: text("max_moves").and_then(|v| v.parse().ok()),
        tag: text("tag"),
        order: text("order")
            .and_then(|v| EpisodeOrder::ALL.into_iter().find(|o| o.name() == v))
            .unwrap_or_default(),
        after: text("after").and_then(|v| v.parse().ok()),
        limit: None,
    }
}

/// The conditions that are set, by their keys, in the order of the form.
pub fn conditions(search: &EpisodeSearch) -> Vec<(&'static str, String)> {
    let price = |price: Option<Mills>| price.map(price_field);
    let reward = |reward: Option<f64>| reward.map(|reward| reward.to_string());
    let moves = |moves: Option<u32>| moves.map(|moves| moves.to_string());
    let all = [
        ("q", search.talk.clone()),
        ("buyer", search.buyer.clone()),
        ("seller", search.seller.clone()),
        ("ending", search.ending.map(|ending| ending.name().to_owned())),
        ("interest", search.interest.map(|interest| interest_name(interest).to_owned())),
        ("product", search.product.as_ref().map(|id| id.0.clone())),
        ("category", search.category.clone()),
        ("split", search.split.clone()),
        ("persona", search.persona.clone()),
        ("tag", search.tag.clone()),
        ("min_price", price(search.min_price)),
        ("max_price", price(search.max_price)),
        ("min_buyer_reward", reward(search.min_buyer_reward)),
        ("max_buyer_reward", reward(search.max_buyer_reward)),
        ("min_seller_reward", reward(search.min_seller_reward)),
        ("max_seller_reward", reward(search.max_seller_reward)),
        ("min_moves", moves(search.min_moves)),
        ("max_moves", moves(search.max_moves)),
        ("evaluation", search.evaluation.map(|id| id.to_string())),
        ("suite", search.suite.map(|id| id.to_string())),
        ("run", search.run.map(|id| id.to_string())),
        ("study", search.study.clone()),
        ("market", search.market.map(|id| id.to_string())),
    ];
    all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// The table's address.
pub fn href(search: &EpisodeSearch) -> String {
    without(BASE, search, None)
}

/// The same conditions at another address, without order and place.
pub fn href_under(base: &str, search: &EpisodeSearch) -> String {
    let whole = EpisodeSearch { order: EpisodeOrder::default(), after: None, ..search.clone() };
    without(base, &whole, None)
}

/// The address of an archive of what fits, by the API.
pub fn export_href(search: &EpisodeSearch, format: &str) -> String {
    let whole = EpisodeSearch { after: None, limit: None, ..search.clone() };
    let fields = serde_json::to_value(&whole).unwrap_or_default();
    let fields = fields.as_object().cloned().unwrap_or_default();
    let pairs = fields.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (key.as_str(), Some(text))
    });
    address::href("/api/v1/research/export", pairs.chain([("format", Some(format.to_owned()))]))
}

/// The same without one condition, from the first page on.
pub fn without(base: &str, search: &EpisodeSearch, left_out: Option<&str>) -> String {
    let order = (search.order != EpisodeOrder::default()).then(|| search.order.name().to_owned());
    let after = search.after.filter(|_| left_out.is_none()).map(|id| id.to_string());
    let kept = conditions(search).into_iter().filter(|(key, _)| Some(*key) != left_out);
    let pairs = kept.map(|(key, value)| (key, Some(value)));
    address::href(base, pairs.chain([("order", order), ("after", after)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;
    use wire::{EpisodeId, MarketId, ProductId, RunId, SuiteId};

    fn reread(href: &str) -> EpisodeSearch {
        let query = href.split_once('?').map_or("", |(_, q)| q).to_owned();
        read(|key| {
            let pair = query.split('&').find_map(|p| p.strip_prefix(&format!("{key}=")))?;
            Some(pair.replace("%20", " ").replace("%22", "\""))
        })
    }

    fn all() -> EpisodeSearch {
        EpisodeSearch {
            talk: Some("\"last price\"".into()),
            product: Some(ProductId("souk.books_1".into())),
            category: Some("books".into()),
            split: Some("test".into()),
            buyer: Some("person".into()),
            seller: Some("persuadable".into()),
            persona: Some("insulting".into()),
            ending: Some(Ending::BudgetViolation),
            interest: Some(Interest::Conflicting),
            evaluation: Some(Uuid::from_u128(1)),
            suite: Some(SuiteId(Uuid::from_u128(2))),
            run: Some(RunId(Uuid::from_u128(3))),
            study: Some("selling".into()),
            market: Some(MarketId(Uuid::from_u128(5))),
            min_price: Some(Mills(12_500)),
            max_price: Some(Mills::from_dollars(80)),
            min_buyer_reward: Some(-0.5),
            max_buyer_reward: Some(0.25),
            min_seller_reward: Some(0.0),
            max_seller_reward: Some(1.0),
            min_moves: Some(3),
            max_moves: Some(12),
            tag: Some("to read".into()),
            order: EpisodeOrder::BuyerRewardUp,
            after: Some(EpisodeId(Uuid::from_u128(4))),
            limit: None,
        }
    }

    #[test]
    fn conditions_survive_the_address() {
        assert_eq!(reread(&href(&all())), all());
        assert_eq!(href(&EpisodeSearch::default()), BASE);
        let one_less = EpisodeSearch { tag: None, after: None, ..all() };
        assert_eq!(reread(&without(BASE, &all(), Some("tag"))), one_less);
    }

    #[test]
    fn what_is_typed_is_read_or_refused() {
        let query = href(&all()).split_once('?').map(|(_, q)| q.to_owned()).unwrap_or_default();
        assert_eq!(parse(&query), Ok(all()));
        assert_eq!(parse("q=last+price%21").map(|s| s.talk), Ok(Some("last price!".into())));
        assert_eq!(parse(""), Ok(EpisodeSearch::default()));
        for wrong in ["sellers=demo", "ending=won", "min_price=cheap", "seller", "order=best"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nonsense_in_the_address_is_no_condition() {
        let texts =
            ["q", "product", "category", "split", "buyer", "seller", "persona", "tag", "study"];
        let read = read(|key| (!texts.contains(&key)).then(|| "NaN".to_owned()));
        assert_eq!(read, EpisodeSearch::default());
    }
}
