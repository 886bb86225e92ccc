//! Server-sent events of both kinds.

use std::io::BufRead as _;
use std::io::BufReader;
use std::net::TcpStream;

use serde_json::Value;
use serde_json::json;

use crate::api::dialects::call;
use crate::api::dialects::ok;
use crate::api::program::Program;
use crate::api::program::Request;

/// A connected client.
struct Events {
    lines: BufReader<TcpStream>,
    /// The id of the last event.
    id: String,
}

impl Events {
    fn connect(program: &Program, path: &str, last: Option<&str>) -> Events {
        let path = format!("{path}environment=prod");
        let headers: Vec<(&str, &str)> = last.iter().map(|id| ("last-event-id", *id)).collect();
        let stream = program.connect(&Request {
            method: "GET",
            path: &path,
            token: Some(&program.bootstrap()),
            headers: &headers,
            body: "",
        });
        let mut events = Events {
            lines: BufReader::new(stream),
            id: String::new(),
        };
        let head = events.until_empty_line();
        assert!(head[0].contains("200"), "{head:?}");
        let has = |wanted: &str| head.iter().any(|line| line.eq_ignore_ascii_case(wanted));
        assert!(has("content-type: text/event-stream"), "{head:?}");
        assert!(has("x-accel-buffering: no"), "{head:?}");
        events
    }

    fn until_empty_line(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "{lines:?}");
            // The sizes of chunks stand between the lines.
            let line = line.trim_end().to_owned();
            let is_size = !line.is_empty() && usize::from_str_radix(&line, 16).is_ok();
            if line.is_empty() && !lines.is_empty() {
                return lines;
            }
            if !line.is_empty() && !is_size {
                lines.push(line);
            }
        }
    }

    /// The name and the data of the next event; blocks of an id or a comment are skipped.
    fn next(&mut self) -> (String, Value) {
        loop {
            let lines = self.until_empty_line();
            let field = |name: &str| {
                let prefix = format!("{name}: ");
                let found = lines.iter().find_map(|line| line.strip_prefix(&prefix));
                found.map(ToOwned::to_owned)
            };
            if let Some(id) = field("id") {
                self.id = id;
            }
            if let (Some(name), Some(data)) = (field("event"), field("data")) {
                return (name, serde_json::from_str(&data).expect("JSON"));
            }
        }
    }
}

fn share(program: &Program, percentage: u32) {
    let body = json!({ "percentage": percentage }).to_string();
    ok(program, "PATCH", "/v1/flags/search/rollout", &body);
}

#[test]
fn s001_14_result_of_the_user_is_sent_when_it_changes() {
    let program = Program::start(&[]);
    let mut events = Events::connect(&program, "/api/flags/stream?userId=user-7&", None);
    share(&program, 100);
    let result = |enabled: bool| {
        let result = json!({"enabled": enabled, "variant": null});
        (
            "flag-update".to_owned(),
            json!({"key": "search", "result": result}),
        )
    };
    assert_eq!(events.next(), result(true));
    // A change that does not concern the user is not sent: the next event is that of the kill.
    ok(
        &program,
        "PATCH",
        "/v1/flags/pay.card/rollout",
        r#"{"percentage": 0}"#,
    );
    ok(
        &program,
        "PATCH",
        "/api/flags/search",
        r#"{"enabled": false}"#,
    );
    assert_eq!(events.next(), result(false));
}

#[test]
fn s001_14_reconnecting_client_gets_what_it_has_missed() {
    let program = Program::start(&[]);
    let mut events = Events::connect(&program, "/api/flags/stream?userId=user-7&", None);
    share(&program, 100);
    events.next();
    let last = events.id.clone();
    drop(events);
    share(&program, 50);
    share(&program, 0);
    let mut again = Events::connect(&program, "/api/flags/stream?userId=user-7&", Some(&last));
    let (_, data) = again.next();
    assert_eq!(data["result"]["enabled"], false);
    let program = program.restart();
    let mut restarted = Events::connect(&program, "/api/flags/stream?userId=user-7&", Some(&last));
    assert_eq!(restarted.next().1, data, "after a restart");
}

#[test]
fn s003_05_new_document_and_deletion_are_events() {
    let program = Program::start(&[]);
    let mut events = Events::connect(&program, "/api/v1/flags/stream?", None);
    let document = r#"{"key": "new", "defaultValue": true, "rolloutPercentage": 1}"#;
    let made = call(&program, "POST", "/api/v1/flags", &[], document);
    let (name, data) = events.next();
    assert_eq!((&*name, &data), ("flag-updated", &made.json()));
    let last = events.id.clone();
    call(&program, "DELETE", "/api/v1/flags/new", &[], "");
    let deleted = ("flag-deleted".to_owned(), json!({"key": "new"}));
    assert_eq!(events.next(), deleted);
    let mut again = Events::connect(&program, "/api/v1/flags/stream?", Some(&last));
    assert_eq!(again.next(), deleted);
}
