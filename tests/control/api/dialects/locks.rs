//! Documents with rules by priority: entity tags, versions, and the answers of rules.

use serde_json::Value;
use serde_json::json;

use crate::api::dialects::call;
use crate::api::dialects::ok;
use crate::api::program::Program;

const LIST: &str = "/api/v1/flags";
const FLAG: &str = "/api/v1/flags/new-checkout-flow";

fn document(percentage: u32, version: Option<u64>) -> String {
    let mut document = json!({
        "key": "new-checkout-flow", "name": "New checkout", "defaultValue": true, "rolloutPercentage": percentage,
        "targeting": [{"id": "acme", "priority": 1, "rolloutPercentage": 100, "variation": false,
            "conditions": [{"attribute": "tenantId", "operator": "equals", "value": "acme"}]}],
        "environments": {"staging": {"rolloutPercentage": 100}},
    });
    if let Some(version) = version {
        document["version"] = json!(version);
    }
    document.to_string()
}

#[test]
fn s003_02_stale_writes_get_the_document_as_it_now_reads() {
    let program = Program::start(&[]);
    let made = call(&program, "POST", LIST, &[], &document(10, None));
    assert_eq!(made.status, 201, "{}", made.text);
    let first = made.json();
    assert_eq!(first["version"], 1);
    assert!(first["createdAt"].is_string() && first["updatedAt"].is_string());
    let exists = call(&program, "POST", LIST, &[], &document(10, None));
    assert_eq!((exists.status, &*exists.code()), (409, "flag-exists"));
    let put = |headers: &[(&str, &str)], version| {
        call(&program, "PUT", FLAG, headers, &document(20, version))
    };
    let second = put(&[], Some(1));
    assert_eq!((second.status, &second.json()["version"]), (200, &json!(2)));
    for stale in [Some(1), None] {
        let refused = put(&[], stale);
        assert_eq!(
            (refused.status, &*refused.code()),
            (409, "version-conflict")
        );
        assert_eq!(refused.json()["current"], second.json());
    }
    let old = [("if-match", made.headers["etag"].as_str())];
    let refused = put(&old, None);
    assert_eq!(
        (refused.status, &refused.json()["current"]),
        (412, &second.json())
    );
    let new = [("if-match", second.headers["etag"].as_str())];
    assert_eq!(put(&new, None).status, 200);
    let gone = [("if-match", second.headers["etag"].as_str())];
    assert_eq!(call(&program, "DELETE", FLAG, &gone, "").status, 412);
    assert_eq!(call(&program, "DELETE", FLAG, &[], "").status, 200);
    assert_eq!(call(&program, "GET", FLAG, &[], "").status, 404);
}

#[test]
fn s003_02_of_ten_writers_of_one_version_one_succeeds() {
    let program = Program::start(&[]);
    call(&program, "POST", LIST, &[], &document(10, None));
    let written = std::thread::scope(|scope| {
        let write = |number| call(&program, "PUT", FLAG, &[], &document(number, Some(1))).status;
        let writers: Vec<_> = (0..10).map(|n| scope.spawn(move || write(n))).collect();
        let codes = writers.into_iter().map(|writer| writer.join().unwrap());
        codes.collect::<Vec<u16>>()
    });
    assert_eq!(
        written.iter().filter(|code| **code == 200).count(),
        1,
        "{written:?}"
    );
    assert_eq!(
        written.iter().filter(|code| **code == 409).count(),
        9,
        "{written:?}"
    );
}

#[test]
fn s003_02_change_through_another_door_is_another_version() {
    let program = Program::start(&[]);
    call(&program, "POST", LIST, &[], &document(10, None));
    program.admin(
        "POST",
        "/environments/prod/flags/new-checkout-flow/kill",
        "",
    );
    let stale = call(&program, "PUT", FLAG, &[], &document(20, Some(1)));
    assert_eq!(stale.status, 409);
    let current = stale.json()["current"].clone();
    assert_eq!(current["environments"]["prod"], json!({"enabled": false}));
    let replaced = call(&program, "PUT", FLAG, &[], &document(20, Some(2)));
    assert_eq!(
        replaced.json()["environments"].get("prod"),
        None,
        "restored"
    );
}

#[test]
fn s003_04_list_has_a_tag_and_is_304_if_known() {
    let program = Program::start(&[]);
    call(&program, "POST", LIST, &[], &document(10, None));
    let all = call(&program, "GET", LIST, &[], "");
    let list: Vec<Value> = serde_json::from_str(&all.text).unwrap();
    let keys: Vec<&str> = list
        .iter()
        .map(|flag| flag["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["new-checkout-flow", "pay.card", "search"]);
    let tag = all.headers["etag"].clone();
    let program = program.restart();
    let known = call(&program, "GET", LIST, &[("if-none-match", &tag)], "");
    assert_eq!((known.status, &*known.text), (304, ""));
    ok(
        &program,
        "PATCH",
        "/v1/flags/search/rollout",
        r#"{"percentage": 11}"#,
    );
    let changed = call(&program, "GET", LIST, &[("if-none-match", &tag)], "");
    assert_eq!(changed.status, 200);
    assert_ne!(changed.headers["etag"], tag);
}

#[test]
fn s003_11_answers_have_reason_and_rule() {
    let program = Program::start(&[]);
    call(&program, "POST", LIST, &[], &document(10, None));
    let evaluate = |path: &str, body: &str| {
        let answer = ok(&program, "POST", path, body);
        (
            answer["value"].clone(),
            answer["reason"].clone(),
            answer["ruleId"].clone(),
        )
    };
    let path = "/api/v1/flags/new-checkout-flow/evaluate";
    let acme = evaluate(
        path,
        r#"{"userId": "user-1", "attributes": {"tenantId": "acme"}}"#,
    );
    assert_eq!(acme, (json!(false), json!("RULE_MATCH"), json!("acme")));
    // The buckets of `user-1` and `user-42` are 7 and 94.
    let inside = evaluate(path, r#"{"userId": "user-1"}"#);
    assert_eq!(inside, (json!(true), json!("DEFAULT_ROLLOUT"), Value::Null));
    let outside = evaluate(path, r#"{"context": {"targetingKey": "user-42"}}"#);
    assert_eq!(outside, (json!(false), json!("DEFAULT_OFF"), Value::Null));
    let share = r#"{"percentage": 95}"#;
    ok(
        &program,
        "PATCH",
        "/v1/flags/new-checkout-flow/rollout",
        share,
    );
    let grown = evaluate(path, r#"{"userId": "user-42"}"#);
    assert_eq!(grown, (json!(true), json!("DEFAULT_ROLLOUT"), Value::Null));
    ok(
        &program,
        "PATCH",
        "/api/flags/new-checkout-flow",
        r#"{"killSwitch": true}"#,
    );
    let killed = evaluate(path, r#"{"userId": "user-42"}"#);
    assert_eq!(killed, (json!(false), json!("DEFAULT_OFF"), Value::Null));
}
