//! What is held, what is forgotten, and what becomes of the rest.

use std::time::Duration;

use super::*;

fn document(id: u64, filling: usize) -> String {
    let filling = "x".repeat(filling);
    format!(
        r#"{{"id":"{id:016x}","trace_id":"1-5759e988-bd862e3fe1be46a994272793","parent_id":"53995c3f42cd8ad8","type":"subsegment","in_progress":true,"start_time":1.5,"name":"a{filling}"}}"#
    )
}

fn id(id: u64) -> EntityId {
    EntityId::from_bytes(id.to_be_bytes())
}

fn close(open: &mut Open, death: &Death) -> Vec<Stored> {
    open.close_all(death, Timestamp::from_micros(4_500_000), || id(9))
}

const TIMEOUT: Death = Death::Timeout {
    after: Some(Duration::from_secs(3)),
    memory: None,
};

#[test]
fn what_closes_is_forgotten() {
    let mut open = Open::default();
    let trace_id = "1-5759e988-bd862e3fe1be46a994272793".parse().unwrap();
    assert!(open.hold(&document(1, 0)) && open.hold(&document(2, 0)) && open.hold(&document(1, 5)));
    open.close(trace_id, id(2));
    open.close(trace_id, id(3));
    let ids: Vec<_> = close(&mut open, &TIMEOUT)
        .iter()
        .map(|closed| closed.id)
        .collect();
    assert_eq!(ids, [Some(id(1))]);
    assert!(open.is_empty());
}

#[test]
fn what_a_death_left_open_is_a_fault_that_says_so() {
    for (death, kind, message) in [
        (
            TIMEOUT,
            "Sandbox.Timedout",
            "function timed out after 3.00 s",
        ),
        (
            Death::Exit {
                error_type: Some("Runtime.ExitError".to_owned()),
                reason: None,
                memory: None,
            },
            "Runtime.ExitError",
            "runtime exited",
        ),
        (
            Death::Exit {
                error_type: None,
                reason: None,
                memory: None,
            },
            "Runtime.ExitError",
            "runtime exited",
        ),
    ] {
        let mut open = Open::default();
        open.hold(&document(1, 0));
        let closed: serde_json::Value =
            serde_json::from_str(&close(&mut open, &death)[0].text).unwrap();
        assert_eq!(
            (&closed["fault"], &closed["end_time"]),
            (&true.into(), &4.5.into())
        );
        assert!(closed.get("in_progress").is_none());
        let exception = &closed["cause"]["exceptions"][0];
        assert_eq!(exception["type"], kind);
        assert!(
            exception["message"].as_str().unwrap().contains(message),
            "{exception}"
        );
    }
}

#[test]
fn what_cannot_be_closed_goes_as_it_came() {
    let text = r#"{"id":"0000000000000001","trace_id":"1-5759e988-bd862e3fe1be46a994272793","in_progress":true}"#;
    let mut open = Open::default();
    assert!(open.hold(text));
    assert_eq!(close(&mut open, &TIMEOUT)[0].text, text);
}

#[test]
fn there_is_a_bound() {
    let mut open = Open::default();
    let held = (0..100)
        .filter(|id| open.hold(&document(*id, 60_000)))
        .count();
    assert_eq!(held, 17);
    close(&mut open, &TIMEOUT);
    assert!(open.hold(&document(1, 60_000)));
}

#[test]
fn what_has_no_ids_is_not_held() {
    for text in ["", "{}", "[]", r#"{"id":"1"}"#, "{\"id\":"] {
        assert!(!Open::default().hold(text), "{text}");
    }
}
