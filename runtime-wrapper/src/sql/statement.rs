//! Database queries without the values that stand in them, because traces are read by people who may not read the data.
//!
//! One pass, linear in the query's length, that knows nothing of grammar but what a value looks like. What is open at the end is taken for a value.

/// How a database quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quotes {
    /// Names stand in double quotes, and a backslash is itself.
    Standard,
    /// Texts stand in double quotes too, and a backslash escapes.
    MySql,
    /// Names stand in brackets too.
    SqlServer,
}

impl Quotes {
    /// Those of the database with this name. Where none is named it may be one that writes texts in double quotes.
    pub(crate) fn of(system: Option<&str>) -> Self {
        let Some(system) = system else {
            return Self::MySql;
        };
        let is = |known: &[&str]| known.iter().any(|name| system.eq_ignore_ascii_case(name));
        if is(&["mysql", "mariadb"]) {
            Self::MySql
        } else if is(&["mssql", "microsoft.sql_server", SQL_SERVER]) {
            Self::SqlServer
        } else {
            Self::Standard
        }
    }
}

/// What X-Ray's SDKs call it.
pub(super) const SQL_SERVER: &str = "Microsoft SQL Server";

/// The query with each text and number replaced by `?`, and its comments left out.
pub(crate) fn without_values(query: &str, quotes: Quotes) -> String {
    let mut out = String::with_capacity(query.len());
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let (written, length) = step(rest, first, quotes);
        out.push_str(written);
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// What is written for the beginning of `rest`, and how many bytes of it that was.
fn step(rest: &str, first: char, quotes: Quotes) -> (&str, usize) {
    let mysql = quotes == Quotes::MySql;
    let ended = |end: Option<usize>| end.unwrap_or(rest.len());
    let kept = |length| (rest.get(..length).unwrap_or_default(), length);
    match first {
        '\'' => ("?", ended(quoted(rest, first, mysql))),
        '"' if mysql => ("?", ended(quoted(rest, first, true))),
        '"' | '`' => match quoted(rest, first, false) {
            Some(length) => kept(length),
            None => ("?", rest.len()),
        },
        'e' | 'E' if rest.get(1..2) == Some("'") => {
            let text = rest.get(1..).unwrap_or_default();
            (
                "?",
                ended(quoted(text, '\'', true).map(|length| 1 + length)),
            )
        }
        '$' => match dollar_quoted(rest) {
            Some(length) => ("?", length),
            None => kept(word(rest)),
        },
        '-' if rest.starts_with("--") => (" ", ended(rest.find('\n'))),
        '#' if mysql => (" ", ended(rest.find('\n'))),
        '[' if quotes == Quotes::SqlServer => match quoted(rest, ']', false) {
            Some(length) => kept(length),
            None => ("?", rest.len()),
        },
        '/' if rest.starts_with("/*") => (" ", ended(comment(rest, !mysql))),
        '0'..='9' => ("?", number(rest)),
        first if is_word(first) => kept(word(rest)),
        first => kept(first.len_utf8()),
    }
}

/// The bytes of a quoted text, with its quotes, if it ends; two quotes within are one.
fn quoted(rest: &str, quote: char, escapes: bool) -> Option<usize> {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if escapes && character == '\\' {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(at + quote.len_utf8());
        }
    }
    None
}

/// The bytes of a comment, if it ends; in the standard's SQL one may stand within another.
fn comment(rest: &str, nests: bool) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, character) in rest.char_indices() {
        match (before, character) {
            ('/', '*') if nests || depth == 0 => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                before = character;
                continue;
            }
        }
        if depth == 0 {
            return Some(at + 1);
        }
        before = ' ';
    }
    None
}

/// The bytes of a text between two tags, such as `$$` or `$body$`; `$1` is a parameter.
fn dollar_quoted(rest: &str) -> Option<usize> {
    let name = rest.get(1..)?;
    let end = name.find(|character| !is_word(character) || character == '$')?;
    let tag = rest.get(..end + 2).filter(|tag| tag.ends_with('$'))?;
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let text = rest.get(tag.len()..)?;
    let end = text.find(tag).map(|at| at + 2 * tag.len());
    Some(end.unwrap_or(rest.len()))
}

/// The bytes of a number, with its fraction, its exponent, and the sign of that.
fn number(rest: &str) -> usize {
    let mut before = ' ';
    let end = rest.find(|character: char| {
        let exponent = matches!(before, 'e' | 'E') && matches!(character, '+' | '-');
        before = character;
        !(exponent || character == '.' || is_word(character))
    });
    end.unwrap_or(rest.len())
}

fn word(rest: &str) -> usize {
    let end = rest.find(|character| !is_word(character));
    end.unwrap_or(rest.len())
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(quotes: Quotes, cases: &[(&str, &str)]) {
        for (query, expected) in cases {
            assert_eq!(without_values(query, quotes), *expected, "{query}");
        }
    }

    #[test]
    fn values_go_and_names_and_parameters_stay() {
        check(
            Quotes::Standard,
            &[
                ("", ""),
                (
                    "SELECT * FROM t1 WHERE a = 'it''s' AND b=-1.5e-3",
                    "SELECT * FROM t1 WHERE a = ? AND b=-?",
                ),
                (
                    r#"SELECT "id 7" FROM "orders" WHERE id = $1"#,
                    r#"SELECT "id 7" FROM "orders" WHERE id = $1"#,
                ),
                (r"SELECT 'C:\', 'x'", "SELECT ?, ?"),
                (r"SELECT E'it\'s', e'x'", "SELECT ?, ?"),
                ("SELECT $$it's$$, $body$a $$ b$body$, x", "SELECT ?, ?, x"),
                (
                    "SELECT 1 -- secret\nFROM t /* 'secret' */ WHERE ü = 0xFF",
                    "SELECT ?  \nFROM t   WHERE ü = ?",
                ),
                (
                    "SELECT 'x'::text, CAST('1' AS int)",
                    "SELECT ?::text, CAST(? AS int)",
                ),
                ("SELECT /* a /* b */ 'secret' */ c", "SELECT   c"),
                ("SELECT /*/ 'secret' */ c", "SELECT   c"),
                ("SELECT 'open", "SELECT ?"),
                ("SELECT $a$open", "SELECT ?"),
                ("SELECT $", "SELECT $"),
            ],
        );
    }

    #[test]
    fn mysql_quotes_texts_in_either_way() {
        check(
            Quotes::MySql,
            &[
                (
                    r#"SELECT `a 1` FROM t WHERE b = "it\"s" OR c = 'it\'s'"#,
                    "SELECT `a 1` FROM t WHERE b = ? OR c = ?",
                ),
                (r#"SELECT "open\"#, "SELECT ?"),
                ("SELECT 1 # 'secret'\nFROM t", "SELECT ?  \nFROM t"),
            ],
        );
    }

    #[test]
    fn sql_server_quotes_names_in_brackets() {
        let query = "SELECT [it's], [a]]'b] FROM t WHERE c = N'secret' AND d = 'x'";
        let masked = "SELECT [it's], [a]]'b] FROM t WHERE c = N? AND d = ?";
        check(
            Quotes::SqlServer,
            &[(query, masked), ("SELECT [open", "SELECT ?")],
        );
    }

    #[test]
    fn a_query_is_read_as_its_database_would() {
        assert_eq!(Quotes::of(Some("MySQL")), Quotes::MySql);
        assert_eq!(Quotes::of(Some("mssql")), Quotes::SqlServer);
        assert_eq!(Quotes::of(Some("postgresql")), Quotes::Standard);
        assert_eq!(Quotes::of(None), Quotes::MySql);
    }

    /// All queries of up to five of these: whatever is cut where, it is read to its end, and what is written has no value left.
    #[test]
    fn no_query_is_too_strange() {
        let alphabet = [
            '\'', '"', '`', '$', '\\', '-', '/', '*', 'e', '1', '\n', 'ü',
        ];
        let mut queries = vec![String::new()];
        for _ in 0..5 {
            let longer = queries.iter().flat_map(|query| {
                let longer = alphabet.iter().map(move |next| format!("{query}{next}"));
                longer.collect::<Vec<_>>()
            });
            queries = longer.collect();
            for query in &queries {
                for quotes in [Quotes::Standard, Quotes::MySql] {
                    let once = without_values(query, quotes);
                    let texts = !query.contains(['"', '`']) && once.contains('\'');
                    assert!(!texts, "{query:?}: {once:?}");
                    assert_eq!(without_values(&once, quotes), once, "{query:?}");
                }
            }
        }
    }
}
