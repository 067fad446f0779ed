//! What every trace of a search must have, as far as marks tell it: so the store leaves out what cannot match.
//!
//! Only what is asked for positively leaves a trace in documents; of everything else nothing is said.

use super::ast::{
    Block, Comparison, Expr, Flag, Kind, Matching, Number, Search, Simple, Text, TextTest,
    ValueTest, Who, Whole,
};
use crate::mark::{self, Mark};

/// Of each of these, a trace has at least one.
type Clues = Vec<Vec<Mark>>;

impl Search {
    /// What a trace has of which this holds.
    pub(crate) fn clues(&self) -> Vec<Vec<Mark>> {
        self.each(&Whole::clues)
    }
}

impl<T> Expr<T> {
    fn each(&self, clues: &impl Fn(&T) -> Clues) -> Clues {
        match self {
            Self::And(all) => all.iter().flat_map(|it| it.each(clues)).collect(),
            Self::Or(any) => either(any.iter().map(|it| it.each(clues)))
                .into_iter()
                .collect(),
            Self::Not(_) => Clues::new(),
            Self::Is(it) => clues(it),
        }
    }
}

/// One clue of each, together; none where one of them has none.
fn either(any: impl Iterator<Item = Clues>) -> Option<Vec<Mark>> {
    let best = |clues: Clues| clues.into_iter().min_by_key(Vec::len);
    let parts: Option<Vec<Vec<Mark>>> = any.map(best).collect();
    parts.map(|it| it.concat()).filter(|it| !it.is_empty())
}

impl Whole {
    fn clues(&self) -> Clues {
        match self {
            Self::Simple(it) => it.clues(),
            Self::Service { who, block } => match &who.name {
                // Who called from outside has no segment: what it called tells of it.
                Some(name) if !who.is_client() => of_service(name, block.as_ref()),
                _ => join([who], block.as_ref()),
            },
            Self::Edge { from, to, block } => join([from, to], block.as_ref()),
            Self::RootCause {
                kind: Kind::Fault, ..
            } => vec![vec![Mark::FAULT]],
            Self::RootCause {
                kind: Kind::Error, ..
            } => vec![vec![Mark::ERROR]],
            Self::RootCause { .. } | Self::RootCauseJson(_) => Clues::new(),
        }
    }
}

fn join<'a>(nodes: impl IntoIterator<Item = &'a Who>, block: Option<&Block>) -> Clues {
    let names = nodes.into_iter().filter_map(|it| it.name.as_deref());
    let mut clues: Clues = names.map(|it| vec![Mark::service(it)]).collect();
    clues.extend(block.into_iter().flat_map(|it| it.each(&Simple::clues)));
    clues
}

/// As [`join`], and flags together with the service, which is much rarer than both by themselves.
fn of_service(name: &str, block: Option<&Block>) -> Clues {
    let flagged = |it: &Simple| match it.clue()? {
        flag @ (Mark::FAULT | Mark::ERROR | Mark::THROTTLE) => Some(vec![
            Mark::flagged(flag, name),
            Mark::flagged_somewhere(flag),
        ]),
        mark => Some(vec![mark]),
    };
    let mut clues = vec![vec![Mark::service(name)]];
    clues.extend(
        block
            .into_iter()
            .flat_map(|it| it.each(&|it| flagged(it).into_iter().collect())),
    );
    clues
}

impl Simple {
    fn clues(&self) -> Clues {
        self.clue().map(|it| vec![it]).into_iter().collect()
    }

    fn clue(&self) -> Option<Mark> {
        match self {
            Self::Flag(Flag::Fault, true) => Some(Mark::FAULT),
            Self::Flag(Flag::Error, true) => Some(Mark::ERROR),
            Self::Flag(Flag::Throttle, true) => Some(Mark::THROTTLE),
            Self::Number(Number::HttpStatus, Some(test)) => whole(test.value)
                .filter(|_| test.comparison == Comparison::Equal)
                .map(Mark::status),
            Self::Text(what, Some(test)) => what.clue(test),
            Self::Annotation(key, test) => Some(annotation(key, test.as_ref())),
            Self::Flag(..) | Self::Number(..) | Self::Text(_, None) => None,
        }
    }
}

impl Text {
    fn clue(self, test: &TextTest) -> Option<Mark> {
        let value = Some(&test.value).filter(|_| test.matching == Matching::Equal)?;
        match self {
            Self::Name => Some(Mark::service(value)),
            Self::HttpUrl => Some(Mark::field(mark::URL, value)),
            Self::User => Some(Mark::field(mark::USER, value)),
            _ => None,
        }
    }
}

fn annotation(key: &str, test: Option<&ValueTest>) -> Mark {
    let value = match test {
        Some(ValueTest::Flag(flag)) => Mark::annotation(key, &(*flag).into()),
        Some(ValueTest::Number(test)) if test.comparison == Comparison::Equal => {
            Some(Mark::number(key, test.value))
        }
        Some(ValueTest::Text(test)) if test.matching == Matching::Equal => {
            Mark::annotation(key, &test.value.as_str().into())
        }
        _ => None,
    };
    value.unwrap_or_else(|| Mark::key(key))
}

/// A status that can be one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is looked at before"
)]
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && (0.0..=4_294_967_295.0).contains(&number)).then_some(number as u64)
}
