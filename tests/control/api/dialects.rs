//! The routes of other flag services.

mod alerts;
mod documents;
mod lint;
mod locks;
mod streams;

use serde_json::Value;

use crate::api::program::Program;
use crate::api::program::Reply;
use crate::api::program::Request;

/// The document of a remote module, as it is printed.
pub const REMOTE: &str = r#"{"key":"checkout-remote-rollout","enabled":true,"rolloutPercentage":10,"segments":["internal-staff"],"versions":{"stable":{"version":"1.4.0","remoteEntry":"https://cdn.example.com/remotes/checkout/1.4.0/remoteEntry.js"},"canary":{"version":"2.0.0","remoteEntry":"https://cdn.example.com/remotes/checkout/2.0.0/remoteEntry.js"}}}"#;
/// The path of its flag.
pub const REMOTE_PATH: &str = "/api/flags/checkout-remote-rollout";

/// Sends a request with the bootstrap token to the environment `prod`, in a body of a content type that is no JSON.
pub fn call(
    program: &Program,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let separator = if path.contains('?') { '&' } else { '?' };
    let path = format!("{path}{separator}environment=prod");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let headers: Vec<(&str, &str)> = headers.iter().copied().chain([form]).collect();
    program.send(&Request {
        method,
        path: &path,
        token: Some(&program.bootstrap()),
        headers: &headers,
        body,
    })
}

/// Sends a request that must succeed.
pub fn ok(program: &Program, method: &str, path: &str, body: &str) -> Value {
    let reply = call(program, method, path, &[], body);
    let is_success = (200..300).contains(&reply.status);
    assert!(
        is_success,
        "{method} {path}: {} {}",
        reply.status, reply.text
    );
    reply.json()
}
