//! Entity tags: conditional reads, and changes of something that has changed meanwhile.

use serde_json::json;

use crate::api::program::GET;
use crate::api::program::Program;
use crate::api::program::Reply;
use crate::api::program::Request;

const FLAG: &str = "/fanion/v1/environments/prod/flags/search";

fn send(program: &Program, method: &str, path: &str, header: (&str, &str), body: &str) -> Reply {
    let bootstrap = program.bootstrap();
    let token = Some(bootstrap.as_str());
    program.send(&Request {
        method,
        path,
        token,
        headers: &[header],
        body,
    })
}

fn tag(program: &Program, path: &str) -> String {
    let reply = send(program, "GET", path, ("accept", "*/*"), "");
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.headers["cache-control"], "private, no-cache");
    reply.headers["etag"].clone()
}

fn set(program: &Program, flag: &str, if_match: &str, percentage: u32) -> Reply {
    let path = format!("/fanion/v1/environments/prod/flags/{flag}/set");
    let body = json!({ "percentage": percentage }).to_string();
    send(program, "POST", &path, ("if-match", if_match), &body)
}

#[test]
fn unchanged_resource_is_not_sent_again() {
    let program = Program::start(&[]);
    for path in [
        "/fanion/v1/environments/prod",
        "/fanion/v1/environments/prod/flags",
        "/fanion/v1/environments/prod/document",
        FLAG,
        "/fanion/v1/tokens",
    ] {
        let first = tag(&program, path);
        for known in [first.clone(), format!("\"x\", W/{first}"), "*".to_owned()] {
            let reply = send(&program, "GET", path, ("if-none-match", &known), "");
            assert_eq!((reply.status, &*reply.text), (304, ""), "{path} {known}");
            assert_eq!(reply.headers["etag"], first);
        }
        let reply = send(&program, "GET", path, ("if-none-match", "\"other\""), "");
        assert_eq!(reply.status, 200, "{path}");
    }
}

#[test]
fn flag_has_a_version_of_its_own() {
    let program = Program::start(&[]);
    let (first, other) = (
        tag(&program, FLAG),
        tag(&program, &FLAG.replace("search", "pay.card")),
    );
    assert_eq!(set(&program, "pay.card", &other, 50).status, 200);
    assert_eq!(tag(&program, FLAG), first, "another flag has changed");
    assert_eq!(set(&program, "search", &first, 50).status, 200);
    assert_ne!(tag(&program, FLAG), first);
    let stale = set(&program, "search", &first, 60);
    assert_eq!((stale.status, &*stale.code()), (412, "flag-conflict"));
    let current = &stale.json()["current"];
    assert_eq!(
        current["state"]["rollouts"]["0"]["percentage"], 50.0,
        "{current}"
    );
    let version = stale.json()["version"].as_str().unwrap().to_owned();
    assert_eq!(
        set(&program, "search", &format!("\"{version}\""), 60).status,
        200
    );
}

#[test]
fn stale_revision_is_refused_with_the_current_flag() {
    let program = Program::start(&[]);
    let environment = tag(&program, "/fanion/v1/environments/prod");
    assert_eq!(set(&program, "search", &environment, 20).status, 200);
    for stale in [&*environment, "\"1\"", "1"] {
        let refused = set(&program, "search", stale, 30);
        assert_eq!(
            (refused.status, &*refused.code()),
            (412, "revision-conflict")
        );
        assert_eq!(refused.json()["revision"], 2);
        assert_eq!(refused.json()["current"]["key"], "search");
    }
    assert_eq!(set(&program, "search", "\"2\"", 30).status, 200);
    assert_eq!(set(&program, "search", "*", 31).status, 200);
    assert_eq!(set(&program, "search", "\"two\"", 32).status, 400);
}

#[test]
fn flag_is_created_only_if_it_is_absent() {
    let program = Program::start(&[]);
    let path = "/fanion/v1/environments/prod/flags/new";
    let body = r#"{"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a"}"#;
    let absent = ("if-none-match", "*");
    assert_eq!(
        send(&program, "PUT", path, ("if-match", "*"), body).status,
        412
    );
    assert_eq!(send(&program, "PUT", path, absent, body).status, 200);
    assert_eq!(send(&program, "PUT", path, absent, body).status, 412);
    assert_eq!(
        send(&program, "PUT", path, ("if-match", "*"), body).status,
        200
    );
}

#[test]
fn exactly_one_of_ten_writers_wins() {
    let program = Program::start(&[]);
    for round in 0..5 {
        let expected = if round % 2 == 0 {
            tag(&program, FLAG)
        } else {
            tag(&program, "/fanion/v1/environments/prod")
        };
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..10)
                .map(|writer| {
                    let (program, expected) = (&program, &expected);
                    scope.spawn(move || {
                        set(program, "search", expected, 10 * round + writer + 1).status
                    })
                })
                .collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .collect()
        });
        let won = statuses.iter().filter(|status| **status == 200).count();
        let stale = statuses.iter().filter(|status| **status == 412).count();
        assert_eq!((won, stale), (1, 9), "{statuses:?}");
    }
}

#[test]
fn reader_waits_for_the_revision_that_it_has_written() {
    let program = Program::start(&[]);
    let path = |number: u32| format!("/fanion/v1/environments/prod/flags?minRevision={number}");
    assert_eq!(
        send(&program, "GET", &path(1), ("accept", "*/*"), "").status,
        200
    );
    let waits = std::thread::scope(|scope| {
        let reader = scope.spawn(|| send(&program, "GET", &path(2), ("accept", "*/*"), ""));
        assert_eq!(set(&program, "search", "*", 33).status, 200);
        reader.join().unwrap()
    });
    assert_eq!((waits.status, &waits.json()["revision"]), (200, &json!(2)));
    let never = send(&program, "GET", &path(9), ("accept", "*/*"), "");
    assert_eq!((never.status, &*never.code()), (404, "unknown-revision"));
}

#[test]
fn dry_run_says_who_gets_another_variant() {
    let program = Program::start(&[]);
    let path = format!("{FLAG}/set?dryRun=true");
    let reply = send(
        &program,
        "POST",
        &path,
        ("accept", "*/*"),
        r#"{"percentage": 30}"#,
    );
    let flip = &reply.json()["flips"][0];
    assert_eq!(
        (&flip["key"], &flip["verdict"]),
        (&json!("search"), &json!("changed"))
    );
    let transition = &flip["transitions"][0];
    assert_eq!(
        (&transition["from"], &transition["to"]),
        (&json!("off"), &json!("on"))
    );
    let percent = transition["percent"].as_f64().unwrap();
    assert!((percent - 20.0).abs() < 0.01, "{percent}");
    let example = transition["examples"][0]["targetingKey"].clone();
    // The example user really changes.
    let evaluate = || {
        let body = json!({"context": {"targetingKey": example}}).to_string();
        let bootstrap = program.bootstrap();
        let path = "/environments/prod/flags/search/evaluate";
        program.call(&bootstrap, "POST", path, &body).json()["variant"].clone()
    };
    assert_eq!(evaluate(), "off");
    assert_eq!(
        set(&program, "search", "\"1\"", 30).status,
        200,
        "nothing has changed before"
    );
    assert_eq!(evaluate(), "on");
}

#[test]
fn requests_of_a_token_are_limited_and_kills_are_not() {
    let program = Program::start(&["--requests-per-second", "1"]);
    let grant = json!({"verbs": ["kill"], "environment": "prod"});
    let (token, _) = program.make_token(&json!({"name": "eager", "grants": [grant]}));
    let read = |path: &str| {
        program.send(&Request {
            path,
            token: Some(&token),
            ..GET
        })
    };
    let replies: Vec<Reply> = (0..10).map(|_| read(FLAG)).collect();
    let refused = replies
        .iter()
        .find(|reply| reply.status == 429)
        .expect("a refusal");
    assert_eq!(refused.code(), "too-many-requests");
    assert_eq!(refused.headers["ratelimit-policy"], "\"token\";q=2;w=2");
    assert!(refused.headers["retry-after"].parse::<u32>().unwrap() >= 1);
    assert_eq!(replies[0].status, 200);
    assert!(replies[0].headers["ratelimit"].starts_with("\"token\";r=1;"));
    for _ in 0..10 {
        let killed = program.call(&token, "POST", "/environments/prod/flags/search/kill", "{}");
        assert_eq!(killed.status, 200, "{}", killed.text);
    }
    // Another token has its own bucket.
    let path = "/fanion/v1/environments";
    assert_eq!(
        program
            .send(&Request {
                path,
                token: Some(&program.bootstrap()),
                ..GET
            })
            .status,
        200
    );
}
