//! What the terminal draws, whole, against committed text. `UPDATE=1 cargo test -p xray-local` writes it anew.

use std::path::Path;

use serde_json::json;
use xray_local::cli::Palette;
use xray_local::cli::draw::{Analysis, Canvas};
use xray_local::compile;
use xray_local::timeline::Timeline;

use crate::documents::{TRACE, in_progress, segment, subsegment};

fn timeline() -> Timeline {
    let function = json!({
        "fault": true,
        "annotations": { "ColdStart": true, "order": "42" },
        "aws": { "function_arn": "arn:aws:lambda:eu-west-1:123456789012:function:orders" },
        "cause": { "exceptions": [{ "type": "OrderError", "message": "no such order\n\u{1b}[31m42" }] },
    });
    let throttled = json!({ "namespace": "remote", "error": true, "throttle": true, "http": { "response": { "status": 429 } } });
    let failed = json!({ "namespace": "aws", "error": true, "cause": { "exceptions": [{ "message": "x".repeat(150) }] } });
    let trace = compile(vec![
        subsegment(
            "1000000000000001",
            "orders",
            "2000000000000000",
            (0.0, 0.412),
            function,
        ),
        subsegment(
            "1000000000000002",
            "charge",
            "1000000000000001",
            (0.05, 0.0552),
            json!({ "annotations": { "gift": false } }),
        ),
        subsegment(
            "1000000000000003",
            "日本語の名前 in a name that is far too long for its column",
            "1000000000000001",
            (0.06, 0.09),
            failed,
        ),
        subsegment(
            "1000000000000004",
            "api.example.com",
            "1000000000000001",
            (0.1, 0.3),
            throttled,
        ),
        subsegment(
            "1000000000000005",
            "retry",
            "1000000000000004",
            (0.25, 0.3),
            json!({}),
        ),
        in_progress(subsegment(
            "1000000000000006",
            "never closed",
            "1000000000000001",
            (0.3, 0.4),
            json!({}),
        )),
        segment(
            "1000000000000007",
            "downstream",
            (0.15, 0.28),
            json!({ "parent_id": "1000000000000004", "origin": "AWS::ECS::Container" }),
        ),
    ]);
    Timeline::new(TRACE, &trace)
}

pub(crate) fn check(name: &str, drawing: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/local/expected")
        .join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, drawing).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        drawing, expected,
        "{name}:\n{drawing}\nexpected:\n{expected}"
    );
}

#[test]
fn a_timeline_is_drawn_to_fit_the_width() {
    for width in [110, 72, 40] {
        let canvas = Canvas {
            width,
            palette: Palette::Plain,
        };
        check(&format!("timeline-{width}.txt"), &canvas.draw(&timeline()));
    }
}

#[test]
fn colours_change_nothing_but_colour() {
    let draw = |palette| Canvas { width: 90, palette }.draw(&timeline());
    let coloured = draw(Palette::Colour);
    check("timeline-colour.txt", &coloured);
    let mut plain = String::new();
    for (at, part) in coloured.split('\u{1b}').enumerate() {
        plain.push_str(if at == 0 {
            part
        } else {
            part.split_once('m').unwrap().1
        });
    }
    assert_eq!(plain, draw(Palette::Plain));
}

/// Two sets of traces, as `GetAnalytics` answers them.
fn analysis(is_pair: bool) -> Analysis {
    let bucket = |from: f64, count: u64| json!({ "From": from, "To": from * 2.0, "Count": count });
    let set = |counts: [u64; 5]| {
        let edges = [0.005, 0.01, 0.02, 0.04, 0.08];
        let histogram: Vec<_> = edges
            .iter()
            .zip(counts)
            .map(|(it, count)| bucket(*it, count))
            .collect();
        json!({
            "Count": counts.iter().sum::<u64>(), "Fault": 3, "Error": 1, "Throttle": 0, "Histogram": histogram,
            "Percentiles": { "P50": 0.0151, "P90": 0.0412, "P95": 0.0633, "P99": 1.2 },
        })
    };
    let share = |count: u64, fault: f64| json!({ "Count": count, "Share": 0.25, "P50": 0.02, "P95": 0.12, "FaultRate": fault });
    let row = |value: &str, count: u64| {
        let mut row = json!({ "Value": value, "A": share(count, 0.0) });
        if is_pair {
            row["B"] = share(count / 2, 0.5);
            row["Difference"] = json!(-0.125);
        }
        row
    };
    let mut answer = json!({
        "A": set([0, 1, 120, 31, 0]),
        "Rows": [row("https://shop.example.com/checkout/with/a/path/that/is/long", 120), row("\u{1b}[2J", 2)],
        "Truncated": true,
    });
    if is_pair {
        answer["B"] = set([0, 0, 2, 30, 0]);
    }
    serde_json::from_value(answer).unwrap()
}

#[test]
fn an_analysis_is_drawn_of_one_set_and_of_two() {
    for width in [110, 72] {
        for (name, is_pair) in [("one", false), ("two", true)] {
            let canvas = Canvas {
                width,
                palette: Palette::Plain,
            };
            let drawing = canvas.analysis(&analysis(is_pair), Some("URL"));
            check(&format!("analysis-{name}-{width}.txt"), &drawing);
        }
    }
}

#[test]
fn no_line_is_wider_than_asked() {
    use unicode_width::UnicodeWidthStr;
    for width in 40..200 {
        let drawing = Canvas {
            width,
            palette: Palette::Plain,
        }
        .draw(&timeline());
        for line in drawing.lines().skip(1) {
            assert!(line.width() <= width, "{width}: {line}");
        }
    }
}
