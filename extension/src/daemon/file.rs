//! `cfg.yaml`: two levels of keys with one value each is all that the daemon documents, so that is all of YAML that is read here; a line that is
//! something else is said by its number.

use super::options::{Options, ROWS, Row};

/// Reads the file's text. What is wrong is said in the second part.
pub(super) fn read(path: &str, text: &str) -> (Options, Vec<String>) {
    let mut reader = Reader {
        path,
        options: Options::default(),
        section: None,
        wrong: Vec::new(),
    };
    for (number, line) in (1..).zip(text.lines()) {
        reader.line(number, line);
    }
    (reader.options, reader.wrong)
}

struct Reader<'a> {
    path: &'a str,
    options: Options,
    section: Option<&'a str>,
    wrong: Vec<String>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, number: usize, line: &'a str) {
        let content = without_comment(line).trim();
        if content.is_empty() || matches!(content, "---" | "...") {
            return;
        }
        let place = format!("{} line {number}", self.path);
        let Some((key, value)) = content.split_once(':') else {
            self.wrong.push(format!(
                "{place} is left out: it is not a key, a colon and a value"
            ));
            return;
        };
        let is_nested = line.starts_with([' ', '\t']);
        if !is_nested {
            self.section = value.trim().is_empty().then(|| key.trim());
        }
        let section = self.section.filter(|_| is_nested);
        self.value(&place, section, key.trim(), unquoted(value.trim()));
    }

    fn value(&mut self, place: &str, section: Option<&str>, key: &str, text: &str) {
        let name = match section {
            Some(section) => format!("{section}.{key}"),
            None => key.to_owned(),
        };
        let is_section = self.section == Some(key) && section.is_none();
        match row(&name) {
            // The daemon's own file names every key, with nothing after most.
            Some(_) if text.is_empty() => {}
            Some(row) => {
                let set = self.options.set(row, &format!("{place}: {name}"), text);
                self.wrong.extend(set.err());
            }
            None if is_section && is_known_section(key) => {}
            None => self.wrong.push(format!(
                "{place} is left out: the X-Ray daemon has no {name}"
            )),
        }
    }
}

fn row(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| !name.is_empty() && row.file == name)
}

fn is_known_section(name: &str) -> bool {
    ROWS.iter().any(|row| {
        row.file
            .split_once('.')
            .is_some_and(|(section, _)| section == name)
    })
}

/// A `#` begins a comment at the line's start or after a space, outside quotes.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        match (letter, quote) {
            ('#', None) if before.is_whitespace() => return line.get(..at).unwrap_or(line),
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            _ => {}
        }
        before = letter;
    }
    line
}

fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::flags;
    use super::*;

    fn by_flags(line: &str) -> Options {
        flags::read(line.split_whitespace().map(str::to_owned)).options
    }

    /// Each key that has a flag too, in the forms that people write.
    const FILE: &str = r#"
# Maximum buffer size in MB
TotalBufferSizeMB: 24
Region: "us-west-1"
Socket:
  UDPAddress: "127.0.0.1:3000"
  TCPAddress: '127.0.0.1:3001' # for the SDKs
Logging:
    LogLevel: warn
    LogPath: "/var/log/x # ray.log"
LocalMode: true
ResourceARN: "arn:aws:ec2:us-west-1:123456789012:instance/i-1"
RoleARN: "arn:aws:iam::123456789012:role/x"
NoVerifySSL: false
ProxyAddress: "http://127.0.0.1:8080"
Version: 2
"#;

    #[test]
    fn a_file_says_the_same_as_flags() {
        let (options, wrong) = read("cfg.yaml", FILE);
        assert_eq!(wrong, [""; 0]);
        let mut expected = by_flags(
            "-m 24 -n us-west-1 -b 127.0.0.1:3000 -t 127.0.0.1:3001 -l warn -o -a arn:aws:ec2:us-west-1:123456789012:instance/i-1 \
             -r arn:aws:iam::123456789012:role/x -p http://127.0.0.1:8080",
        );
        let path = by_flags("--log-file=/var/log/x").over(Options::default());
        assert_ne!(path, Options::default());
        let spaced = flags::read(["-f=/var/log/x # ray.log".to_owned()]).options;
        expected = expected.over(spaced);
        assert_eq!(options, expected);
    }

    #[test]
    fn the_file_that_comes_with_the_daemon_changes_nothing() {
        let stock = "TotalBufferSizeMB: 0\nConcurrency: 8\nRegion: \"\"\nEndpoint: \"\"\nSocket:\n  UDPAddress: \"\"\n  TCPAddress: \"\"\n\
                     Logging:\n  LogRotation: true\n  LogLevel: prod\n  LogPath: \"\"\nLocalMode: false\nResourceARN: \"\"\nRoleARN: \"\"\n\
                     NoVerifySSL: false\nProxyAddress: \"\"\nVersion: 2\n";
        let (options, wrong) = read("cfg.yaml", stock);
        assert_eq!(wrong, [""; 0]);
        let few =
            "Concurrency: 8\nLocalMode: false\nLogging:\n  LogRotation: true\n  LogLevel: prod";
        assert_eq!(options, read("cfg.yaml", few).0);
    }

    #[test]
    fn what_is_not_understood_is_said_by_its_line_and_the_rest_holds() {
        for (line, words) in [
            (
                "Colour: blue",
                "line 2 is left out: the X-Ray daemon has no Colour",
            ),
            (
                "Socket:\n  Colour: blue",
                "line 3 is left out: the X-Ray daemon has no Socket.Colour",
            ),
            ("- a list", "line 2 is left out: it is not a key"),
            ("NoVerifySSL: true", "AWS_CA_BUNDLE"),
            ("Version: 3", "takes 1 or 2"),
            ("LogLevel: info", "has no LogLevel"),
        ] {
            let (options, wrong) = read("cfg.yaml", &format!("Region: eu-west-1\n{line}\n"));
            assert_eq!(options, by_flags("-n eu-west-1"), "{line}");
            assert!(wrong.len() == 1 && wrong[0].contains(words), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "([ \\t]{0,2}[A-Za-z]{0,9}:?[ \"'#]{0,3}\\PC{0,8}\\n){0,6}") {
            let _ = read("cfg.yaml", &text);
        }
    }
}
