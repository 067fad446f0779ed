//! What takes documents by UDP and brings them to X-Ray: ours, or any program with the official daemon's command line.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use end_to_end::{Program, free_udp_address};
use tempfile::TempDir;

use crate::process::udp_bound;

/// Which one.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    /// The extension, as it ships.
    Ours,
    /// The program at this path.
    Peer(PathBuf),
}

/// One that runs; it is killed with the value.
pub(crate) struct Daemon {
    /// Where it receives.
    pub(crate) address: String,
    process: Child,
    _folder: TempDir,
}

impl Daemon {
    /// Starts it, with `buffer_mb` megabytes for what is not sent yet where that is said.
    pub(crate) fn start(which: &Which, endpoint: &str, buffer_mb: Option<u32>) -> Self {
        Self::start_under(&[], which, endpoint, buffer_mb)
    }

    /// Starts it as the last arguments of another program.
    pub(crate) fn start_under(
        above: &[&str],
        which: &Which,
        endpoint: &str,
        buffer_mb: Option<u32>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_udp_address();
        let program = match which {
            Which::Ours => Program::Extension.path(),
            Which::Peer(path) => path.clone(),
        };
        let mut words = above.iter().map(PathBuf::from).chain([program]);
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "any")
            .env("AWS_SECRET_ACCESS_KEY", "any")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match which {
            Which::Ours => {
                command
                    .env("XRAY_EXTENSION_ADDRESS", &address)
                    .env("AWS_ENDPOINT_URL_XRAY", endpoint);
                if let Some(megabytes) = buffer_mb {
                    command.env("XRAY_EXTENSION_BUFFER_MB", megabytes.to_string());
                }
            }
            Which::Peer(_) => {
                let config = folder.path().join("cfg.yaml");
                let text = format!("Version: 2\nEndpoint: \"{endpoint}\"\nNoVerifySSL: true\n");
                fs::write(&config, text).unwrap();
                command
                    .args([
                        "-o",
                        "-n",
                        "eu-central-1",
                        "-b",
                        &address,
                        "-t",
                        &address,
                        "-c",
                    ])
                    .arg(config);
                if let Some(megabytes) = buffer_mb {
                    command.args(["-m", &megabytes.to_string()]);
                }
            }
        }
        let mut process = command.spawn().unwrap();
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        while !udp_bound(port) {
            // A Go program does not live under valgrind.
            let ended = process.try_wait().unwrap();
            assert!(ended.is_none(), "it ended before it received: {ended:?}");
        }
        Self {
            address,
            process,
            _folder: folder,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Tells it to end, and waits until it has.
    pub(crate) fn end(mut self) {
        let _ = Command::new("kill").arg(self.pid().to_string()).status();
        self.process.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
