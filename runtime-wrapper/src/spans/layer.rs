//! The layer: opens a subsegment with a span, makes it current while the span is entered, closes it with the span.

use std::borrow::Cow;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context as Subscribed;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::around::Around;
use super::fields::Fields;
use super::meaning::Said;
use super::{entered, libraries, meaning, sqlx};
use crate::sql::Database;
use crate::{Context, Subsegment};

/// Turns the spans of `tracing` into subsegments: a [`tracing_subscriber::Layer`] for a registry; see [the module](self::super).
#[derive(Clone, Debug)]
pub struct SpanLayer {
    prefix: Cow<'static, str>,
    max_level: Level,
    sqlx: Option<Database>,
}

/// What the layer keeps of a span.
struct Opened {
    subsegment: Subsegment,
    said: Said,
}

impl SpanLayer {
    /// A layer for spans of the level `INFO` and above.
    pub fn new() -> Self {
        Self {
            prefix: "annotation.".into(),
            max_level: Level::INFO,
            sqlx: None,
        }
    }

    /// Makes subsegments of the queries of `sqlx`, which go to this database.
    ///
    /// ```
    /// use lambda_xray::spans::SpanLayer;
    /// use lambda_xray::sql::Database;
    ///
    /// let layer = SpanLayer::new().with_sqlx(Database::new("postgres://ada:secret@db.example.com/orders"));
    /// ```
    #[must_use]
    pub fn with_sqlx(self, database: Database) -> Self {
        Self {
            sqlx: Some(database),
            ..self
        }
    }

    /// Takes spans up to this level; `TRACE` for all that the filters let through.
    #[must_use]
    pub fn with_max_level(self, max_level: Level) -> Self {
        Self { max_level, ..self }
    }

    /// Makes annotations of the fields whose names begin with `prefix`, `annotation.` by default; what follows it is the key. With an empty prefix every field
    /// that has no other meaning is one.
    #[must_use]
    pub fn with_annotation_prefix(self, prefix: impl Into<Cow<'static, str>>) -> Self {
        Self {
            prefix: prefix.into(),
            ..self
        }
    }

    fn wants(&self, span: &Metadata<'_>) -> bool {
        *span.level() <= self.max_level && !libraries::is_inside(span)
    }

    /// Adds fields to the subsegment of a span.
    fn add<'r, R: LookupSpan<'r>>(&self, span: &SpanRef<'r, R>, fields: Fields) {
        // With no lock of the registry's held: what is told leaves this process.
        let Some((context, mut said)) = opened(span) else {
            return;
        };
        meaning::tell(&context, fields, &self.prefix, &mut said);
        if let Some(opened) = span.extensions_mut().get_mut::<Opened>() {
            opened.said = said;
        }
    }
}

impl Default for SpanLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for SpanLayer
where
    S: Subscriber + for<'l> LookupSpan<'l>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, subscribed: Subscribed<'_, S>) {
        if !self.wants(attributes.metadata()) {
            return;
        }
        let named = attributes.parent().and_then(|id| subscribed.span(id));
        let parent = named
            .and_then(|span| nearest(&span))
            .unwrap_or_else(Context::current);
        if !parent.is_recorded() {
            return;
        }
        let subsegment = parent.subsegment(attributes.metadata().name());
        let mut fields = Fields::of(|visit| attributes.record(visit));
        libraries::translate(&mut fields, attributes.metadata());
        let mut said = Said::default();
        meaning::tell(&subsegment, fields, &self.prefix, &mut said);
        if let Some(span) = subscribed.span(id) {
            span.extensions_mut().replace(Opened { subsegment, said });
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, subscribed: Subscribed<'_, S>) {
        // A field is not looked at where nobody keeps it.
        if let Some(span) = subscribed.span(id).filter(|span| context(span).is_some()) {
            self.add(&span, Fields::of(|visit| values.record(visit)));
        }
    }

    fn on_event(&self, event: &Event<'_>, subscribed: Subscribed<'_, S>) {
        let around = || subscribed.event_span(event).and_then(|span| nearest(&span));
        if let Some(database) = &self.sqlx
            && sqlx::is_query(event.metadata())
        {
            let context = around().unwrap_or_else(Context::current);
            sqlx::tell(&context, database, event);
        } else if libraries::is_answer(event.metadata()) {
            let asked = subscribed.event_span(event);
            if let Some(span) = asked.filter(|span| context(span).is_some()) {
                self.add(&span, libraries::answer(event));
            }
        } else if *event.metadata().level() == Level::ERROR
            && let Some(context) = around()
        {
            let fields = Fields::of(|visit| event.record(visit));
            meaning::tell_error(&context, fields, event.metadata());
        }
    }

    fn on_enter(&self, id: &Id, subscribed: Subscribed<'_, S>) {
        let span = subscribed.span(id);
        if let Some(context) = span.and_then(|span| context(&span).or_else(|| adopted(&span))) {
            entered::enter(id, context);
        }
    }

    fn on_exit(&self, id: &Id, _: Subscribed<'_, S>) {
        entered::exit(id);
    }

    fn on_close(&self, id: Id, subscribed: Subscribed<'_, S>) {
        let span = subscribed.span(&id);
        let opened = span.and_then(|span| span.extensions_mut().remove::<Opened>());
        // Closed here, with no lock of the registry's held.
        drop(opened);
    }
}

fn context<'r, R: LookupSpan<'r>>(span: &SpanRef<'r, R>) -> Option<Context> {
    let extensions = span.extensions();
    let opened: &Opened = extensions.get()?;
    Some(Context::clone(&opened.subsegment))
}

/// The invocation that the span stands around.
fn adopted<'r, R: LookupSpan<'r>>(span: &SpanRef<'r, R>) -> Option<Context> {
    let extensions = span.extensions();
    extensions.get().map(|Around(context)| context.clone())
}

fn opened<'r, R: LookupSpan<'r>>(span: &SpanRef<'r, R>) -> Option<(Context, Said)> {
    let extensions = span.extensions();
    let opened: &Opened = extensions.get()?;
    Some((Context::clone(&opened.subsegment), opened.said))
}

/// The subsegment of the span, or of the innermost one around it that has any.
fn nearest<'r, R: LookupSpan<'r>>(span: &SpanRef<'r, R>) -> Option<Context> {
    span.scope().find_map(|span| context(&span))
}
