//! Every word over every protocol: gRPC, Connect, OFREP, and whoever evaluates what flag sync sends.

use fanion::document::Format;
use fanion::ruleset::Ruleset;
use serde_json::Value;
use serde_json::json;

use crate::evaluate;
use crate::server;
use crate::server::Client;
use crate::server::Http;
use crate::server::Server;
use crate::server::pb::evaluation1;
use crate::server::pb::sync1 as sync;

const FLAGS: &str = include_str!("../data/words.yaml");

/// A flag, a context, and the variant that the words promise.
fn table() -> Vec<(&'static str, Value, &'static str)> {
    let unit = |key: &str| json!({ "targetingKey": key });
    let with = |key: &str, name: &str, value: Value| json!({"targetingKey": key, name: value});
    vec![
        // Units by their hash: in the first 12.345 % and not.
        ("percentage", unit("user-5"), "on"),
        ("percentage", unit("user-1"), "off"),
        ("everybody", json!({}), "on"),
        ("rings", json!({"email": "worker@example.com"}), "on"),
        ("rings", json!({"segments": ["early"]}), "on"),
        ("rings", json!({"ring": "unheard-of"}), "on"),
        ("rings", json!({"ring": "all", "segments": []}), "off"),
        ("segments", json!({"segments": "staff"}), "on"),
        ("segments", json!({"segments": ["x"]}), "off"),
        ("lists", unit("user-1"), "on"),
        ("lists", unit("user-3"), "off"),
        ("lists", unit("user-4"), "off"),
        ("when", with("user-1", "country", json!("US")), "other"),
        ("when", with("user-1", "country", json!("FR")), "off"),
        ("bucketed", unit("user-1"), "off"),
        (
            "regions",
            with("user-1", "region", json!("eu-west-1")),
            "on",
        ),
        ("regions", with("user-1", "region", json!("nowhere")), "off"),
        ("ramp.ahead", unit("user-1"), "off"),
        ("split", json!({}), "control"),
        ("several", unit(""), "off"),
        ("killed", unit("user-1"), "off"),
        ("requires", json!({}), "off"),
        ("lifecycle", json!({}), "off"),
    ]
}

fn plain(document: &str) -> Ruleset {
    let (ruleset, diagnostics) = evaluate::load(document, Format::Json);
    assert_eq!(diagnostics, [], "what is sent needs no words");
    ruleset
}

async fn synced(server: &Server) -> String {
    let channel = server::channel_to(server.sync).await;
    let mut client = sync::flag_sync_service_client::FlagSyncServiceClient::new(channel);
    let request = sync::FetchAllFlagsRequest {
        provider_id: String::new(),
        selector: String::new(),
    };
    let answer = client.fetch_all_flags(request).await.expect("an answer");
    answer.into_inner().flag_configuration
}

async fn over_grpc(server: &Server, key: &str, context: &Value) -> String {
    let channel = server::channel(server).await;
    let mut client = evaluation1::service_client::ServiceClient::new(channel);
    let context = Some(server::proto_struct(context));
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
    let answer = server::call(server, &path, &body).await.json();
    answer["variant"].as_str().expect("a variant").to_owned()
}

async fn over_ofrep(server: &Server, key: &str, context: &Value) -> String {
    let mut client = Client::connect(server.ofrep, Http::One).await;
    let body = json!({ "context": context }).to_string();
    let path = format!("/ofrep/v1/evaluate/flags/{key}");
    let answer = client
        .post(&path, &["content-type: application/json"], body)
        .await
        .json();
    answer["variant"].as_str().expect("a variant").to_owned()
}

#[tokio::test]
async fn every_word_is_answered_alike_over_every_protocol() {
    let (server, _dir) = server::serve_text("flags.yaml", FLAGS).await;
    let synced = plain(&synced(&server).await);
    let mut asked = std::collections::BTreeSet::new();
    for (key, context, want) in table() {
        assert_eq!(
            over_grpc(&server, key, &context).await,
            want,
            "{key} {context} over gRPC"
        );
        assert_eq!(
            over_connect(&server, key, &context).await,
            want,
            "{key} {context} over Connect"
        );
        assert_eq!(
            over_ofrep(&server, key, &context).await,
            want,
            "{key} {context} over OFREP"
        );
        let answer = evaluate::ask(&synced, key, &context);
        assert_eq!(answer["variant"], want, "{key} {context} from flag sync");
        asked.insert(key);
    }
    assert!(asked.len() >= 14, "{asked:?}");
}

/// What flag sync sends decides as the words do, for many contexts, now and at other times.
#[tokio::test]
async fn what_flag_sync_sends_decides_as_the_words_do() {
    let (server, _dir) = server::serve_text("flags.yaml", FLAGS).await;
    let document = synced(&server).await;
    let theirs = plain(&document);
    let (ours, _) = evaluate::load(FLAGS, Format::Yaml);
    for flag in &theirs.flags {
        let mut seen = std::collections::BTreeSet::new();
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
                evaluate::ask(&ours, &flag.key, &context),
                evaluate::ask(&theirs, &flag.key, &context),
            );
            assert_eq!(here, there, "{} {context}", flag.key);
            seen.insert(here["variant"].to_string());
        }
        let constant = ["everybody", "killed", "lifecycle", "ramp.ahead"].contains(&&*flag.key);
        assert_eq!(seen.len() > 1, !constant, "{}: {seen:?}", flag.key);
    }
}

/// what plain flagd cannot compute is not sent, and everything that is sent has only members of plain flagd.
#[tokio::test]
async fn x_04_flag_sync_leaves_out_what_plain_flagd_cannot_compute() {
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
    let (_, diagnostics) = evaluate::load(FLAGS, Format::Yaml);
    let codes: Vec<_> = diagnostics.iter().map(|d| d.code.id()).collect();
    assert_eq!(codes, ["F017", "F023", "F022"], "{diagnostics:?}");
    // Where nothing is hashed anybody can compute it.
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
