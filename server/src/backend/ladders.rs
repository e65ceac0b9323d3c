//! Ladders: for researchers, and for everybody where they are public.

use app::backend::Caller;
use app::episode_query;
use serde_json::json;
use uuid::Uuid;
use wire::{Code, EpisodeSearch, LadderId, LadderPage, NewLadder, PairPage, PairQuery, Problem};

use super::account::researcher;
use super::{Souk, refusal};
use crate::ladder::{begin, page, pair};

/// Problem codes of ladders, for `/api/errors`.
pub const CODES: [(&str, u16, &str); 2] = [
    ("ladder_title_short", 422, "A ladder's title has 1 to 80 characters."),
    (
        "ladder_conditions",
        422,
        "The conditions of a ladder have an unknown key or a value that cannot be.",
    ),
];

impl Souk {
    pub(crate) async fn all_ladders(&self, caller: Caller) -> Result<Vec<LadderPage>, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let rows = self.store.ladder_list().await.map_err(refusal)?;
        rows.into_iter().map(|row| page(row, true).map_err(refusal)).collect()
    }

    pub(crate) async fn ladder_page(
        &self,
        caller: Caller,
        id: LadderId,
    ) -> Result<LadderPage, Problem> {
        self.health.check()?;
        let row = self.store.ladder_find(id).await.map_err(refusal)?;
        let whole = caller.researcher.is_some();
        if !row.public && !whole {
            // A private one is not even told to exist.
            return Err(refusal(store::StoreError::NotFound("ladder")));
        }
        page(row, whole).map_err(refusal)
    }

    pub(crate) async fn compared(
        &self,
        caller: Caller,
        query: PairQuery,
        search: EpisodeSearch,
    ) -> Result<PairPage, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let agents = [query.a.clone(), query.b.clone()];
        let cells = self.store.ladder_cells(&search, Some((query.role, &agents))).await;
        let cells = cells.map_err(refusal)?;
        let paired = tokio::task::spawn_blocking(move || pair(&cells, &query)).await;
        paired.map_err(|_| Problem::new(Code::Internal, "The comparison broke off. Try again."))
    }

    pub(crate) async fn keep_ladder(
        &self,
        caller: Caller,
        new: NewLadder,
    ) -> Result<LadderId, Problem> {
        let user = researcher(caller)?;
        self.health.check()?;
        let title = new.title.trim();
        if title.is_empty() || title.chars().count() > 80 {
            let detail = "A ladder's title has 1 to 80 characters.";
            return Err(Problem::named(Code::Unprocessable, "ladder_title_short", detail));
        }
        let conditions = new.conditions.trim().trim_start_matches('?');
        if let Err(wrong) = episode_query::parse(conditions) {
            let detail = format!("{wrong}: conditions look like `split=test&category=books`.");
            return Err(Problem::named(Code::Unprocessable, "ladder_conditions", detail));
        }
        let id = LadderId(Uuid::now_v7());
        let kept = self.store.ladder_create(id, title, conditions, new.public, user).await;
        kept.map_err(refusal)?;
        begin(&self.store, id).await.map_err(refusal)?;
        self.note(caller, "ladder.create", &id.to_string(), json!({ "title": title })).await;
        Ok(id)
    }

    pub(crate) async fn ladder_again(&self, caller: Caller, id: LadderId) -> Result<(), Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.store.ladder_find(id).await.map_err(refusal)?;
        begin(&self.store, id).await.map_err(refusal)
    }

    pub(crate) async fn ladder_public(
        &self,
        caller: Caller,
        id: LadderId,
        public: bool,
    ) -> Result<(), Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.store.ladder_find(id).await.map_err(refusal)?;
        self.store.ladder_publish(id, public).await.map_err(refusal)?;
        self.note(caller, "ladder.publish", &id.to_string(), json!({ "public": public })).await;
        Ok(())
    }

    pub(crate) async fn ladder_gone(&self, caller: Caller, id: LadderId) -> Result<(), Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.store.ladder_find(id).await.map_err(refusal)?;
        self.store.ladder_delete(id).await.map_err(refusal)?;
        self.note(caller, "ladder.delete", &id.to_string(), json!({})).await;
        Ok(())
    }
}
