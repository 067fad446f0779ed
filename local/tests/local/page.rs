//! The page: complete without any other server, and unable to run anything but its own files.

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
