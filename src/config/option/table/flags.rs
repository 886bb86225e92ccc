//! Options that name the flag sources.

use crate::config::option::spec::OptionKind;
use crate::config::option::spec::OptionSpec;
use crate::config::option::spec::boolean;
use crate::config::option::spec::with_default;
use crate::config::option::spec::without_default;

/// The options of this group, in the order of help.
pub static FLAGS: &[&OptionSpec] = &[&URI, &SOURCES, &STATE_DIR, &FAIL_FAST, &STRICT];

/// `--uri`
pub static URI: OptionSpec = without_default(
    OptionKind::Repeated,
    "uri",
    Some('f'),
    "URI",
    "Flag source: `file:PATH`, where PATH is a file, a directory or a glob of .yaml, .yml and .json files; \
         `http(s)://…` for a polled document; `grpc(s)://HOST:PORT` for a flag sync service; \
         `core.openfeature.dev/NAMESPACE/NAME` for a Kubernetes resource; `s3://…`, `gs://…` or `azblob://…` for an \
         object. Repeatable, or several separated by commas; later ones win",
);

/// `--sources`
pub static SOURCES: OptionSpec = without_default(
    OptionKind::JsonArray,
    "sources",
    Some('s'),
    "JSON",
    "More sources, as an array of objects with `uri` and `provider`; they override those of --uri",
);

/// `--state-dir`
pub static STATE_DIR: OptionSpec = with_default(
    "state-dir",
    None,
    "DIRECTORY",
    "",
    "Keep the last good flags of each source in this directory; a restart serves them until the source responds",
);

/// `--fail-fast`
pub static FAIL_FAST: OptionSpec = boolean(
    "fail-fast",
    None,
    "false",
    "Exit if a source has no flags at startup, as flagd does",
);

/// `--strict`
pub static STRICT: OptionSpec = boolean(
    "strict",
    None,
    "false",
    "Reject the whole file if it contains an error, as flagd does, instead of only the invalid flag",
);
