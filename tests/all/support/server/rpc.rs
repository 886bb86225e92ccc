//! Paths and test flags of the evaluation service.

use std::io::Write as _;
use std::path::Path;

use fanion::serve::ServeConfig;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::server;
use crate::support::server::Server;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpResponse;
use crate::support::temp_dir::TempDir;

pub fn write_one_flag(directory: &Path) {
    let text = r#"{"flags": {"f": {"variants": {"on": true}, "defaultVariant": "on"}}}"#;
    std::fs::write(directory.join("flags.json"), text).expect("a file");
}

const EVERY_TYPE: &str = r#"
metadata: { flagSetId: all, owner: nobody }
flags:
  bool:   { variants: { "on": true, "off": false }, defaultVariant: "off", metadata: { owner: me, gone: null } }
  string: { variants: { v: "hé\"llo" }, defaultVariant: v }
  int:    { variants: { v: -3.9, huge: 1e300 }, defaultVariant: v }
  huge:   { variants: { v: 1e300 }, defaultVariant: v }
  object: { variants: { v: { a: [1, { b: null }] } }, defaultVariant: v }
  list:   { variants: { v: [1] }, defaultVariant: v }
  "off":  { state: DISABLED, variants: { v: true }, defaultVariant: v }
  none:   { variants: { v: true } }
  broken: { variants: { v: true }, defaultVariant: v, targeting: { no_such: [] } }
  astray: { variants: { v: true }, defaultVariant: v, targeting: elsewhere }
  echo:   { variants: { v: "v", w: "w" }, defaultVariant: w, targeting: { var: k } }
"#;

pub async fn serve_every_type() -> (Server, TempDir) {
    server::serve_text("flags.yaml", EVERY_TYPE).await
}

pub const JSON: &str = "content-type: application/json";

pub const EVALUATION_V1: &str = "/flagd.evaluation.v1.Service/";

pub const EVALUATION_V2: &str = "/flagd.evaluation.v2.Service/";

pub const SCHEMA_V1: &str = "/schema.v1.Service/";

pub async fn resolve_flag(client: &mut HttpClient, path: &str, key: &str) -> HttpResponse {
    client
        .post(path, &[JSON], json!({ "flagKey": key }).to_string())
        .await
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

pub const ONE_FLAG: &str =
    r#"{"flags": {"f": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"}}}"#;

pub const RESOLVE_BOOLEAN: &str = "/flagd.evaluation.v1.Service/ResolveBoolean";

pub const FLAG_F: &str = r#"{"flagKey": "f"}"#;

pub async fn serve_one_flag(settings: ServeConfig) -> (Server, TempDir) {
    server::serve_with("flags.json", ONE_FLAG, settings).await
}
