//! Episodes for researchers: found, told in full, labelled and rated.

use std::collections::BTreeMap;
use std::io::{self, BufWriter};

use app::backend::Caller;
use app::episode_query;
use futures::{Stream, stream};
use rules::Audience;
use rules::statistics::ordinal_alpha;
use serde_json::json;
use store::Found;
use tokio::sync::mpsc;
use wire::{
    Code, Dossier, EpisodeHit, EpisodeHits, EpisodeId, EpisodeSample, EpisodeSearch, EpisodeStatus,
    EpisodeSummary, Origin, Problem, Rating, ScaleAgreement,
};

use super::account::researcher;
use super::failure::failure;
use super::{Souk, audience, refusal};
use crate::export::{self, Format, Order, Pipe, Sink};

/// Problem codes of labels and ratings, for `/api/errors`.
pub const CODES: [(&str, u16, &str); 2] = [
    ("episode_tag_short", 422, "A label has 1 to 40 characters."),
    (
        "rating",
        422,
        "A rating has a scale of 1 to 40 characters, a score of 1 to 5, a note of up to 1,000.",
    ),
];

/// Episodes of a plot, at most.
const POINTS: usize = 2_000;

impl Souk {
    pub(crate) async fn found(
        &self,
        caller: Caller,
        search: EpisodeSearch,
    ) -> Result<EpisodeHits, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let (found, more) = self.store.episode_search(&search).await.map_err(refusal)?;
        let told = |Found { hit, failing }: Found| {
            let failure = failing.map(|failing| failure(failing, None));
            EpisodeHit { summary: EpisodeSummary { failure, ..hit.summary }, ..hit }
        };
        Ok(EpisodeHits { items: found.into_iter().map(told).collect(), more })
    }

    pub(crate) async fn sampled(
        &self,
        caller: Caller,
        search: EpisodeSearch,
    ) -> Result<EpisodeSample, Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.store.episode_sample(&search, POINTS).await.map_err(refusal)
    }

    /// An archive of what fits, made while it is read. What goes wrong on the way breaks it off.
    pub(crate) async fn export(
        &self,
        caller: Caller,
        search: EpisodeSearch,
        format: Format,
    ) -> Result<impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let conditions = episode_query::href(&search);
        let conditions = conditions.split_once('?').map_or("", |(_, query)| query).to_owned();
        self.note(caller, "episode.export", &conditions, json!({ "format": format })).await;
        let order = Order { search, conditions, format, tables: Vec::new() };
        let (sender, mut receiver) = mpsc::channel(8);
        let sink = Sink::zip(Box::new(BufWriter::with_capacity(1 << 16, Pipe(sender.clone()))));
        let store = self.store.clone();
        tokio::spawn(async move {
            if let Err(why) = export::export(&store, order, sink, |_, _| {}).await {
                tracing::warn!(%why, "an export broke off");
                // Nobody is there to hear it where the reader left.
                _ = sender.send(Err(io::Error::other("the export broke off"))).await;
            }
        });
        Ok(stream::poll_fn(move |context| receiver.poll_recv(context)))
    }

    pub(crate) async fn dossier_of(
        &self,
        caller: Caller,
        id: EpisodeId,
    ) -> Result<Dossier, Problem> {
        let user = researcher(caller)?;
        let row = self.row(caller, id).await?;
        let origin = self.store.episode_origin(id).await.map_err(refusal)?;
        // Who sits at the table sees what that seat sees until the end.
        let sits = audience(&row, caller) != Audience::Researcher;
        let hidden = sits && row.status != EpisodeStatus::Over;
        let written = match hidden {
            true => BTreeMap::new(),
            false => self.store.llm_tokens_of(id).await.map_err(refusal)?,
        };
        Ok(Dossier {
            written,
            page: self.page(caller, id).await?,
            reveal: self.revealed(caller, id).await?,
            calls: match hidden {
                true => Vec::new(),
                false => self.calls(caller, id).await?,
            },
            origin: Origin { seed: origin.seed.filter(|_| !hidden), ..origin },
            tags: self.store.tags_of(id).await.map_err(refusal)?,
            ratings: self.store.ratings_of(id, user).await.map_err(refusal)?,
            counterfactuals: self.store.counterfactuals_of(id).await.map_err(refusal)?,
        })
    }

    pub(crate) async fn all_tags(&self, caller: Caller) -> Result<Vec<String>, Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.store.tag_list().await.map_err(refusal)
    }

    pub(crate) async fn set_tag(
        &self,
        caller: Caller,
        id: EpisodeId,
        tag: &str,
        there: bool,
    ) -> Result<(), Problem> {
        let user = researcher(caller)?;
        let tag = tag.trim();
        if tag.is_empty() || tag.chars().count() > 40 {
            let detail = "A label has 1 to 40 characters.";
            return Err(Problem::named(Code::Unprocessable, "episode_tag_short", detail));
        }
        self.row(caller, id).await?;
        match there {
            true => self.store.tag_add(id, tag, user).await,
            false => self.store.tag_remove(id, tag).await,
        }
        .map_err(refusal)?;
        self.note(caller, "episode.tag", &id.to_string(), json!({ "tag": tag, "there": there }))
            .await;
        Ok(())
    }

    pub(crate) async fn set_rating(
        &self,
        caller: Caller,
        id: EpisodeId,
        rating: Rating,
    ) -> Result<(), Problem> {
        let user = researcher(caller)?;
        let scale = rating.scale.trim().to_owned();
        let wrong = |detail: &str| Problem::named(Code::Unprocessable, "rating", detail);
        if scale.is_empty() || scale.chars().count() > 40 {
            return Err(wrong("A scale has a name of 1 to 40 characters."));
        }
        if !(1..=5).contains(&rating.score) {
            return Err(wrong("A score is a whole number from 1 to 5."));
        }
        if rating.note.chars().count() > 1_000 {
            return Err(wrong("A note has at most 1,000 characters."));
        }
        self.row(caller, id).await?;
        let rating = Rating { scale, ..rating };
        self.store.rating_set(id, user, &rating).await.map_err(refusal)?;
        let detail = json!({ "scale": rating.scale, "score": rating.score });
        self.note(caller, "episode.rate", &id.to_string(), detail).await;
        Ok(())
    }

    pub(crate) async fn drop_rating(
        &self,
        caller: Caller,
        id: EpisodeId,
        scale: &str,
    ) -> Result<(), Problem> {
        let user = researcher(caller)?;
        self.row(caller, id).await?;
        self.store.rating_remove(id, user, scale.trim()).await.map_err(refusal)?;
        let detail = json!({ "scale": scale.trim(), "score": null });
        self.note(caller, "episode.rate", &id.to_string(), detail).await;
        Ok(())
    }

    pub(crate) async fn agreements(&self, caller: Caller) -> Result<Vec<ScaleAgreement>, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let scales = self.store.rating_scales().await.map_err(refusal)?;
        Ok(scales
            .into_iter()
            .map(|row| {
                let all: Vec<f64> = row.scores.iter().flatten().map(|s| f64::from(*s)).collect();
                let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                ScaleAgreement {
                    alpha: ordinal_alpha(&row.scores),
                    scale: row.scale,
                    raters: row.raters,
                    episodes: count(row.scores.len()),
                    ratings: count(all.len()),
                    mean: all.iter().sum::<f64>() / all.len() as f64,
                }
            })
            .collect())
    }
}
