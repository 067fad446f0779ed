//! Where the system keeps the programs of Postgres, and as whom they run.
//!
//! The server refuses to run as root, which is whom tests run as in a container: there it runs as the user that its package made.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's, a folder for each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The folder with `initdb` and `postgres`, if there is any: the one that is in the path, or else the newest.
pub(crate) fn programs() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<PathBuf> = fs::read_dir(VERSIONS)
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    versions.sort();
    env::split_paths(&path)
        .chain(versions.into_iter().rev())
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// A program of the server's, in its folder.
pub(crate) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = if is_root() {
        let mut setpriv = Command::new("setpriv");
        setpriv
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(program);
        setpriv
    } else {
        Command::new(program)
    };
    command.current_dir(folder).env("LC_ALL", "C");
    command
}

/// Gives a folder that we made to whom the server runs as.
pub(crate) fn give(folder: &Path) {
    if is_root() {
        let id = Command::new("id").args(["-u", "postgres"]).output();
        let id = String::from_utf8(id.unwrap().stdout).unwrap();
        let user = id
            .trim()
            .parse()
            .expect("the package makes the user postgres");
        chown(folder, Some(user), None).unwrap();
    }
}

/// The kernel says it: the standard library does not.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
