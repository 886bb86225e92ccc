//! `Idempotency-Key`: a repeated request is carried out once.

use serde_json::json;

use crate::api::program::Program;
use crate::api::program::Reply;
use crate::api::program::Request;

const SET: &str = "/fanion/v1/environments/prod/flags/search/set";

fn post(program: &Program, token: &str, path: &str, key: &str, body: &str) -> Reply {
    let headers = [("idempotency-key", key)];
    let token = Some(token);
    program.send(&Request {
        method: "POST",
        path,
        token,
        headers: &headers,
        body,
    })
}

fn revision(program: &Program) -> serde_json::Value {
    program.admin("GET", "/environments/prod", "")["revision"].clone()
}

#[test]
fn repeated_request_gets_the_same_answer_also_after_a_crash() {
    let mut program = Program::start(&[]);
    let token = program.bootstrap();
    let body = r#"{"percentage": 20}"#;
    let first = post(&program, &token, SET, "\"k1\"", body);
    assert_eq!(first.status, 200, "{}", first.text);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    for round in 0..2 {
        // Without quotes it is the same key.
        for key in ["\"k1\"", "k1"] {
            let again = post(&program, &token, SET, key, body);
            assert_eq!((again.status, again.json()), (200, first.json()), "{round}");
            assert_eq!(again.headers["idempotency-replayed"], "true");
        }
        assert_eq!(revision(&program), 2);
        program = program.restart();
    }
    let next = post(&program, &token, SET, "\"k2\"", r#"{"percentage": 21}"#);
    assert_eq!(next.json()["revision"], 3);
}

#[test]
fn key_of_another_request_is_refused() {
    let program = Program::start(&[]);
    let token = program.bootstrap();
    assert_eq!(
        post(&program, &token, SET, "k", r#"{"percentage": 20}"#).status,
        200
    );
    for (path, body) in [
        (SET, r#"{"percentage": 30}"#),
        (
            "/fanion/v1/environments/prod/flags/pay.card/set",
            r#"{"percentage": 20}"#,
        ),
        (
            "/fanion/v1/environments/prod/flags/search/set?dryRun=true",
            r#"{"percentage": 20}"#,
        ),
    ] {
        let refused = post(&program, &token, path, "k", body);
        assert_eq!(
            (refused.status, &*refused.code()),
            (422, "idempotency-key-reused"),
            "{path}"
        );
    }
    assert_eq!(revision(&program), 2);
    for key in ["", "\"\"", &"x".repeat(256)] {
        assert_eq!(post(&program, &token, SET, key, "{}").status, 400, "{key}");
    }
    // Keys of another token are other keys.
    let grant = json!({"verbs": ["write"], "environment": "prod"});
    let (other, _) = program.make_token(&json!({"name": "other", "grants": [grant]}));
    assert_eq!(
        post(&program, &other, SET, "k", r#"{"percentage": 30}"#).status,
        200
    );
}

#[test]
fn refused_request_may_be_repeated_with_its_key() {
    let program = Program::start(&[]);
    let token = program.bootstrap();
    program.admin("POST", "/environments/prod/freeze", "{}");
    let body = r#"{"percentage": 20}"#;
    assert_eq!(post(&program, &token, SET, "k", body).status, 409);
    program.admin("POST", "/environments/prod/unfreeze", "{}");
    assert_eq!(post(&program, &token, SET, "k", body).status, 200);
}

#[test]
fn ten_requests_with_one_key_make_one_change() {
    let program = Program::start(&[]);
    let token = program.bootstrap();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..10)
            .map(|_| {
                scope.spawn(|| post(&program, &token, SET, "k", r#"{"percentage": 44}"#).status)
            })
            .collect();
        senders
            .into_iter()
            .map(|sender| sender.join().unwrap())
            .collect()
    });
    assert!(
        statuses.iter().all(|status| matches!(status, 200 | 409)),
        "{statuses:?}"
    );
    assert!(statuses.contains(&200), "{statuses:?}");
    assert_eq!(revision(&program), 2);
}

#[test]
fn token_is_made_once_and_its_secret_is_not_kept() {
    let program = Program::start(&[]);
    let bootstrap = program.bootstrap();
    let body = json!({"name": "a", "grants": [{"verbs": ["read"], "environment": "prod"}]});
    let make = || {
        post(
            &program,
            &bootstrap,
            "/fanion/v1/tokens",
            "k",
            &body.to_string(),
        )
    };
    let (first, again) = (make(), make());
    assert_eq!((first.status, again.status), (201, 201));
    let (first, again) = (first.json(), again.json());
    assert_eq!(first["id"], again["id"]);
    assert!(first["token"].is_string() && again["token"].is_null());
    let secret = first["token"].as_str().unwrap();
    for file in std::fs::read_dir(program.directory.path().join("data")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(&secret[4..]));
    }
}
