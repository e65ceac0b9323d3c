//! A category's file of the AmazonHistoryPrice set.

use catalogue::amazon_history_price::read_category;
use rules::Interest;

/// Refused with a sentence, or all its products can be bargained over.
pub fn catalogue(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    match read_category("books", text) {
        Ok(items) => {
            for (n, item) in items.iter().enumerate() {
                assert_eq!(item.product.codename, format!("books_{}", n + 1));
                for amount in [item.product.list_price, item.budget, item.cost] {
                    assert!(amount.is_price(), "{amount}");
                }
                assert!(
                    item.cost <= item.product.list_price && item.budget < item.product.list_price
                );
                assert!(item.history.iter().all(|point| point.day <= 0 && point.price.is_price()));
                assert!(item.history.iter().any(|point| point.day == 0));
                assert!(!item.product.title.is_empty() && !item.product.title.contains('\0'));
                assert!(item.picture.starts_with("<svg") && item.picture.ends_with("</svg>"));
                assert_eq!(item.interest(), Interest::of(item.budget, item.cost));
            }
            true
        }
        Err(why) => {
            assert!(why.to_string().starts_with("books.json"), "{why}");
            false
        }
    }
}
