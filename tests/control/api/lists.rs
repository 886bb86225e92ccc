//! Pages of lists, and the search of flags.

use serde_json::Value;
use serde_json::json;

use crate::api::program::Program;

/// All pages of a list, each with at most two entries.
fn pages(program: &Program, path: &str, list: &str) -> Vec<Vec<Value>> {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = program.admin("GET", &format!("{path}{separator}limit=2{cursor}"), "");
        pages.push(page[list].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return pages,
        }
    }
}

fn texts(pages: &[Vec<Value>], member: &str) -> Vec<String> {
    let all = pages.iter().flatten();
    all.map(|entry| entry[member].to_string().trim_matches('"').to_owned())
        .collect()
}

fn define(program: &Program, key: &str, metadata: &Value) {
    let body = json!({
        "state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a", "metadata": metadata,
    });
    program.admin(
        "PUT",
        &format!("/environments/prod/flags/{key}"),
        &body.to_string(),
    );
}

#[test]
fn pages_have_every_entry_once_in_order() {
    let program = Program::start(&[]);
    for key in ["a", "b", "z"] {
        define(&program, key, &json!({}));
        let grant = json!({"verbs": ["read"], "environment": "prod"});
        program.make_token(&json!({"name": key, "grants": [grant]}));
    }
    let flags = pages(&program, "/environments/prod/flags", "flags");
    assert_eq!(texts(&flags, "key"), ["a", "b", "pay.card", "search", "z"]);
    assert!(flags.iter().all(|page| page.len() <= 2));
    assert_eq!(
        texts(&pages(&program, "/tokens", "tokens"), "name"),
        ["a", "b", "z"]
    );
    let events = pages(&program, "/environments/prod/log", "events");
    assert_eq!(texts(&events, "seq"), ["7", "6", "5", "4", "3", "2", "1"]);
    let events = pages(&program, "/environments/prod/log?after=2", "events");
    assert_eq!(texts(&events, "seq"), ["3", "4", "5", "6", "7"]);
    assert_eq!(
        pages(&program, "/environments/prod/replicas", "replicas"),
        [Vec::<Value>::new()]
    );
}

#[test]
fn invalid_pages_are_refused() {
    let program = Program::start(&[]);
    let bootstrap = program.bootstrap();
    for path in [
        "/tokens",
        "/environments/prod/flags",
        "/environments/prod/log",
        "/environments/prod/replicas",
    ] {
        for query in [
            "limit=0",
            "limit=1001",
            "limit=x",
            "cursor=*",
            "page=2",
            "limit=1&limit=2",
        ] {
            let refused = program.call(&bootstrap, "GET", &format!("{path}?{query}"), "");
            assert_eq!(
                (refused.status, &*refused.code()),
                (400, "bad-request"),
                "{path}?{query}"
            );
        }
    }
    let refused = program.call(&bootstrap, "GET", "/environments/prod/log?cursor=YQ", "");
    assert_eq!(refused.status, 400);
}

#[test]
fn search_finds_keys_owners_and_descriptions() {
    let program = Program::start(&[]);
    define(
        &program,
        "new-checkout",
        &json!({"owner": "Team Cart", "description": "Faster Payment"}),
    );
    let found = |text: &str| {
        let page = program.admin("GET", &format!("/environments/prod/flags?q={text}"), "");
        let flags = page["flags"].as_array().unwrap().clone();
        texts(&[flags], "key")
    };
    assert_eq!(found("CHECKOUT"), ["new-checkout"]);
    assert_eq!(found("team%20cart"), ["new-checkout"]);
    assert_eq!(found("payment"), ["new-checkout"]);
    assert_eq!(found("pay"), ["new-checkout", "pay.card"]);
    assert_eq!(found("team"), ["new-checkout", "pay.card"]);
    assert!(found("ENABLED").is_empty() && found("nothing").is_empty());
}
