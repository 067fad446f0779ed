//! Web pages of other origins do not reach the service.

use http_body_util::Full;
use hyper::Request;

use crate::service::Service;

#[tokio::test]
async fn a_foreign_host_or_origin_is_refused_and_no_cors_header_is_sent() {
    let service = Service::start().await;
    let here = service.running.addr().to_string();
    let table = [
        (here.as_str(), None, 200),
        (here.as_str(), Some(format!("http://{here}")), 200),
        (here.as_str(), Some("http://evil.example".to_owned()), 403),
        (here.as_str(), Some("null".to_owned()), 403),
        ("localhost", None, 200),
        ("evil.example", None, 403),
        ("evil.example", Some("http://evil.example".to_owned()), 403),
    ];
    for (host, origin, status) in table {
        let mut request = Request::post("/Traces").header("Host", host);
        if let Some(origin) = &origin {
            request = request.header("Origin", origin);
        }
        let body = Full::from(r#"{"TraceIds":[]}"#);
        let answer = service.send(request.body(body).unwrap()).await;
        assert_eq!(answer.status, status, "{host} {origin:?}");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
}
