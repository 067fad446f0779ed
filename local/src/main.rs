//! X-Ray on this machine: `xray-local` serves, `xray-local traces` and `xray-local trace` look.

use std::process::ExitCode;

use xray_local::cli;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let lookup = |name: &str| std::env::var(name).ok();
    match runtime {
        Ok(runtime) => runtime.block_on(cli::run(std::env::args_os(), &lookup)),
        Err(error) => cli::fail(&error),
    }
}
