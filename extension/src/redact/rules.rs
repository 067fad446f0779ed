//! The rules, as `XRAY_EXTENSION_REDACT` has them.

/// What is to be replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    annotations: Vec<String>,
    metadata: Vec<String>,
    /// The queries of URLs.
    pub(super) query: bool,
}

impl Rules {
    /// Reads `annotations:email,card;metadata:password;query`, in any order, each part once or more often.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rules = Self::default();
        for part in text.split(';').map(str::trim) {
            match part.split_once(':') {
                Some(("annotations", keys)) => rules.annotations.extend(keys_of(keys)?),
                Some(("metadata", keys)) => rules.metadata.extend(keys_of(keys)?),
                None if part == "query" => rules.query = true,
                _ => return None,
            }
        }
        Some(rules)
    }

    pub(super) fn names_annotation(&self, key: &str) -> bool {
        names(&self.annotations, key)
    }

    pub(super) fn names_metadata(&self, key: &str) -> bool {
        names(&self.metadata, key)
    }

    pub(super) fn names_any_metadata(&self) -> bool {
        !self.metadata.is_empty()
    }
}

/// Whoever means to hide `password` means `Password` too.
fn names(keys: &[String], key: &str) -> bool {
    keys.iter().any(|named| named.eq_ignore_ascii_case(key))
}

fn keys_of(text: &str) -> Option<Vec<String>> {
    let keys = text.split(',').map(str::trim);
    keys.map(|key| (!key.is_empty()).then(|| key.to_owned()))
        .collect()
}
