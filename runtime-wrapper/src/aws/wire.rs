//! Reads what stands on the wire: addresses, headers and bodies that lie in memory. A body that streams is never touched.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::json;
use super::row::{Parameter, Place};

/// What is recorded of a request; `path` is the one that the operation wrote, before the endpoint came in front of it.
pub(super) fn request_parameters(
    wanted: &[Parameter],
    request: &HttpRequest,
    path: &str,
) -> Vec<(String, Value)> {
    let body = request.body().bytes().unwrap_or_default();
    let single = wanted.iter().filter_map(|one| {
        let value = match one.place {
            Place::Form(field) => form_value(body, field),
            Place::Header(header) => request.headers().get(header).map(str::to_owned),
            Place::Query(key) => form_value(query(request).as_bytes(), key),
            Place::Path(segment) => path.split('/').skip(1).nth(segment).map(percent_decoded),
            Place::Bucket => bucket(request.uri(), path),
            Place::Key => path.strip_prefix('/').map(percent_decoded),
            Place::Json(_) | Place::Elements(_) | Place::Status => None,
        };
        let value = value.filter(|value| !value.is_empty())?;
        Some((one.recorded_as(), value.into()))
    });
    single.chain(members(wanted, body)).collect()
}

/// What is recorded of a response whose body has been read.
pub(super) fn response_parameters(
    wanted: &[Parameter],
    response: &HttpResponse,
) -> Vec<(String, Value)> {
    let body = response.body().bytes();
    let single = wanted.iter().filter_map(|one| {
        let value = match one.place {
            Place::Elements(element) => body.map(|body| elements(body, element).into()),
            Place::Header(header) => response.headers().get(header).map(typed),
            Place::Status => Some(response.status().as_u16().into()),
            _ => None,
        };
        Some((one.recorded_as(), value?))
    });
    single
        .chain(members(wanted, body.unwrap_or_default()))
        .collect()
}

/// How often an element begins. In XML `<` stands nowhere else, but in comments and CDATA, which AWS's services do not write.
fn elements(body: &[u8], element: &str) -> usize {
    let begins = |tag: &&[u8]| {
        let rest = tag.strip_prefix(element.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b">"))
    };
    let tags = body.split(|byte| *byte == b'<').skip(1);
    tags.filter(begins).count()
}

fn members(wanted: &[Parameter], body: &[u8]) -> impl Iterator<Item = (String, Value)> {
    let found = json::pick(body, wanted).into_iter();
    found.map(|(one, value)| (one.recorded_as(), value))
}

/// A header knows no types; numbers and flags in JSON would be such.
fn typed(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Bool(_) | Value::Number(_))) => value,
        _ => text.into(),
    }
}

/// Whether the signature stands in the query: such a request is given away, not sent.
pub(super) fn is_presigned(request: &HttpRequest) -> bool {
    form_value(query(request).as_bytes(), "X-Amz-Signature").is_some()
}

/// The region that the request is signed for.
///
/// `AWS4-HMAC-SHA256 Credential=KEY/20261123/eu-west-1/sqs/aws4_request, …`; a signature for several regions names them in a header.
pub(super) fn region(request: &HttpRequest) -> Option<String> {
    if let Some(regions) = request.headers().get("x-amz-region-set") {
        return Some(regions.to_owned());
    }
    let signature = request.headers().get("authorization")?;
    let (_, scope) = signature.split_once("Credential=")?;
    let mut scope = scope.split(',').next()?.rsplit('/');
    scope.next().filter(|end| *end == "aws4_request")?;
    scope.nth(1).map(str::to_owned)
}

fn query(request: &HttpRequest) -> &str {
    request.uri().split_once('?').map_or("", |(_, query)| query)
}

/// The bucket: the endpoint's path, or where that has none, its host.
fn bucket(uri: &str, path: &str) -> Option<String> {
    let address = uri.split_once("://")?.1;
    let address = address.split('?').next()?;
    let endpoint = address.strip_suffix(path)?;
    match endpoint.split_once('/') {
        Some((_, path)) => path.rsplit('/').next().map(percent_decoded),
        None => bucket_in_host(endpoint),
    }
}

/// `orders.s3.eu-west-1.amazonaws.com`, `orders.localhost.localstack.cloud:4566`; not `s3.eu-west-1.amazonaws.com`, `127.0.0.1`, `localhost`.
fn bucket_in_host(host: &str) -> Option<String> {
    let host = host.split(':').next()?;
    let before_s3 = [".s3.", ".s3-", ".s3express-"]
        .iter()
        .find_map(|s3| host.split_once(s3));
    if let Some((bucket, _)) = before_s3 {
        return Some(bucket.to_owned());
    }
    let (first, rest) = host.split_once('.')?;
    let plain = first == "s3" || first.starts_with("s3-");
    let number = rest.rsplit('.').next()?.parse::<u8>().is_ok();
    (!plain && !number).then(|| first.to_owned())
}

/// The value of a field in `a=1&b=2`.
fn form_value(form: &[u8], field: &str) -> Option<String> {
    let form = std::str::from_utf8(form).ok()?;
    form.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == field).then(|| percent_decoded(&value.replace('+', " ")))
    })
}

/// What is no escape is left as it is.
fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let escape = part.split_at_checked(2).and_then(escaped);
        let (byte, rest) = escape.unwrap_or((b'%', part));
        bytes.push(byte);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escaped<'t>((digits, rest): (&str, &'t str)) -> Option<(u8, &'t str)> {
    let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let byte = u8::from_str_radix(digits, 16).ok().filter(|_| hex)?;
    Some((byte, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_escaped_comes_back(text in ".*") {
            let escaped: Vec<_> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(percent_decoded(&escaped.concat()), text);
        }

        #[test]
        fn any_address_and_any_form_are_read(text in ".*", path in ".*", form: Vec<u8>) {
            let _ = (percent_decoded(&text), bucket(&text, &path), bucket_in_host(&text));
            let _ = (form_value(&form, &text), form_value(text.as_bytes(), &path));
        }
    }

    #[test]
    fn a_bucket_stands_in_the_host_or_in_the_path() {
        for (uri, path, expected) in [
            (
                "https://orders.s3.eu-west-1.amazonaws.com/a/b?x=1",
                "/a/b",
                Some("orders"),
            ),
            ("https://o.rders.s3.amazonaws.com/", "/", Some("o.rders")),
            (
                "https://orders.s3-accelerate.amazonaws.com/a",
                "/a",
                Some("orders"),
            ),
            (
                "https://s3.eu-west-1.amazonaws.com/or.ders/a",
                "/a",
                Some("or.ders"),
            ),
            ("https://s3-fips.us-east-1.amazonaws.com/", "/", None),
            (
                "http://127.0.0.1:9000/orders/a%20b",
                "/a%20b",
                Some("orders"),
            ),
            ("http://127.0.0.1:9000/", "/", None),
            ("http://localhost:9000/", "/", None),
            ("http://orders.localhost:9000/a", "/a", Some("orders")),
            ("nonsense", "/", None),
        ] {
            assert_eq!(bucket(uri, path).as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn escapes_are_decoded_and_nonsense_is_left() {
        for (text, expected) in [
            ("a%20b%2Fc", "a b/c"),
            ("%E2%82%AC", "€"),
            ("100%", "100%"),
            ("%zz%2", "%zz%2"),
            ("%+1", "%+1"),
            ("%€", "%€"),
            ("%ff", "\u{fffd}"),
        ] {
            assert_eq!(percent_decoded(text), expected);
        }
        assert_eq!(form_value(b"a=1&b=x+y%3A", "b").as_deref(), Some("x y:"));
        assert_eq!(form_value(b"\xff", "b"), None);
    }

    #[test]
    fn the_region_is_that_of_the_signature() {
        let signed = |header: &'static str, value: &'static str| {
            let mut request = HttpRequest::empty();
            request.headers_mut().insert(header, value);
            region(&request)
        };
        let scope = "AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=0";
        assert_eq!(signed("authorization", scope).as_deref(), Some("eu-west-1"));
        assert_eq!(signed("x-amz-region-set", "*").as_deref(), Some("*"));
        assert_eq!(signed("authorization", "Bearer Credential=a/b/c"), None);
    }
}
