//! What is recorded of calls: which members of which operations, and where on the wire they stand.
//!
//! Rows are constants and say no more than that. Typed inputs would say it too, at the price of a dependency on every service's crate.

/// What is recorded of some operations of a service.
///
/// ```
/// use lambda_xray::aws::{Parameter, Row, XRayInterceptor};
///
/// const ROWS: &[Row] = &[Row::new("Comprehend", &["DetectSentiment"])
///     .request(&[Parameter::json("LanguageCode")]) // language_code
///     .response(&[Parameter::json("Sentiment").named("mood")])];
///
/// let interceptor = XRayInterceptor::with_rows(ROWS);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Row {
    service: &'static str,
    operations: &'static [&'static str],
    pub(super) request: &'static [Parameter],
    pub(super) response: &'static [Parameter],
}

impl Row {
    /// A row for these operations of the service with this id, as the SDK spells both (`SageMaker Runtime`, `InvokeEndpoint`); for all of the
    /// service's operations when none is named.
    pub const fn new(service: &'static str, operations: &'static [&'static str]) -> Self {
        Self {
            service,
            operations,
            request: &[],
            response: &[],
        }
    }

    /// Records these of the request.
    #[must_use]
    pub const fn request(self, request: &'static [Parameter]) -> Self {
        Self { request, ..self }
    }

    /// Records these of the response.
    #[must_use]
    pub const fn response(self, response: &'static [Parameter]) -> Self {
        Self { response, ..self }
    }

    /// Whether the row is for this operation.
    pub fn covers(&self, service: &str, operation: &str) -> bool {
        self.service == service
            && (self.operations.is_empty() || self.operations.contains(&operation))
    }
}

/// One value that is recorded, and where on the wire it stands.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    pub(super) place: Place,
    pub(super) take: Take,
    name: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A member of the JSON object in the body.
    Json(&'static str),
    /// A field of the form in the body: the query protocol.
    Form(&'static str),
    /// How many elements of this name the XML in the body has.
    Elements(&'static str),
    Header(&'static str),
    Query(&'static str),
    /// A segment of the path, counted from 0.
    Path(usize),
    Status,
    /// The bucket, by host or path; S3 only.
    Bucket,
    /// The whole path that the operation wrote; S3 only.
    Key,
}

/// What of the value is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    Value,
    Keys,
    Count,
}

impl Parameter {
    const fn at(place: Place, name: Option<&'static str>) -> Self {
        Self {
            place,
            take: Take::Value,
            name,
        }
    }

    /// A member of the JSON object that the body is, recorded under its name in snake case. A body that streams or has more than 1 MiB is not read.
    pub const fn json(member: &'static str) -> Self {
        Self::at(Place::Json(member), None)
    }

    /// A field of the form that the request's body is (services that speak XML), recorded under its name in snake case.
    pub const fn form(field: &'static str) -> Self {
        Self::at(Place::Form(field), None)
    }

    /// How many elements of this name, without attributes, the XML in the response's body has. A body that streams is not read.
    pub const fn elements(element: &'static str, name: &'static str) -> Self {
        Self::at(Place::Elements(element), Some(name))
    }

    /// A header.
    pub const fn header(header: &'static str, name: &'static str) -> Self {
        Self::at(Place::Header(header), Some(name))
    }

    /// A parameter of the request's query string.
    pub const fn query(key: &'static str, name: &'static str) -> Self {
        Self::at(Place::Query(key), Some(name))
    }

    /// A segment of the request's path, counted from 0.
    pub const fn path(segment: usize, name: &'static str) -> Self {
        Self::at(Place::Path(segment), Some(name))
    }

    /// The response's HTTP status.
    pub const fn status(name: &'static str) -> Self {
        Self::at(Place::Status, Some(name))
    }

    pub(super) const fn bucket() -> Self {
        Self::at(Place::Bucket, Some("bucket_name"))
    }

    pub(super) const fn key() -> Self {
        Self::at(Place::Key, Some("key"))
    }

    /// Records the keys of a JSON object instead of all of it.
    #[must_use]
    pub const fn keys(self) -> Self {
        Self {
            take: Take::Keys,
            ..self
        }
    }

    /// Records how many a JSON array or object has instead of all of it.
    #[must_use]
    pub const fn count(self) -> Self {
        Self {
            take: Take::Count,
            ..self
        }
    }

    /// Records it under this name; it should be none of those that every call has (`operation`, `region`, `request_id`, `id_2`, `retries`).
    #[must_use]
    pub const fn named(self, name: &'static str) -> Self {
        Self {
            name: Some(name),
            ..self
        }
    }

    /// The name it is recorded under.
    pub(super) fn recorded_as(&self) -> String {
        match (self.name, self.place) {
            (Some(name), _) => name.to_owned(),
            (None, Place::Json(member) | Place::Form(member)) => snake_case(member),
            (None, _) => String::new(),
        }
    }
}

/// `QueueOwnerAWSAccountId` becomes `queue_owner_aws_account_id`: a word begins at a capital after a small letter or before one.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 8);
    let mut previous = None;
    let mut rest = name.chars().peekable();
    while let Some(letter) = rest.next() {
        let after_small = previous.is_some_and(|previous: char| !previous.is_uppercase());
        let before_small = rest.peek().is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && previous.is_some() && (after_small || before_small) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        previous = Some(letter);
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn names_are_written_as_the_other_sdks_write_them() {
        for (name, snake) in [
            ("TableName", "table_name"),
            ("QueueOwnerAWSAccountId", "queue_owner_aws_account_id"),
            ("ACLName", "acl_name"),
            ("stateMachineArn", "state_machine_arn"),
            ("StreamARN", "stream_arn"),
            ("Limit", "limit"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }
}
