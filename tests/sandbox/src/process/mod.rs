//! A process of the environment: started in a process group of its own, frozen, thawed, ended.

mod logs;
mod memory;
mod turn;
mod variables;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::fault::ExitOutcome;

pub(crate) use logs::Logs;
pub use logs::{LogLine, LogStream, Source};
pub(crate) use variables::{Audience, variables};

/// How long stopping may take until it is given up: the kernel needs microseconds, a debugger may hold a process.
const STOP_LIMIT: Duration = Duration::from_secs(1);
/// How long the last lines of a dead process may take to arrive.
const LAST_LINES_LIMIT: Duration = Duration::from_millis(200);

/// A process has ended; `generation` tells it from its successors.
#[derive(Debug)]
pub(crate) struct Exited {
    pub(crate) source: Source,
    pub(crate) generation: u32,
    pub(crate) outcome: ExitOutcome,
}

/// What a process is started from.
#[derive(Debug)]
pub(crate) struct Executable<'a> {
    pub(crate) path: &'a Path,
    pub(crate) directory: &'a Path,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) source: Source,
    pub(crate) generation: u32,
}

/// A running process, the leader of its group. Dropping it kills the group.
#[derive(Debug)]
pub(crate) struct Process {
    pid: Pid,
    started: Instant,
    exit: watch::Receiver<Option<ExitOutcome>>,
    /// Once the sandbox has sent SIGKILL: how it ended is our doing.
    killed: bool,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts the process. Its end is told to `exits`, what it prints to `logs`.
    pub(crate) fn start(
        executable: Executable<'_>,
        exits: mpsc::Sender<Exited>,
        logs: &Logs,
    ) -> io::Result<Self> {
        let started = Instant::now();
        let mut child = Command::new(executable.path)
            .current_dir(executable.directory)
            .env_clear()
            .envs(&executable.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let pid = pid.ok_or_else(|| io::Error::other("the process ended before it had an id"))?;
        let readers = logs.read(&executable.source, child.stdout.take(), child.stderr.take());
        let (exit_sender, exit) = watch::channel(None);
        tokio::spawn(wait(
            child,
            exit_sender,
            exits,
            executable.source,
            executable.generation,
        ));
        Ok(Self {
            pid,
            started,
            exit,
            killed: false,
            readers,
        })
    }

    /// When exec was called.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// How it ended, once it has.
    pub(crate) fn exit(&self) -> Option<ExitOutcome> {
        let exit = *self.exit.borrow();
        match exit {
            Some(ExitOutcome::Signaled(9)) if self.killed => Some(ExitOutcome::Killed),
            other => other,
        }
    }

    /// Whether it has ended, also when that has not been told yet.
    pub(crate) fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.exit.borrow().is_some() || !matches!(waitid(WaitId::Pid(self.pid), options), Ok(None))
    }

    /// Asks it to go: SIGTERM, and SIGCONT in case it stands still.
    pub(crate) fn terminate(&self) {
        self.send(Signal::TERM);
        self.thaw();
    }

    /// SIGKILL to the whole group.
    pub(crate) fn kill(&mut self) {
        self.killed = self.killed || self.exit.borrow().is_none();
        self.send(Signal::KILL);
    }

    /// Lets it go on after [`freeze`].
    pub(crate) fn thaw(&self) {
        self.send(Signal::CONT);
    }

    /// Waits until it has ended and its last lines were read.
    pub(crate) async fn ended(&mut self) {
        // The sender lives until the process has ended: an error means that it has.
        let _ = self.exit.wait_for(Option::is_some).await;
        for reader in self.readers.drain(..) {
            // A grandchild may keep the pipe open; its lines are read on, but not waited for.
            let _ = tokio::time::timeout(LAST_LINES_LIMIT, reader).await;
        }
    }

    /// Resident memory now, in bytes; 0 when it has ended.
    pub(crate) fn resident_bytes(&self) -> u64 {
        memory::resident_bytes(self.pid)
    }

    /// The most resident memory it ever had, in bytes; 0 when it has ended.
    pub(crate) fn peak_bytes(&self) -> u64 {
        memory::peak_bytes(self.pid)
    }

    /// How long it was ready to run, and did not for want of a processor, since it began; none when it has ended.
    pub(crate) fn waited(&self) -> Option<Duration> {
        turn::waited(self.pid)
    }

    /// Errors are no news: the group may have gone, and that is told by `exits`.
    fn send(&self, signal: Signal) {
        if self.exit.borrow().is_none() {
            let _ = kill_process_group(self.pid, signal);
        }
    }

    /// Whether every thread stands still, or there are none left.
    fn stands_still(&self) -> bool {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match waitid(WaitId::Pid(self.pid), options) {
            Ok(status) => status.is_some_and(|status| status.stopped()),
            Err(_gone) => true,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.send(Signal::KILL);
    }
}

/// Stops the processes and returns when all of them stand still; false when one did not within a second.
pub(crate) async fn freeze<'p>(processes: impl Iterator<Item = &'p Process>) -> bool {
    let processes: Vec<&Process> = processes.collect();
    // The stream must exist before the first SIGSTOP, or the news of it may be missed.
    let Ok(mut child_news) = signal(SignalKind::child()) else {
        return false;
    };
    for process in &processes {
        process.send(Signal::STOP);
    }
    let all_stopped = async {
        while !processes
            .iter()
            .all(|process| process.exit().is_some() || process.stands_still())
        {
            child_news.recv().await;
        }
    };
    tokio::time::timeout(STOP_LIMIT, all_stopped).await.is_ok()
}

async fn wait(
    mut child: Child,
    exit: watch::Sender<Option<ExitOutcome>>,
    exits: mpsc::Sender<Exited>,
    source: Source,
    generation: u32,
) {
    let outcome = child
        .wait()
        .await
        .map_or(ExitOutcome::NotRunning, ExitOutcome::of);
    exit.send_replace(Some(outcome));
    // Nobody listens any more when the sandbox is gone.
    let _ = exits
        .send(Exited {
            source,
            generation,
            outcome,
        })
        .await;
}
