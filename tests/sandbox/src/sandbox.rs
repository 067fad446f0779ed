//! The handle to a running environment.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::api;
use crate::builder::Builder;
use crate::environment::{Command, Environment};
use crate::event::Event;
use crate::fault::{Fault, Shutdown, ShutdownReason};
use crate::ids::NoRandomness;
use crate::invocation::{InitTimings, Invocation};
use crate::process::{LogLine, Logs};
use crate::settings::Settings;

/// Calls that wait to be looked at; one more waits in its connection.
const MAX_CALLS: usize = 256;
/// Commands that wait while an invocation is under way.
const MAX_COMMANDS: usize = 64;
/// Lines of the processes in the message of a failed start.
const LINES_IN_ERROR: usize = 20;

/// Why a sandbox could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A file that was to be executed is not there.
    #[error("{} cannot be executed: {source}; build it first, or name another file", path.display())]
    NoSuchFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There was no port for the APIs.
    #[error("no loopback port for the APIs: {0}")]
    Listen(#[from] io::Error),
    /// The environment did not come up.
    #[error("init failed: {fault}{}", indented(log))]
    Init {
        /// What happened.
        fault: Fault,
        /// The last lines its processes printed.
        log: Vec<String>,
    },
}

/// Why the sandbox itself could not do as asked; what happens to the function is in the [`Invocation`].
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// There were no random bytes for ids.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Its task has ended: the runtime it was started on is shutting down.
    #[error("the sandbox has ended; start a new one")]
    Gone,
}

/// A running Lambda execution environment.
///
/// Dropping it kills its processes at once; [`shutdown`](Self::shutdown) ends them as Lambda does.
#[derive(Debug)]
pub struct Sandbox {
    commands: mpsc::Sender<Command>,
    logs: Logs,
    init: InitTimings,
    _environment: AbortOnDrop,
    _server: AbortOnDrop,
}

impl Sandbox {
    /// Begins to put a sandbox together.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) async fn start(settings: Settings) -> Result<Self, StartError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (call_sender, calls) = mpsc::channel(MAX_CALLS);
        let server = AbortOnDrop(tokio::spawn(api::serve(listener, call_sender)));
        let init_deadline = Instant::now() + settings.init_limit;
        let mut environment = Environment::new(settings, address, calls);
        let logs = environment.logs();
        if let Err(fault) = environment.init(init_deadline).await {
            environment.shut_down(ShutdownReason::Failure).await;
            return Err(StartError::Init {
                fault,
                log: last_lines(&logs),
            });
        }
        let init = environment.last_init();
        let (commands, command_receiver) = mpsc::channel(MAX_COMMANDS);
        let environment = AbortOnDrop(tokio::spawn(environment.run(command_receiver)));
        Ok(Self {
            commands,
            logs,
            init,
            _environment: environment,
            _server: server,
        })
    }

    /// Invokes the function and waits until the environment is frozen again, or was reset.
    ///
    /// On demand, invocations queue; on a managed instance they run at once. After a reset the next invocation starts
    /// a new generation, within its own timeout.
    pub async fn invoke(&self, event: Event) -> Result<Invocation, SandboxError> {
        let (reply, outcome) = oneshot::channel();
        self.send(Command::Invoke { event, reply }).await?;
        outcome.await.map_err(|_| SandboxError::Gone)?
    }

    /// Ends the environment as Lambda ends one that is no longer needed (`spindown`): SIGTERM and 600 ms for the
    /// runtime, SHUTDOWN for the extensions, SIGKILL after 2 s. What was printed can still be read afterwards.
    pub async fn shutdown(&self) -> Result<Shutdown, SandboxError> {
        let (reply, outcome) = oneshot::channel();
        self.send(Command::Shutdown { reply }).await?;
        outcome.await.map_err(|_| SandboxError::Gone)
    }

    /// The init phase of the first generation.
    pub fn init(&self) -> InitTimings {
        self.init
    }

    /// What all processes printed so far, oldest first; at most 50,000 lines.
    pub fn logs(&self) -> Vec<LogLine> {
        self.logs.lines()
    }

    /// How many older lines [`logs`](Self::logs) no longer has.
    pub fn dropped_logs(&self) -> u64 {
        self.logs.dropped()
    }

    /// The first line that has this text in it, printed already or within this time.
    pub async fn logged(&self, text: &str, within: Duration) -> Option<LogLine> {
        let line = self.logs.first(|line| line.text.contains(text));
        tokio::time::timeout(within, line).await.ok()
    }

    async fn send(&self, command: Command) -> Result<(), SandboxError> {
        self.commands
            .send(command)
            .await
            .map_err(|_| SandboxError::Gone)
    }
}

/// Ends a task with its owner.
#[derive(Debug)]
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn last_lines(logs: &Logs) -> Vec<String> {
    let lines = logs.lines();
    let last = lines.iter().rev().take(LINES_IN_ERROR).rev();
    last.map(|line| format!("[{}] {}", line.source, line.text))
        .collect()
}

fn indented(lines: &[String]) -> String {
    lines.iter().flat_map(|line| ["\n  ", line]).collect()
}
