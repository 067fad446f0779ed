//! The pod, by what Kubernetes sets in it.
//!
//! The cluster's name is not among that: the SDK for Java asks the cluster's own API for it, with a token and over TLS, which is more than a segment is worth here.

use xray_segment::document::Eks;

use super::Surroundings;

/// Hexadecimal digits of a container's id.
const ID_LENGTH: usize = 64;

pub(super) fn ask(surroundings: &Surroundings<'_>) -> Option<Eks<'static>> {
    surroundings.text("KUBERNETES_SERVICE_HOST")?;
    let groups = (surroundings.read)("/proc/self/cgroup");
    Some(Eks {
        pod: surroundings.text("HOSTNAME").map(Into::into),
        cluster_name: None,
        container_id: groups.as_deref().and_then(container_id).map(Into::into),
    })
}

/// The last part of a control group's path, with what a container runtime puts around it.
fn container_id(groups: &str) -> Option<String> {
    let ids = groups.lines().filter_map(|line| {
        let name = line.rsplit('/').next()?.trim_end_matches(".scope");
        let id = name.get(name.len().checked_sub(ID_LENGTH)?..)?;
        id.bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then_some(id)
    });
    ids.map(str::to_owned).next()
}
