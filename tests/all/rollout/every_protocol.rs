//! Rollout fields over every protocol: gRPC, Connect, OFREP and flag sync.

use std::collections::BTreeSet;

use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::merge::merge_documents;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::Ruleset;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::rollout::remote_rollout;
use crate::support::server;
use crate::support::server::Server;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::evaluation1;
use crate::support::server::grpc_client::pb::sync1 as sync;
use crate::support::server::http_client;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;

const FLAGS: &str = include_str!("../../data/rollout_fields.yaml");

/// Flags, contexts and expected variants. `tests/conformance` tests providers with the same cases.
const CASES: &str = include_str!("../../data/rollout_fields.json");

/// The expected result of a flag.
struct Case {
    flag: String,
    context: Value,
    variant: String,
    /// The expected variant with version 3 of `fractional`.
    third: String,
}

fn cases() -> Vec<Case> {
    let cases: Vec<Value> = serde_json::from_str(CASES).expect("a list");
    let text = |case: &Value, name: &str| case[name].as_str().map(ToOwned::to_owned);
    let case = |case: Value| {
        let variant = text(&case, "variant").expect("a variant");
        Case {
            flag: text(&case, "flag").expect("a flag"),
            third: text(&case, "v3").unwrap_or_else(|| variant.clone()),
            context: case["context"].clone(),
            variant,
        }
    };
    cases.into_iter().map(case).collect()
}

fn plain(document: &str) -> Ruleset {
    let (ruleset, diagnostics) = evaluate::load(document, DocumentFormat::Json);
    assert_eq!(
        diagnostics,
        [],
        "a synced document must be valid without rollout fields"
    );
    ruleset
}

async fn synced(server: &Server) -> String {
    let channel = grpc_client::channel_to(server.sync).await;
    let mut client = sync::flag_sync_service_client::FlagSyncServiceClient::new(channel);
    let request = sync::FetchAllFlagsRequest {
        provider_id: String::new(),
        selector: String::new(),
    };
    let answer = client.fetch_all_flags(request).await.expect("an answer");
    answer.into_inner().flag_configuration
}

async fn over_grpc(server: &Server, key: &str, context: &Value) -> String {
    let channel = grpc_client::channel(server).await;
    let mut client = evaluation1::service_client::ServiceClient::new(channel);
    let context = Some(grpc_client::proto_struct(context));
    let flag_key = key.to_owned();
    if matches!(key, "split" | "several") {
        let request = evaluation1::ResolveIntRequest { flag_key, context };
        return client
            .resolve_int(request)
            .await
            .expect("an answer")
            .into_inner()
            .variant;
    }
    let request = evaluation1::ResolveBooleanRequest { flag_key, context };
    client
        .resolve_boolean(request)
        .await
        .expect("an answer")
        .into_inner()
        .variant
}

async fn over_connect(server: &Server, key: &str, context: &Value) -> String {
    let method = if matches!(key, "split" | "several") {
        "ResolveInt"
    } else {
        "ResolveBoolean"
    };
    let body = json!({"flagKey": key, "context": context}).to_string();
    let path = format!("/flagd.evaluation.v1.Service/{method}");
    let answer = http_client::call(server, &path, &body).await.json();
    answer["variant"].as_str().expect("a variant").to_owned()
}

async fn over_ofrep(server: &Server, key: &str, context: &Value) -> String {
    let mut client = HttpClient::connect(server.ofrep, HttpVersion::Http1).await;
    let body = json!({ "context": context }).to_string();
    let path = format!("/ofrep/v1/evaluate/flags/{key}");
    let answer = client
        .post(&path, &["content-type: application/json"], body)
        .await
        .json();
    answer["variant"].as_str().expect("a variant").to_owned()
}

#[tokio::test]
async fn rollout_fields_give_the_same_variant_over_every_protocol() {
    let (server, _dir) = server::serve_text("flags.yaml", FLAGS).await;
    let document = synced(&server).await;
    let theirs = plain(&document);
    let mut asked = BTreeSet::new();
    for case in cases() {
        let Case { flag, context, .. } = &case;
        let answers = [
            ("gRPC", over_grpc(&server, flag, context).await),
            ("Connect", over_connect(&server, flag, context).await),
            ("OFREP", over_ofrep(&server, flag, context).await),
        ];
        for (protocol, got) in answers {
            assert_eq!(got, case.variant, "{flag} {context} over {protocol}");
        }
        let answer = evaluate::evaluate(&theirs, flag, context);
        assert_eq!(
            answer["variant"], *case.variant,
            "{flag} {context} from flag sync"
        );
        asked.insert(case.flag);
    }
    let sent: BTreeSet<String> = theirs
        .flags
        .iter()
        .map(|flag| flag.key.to_string())
        .collect();
    assert_eq!(asked, sent, "flags without a case, or cases without a flag");
}

/// Both the rollout fields and the synced document, with version 3 of `fractional`.
#[tokio::test]
async fn rollout_fields_give_recorded_variants_with_fractional_v3() {
    let (server, _dir) = server::serve_text("flags.yaml", FLAGS).await;
    let sent = synced(&server).await;
    let third = |text: &str, format| {
        let parsed = document::parse(text, format, &evaluate::origin());
        let document = merge_documents([&parsed.document.expect("a document")]);
        ruleset::compile(&document, FractionalVersion::V3).0
    };
    for flags in [
        third(FLAGS, DocumentFormat::Yaml),
        third(&sent, DocumentFormat::Json),
    ] {
        for Case {
            flag,
            context,
            third,
            ..
        } in cases()
        {
            let answer = evaluate::evaluate(&flags, &flag, &context);
            assert_eq!(answer["variant"], *third, "{flag} {context}");
        }
    }
}

/// Targeting sent by flag sync decides as the rollout fields do, for many contexts and times.
#[tokio::test]
async fn synced_document_decides_as_rollout_fields_do() {
    let (server, _dir) = server::serve_text("flags.yaml", FLAGS).await;
    let document = synced(&server).await;
    let theirs = plain(&document);
    let (ours, _) = evaluate::load(FLAGS, DocumentFormat::Yaml);
    for flag in &theirs.flags {
        let mut seen = BTreeSet::new();
        for i in 0..300 {
            let pick = |of: &[&str]| of[i % of.len()].to_owned();
            let segments = [["beta-tester"].as_slice(), &["staff"], &[]][i % 3];
            let context = json!({
                "targetingKey": format!("user-{i}"), "country": pick(&["DE", "US", "FR"]),
                "region": pick(&["eu-west-1", "us-east-1", "us-west-2", "ap-south-1"]),
                "ring": pick(&["internal", "unheard-of", "all"]), "segments": segments,
                "device": {"id": format!("device-{i}")},
            });
            let (here, there) = (
                evaluate::evaluate(&ours, &flag.key, &context),
                evaluate::evaluate(&theirs, &flag.key, &context),
            );
            assert_eq!(here, there, "{} {context}", flag.key);
            seen.insert(here["variant"].to_string());
        }
        let constant = ["everybody", "killed", "lifecycle", "ramp.ahead"].contains(&&*flag.key);
        assert_eq!(seen.len() > 1, !constant, "{}: {seen:?}", flag.key);
    }
}

/// A flag that flagd cannot evaluate is not sent, and flags that are sent have only fields of flagd.
#[tokio::test]
async fn flag_sync_omits_flags_that_flagd_cannot_compute() {
    let (server, _dir) = server::serve_text("flags.yaml", FLAGS).await;
    let document: Value = serde_json::from_str(&synced(&server).await).expect("JSON");
    let flags = document["flags"].as_object().expect("flags");
    assert!(!flags.contains_key("foreign") && flags.len() >= 18);
    for (key, flag) in flags {
        let known = [
            "state",
            "defaultVariant",
            "variants",
            "targeting",
            "source",
            "metadata",
        ];
        for member in flag.as_object().expect("a flag").keys() {
            assert!(known.contains(&&**member), "{key} has {member}");
        }
        assert!(!flag.to_string().contains("$fanion"), "{flag}");
    }
    let (_, diagnostics) = evaluate::load(FLAGS, DocumentFormat::Yaml);
    let codes: Vec<_> = diagnostics.iter().map(|d| d.code.id()).collect();
    assert_eq!(codes, ["F017", "F023", "F022"], "{diagnostics:?}");
    // At 100 % the dialect is not used, so flagd can evaluate the flag.
    let trivial = FLAGS.replace(
        "percentage: 30, dialect: md5",
        "percentage: 100, dialect: md5",
    );
    let (server, _dir) = server::serve_text("flags.yaml", &trivial).await;
    let document: Value = serde_json::from_str(&synced(&server).await).expect("JSON");
    assert_eq!(
        document["flags"]["foreign"]["targeting"],
        json!({"if": [true, "on"]})
    );
}

/// Name and value of an object variant; flag sync has the flag unless its dialect is imported.
#[tokio::test]
async fn object_variants_are_returned_over_every_protocol() {
    let key = "checkout-remote-rollout";
    let mut flags = remote_rollout(true, 10);
    let imported = flags.to_string();
    flags["flags"][key]["rollout"]["dialect"] = json!("flagd-murmur3");
    let (server, _dir) = server::serve_text("flags.json", &flags.to_string()).await;
    let context = json!({"segments": ["internal-staff"]});
    let canary = &flags["flags"][key]["variants"]["canary"];

    let body = json!({"flagKey": key, "context": context}).to_string();
    let path = "/flagd.evaluation.v1.Service/ResolveObject";
    let connect = http_client::call(&server, path, &body).await.json();
    let mut client = HttpClient::connect(server.ofrep, HttpVersion::Http1).await;
    let path = format!("/ofrep/v1/evaluate/flags/{key}");
    let body = json!({ "context": context }).to_string();
    let ofrep = client.post(&path, &[], body).await.json();
    for response in [connect, ofrep] {
        assert_eq!(response["variant"], "canary", "{response}");
        assert_eq!(response["value"], *canary, "{response}");
    }

    let channel = grpc_client::channel(&server).await;
    let mut client = evaluation1::service_client::ServiceClient::new(channel);
    let request = evaluation1::ResolveObjectRequest {
        flag_key: key.to_owned(),
        context: Some(grpc_client::proto_struct(&context)),
    };
    let response = client.resolve_object(request).await.expect("a response");
    let response = response.into_inner();
    assert_eq!(response.variant, "canary");
    assert_eq!(response.value, Some(grpc_client::proto_struct(canary)));

    let document = synced(&server).await;
    let decided = evaluate::evaluate(&plain(&document), key, &context);
    assert_eq!(decided["variant"], "canary");
    let document: Value = serde_json::from_str(&document).expect("JSON");
    let variants = &document["flags"][key]["variants"];
    assert_eq!(*variants, flags["flags"][key]["variants"]);

    let (server, _dir) = server::serve_text("flags.json", &imported).await;
    let document: Value = serde_json::from_str(&synced(&server).await).expect("JSON");
    assert_eq!(document["flags"], json!({}));
}
