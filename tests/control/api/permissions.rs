//! Every route with every grant, in the right and in the wrong environment, for the right and for the wrong flag.

use std::collections::BTreeMap;

use fanion::control::access::Verb;
use fanion::control::api::native::route::Needs;
use fanion::control::api::native::route::Route;
use fanion::control::api::native::route_table::ROUTES;
use serde_json::Value;
use serde_json::json;

use crate::api::program::GET;
use crate::api::program::Program;
use crate::api::program::Request;

/// The part of the flags that a grant has.
const SCOPES: [(&str, &str); 3] = [("keyPrefix", "pay."), ("owner", "team-pay"), ("all", "")];

/// Returns true if a verb in the grant of a token includes the one that is needed.
fn includes(held: &str, needed: Verb) -> bool {
    match (held, needed) {
        (_, Verb::Read) | ("write", Verb::Write | Verb::Propose | Verb::Kill) => true,
        (held, needed) => held == needed.name(),
    }
}

/// Returns true if a caller with one verb, on a part of the flags of `prod`, passes the authorization of a route.
fn is_allowed(route: &Route, held: &str, scope: &str, environment: &str, key: &str) -> bool {
    let in_scope = scope == "all" || key == "pay.card";
    let is_right = environment == "prod";
    match route.needs {
        Needs::Token => true,
        Needs::AnyGrant | Needs::Events => is_right,
        Needs::Environment(verb) => is_right && scope == "all" && includes(held, verb),
        Needs::Flag(verb) => is_right && in_scope && includes(held, verb),
        Needs::Evaluation => is_right && in_scope,
        Needs::Definition => is_right && in_scope && includes(held, Verb::Write),
    }
}

fn path_of(route: &Route, environment: &str, key: &str) -> String {
    let path = route.path.replace("{environment}", environment);
    let path = path
        .replace("{key}", key)
        .replace("{id}", "0000000000000000");
    let dry_run = route.parameters.contains(&"dryRun");
    format!(
        "/fanion/v1{path}{}",
        if dry_run { "?dryRun=true" } else { "" }
    )
}

/// A body with which a route succeeds, or fails after the authorization.
fn body_of(route: &Route) -> Value {
    match route.path.rsplit('/').next() {
        Some("set") => json!({"percentage": 1}),
        Some("evaluate") => json!({"context": {}}),
        Some("{key}") if route.method == "PUT" => json!({"metadata": {"owner": "team-pay"}}),
        _ => json!({}),
    }
}

#[test]
fn every_route_answers_403_exactly_without_its_grant() {
    let program = Program::start(&[]);
    let mut tokens = BTreeMap::new();
    for verb in Verb::ALL.map(Verb::name) {
        for (scope, value) in SCOPES {
            let mut grant = json!({"verbs": [verb], "environment": "prod"});
            if scope != "all" {
                grant[scope] = json!(value);
            }
            let name = format!("{verb} {scope}");
            let body = json!({"name": name, "grants": [grant]});
            tokens.insert((verb, scope), program.make_token(&body).0);
        }
    }
    let mut checked = 0;
    for route in ROUTES
        .iter()
        .filter(|route| !route.path.ends_with("/events"))
    {
        for ((verb, scope), token) in &tokens {
            for environment in ["prod", "staging"] {
                for key in ["pay.card", "search"] {
                    let reply = program.send(&Request {
                        method: route.method.as_str(),
                        path: &path_of(route, environment, key),
                        token: Some(token),
                        headers: &[],
                        body: &body_of(route).to_string(),
                    });
                    let what = format!(
                        "{} {} {verb} {scope} {environment} {key}: {}",
                        route.method, route.path, reply.text
                    );
                    assert!(reply.status < 500, "{what}");
                    let allowed = is_allowed(route, verb, scope, environment, key);
                    assert_eq!(reply.status != 403, allowed, "{what}");
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked % (15 * 4), 0);
    // Nothing but the making of tokens was recorded.
    let log = program.admin("GET", "/environments/prod/log?limit=100", "");
    let events = log["events"].as_array().unwrap();
    assert_eq!(events.len(), 16, "{log}");
}

#[test]
fn random_tokens_are_refused() {
    let program = Program::start(&[]);
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut text = |length: usize| {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let letter = |_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(letters[(seed >> 33) as usize % letters.len()])
        };
        (0..length).map(letter).collect::<String>()
    };
    for at in 0..10_000 {
        let prefix = ["fan_", "fan_pub_", ""][at % 3];
        let token = format!("{prefix}{}", text([43, 16, 1, 60][at % 4]));
        let path = "/fanion/v1/environments";
        let reply = program.send(&Request {
            path,
            token: Some(&token),
            ..GET
        });
        assert_eq!(reply.status, 401, "{token}");
    }
    for path in ["/fanion/v1/tokens", "/fanion/v1/environments/prod/flags"] {
        let reply = program.send(&Request { path, ..GET });
        assert_eq!((reply.status, &*reply.code()), (401, "unauthenticated"));
    }
}

#[test]
fn lists_show_the_flags_of_the_grant_only() {
    let program = Program::start(&[]);
    program.admin("POST", "/environments/prod/flags/search/kill", "{}");
    let grant = json!({"verbs": ["read"], "environment": "prod", "owner": "team-pay"});
    let (token, _) = program.make_token(&json!({"name": "pay", "grants": [grant]}));
    let flags = program
        .call(&token, "GET", "/environments/prod/flags", "")
        .json();
    assert_eq!(flags["flags"].as_array().unwrap().len(), 1);
    assert_eq!(flags["flags"][0]["key"], "pay.card");
    let shown = program.call(&token, "GET", "/environments", "").json();
    assert_eq!(shown["environments"].as_array().unwrap().len(), 1);
    assert_eq!(shown["environments"][0]["killed"], json!([]));
    let all = program.admin("GET", "/environments/prod", "");
    assert_eq!(all["killed"], json!(["search"]));
}

#[test]
fn owner_cannot_give_its_flag_away_or_take_another() {
    let program = Program::start(&[]);
    let grant = json!({"verbs": ["write"], "environment": "prod", "owner": "team-pay"});
    let (token, _) = program.make_token(&json!({"name": "pay", "grants": [grant]}));
    let define = |key: &str, owner: &str| {
        let body = json!({
            "state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
            "metadata": {"owner": owner},
        });
        let path = format!("/environments/prod/flags/{key}");
        program.call(&token, "PUT", &path, &body.to_string()).status
    };
    assert_eq!(define("new", "team-search"), 403);
    assert_eq!(define("new", "team-pay"), 200);
    assert_eq!(define("new", "team-search"), 403);
    assert_eq!(define("search", "team-pay"), 403);
}
