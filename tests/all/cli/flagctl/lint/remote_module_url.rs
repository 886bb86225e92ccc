//! Lint rules on URLs of remote modules.

use serde_json::Value;
use serde_json::json;

use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

#[test]
fn invalid_remote_module_urls_are_reported_with_pointers() {
    let text = r#"{"flags": {"checkout-remote": {"variants": {
      "canary": {"remoteEntry": "http://cdn.example.com/2/remoteEntry.js"},
      "beta": {"remoteEntry": "https://cdn.example.org/3/remoteEntry.js"},
      "gamma": {"remoteEntry": "https://cdn.example.org/3/remoteEntry.js"}},
      "defaultVariant": "beta", "rollout": {"variant": "canary", "percentage": 101, "allow": ["u"]}}}}"#;
    let dir = TempDir::new();
    dir.write("flags.json", text);
    let config = "urls: { origins: [\"https://cdn.example.com\"] }\n";
    dir.write(".flagrc.yaml", config);
    let output = run_flagctl(dir.path(), &["lint", "--format", "json", "flags.json"]);
    assert_eq!(output.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = said["findings"].as_array().expect("a list").iter();
    let found: Vec<Value> = findings
        .map(|f| json!([f["code"], f["severity"], f["pointer"]]))
        .collect();
    let variants = "/flags/checkout-remote/variants";
    assert_eq!(
        found,
        [
            json!(["F117", "error", format!("{variants}/canary")]),
            json!(["F114", "error", format!("{variants}/canary/remoteEntry")]),
            json!(["F115", "error", format!("{variants}/beta/remoteEntry")]),
            json!(["F115", "error", format!("{variants}/gamma/remoteEntry")]),
            json!(["F116", "error", format!("{variants}/gamma/remoteEntry")]),
            json!(["F016", "error", "/flags/checkout-remote/rollout/percentage"]),
        ]
    );
}
