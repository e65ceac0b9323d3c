//! The market: searching and paging products.

use rules::Mills;
use wire::{CategoryCount, ProductCard, ProductId, ProductPage, ProductQuery, ProductSort};

use crate::connection::Store;
use crate::error::StoreError;
use crate::product::picture_path;

const PAGE_SIZE: u32 = 24;

impl Store {
    /// A page of the products that are listed.
    pub async fn product_list(&self, query: &ProductQuery) -> Result<ProductPage, StoreError> {
        let search = Search::of(query.search.as_deref().unwrap_or_default());
        let (categories, items) = tokio::try_join!(
            self.category_counts(query, &search),
            self.product_cards(query, &search)
        )?;
        let total = categories
            .iter()
            .filter(|c| query.category.as_ref().is_none_or(|wanted| *wanted == c.category))
            .map(|c| c.count)
            .sum();
        Ok(ProductPage { items, total, page: query.page, page_size: PAGE_SIZE, categories })
    }

    /// Every category with its count under the filters other than the category.
    async fn category_counts(
        &self,
        query: &ProductQuery,
        search: &Search,
    ) -> Result<Vec<CategoryCount>, StoreError> {
        Ok(sqlx::query_as!(
            CategoryCount,
            r#"select category, count(*) filter (
                 where ($1 = '' or search @@ to_tsquery('english', $1) or title ilike $2)
                     and ($3::bigint is null or list_price_mills >= $3)
                     and ($4::bigint is null or list_price_mills <= $4)
             ) as "count!"
             from products where retired_at is null
             group by category order by category"#,
            search.words,
            search.pattern,
            query.min_price.map(|price| price.0),
            query.max_price.map(|price| price.0),
        )
        .fetch_all(&self.pool)
        .await?)
    }

    async fn product_cards(
        &self,
        query: &ProductQuery,
        search: &Search,
    ) -> Result<Vec<ProductCard>, StoreError> {
        let rows = sqlx::query!(
            r#"select id, codename, category, title, list_price_mills, persona,
                 (select count(*) from episodes e where e.product_id = p.id and e.status = 'over'
                     and e.training_run_id is null and e.market_id is null) as "negotiations!"
             from products p
             where retired_at is null
                 and ($1 = '' or search @@ to_tsquery('english', $1) or title ilike $2)
                 and ($3::bigint is null or list_price_mills >= $3)
                 and ($4::bigint is null or list_price_mills <= $4)
                 and ($5::text is null or category = $5)
             order by
                 case when $6 = 'price_up' then list_price_mills end,
                 case when $6 = 'price_down' then list_price_mills end desc,
                 case when $6 = 'title' then lower(title) end,
                 case when $1 <> '' then ts_rank(search, to_tsquery('english', $1)) end desc,
                 place, id
             limit $7 offset $8"#,
            search.words,
            search.pattern,
            query.min_price.map(|price| price.0),
            query.max_price.map(|price| price.0),
            query.category,
            sort_name(query.sort),
            i64::from(PAGE_SIZE),
            i64::from(query.page) * i64::from(PAGE_SIZE),
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let id = ProductId(row.id);
                ProductCard {
                    picture: picture_path(&id),
                    id,
                    codename: row.codename,
                    category: row.category,
                    title: row.title,
                    list_price: Mills(row.list_price_mills),
                    persona: row.persona,
                    negotiations: row.negotiations,
                }
            })
            .collect())
    }
}

fn sort_name(sort: ProductSort) -> &'static str {
    match sort {
        ProductSort::Featured => "featured",
        ProductSort::PriceUp => "price_up",
        ProductSort::PriceDown => "price_down",
        ProductSort::Title => "title",
    }
}

/// What a visitor typed, as Postgres wants it.
#[derive(Debug, PartialEq, Eq)]
struct Search {
    /// A text search query: all words, each of them perhaps not yet typed to its end. Empty: all.
    words: String,
    /// The text as typed, for `ilike` on the title: stop words and scripts that the English
    /// dictionary does not cut into words.
    pattern: String,
}

impl Search {
    fn of(typed: &str) -> Search {
        let typed = typed.trim();
        let words: Vec<String> = typed
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| format!("{word}:*"))
            .collect();
        let escaped = typed.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        Search { words: words.join(" & "), pattern: format!("%{escaped}%") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_never_is_syntax() {
        let table = [
            ("", "", "%%"),
            ("  lamp ", "lamp:*", "%lamp%"),
            ("desk lamp", "desk:* & lamp:*", "%desk lamp%"),
            ("a'b & !(c", "a:* & b:* & c:*", "%a'b & !(c%"),
            ("100%_\\", "100:*", "%100\\%\\_\\\\%"),
        ];
        for (typed, words, pattern) in table {
            let expected = Search { words: words.to_owned(), pattern: pattern.to_owned() };
            assert_eq!(Search::of(typed), expected, "{typed}");
        }
    }
}
