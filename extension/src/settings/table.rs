//! The table: every setting with its default, what it takes and what it does.

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// What holds when it is not set.
    pub default: &'static str,
    /// Which values it takes.
    pub allowed: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// Where documents come in.
pub const ADDRESS: Setting = Setting {
    name: "XRAY_EXTENSION_ADDRESS",
    default: "127.0.0.1:2000",
    allowed: "an IP address and a port, as `127.0.0.1:2000`; port 0 takes a free one",
    meaning: "Where the extension receives documents over UDP, and passes on sampling rules over TCP. The wrapper in the function reads it too.",
};

/// When documents are sent.
pub const FLUSH: Setting = Setting {
    name: "XRAY_EXTENSION_FLUSH",
    default: "end",
    allowed: "`end`, `deferred`, `adaptive`, `periodic:MILLISECONDS` with 10 to 60000",
    meaning: "When documents are sent: at the end of each invocation; during the next one, so that no invocation waits; \
              whichever of the two suits how often invocations come; or every so often. \
              Outside Lambda and on Lambda Managed Instances the default is `periodic:1000`, and the first three mean it too.",
};

/// What a slow X-Ray may cost an invocation.
pub const FLUSH_BUDGET: Setting = Setting {
    name: "XRAY_EXTENSION_FLUSH_BUDGET_MS",
    default: "1000",
    allowed: "milliseconds from 1 to 60000",
    meaning: "How long sending may hold an invocation's end. What is not sent by then is sent later. Never longer than the function's deadline less 100 ms.",
};

/// What is kept while X-Ray cannot be reached.
pub const BUFFER: Setting = Setting {
    name: "XRAY_EXTENSION_BUFFER_MB",
    default: "16",
    allowed: "megabytes from 1 to 4096",
    meaning: "How much is kept of what could not be sent yet. When it is full, the documents of the oldest trace that is not finished are dropped, then the oldest's; counted and said. \
              Outside Lambda the default is a hundredth of the machine's memory, but at least 64.",
};

/// What is replaced before it is sent.
pub const REDACT: Setting = Setting {
    name: "XRAY_EXTENSION_REDACT",
    default: "",
    allowed: "parts with `;` between them: `annotations:KEY,KEY`, `metadata:KEY,KEY`, `query`",
    meaning: "What is replaced by the word `redacted` before it is sent: annotations with these keys, metadata with these keys at any depth, \
              the queries of URLs in `http.request.url`. Keys are compared without regard to case.",
};

/// Which traces are sent.
pub const KEEP: Setting = Setting {
    name: "XRAY_EXTENSION_KEEP",
    default: "",
    allowed: "parts with `,` between them: `faults`, `errors`, `slower:500ms` or `slower:2s`, `share:10%`",
    meaning: "Which traces are sent, where not all are: those with a fault, with an error or a throttle, those that take longer, and this share of all \
              others, chosen by the trace's id. Decided when the invocation ends, and outside Lambda when the segment has come, or after 10 s.",
};

/// What the platform measured.
pub const PLATFORM: Setting = Setting {
    name: "XRAY_EXTENSION_PLATFORM",
    default: "off",
    allowed: "`off`, `notable`, `all`",
    meaning: "Which sampled invocations get a subsegment with what Lambda measured: memory, billed time, cold start, and where the time went. \
              `notable` are cold starts, failures, and those that used 90 % of their memory.",
};

/// Lines of functions.
pub const LOGS: Setting = Setting {
    name: "XRAY_EXTENSION_LOGS",
    default: "off",
    allowed: "`off`, `on`",
    meaning: "With `on`, what the function writes goes to a local X-Ray beside its traces: for development, and only where `AWS_ENDPOINT_URL_XRAY` \
              or `AWS_ENDPOINT_URL` names another X-Ray than AWS's.",
};

/// Calls in flight.
pub const CALLS: Setting = Setting {
    name: "XRAY_EXTENSION_CALLS",
    default: "4",
    allowed: "1 to 64",
    meaning: "How many calls to X-Ray may be in flight at once. Outside Lambda the default is 32.",
};

/// How much is said.
pub const LOG: Setting = Setting {
    name: "XRAY_EXTENSION_LOG",
    default: "info",
    allowed: "`info`, `debug`",
    meaning: "With `debug`, a line for each flush. Lines are JSON, on stderr.",
};

/// Another X-Ray, for this service alone.
pub const ENDPOINT_XRAY: Setting = Setting {
    name: "AWS_ENDPOINT_URL_XRAY",
    default: "",
    allowed: "a URL with `http://` or `https://`",
    meaning: "Another X-Ray than AWS's in the region, as a local one at `http://127.0.0.1:2080`.",
};

/// Another AWS.
pub const ENDPOINT: Setting = Setting {
    name: "AWS_ENDPOINT_URL",
    default: "",
    allowed: "a URL with `http://` or `https://`",
    meaning: "The same, when `AWS_ENDPOINT_URL_XRAY` is not set.",
};

/// The region.
pub const REGION: Setting = Setting {
    name: "AWS_REGION",
    default: "",
    allowed: "a region, as `eu-central-1`",
    meaning: "The region of X-Ray. Lambda sets it. `AWS_DEFAULT_REGION` stands in for it.",
};

/// The credentials' key id; its two companions belong to it.
pub const CREDENTIALS: Setting = Setting {
    name: "AWS_ACCESS_KEY_ID",
    default: "",
    allowed: "an access key id",
    meaning: "Credentials, with `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. Lambda sets them.",
};

/// Credentials from a container.
pub const CONTAINER: Setting = Setting {
    name: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    default: "",
    allowed: "a URL",
    meaning: "Where credentials are fetched, with `AWS_CONTAINER_AUTHORIZATION_TOKEN` or `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`. Lambda sets them for \
              SnapStart, EKS for Pod Identity; ECS sets `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` in its place.",
};

/// Credentials by a token.
pub const WEB_IDENTITY: Setting = Setting {
    name: "AWS_WEB_IDENTITY_TOKEN_FILE",
    default: "",
    allowed: "a path",
    meaning: "Outside Lambda: a token with which the role of `AWS_ROLE_ARN` is assumed, in a session called `AWS_ROLE_SESSION_NAME`. EKS sets them.",
};

/// Credentials from shared files.
pub const PROFILE: Setting = Setting {
    name: "AWS_PROFILE",
    default: "default",
    allowed: "a name",
    meaning: "Outside Lambda: the profile whose keys, role or region are used, of `~/.aws/credentials` and `~/.aws/config`; \
              `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` are other files in their place.",
};

/// Whether EC2 is asked.
pub const METADATA: Setting = Setting {
    name: "AWS_EC2_METADATA_DISABLED",
    default: "false",
    allowed: "`true`, `false`",
    meaning: "Outside Lambda: whether EC2's instance metadata is left alone. Else it is asked for what nothing above says: credentials, region, instance.",
};

/// The proxy on the way to AWS.
pub const HTTPS_PROXY: Setting = Setting {
    name: "HTTPS_PROXY",
    default: "",
    allowed: "`http://HOST:PORT`, with `USER:PASSWORD@` before the host where the proxy asks for it",
    meaning: "An HTTP proxy through which calls with https go. `https_proxy` stands in for it. `NO_PROXY` (or `no_proxy`) lists whom it is not used for: \
              hosts, and domains with all that is in them, with `,` between them.",
};

/// Further certificate authorities.
pub const CA_BUNDLE: Setting = Setting {
    name: "AWS_CA_BUNDLE",
    default: "",
    allowed: "a file of certificates in PEM",
    meaning: "Certificate authorities to trust beside the public ones, which are compiled in. `SSL_CERT_FILE` stands in for it.",
};

/// Every setting, in the order in which the page shows them.
pub const SETTINGS: [Setting; 20] = [
    ADDRESS,
    FLUSH,
    FLUSH_BUDGET,
    BUFFER,
    CALLS,
    REDACT,
    KEEP,
    PLATFORM,
    LOGS,
    LOG,
    ENDPOINT_XRAY,
    ENDPOINT,
    REGION,
    CREDENTIALS,
    WEB_IDENTITY,
    PROFILE,
    CONTAINER,
    METADATA,
    HTTPS_PROXY,
    CA_BUNDLE,
];
