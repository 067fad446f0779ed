//! Requests and answers of restJson1: JSON in both directions, an empty body for no parameters, time in three spellings.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use tokio::time::timeout;

use super::error::ApiError;
use crate::clock::days_from_date;
use crate::limits;

/// A JSON body, whatever the content type says: clients differ, and some send none.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let body = read(request.into_body()).await?;
        let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
        let parsed = serde_json::from_slice(body);
        parsed.map(Self).map_err(|error| {
            ApiError::invalid(format!("the body does not fit the operation: {error}"))
        })
    }
}

async fn read(body: Body) -> Result<Bytes, ApiError> {
    let collected = timeout(
        limits::BODY_TIME,
        Limited::new(body, limits::BODY_BYTES).collect(),
    );
    match collected.await {
        Err(_) => Err(ApiError::Timeout),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(ApiError::TooLarge(limits::BODY_BYTES))
        }
        Ok(Err(error)) => Err(ApiError::invalid(format!("the body broke off: {error}"))),
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        // Only maps whose keys are no strings fail, and answers have none.
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        ([(CONTENT_TYPE, "application/json")], body).into_response()
    }
}

/// A point in time as clients write it: whole seconds (AWS CLI), seconds with a fraction (boto3), or ISO 8601.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct When(pub(super) f64);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WhenVisitor)
    }
}

struct WhenVisitor;

impl Visitor<'_> for WhenVisitor {
    type Value = When;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("epoch seconds or an ISO 8601 time")
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<When, E> {
        Ok(When(seconds))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "beyond 2^53 seconds a second more or less does not matter"
    )]
    fn visit_u64<E: Error>(self, seconds: u64) -> Result<When, E> {
        Ok(When(seconds as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "beyond 2^53 seconds a second more or less does not matter"
    )]
    fn visit_i64<E: Error>(self, seconds: i64) -> Result<When, E> {
        Ok(When(seconds as f64))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<When, E> {
        let seconds = text.parse().ok().filter(|it: &f64| it.is_finite());
        seconds
            .or_else(|| iso_8601(text))
            .map(When)
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

/// `2026-11-23T08:00:00Z`, with a fraction or an offset if wanted; without a zone it is UTC.
fn iso_8601(text: &str) -> Option<f64> {
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let mut date = date.splitn(3, '-').map(digits);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year > 9999 {
        return None;
    }
    let (time, offset) = split_zone(time)?;
    let mut time = time.splitn(3, ':');
    let (hour, minute) = (digits(time.next()?)?, digits(time.next()?)?);
    let second: f64 = time.next().unwrap_or("0").parse().ok()?;
    if hour > 24 || minute > 59 || !(0.0..=60.0).contains(&second) {
        return None;
    }
    let minutes = (days_from_date(year, month, day) * 24 + hour) * 60 + minute - offset;
    let minutes = i32::try_from(minutes).ok()?;
    Some(f64::from(minutes) * 60.0 + second)
}

fn digits(text: &str) -> Option<i64> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// The time of day, and the minutes its zone is ahead of UTC.
fn split_zone(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else {
        return Some((time, 0));
    };
    let (time, zone) = time.split_at_checked(at)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = match zone.get(1..)?.split_once(':') {
        Some(parts) => parts,
        None => zone.get(1..)?.split_at_checked(2)?,
    };
    let minutes = if minutes.is_empty() { "0" } else { minutes };
    Some((time, sign * (digits(hours)? * 60 + digits(minutes)?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_instant_has_many_spellings() {
        for text in [
            "1795420800",
            "1795420800.0",
            "\"1795420800\"",
            "\"2026-11-23T08:00:00Z\"",
            "\"2026-11-23T08:00:00.000Z\"",
            "\"2026-11-23T09:00:00+01:00\"",
            "\"2026-11-23T03:30:00-0430\"",
            "\"2026-11-23 08:00\"",
        ] {
            let when: When = serde_json::from_str(text).unwrap();
            assert_eq!(when, When(1_795_420_800.0), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "\"\"",
            "\"yesterday\"",
            "\"2026-13-01T00:00:00Z\"",
            "\"inf\"",
            "null",
            "[]",
        ] {
            assert!(serde_json::from_str::<When>(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String) {
            let _ = iso_8601(&text);
        }
    }
}
