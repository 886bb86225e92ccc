//! Flag sync: requests, and documents that providers evaluate as the sender does.

use std::sync::Arc;

use bumpalo::Bump;
use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::merge::merge_documents;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::Ruleset;
use fanion::selector::Selector;
use fanion::snapshot::Snapshot;
use fanion::wire::Codec;
use fanion::wire::context::enrichment::ContextEnrichment;
use fanion::wire::evaluation::request::ResolveRequest;
use fanion::wire::flag_sync;
use fanion::wire::flag_sync::SyncRequestBody;
use fanion::wire::protobuf::generated::sync1::SyncFlagsRequest;
use fanion::wire::protobuf::generated::sync1::SyncFlagsResponse;
use prost::Message as _;

use crate::checks::sample_flags;

/// A context with the attributes that seeds read.
const CONTEXTS: [&str; 3] = [
    "{}",
    r#"{"context": {"targetingKey": "user-1", "a": "b", "email": "a@example.com", "version": "1.2.3", "n": 1}}"#,
    r#"{"context": {"targetingKey": "x", "a": [1, {"k": 2}], "country": "DE", "version": "2.0.0-rc.1", "ring": "beta"}}"#,
];

pub fn check(data: &[u8]) {
    check_request(data);
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Some(sent) = load(text) else {
        return;
    };
    let kept: Vec<Arc<str>> = sent
        .flags
        .iter()
        .filter(|flag| flag_sync::is_sent(flag))
        .map(|flag| flag.key.clone())
        .collect();
    let snapshot = Snapshot::build(sent, &Snapshot::default());
    let frame = snapshot
        .sync_message(&Selector::All, &ContextEnrichment::default())
        .frame;
    let message = SyncFlagsResponse::decode(&frame[5..]).expect("a message");
    let document = message.flag_configuration;
    let received =
        load(&document).unwrap_or_else(|| panic!("the document cannot be read: {document}"));
    for key in kept {
        let (Some(sent), Some(received)) = (snapshot.ruleset.flag(&key), received.flag(&key))
        else {
            // A flag of a flag set that another one hides.
            continue;
        };
        if !flag_sync::is_sent(sent) || sent.flag_set_id != received.flag_set_id {
            continue;
        }
        for context in CONTEXTS {
            assert_eq!(
                decide(sent, context),
                decide(received, context),
                "`{key}` of {document}"
            );
        }
    }
}

fn check_request(data: &[u8]) {
    let ours = SyncRequestBody::decode(data);
    let theirs = SyncFlagsRequest::decode(data);
    assert_eq!(ours.is_ok(), theirs.is_ok());
    if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
        assert_eq!(
            (ours.selector, ours.provider_id),
            (theirs.selector, theirs.provider_id)
        );
    }
}

fn load(text: &str) -> Option<Ruleset> {
    let parsed = document::parse(text, DocumentFormat::Json, &sample_flags::origin());
    let document = merge_documents([&parsed.document?]);
    Some(ruleset::compile(&document, FractionalVersion::V2).0)
}

/// The name of the decision's variant, or the decision.
fn decide(flag: &ruleset::CompiledFlag, body: &str) -> String {
    let arena = Bump::new();
    let request =
        ResolveRequest::decode_resolve_all(Codec::Json, body.as_bytes()).expect("a request");
    let context = request
        .context_for_flag(flag, &[], &arena, 0.0)
        .expect("a context");
    match flag.decide(&context) {
        fanion::decision::Decision::Variant(index, reason) => {
            format!(
                "{} {}",
                flag.variant_names[usize::from(index)],
                reason.as_str()
            )
        }
        other => format!("{other:?}"),
    }
}
