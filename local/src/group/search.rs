//! From an expression, and the group it is asked in, to what has to hold of a trace.

use crate::arn::Named;
use crate::filter::{Filter, Search};
use crate::refusal::Refusal;
use crate::store::Shelf;

/// Which traces are asked for: those of a group, of which an expression holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    group: Option<Named>,
    filter: Option<Filter>,
}

impl Asked {
    /// Reads an expression; a blank one means all.
    pub(crate) fn new(group: Option<Named>, expression: Option<&str>) -> Result<Self, Refusal> {
        let text = expression.filter(|it| !it.trim().is_empty());
        Ok(Self {
            group,
            filter: text.map(Filter::parse).transpose()?,
        })
    }

    /// With every group as it is now.
    pub(crate) fn search(self, groups: &Shelf<'_>) -> Result<Search, Refusal> {
        let group = self.group.map(Filter::of_group);
        let filter = Filter::all(group.into_iter().chain(self.filter));
        filter.substitute(|named| Ok(super::find(groups, named)?.filter_expression))
    }
}
