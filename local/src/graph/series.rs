//! The course over time of one service, of the calls between two, or of everything that came from outside.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Point;
use super::measure::{Measured, Statistics};
use super::selector::{Selector, Side};
use super::traffic::Traffic;
use crate::compile::Trace;
use crate::limits;

/// Statistics by period, of the traces added so far.
#[derive(Debug)]
pub(crate) struct Series {
    selector: Selector,
    period: Duration,
    /// By the number of the period since 1970.
    periods: BTreeMap<u64, Statistics>,
    is_cut: bool,
}

impl Series {
    /// `period` is at least a second.
    pub(crate) const fn new(selector: Selector, period: Duration) -> Self {
        Self {
            selector,
            period,
            periods: BTreeMap::new(),
            is_cut: false,
        }
    }

    /// Adds what a trace says about what is selected, each request where it began.
    pub(crate) fn add(&mut self, trace: &Trace) {
        let traffic = Traffic::of(trace);
        match self.selector.side() {
            Side::Service => {
                for served in &traffic.served {
                    if self.selector.is_service(&served.by) {
                        self.count(&served.measured);
                    }
                }
            }
            Side::Calls => {
                for call in &traffic.calls {
                    if self.selector.is_call(call) {
                        self.count(&call.measured);
                    }
                }
            }
        }
    }

    fn count(&mut self, measured: &Measured) {
        let since_1970 = Duration::try_from_secs_f64(measured.start).unwrap_or_default();
        let period = since_1970.as_secs() / self.period.as_secs().max(1);
        let is_new = !self.periods.contains_key(&period);
        if is_new && self.periods.len() >= limits::PERIODS {
            self.is_cut = true;
        } else {
            self.periods.entry(period).or_default().add(measured);
        }
    }

    /// The periods in which there was something, oldest first; `None` when they are more than [`limits::PERIODS`].
    pub(crate) fn into_points(self) -> Option<Vec<Point>> {
        let side = self.selector.side();
        let seconds = self.period.as_secs().max(1);
        let begin = |period: u64| Duration::from_secs(period * seconds).as_secs_f64();
        let points = (self.periods.into_iter())
            .map(|(period, statistics)| Point::new(begin(period), side, statistics))
            .collect();
        (!self.is_cut).then_some(points)
    }
}
