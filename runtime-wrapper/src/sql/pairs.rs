//! The pairs `name=value` of a connection string, as libpq, ODBC, ADO.NET and JDBC write them.

/// What the pairs say that is harmless.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pub(super) host: Option<String>,
    pub(super) database: Option<String>,
    pub(super) user: Option<String>,
    pub(super) kind: Option<&'static str>,
    /// Host, port, database and user, as they were written, with `;` between them.
    pub(super) harmless: String,
}

/// Reads pairs with one of these characters between them; a value may stand in quotes or braces.
pub(super) fn read(text: &str, between: &[char]) -> Pairs {
    let mut found = Pairs::default();
    let mut rest = text.trim_start_matches(between);
    while let Some((name, after)) = rest.split_once('=') {
        let (value, length) = value(after.trim_start(), between);
        found.take(name.trim(), &value);
        let after = after.trim_start().get(length..).unwrap_or_default();
        rest = after.trim_start_matches(between).trim_start();
    }
    found
}

/// Whether there is one pair alone: `Server=my db` is that, `host=db port=1` is two.
pub(super) fn is_one(text: &str) -> bool {
    text.matches('=').count() == 1
}

impl Pairs {
    fn take(&mut self, name: &str, value: &str) {
        let known = name.to_ascii_lowercase();
        let field = match known.as_str() {
            "host" | "hostaddr" | "server" | "data source" | "address" | "addr" => &mut self.host,
            "dbname" | "database" | "databasename" | "initial catalog" => &mut self.database,
            "user" | "user id" | "uid" | "username" => &mut self.user,
            "port" => return self.say(name, value),
            "driver" => {
                self.kind = self.kind.or(driver(value));
                return;
            }
            _ => return,
        };
        field.get_or_insert_with(|| value.to_owned());
        self.say(name, value);
    }

    fn say(&mut self, name: &str, value: &str) {
        if !self.harmless.is_empty() {
            self.harmless.push(';');
        }
        self.harmless.push_str(name);
        self.harmless.push('=');
        self.harmless.push_str(value);
    }
}

/// A value without its quotes, and the bytes it took.
fn value(text: &str, between: &[char]) -> (String, usize) {
    let quote = text.chars().next().and_then(|first| match first {
        '\'' | '"' => Some(first),
        '{' => Some('}'),
        _ => None,
    });
    let Some(quote) = quote else {
        let end = text.find(between).unwrap_or(text.len());
        return (text.get(..end).unwrap_or_default().trim().to_owned(), end);
    };
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && quote == '\'' {
            value.extend(characters.next().map(|(_, escaped)| escaped));
        } else if character != quote {
            value.push(character);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            value.push(quote);
        } else {
            return (value, at + quote.len_utf8());
        }
    }
    (value, text.len())
}

fn driver(value: &str) -> Option<&'static str> {
    let value = value.to_ascii_lowercase();
    let known = [
        ("sql server", super::statement::SQL_SERVER),
        ("mysql", "MySQL"),
        ("mariadb", "MariaDB"),
        ("postgres", "PostgreSQL"),
        ("sqlite", "SQLite"),
    ];
    let found = known.iter().find(|(part, _)| value.contains(part));
    found.map(|(_, kind)| *kind)
}
