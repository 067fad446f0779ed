//! A log in a file of its own, which puts itself aside at 50 MB, once, as the daemon's does.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const LARGEST: u64 = 50 * 1024 * 1024;

/// The file, open.
#[derive(Debug)]
pub(super) struct LogWriter {
    path: PathBuf,
    file: File,
    size: u64,
    /// From here on it is put aside.
    largest: u64,
}

impl LogWriter {
    /// Opens it to write after what is there.
    pub(super) fn open(path: &Path, rotates: bool) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self {
            path: path.to_owned(),
            size: file.metadata()?.len(),
            file,
            largest: if rotates { LARGEST } else { u64::MAX },
        })
    }

    fn put_aside(&mut self) -> io::Result<()> {
        let mut aside = self.path.clone().into_os_string();
        aside.push(".1");
        fs::rename(&self.path, aside)?;
        let largest = self.largest;
        *self = Self::open(&self.path, true)?;
        self.largest = largest;
        Ok(())
    }
}

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.size >= self.largest {
            // A file that cannot be renamed is written on.
            let _ = self.put_aside();
        }
        let written = self.file.write(bytes)?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_put_aside_for_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        fs::write(&path, "before\n").unwrap();
        let mut log = LogWriter::open(&path, true).unwrap();
        log.largest = 10;
        for line in ["one\n", "two\n", "three\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(
            (read("x.log").as_str(), read("x.log.1").as_str()),
            ("two\nthree\n", "before\none\n")
        );
    }
}
