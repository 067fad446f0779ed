//! The table: what happened when, and what was to be done.

use super::*;

const BUDGET: Duration = Duration::from_secs(1);

/// A strategy with a clock in milliseconds.
struct Table {
    strategy: Strategy,
    start: Instant,
}

impl Table {
    fn new(mode: Mode) -> Self {
        let start = Instant::now();
        Self {
            strategy: Strategy::new(mode, BUDGET, start),
            start,
        }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    /// At this millisecond this happens: expects this to be done, and this to be the time to come back.
    #[track_caller]
    fn row(&mut self, ms: u64, happened: Happened<'_>, expected: Expected, wake: Option<u64>) {
        let action = self.strategy.on(happened, self.at(ms));
        let expected = match expected {
            Nothing => Action::Nothing,
            Next => Action::Next,
            Exit => Action::Exit,
            Flush(until) => Action::Flush(self.at(until)),
            FlushAndNext(until) => Action::FlushAndNext(self.at(until)),
            LastFlush(until) => Action::LastFlush(self.at(until)),
        };
        assert_eq!(action, expected, "at {ms} ms");
        let woken = self.strategy.wake().map(|wake| wake - self.start);
        assert_eq!(
            woken,
            wake.map(Duration::from_millis),
            "wakes, after {ms} ms"
        );
    }
}

#[derive(Clone, Copy)]
enum Expected {
    Nothing,
    Next,
    Exit,
    Flush(u64),
    FlushAndNext(u64),
    LastFlush(u64),
}

use Expected::{Exit, Flush, FlushAndNext, LastFlush, Next, Nothing};
use Happened::{Ended, Heard, NoTelemetry, Telemetry, Tick};

const ALL: Happened<'_> = Happened::Flushed { everything: true };
const NOT_ALL: Happened<'_> = Happened::Flushed { everything: false };

fn invoke(request_id: &str, remaining: u64) -> Happened<'_> {
    Happened::Invoke {
        request_id,
        remaining: Some(Duration::from_millis(remaining)),
        at: SystemTime::UNIX_EPOCH,
    }
}

fn emulated(request_id: &str) -> Happened<'_> {
    Happened::Invoke {
        request_id,
        remaining: None,
        at: SystemTime::UNIX_EPOCH,
    }
}

fn shutdown(remaining: Option<u64>) -> Happened<'static> {
    Happened::Shutdown {
        remaining: remaining.map(Duration::from_millis),
    }
}

#[test]
fn the_marker_or_the_platform_ends_an_invocation() {
    let mut table = Table::new(Mode::End);
    table.row(0, Telemetry, Nothing, None);
    table.row(10, invoke("a", 3000), Nothing, Some(2710));
    table.row(20, Heard, Nothing, Some(2710));
    table.row(30, Ended("another"), Nothing, Some(2710));
    table.row(40, Ended("a"), Flush(1040), Some(1040));
    table.row(50, ALL, Next, None);
    table.row(60, Ended("a"), Nothing, None);
    table.row(1000, invoke("b", 3000), Nothing, Some(3700));
}

#[test]
fn a_marker_may_be_faster_than_its_invoke() {
    let mut table = Table::new(Mode::End);
    table.row(10, Ended("a"), Flush(1010), None);
    table.row(11, invoke("a", 3000), Flush(1011), Some(1011));
    table.row(12, ALL, Next, None);
}

#[test]
fn a_marker_flushes_although_its_invoke_never_comes() {
    let mut table = Table::new(Mode::End);
    table.row(10, Ended("a"), Flush(1010), None);
    table.row(12, ALL, Nothing, None);
    table.row(20, Ended("b"), Flush(1020), None);
}

#[test]
fn documents_that_nobody_asks_for_go_after_a_quiet() {
    let mut table = Table::new(Mode::End);
    table.row(10, Heard, Nothing, Some(110));
    table.row(90, Heard, Nothing, Some(190));
    table.row(110, Tick, Nothing, Some(190));
    table.row(190, Tick, Flush(1190), None);
}

#[test]
fn the_deadline_ends_an_invocation_that_nobody_ends() {
    let mut table = Table::new(Mode::End);
    table.row(0, Telemetry, Nothing, None);
    table.row(0, invoke("a", 3000), Nothing, Some(2700));
    table.row(2700, Tick, Flush(2900), Some(2900));
    table.row(2900, Tick, Next, None);
    // The platform tells at last.
    table.row(3000, Ended("a"), Flush(3500), None);
}

#[test]
fn a_deadline_that_is_nearly_over_leaves_no_time_at_all() {
    let mut table = Table::new(Mode::End);
    table.row(0, invoke("a", 50), Nothing, Some(0));
    table.row(1, Tick, Flush(1), Some(1));
    table.row(2, Tick, Next, None);
}

#[test]
fn where_there_is_no_telemetry_a_quiet_ends_an_invocation() {
    let mut table = Table::new(Mode::End);
    table.row(0, NoTelemetry, Nothing, None);
    table.row(0, invoke("a", 60_000), Nothing, Some(1000));
    table.row(500, Heard, Nothing, Some(600));
    table.row(600, Tick, Flush(1600), Some(1600));
    table.row(601, ALL, Next, None);
    // Nobody was asked for telemetry: this is not Lambda's.
    table.row(700, Telemetry, Nothing, None);
    table.row(700, invoke("b", 60_000), Nothing, Some(1700));
}

#[test]
fn an_end_that_is_told_after_a_quiet_counts_too() {
    let mut table = Table::new(Mode::End);
    table.row(0, emulated("a"), Nothing, Some(1000));
    table.row(10, Heard, Nothing, Some(110));
    table.row(110, Tick, Flush(1110), Some(1110));
    table.row(120, Heard, Nothing, Some(1110));
    table.row(130, Ended("a"), Flush(1110), Some(1110));
    table.row(131, ALL, Next, Some(220));
}

#[test]
fn an_emulator_promises_telemetry_and_knows_no_deadline() {
    let mut table = Table::new(Mode::End);
    table.row(0, emulated("a"), Nothing, Some(1000));
    table.row(1000, Tick, Flush(2000), Some(2000));
    table.row(1001, ALL, Next, None);
    table.row(5000, emulated("b"), Nothing, Some(6000));
    table.row(5001, Heard, Nothing, Some(5101));
    table.row(5050, Ended("b"), Flush(6050), Some(6050));
}

#[test]
fn telemetry_that_was_promised_and_does_not_come_is_not_waited_for_until_the_deadline() {
    let mut table = Table::new(Mode::End);
    table.row(0, invoke("a", 60_000), Nothing, Some(1000));
    table.row(900, Heard, Nothing, Some(1900));
    table.row(950, Telemetry, Nothing, Some(59_700));
}

#[test]
fn a_slow_backend_costs_the_budget_and_less_each_time() {
    let mut table = Table::new(Mode::End);
    table.row(0, Telemetry, Nothing, None);
    for (begin, id, budget) in [
        (0, "a", 1000),
        (10_000, "b", 500),
        (20_000, "c", 250),
        (30_000, "d", 125),
        (40_000, "e", 62),
    ] {
        table.row(begin, invoke(id, 5000), Nothing, Some(begin + 4700));
        let until = table.strategy.on(Ended(id), table.at(begin));
        assert!(
            matches!(until, Action::Flush(until) if (until - table.at(begin)).as_millis() == budget),
            "{until:?}"
        );
        let wake = table.strategy.wake().unwrap();
        assert_eq!(table.strategy.on(Tick, wake), Action::Next);
    }
    table.row(50_000, ALL, Nothing, None);
    table.row(50_000, invoke("f", 5000), Nothing, Some(54_700));
    table.row(50_000, Ended("f"), Flush(51_000), Some(51_000));
}

#[test]
fn where_nothing_can_be_sent_nothing_waits() {
    let mut table = Table::new(Mode::End);
    table.row(0, Telemetry, Nothing, None);
    table.row(0, invoke("a", 3000), Nothing, Some(2700));
    table.row(1, Ended("a"), Flush(1001), Some(1001));
    table.row(2, NOT_ALL, Next, None);
}

#[test]
fn the_end_uses_what_time_there_is() {
    for (remaining, until) in [(Some(2000), 1900), (Some(50), 0), (None, 1900)] {
        let mut table = Table::new(Mode::End);
        table.row(0, shutdown(remaining), LastFlush(until), Some(until));
        table.row(1, ALL, Exit, Some(until));
    }
    let mut table = Table::new(Mode::End);
    table.row(0, invoke("a", 3000), Nothing, Some(1000));
    table.row(10, shutdown(None), LastFlush(1910), Some(1910));
    table.row(1910, Tick, Exit, Some(1910));
}

#[test]
fn deferred_holds_no_invocation() {
    let mut table = Table::new(Mode::Deferred);
    table.row(0, invoke("a", 3000), FlushAndNext(1000), None);
    table.row(1, Heard, Nothing, None);
    table.row(5, Ended("a"), Nothing, None);
    table.row(6, ALL, Nothing, None);
    table.row(90, invoke("b", 3000), FlushAndNext(1090), None);
    table.row(95, shutdown(Some(2000)), LastFlush(1995), Some(1995));
}

#[test]
fn periodic_goes_by_the_clock() {
    let mut table = Table::new(Mode::Periodic(Duration::from_millis(100)));
    table.row(0, Heard, Nothing, Some(100));
    table.row(50, Ended("a"), Nothing, Some(100));
    table.row(100, Tick, Flush(1100), Some(200));
    table.row(101, ALL, Nothing, Some(200));
    table.row(150, invoke("a", 3000), Next, Some(200));
}

#[test]
fn adaptive_defers_while_invocations_come_often() {
    let mut strategy = Strategy::new(Mode::Adaptive, BUDGET, Instant::now());
    let start = Instant::now();
    let mut invoke = |ms: u64| {
        let after = Duration::from_millis(ms);
        let now = start + after;
        let id = ms.to_string();
        let invoke = Happened::Invoke {
            request_id: &id,
            remaining: None,
            at: SystemTime::UNIX_EPOCH + after,
        };
        let held = match strategy.on(invoke, now) {
            Action::FlushAndNext(_) => false,
            action => {
                assert_eq!(action, Action::Nothing);
                true
            }
        };
        let ended = strategy.on(Ended(&id), now);
        assert_eq!(matches!(ended, Action::Flush(_)), held, "at {ms} ms");
        if held {
            assert_eq!(strategy.on(ALL, now), Action::Next);
        }
        held
    };
    let held: Vec<_> = (0..20).map(|number| invoke(number * 100)).collect();
    assert_eq!(held.iter().filter(|held| **held).count(), 8);
    assert!(!held[8..].contains(&true));
    assert!(invoke(60_000));
}
