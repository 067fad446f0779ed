//! Groups in an expression are replaced by their own expressions, which may name groups in turn.

use super::ast::{Expr, Filter, Search, Test};
use super::error::FilterError;
use crate::arn::Named;
use crate::limits;

impl Search {
    /// Whether it plainly holds of every trace.
    pub(crate) fn is_of_all(&self) -> bool {
        matches!(self, Expr::And(all) if all.iter().all(Self::is_of_all))
    }
}

impl Filter {
    /// The traces of a group.
    pub(crate) const fn of_group(group: Named) -> Self {
        Expr::Is(Test::Group { group, is: true })
    }

    /// The traces of which every one holds.
    pub(crate) fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Expr::And(filters.into_iter().collect())
    }

    /// Replaces groups by what `find` says of them: an expression, or nothing for a group of all traces.
    pub(crate) fn substitute<E: From<FilterError>>(
        self,
        find: impl FnMut(&Named) -> Result<Option<String>, E>,
    ) -> Result<Search, E> {
        let mut substitution = Substitution {
            find,
            inside: Vec::new(),
            left: limits::FILTER_GROUPS,
        };
        substitution.expression(self)
    }
}

struct Substitution<F> {
    find: F,
    /// The groups whose expressions are being read, the outermost first.
    inside: Vec<Named>,
    /// How many groups may still be replaced: groups of groups of groups grow beyond all bounds.
    left: usize,
}

impl<F> Substitution<F> {
    fn expression<E: From<FilterError>>(&mut self, filter: Filter) -> Result<Search, E>
    where
        F: FnMut(&Named) -> Result<Option<String>, E>,
    {
        Ok(match filter {
            Expr::Or(any) => Expr::Or(self.list(any)?),
            Expr::And(all) => Expr::And(self.list(all)?),
            Expr::Not(it) => Expr::Not(Box::new(self.expression(*it)?)),
            Expr::Is(Test::Whole(it)) => Expr::Is(it),
            Expr::Is(Test::Group { group, is: true }) => self.group(group)?,
            Expr::Is(Test::Group { group, is: false }) => Expr::Not(Box::new(self.group(group)?)),
        })
    }

    fn list<E: From<FilterError>>(&mut self, list: Vec<Filter>) -> Result<Vec<Search>, E>
    where
        F: FnMut(&Named) -> Result<Option<String>, E>,
    {
        list.into_iter().map(|it| self.expression(it)).collect()
    }

    fn group<E: From<FilterError>>(&mut self, group: Named) -> Result<Search, E>
    where
        F: FnMut(&Named) -> Result<Option<String>, E>,
    {
        if self.inside.contains(&group) {
            return Err(FilterError::Circle(group.text().to_owned()).into());
        }
        self.left = (self.left.checked_sub(1)).ok_or(FilterError::TooManyGroups)?;
        let text = (self.find)(&group)?.unwrap_or_default();
        if text.trim().is_empty() {
            return Ok(Expr::And(Vec::new()));
        }
        self.inside.push(group);
        let search = self.expression(Filter::parse(&text)?);
        self.inside.pop();
        search
    }
}
