//! Graphs of whole minutes, kept from one request to the next: a page that looks at six hours again and again reads only what is new.
//!
//! A graph is kept together with the state of the minute it was made from, and used while that is still the state. So
//! late documents, traces that move to another minute and traces that are deleted are all seen, and nobody has to tell.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Graph;
use crate::limits;
use crate::store::MinuteState;

/// What is kept.
#[derive(Debug, Default)]
pub(crate) struct Minutes {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// By the bits of the minute, which are in its order.
    graphs: BTreeMap<u64, (MinuteState, Arc<Graph>)>,
    weight: usize,
}

impl Minutes {
    /// The graph of a minute in this state, made if it is not here.
    pub(crate) fn get<E>(
        &self,
        state: MinuteState,
        make: impl FnOnce() -> Result<Graph, E>,
    ) -> Result<Arc<Graph>, E> {
        if let Some(graph) = self.kept(|kept| kept.find(state)) {
            return Ok(graph);
        }
        let graph = Arc::new(make()?);
        self.kept(|kept| kept.keep(state, &graph));
        Ok(graph)
    }

    fn kept<T>(&self, use_it: impl FnOnce(&mut Kept) -> T) -> T {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        use_it(&mut kept)
    }
}

impl Kept {
    fn find(&self, state: MinuteState) -> Option<Arc<Graph>> {
        let (known, graph) = self.graphs.get(&state.minute.to_bits())?;
        (*known == state).then(|| Arc::clone(graph))
    }

    /// The oldest minutes go first when there are more values than [`limits::KEPT_GRAPH_VALUES`].
    fn keep(&mut self, state: MinuteState, graph: &Arc<Graph>) {
        self.weight += graph.weight();
        let kept = (state, Arc::clone(graph));
        let before = self.graphs.insert(state.minute.to_bits(), kept);
        self.weight -= before.map_or(0, |(_, graph)| graph.weight());
        while self.weight > limits::KEPT_GRAPH_VALUES {
            let Some((_, (_, oldest))) = self.graphs.pop_first() else {
                return;
            };
            self.weight -= oldest.weight();
        }
    }
}
