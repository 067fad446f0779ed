//! What can be asked of a trace, of a segment or call, and of a part of a root cause: one set of questions, three that answer.

use serde_json::Value;

use super::ast::{Flag, Number, Text};
use crate::clock::to_millis;
use crate::compile::{Entity, Node, Status, Trace};

/// Answers the keywords. More than one value: it is enough if one fits.
pub(super) trait Facts<'a> {
    fn flag(&self, flag: Flag) -> bool;
    fn numbers(&self, number: Number) -> Vec<f64>;
    fn texts(&self, text: Text) -> Vec<&'a str>;
    fn annotations(&self, key: &str) -> Vec<&'a Value>;
}

/// A segment, or the subsegment that tells of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) entity: Entity<'a>,
    pub(super) is_root: bool,
}

impl<'a> Facts<'a> for Part<'a> {
    fn flag(&self, flag: Flag) -> bool {
        let entity = self.entity;
        match flag {
            Flag::Ok => entity.status() == Status::Ok,
            Flag::Error => entity.flag("error"),
            Flag::Throttle => entity.flag("throttle"),
            Flag::Fault => entity.flag("fault"),
            Flag::Partial => entity.tree().any(Entity::in_progress),
            Flag::Inferred => entity.is_inferred(),
            Flag::Remote => entity.is_inferred() || entity.text("/namespace").is_some(),
            Flag::Root => self.is_root,
            Flag::First | Flag::Last => false,
        }
    }

    fn numbers(&self, number: Number) -> Vec<f64> {
        let entity = self.entity;
        let took = |from: Option<f64>, to: Option<f64>| Some(to_millis((to? - from?).max(0.0)));
        let number = match number {
            Number::ResponseTime => took(entity.start(), entity.end()),
            Number::Duration => took(
                entity.tree().filter_map(Entity::start).reduce(f64::min),
                entity.tree().filter_map(Entity::end).reduce(f64::max),
            ),
            Number::HttpStatus => (entity.http_status())
                .and_then(|it| u32::try_from(it).ok())
                .map(f64::from),
            Number::Index | Number::Coverage => None,
        };
        number.into_iter().collect()
    }

    fn texts(&self, text: Text) -> Vec<&'a str> {
        let node = Node::of(self.entity);
        let pointers: &[&str] = match text {
            Text::Name => return vec![node.name],
            Text::Type => return node.kind.into_iter().collect(),
            Text::AccountId => return node.account.into_iter().collect(),
            Text::Message => return Vec::new(),
            Text::HttpUrl => &["/http/request/url"],
            Text::HttpMethod => &["/http/request/method"],
            Text::HttpUserAgent => &["/http/request/user_agent"],
            Text::HttpClientIp => &["/http/request/client_ip"],
            Text::User => &["/user"],
            Text::AvailabilityZone => &["/aws/ec2/availability_zone", "/aws/ecs/availability_zone"],
            Text::InstanceId => &["/aws/ec2/instance_id"],
            Text::ResourceArn => &["/resource_arn", "/aws/function_arn"],
        };
        let found = pointers.iter().filter_map(|it| self.entity.text(it));
        found.collect()
    }

    fn annotations(&self, key: &str) -> Vec<&'a Value> {
        let all = self.entity.tree().flat_map(Entity::annotations);
        all.filter(|(it, _)| *it == key).map(|(_, it)| it).collect()
    }
}

/// A trace: what happened to its root, and what any segment of it says.
#[derive(Clone, Copy, Debug)]
pub(super) struct WholeTrace<'a> {
    pub(super) trace: &'a Trace,
    pub(super) root: Option<Entity<'a>>,
}

impl<'a> WholeTrace<'a> {
    pub(super) fn new(trace: &'a Trace) -> Self {
        let root = trace.root();
        Self { trace, root }
    }

    /// A segment or subsegment of it.
    pub(super) fn part(&self, entity: Entity<'a>) -> Part<'a> {
        let root = self.root.and_then(Entity::id);
        Part {
            entity,
            is_root: root.is_some() && entity.id() == root,
        }
    }

    fn segments(&self) -> impl Iterator<Item = Part<'a>> {
        self.trace.entities().map(|it| self.part(it))
    }

    fn root(&self) -> Option<Part<'a>> {
        self.root.map(|it| self.part(it))
    }
}

impl<'a> Facts<'a> for WholeTrace<'a> {
    fn flag(&self, flag: Flag) -> bool {
        match flag {
            Flag::Ok | Flag::Error | Flag::Fault | Flag::Root => {
                self.root().is_some_and(|it| it.flag(flag))
            }
            Flag::Partial => self.trace.in_progress(),
            Flag::Throttle | Flag::Inferred | Flag::Remote | Flag::First | Flag::Last => {
                self.segments().any(|it| it.flag(flag))
            }
        }
    }

    fn numbers(&self, number: Number) -> Vec<f64> {
        if number == Number::Duration {
            let (start, end) = self.trace.span();
            return vec![to_millis(end - start)];
        }
        self.root().map(|it| it.numbers(number)).unwrap_or_default()
    }

    fn texts(&self, text: Text) -> Vec<&'a str> {
        match text {
            Text::HttpUrl | Text::HttpMethod | Text::HttpUserAgent | Text::HttpClientIp => {
                self.root().map(|it| it.texts(text)).unwrap_or_default()
            }
            _ => self.segments().flat_map(|it| it.texts(text)).collect(),
        }
    }

    fn annotations(&self, key: &str) -> Vec<&'a Value> {
        let all = self.segments().flat_map(|it| it.annotations(key));
        all.collect()
    }
}

/// A service, an entity or an exception on the way to a root cause, as summaries tell it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) fields: &'a Value,
    /// Its place on the whole way, from 0.
    pub(super) index: usize,
    /// How many there are on the whole way.
    pub(super) of: usize,
}

impl<'a> Facts<'a> for Step<'a> {
    fn flag(&self, flag: Flag) -> bool {
        let is = |field| self.fields.get(field) == Some(&Value::Bool(true));
        match flag {
            Flag::First => self.index == 0,
            Flag::Last => self.index + 1 == self.of,
            Flag::Inferred => is("Inferred"),
            Flag::Remote => is("Remote"),
            _ => false,
        }
    }

    fn numbers(&self, number: Number) -> Vec<f64> {
        let number = match number {
            Number::Index => u32::try_from(self.index).ok().map(f64::from),
            Number::Coverage => self.fields.get("Coverage").and_then(Value::as_f64),
            _ => None,
        };
        number.into_iter().collect()
    }

    fn texts(&self, text: Text) -> Vec<&'a str> {
        let field = match text {
            Text::Name => "Name",
            Text::Type => "Type",
            Text::AccountId => "AccountId",
            Text::Message => "Message",
            _ => return Vec::new(),
        };
        let text = self.fields.get(field).and_then(Value::as_str);
        text.into_iter().collect()
    }

    fn annotations(&self, _key: &str) -> Vec<&'a Value> {
        Vec::new()
    }
}
