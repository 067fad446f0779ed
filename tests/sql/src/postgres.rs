//! A Postgres in a process and a folder of its own, which ends with its value.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::installed::{command, give, programs};

/// Its user.
const USER: &str = "ada";
/// Whoever finds this in a trace has found a leak.
const PASSWORD: &str = "s3cret";

/// Between a port's choice and its use somebody else may take it.
const ATTEMPTS: usize = 5;

/// A running server with the user `ada`, whose password is `s3cret`, and the database `postgres`.
#[derive(Debug)]
pub struct Postgres {
    process: Child,
    port: u16,
    version: String,
    _folder: TempDir,
}

impl Postgres {
    /// Starts one; none where it is not installed, which under CI it must be.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(
                std::env::var_os("CI").is_none(),
                "PostgreSQL is missing, and under CI no test may be skipped"
            );
            eprintln!("PostgreSQL is missing: its tests are skipped");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let data = make(&programs, folder.path());
        let (process, port) = (0..ATTEMPTS)
            .find_map(|_| serve(&programs.join("postgres"), &data))
            .expect("the server starts");
        Some(Self {
            process,
            port,
            version: fs::read_to_string(data.join("PG_VERSION")).unwrap(),
            _folder: folder,
        })
    }

    /// Its address with a password in it, as an application knows it.
    pub fn url(&self) -> String {
        self.url_with(PASSWORD)
    }

    /// Its address with another password.
    pub fn url_with(&self, password: &str) -> String {
        let port = self.port;
        format!("postgres://{USER}:{password}@localhost:{port}/postgres")
    }

    /// Its address as a trace may say it.
    pub fn public_url(&self) -> String {
        format!("postgres://localhost:{}/postgres", self.port)
    }

    /// Its version, such as `15`.
    pub fn version(&self) -> &str {
        self.version.trim()
    }
}

impl Drop for Postgres {
    /// Asked to, it ends its own processes; killed, it would not.
    fn drop(&mut self) {
        let id = self.process.id().to_string();
        let _ = Command::new("kill").args(["-INT", &id]).status();
        let _ = self.process.wait();
    }
}

/// Makes the folder of its data.
fn make(programs: &Path, folder: &Path) -> PathBuf {
    give(folder);
    let (data, password) = (folder.join("data"), folder.join("password"));
    fs::write(&password, PASSWORD).unwrap();
    let made = command(programs.join("initdb"), folder)
        .args(["--no-sync", "--auth=scram-sha-256", "--encoding=UTF8"])
        .args(["--username", USER, "--pwfile"])
        .arg(password)
        .arg("--pgdata")
        .arg(&data)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    data
}

/// Starts the server on a free port; none where it ended at once.
fn serve(program: &Path, data: &Path) -> Option<(Child, u16)> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut process = command(program, data)
        .args(["-h", "localhost", "-F", "-p", &port.to_string()])
        .args(["-c", "unix_socket_directories=", "-D"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stderr.take().unwrap()).lines();
    if is_ready(lines) {
        return Some((process, port));
    }
    process.wait().unwrap();
    None
}

/// Waits until it says so. What it says later nobody wants to know, but it must not stop for that.
fn is_ready(mut lines: Lines<BufReader<ChildStderr>>) -> bool {
    let ready = "database system is ready to accept connections";
    let is = lines.by_ref().any(|line| line.unwrap().contains(ready));
    thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    is
}
