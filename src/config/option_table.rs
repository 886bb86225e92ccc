//! The options of `fanion start`, one row each. The command line, the environment, the configuration file and
//! `--print-config` all read this table. Names and defaults that flagd has are flagd's.

/// One option.
#[derive(Debug)]
pub struct OptionSpec {
    /// Its name: `--NAME`, `FLAGD_NAME`, and `NAME:` in a configuration file.
    pub name: &'static str,
    /// Its one-letter name.
    pub short: Option<char>,
    /// What its value looks like in help.
    pub value_name: &'static str,
    /// What kind of value it takes.
    pub kind: OptionKind,
    /// The value when nothing is said; empty for none.
    pub default: &'static str,
    /// What it does.
    pub help: &'static str,
}

/// What kind of value an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// One value.
    Single,
    /// Several values; separated by commas as in CSV when typed, by spaces in the environment.
    Repeated,
    /// `KEY=VALUE` pairs when typed, a JSON object in the environment, an object in a file.
    KeyValues,
    /// A JSON array when typed and in the environment, an array in a file.
    JsonArray,
    /// True or false.
    Boolean,
}

/// The options under the heading that help shows them with.
pub const OPTION_GROUPS: [(&str, &[OptionSpec]); 8] = [
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
pub fn options() -> impl Iterator<Item = &'static OptionSpec> {
    OPTION_GROUPS.iter().flat_map(|(_, rows)| rows.iter())
}

/// The option called `name`.
pub fn option(name: &str) -> Option<&'static OptionSpec> {
    options().find(|row| row.name == name)
}

impl OptionSpec {
    /// Its environment variable.
    pub fn env_var(&self) -> String {
        format!("FLAGD_{}", self.name.to_uppercase().replace('-', "_"))
    }
}

const fn with_default(
    name: &'static str,
    short: Option<char>,
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> OptionSpec {
    let kind = OptionKind::Single;
    OptionSpec {
        name,
        short,
        value_name: value,
        kind,
        default,
        help,
    }
}

const fn without_default(
    kind: OptionKind,
    name: &'static str,
    short: Option<char>,
    value: &'static str,
    help: &'static str,
) -> OptionSpec {
    let default = "";
    OptionSpec {
        name,
        short,
        value_name: value,
        kind,
        default,
        help,
    }
}

const fn boolean(
    name: &'static str,
    short: Option<char>,
    default: &'static str,
    help: &'static str,
) -> OptionSpec {
    let (kind, value) = (OptionKind::Boolean, "BOOL");
    OptionSpec {
        name,
        short,
        value_name: value,
        kind,
        default,
        help,
    }
}

const FLAGS: &[OptionSpec] = &[
    without_default(
        OptionKind::Repeated,
        "uri",
        Some('f'),
        "URI",
        "Where flags come from: `file:PATH`, where PATH is a file, a directory or a glob of .yaml, .yml and .json files; \
         `http(s)://…` for a document; `grpc(s)://HOST:PORT` for a flag sync service. Repeat it, or separate several by \
         commas; later ones win",
    ),
    without_default(
        OptionKind::JsonArray,
        "sources",
        Some('s'),
        "JSON",
        "More sources, as an array of objects with `uri` and `provider`; they win over those of --uri",
    ),
    with_default(
        "state-dir",
        None,
        "DIRECTORY",
        "",
        "Keep the last good flags of each source here, so that the next start needs no source",
    ),
    boolean(
        "fail-fast",
        None,
        "false",
        "End the start when a source brings no flags at first, as flagd does",
    ),
    boolean(
        "strict",
        None,
        "false",
        "Refuse a whole file for one error in it, as flagd does",
    ),
];

const PORTS: &[OptionSpec] = &[
    with_default(
        "port",
        Some('p'),
        "PORT",
        "8013",
        "Port for evaluation: gRPC, gRPC-Web and Connect",
    ),
    with_default(
        "management-port",
        Some('m'),
        "PORT",
        "8014",
        "Port for probes, metrics and gRPC health; never TLS",
    ),
    with_default("sync-port", Some('g'), "PORT", "8015", "Port for flag sync"),
    with_default("ofrep-port", Some('r'), "PORT", "8016", "Port for OFREP"),
    with_default(
        "bind-address",
        None,
        "IP",
        "",
        "Listen on this address only, for instance 127.0.0.1; on all without it",
    ),
    with_default(
        "socket-path",
        Some('d'),
        "PATH",
        "",
        "Serve evaluation on this Unix socket instead of its port; on Linux `@name` is an abstract one",
    ),
    with_default(
        "sync-socket-path",
        Some('e'),
        "PATH",
        "",
        "Serve flag sync on this Unix socket instead of its port; on Linux `@name` is an abstract one",
    ),
];

const TLS: &[OptionSpec] = &[
    with_default(
        "server-cert-path",
        Some('c'),
        "PATH",
        "",
        "Certificate chain in PEM: evaluation, flag sync and OFREP then speak TLS only. Read again when the file changes",
    ),
    with_default(
        "server-key-path",
        Some('k'),
        "PATH",
        "",
        "Private key of the certificate in PEM",
    ),
    with_default(
        "client-ca-path",
        None,
        "PATH",
        "",
        "Certificates in PEM that sign clients' certificates; clients without one are refused",
    ),
];

const EVALUATION: &[OptionSpec] = &[
    with_default(
        "fractional",
        None,
        "VERSION",
        "v2",
        "How `fractional` hashes its units: v2 takes texts, as flagd does; v3 takes values of any type, as decided for \
         flagd 1.0, and gives every unit a new bucket",
    ),
    without_default(
        OptionKind::KeyValues,
        "context-value",
        Some('X'),
        "KEY=VALUE",
        "Add an attribute to every context; wins over the caller's. Repeatable",
    ),
    without_default(
        OptionKind::KeyValues,
        "context-from-header",
        Some('H'),
        "HEADER=KEY",
        "Make a request header an attribute; wins over --context-value. Repeatable",
    ),
    without_default(
        OptionKind::Repeated,
        "cors-origin",
        Some('C'),
        "ORIGIN",
        "Let pages of these origins ask; one `*` in an origin stands for anything. All may ask without it",
    ),
    boolean(
        "require-selector",
        None,
        "false",
        "Refuse requests that do not select a flag set or a source",
    ),
];

const STREAMS: &[OptionSpec] = &[
    with_default(
        "stream-deadline",
        None,
        "DURATION",
        "0",
        "End streams of events and flags after this time, for instance 10m; 0 for never",
    ),
    boolean(
        "ofrep-sse-enabled",
        None,
        "true",
        "Serve OFREP's change stream and advertise it in bulk answers",
    ),
    with_default(
        "ofrep-sse-inactivity-delay",
        None,
        "SECONDS",
        "120",
        "How long OFREP clients in the background keep the stream",
    ),
    with_default(
        "ofrep-sse-public-url",
        None,
        "ORIGIN",
        "",
        "Scheme, host and port under which OFREP clients reach the stream, if not those of their evaluations",
    ),
    boolean(
        "disable-sync-metadata",
        None,
        "false",
        "Do not serve GetMetadata on the sync port",
    ),
    with_default(
        "keep-alive-min-time",
        None,
        "DURATION",
        "30s",
        "How often clients of flag sync may ping; more often ends the connection",
    ),
    boolean(
        "keep-alive-permit-without-stream",
        None,
        "true",
        "Let clients of flag sync ping while they have no stream open",
    ),
];

const LIMITS: &[OptionSpec] = &[
    with_default(
        "max-request-body",
        Some('B'),
        "BYTES",
        "1000000",
        "The largest request body; 0 for any",
    ),
    with_default(
        "max-request-header",
        Some('R'),
        "BYTES",
        "1000000",
        "The largest header block of a request; 0 for the default",
    ),
    with_default(
        "max-connections",
        None,
        "COUNT",
        "16384",
        "The most open connections per port; further ones wait",
    ),
    with_default(
        "max-streams",
        None,
        "COUNT",
        "16384",
        "The most open streams of events and flags; further ones are refused",
    ),
    with_default(
        "read-timeout",
        None,
        "DURATION",
        "5s",
        "How long a client may take to send a request's head, and again for its body",
    ),
];

const TELEMETRY: &[OptionSpec] = &[
    with_default(
        "metrics-exporter",
        Some('t'),
        "EXPORTER",
        "",
        "`otel` sends metrics to a collector as well",
    ),
    with_default(
        "otel-collector-uri",
        Some('o'),
        "URI",
        "",
        "The collector of metrics and traces: HOST:PORT, or that after http:// or https://",
    ),
    with_default(
        "otel-cert-path",
        Some('D'),
        "PATH",
        "",
        "The certificate to show to the collector",
    ),
    with_default("otel-key-path", Some('K'), "PATH", "", "Its key"),
    with_default(
        "otel-ca-path",
        Some('A'),
        "PATH",
        "",
        "The authority to trust with the collector, instead of the system's",
    ),
    with_default(
        "otel-reload-interval",
        Some('I'),
        "DURATION",
        "1h",
        "How often these files are read again",
    ),
    with_default(
        "log-format",
        Some('z'),
        "FORMAT",
        "console",
        "`console` or `json`, on standard error",
    ),
    boolean("debug", Some('x'), "false", "Log more"),
    with_default(
        "debug-endpoints",
        None,
        "ACCESS",
        "off",
        "Who may ask /debug/flags and /debug/sources on the management port: `off`, `token` or `open`. Rules may name people",
    ),
    with_default(
        "debug-token-path",
        None,
        "PATH",
        "",
        "The file with the token that `token` asks for; read for each request",
    ),
    with_default(
        "replica-id",
        None,
        "NAME",
        "",
        "What tells this replica apart in /debug: its targeting key where none is given; the host's name without it",
    ),
];

const CONFIGURATION: &[OptionSpec] = &[
    with_default(
        "config",
        None,
        "PATH",
        "",
        "Read options from this file, in YAML, JSON or TOML by its extension; ~/.agent.yaml without it. \
         Arguments win over the environment, and that over the file",
    ),
    boolean(
        "print-config",
        None,
        "false",
        "Print what is in effect, where it comes from, secrets left out, and end",
    ),
];
