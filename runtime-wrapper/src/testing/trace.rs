//! The captured trace, and what can be asserted of it.

use xray_segment::document::{AnnotationValue, Cause};
use xray_segment::{Document, EntityId};

use super::draw::draw;

/// What was captured: a tree, in the order in which it began.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    documents: Vec<Document<'static>>,
}

impl Trace {
    pub(super) fn new(mut documents: Vec<Document<'static>>) -> Self {
        // The last to close is the root; of two that began in the same microsecond, the parent stands before its child.
        documents.reverse();
        documents.sort_by_key(|document| document.start_time);
        let root = documents.iter().position(|document| {
            let parent = document.parent_id;
            !documents.iter().any(|other| Some(other.id) == parent)
        });
        if let Some(root) = root {
            documents
                .get_mut(..=root)
                .into_iter()
                .for_each(|first| first.rotate_right(1));
        }
        Self { documents }
    }

    /// All subsegments, as documents; the first is that of the test itself.
    pub fn documents(&self) -> &[Document<'static>] {
        &self.documents
    }

    /// The names of all but the test's own, in the order in which they began.
    pub fn names(&self) -> Vec<&str> {
        let all = self.documents.iter().skip(1);
        all.map(|document| document.name.as_ref()).collect()
    }

    /// All of this name.
    pub fn all(&self, name: &str) -> Vec<Captured<'_>> {
        let found = self.documents.iter().filter(|found| found.name == name);
        found.map(|document| self.captured(document)).collect()
    }

    /// What is said of the test as a whole, as a handler says it of its function subsegment.
    ///
    /// # Panics
    ///
    /// When nothing was captured, because the trace was not sampled.
    #[track_caller]
    pub fn root(&self) -> Captured<'_> {
        let first = self.documents.first();
        first.map_or_else(
            || fail("nothing was captured", self),
            |root| self.captured(root),
        )
    }

    /// The one subsegment of this name.
    ///
    /// # Panics
    ///
    /// When there is none or there are several; see [`Trace::all`].
    #[track_caller]
    pub fn find(&self, name: &str) -> Captured<'_> {
        match self.all(name)[..] {
            [found] => found,
            [] => fail(&format!("no subsegment is named {name:?}"), self),
            ref several => fail(
                &format!("{} subsegments are named {name:?}", several.len()),
                self,
            ),
        }
    }

    fn captured<'t>(&'t self, document: &'t Document<'static>) -> Captured<'t> {
        Captured {
            trace: self,
            document,
        }
    }

    pub(super) fn beneath(&self, parent: EntityId) -> impl Iterator<Item = &Document<'static>> {
        let all = self.documents.iter();
        all.filter(move |document| document.parent_id == Some(parent))
    }
}

/// Draws the tree.
impl std::fmt::Display for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        draw(self, f)
    }
}

/// A captured subsegment. Its assertions can be written in a row.
#[derive(Clone, Copy, Debug)]
pub struct Captured<'t> {
    trace: &'t Trace,
    document: &'t Document<'static>,
}

impl<'t> Captured<'t> {
    /// All that it says.
    pub fn document(self) -> &'t Document<'static> {
        self.document
    }

    /// The one above it; `None` for the test's own.
    pub fn parent(self) -> Option<Self> {
        let id = self.document.parent_id?;
        let parent = self.trace.documents.iter().find(|above| above.id == id);
        parent.map(|above| self.trace.captured(above))
    }

    /// Those right beneath it, in the order in which they began.
    pub fn children(self) -> Vec<Self> {
        let children = self.trace.beneath(self.document.id);
        children.map(|child| self.trace.captured(child)).collect()
    }

    /// Holds it to this annotation.
    ///
    /// # Panics
    ///
    /// When it is not there, or is another.
    #[track_caller]
    pub fn assert_annotation<'v>(&self, key: &str, value: impl Into<AnnotationValue<'v>>) -> &Self {
        let (found, value) = (self.document.annotations.get(key), value.into());
        self.hold(found == Some(&value), || {
            format!("its annotation {key:?} is {found:?}, not {value:?}")
        })
    }

    /// Holds it to stand right beneath the subsegment of this name.
    ///
    /// # Panics
    ///
    /// When it stands elsewhere.
    #[track_caller]
    pub fn assert_beneath(&self, parent: &str) -> &Self {
        let above = self.parent().map(|above| above.document.name.as_ref());
        self.hold(above == Some(parent), || {
            format!("it is beneath {above:?}, not {parent:?}")
        })
    }

    /// Holds it to carry none of the flags fault, error and throttle.
    ///
    /// # Panics
    ///
    /// When it carries one.
    #[track_caller]
    pub fn assert_ok(&self) -> &Self {
        let Document {
            fault,
            error,
            throttle,
            ..
        } = self.document;
        self.hold(!(*fault || *error || *throttle), || {
            "it is flagged".to_owned()
        })
    }

    /// Holds it to be a fault, with a cause that says `part` somewhere; an empty one is said by any.
    ///
    /// # Panics
    ///
    /// When it is none, or its cause says something else.
    #[track_caller]
    pub fn assert_fault(&self, part: &str) -> &Self {
        let says = part.is_empty() || self.messages().any(|message| message.contains(part));
        self.hold(self.document.fault && says, || {
            format!("it is no fault that says {part:?}")
        })
    }

    /// Holds it to be flagged as the caller's error.
    ///
    /// # Panics
    ///
    /// When it is not.
    #[track_caller]
    pub fn assert_error(&self) -> &Self {
        self.hold(self.document.error, || "it is no error".to_owned())
    }

    fn messages(self) -> impl Iterator<Item = &'t str> {
        let detail = match &self.document.cause {
            Some(Cause::Detail(detail)) => Some(detail),
            _ => None,
        };
        let exceptions = detail.into_iter().flat_map(|detail| &detail.exceptions);
        exceptions.filter_map(|exception| exception.message.as_deref())
    }

    #[track_caller]
    fn hold(&self, holds: bool, wrong: impl FnOnce() -> String) -> &Self {
        if !holds {
            fail(
                &format!("{:?}: {}", self.document.name, wrong()),
                self.trace,
            );
        }
        self
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a failed assertion of the user's test")]
fn fail(wrong: &str, trace: &Trace) -> ! {
    panic!("{wrong} in\n{trace}")
}
