//! Tokens: made, used, listed, revoked, expired; publishable keys.

use serde_json::Value;
use serde_json::json;

use crate::api::program::GET;
use crate::api::program::Program;
use crate::api::program::Reply;
use crate::api::program::Request;

const KILL: &str = "/environments/prod/flags/search/kill";

fn token_body(name: &str, verbs: &[&str], environment: &str) -> Value {
    json!({
        "name": name,
        "kind": "automation",
        "grants": [{ "verbs": verbs, "environment": environment }],
    })
}

#[test]
fn token_names_the_actor_and_every_change_is_recorded() {
    let program = Program::start(&[]);
    let (token, id) = program.make_token(&token_body("pipeline", &["kill"], "prod"));
    assert!(token.starts_with("fan_") && token.len() == 47, "{token}");
    let killed = program.call(&token, "POST", KILL, r#"{"reason": "slow"}"#);
    assert_eq!(killed.status, 200, "{}", killed.text);
    let log = program.admin("GET", "/environments/prod/log?limit=2", "");
    let (kill, made) = (&log["events"][0], &log["events"][1]);
    assert_eq!(
        kill["actor"],
        json!({"kind": "automation", "name": "pipeline"})
    );
    assert_eq!(
        (&kill["kind"], &kill["reason"]),
        (&json!("flag.killed"), &json!("slow"))
    );
    assert_eq!(made["kind"], "token.created");
    assert_eq!(made["change"]["token"]["id"], *id);
    // The environment in which the token has no grants has no event.
    let other = program.admin("GET", "/environments/staging/log", "");
    assert_eq!(other["events"].as_array().unwrap().len(), 1, "{other}");
    // The secret is nowhere but in the answer to its holder.
    let listed = program.admin("GET", "/tokens", "").to_string();
    assert!(listed.contains("\"lastUsedMs\":1"), "{listed}");
    for text in [listed, log.to_string(), program.log()] {
        assert!(!text.contains(&token[4..]), "{text}");
    }
}

#[test]
fn token_of_all_environments_is_recorded_in_each() {
    let program = Program::start(&[]);
    let (token, id) = program.make_token(&token_body("ops", &["read"], "*"));
    for name in ["prod", "staging"] {
        let log = program.admin(
            "GET",
            &format!("/environments/{name}/log?kind=token.created"),
            "",
        );
        assert_eq!(log["events"][0]["change"]["token"]["id"], *id);
        let path = format!("/environments/{name}/flags");
        assert_eq!(program.call(&token, "GET", &path, "").status, 200);
    }
}

#[test]
fn revoked_token_is_refused_at_once_and_after_a_crash() {
    let mut program = Program::start(&[]);
    let (kept, _) = program.make_token(&token_body("kept", &["read"], "prod"));
    let (token, id) = program.make_token(&token_body("gone", &["write"], "prod"));
    let status = |program: &Program, token: &str| {
        program
            .call(token, "GET", "/environments/prod/flags", "")
            .status
    };
    program = program.restart();
    assert_eq!(
        (status(&program, &kept), status(&program, &token)),
        (200, 200)
    );
    program.admin("DELETE", &format!("/tokens/{id}"), r#"{"reason": "left"}"#);
    assert_eq!(
        (status(&program, &kept), status(&program, &token)),
        (200, 401)
    );
    program = program.restart();
    assert_eq!(
        (status(&program, &kept), status(&program, &token)),
        (200, 401)
    );
    let log = program.admin("GET", "/environments/prod/log?kind=token.revoked", "");
    assert_eq!(log["events"][0]["reason"], "left");
}

#[test]
fn last_use_is_known_after_a_restart() {
    let program = Program::start(&[]);
    let (token, id) = program.make_token(&token_body("pipeline", &["read"], "prod"));
    program.call(&token, "GET", "/environments/prod", "");
    let path = format!("/tokens/{id}");
    let before = program.admin("GET", &path, "")["lastUsedMs"].clone();
    assert!(before.is_u64(), "{before}");
    let program = program.restart_gracefully();
    assert_eq!(program.admin("GET", &path, "")["lastUsedMs"], before);
}

#[test]
fn expired_token_is_refused_with_its_name() {
    let program = Program::start(&[]);
    let mut body = token_body("short", &["read"], "prod");
    body["expiresInSeconds"] = json!(0);
    let (token, _) = program.make_token(&body);
    let refused = program.call(&token, "GET", "/environments/prod", "");
    assert_eq!(refused.status, 401);
    assert_eq!(
        refused.detail(),
        "the token `short` has expired: ask for a new one"
    );
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
}

#[test]
fn token_cannot_be_given_more_than_its_maker_has() {
    let program = Program::start(&[]);
    let all = ["write", "approve"];
    let (lead, _) = program.make_token(&token_body("lead", &all, "prod"));
    let (writer, _) = program.make_token(&token_body("writer", &["write"], "prod"));
    let make = |token: &str, environment: &str| {
        let body = token_body("new", &["read"], environment);
        program.call(token, "POST", "/tokens", &body.to_string())
    };
    assert_eq!(make(&lead, "prod").status, 201);
    for (token, environment, missing) in [
        (
            &lead,
            "staging",
            "`lead` lacks the grant `kill` for all of environment `staging`",
        ),
        (
            &lead,
            "*",
            "`lead` lacks the grant `kill` for all of environment `*`",
        ),
        (
            &writer,
            "prod",
            "`writer` lacks the grant `approve` for all of environment `prod`",
        ),
    ] {
        let refused = make(token, environment);
        assert_eq!(refused.status, 403, "{}", refused.text);
        assert!(
            refused.detail().starts_with(missing),
            "{}",
            refused.detail()
        );
    }
    let who = make(&writer, "prod").json()["grantableBy"].clone();
    assert_eq!(who, json!(["bootstrap", "lead"]));
    // Who administers one environment sees the tokens of that one, and its own.
    let names = |token: &str| {
        let listed = program.call(token, "GET", "/tokens", "").json();
        let tokens = listed["tokens"].as_array().unwrap();
        let names = tokens.iter().map(|token| token["name"].as_str().unwrap());
        names.map(ToOwned::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(names(&lead), ["lead", "new", "writer"]);
    assert_eq!(names(&writer), ["writer"]);
}

#[test]
fn invalid_tokens_are_not_made() {
    let program = Program::start(&[]);
    for (body, why) in [
        (json!({}), "`name` must have 1 to 200 bytes"),
        (
            json!({"name": "bootstrap"}),
            "`bootstrap` is the name of the first token",
        ),
        (json!({"name": "a"}), "`grants` needs 1 to 50 grants"),
        (
            json!({"name": "a", "kind": "robot"}),
            "`kind` is `robot`; there are person",
        ),
        (
            json!({"name": "a", "grants": [{"verbs": [], "environment": "prod"}]}),
            "a grant needs `verbs`",
        ),
        (
            json!({"name": "a", "grants": [{"verbs": ["rule"], "environment": "prod"}]}),
            "a grant has no verb \"rule\"",
        ),
        (
            json!({"name": "a", "grants": [{"verbs": ["read"]}]}),
            "a grant needs `environment`",
        ),
        (
            json!({"name": "a", "grants": [{"verbs": ["read"], "environment": "prod", "keyPrefix": "a", "owner": "b"}]}),
            "a grant has `keyPrefix` or `owner`",
        ),
        (
            json!({"name": "a", "kind": "publishable", "grants": [{"verbs": ["read"], "environment": "*"}]}),
            "a publishable key has the verb `read` in one",
        ),
        (
            json!({"name": "a", "kind": "publishable", "grants": [{"verbs": ["kill"], "environment": "prod"}]}),
            "a publishable key has the verb `read` in one",
        ),
        (
            json!({"name": "a", "kind": "publishable", "grants": [{"verbs": ["read"], "environment": "prod"}]}),
            "a publishable key needs `origins`",
        ),
        (
            json!({"name": "a", "kind": "publishable", "origins": ["*"], "grants": [{"verbs": ["read"], "environment": "prod"}]}),
            "`*` is no origin",
        ),
        (
            json!({"name": "a", "origins": ["https://a"], "grants": [{"verbs": ["read"], "environment": "prod"}]}),
            "only a publishable key has `origins`",
        ),
    ] {
        let refused = program.call(&program.bootstrap(), "POST", "/tokens", &body.to_string());
        assert_eq!(refused.status, 422, "{body}: {}", refused.text);
        assert!(
            refused.detail().starts_with(why),
            "{body}: {}",
            refused.detail()
        );
    }
    let body = token_body("a", &["read"], "gone").to_string();
    let refused = program.call(&program.bootstrap(), "POST", "/tokens", &body);
    assert_eq!(refused.code(), "unknown-environment");
    assert_eq!(program.admin("GET", "/tokens", "")["tokens"], json!([]));
}

#[test]
fn publishable_key_evaluates_for_its_origins_and_nothing_else() {
    let program = Program::start(&[]);
    let (key, _) = program.make_token(&json!({
        "name": "shop",
        "kind": "publishable",
        "origins": ["https://shop.example"],
        "grants": [{ "verbs": ["read"], "environment": "prod" }],
    }));
    assert!(key.starts_with("fan_pub_"));
    let send = |path: &str, origin: &[(&str, &str)]| -> Reply {
        let path = format!("/fanion/v1/environments{path}?key={key}");
        let body = r#"{"context": {}}"#;
        program.send(&Request {
            method: "POST",
            path: &path,
            headers: origin,
            body,
            ..GET
        })
    };
    let shop = [("origin", "https://shop.example")];
    let answer = send("/prod/flags/search/evaluate", &shop);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        answer.headers["access-control-allow-origin"],
        "https://shop.example"
    );
    assert_eq!(answer.headers["vary"], "origin");
    assert_eq!(send("/prod/flags/search/evaluate", &[]).status, 200);
    let other = send(
        "/prod/flags/search/evaluate",
        &[("origin", "https://evil.example")],
    );
    assert_eq!((other.status, &*other.code()), (403, "origin"));
    assert!(!other.headers.contains_key("access-control-allow-origin"));
    assert_eq!(send("/staging/flags/search/evaluate", &shop).status, 403);
    for path in [
        "/prod/flags/search/kill",
        "/prod/flags/search/set",
        "/prod/freeze",
    ] {
        let refused = send(path, &shop);
        assert_eq!(
            (refused.status, &*refused.code()),
            (403, "publishable-key"),
            "{path}"
        );
    }
    // A token that is secret is refused in a URL, where logs would keep it.
    let path = format!("/fanion/v1/environments?key={}", program.bootstrap());
    let refused = program.send(&Request { path: &path, ..GET });
    assert_eq!(refused.status, 401);
    assert!(
        refused
            .detail()
            .contains("a token in a URL ends up in logs")
    );
    assert!(!program.log().contains(&key[8..]));
}

#[test]
fn tokens_of_replicas_are_read_again() {
    let program = Program::start(&[]);
    let path = program.directory.path().join("staging");
    std::fs::write(path, "another-token-of-staging").unwrap();
    program.wait("reload", |program| {
        program
            .log()
            .contains("tokens of replicas reloaded")
            .then_some(())
    });
    // A token of two environments is refused, and the previous ones stay.
    let path = program.directory.path().join("prod");
    std::fs::write(path, "another-token-of-staging").unwrap();
    program.wait("refusal", |program| {
        program
            .log()
            .contains("one of its tokens is also for")
            .then_some(())
    });
}
