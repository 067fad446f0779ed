//! What can be said on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// AWS X-Ray on this machine. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "xray-local", version, args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: Serve,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Take traces in, and show them on a page.
    Serve(Serve),
    /// Draw how long traces took, and what they have in common.
    Analytics(Analytics),
    /// Draw which services called which.
    Map(Traces),
    /// List traces, the newest first.
    Traces(Newest),
    /// Draw one trace as a timeline.
    Trace(Trace),
    /// Show each trace as it ends, until Ctrl-C.
    Tail(Tail),
    /// List sampling rules in the order in which they are tried, and what each did in the last hour.
    Rules(Rules),
    /// Sample all of some requests for a while.
    Raise(Raise),
    /// Send traces of a shop that is not there, with an outage in it, to have something to look at.
    Generate(Generate),
    /// Print the script that completes commands in a shell, for example `source <(xray-local completions bash)`.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Args, Debug)]
pub(super) struct Serve {
    /// Address of API and page; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2080")]
    pub(super) listen: SocketAddr,
    /// Folder, or file ending in .db, where traces are kept [default: xray-local in the user's data folder].
    #[arg(long, value_name = "PATH")]
    pub(super) data: Option<PathBuf>,
    /// Where to stand in for the X-Ray daemon, for X-Ray SDKs of any language; off does not.
    #[arg(long, value_name = "ADDR|off", default_value = "127.0.0.1:2000", value_parser = daemon)]
    pub(super) daemon: Daemon,
    /// How long traces are kept after their last document: 12h, 7d.
    #[arg(long, value_name = "AGE", default_value = "30d", value_parser = age)]
    pub(super) keep: Duration,
    /// How much room traces and logs may take; the oldest go first: 500MB, 2GB.
    #[arg(long, value_name = "SIZE", default_value = "2GB", value_parser = bytes)]
    pub(super) keep_bytes: u64,
    /// Refuse what AWS would refuse as too large, too much or too old.
    #[arg(long)]
    pub(super) strict_limits: bool,
    /// A name, besides addresses and localhost, under which clients may call; can be repeated.
    #[arg(long, value_name = "NAME")]
    pub(super) host: Vec<String>,
    /// Whose traces the page shows.
    #[arg(long, value_name = "WHOSE", default_value = "local")]
    pub(super) source: Source,
    /// With --source aws, another endpoint than the region's.
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,
}

/// Where the daemon's sockets are, if anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Daemon(pub(super) Option<SocketAddr>);

#[derive(Args, Debug)]
pub(super) struct Endpoint {
    /// X-Ray to ask [default: `$AWS_ENDPOINT_URL_XRAY`, else <http://127.0.0.1:2080>; AWS's own with --source aws].
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,
    /// Whose X-Ray that is.
    #[arg(long, value_name = "WHOSE", default_value = "local")]
    pub(super) source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Source {
    /// An xray-local.
    Local,
    /// An account's own: region and credentials are found as the AWS CLI finds them, and nothing is changed there.
    #[cfg(feature = "aws")]
    Aws,
}

#[derive(Args, Debug)]
pub(super) struct Look {
    /// JSON instead of a drawing.
    #[arg(long)]
    pub(super) json: bool,
    /// Colours.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
    /// Characters in a line [default: the terminal's].
    #[arg(long, value_name = "N")]
    pub(super) width: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// Where the output is a terminal.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Nowhere.
    Never,
}

#[derive(Args, Debug)]
pub(super) struct Traces {
    #[command(flatten)]
    pub(super) endpoint: Endpoint,
    /// How far back to look: 30s, 5m, 2h, 1d.
    #[arg(long, value_name = "AGE", default_value = "1h", value_parser = age)]
    pub(super) since: Duration,
    #[command(flatten)]
    pub(super) look: Look,
}

#[derive(Args, Debug)]
pub(super) struct List {
    #[command(flatten)]
    pub(super) traces: Traces,
    /// Only those of which a filter expression holds, for example 'fault AND responsetime > 2'.
    #[arg(long, value_name = "EXPR")]
    pub(super) filter: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct Newest {
    #[command(flatten)]
    pub(super) list: List,
    /// How many at most [default: 30; 1000 as JSON].
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<usize>,
}

#[derive(Args, Debug)]
pub(super) struct Analytics {
    #[command(flatten)]
    pub(super) list: List,
    /// What to group by: url, status, method, user, service, subsegment, entry, or annotation.KEY.
    #[arg(long, value_name = "FIELD", default_value = "url")]
    pub(super) by: String,
    /// Compare with the traces of another filter expression.
    #[arg(long, value_name = "EXPR")]
    pub(super) against: Option<String>,
    /// Compare with a time of the same length that ended so long ago: 1h, 1d.
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(super) before: Option<Duration>,
}

#[derive(Args, Debug)]
pub(super) struct Tail {
    #[command(flatten)]
    pub(super) endpoint: Endpoint,
    /// Also those that began so long ago: 30s, 5m, at most 15m.
    #[arg(long, value_name = "AGE", default_value = "0s", value_parser = age)]
    pub(super) since: Duration,
    /// Only those of which a filter expression holds.
    #[arg(long, value_name = "EXPR")]
    pub(super) filter: Option<String>,
    #[command(flatten)]
    pub(super) look: Look,
}

#[derive(Args, Debug)]
pub(super) struct Trace {
    /// The trace's id, in X-Ray's or the W3C form [default: the newest trace].
    pub(super) id: Option<String>,
    #[command(flatten)]
    pub(super) endpoint: Endpoint,
    #[command(flatten)]
    pub(super) look: Look,
}

#[derive(Args, Debug)]
pub(super) struct Rules {
    #[command(flatten)]
    pub(super) endpoint: Endpoint,
    #[command(flatten)]
    pub(super) look: Look,
}

#[derive(Args, Debug)]
pub(super) struct Raise {
    /// The path of the requests, with * and ? for what varies, for example '/checkout*'.
    #[arg(value_name = "PATH", default_value = "*")]
    pub(super) path: String,
    /// Their method.
    #[arg(long, default_value = "*")]
    pub(super) method: String,
    /// The host they are for.
    #[arg(long, default_value = "*")]
    pub(super) host: String,
    /// The service that answers them.
    #[arg(long, default_value = "*")]
    pub(super) service: String,
    /// How many of them are sampled, 0 to 1.
    #[arg(long, default_value_t = 1.0)]
    pub(super) rate: f64,
    /// How long: 30s, 10m, at most 1d.
    #[arg(long = "for", value_name = "AGE", default_value = "10m", value_parser = age)]
    pub(super) time: Duration,
    #[command(flatten)]
    pub(super) endpoint: Endpoint,
}

fn daemon(text: &str) -> Result<Daemon, String> {
    match text {
        "off" => Ok(Daemon(None)),
        address => address
            .parse()
            .map(|address| Daemon(Some(address)))
            .map_err(|_| {
                "write an address and a port, for example 127.0.0.1:2000, or off".to_owned()
            }),
    }
}

fn bytes(text: &str) -> Result<u64, String> {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    let parsed = units.into_iter().find_map(|(unit, factor)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(factor)
    });
    parsed.ok_or_else(|| "write a number and kB, MB or GB, for example 500MB".to_owned())
}

#[derive(Args, Debug)]
pub(super) struct Generate {
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(super) traces: u64,
    /// Over how long a time, up to now.
    #[arg(long, value_name = "AGE", default_value = "40m", value_parser = age)]
    pub(super) since: Duration,
    /// The same number makes the same traces.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    #[command(flatten)]
    pub(super) endpoint: Endpoint,
}

fn age(text: &str) -> Result<Duration, String> {
    let unit = |unit: char| match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3600),
        'd' => Some(86_400),
        _ => None,
    };
    let parsed = text.char_indices().next_back().and_then(|(at, last)| {
        let (number, _) = text.split_at_checked(at)?;
        number.parse::<u64>().ok()?.checked_mul(unit(last)?)
    });
    parsed
        .map(Duration::from_secs)
        .ok_or_else(|| "write a number and s, m, h or d, for example 5m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_a_unit() {
        assert_eq!(age("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(age("2h"), Ok(Duration::from_hours(2)));
        for text in ["", "5", "m", "-1m", "5 m", "5µ", "99999999999999999999d"] {
            assert!(age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn serving_is_what_happens_without_a_command() {
        let arguments = Arguments::try_parse_from(["xray-local", "--listen", "127.0.0.1:0"]);
        let arguments = arguments.unwrap();
        assert!(arguments.command.is_none());
        assert_eq!(arguments.serve.listen.port(), 0);
        assert_eq!(arguments.serve.daemon.0.unwrap().port(), 2000);
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(bytes("2GB"), Ok(2_000_000_000));
        assert_eq!(bytes("64kB"), Ok(64_000));
        for text in ["", "5", "GB", "-1MB", "2gb", "99999999999999999999GB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_daemon_has_an_address_or_is_off() {
        let parsed = |text| daemon(text).map(|it| it.0.map(|it| it.port()));
        assert_eq!(parsed("off"), Ok(None));
        assert_eq!(parsed("0.0.0.0:3000"), Ok(Some(3000)));
        assert_eq!(parsed("[::1]:2000"), Ok(Some(2000)));
        for text in ["", "on", "2000", "localhost:2000", "127.0.0.1:99999"] {
            assert!(daemon(text).is_err(), "{text}");
        }
    }
}
