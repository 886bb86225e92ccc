//! The options of `fanion start`, one row each. The command line, the environment, the configuration file and
//! `--print-config` all read this table. Names and defaults that flagd has are flagd's.

/// One option.
#[derive(Debug)]
pub struct Row {
    /// Its name: `--NAME`, `FLAGD_NAME`, and `NAME:` in a configuration file.
    pub name: &'static str,
    /// Its one-letter name.
    pub short: Option<char>,
    /// What its value looks like in help.
    pub value: &'static str,
    /// What kind of value it takes.
    pub kind: Kind,
    /// The value when nothing is said; empty for none.
    pub default: &'static str,
    /// What it does.
    pub help: &'static str,
}

/// What kind of value an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One value.
    One,
    /// Several values; separated by commas as in CSV when typed, by spaces in the environment.
    Many,
    /// `KEY=VALUE` pairs when typed, a JSON object in the environment, an object in a file.
    Pairs,
    /// A JSON array when typed and in the environment, an array in a file.
    List,
    /// True or false.
    Switch,
}

/// The options under the heading that help shows them with.
pub const TABLE: [(&str, &[Row]); 8] = [
    ("Flags", FLAGS),
    ("Ports", PORTS),
    ("TLS", TLS),
    ("Evaluation", EVALUATION),
    ("Streams", STREAMS),
    ("Limits", LIMITS),
    ("Telemetry", TELEMETRY),
    ("Configuration", CONFIGURATION),
];

/// All options, in the order of the table.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().flat_map(|(_, rows)| rows.iter())
}

/// The option called `name`.
pub fn row(name: &str) -> Option<&'static Row> {
    rows().find(|row| row.name == name)
}

impl Row {
    /// Its environment variable.
    pub fn variable(&self) -> String {
        format!("FLAGD_{}", self.name.to_uppercase().replace('-', "_"))
    }
}

const fn one(
    name: &'static str,
    short: Option<char>,
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> Row {
    let kind = Kind::One;
    Row {
        name,
        short,
        value,
        kind,
        default,
        help,
    }
}

const fn of(
    kind: Kind,
    name: &'static str,
    short: Option<char>,
    value: &'static str,
    help: &'static str,
) -> Row {
    let default = "";
    Row {
        name,
        short,
        value,
        kind,
        default,
        help,
    }
}

const fn switch(
    name: &'static str,
    short: Option<char>,
    default: &'static str,
    help: &'static str,
) -> Row {
    let (kind, value) = (Kind::Switch, "BOOL");
    Row {
        name,
        short,
        value,
        kind,
        default,
        help,
    }
}

const FLAGS: &[Row] = &[
    of(
        Kind::Many,
        "uri",
        Some('f'),
        "URI",
        "Where flags come from: `file:PATH`, where PATH is a file, a directory or a glob of .yaml, .yml and .json files; \
         `http(s)://…` for a document; `grpc(s)://HOST:PORT` for a flag sync service. Repeat it, or separate several by \
         commas; later ones win",
    ),
    of(
        Kind::List,
        "sources",
        Some('s'),
        "JSON",
        "More sources, as an array of objects with `uri` and `provider`; they win over those of --uri",
    ),
    one(
        "state-dir",
        None,
        "DIRECTORY",
        "",
        "Keep the last good flags of each source here, so that the next start needs no source",
    ),
    switch(
        "fail-fast",
        None,
        "false",
        "End the start when a source brings no flags at first, as flagd does",
    ),
    switch(
        "strict",
        None,
        "false",
        "Refuse a whole file for one error in it, as flagd does",
    ),
];

const PORTS: &[Row] = &[
    one(
        "port",
        Some('p'),
        "PORT",
        "8013",
        "Port for evaluation: gRPC, gRPC-Web and Connect",
    ),
    one(
        "management-port",
        Some('m'),
        "PORT",
        "8014",
        "Port for probes, metrics and gRPC health; never TLS",
    ),
    one("sync-port", Some('g'), "PORT", "8015", "Port for flag sync"),
    one("ofrep-port", Some('r'), "PORT", "8016", "Port for OFREP"),
    one(
        "bind-address",
        None,
        "IP",
        "",
        "Listen on this address only, for instance 127.0.0.1; on all without it",
    ),
    one(
        "socket-path",
        Some('d'),
        "PATH",
        "",
        "Serve evaluation on this Unix socket instead of its port; on Linux `@name` is an abstract one",
    ),
    one(
        "sync-socket-path",
        Some('e'),
        "PATH",
        "",
        "Serve flag sync on this Unix socket instead of its port; on Linux `@name` is an abstract one",
    ),
];

const TLS: &[Row] = &[
    one(
        "server-cert-path",
        Some('c'),
        "PATH",
        "",
        "Certificate chain in PEM: evaluation, flag sync and OFREP then speak TLS only. Read again when the file changes",
    ),
    one(
        "server-key-path",
        Some('k'),
        "PATH",
        "",
        "Private key of the certificate in PEM",
    ),
    one(
        "client-ca-path",
        None,
        "PATH",
        "",
        "Certificates in PEM that sign clients' certificates; clients without one are refused",
    ),
];

const EVALUATION: &[Row] = &[
    one(
        "fractional",
        None,
        "VERSION",
        "v2",
        "How `fractional` hashes its units: v2 takes texts, as flagd does; v3 takes values of any type, as decided for \
         flagd 1.0, and gives every unit a new bucket",
    ),
    of(
        Kind::Pairs,
        "context-value",
        Some('X'),
        "KEY=VALUE",
        "Add an attribute to every context; wins over the caller's. Repeatable",
    ),
    of(
        Kind::Pairs,
        "context-from-header",
        Some('H'),
        "HEADER=KEY",
        "Make a request header an attribute; wins over --context-value. Repeatable",
    ),
    of(
        Kind::Many,
        "cors-origin",
        Some('C'),
        "ORIGIN",
        "Let pages of these origins ask; one `*` in an origin stands for anything. All may ask without it",
    ),
    switch(
        "require-selector",
        None,
        "false",
        "Refuse requests that do not select a flag set or a source",
    ),
];

const STREAMS: &[Row] = &[
    one(
        "stream-deadline",
        None,
        "DURATION",
        "0",
        "End streams of events and flags after this time, for instance 10m; 0 for never",
    ),
    switch(
        "ofrep-sse-enabled",
        None,
        "true",
        "Serve OFREP's change stream and advertise it in bulk answers",
    ),
    one(
        "ofrep-sse-inactivity-delay",
        None,
        "SECONDS",
        "120",
        "How long OFREP clients in the background keep the stream",
    ),
    one(
        "ofrep-sse-public-url",
        None,
        "ORIGIN",
        "",
        "Scheme, host and port under which OFREP clients reach the stream, if not those of their evaluations",
    ),
    switch(
        "disable-sync-metadata",
        None,
        "false",
        "Do not serve GetMetadata on the sync port",
    ),
    one(
        "keep-alive-min-time",
        None,
        "DURATION",
        "30s",
        "How often clients of flag sync may ping; more often ends the connection",
    ),
    switch(
        "keep-alive-permit-without-stream",
        None,
        "true",
        "Let clients of flag sync ping while they have no stream open",
    ),
];

const LIMITS: &[Row] = &[
    one(
        "max-request-body",
        Some('B'),
        "BYTES",
        "1000000",
        "The largest request body; 0 for any",
    ),
    one(
        "max-request-header",
        Some('R'),
        "BYTES",
        "1000000",
        "The largest header block of a request; 0 for the default",
    ),
    one(
        "max-connections",
        None,
        "COUNT",
        "16384",
        "The most open connections per port; further ones wait",
    ),
    one(
        "max-streams",
        None,
        "COUNT",
        "16384",
        "The most open streams of events and flags; further ones are refused",
    ),
    one(
        "read-timeout",
        None,
        "DURATION",
        "5s",
        "How long a client may take to send a request's head, and again for its body",
    ),
];

const TELEMETRY: &[Row] = &[
    one(
        "metrics-exporter",
        Some('t'),
        "EXPORTER",
        "",
        "`otel` sends metrics to a collector as well",
    ),
    one(
        "otel-collector-uri",
        Some('o'),
        "URI",
        "",
        "The collector of metrics and traces: HOST:PORT, or that after http:// or https://",
    ),
    one(
        "otel-cert-path",
        Some('D'),
        "PATH",
        "",
        "The certificate to show to the collector",
    ),
    one("otel-key-path", Some('K'), "PATH", "", "Its key"),
    one(
        "otel-ca-path",
        Some('A'),
        "PATH",
        "",
        "The authority to trust with the collector, instead of the system's",
    ),
    one(
        "otel-reload-interval",
        Some('I'),
        "DURATION",
        "1h",
        "How often these files are read again",
    ),
    one(
        "log-format",
        Some('z'),
        "FORMAT",
        "console",
        "`console` or `json`, on standard error",
    ),
    switch("debug", Some('x'), "false", "Log more"),
    one(
        "debug-endpoints",
        None,
        "ACCESS",
        "off",
        "Who may ask /debug/flags and /debug/sources on the management port: `off`, `token` or `open`. Rules may name people",
    ),
    one(
        "debug-token-path",
        None,
        "PATH",
        "",
        "The file with the token that `token` asks for; read for each request",
    ),
    one(
        "replica-id",
        None,
        "NAME",
        "",
        "What tells this replica apart in /debug: its targeting key where none is given; the host's name without it",
    ),
];

const CONFIGURATION: &[Row] = &[
    one(
        "config",
        None,
        "PATH",
        "",
        "Read options from this file, in YAML, JSON or TOML by its extension; ~/.agent.yaml without it. \
         Arguments win over the environment, and that over the file",
    ),
    switch(
        "print-config",
        None,
        "false",
        "Print what is in effect, where it comes from, secrets left out, and end",
    ),
];
