//! What a filter expression says, typed so that nothing can be said that makes no sense: a number is compared, a text is
//! searched, and inside of braces stands only what one segment or one root cause can answer.

use serde_json::Value;

use crate::arn::Named;

/// Conditions joined. A list that was parsed has at least two members.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr<T> {
    /// At least one holds.
    Or(Vec<Self>),
    /// All hold.
    And(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A condition.
    Is(T),
}

/// An expression as it was written.
pub(crate) type Filter = Expr<Test>;

/// An expression in which groups have been replaced by what they mean.
pub(crate) type Search = Expr<Whole>;

/// What stands in braces.
pub(super) type Block = Expr<Simple>;

/// A condition on a trace, or on its belonging to a group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    Whole(Whole),
    /// The trace is in the group, or is not.
    Group {
        group: Named,
        is: bool,
    },
}

/// A condition on a trace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Whole {
    Simple(Simple),
    /// A segment of such a node, of which the block holds, is there.
    Service {
        who: Who,
        block: Option<Block>,
    },
    /// A call between such nodes, of which the block holds as its caller tells it, is there.
    Edge {
        from: Who,
        to: Who,
        block: Option<Block>,
    },
    /// A part of a root cause, of which the block holds, is there.
    RootCause {
        kind: Kind,
        level: Level,
        block: Option<Block>,
    },
    /// Root causes that have everything the patterns have are there.
    RootCauseJson(Vec<Value>),
}

/// A condition on a trace, on a segment, on a call or on a part of a root cause.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Simple {
    /// It is so, or is not.
    Flag(Flag, bool),
    /// Without a test: it is known.
    Number(Number, Option<NumberTest>),
    /// Without a test: it is known.
    Text(Text, Option<TextTest>),
    /// Without a test: it is set, and not to `false`.
    Annotation(String, Option<ValueTest>),
}

/// A comparison with a finite number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NumberTest {
    pub(super) comparison: Comparison,
    pub(super) value: f64,
}

/// A comparison with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextTest {
    pub(super) matching: Matching,
    pub(super) value: String,
}

/// A comparison with the value of an annotation, which has its own type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ValueTest {
    Flag(bool),
    Number(NumberTest),
    Text(TextTest),
}

/// Some nodes, by what is known of them; what is not said may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Who {
    pub(super) name: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) account: Option<String>,
}

/// Words of the language, each with the value it stands for.
pub(super) trait Word: Copy + PartialEq + 'static {
    /// Every word, in lower case unless it is an operator.
    const WORDS: &'static [(&'static str, Self)];

    /// Reads one in any case.
    fn read(text: &str) -> Option<Self> {
        let found = (Self::WORDS.iter()).find(|(word, _)| word.eq_ignore_ascii_case(text));
        found.map(|(_, it)| *it)
    }

    /// As it is written.
    fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, it)| *it == self);
        found.map_or("", |(word, _)| word)
    }
}

/// How numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Word for Comparison {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("=", Self::Equal),
        ("!=", Self::NotEqual),
        ("<", Self::Less),
        ("<=", Self::AtMost),
        (">", Self::More),
        (">=", Self::AtLeast),
    ];
}

/// How texts compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matching {
    Equal,
    NotEqual,
    Contains,
    BeginsWith,
    EndsWith,
}

impl Word for Matching {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("=", Self::Equal),
        ("!=", Self::NotEqual),
        ("CONTAINS", Self::Contains),
        ("BEGINSWITH", Self::BeginsWith),
        ("ENDSWITH", Self::EndsWith),
    ];
}

/// What is so or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    Ok,
    Error,
    Throttle,
    Fault,
    Partial,
    Inferred,
    Remote,
    Root,
    First,
    Last,
}

impl Word for Flag {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("ok", Self::Ok),
        ("error", Self::Error),
        ("throttle", Self::Throttle),
        ("fault", Self::Fault),
        ("partial", Self::Partial),
        ("inferred", Self::Inferred),
        ("remote", Self::Remote),
        ("root", Self::Root),
        ("first", Self::First),
        ("last", Self::Last),
    ];
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// Seconds until the answer.
    ResponseTime,
    /// Seconds until the last part ended.
    Duration,
    HttpStatus,
    /// Place in a root cause, from 0.
    Index,
    /// Part of the trace's response time, 0 to 1.
    Coverage,
}

impl Word for Number {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("responsetime", Self::ResponseTime),
        ("duration", Self::Duration),
        ("http.status", Self::HttpStatus),
        ("index", Self::Index),
        ("coverage", Self::Coverage),
    ];
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    HttpUrl,
    HttpMethod,
    HttpUserAgent,
    HttpClientIp,
    User,
    Name,
    Type,
    AccountId,
    AvailabilityZone,
    InstanceId,
    ResourceArn,
    /// Of an exception.
    Message,
}

impl Word for Text {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("http.url", Self::HttpUrl),
        ("http.method", Self::HttpMethod),
        ("http.useragent", Self::HttpUserAgent),
        ("http.clientip", Self::HttpClientIp),
        ("user", Self::User),
        ("name", Self::Name),
        ("type", Self::Type),
        ("account.id", Self::AccountId),
        ("availabilityzone", Self::AvailabilityZone),
        ("instance.id", Self::InstanceId),
        ("resource.arn", Self::ResourceArn),
        ("message", Self::Message),
    ];
}

/// What a root cause is the cause of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Fault,
    Error,
    ResponseTime,
}

impl Word for Kind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("fault", Self::Fault),
        ("error", Self::Error),
        ("responsetime", Self::ResponseTime),
    ];
}

/// Parts of root causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Service,
    Entity,
    Exception,
}

impl Word for Level {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("service", Self::Service),
        ("entity", Self::Entity),
        ("exception", Self::Exception),
    ];
}

/// What a simple condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Trace,
    /// A segment, or a call.
    Segment,
    RootCause,
}

impl Simple {
    /// Whether anything in the scope can answer it.
    pub(super) const fn stands_in(&self, scope: Scope) -> bool {
        let is_of_both = matches!(
            self,
            Self::Flag(Flag::Inferred | Flag::Remote, _)
                | Self::Text(Text::Name | Text::Type | Text::AccountId, _)
        );
        let is_of_root_causes = matches!(
            self,
            Self::Flag(Flag::First | Flag::Last, _)
                | Self::Number(Number::Index | Number::Coverage, _)
                | Self::Text(Text::Message, _)
        );
        is_of_both || is_of_root_causes == matches!(scope, Scope::RootCause)
    }
}
