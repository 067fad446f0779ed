//! `TraceLayer` of `tower-http` around a service, with spans of the level that it has by default.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use lambda_runtime::tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_http::trace::{DefaultMakeSpan, TraceLayer};

use super::*;

async fn served(status: u16) -> Value {
    let documents = emitted(|| async {
        let answer = move |_: Request<String>| async move {
            let status = StatusCode::from_u16(status).unwrap();
            let mut response = Response::new(String::new());
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        };
        let spans = DefaultMakeSpan::new().include_headers(true);
        let service = ServiceBuilder::new()
            .layer(TraceLayer::new_for_http().make_span_with(spans))
            .service(service_fn(answer));
        let request = Request::put("/orders?token=s3cret")
            .header("Authorization", "s3cret")
            .body(String::new());
        service.oneshot(request.unwrap()).await.unwrap();
    })
    .await;
    named(&documents, "request").clone()
}

#[tokio::test]
async fn says_the_request_and_its_status() {
    let fine = served(204).await;
    let http = json!({"request": {"method": "PUT", "url": "/orders"}, "response": {"status": 204}});
    assert_eq!(fine["http"], http);
    assert_eq!(flags(&fine), FINE);
    let metadata = json!({"default": {"network.protocol.version": "HTTP/1.1"}});
    assert_eq!(fine["metadata"], metadata);
    assert_eq!(flags(&served(404).await), ERROR);
    let failed = served(503).await;
    assert_eq!(flags(&failed), FAULT);
    let said = "response failed: Status code: 503 Service Unavailable";
    assert_eq!(*message(&failed), said);
}
