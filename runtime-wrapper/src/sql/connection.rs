//! What a connection string says, without the secrets in it.
//!
//! Read by what is known to be harmless, never by what is known to be secret: a parameter nobody has heard of may be a token. A text that does not look
//! as it should is not said at all, because nobody knows which part of it was the password.

use super::pairs;
use super::statement::SQL_SERVER;

/// What is harmless in a connection string.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Connection {
    pub(super) database: Option<String>,
    pub(super) host: Option<String>,
    pub(super) user: Option<String>,
    pub(super) kind: Option<&'static str>,
    /// The URL, without user, parameters and fragment.
    pub(super) url: Option<String>,
    /// The harmless pairs, where it is no URL.
    pub(super) pairs: Option<String>,
}

impl Connection {
    pub(super) fn read(text: &str) -> Self {
        let text = text.trim();
        let (jdbc, text) = match text.strip_prefix("jdbc:") {
            Some(text) => ("jdbc:", text),
            None => ("", text),
        };
        let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme))
        else {
            return Self::of_pairs(text);
        };
        let kind = kind(scheme);
        let read = match kind {
            Some("SQLite") => Self::of_file(rest),
            Some("Oracle") => Self::of_oracle(rest),
            _ => Self::of_url(rest, jdbc.is_empty()),
        };
        Self {
            url: read.url.map(|url| format!("{jdbc}{scheme}:{url}")),
            kind,
            ..read
        }
    }

    /// `//user:password@host:port/database?parameters`, or with `;name=value` for SQL Server. Where a login may stand in front, an `@` among
    /// the parameters says that they may be a part of its password.
    fn of_url(rest: &str, login_in_front: bool) -> Self {
        let rest = rest.strip_prefix("//").unwrap_or_default();
        let (before, after) = split_at_any(rest, &['?', ';', '#']);
        if login_in_front && after.contains('@') {
            return Self::default();
        }
        let (login, place) = before.rsplit_once('@').unwrap_or(("", before));
        let (authority, path) = place.split_once('/').unwrap_or((place, ""));
        let read = pairs::read(after, &['&', ';', '?', '#']);
        let Some(host) = host(authority) else {
            return Self::default();
        };
        let user = login.split(':').next().filter(|user| !user.is_empty());
        let path = Some(path).filter(|path| !path.is_empty() && is_plain(path));
        let slash = if path.is_some() { "/" } else { "" };
        Self {
            url: Some(format!("//{authority}{slash}{}", path.unwrap_or_default())),
            host: Some(host.to_owned()),
            database: path.map(str::to_owned).or(read.database),
            user: user.map(str::to_owned).or(read.user),
            ..Self::default()
        }
    }

    /// `thin:user/password@//host:port/service`, or `@host:port:sid`.
    fn of_oracle(rest: &str) -> Self {
        let (login, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (place, _) = split_at_any(place, &['?', ';', '#']);
        let place = place.trim_start_matches('/');
        let (address, service) = match place.split_once('/') {
            Some((address, service)) => (address, service),
            None => place.rsplit_once(':').unwrap_or((place, "")),
        };
        let Some(host) = host(address).filter(|_| is_plain(service)) else {
            return Self::default();
        };
        let user = login
            .split_once(':')
            .and_then(|(_, login)| login.split_once('/'));
        Self {
            url: Some(format!("@//{address}/{service}")),
            host: Some(host.to_owned()),
            database: Some(service.to_owned()).filter(|service| !service.is_empty()),
            user: user.map(|(user, _)| user.to_owned()),
            ..Self::default()
        }
    }

    /// A file, or `:memory:`; its parameters may hold its key.
    fn of_file(rest: &str) -> Self {
        let (path, _) = split_at_any(rest, &['?', ';', '#']);
        let file = path.rsplit(['/', '\\']).next();
        Self {
            url: Some(path.to_owned()),
            database: file.map(str::to_owned).filter(|file| !file.is_empty()),
            ..Self::default()
        }
    }

    fn of_pairs(text: &str) -> Self {
        let semicolons = text.contains(';') || pairs::is_one(text);
        let read = pairs::read(text, if semicolons { &[';'] } else { &[' '] });
        let kind = read.kind.or_else(|| {
            let libpq = !semicolons && read.host.is_some();
            libpq.then_some("PostgreSQL")
        });
        Self {
            host: read.host.as_deref().and_then(server).map(str::to_owned),
            database: read.database,
            user: read.user,
            kind,
            url: None,
            pairs: Some(read.harmless).filter(|pairs| !pairs.is_empty()),
        }
    }
}

/// `tcp:db.example.com,1433` and `db.example.com\instance` name a host, as `db.example.com:5432` does.
fn server(value: &str) -> Option<&str> {
    let value = value.strip_prefix("tcp:").unwrap_or(value);
    let (value, _) = split_at_any(value, &[',', '\\']);
    host(value)
}

/// The host of `host`, `host:port` and `[::1]:port`; of several, separated by commas, the first. A port is a number: what is none may be a password.
fn host(authority: &str) -> Option<&str> {
    let first = authority.split(',').map(|one| {
        let at = one.rfind(':').filter(|_| !one.ends_with(']'));
        let (host, port) = one.split_at(at.unwrap_or(one.len()));
        let number = port.chars().skip(1).all(|digit| digit.is_ascii_digit());
        (number && is_plain(host) && !host.contains('/')).then_some(host)
    });
    let hosts: Option<Vec<_>> = first.collect();
    hosts?.first().copied().filter(|host| !host.is_empty())
}

/// Characters of a name, of a path, of an IPv6 address.
fn is_plain(text: &str) -> bool {
    let extra = |character| "._-/%[]:$~+".contains(character);
    text.chars()
        .all(|character| character.is_alphanumeric() || extra(character))
}

fn is_scheme(text: &str) -> bool {
    let legal = |character: char| character.is_ascii_alphanumeric() || "+-.".contains(character);
    !text.is_empty() && text.chars().all(legal)
}

fn split_at_any<'t>(text: &'t str, ends: &[char]) -> (&'t str, &'t str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

/// The engine, as X-Ray's SDKs name it.
fn kind(scheme: &str) -> Option<&'static str> {
    let scheme = scheme.to_ascii_lowercase();
    Some(match scheme.as_str() {
        "postgres" | "postgresql" => "PostgreSQL",
        "mysql" => "MySQL",
        "mariadb" => "MariaDB",
        "sqlite" | "sqlite3" | "file" => "SQLite",
        "sqlserver" | "mssql" => SQL_SERVER,
        "oracle" => "Oracle",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Database;

    /// Connection string, name, user, and the URL or the pairs.
    const VECTORS: &[[&str; 4]] = &[
        [
            "postgres://ada:s3cret@db.example.com:5432/orders?sslmode=require&password=s3cret",
            "orders@db.example.com",
            "ada",
            "postgres://db.example.com:5432/orders",
        ],
        [
            "postgresql://ada:s3c/r@e@db/orders",
            "orders@db",
            "ada",
            "postgresql://db/orders",
        ],
        [
            "postgres://ada@one:1,two:2/orders",
            "orders@one",
            "ada",
            "postgres://one:1,two:2/orders",
        ],
        [
            "postgres://ada:s3cret@[::1]:5432/orders",
            "orders@[::1]",
            "ada",
            "postgres://[::1]:5432/orders",
        ],
        ["postgres:///orders?host=/tmp&user=ada", "sql", "", ""],
        [
            "mysql://root:s3cret@127.0.0.1/",
            "127.0.0.1",
            "root",
            "mysql://127.0.0.1",
        ],
        ["mysql://ada:s3cret?x@db/orders", "sql", "", ""],
        [
            "jdbc:postgresql://db/orders?user=ada&password=s3cret",
            "orders@db",
            "ada",
            "jdbc:postgresql://db/orders",
        ],
        [
            "jdbc:sqlserver://db:1433;databaseName=orders;user=ada;password={s3;cret}",
            "orders@db",
            "ada",
            "jdbc:sqlserver://db:1433",
        ],
        [
            "jdbc:oracle:thin:ada/s3cret@//db:1521/orders",
            "orders@db",
            "ada",
            "jdbc:oracle:@//db:1521/orders",
        ],
        [
            "jdbc:oracle:thin:ada/s3cret@db:1521:orders",
            "orders@db",
            "ada",
            "jdbc:oracle:@//db:1521/orders",
        ],
        [
            "sqlite:///var/data/orders.db?key=s3cret",
            "orders.db",
            "",
            "sqlite:///var/data/orders.db",
        ],
        ["sqlite::memory:", ":memory:", "", "sqlite::memory:"],
        [
            "host=db port=5432 dbname=orders user=ada password='s3 cret\\'s' sslmode=require",
            "orders@db",
            "ada",
            "host=db;port=5432;dbname=orders;user=ada",
        ],
        [
            "Server=tcp:db.example.com,1433;Initial Catalog=orders;User ID=ada;Password={s3;cret};Token=s3cret",
            "orders@db.example.com",
            "ada",
            "Server=tcp:db.example.com,1433;Initial Catalog=orders;User ID=ada",
        ],
        [
            "Driver={ODBC Driver 18 for SQL Server};Server=db\\one;Database=orders;UID=ada;PWD=s3cret",
            "orders@db",
            "ada",
            "Server=db\\one;Database=orders;UID=ada",
        ],
        ["s3cret", "sql", "", ""],
        ["", "sql", "", ""],
    ];

    #[test]
    fn a_connection_string_is_said_without_its_secrets() {
        for [text, name, user, said] in VECTORS {
            let read = Connection::read(text);
            assert_eq!(Database::new(text).name(), legal(name), "{text}");
            assert_eq!(read.user.as_deref().unwrap_or_default(), *user, "{text}");
            let address = read.url.or(read.pairs).unwrap_or_default();
            assert_eq!(address, *said, "{text}");
        }
    }

    fn legal(name: &str) -> String {
        xray_segment::name::legal_name(name).into_owned()
    }

    #[test]
    fn an_engine_is_known_by_its_scheme() {
        let engine = |text| Connection::read(text).kind;
        assert_eq!(engine("jdbc:mariadb://db/a"), Some("MariaDB"));
        assert_eq!(engine("mssql://db/a"), Some(SQL_SERVER));
        assert_eq!(engine("host=db dbname=a"), Some("PostgreSQL"));
        assert_eq!(engine("Driver={MySQL ODBC 8};Server=db"), Some("MySQL"));
        assert_eq!(engine("jdbc:h2:mem:a"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_password_survives(
            secret in "[^'\\\\{};& ]{0,8}S3CRET[^'\\\\{};& ]{0,8}",
            form in 0_usize..8,
        ) {
            let text = match form {
                0 => format!("postgres://ada:{secret}@db/orders"),
                1 => format!("mysql://db/orders?user=ada&password={secret}"),
                2 => format!("jdbc:sqlserver://db;user=ada;password={secret};databaseName=orders"),
                3 => format!("jdbc:oracle:thin:ada/{secret}@db:1521:orders"),
                4 => format!("host=db password='{secret}' dbname=orders"),
                5 => format!("Server=db;Pwd={{{secret}}};Database=orders"),
                6 => format!("sqlite:orders.db?key={secret}"),
                _ => format!("postgres://ada:1?2@{secret}@db/orders"),
            };
            let database = Database::new(&text);
            proptest::prop_assert!(!format!("{database:?}").contains("S3CRET"), "{text}: {database:?}");
        }

        #[test]
        fn no_text_is_too_strange(text in ".{0,60}") {
            let _ = Database::new(&text);
        }
    }
}
