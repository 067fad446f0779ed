//! Graphs as bytes, to be kept and read again by this program only.
//!
//! Nearly all of a graph are the entries of its histograms. They are written as steps from one to the next, which most often
//! take one byte.

use super::{Graph, Node};

impl Graph {
    /// For [`Graph::of_bytes`].
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        postcard::to_allocvec(&self.nodes).ok()
    }

    /// `None` for bytes that another version of this program wrote: whoever has the traces can make them anew.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let nodes: Vec<Node> = postcard::from_bytes(bytes).ok()?;
        let places = nodes.iter().enumerate();
        let places = places.map(|(place, node)| (node.id.clone(), place));
        Some(Self {
            places: places.collect(),
            nodes,
        })
    }
}

/// The binary digits, and the entries by their distance.
pub(super) mod histogram {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::super::histogram::Histogram;

    pub(in super::super) fn serialize<S: Serializer>(
        histogram: &Histogram,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let (counts, digits) = histogram.parts();
        let mut before = 0;
        let steps = counts.map(|(millis, count)| {
            let step = millis - before;
            before = millis;
            (step, count)
        });
        (digits, steps.collect::<Vec<_>>()).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Histogram, D::Error> {
        let (digits, steps) = <(u32, Vec<(u64, u64)>)>::deserialize(deserializer)?;
        let mut millis = 0_u64;
        let counts = steps.into_iter().map(|(step, count)| {
            millis = millis.saturating_add(step);
            (millis, count)
        });
        Ok(Histogram::of_parts(counts.collect(), digits))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn other_bytes_are_no_panic(bytes: Vec<u8>) {
            let _ = Graph::of_bytes(&bytes).map(Graph::into_services);
        }
    }
}
