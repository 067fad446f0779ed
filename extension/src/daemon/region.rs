//! Where this runs, when nobody said it: asked in the daemon's order.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::credentials::Instance;
use crate::http::Pool;
use crate::settings::Config;

/// Nothing is asked twice in this time.
const IDLE: Duration = Duration::from_secs(1);

/// Of the ECS task, of the EC2 instance, or of the AWS profile.
pub async fn find(config: &Config) -> Option<String> {
    let host = &config.host;
    if let Some(region) = host.ecs_metadata.as_deref().and_then(of_task) {
        return Some(region);
    }
    if let Some(instance) = instance(config)
        && let Ok(region) = instance.region().await
    {
        return Some(region);
    }
    host.profiles.as_ref()?.region()
}

/// The instance's metadata, if it may be asked.
pub(super) fn instance(config: &Config) -> Option<Instance> {
    let endpoint = config
        .host
        .instance
        .clone()
        .filter(|_| !config.local_mode)?;
    Some(Instance::new(Arc::new(Pool::new(None, IDLE)), endpoint))
}

/// The fourth part of an ARN in the file that ECS writes for each container.
fn of_task(file: &Path) -> Option<String> {
    let metadata: Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    ["TaskARN", "ContainerInstanceARN"]
        .iter()
        .find_map(|key| metadata.get(key)?.as_str()?.split(':').nth(3))
        .filter(|region| !region.is_empty())
        .map(str::to_owned)
}
