//! The container and its task, by version 4 of the task metadata endpoint (ECS Developer Guide, "Amazon ECS task metadata endpoint version 4").

use serde::Deserialize;
use xray_segment::document::Ecs;

use super::{Surroundings, service};
use crate::neighbour::Question;

/// What a container knows of itself.
pub(super) struct Found {
    pub(super) ecs: Ecs<'static>,
    pub(super) log_group: Option<String>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(rename = "DockerId")]
    id: Option<String>,
    #[serde(rename = "ContainerARN")]
    arn: Option<String>,
    #[serde(rename = "LogOptions")]
    logs: Option<LogOptions>,
}

#[derive(Deserialize)]
struct LogOptions {
    #[serde(rename = "awslogs-group")]
    group: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Task {
    cluster: Option<String>,
    #[serde(rename = "TaskARN")]
    arn: Option<String>,
    family: Option<String>,
    launch_type: Option<String>,
    availability_zone: Option<String>,
}

pub(super) fn ask(surroundings: &Surroundings<'_>) -> Option<Found> {
    let endpoint = service(&surroundings.text("ECS_CONTAINER_METADATA_URI_V4")?)?;
    let get = |path| {
        let question = Question {
            method: "GET",
            path,
            header: None,
            body: "",
        };
        endpoint.ask(question).ok()
    };
    let container: Container = serde_json::from_str(&get("")?).ok()?;
    let task = get("/task");
    let task = task.and_then(|task| serde_json::from_str::<Task>(&task).ok());
    let task = task.unwrap_or_default();
    let text = |text: Option<String>| text.map(Into::into);
    Some(Found {
        ecs: Ecs {
            container: text(surroundings.text("HOSTNAME")),
            container_id: text(container.id),
            container_arn: text(container.arn),
            task_arn: text(task.arn),
            task_family: text(task.family),
            cluster_arn: text(task.cluster),
            launch_type: text(task.launch_type),
            availability_zone: text(task.availability_zone),
        },
        log_group: container.logs.and_then(|logs| logs.group),
    })
}
