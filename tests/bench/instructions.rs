//! Instructions a document costs, from the socket to X-Ray: unlike time, the same on a busy machine.
//!
//! By valgrind, which counts what the process itself does and not what the kernel does for it. Two runs, so that start and end cancel out.
//! Its processor has no instructions for SHA-256: half of what it counts for a signed call is hashing, which a real one does in a fraction.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::Row;
use crate::daemon::{Daemon, Which};
use crate::endpoint::{Answers, Endpoint};
use crate::load::Load;

const FEW: u64 = 2_000;
const MANY: u64 = 12_000;

/// Of ours, and of a peer.
pub(crate) async fn measure(peer: Option<&Which>) -> Vec<Row> {
    const WHAT: &str = "instructions a document, from socket to X-Ray";
    if !available() {
        return vec![Row::new(WHAT, "valgrind is not installed", "")];
    }
    let mut rows = vec![Row::new(WHAT, each(&Which::Ours).await, "")];
    if let Some(peer) = peer {
        rows.push(Row::new("    the peer", each(peer).await, ""));
    }
    rows
}

fn available() -> bool {
    let valgrind = std::process::Command::new("valgrind")
        .arg("--version")
        .output();
    valgrind.is_ok_and(|output| output.status.success())
}

async fn each(which: &Which) -> String {
    let (few, many) = (count(which, FEW).await, count(which, MANY).await);
    match (few, many) {
        (Some(few), Some(many)) => (many.saturating_sub(few) / (MANY - FEW)).to_string(),
        _ => "not all documents came through".to_owned(),
    }
}

/// None when documents were lost: what is not done costs nothing.
async fn count(which: &Which, documents: u64) -> Option<u64> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("callgrind.out");
    let endpoint = Endpoint::start(Answers::After(Duration::ZERO)).await;
    let file = format!("--callgrind-out-file={}", out.display());
    let above = ["valgrind", "--tool=callgrind", &file];
    let daemon = Daemon::start_under(&above, which, &endpoint.url, None);
    let load = Load {
        documents,
        // Valgrind takes some fifty times as long.
        rate: 1_000,
        answers: Answers::After(Duration::ZERO),
        buffer_mb: None,
    };
    let address = daemon.address.clone();
    tokio::task::spawn_blocking(move || load.send(&address))
        .await
        .unwrap();
    let delivered = endpoint.settled(documents).await;
    daemon.end();
    (delivered == documents).then(|| total(&out))
}

/// The sum at the end of callgrind's file.
fn total(file: &Path) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    let sum = text.lines().find_map(|line| {
        line.strip_prefix("summary:")
            .or_else(|| line.strip_prefix("totals:"))
    });
    sum.unwrap().trim().parse().unwrap()
}
