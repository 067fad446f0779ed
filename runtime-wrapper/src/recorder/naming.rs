//! What the segments of a server are named, which is what its node on the trace map is named.

use xray_segment::sampling::matches;

/// How a server's segments are named. `AWS_XRAY_TRACING_NAME` goes before it.
///
/// ```
/// use lambda_xray::recorder::Naming;
///
/// let naming = Naming::by_host("*.example.com", "shop");
/// assert_eq!(naming.name(Some("api.example.com")), "api.example.com");
/// assert_eq!(naming.name(Some("203.0.113.7")), "shop");
/// assert_eq!(Naming::fixed("shop").name(Some("api.example.com")), "shop");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    hosts: Option<String>,
    otherwise: String,
}

impl Naming {
    /// Always this name.
    pub fn fixed(name: impl Into<String>) -> Self {
        Self {
            hosts: None,
            otherwise: name.into(),
        }
    }

    /// The host that was asked for, where it fits the pattern (`*` any characters, `?` one, capitals like small letters); else `otherwise`.
    ///
    /// The pattern keeps those out who ask for a host of their own invention: each name is a node on the map.
    pub fn by_host(pattern: impl Into<String>, otherwise: impl Into<String>) -> Self {
        Self {
            hosts: Some(pattern.into()),
            otherwise: otherwise.into(),
        }
    }

    /// The name for a request to this host.
    pub fn name<'n>(&'n self, host: Option<&'n str>) -> &'n str {
        let fits = |host: &&str| {
            let pattern = self.hosts.as_deref();
            pattern.is_some_and(|pattern| matches(pattern, host))
        };
        host.filter(fits).unwrap_or(&self.otherwise)
    }
}
