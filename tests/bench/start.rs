//! What the extension adds to a cold start.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use end_to_end::{Program, Setup, free_udp_address};
use serde_json::json;

use crate::daemon::{Daemon, Which};
use crate::process::{megabytes, running, udp_bound};
use crate::{Row, spread};

const RUNS: usize = 30;

/// exec to socket bound, exec to register and to the first `/next`, memory after init; and as a daemon, beside a peer.
pub(crate) async fn measure(peer: Option<&Which>) -> Vec<Row> {
    let bound = (0..RUNS).map(|_| exec_to_bound()).collect();
    let (mut registered, mut next, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let mut environment = Setup::default().start().await;
        let invocation = environment.invoke(json!({})).await;
        let init = invocation.init.unwrap();
        registered.extend(init.extension_register);
        next.extend(init.extension_next);
        let pids = running(&Program::Extension.path());
        memory.extend(pids.iter().map(|pid| megabytes(*pid, "VmRSS")));
        environment.shutdown().await;
    }
    let most = memory.into_iter().fold(0.0, f64::max);
    let mut rows = vec![
        Row::new("exec to socket bound", spread(bound), "2 ms"),
        Row::new("exec to register", spread(registered), ""),
        Row::new("exec to first /next", spread(next), "6 ms"),
        Row::new(
            "memory after the first invocation, most of all runs",
            format!("{most:.1} MB"),
            "8 MB",
        ),
        Row::new("as a daemon, to socket bound", as_daemon(&Which::Ours), ""),
    ];
    if let Some(peer) = peer {
        rows.push(Row::new("    the peer", as_daemon(peer), ""));
    }
    rows
}

/// Nobody answers at the endpoint: what is asked there first does not keep the socket from being bound.
fn as_daemon(which: &Which) -> String {
    let runs = (0..RUNS).map(|_| {
        let begin = Instant::now();
        let daemon = Daemon::start(which, "http://127.0.0.1:9", None);
        let took = begin.elapsed();
        drop(daemon);
        took
    });
    spread(runs.collect())
}

fn exec_to_bound() -> Duration {
    let address = free_udp_address();
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    let begin = Instant::now();
    let mut process = Command::new(Program::Extension.path())
        .env_clear()
        .env("XRAY_EXTENSION_ADDRESS", &address)
        // Nobody answers there; the socket is bound before anyone is asked.
        .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !udp_bound(port) {
        assert!(
            begin.elapsed() < Duration::from_secs(5),
            "the extension does not bind {address}"
        );
    }
    let bound = begin.elapsed();
    process.kill().unwrap();
    process.wait().unwrap();
    bound
}
