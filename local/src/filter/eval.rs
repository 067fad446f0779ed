//! Whether an expression holds of a compiled trace.

use serde_json::Value;

use super::ast::{
    Block, Comparison, Expr, Kind, Level, Matching, NumberTest, Search, Simple, TextTest,
    ValueTest, Who, Whole,
};
use super::calls::calls;
use super::facts::{Facts, Step, WholeTrace};
use crate::compile::{Node, Trace, causes, slow};

/// Coverages are told to three decimals; what differs by less is the same number read twice.
const SAME_NUMBER: f64 = 1e-9;

impl Search {
    /// Whether a trace is one of those that are asked for.
    pub(crate) fn holds_of(&self, trace: &Trace) -> bool {
        let whole = WholeTrace::new(trace);
        self.holds(&|it| it.holds(&whole))
    }
}

impl<T> Expr<T> {
    fn holds(&self, is: &impl Fn(&T) -> bool) -> bool {
        match self {
            Self::Or(any) => any.iter().any(|it| it.holds(is)),
            Self::And(all) => all.iter().all(|it| it.holds(is)),
            Self::Not(it) => !it.holds(is),
            Self::Is(condition) => is(condition),
        }
    }
}

impl Whole {
    fn holds(&self, trace: &WholeTrace<'_>) -> bool {
        match self {
            Self::Simple(it) => it.holds(trace),
            Self::Service { who, block } => has_service(trace, who, block.as_ref()),
            Self::Edge { from, to, block } => calls(trace.trace)
                .iter()
                .filter(|call| from.is(&call.from) && to.is(&call.to))
                .any(|call| block_holds(block.as_ref(), &trace.part(call.told_by))),
            Self::RootCause { kind, level, block } => (root_causes(trace.trace, *kind).iter())
                .any(|cause| has_step(&steps(cause, *level), block.as_ref())),
            Self::RootCauseJson(patterns) => {
                let kinds = [Kind::Fault, Kind::Error, Kind::ResponseTime];
                let causes: Vec<_> = (kinds.into_iter())
                    .flat_map(|kind| root_causes(trace.trace, kind))
                    .collect();
                (patterns.iter()).all(|pattern| causes.iter().any(|it| fits(pattern, it)))
            }
        }
    }
}

/// Who called from outside is no segment; what it called tells of it.
fn has_service(trace: &WholeTrace<'_>, who: &Who, block: Option<&Block>) -> bool {
    let holds = |segment| block_holds(block, &trace.part(segment));
    let is_served = |segment| who.is(&Node::of(segment)) && holds(segment);
    if !who.is_client() {
        return trace.trace.entities().any(is_served);
    }
    (calls(trace.trace).iter())
        .filter(|call| who.is(&call.from))
        .any(|call| holds(call.told_by))
}

fn block_holds<'a>(block: Option<&Block>, facts: &impl Facts<'a>) -> bool {
    block.is_none_or(|block| block.holds(&|it| it.holds(facts)))
}

fn root_causes(trace: &Trace, kind: Kind) -> Vec<Value> {
    match kind {
        Kind::Fault => causes(trace, "fault"),
        Kind::Error => causes(trace, "error"),
        Kind::ResponseTime => slow(trace),
    }
}

/// The parts of one way to a root cause, from the root on, through all its services.
fn steps(cause: &Value, level: Level) -> Vec<&Value> {
    let services = inside(cause, "Services");
    match level {
        Level::Service => services.collect(),
        Level::Entity => services.flat_map(|it| inside(it, "EntityPath")).collect(),
        Level::Exception => services
            .flat_map(|it| inside(it, "EntityPath"))
            .flat_map(|it| inside(it, "Exceptions"))
            .collect(),
    }
}

fn inside<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    let list = value.get(field).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn has_step(steps: &[&Value], block: Option<&Block>) -> bool {
    let of = steps.len();
    (steps.iter().enumerate()).any(|(index, fields)| {
        let step = Step { fields, index, of };
        block_holds(block, &step)
    })
}

/// Every field of the pattern has to be there and fit; lists fit member by member.
fn fits(pattern: &Value, found: &Value) -> bool {
    match (pattern, found) {
        (Value::Object(wanted), Value::Object(found)) => (wanted.iter())
            .all(|(field, pattern)| found.get(field).is_some_and(|it| fits(pattern, it))),
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(a, b)| fits(a, b))
        }
        (Value::Number(wanted), Value::Number(found)) => match (wanted.as_f64(), found.as_f64()) {
            (Some(wanted), Some(found)) => (wanted - found).abs() < SAME_NUMBER,
            _ => wanted == found,
        },
        _ => pattern == found,
    }
}

impl Simple {
    fn holds<'a>(&self, facts: &impl Facts<'a>) -> bool {
        match self {
            Self::Flag(flag, wanted) => facts.flag(*flag) == *wanted,
            Self::Number(what, test) => (facts.numbers(*what).into_iter())
                .any(|found| test.is_none_or(|test| test.holds(found))),
            Self::Text(what, test) => (facts.texts(*what).into_iter())
                .any(|found| test.as_ref().is_none_or(|test| test.holds(found))),
            Self::Annotation(key, test) => (facts.annotations(key).into_iter()).any(|found| {
                (test.as_ref()).map_or(found != &Value::Bool(false), |test| test.holds(found))
            }),
        }
    }
}

impl NumberTest {
    fn holds(self, found: f64) -> bool {
        let order = found.partial_cmp(&self.value);
        match self.comparison {
            Comparison::Equal => order.is_some_and(std::cmp::Ordering::is_eq),
            Comparison::NotEqual => order.is_some_and(std::cmp::Ordering::is_ne),
            Comparison::Less => order.is_some_and(std::cmp::Ordering::is_lt),
            Comparison::AtMost => order.is_some_and(std::cmp::Ordering::is_le),
            Comparison::More => order.is_some_and(std::cmp::Ordering::is_gt),
            Comparison::AtLeast => order.is_some_and(std::cmp::Ordering::is_ge),
        }
    }
}

impl TextTest {
    fn holds(&self, found: &str) -> bool {
        match self.matching {
            Matching::Equal => found == self.value,
            Matching::NotEqual => found != self.value,
            Matching::Contains => found.contains(&self.value),
            Matching::BeginsWith => found.starts_with(&self.value),
            Matching::EndsWith => found.ends_with(&self.value),
        }
    }
}

impl ValueTest {
    fn holds(&self, found: &Value) -> bool {
        match self {
            Self::Flag(wanted) => found.as_bool() == Some(*wanted),
            Self::Number(test) => found.as_f64().is_some_and(|it| test.holds(it)),
            Self::Text(test) => found.as_str().is_some_and(|it| test.holds(it)),
        }
    }
}
