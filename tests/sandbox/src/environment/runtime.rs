//! The runtime: the function's process as the Runtime API sees it.

use std::collections::VecDeque;
use std::time::Instant;

use crate::api::Waiter;
use crate::process::Process;

#[derive(Debug, Default)]
pub(super) struct Runtime {
    pub(super) process: Option<Process>,
    /// Its open calls of next: one, but on a managed instance.
    pub(super) waiters: VecDeque<Waiter>,
    /// Its call that is answered when it is restored.
    pub(super) restored: Option<Waiter>,
    /// When it was ready: the first call of either.
    pub(super) first_next: Option<Instant>,
    pub(super) reported_init_error: bool,
    /// The memory it had in MiB when it was killed for it.
    pub(super) out_of_memory: Option<u64>,
}

impl Runtime {
    /// A call of next whose caller still waits.
    pub(super) fn take_waiter(&mut self) -> Option<Waiter> {
        while let Some(waiter) = self.waiters.pop_front() {
            if !waiter.is_closed() {
                return Some(waiter);
            }
        }
        None
    }

    pub(super) fn has_ended(&self) -> bool {
        self.process
            .as_ref()
            .is_none_or(|process| process.exit().is_some())
    }
}
