//! The page: complete without any other server, and unable to run anything but its own files.

use std::io::Read as _;

use flate2::read::GzDecoder;
use http_body_util::Full;
use hyper::Request;

use crate::service::Service;

#[tokio::test]
async fn the_page_and_every_file_it_names_are_served_under_a_strict_policy() {
    let service = Service::start().await;
    let mut waiting = vec![
        "/".to_owned(),
        "/traces".to_owned(),
        "/map".to_owned(),
        "/analytics".to_owned(),
        "/settings".to_owned(),
        "/xray/home?region=eu-west-1".to_owned(),
        "/traces/1-2-3".to_owned(),
    ];
    let mut seen = Vec::new();
    while let Some(path) = waiting.pop() {
        let answer = service.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        seen.push(path);
        let named = text.split('"').filter_map(|it| {
            let module = it.strip_prefix("./").and_then(|it| it.strip_suffix(".js"));
            module
                .map(|it| format!("/console/{it}.js"))
                .or_else(|| it.starts_with("/console/").then(|| it.to_owned()))
        });
        for file in named {
            if !seen.contains(&file) && !waiting.contains(&file) {
                waiting.push(file);
            }
        }
        for forbidden in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "style=\"",
            "onclick=",
        ] {
            assert!(!text.contains(forbidden), "{forbidden}");
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
}

#[tokio::test]
async fn files_named_by_their_content_are_kept_for_ever_and_the_page_is_asked_for_again() {
    let service = Service::start().await;
    let page = service.get("/").await;
    assert_eq!(page.header("cache-control"), "no-cache");
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    let main = text.split('"').find(|it| it.starts_with("/console/main."));
    let main = service.get(main.unwrap()).await;
    assert!(main.header("cache-control").contains("immutable"));
    assert_eq!(
        main.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    assert_eq!(service.get("/console/main.js").await.status, 404);
}

#[tokio::test]
async fn who_takes_gzip_gets_the_same_file_smaller() {
    let service = Service::start().await;
    let ask = async |accept: &str| {
        let request = Request::get("/map")
            .header("Host", "localhost")
            .header("accept-encoding", accept);
        service.send(request.body(Full::default()).unwrap()).await
    };
    let plain = service.get("/map").await;
    for accept in ["gzip, br", "br;q=1.0, GZIP;q=0.5"] {
        let small = ask(accept).await;
        assert_eq!(small.header("content-encoding"), "gzip", "{accept}");
        assert_eq!(small.header("vary"), "accept-encoding");
        assert!(small.body.len() < plain.body.len());
        let mut text = Vec::new();
        GzDecoder::new(&small.body[..])
            .read_to_end(&mut text)
            .unwrap();
        assert_eq!(text, plain.body);
    }
    for accept in ["", "br", "gzip;q=0", "gzipped"] {
        assert_eq!(ask(accept).await.body, plain.body, "{accept}");
    }
}
