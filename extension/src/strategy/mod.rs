//! When to flush and when to say `/next`: a table of what happened, in which state, and what is to be done.
//!
//! Pure: time comes in, actions go out. The end of an invocation is known, not guessed: by the wrapper's marker, by
//! `platform.runtimeDone`, by the deadline. Only where neither of the first two can come, a short quiet stands in for them.

mod adaptive;

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use adaptive::Rate;

/// When documents are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// When an invocation ends, before the freeze.
    End,
    /// During the next invocation, and at shutdown: no invocation waits.
    Deferred,
    /// `Deferred` while invocations come so often that the next one is there before anybody misses what this one left unsent, else `End`.
    ///
    /// Often: a mean gap of at most 1 s over eight invocations at least, until the mean gap is above 5 s or one gap is 15 s. What
    /// the last invocation of such a burst leaves is sent with the next one, or when the environment ends.
    Adaptive,
    /// Every so often, where the process is never frozen.
    Periodic(Duration),
}

/// Kept free before a deadline: what sending must not touch.
const DEADLINE_MARGIN: Duration = Duration::from_millis(100);

/// How long before its deadline an invocation is given up, so that what it sent until then is still sent.
const GIVE_UP: Duration = Duration::from_millis(300);

/// How long nothing comes after a document until an invocation is taken as ended, where nobody tells.
const QUIET: Duration = Duration::from_millis(100);

/// The same, where nothing has come at all, or where telemetry was promised and has not come yet.
const PATIENCE: Duration = Duration::from_secs(1);

/// What there is for the end where the environment does not say: Lambda gives 2 s.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// Ended invocations that are remembered, because a marker can be faster than the INVOKE it belongs to.
const REMEMBERED: usize = 16;

/// Halvings of the flush budget after failures.
const MOST_HALVINGS: u32 = 4;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened<'a> {
    /// `/next` answered with an invocation.
    Invoke {
        /// Its id.
        request_id: &'a str,
        /// What is left of its time, where the environment says so.
        remaining: Option<Duration>,
        /// When, by the wall clock, which goes on while the process is frozen.
        at: SystemTime,
    },
    /// A marker or a telemetry record says that this invocation ended.
    Ended(&'a str),
    /// Documents came.
    Heard,
    /// Telemetry is delivered here.
    Telemetry,
    /// Telemetry will not be delivered here.
    NoTelemetry,
    /// The time of [`Strategy::wake`] has come.
    Tick,
    /// The flush is over.
    Flushed {
        /// Whether everything was sent that it was for.
        everything: bool,
    },
    /// The environment ends, or the daemon was told to.
    Shutdown {
        /// What is left of its time, where the environment says so.
        remaining: Option<Duration>,
    },
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Drain the socket, then send everything until this time.
    Flush(Instant),
    /// The same for the last time: nothing can be sent later.
    LastFlush(Instant),
    /// Say `/next`; what is not sent is kept.
    Next,
    /// Both at once.
    FlushAndNext(Instant),
    /// End the process.
    Exit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// `/next` was said, or nobody asks for it.
    Waiting,
    /// An invocation runs.
    Running(Running),
    /// It ended; `/next` is due when the flush is over, at the latest then.
    Ending(Instant),
    /// The end; at the latest then.
    Stopping(Instant),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Running {
    request_id: String,
    since: Instant,
    deadline: Option<Instant>,
}

/// Whether the platform tells of ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telling {
    Promised,
    Delivered,
    Absent,
}

/// Decides.
#[derive(Clone, Debug)]
pub struct Strategy {
    /// What was asked for.
    mode: Mode,
    /// What that means now: never `Adaptive`.
    way: Mode,
    rate: Rate,
    budget: Duration,
    state: State,
    telling: Telling,
    ended: VecDeque<String>,
    /// When documents came that no flush was started for.
    heard: Option<Instant>,
    last_flush: Instant,
    failures: u32,
}

impl Strategy {
    /// Starts at `now`, with `/next` said or about to be.
    pub fn new(mode: Mode, budget: Duration, now: Instant) -> Self {
        Self {
            mode,
            way: match mode {
                Mode::Adaptive => Mode::End,
                mode => mode,
            },
            rate: Rate::default(),
            budget,
            state: State::Waiting,
            telling: Telling::Promised,
            ended: VecDeque::new(),
            heard: None,
            last_flush: now,
            failures: 0,
        }
    }

    /// When to come back with [`Happened::Tick`], if nothing happens before.
    pub fn wake(&self) -> Option<Instant> {
        match &self.state {
            State::Ending(until) | State::Stopping(until) => Some(*until),
            State::Running(running) => self.running_wake(running),
            State::Waiting => match self.way {
                Mode::Periodic(every) => Some(self.last_flush + every),
                Mode::End | Mode::Adaptive => self.heard.map(|heard| heard + QUIET),
                Mode::Deferred => None,
            },
        }
    }

    fn running_wake(&self, running: &Running) -> Option<Instant> {
        let given_up = running
            .deadline
            .map(|deadline| deadline.checked_sub(GIVE_UP).unwrap_or(running.since));
        let nobody_tells = self.telling == Telling::Absent || running.deadline.is_none();
        let quiet = match self.heard {
            Some(heard) if nobody_tells => Some(heard + QUIET),
            heard if nobody_tells || self.telling == Telling::Promised => {
                Some(heard.unwrap_or(running.since) + PATIENCE)
            }
            _ => None,
        };
        given_up.into_iter().chain(quiet).min()
    }

    /// Decides what to do.
    pub fn on(&mut self, happened: Happened<'_>, now: Instant) -> Action {
        match happened {
            Happened::Heard => self.heard = Some(now),
            // Where none was promised it is someone else's.
            Happened::Telemetry if self.telling == Telling::Promised => {
                self.telling = Telling::Delivered;
            }
            Happened::Telemetry => {}
            Happened::NoTelemetry => self.telling = Telling::Absent,
            Happened::Invoke {
                request_id,
                remaining,
                at,
            } => {
                self.adapt(at);
                return self.invoke(request_id, remaining, now);
            }
            Happened::Ended(request_id) => return self.end(request_id, now),
            Happened::Tick => return self.tick(now),
            Happened::Flushed { everything } => return self.flushed(everything),
            Happened::Shutdown { remaining } => return self.shut_down(remaining, now),
        }
        Action::Nothing
    }

    fn adapt(&mut self, at: SystemTime) {
        if self.mode == Mode::Adaptive {
            self.way = if self.rate.invoked(at) {
                Mode::Deferred
            } else {
                Mode::End
            };
        }
    }

    fn invoke(&mut self, request_id: &str, remaining: Option<Duration>, now: Instant) -> Action {
        let deadline = remaining.map(|remaining| now + remaining);
        match self.way {
            Mode::Deferred => return Action::FlushAndNext(self.flush_until(deadline, now)),
            // Not subscribed to; whoever tells of one all the same is not kept waiting.
            Mode::Periodic(_) => return Action::Next,
            Mode::End | Mode::Adaptive => {}
        }
        if self.ended.iter().any(|ended| ended == request_id) {
            return self.start_ending(deadline, now);
        }
        self.state = State::Running(Running {
            request_id: request_id.to_owned(),
            since: now,
            deadline,
        });
        Action::Nothing
    }

    fn end(&mut self, request_id: &str, now: Instant) -> Action {
        if self.ended.iter().any(|ended| ended == request_id) {
            return Action::Nothing;
        }
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back(request_id.to_owned());
        match (&self.state, self.way) {
            (State::Running(running), _)
                if running.request_id == request_id || running.request_id.is_empty() =>
            {
                self.start_ending(running.deadline, now)
            }
            // The quiet was no end: what came since goes too, in the same time.
            (State::Ending(until), _) => Action::Flush(*until),
            // Its INVOKE is still to come, or an emulator lost it.
            (State::Waiting, Mode::End) => self.flush(self.flush_until(None, now), now),
            _ => Action::Nothing,
        }
    }

    fn tick(&mut self, now: Instant) -> Action {
        if self.wake().is_none_or(|wake| now < wake) {
            return Action::Nothing;
        }
        match &self.state {
            State::Waiting => self.flush(self.flush_until(None, now), now),
            State::Running(running) => self.start_ending(running.deadline, now),
            State::Ending(_) => {
                self.failures += 1;
                self.next()
            }
            State::Stopping(_) => Action::Exit,
        }
    }

    fn flushed(&mut self, everything: bool) -> Action {
        self.failures = if everything { 0 } else { self.failures + 1 };
        match self.state {
            State::Ending(_) => self.next(),
            State::Stopping(_) => Action::Exit,
            State::Waiting | State::Running(_) => Action::Nothing,
        }
    }

    fn shut_down(&mut self, remaining: Option<Duration>, now: Instant) -> Action {
        let remaining = remaining.unwrap_or(SHUTDOWN);
        let until = now + remaining.saturating_sub(DEADLINE_MARGIN);
        self.state = State::Stopping(until);
        Action::LastFlush(until)
    }

    fn start_ending(&mut self, deadline: Option<Instant>, now: Instant) -> Action {
        let until = self.flush_until(deadline, now);
        self.state = State::Ending(until);
        self.flush(until, now)
    }

    fn next(&mut self) -> Action {
        self.state = State::Waiting;
        Action::Next
    }

    fn flush(&mut self, until: Instant, now: Instant) -> Action {
        self.heard = None;
        self.last_flush = now;
        Action::Flush(until)
    }

    /// Less after each failure: an X-Ray that is down shall not cost every invocation the whole budget.
    fn flush_until(&self, deadline: Option<Instant>, now: Instant) -> Instant {
        let until = now + self.budget / 2_u32.pow(self.failures.min(MOST_HALVINGS));
        let last = deadline.map(|deadline| {
            deadline
                .checked_sub(DEADLINE_MARGIN)
                .unwrap_or(now)
                .max(now)
        });
        last.map_or(until, |last| until.min(last))
    }
}

#[cfg(test)]
mod tests;
