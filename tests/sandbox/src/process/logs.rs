//! What the processes print: captured by line, bounded, told to the telemetry, forwarded when asked.

use std::collections::VecDeque;
use std::fmt;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{ChildStderr, ChildStdout};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::telemetry::Hub;

/// Lines kept; the oldest go first.
const MAX_LINES: usize = 50_000;
/// Bytes kept of a line, as much as Lambda keeps of one.
const MAX_LINE_BYTES: usize = 262_144;

/// Who printed a line, or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The function's process.
    Function,
    /// The extension of this name.
    Extension(Arc<str>),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function => f.write_str("function"),
            Self::Extension(name) => f.write_str(name),
        }
    }
}

/// Which stream a line came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line that a process printed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LogLine {
    /// When it was read.
    pub at: SystemTime,
    /// Who printed it.
    pub source: Source,
    /// Where to.
    pub stream: LogStream,
    /// The line without its end, invalid UTF-8 replaced, cut at 256 KiB.
    pub text: String,
}

#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<LogLine>,
    /// Lines ever read; those no longer kept are the difference.
    seen: u64,
}

/// All lines of all processes of a sandbox. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Logs {
    kept: Arc<Mutex<Kept>>,
    news: Arc<watch::Sender<u64>>,
    hub: Arc<Hub>,
    forwards: bool,
}

impl Logs {
    pub(crate) fn new(hub: Arc<Hub>, forwards: bool) -> Self {
        let (news, _) = watch::channel(0);
        Self {
            kept: Arc::default(),
            news: Arc::new(news),
            hub,
            forwards,
        }
    }

    /// The lines kept, oldest first.
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.with_kept(|kept| kept.lines.iter().cloned().collect())
    }

    /// How many lines had to go to make room for newer ones.
    pub(crate) fn dropped(&self) -> u64 {
        self.with_kept(|kept| kept.seen - u64::try_from(kept.lines.len()).unwrap_or(kept.seen))
    }

    /// The first line, printed already or from now on, that this is true of.
    pub(crate) async fn first(&self, is_it: impl Fn(&LogLine) -> bool) -> LogLine {
        let mut news = self.news.subscribe();
        loop {
            news.borrow_and_update();
            let found = self.with_kept(|kept| kept.lines.iter().find(|line| is_it(line)).cloned());
            if let Some(line) = found {
                return line;
            }
            // We hold a sender: it cannot be closed.
            let _ = news.changed().await;
        }
    }

    /// Reads both streams until their end.
    pub(super) fn read(
        &self,
        source: &Source,
        stdout: Option<ChildStdout>,
        stderr: Option<ChildStderr>,
    ) -> Vec<JoinHandle<()>> {
        let stdout = stdout.map(|pipe| self.read_stream(source.clone(), LogStream::Stdout, pipe));
        let stderr = stderr.map(|pipe| self.read_stream(source.clone(), LogStream::Stderr, pipe));
        stdout.into_iter().chain(stderr).collect()
    }

    fn read_stream(
        &self,
        source: Source,
        stream: LogStream,
        pipe: impl AsyncRead + Unpin + Send + 'static,
    ) -> JoinHandle<()> {
        let logs = self.clone();
        tokio::spawn(async move {
            let mut pipe = BufReader::new(pipe);
            while let Some(text) = next_line(&mut pipe).await {
                let at = SystemTime::now();
                logs.keep(LogLine {
                    at,
                    source: source.clone(),
                    stream,
                    text,
                });
            }
        })
    }

    fn keep(&self, line: LogLine) {
        self.hub.log(&line);
        if self.forwards {
            // Nowhere to complain to when standard error is closed.
            let _ = writeln!(std::io::stderr(), "[{}] {}", line.source, line.text);
        }
        let seen = self.with_kept(|kept| {
            if kept.lines.len() == MAX_LINES {
                kept.lines.pop_front();
            }
            kept.lines.push_back(line);
            kept.seen += 1;
            kept.seen
        });
        self.news.send_replace(seen);
    }

    fn with_kept<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The next line without its end, `None` at the end of the stream.
async fn next_line(pipe: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut line = Vec::new();
    loop {
        let chunk = pipe.fill_buf().await.ok()?;
        if chunk.is_empty() {
            return (!line.is_empty()).then(|| text(&line));
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let room = MAX_LINE_BYTES.saturating_sub(line.len());
        line.extend(chunk.iter().take(end.unwrap_or(chunk.len()).min(room)));
        let used = end.map_or(chunk.len(), |end| end + 1);
        pipe.consume(used);
        if end.is_some() {
            return Some(text(&line));
        }
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}
