//! Documents over HTTP: made, read, changed through other doors, evaluated.

use serde_json::json;

use crate::api::dialects::REMOTE;
use crate::api::dialects::REMOTE_PATH;
use crate::api::dialects::call;
use crate::api::dialects::ok;
use crate::api::program::Program;
use crate::api::program::Request;

#[test]
fn s000_remote_module_keeps_its_bytes_and_shows_other_doors() {
    let program = Program::start(&[]);
    let made = call(&program, "POST", "/api/flags", &[], REMOTE);
    assert_eq!((made.status, &*made.text), (201, REMOTE));
    let read = call(&program, "GET", REMOTE_PATH, &[], "");
    assert_eq!((read.status, &*read.text), (200, REMOTE));
    assert_eq!(read.headers["cache-control"], "no-store");
    // The watcher of the service, and what it must leave alone.
    let patch = r#"{"rolloutPercentage":0,"enabled":true}"#;
    let patched = call(&program, "PATCH", REMOTE_PATH, &[], patch);
    assert_eq!(patched.text, REMOTE.replace(":10,", ":0,"));
    let staff = r#"{"sessionId":"session-97","segments":["internal-staff"]}"#;
    let version = ok(&program, "POST", &format!("{REMOTE_PATH}/evaluate"), staff);
    let revision = version["revision"].clone();
    assert_eq!(
        version,
        json!({
            "name": "canary", "version": "2.0.0", "revision": revision,
            "remoteEntry": "https://cdn.example.com/remotes/checkout/2.0.0/remoteEntry.js",
        })
    );
    // A kill through the native API, and the restore through this one.
    program.admin(
        "POST",
        "/environments/prod/flags/checkout-remote-rollout/kill",
        "",
    );
    let killed = call(&program, "GET", REMOTE_PATH, &[], "");
    assert_eq!(
        killed.text,
        REMOTE.replace(":10,", ":0,").replace("true", "false")
    );
    let rolled_back = call(&program, "PATCH", REMOTE_PATH, &[], patch);
    assert_eq!(
        rolled_back.text, killed.text,
        "a rollback does not end a kill"
    );
    let restored = call(&program, "PATCH", REMOTE_PATH, &[], r#"{"enabled":true}"#);
    assert_eq!(restored.text, REMOTE.replace(":10,", ":0,"));
    let program = program.restart();
    let again = call(&program, "GET", REMOTE_PATH, &[], "");
    assert_eq!(again.text, restored.text, "after a restart");
}

#[test]
fn document_that_is_off_is_killed_from_its_first_revision() {
    let program = Program::start(&[]);
    let off = REMOTE.replace("true", "false");
    let made = call(&program, "POST", "/api/flags", &[], &off);
    assert_eq!(made.text, off);
    let restored = call(&program, "PATCH", REMOTE_PATH, &[], r#"{"enabled":true}"#);
    assert_eq!(restored.text, REMOTE);
    // An author who may not have seen a kill does not end it.
    call(&program, "PATCH", REMOTE_PATH, &[], r#"{"enabled":false}"#);
    let replaced = call(&program, "PUT", REMOTE_PATH, &[], REMOTE);
    assert_eq!(replaced.text, off);
    let tag = replaced.headers["etag"].clone();
    let seen = [("if-match", tag.as_str())];
    let replaced = call(&program, "PUT", REMOTE_PATH, &seen, REMOTE);
    assert_eq!(replaced.text, REMOTE, "with proof");
}

#[test]
fn s000_03_faults_are_listed_with_pointers() {
    let program = Program::start(&["--remote-origin", "https://cdn.example.com"]);
    let elsewhere = REMOTE.replace(
        "https://cdn.example.com/remotes/checkout/2",
        "https://evil.example/2",
    );
    let reply = call(&program, "POST", "/api/flags", &[], &elsewhere);
    assert_eq!((reply.status, &*reply.code()), (422, "invalid-document"));
    let pointer = reply.json()["errors"][0]["pointer"].clone();
    assert_eq!(pointer, "/versions/canary/remoteEntry");
    let other = call(&program, "PUT", "/api/flags/other", &[], REMOTE);
    assert_eq!(other.json()["errors"][0]["pointer"], "/key");
}

#[test]
fn s001_flags_answer_enabled_and_variant() {
    let program = Program::start(&[]);
    let document = r#"{"key":"new-checkout-flow","enabled":true,"rolloutPercentage":25,"allowlist":["ann"],"blocklist":[],
        "targetingRules":[],"variants":["blue"],"killSwitch":false}"#;
    let made = call(&program, "POST", "/api/flags", &[], document);
    assert_eq!((made.status, &*made.text), (201, document));
    // The bucket of `user-1` is 21, that of `user-42` is 89.
    let of = |user: &str| {
        let all = ok(&program, "GET", &format!("/api/flags?userId={user}"), "");
        all["new-checkout-flow"].clone()
    };
    assert_eq!(of("user-1"), json!({"enabled": true, "variant": "blue"}));
    assert_eq!(of("user-42"), json!({"enabled": false, "variant": null}));
    let rollout = "/api/flags/new-checkout-flow/rollout";
    let stage = ok(
        &program,
        "POST",
        rollout,
        r#"{"stage": "canary", "percentage": 1}"#,
    );
    assert_eq!(stage["rolloutPercentage"], 1);
    assert_eq!(of("user-1"), json!({"enabled": false, "variant": null}));
    let all = ok(&program, "POST", rollout, r#"{"stage": "all"}"#);
    assert_eq!(all["percentage"], 100);
    let unknown = call(&program, "POST", rollout, &[], r#"{"stage": "most"}"#);
    assert_eq!(unknown.status, 422);
    assert_eq!(
        unknown.json()["stages"],
        json!(["canary", "early", "quarter", "all"])
    );
    let body = r#"{"userId": "user-42", "attributes": {"plan": "pro"}}"#;
    let answer = ok(
        &program,
        "POST",
        "/api/flags/new-checkout-flow/evaluate",
        body,
    );
    assert_eq!(answer["variant"], "blue");
}

#[test]
fn flags_of_files_show_what_the_format_can_express() {
    let program = Program::start(&[]);
    let shown = ok(&program, "GET", "/api/flags/pay.card", "");
    assert_eq!(shown["rolloutPercentage"], 5);
    assert_eq!(shown["notExpressed"], json!(["rollout.rings"]));
    let shown = ok(
        &program,
        "PATCH",
        "/v1/flags/pay.card/rollout",
        r#"{"percentage": 0}"#,
    );
    assert_eq!(
        (&shown["percentage"], &shown["flag"]),
        (&json!(0), &json!("pay.card"))
    );
    let shown = ok(&program, "GET", "/api/v1/flags/pay.card", "");
    assert_eq!(
        (&shown["rolloutPercentage"], &shown["version"]),
        (&json!(0), &json!(1))
    );
    let refused = call(
        &program,
        "PUT",
        "/api/flags/pay.card",
        &[],
        r#"{"key": "pay.card"}"#,
    );
    assert_eq!((refused.status, &*refused.code()), (409, "file-owned"));
}

#[test]
fn s000_06_only_configured_origins_may_read() {
    let program = Program::start(&["--cors-origin", "https://shell.example.com"]);
    call(&program, "POST", "/api/flags", &[], REMOTE);
    let origin = |origin: &str, path: &str| {
        let reply = call(&program, "GET", path, &[("origin", origin)], "");
        reply.headers.get("access-control-allow-origin").cloned()
    };
    let shell = "https://shell.example.com";
    assert_eq!(origin(shell, REMOTE_PATH).as_deref(), Some(shell));
    assert_eq!(origin("https://evil.example", REMOTE_PATH), None);
    assert_eq!(origin(shell, "/fanion/v1/environments/prod/flags"), None);
    let preflight = program.send(&Request {
        method: "OPTIONS",
        path: REMOTE_PATH,
        token: None,
        headers: &[
            ("origin", shell),
            ("access-control-request-method", "PATCH"),
            ("access-control-request-headers", "authorization"),
        ],
        body: "",
    });
    assert_eq!(preflight.status, 204);
    assert_eq!(
        preflight.headers["access-control-allow-headers"],
        "authorization"
    );
}
