//! Puts subsegments under their parents, wherever in the trace those are.
//!
//! All documents are taken apart into a flat list of entities first and put together again from there. That is what
//! makes order irrelevant, and it needs no recursion: a hostile chain of ten thousand parents costs no stack.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use xray_segment::EntityId;

use super::{Entity, in_order, lambda};
use crate::limits;

/// What the documents of a trace amount to.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Whole segments.
    pub(super) segments: Vec<Value>,
    /// Whole subsegments of which no parent has come, by the id of that parent.
    pub(super) orphans: BTreeMap<EntityId, Vec<Value>>,
}

/// An entity without its subsegments.
struct Node {
    id: Option<EntityId>,
    /// By id, for what was sent by itself; by place, for what came inside another.
    parent: Parent,
    fields: Map<String, Value>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    /// A segment: nothing contains it.
    None,
    Named(EntityId),
    At(usize),
}

pub(super) fn assemble(mut documents: Vec<Value>) -> Pieces {
    documents.sort_by(|a, b| in_order(Entity::new(a), Entity::new(b)));
    let nodes = merge(take_apart(documents));
    put_together(nodes)
}

fn take_apart(documents: Vec<Value>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut waiting: Vec<_> = documents.into_iter().map(|it| (it, None)).collect();
    while let Some((value, inside)) = waiting.pop() {
        let entity = Entity::new(&value);
        let id = entity.id();
        let parent = match (inside, entity.is_subsegment(), entity.parent()) {
            (Some(place), _, _) => Parent::At(place),
            (None, true, Some(named)) => Parent::Named(named),
            (None, _, _) => Parent::None,
        };
        let Value::Object(mut fields) = value else {
            continue;
        };
        let children = fields.remove("subsegments");
        if let Some(Value::Array(children)) = children {
            waiting.extend(children.into_iter().map(|it| (it, Some(nodes.len()))));
        }
        nodes.push(Node { id, parent, fields });
    }
    nodes
}

/// Leaves one node for each id. The complete one wins, then the one sent by itself, which its sender wrote later.
fn merge(nodes: Vec<Node>) -> Vec<Node> {
    let mut by_id: HashMap<EntityId, usize> = HashMap::new();
    let mut places = Vec::with_capacity(nodes.len());
    let mut kept: Vec<Node> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let first = node.id.and_then(|id| by_id.get(&id).copied());
        let place = first.unwrap_or(kept.len());
        places.push(place);
        // Parents come before what they contain, so their final place is known by now.
        let node = node.moved(&places);
        match kept.get_mut(place) {
            Some(present) if node.rank() > present.rank() => *present = node,
            Some(_) => {}
            None => {
                by_id.extend(node.id.map(|id| (id, place)));
                kept.push(node);
            }
        }
    }
    kept
}

impl Node {
    fn moved(mut self, places: &[usize]) -> Self {
        if let Parent::At(place) = self.parent {
            self.parent = places.get(place).map_or(Parent::None, |it| Parent::At(*it));
        }
        self
    }

    /// Higher is more worth keeping; the text makes the choice between two of one kind independent of their order.
    fn rank(&self) -> (bool, bool, String) {
        let complete = self.fields.contains_key("end_time");
        let by_itself = !matches!(self.parent, Parent::At(_));
        let text = Value::Object(self.fields.clone()).to_string();
        (complete, by_itself, text)
    }
}

/// The tree as lists of children by place.
struct Tree {
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
    orphans: Vec<(EntityId, usize)>,
}

fn put_together(nodes: Vec<Node>) -> Pieces {
    let tree = connect(&nodes);
    let order = walk(&tree);
    build(nodes, &tree, &order)
}

fn connect(nodes: &[Node]) -> Tree {
    let by_id: HashMap<_, _> = (nodes.iter().enumerate())
        .filter_map(|(place, node)| Some((node.id?, place)))
        .collect();
    let parents: Vec<Option<usize>> = nodes
        .iter()
        .map(|node| match node.parent {
            Parent::None => None,
            Parent::At(parent) => Some(parent),
            Parent::Named(id) => by_id.get(&id).copied(),
        })
        .collect();
    let mut tree = Tree {
        children: vec![Vec::new(); nodes.len()],
        roots: Vec::new(),
        orphans: Vec::new(),
    };
    for (place, (node, parent)) in nodes.iter().zip(&parents).enumerate() {
        match (parent.and_then(|it| tree.children.get_mut(it)), node.parent) {
            (Some(siblings), _) => siblings.push(place),
            (None, Parent::Named(id)) => tree.orphans.push((id, place)),
            (None, Parent::None | Parent::At(_)) => tree.roots.push(place),
        }
    }
    tree.open_circles(nodes, &parents);
    tree
}

impl Tree {
    /// Entities that are each other's ancestors hang on nothing; each such circle is opened at its first member.
    fn open_circles(&mut self, nodes: &[Node], parents: &[Option<usize>]) {
        let mut reached = vec![false; nodes.len()];
        for (place, _) in walk(self) {
            if let Some(seen) = reached.get_mut(place) {
                *seen = true;
            }
        }
        for (place, (node, parent)) in nodes.iter().zip(parents).enumerate() {
            if reached.get(place) == Some(&false) {
                if let Some(siblings) = parent.and_then(|it| self.children.get_mut(it)) {
                    siblings.retain(|it| *it != place);
                }
                match node.parent {
                    // Its parent is here, inside itself: what is put around it must have another id.
                    Parent::Named(id) => self.orphans.push((lambda::other_id(id), place)),
                    Parent::None | Parent::At(_) => self.roots.push(place),
                }
                mark(self, place, &mut reached);
            }
        }
    }
}

fn mark(tree: &Tree, from: usize, reached: &mut [bool]) {
    let mut waiting = vec![from];
    while let Some(place) = waiting.pop() {
        if let Some(seen) = reached.get_mut(place)
            && !std::mem::replace(seen, true)
        {
            waiting.extend(tree.children.get(place).into_iter().flatten());
        }
    }
}

/// Every place that hangs on a root, parents first, each with the place it is shown under: its parent, or, below
/// [`limits::DEPTH`], the last ancestor above that.
fn walk(tree: &Tree) -> Vec<(usize, Option<usize>)> {
    let tops = tree
        .roots
        .iter()
        .chain(tree.orphans.iter().map(|(_, it)| it));
    let mut waiting: Vec<_> = tops.map(|top| (*top, None, 1)).collect();
    let mut order = Vec::new();
    while let Some((place, under, depth)) = waiting.pop() {
        order.push((place, under));
        let (under, depth) = match under {
            Some(above) if depth >= limits::DEPTH => (above, depth),
            _ => (place, depth + 1),
        };
        let children = tree.children.get(place).into_iter().flatten();
        waiting.extend(children.map(|child| (*child, Some(under), depth)));
    }
    order
}

/// From the leaves up: when an entity's turn comes, all it contains is ready.
fn build(nodes: Vec<Node>, tree: &Tree, order: &[(usize, Option<usize>)]) -> Pieces {
    let orphans: HashMap<usize, EntityId> =
        tree.orphans.iter().map(|(id, it)| (*it, *id)).collect();
    let mut nodes: Vec<_> = nodes.into_iter().map(Some).collect();
    let mut ready: Vec<Vec<Value>> = vec![Vec::new(); nodes.len()];
    let mut pieces = Pieces::default();
    for (place, under) in order.iter().rev() {
        let Some(node) = nodes.get_mut(*place).and_then(Option::take) else {
            continue;
        };
        let children = ready.get_mut(*place).map(std::mem::take);
        let value = node.close(children.unwrap_or_default(), under.is_some());
        match (under.and_then(|it| ready.get_mut(it)), orphans.get(place)) {
            (Some(siblings), _) => siblings.push(value),
            (None, Some(id)) => pieces.orphans.entry(*id).or_default().push(value),
            (None, None) => pieces.segments.push(value),
        }
    }
    for siblings in pieces.orphans.values_mut() {
        sort(siblings);
    }
    pieces
}

impl Node {
    fn close(self, mut children: Vec<Value>, placed: bool) -> Value {
        let mut fields = self.fields;
        if placed {
            // Inside its parent these say nothing any more; the service leaves them out as well.
            for field in ["trace_id", "parent_id", "type"] {
                fields.remove(field);
            }
        }
        if !children.is_empty() {
            sort(&mut children);
            fields.insert("subsegments".to_owned(), Value::Array(children));
        }
        Value::Object(fields)
    }
}

fn sort(siblings: &mut [Value]) {
    siblings.sort_by(|a, b| in_order(Entity::new(a), Entity::new(b)));
}
