//! The command line, by the rules of Go's `flag`, which the daemon reads it with: one dash or two before either name, the value after `=` or as the
//! next argument, `-o` alone for true. A parser of GNU's rules would take `-bind` for `-b ind`.

use std::fmt::Write;

use super::options::{Key, Options, ROWS, Row};

/// What the command line asks for.
#[derive(Debug)]
pub(super) struct CommandLine {
    pub(super) options: Options,
    /// Only to be answered.
    pub(super) question: Option<Key>,
    /// What is wrong with it.
    pub(super) wrong: Vec<String>,
}

/// Reads what follows the program's own name.
pub(super) fn read(arguments: impl IntoIterator<Item = String>) -> CommandLine {
    let mut line = CommandLine {
        options: Options::default(),
        question: None,
        wrong: Vec::new(),
    };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        if let Err(wrong) = line.take(&argument, &mut arguments) {
            line.wrong.push(wrong);
        }
    }
    line
}

impl CommandLine {
    fn take(
        &mut self,
        argument: &str,
        rest: &mut impl Iterator<Item = String>,
    ) -> Result<(), String> {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument, None),
        };
        let row = row(name)
            .ok_or_else(|| format!("{name} is no flag of the X-Ray daemon; it is left out"))?;
        let value = match row.key {
            key @ (Key::Version | Key::Help) => {
                self.question = Some(key);
                return Ok(());
            }
            Key::LocalMode => value.or_else(|| Some("true".to_owned())),
            _ => value.or_else(|| rest.next()),
        };
        match value {
            Some(value) => self.options.set(row, name, &value),
            None => Err(format!("{name} has no value: it takes {}", row.takes)),
        }
    }
}

fn row(name: &str) -> Option<&'static Row> {
    let bare = name.strip_prefix("--").or_else(|| name.strip_prefix('-'))?;
    ROWS.iter()
        .find(|row| !bare.is_empty() && (row.short == bare || row.long == bare))
}

/// What `--help` says.
pub(super) fn help() -> String {
    let mut text = String::from(
        "Receives X-Ray segment documents over UDP and sends them to X-Ray, as the X-Ray daemon does.\n\n",
    );
    for row in ROWS.iter().filter(|row| !row.long.is_empty()) {
        let names = format!("-{}, --{}", row.short, row.long);
        let _ = write!(text, "  {names:<22}{}", row.meaning);
        if !row.takes.is_empty() {
            let _ = write!(text, " Takes {}.", row.takes);
        }
        text.push('\n');
    }
    text.push_str(
        "\nWithin Lambda the command line is ignored. Environment variables: docs/settings.md.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(text: &str) -> CommandLine {
        read(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_flag_is_the_same_in_each_of_its_forms() {
        let expected = line("-b 127.0.0.1:3000 -o -n eu-west-1").options;
        assert_ne!(expected, Options::default());
        for form in [
            "--bind 127.0.0.1:3000 --local-mode --region eu-west-1",
            "-bind=127.0.0.1:3000 -local-mode=true -region=eu-west-1",
            "-n eu-west-1 --b=localhost:3000 -o=true",
        ] {
            let line = line(form);
            assert_eq!(line.options, expected, "{form}");
            assert_eq!(line.wrong, [""; 0]);
        }
    }

    #[test]
    fn what_is_wrong_is_said_by_the_name_it_was_given_and_the_rest_holds() {
        for (text, words) in [
            (
                "--buffer-memory lots -n eu-west-1",
                "--buffer-memory is \"lots\"",
            ),
            ("--verbose -n eu-west-1", "--verbose is no flag"),
            ("xray -n eu-west-1", "xray is no flag"),
            ("-n eu-west-1 -b", "-b has no value"),
            ("-n eu-west-1 -l loud", "takes dev, debug"),
        ] {
            let read = line(text);
            assert_eq!(read.options, line("-n eu-west-1").options, "{text}");
            assert!(
                read.wrong.len() == 1 && read.wrong[0].contains(words),
                "{:?}",
                read.wrong
            );
        }
    }

    #[test]
    fn questions_are_heard_and_help_names_every_flag() {
        assert_eq!(line("-o --version").question, Some(Key::Version));
        assert_eq!(line("-h").question, Some(Key::Help));
        for row in ROWS.iter().filter(|row| !row.long.is_empty()) {
            assert!(help().contains(&format!("-{}, --{} ", row.short, row.long)));
        }
    }

    #[test]
    fn the_page_has_every_flag_and_key() {
        let page = include_str!("../../../docs/daemon.md");
        for row in &ROWS {
            for name in [
                format!("-{}", row.short),
                format!("--{}", row.long),
                row.file.to_owned(),
            ] {
                let name = format!("`{name}`");
                assert!(
                    name.ends_with("-`") || name == "``" || page.contains(&name),
                    "{name}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn any_command_line_is_read(arguments in prop::collection::vec("(-{0,2}[abchlmnoprtv]{0,3}=?)?\\PC{0,12}", 0..6)) {
            let _ = read(arguments);
        }
    }
}
