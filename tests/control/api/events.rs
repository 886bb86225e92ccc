//! Event streams: changes as they happen, and after a reconnection.

use std::collections::BTreeSet;
use std::io::BufRead as _;
use std::io::BufReader;
use std::net::TcpStream;

use serde_json::Value;
use serde_json::json;

use crate::api::program::GET;
use crate::api::program::Program;
use crate::api::program::Request;

const PATH: &str = "/fanion/v1/environments/prod/events";

/// An open stream.
struct EventStream(BufReader<TcpStream>);

/// An event: its id, name and data.
#[derive(Debug, Default, PartialEq)]
struct Event {
    id: String,
    name: String,
    data: Value,
}

impl EventStream {
    fn open(program: &Program, token: &str, last: Option<&str>) -> EventStream {
        let headers: Vec<(&str, &str)> = last.map(|id| ("last-event-id", id)).into_iter().collect();
        let request = Request {
            path: PATH,
            token: Some(token),
            headers: &headers,
            ..GET
        };
        EventStream::from_connection(program.connect(&request))
    }

    fn from_connection(connection: TcpStream) -> EventStream {
        let mut stream = EventStream(BufReader::new(connection));
        let head = stream.lines_until_empty();
        assert!(head[0].contains(" 200 "), "{head:?}");
        let has = |line: &str| head.iter().any(|found| found.eq_ignore_ascii_case(line));
        assert!(
            has("content-type: text/event-stream") && has("x-accel-buffering: no"),
            "{head:?}"
        );
        stream
    }

    fn lines_until_empty(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(
                self.0.read_line(&mut line).unwrap() > 0,
                "the stream has ended: {lines:?}"
            );
            match line.trim_end() {
                "" => return lines,
                text => lines.push(text.to_owned()),
            }
        }
    }

    /// The next block, without the sizes of chunks.
    fn next(&mut self) -> Event {
        loop {
            let mut event = Event::default();
            for line in self.lines_until_empty() {
                match line.split_once(": ") {
                    Some(("id", text)) => text.clone_into(&mut event.id),
                    Some(("event", text)) => text.clone_into(&mut event.name),
                    Some(("data", text)) => event.data = serde_json::from_str(text).unwrap(),
                    _ => {}
                }
            }
            if !event.name.is_empty() || !event.id.is_empty() {
                return event;
            }
        }
    }

    /// The next change.
    fn next_change(&mut self) -> Event {
        loop {
            let event = self.next();
            if event.name == "change" {
                return event;
            }
        }
    }
}

fn set(program: &Program, flag: &str, percentage: u32) {
    let body = json!({ "percentage": percentage }).to_string();
    program.admin(
        "POST",
        &format!("/environments/prod/flags/{flag}/set"),
        &body,
    );
}

#[test]
fn change_arrives_with_its_revision_and_keys() {
    let program = Program::start(&[]);
    let mut stream = EventStream::open(&program, &program.bootstrap(), None);
    let first = stream.next();
    assert_eq!((&*first.id, &*first.name), ("0.1", ""));
    set(&program, "search", 20);
    let change = stream.next_change();
    assert_eq!(change.id, "0.2");
    assert_eq!(
        (&change.data["revision"], &change.data["keys"]),
        (&json!(2), &json!(["search"]))
    );
    assert_eq!(change.data["any"], false);
}

#[test]
fn reconnection_with_the_last_id_loses_nothing() {
    let mut program = Program::start(&[]);
    let token = program.bootstrap();
    let mut stream = EventStream::open(&program, &token, None);
    let seen = stream.next().id;
    drop(stream);
    set(&program, "search", 20);
    set(&program, "pay.card", 30);
    let keys_after = |program: &Program, id: &str| {
        let mut stream = EventStream::open(program, &token, Some(id));
        let (mut keys, mut last) = (Vec::new(), String::new());
        while !last.ends_with(".3") {
            let change = stream.next_change();
            let found = change.data["keys"].as_array().unwrap().clone();
            keys.extend(found.iter().map(|key| key.as_str().unwrap().to_owned()));
            last = change.id;
        }
        keys.sort();
        keys
    };
    assert_eq!(keys_after(&program, &seen), ["pay.card", "search"]);
    assert_eq!(keys_after(&program, "0.2"), ["pay.card"]);
    // After a restart, the changes come from the store.
    program = program.restart();
    assert_eq!(keys_after(&program, &seen), ["pay.card", "search"]);
    assert_eq!(keys_after(&program, "0.2"), ["pay.card"]);
    // Of an id that is unknown, anything may have changed.
    for id in ["7.2", "0.99", "abc"] {
        let change = EventStream::open(&program, &token, Some(id)).next_change();
        assert_eq!(
            (&*change.id, &change.data["any"]),
            ("0.3", &json!(true)),
            "{id}"
        );
    }
    // Who has everything waits for the next change.
    let mut stream = EventStream::open(&program, &token, Some("0.3"));
    set(&program, "search", 40);
    assert_eq!(stream.next_change().id, "0.4");
}

#[test]
fn stream_has_the_keys_of_the_grant_only() {
    let program = Program::start(&[]);
    let grant = json!({"verbs": ["read"], "environment": "prod", "keyPrefix": "pay."});
    let (token, _) = program.make_token(&json!({"name": "pay", "grants": [grant]}));
    let mut stream = EventStream::open(&program, &token, Some("0.1"));
    set(&program, "search", 20);
    set(&program, "pay.card", 30);
    let mut keys = Vec::new();
    loop {
        let change = stream.next_change();
        keys.extend(change.data["keys"].as_array().unwrap().clone());
        if change.data["revision"] == 4 {
            break;
        }
    }
    assert_eq!(keys, [json!("pay.card")]);
}

#[test]
fn page_follows_changes_and_gets_no_receipts() {
    let program = Program::start(&[]);
    let (key, _) = program.make_token(&json!({
        "name": "shop",
        "kind": "publishable",
        "origins": ["https://shop.example"],
        "grants": [{ "verbs": ["read"], "environment": "prod" }],
    }));
    let path = format!("{PATH}?key={key}");
    let headers = [("origin", "https://shop.example")];
    let connection = program.connect(&Request {
        path: &path,
        headers: &headers,
        ..GET
    });
    let mut page = EventStream::from_connection(connection);
    let mut person = EventStream::open(&program, &program.bootstrap(), None);
    set(&program, "search", 20);
    assert_eq!(
        (page.next().name, page.next().name),
        (String::new(), "change".to_owned())
    );
    // A person gets both, in whichever order.
    let mut seen = BTreeSet::new();
    while !(seen.contains("change") && seen.contains("receipt")) {
        seen.insert(person.next().name);
    }
}

#[test]
fn shutdown_ends_streams() {
    let program = Program::start(&[]);
    let mut stream = EventStream::open(&program, &program.bootstrap(), None);
    stream.next();
    let begun = std::time::Instant::now();
    let program = program.restart_gracefully();
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    drop(program);
}
