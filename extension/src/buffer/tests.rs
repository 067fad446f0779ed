//! What goes together, what goes first, and what goes when there is no room.

use proptest::prelude::*;

use super::*;

fn document(trace: u8, bytes: usize) -> Stored {
    Stored {
        text: "x".repeat(bytes),
        trace_id: Some(TraceId::from_bytes([trace; 16])),
        id: None,
    }
}

fn traces(batch: &Batch) -> Vec<u8> {
    let trace = |document: &Stored| {
        (0..=255).find(|trace| document.trace_id == Some(TraceId::from_bytes([*trace; 16])))
    };
    batch.documents.iter().filter_map(trace).collect()
}

fn filled(traces: &[(u8, usize)]) -> Buffer {
    let mut buffer = Buffer::new(16 << 20);
    for (trace, count) in traces {
        for _ in 0..*count {
            assert_eq!(buffer.push(document(*trace, 100)), 0);
        }
    }
    buffer
}

#[test]
fn documents_of_one_trace_go_together() {
    let mut buffer = filled(&[(1, 2), (2, 1), (1, 1)]);
    assert_eq!(traces(&buffer.take().unwrap()), [1, 1, 1, 2]);
    assert_eq!(buffer.take(), None);
}

#[test]
fn a_trace_is_parted_only_when_it_fits_into_no_call() {
    let mut buffer = filled(&[(1, 30), (2, 30), (3, 120)]);
    let sizes: Vec<_> = std::iter::from_fn(|| buffer.take())
        .map(|batch| batch.documents.len())
        .collect();
    assert_eq!(sizes, [30, 30, 50, 50, 20]);
}

#[test]
fn a_call_is_bounded_in_bytes() {
    let mut buffer = Buffer::new(16 << 20);
    for _ in 0..20 {
        buffer.push(document(1, 64_000));
    }
    let batch = buffer.take().unwrap();
    assert!(
        batch.cost() <= BATCH_BYTES && batch.documents.len() == 8,
        "{}",
        batch.documents.len()
    );
}

#[test]
fn the_oldest_trace_goes_when_the_room_is_used_up() {
    let mut buffer = Buffer::new(4 * (1000 + OVERHEAD) + 4 * TRACE_OVERHEAD);
    for trace in [1, 2, 1, 3] {
        assert_eq!(buffer.push(document(trace, 1000)), 0);
    }
    assert_eq!(buffer.push(document(4, 1000)), 2);
    assert_eq!(traces(&buffer.take().unwrap()), [2, 3, 4]);
}

#[test]
fn what_is_in_flight_uses_room_too() {
    let mut buffer = Buffer::new(2 * (1000 + OVERHEAD) + 2 * TRACE_OVERHEAD);
    buffer.push(document(1, 1000));
    buffer.push(document(1, 1000));
    let batch = buffer.take().unwrap();
    assert_eq!(buffer.push(document(2, 1000)), 0, "nothing is there to go");
    assert_eq!(buffer.push(document(3, 1000)), 1, "what waits goes");
    buffer.settle(&batch, Vec::new());
    assert_eq!(buffer.push(document(4, 1000)), 0);
}

#[test]
fn what_comes_back_goes_first() {
    let mut buffer = filled(&[(1, 2), (2, 2)]);
    let batch = buffer.take().unwrap();
    buffer.push(document(3, 100));
    buffer.push(document(2, 100));
    buffer.settle(&batch, batch.documents.clone());
    assert_eq!(traces(&buffer.take().unwrap()), [1, 1, 3, 2, 2, 2]);
}

/// Room for so many documents of [`LARGE`] bytes, each of a trace of its own or not.
fn room_for(documents: usize) -> Buffer {
    Buffer::new(documents * (LARGE + 1000) + 1000)
}

const LARGE: usize = 10_000;

fn id(trace: u8) -> TraceId {
    TraceId::from_bytes([trace; 16])
}

#[test]
fn what_is_not_finished_goes_before_what_is_older_and_finished() {
    let mut buffer = room_for(4);
    let push = |buffer: &mut Buffer, trace| buffer.push(document(trace, LARGE));
    for trace in [1, 2, 3, 4] {
        assert_eq!(push(&mut buffer, trace), 0);
    }
    buffer.finish(Some(id(1)));
    buffer.finish(Some(id(3)));
    assert_eq!(push(&mut buffer, 5), 1);
    assert_eq!(push(&mut buffer, 5), 1);
    assert_eq!(traces(&buffer.take().unwrap()), [1, 3, 5, 5]);
    assert_eq!((buffer.bytes, buffer.take()), (0, None));
}

#[test]
fn when_all_are_finished_the_oldest_goes() {
    let mut buffer = room_for(3);
    for trace in 1..=3 {
        buffer.push(document(trace, LARGE));
    }
    buffer.finish_all();
    assert_eq!(buffer.push(document(3, LARGE)), 1);
    assert_eq!(buffer.push(document(4, LARGE)), 1);
    assert_eq!(traces(&buffer.take().unwrap()), [3, 3, 4]);
}

#[test]
fn a_trace_whose_documents_had_to_go_takes_what_comes_after() {
    let mut buffer = room_for(3);
    buffer.push(document(1, LARGE));
    buffer.finish_all();
    buffer.push(document(2, LARGE));
    assert_eq!(buffer.push(document(3, 2 * LARGE)), 1);
    assert_eq!(buffer.push(document(2, 10)), 0);
    assert_eq!(buffer.push(document(4, LARGE)), 1);
    assert_eq!(traces(&buffer.take().unwrap()), [1, 2, 4]);
    assert_eq!((buffer.bytes, buffer.take()), (0, None));
}

proptest! {
    #[test]
    fn counts_are_those_of_what_is_there(steps in prop::collection::vec((0u8..5, 0usize..2000, 0u8..4), 0..200)) {
        let mut buffer = Buffer::new(20_000);
        let (mut alive, mut flying) = (0, Vec::new());
        for (trace, bytes, step) in steps {
            match step {
                0 if bytes % 7 == 0 => buffer.finish(Some(TraceId::from_bytes([trace; 16]))),
                0 if bytes % 31 == 0 => buffer.finish_all(),
                0 | 1 => alive = alive + 1 - buffer.push(document(trace, bytes)),
                2 => flying.extend(buffer.take()),
                _ => if let Some(batch) = flying.pop() {
                    let again = if bytes % 2 == 0 { batch.documents.clone() } else { Vec::new() };
                    alive = alive + again.len() - batch.documents.len();
                    buffer.settle(&batch, again);
                }
            }
            let in_flight: usize = flying.iter().map(|batch: &Batch| batch.documents.len()).sum();
            prop_assert_eq!(buffer.len() + in_flight, alive);
        }
        let waiting: usize = std::iter::from_fn(|| buffer.take()).map(|batch| batch.documents.len()).sum();
        let in_flight: usize = flying.iter().map(|batch| batch.documents.len()).sum();
        prop_assert_eq!(waiting + in_flight, alive);
        prop_assert_eq!(buffer.bytes, 0);
    }
}
