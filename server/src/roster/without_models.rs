//! A server that was built without language models.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use store::{Store, StoreError};
use wire::{ModelCard, Problem};

use super::{Thinker, unknown_model};
use crate::config::{Config, ModelsSetting};

/// No models.
#[derive(Clone)]
pub struct Models(());

impl Models {
    pub fn none() -> Models {
        Models(())
    }

    pub fn open(config: &Config) -> Result<Models> {
        if let ModelsSetting::File(path) = &config.models {
            tracing::warn!(path = %path.display(), "this program was built without language models");
        }
        Ok(Models::none())
    }

    pub async fn settle_accounts(&self, _: &Store) -> Result<(), StoreError> {
        Ok(())
    }

    pub fn names(&self) -> Vec<String> {
        Vec::new()
    }

    pub fn find(&self, _: &str) -> Option<Arc<dyn Thinker>> {
        None
    }

    pub fn file(_: &ModelsSetting) -> Option<PathBuf> {
        None
    }

    pub fn folder(&self, _: &str) -> Option<PathBuf> {
        None
    }

    pub fn publish(&self, _: &str, _: &str, _: PathBuf) -> Result<()> {
        bail!("this server was built without language models")
    }

    pub fn cards(&self, _: bool) -> Vec<ModelCard> {
        Vec::new()
    }

    pub fn load(&self, name: &str) -> Result<(), Problem> {
        Err(unknown_model(name))
    }

    pub fn unload(&self, name: &str) -> Result<(), Problem> {
        Err(unknown_model(name))
    }
}
