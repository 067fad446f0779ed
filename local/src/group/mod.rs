//! Groups: names for filter expressions. Nothing is stored of a group's traces; its expression is asked when it is read.

mod search;

use serde::{Deserialize, Serialize};

use crate::arn::{self, Named};
use crate::constraint::chars;
use crate::filter::Filter;
use crate::limits;
use crate::refusal::Refusal;
use crate::store::{Kept, Shelf, StoreError};
use crate::tag::{self, Tag};
pub(crate) use search::Asked;

/// The built-in group of all traces.
pub(crate) const DEFAULT: &str = "Default";

/// A group in the form of the API, which is also the form in which it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Group {
    #[serde(rename = "GroupName")]
    pub(crate) name: String,
    #[serde(rename = "GroupARN")]
    pub(crate) arn: String,
    /// None: every trace belongs to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) filter_expression: Option<String>,
    pub(crate) insights_configuration: Insights,
}

/// Whether incidents are looked for in a group, and told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Insights {
    insights_enabled: bool,
    notifications_enabled: bool,
}

/// What a group is made of, and what is changed of one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Contents {
    filter_expression: Option<String>,
    insights_configuration: Option<Insights>,
}

impl Kept for Group {
    const KIND: &'static str = "group";
}

/// All groups: the built-in one first, then by name.
pub(crate) fn all(shelf: &Shelf<'_>) -> Result<Vec<Group>, StoreError> {
    let mut all: Vec<Group> = shelf.all()?;
    if !all.iter().any(Group::is_default) {
        all.push(Group::built_in());
    }
    all.sort_by_key(|it| !it.is_default());
    Ok(all)
}

/// The group of this name or ARN.
pub(crate) fn find(shelf: &Shelf<'_>, named: &Named) -> Result<Group, Refusal> {
    let is_meant = |it: &Group| named.means(&it.name, &it.arn);
    let found = all(shelf)?.into_iter().find(is_meant);
    // The model has no other error for it.
    found.ok_or_else(|| Refusal::Invalid(format!("there is no group {:?}", named.text())))
}

/// Makes a group.
pub(crate) fn create(
    shelf: &Shelf<'_>,
    name: String,
    contents: Contents,
    tags: Vec<Tag>,
) -> Result<Group, Refusal> {
    check_name(&name)?;
    let present = all(shelf)?;
    if present.iter().any(|it| it.name == name) {
        let text = format!("there is a group {name:?}; update that, or choose another name");
        return Err(Refusal::Invalid(text));
    }
    if present.len() > limits::GROUPS {
        let text = format!("there are {} groups; delete one first", limits::GROUPS);
        return Err(Refusal::Invalid(text));
    }
    let empty = Group {
        arn: arn::of_group(&name, Some(&shelf.unique()?)),
        name,
        filter_expression: None,
        insights_configuration: Insights::default(),
    };
    let group = contents.apply(empty)?;
    shelf.keep(&group.name, &group)?;
    tag::add(shelf, &group.arn, tags)?;
    Ok(group)
}

/// Changes what is given of a group.
pub(crate) fn update(
    shelf: &Shelf<'_>,
    named: &Named,
    contents: Contents,
) -> Result<Group, Refusal> {
    let group = contents.apply(find(shelf, named)?)?;
    shelf.keep(&group.name, &group)?;
    Ok(group)
}

/// Deletes a group.
pub(crate) fn delete(shelf: &Shelf<'_>, named: &Named) -> Result<(), Refusal> {
    let group = find(shelf, named)?;
    if group.is_default() {
        return Err(Refusal::invalid("the group Default cannot be deleted"));
    }
    shelf.remove::<Group>(&group.name)?;
    Ok(tag::forget(shelf, &group.arn)?)
}

impl Group {
    fn built_in() -> Self {
        Self {
            name: DEFAULT.to_owned(),
            arn: arn::of_group(DEFAULT, None),
            filter_expression: None,
            insights_configuration: Insights::default(),
        }
    }

    /// Whether incidents are looked for.
    pub(crate) const fn has_insights(&self) -> bool {
        self.insights_configuration.insights_enabled
    }

    fn is_default(&self) -> bool {
        self.name == DEFAULT
    }
}

impl Contents {
    fn apply(self, group: Group) -> Result<Group, Refusal> {
        if let Some(expression) = &self.filter_expression {
            if group.is_default() {
                return Err(Refusal::invalid(
                    "the group Default has every trace; make a group of your own for a filter",
                ));
            }
            check_expression(expression)?;
        }
        let insights = self
            .insights_configuration
            .unwrap_or(group.insights_configuration);
        if insights.notifications_enabled && !insights.insights_enabled {
            return Err(Refusal::invalid(
                "NotificationsEnabled needs InsightsEnabled; enable both",
            ));
        }
        Ok(Group {
            filter_expression: self.filter_expression.or(group.filter_expression),
            insights_configuration: insights,
            ..group
        })
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    chars("GroupName", name, 1..=32)?;
    let is_allowed = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    if name.chars().all(is_allowed) {
        return Ok(());
    }
    Err(Refusal::Invalid(format!(
        "GroupName {name:?} may have letters, digits, - and _"
    )))
}

/// Whether a group's expression can be read. This is asked when it is set, so that it is told to who wrote it.
fn check_expression(expression: &str) -> Result<(), Refusal> {
    chars(
        "FilterExpression",
        expression,
        0..=limits::FILTER_EXPRESSION_CHARS,
    )?;
    if !expression.trim().is_empty() {
        Filter::parse(expression)?;
    }
    Ok(())
}
