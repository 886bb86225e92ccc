//! The `OpenAPI` document says what the router does.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use fanion::control::api::native::route_table::ROUTES;
use serde_json::Value;
use serde_json::json;

use crate::api::program::GET;
use crate::api::program::Program;
use crate::api::program::Request;

/// The parameters of the query, by method and path.
type Operations = BTreeMap<(String, String), BTreeSet<String>>;

fn committed() -> Value {
    let text = include_str!("../../../docs/openapi.json");
    serde_json::from_str(text).unwrap()
}

fn documented(document: &Value) -> Operations {
    let mut operations = Operations::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let given = operation["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let parameters = given
                .iter()
                .map(|parameter| match parameter["$ref"].as_str() {
                    Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
                    None => parameter,
                });
            let query = parameters.filter(|parameter| parameter["in"] == "query");
            let names = query.map(|parameter| parameter["name"].as_str().unwrap().to_owned());
            operations.insert((method.to_uppercase(), path.clone()), names.collect());
        }
    }
    operations
}

#[test]
fn document_has_exactly_the_routes_and_their_parameters() {
    let mut documented = documented(&committed());
    let itself = ("GET".to_owned(), "/openapi.json".to_owned());
    assert!(documented.remove(&itself).is_some());
    let routes = ROUTES.iter().map(|route| {
        let parameters = route.all_parameters().into_iter().map(ToOwned::to_owned);
        (
            (route.method.to_string(), route.path.to_owned()),
            parameters.collect(),
        )
    });
    assert_eq!(documented, routes.collect::<Operations>());
}

#[test]
fn document_is_served_without_a_token() {
    let program = Program::start(&[]);
    let reply = program.send(&Request {
        path: "/fanion/v1/openapi.json",
        ..GET
    });
    assert_eq!((reply.status, reply.json()), (200, committed()));
}

#[test]
fn every_reference_of_the_document_leads_to_something() {
    fn check(value: &Value, document: &Value) {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let found = document.pointer(reference.trim_start_matches('#'));
            assert!(found.is_some(), "{reference}");
        }
        match value {
            Value::Object(members) => members.values().for_each(|member| check(member, document)),
            Value::Array(items) => items.iter().for_each(|item| check(item, document)),
            _ => {}
        }
    }
    let document = committed();
    check(&document, &document);
}

#[test]
fn cli_of_openfeature_reads_the_manifest_of_its_environment() {
    let program = Program::start(&[]);
    let body = json!({
        "state": "ENABLED", "variants": {"small": 1, "large": 2.5}, "defaultVariant": "large",
        "metadata": {"description": "Size"},
    });
    program.admin("PUT", "/environments/prod/flags/size", &body.to_string());
    let archived = json!({
        "state": "ENABLED", "variants": {"a": "b"}, "defaultVariant": "a", "metadata": {"status": "archived"},
    });
    program.admin("PUT", "/environments/prod/flags/old", &archived.to_string());
    let grant = json!({"verbs": ["read"], "environment": "prod"});
    let (token, _) = program.make_token(&json!({"name": "cli", "grants": [grant]}));
    let path = "/openfeature/v0/manifest";
    let reply = program.send(&Request {
        path,
        token: Some(&token),
        ..GET
    });
    assert_eq!(reply.headers["x-manifest-capabilities"], "read");
    assert_eq!(
        reply.json()["flags"],
        json!([
            {"key": "pay.card", "name": "pay.card", "type": "boolean", "defaultValue": false},
            {"key": "search", "name": "search", "type": "boolean", "defaultValue": false},
            {"key": "size", "name": "size", "type": "float", "defaultValue": 2.5, "description": "Size"},
        ])
    );
    let several = program.send(&Request {
        path,
        token: Some(&program.bootstrap()),
        ..GET
    });
    assert_eq!(several.status, 403);
    assert_eq!(several.json()["error"]["status"], 403, "{}", several.text);
    assert_eq!(program.send(&Request { path, ..GET }).status, 401);
}
