//! The service map in the terminal, whole, against committed text, from the answer of the API itself.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;
use xray_local::cli::Palette;
use xray_local::cli::draw::Canvas;
use xray_local::map::Map;

use crate::documents::{START, segment, subsegment, trace_id, with};
use crate::service::Service;
use crate::terminal::check;

/// A shop: two ways in, one service that both call, one that fails, and a table that throttles.
fn shop(number: usize) -> Vec<Value> {
    let call = |id: &str, name: &str, parent: &str, span, more| {
        subsegment(
            id,
            name,
            parent,
            span,
            with(json!({ "namespace": "remote" }), more),
        )
    };
    let fails = number.is_multiple_of(5);
    let web = segment(
        "1000000000000001",
        "web",
        (0.0, 0.4),
        json!({ "origin": "AWS::ECS::Container", "fault": fails }),
    );
    let orders = segment(
        "1000000000000003",
        "orders",
        (0.06, 0.29),
        json!({ "parent_id": "1000000000000002", "fault": fails }),
    );
    let job = segment("2000000000000001", "nightly job", (0.0, 70.0), json!({}));
    let again = segment(
        "2000000000000003",
        "orders",
        (0.06, 0.07),
        json!({ "parent_id": "2000000000000002" }),
    );
    let table = json!({ "namespace": "aws", "aws": { "table_name": "orders-by-customer-and-day-in-eu-west-1" },
        "error": number.is_multiple_of(50), "throttle": number.is_multiple_of(50) });
    let host = json!({ "error": number == 7 });
    let documents = vec![
        web,
        call(
            "1000000000000002",
            "orders.local",
            "1000000000000001",
            (0.05, 0.3),
            json!({ "fault": fails }),
        ),
        orders,
        call(
            "1000000000000004",
            "DynamoDB",
            "1000000000000003",
            (0.1, 0.104),
            table,
        ),
        call(
            "1000000000000005",
            "api.example.com",
            "1000000000000001",
            (0.3, 0.38),
            host,
        ),
        job,
        call(
            "2000000000000002",
            "orders.local",
            "2000000000000001",
            (0.05, 0.08),
            json!({}),
        ),
        again,
    ];
    let id = json!({ "trace_id": trace_id(number) });
    let documents = documents.into_iter().map(|it| with(it, id.clone()));
    documents.collect()
}

async fn map() -> Map {
    let service = Service::start().await;
    let documents: Vec<_> = (0..100).flat_map(shop).collect();
    service.put(&documents).await;
    let input = json!({ "StartTime": START, "EndTime": START + 1.0 });
    let output = service.call("/ServiceGraph", &input).await;
    Map::new(output["Services"].as_array().unwrap())
}

#[tokio::test]
async fn a_map_is_drawn_to_fit_the_width() {
    let map = map().await;
    for width in [110, 72, 40] {
        let canvas = Canvas {
            width,
            palette: Palette::Plain,
        };
        check(&format!("map-{width}.txt"), &canvas.map(&map));
    }
    let canvas = Canvas {
        width: 90,
        palette: Palette::Colour,
    };
    check("map-colour.txt", &canvas.map(&map));
    for width in 40..200 {
        let palette = Palette::Plain;
        for line in (Canvas { width, palette }).map(&map).lines() {
            assert!(line.width() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn what_is_no_graph_is_drawn_as_far_as_it_goes() {
    let canvas = Canvas {
        width: 60,
        palette: Palette::Plain,
    };
    let each_other = [
        json!({ "ReferenceId": 1, "Name": "a", "Edges": [{ "ReferenceId": 2 }, { "ReferenceId": 9 }] }),
        json!({ "ReferenceId": 2, "Name": "b", "Edges": [{ "ReferenceId": 1 }], "Type": 7 }),
        json!({ "ReferenceId": 3, "Name": "\u{1b}[2J" }),
        json!({ "Name": "without a number" }),
        json!(null),
    ];
    let drawing = canvas.map(&Map::new(&each_other));
    assert_eq!(drawing.lines().skip(3).count(), 4, "{drawing}");
    assert!(!drawing.contains('\u{1b}'));
    assert_eq!(Map::new(&[]).rows, []);
}
