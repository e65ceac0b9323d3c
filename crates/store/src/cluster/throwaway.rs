//! A cluster that is used once and removed, to look at a backup in.

use std::path::PathBuf;

use uuid::Uuid;

use super::ephemeral::clear_up_after_us;
use super::{ClusterError, Durability, PrivateCluster};

/// A cluster in the temporary folder, gone with [`Throwaway::stop`] or with the process, however that ends.
#[derive(Debug)]
pub struct Throwaway {
    cluster: PrivateCluster,
    folder: PathBuf,
}

impl Throwaway {
    /// Takes as much of the temporary folder (`TMPDIR`) as the databases in it need.
    pub async fn start() -> Result<Throwaway, ClusterError> {
        let folder = std::env::temp_dir().join(format!("souk-aside-{}", Uuid::new_v4().simple()));
        // Before there is anything: whoever waits for the start may be stopped.
        clear_up_after_us(&folder, &folder.join("postgres/data"));
        let cluster = PrivateCluster::start_with(&folder, Durability::Test, |_| {}).await?;
        Ok(Throwaway { cluster, folder })
    }

    pub fn cluster(&self) -> &PrivateCluster {
        &self.cluster
    }

    /// Close the pools first.
    pub async fn stop(self) -> Result<(), ClusterError> {
        let Throwaway { cluster, folder } = self;
        cluster.stop().await?;
        std::fs::remove_dir_all(&folder).map_err(ClusterError::io("remove", &folder))
    }
}
