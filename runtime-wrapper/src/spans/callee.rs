//! Whom a call is to, as X-Ray names the node that it draws for it.
//!
//! A node is a host, a database or a service, never a route: a map with a node for each `GET /orders/{id}` shows nothing.

use xray_segment::document::Text;
use xray_segment::name::legal_name;

use super::address;
use super::fields::Fields;

/// The name of the node, if the fields say any: what the user calls it, a service of AWS, a database `orders@db.example.com`, a host, and where no host
/// is known the service or the queue.
pub(super) fn name(fields: &Fields) -> Option<Text<'static>> {
    let name = fields
        .find(&["peer.service"])
        .or_else(|| aws_service(fields))
        .or_else(|| place(fields))
        .or_else(|| fields.find(&["rpc.service", "messaging.destination.name"]))?;
    Some(legal_name(&name).into_owned().into())
}

/// The service of AWS that a client of its SDK calls.
pub(super) fn aws_service(fields: &Fields) -> Option<String> {
    let system = fields.find(&["rpc.system", "rpc.system.name"])?;
    (system == "aws-api").then(|| fields.find(&["rpc.service"]))?
}

fn place(fields: &Fields) -> Option<String> {
    let host = address::host(fields);
    match (fields.find(&["db.namespace", "db.name"]), host) {
        (Some(database), Some(host)) => Some(format!("{database}@{host}")),
        (database, host) => host.or(database),
    }
}
