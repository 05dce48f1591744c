//! The Redis of a shop that runs already, for a command that looks into its messages.

use std::path::PathBuf;

use anyhow::Context;
use kit::messaging::Bus;

use crate::config::Config;
use crate::up::tools;

#[derive(clap::Args)]
pub struct WhichShop {
    /// The folder of the shop.
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// `private`, or a `redis://…` URL.
    #[arg(long, value_name = "URL", global = true)]
    redis: Option<String>,
}

impl WhichShop {
    /// Reaches the Redis that these name, or else the configuration.
    pub async fn reach(self, mut config: Config) -> anyhow::Result<Bus> {
        if let Some(data) = self.data {
            config.data = data;
        }
        if let Some(url) = self.redis {
            config.redis = kit::config::Secret::new(url);
        }
        let bus = if config.redis.reveal() == "private" {
            let data = config.data.canonicalize();
            let data = data.with_context(|| format!("there is no shop in `{}`", config.data.display()))?;
            let socket = format!("unix://{}", tools::socket_path(&data)?.display());
            Bus::connect(&socket).await.map_err(kit::Failure::into_anyhow)
        } else {
            config.connect().await
        };
        bus.context("is the shop up?")
    }
}
