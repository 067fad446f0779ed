//! Traces stay together, whatever their fate.

use proptest::prelude::*;

use super::*;

fn trace(number: u8) -> TraceId {
    TraceId::from_bytes([number; 16])
}

fn document(number: u8, fields: &str) -> Stored {
    Stored {
        text: format!(r#"{{"name":"a"{fields}}}"#),
        trace_id: Some(trace(number)),
        id: None,
    }
}

fn undecided(keep: &str) -> Undecided {
    Undecided::new(Keep::parse(keep).unwrap(), 1 << 20)
}

fn count(decided: &Decided) -> (usize, u64) {
    (decided.kept.len(), decided.left_out)
}

const FAULT: &str = r#","fault":true"#;

#[test]
fn one_fault_keeps_all_of_a_trace_also_what_comes_later() {
    let now = Instant::now();
    let mut undecided = undecided("faults");
    for (number, fields) in [(1, ""), (2, ""), (1, FAULT), (2, r#","error":true"#)] {
        let decided = undecided.hold(document(number, fields), now);
        assert_eq!(decided, Decided::default());
    }
    assert_eq!(count(&undecided.end_all(now, |_| false)), (2, 2));
    assert_eq!(count(&undecided.hold(document(1, ""), now)), (1, 0));
    assert_eq!(count(&undecided.hold(document(2, FAULT), now)), (0, 1));
    assert_eq!(undecided.bytes, 0);
}

#[test]
fn what_is_open_waits_but_not_for_ever() {
    let now = Instant::now();
    let mut undecided = undecided("faults");
    undecided.hold(document(1, ""), now);
    undecided.hold(document(2, ""), now);
    let is_open = |id| id == trace(1);
    assert_eq!(count(&undecided.end_all(now, is_open)), (0, 1));
    undecided.hold(document(1, FAULT), now);
    let later = now + LONGEST_WAIT;
    assert_eq!(count(&undecided.end_all(later, is_open)), (2, 0));
}

#[test]
fn what_waits_too_long_is_decided_by_what_is_known() {
    let now = Instant::now();
    let mut undecided = undecided("slower:1s");
    undecided.hold(document(1, r#","start_time":1,"end_time":3"#), now);
    assert_eq!(undecided.end_overdue(now), Decided::default());
    assert_eq!(count(&undecided.end_overdue(now + LONGEST_WAIT)), (1, 0));
}

#[test]
fn somebody_else_may_know_of_a_failure() {
    let now = Instant::now();
    let mut undecided = undecided("faults");
    undecided.hold(document(1, ""), now);
    undecided.has_failed(trace(1));
    assert_eq!(count(&undecided.end(trace(1))), (1, 0));
}

#[test]
fn what_cannot_be_read_is_kept() {
    let now = Instant::now();
    let mut undecided = undecided("faults");
    undecided.hold(document(1, r#","fault":"perhaps""#), now);
    assert_eq!(count(&undecided.end_all(now, |_| false)), (1, 0));
    let without = Stored {
        trace_id: None,
        ..document(2, "")
    };
    assert_eq!(count(&undecided.hold(without, now)), (1, 0));
}

proptest! {
    #[test]
    fn every_document_has_one_fate_and_traces_stay_whole(
        steps in prop::collection::vec((0_u8..8, any::<bool>(), 0_u8..10, 0_usize..200), 0..200),
    ) {
        let now = Instant::now();
        let mut undecided = Undecided::new(Keep::parse("faults").unwrap(), 1000);
        let (mut kept, mut left_out, mut held) = (Vec::new(), 0, 0);
        for (number, fault, step, filling) in steps {
            let decided = match step {
                0 => undecided.end(trace(number)),
                1 => undecided.end_all(now, |id| id == trace(3)),
                _ => {
                    held += 1;
                    let fields = format!(r#","fault":{fault},"annotations":"{}""#, "x".repeat(filling));
                    undecided.hold(document(number, &fields), now)
                }
            };
            kept.extend(decided.kept);
            left_out += decided.left_out;
            prop_assert!(undecided.bytes <= 1000);
        }
        let rest = undecided.end_all(now, |_| false);
        kept.extend(rest.kept);
        left_out += rest.left_out;
        prop_assert_eq!(kept.len() as u64 + left_out, held);
        for document in &kept {
            prop_assert_eq!(undecided.fates.of(document.trace_id.unwrap()), Some(true));
        }
        prop_assert_eq!((undecided.bytes, undecided.traces.len()), (0, 0));
    }
}
