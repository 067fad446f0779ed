//! The clocks of real processes, put forward while they are frozen (`clock.c` is in them for it).

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use end_to_end::Setup;
use tempfile::TempDir;

/// How far ahead of the truth the clocks are, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ahead {
    /// The one of `Instant`, which on some machines stands still during a freeze.
    pub(crate) monotonic: u64,
    /// The one of `SystemTime`.
    pub(crate) day: u64,
}

/// Clocks that all processes of an environment read.
#[derive(Debug)]
pub(crate) struct JumpingClock {
    folder: TempDir,
}

impl JumpingClock {
    /// Clocks that tell the truth, until they are set.
    pub(crate) fn new() -> Self {
        let clock = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        clock.set(Ahead::default());
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("faults/clock.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(clock.library())
            .arg(source)
            .status();
        assert!(
            compiled.is_ok_and(|status| status.success()),
            "cc compiles clock.c: Rust links with it, so it is there"
        );
        clock
    }

    /// Has the processes of an environment read this clock.
    pub(crate) fn given_to(&self, setup: Setup) -> Setup {
        setup
            .env("LD_PRELOAD", self.library().to_str().unwrap())
            .env("JUMPING_CLOCK", self.offsets().to_str().unwrap())
    }

    /// Puts them forward, in place: the processes have the file in their memory.
    pub(crate) fn set(&self, ahead: Ahead) {
        let mut file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.offsets())
            .unwrap();
        let numbers = [ahead.monotonic.to_ne_bytes(), ahead.day.to_ne_bytes()];
        file.write_all(&numbers.concat()).unwrap();
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("clock.so")
    }

    fn offsets(&self) -> PathBuf {
        self.folder.path().join("seconds")
    }
}
