//! Tests of sealed events.

use super::*;
use crate::event_log::chain::ChainHead;
use crate::event_log::chain::ChainVerifier;

fn event() -> LogEvent {
    LogEvent {
        environment: "prod".to_owned(),
        seq: 1,
        at_ms: 1_700_000_000_000,
        actor: Actor {
            kind: ActorKind::Person,
            name: "åsa".to_owned(),
        },
        kind: LogEventKind::FlagKilled,
        flag: Some("checkout\n".to_owned()),
        reason: Some("\"errors\"".to_owned()),
        change: serde_json::json!({"to": "off", "at": 1e21}),
        document: ContentHash::of(b"document"),
    }
}

fn seal(event: LogEvent) -> Result<SealedEvent, EventError> {
    SealedEvent::seal(event, ChainHead::EMPTY.hash)
}

#[test]
fn sealed_event_is_canonical_and_reads_back() {
    let sealed = seal(event()).unwrap();
    let value: Value = serde_json::from_slice(sealed.bytes()).unwrap();
    assert_eq!(canonical_json(&value).unwrap().as_bytes(), sealed.bytes());
    assert_eq!(SealedEvent::parse(sealed.bytes()), Ok(sealed.clone()));
    let mut verifier = ChainVerifier::new("prod");
    assert_eq!(verifier.check(sealed.bytes()), Ok(()));
}

#[test]
fn bytes_and_hash_of_a_known_event_are_stable() {
    // If they change, every log that was written before is reported as broken.
    let sealed = seal(event()).unwrap();
    let text = String::from_utf8(sealed.bytes().to_vec()).unwrap();
    let want = concat!(
        r#"{"actor":{"kind":"person","name":"åsa"},"at_ms":1700000000000,"change":{"at":1e+21,"to":"off"},"#,
        r#""document":"sha256:43cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e24008","#,
        r#""environment":"prod","flag":"checkout\n","kind":"flag.killed","#,
        r#""previous":"sha256:0000000000000000000000000000000000000000000000000000000000000000","#,
        r#""reason":"\"errors\"","seq":1}"#
    );
    assert_eq!(text, want);
    assert_eq!(
        sealed.hash().to_string(),
        "sha256:5d9d4131a7cbdc282d0e9ca26cd4dbd731027dc124a6f090112d5f5e18eb6eb4"
    );
}

#[test]
fn optional_members_are_left_out() {
    let event = LogEvent {
        flag: None,
        reason: None,
        ..event()
    };
    let sealed = seal(event).unwrap();
    let text = String::from_utf8(sealed.bytes().to_vec()).unwrap();
    assert!(
        !text.contains("\"flag\":") && !text.contains("reason"),
        "{text}"
    );
    assert_eq!(SealedEvent::parse(text.as_bytes()), Ok(sealed));
}

#[test]
fn other_json_of_the_same_event_is_refused() {
    let text = String::from_utf8(seal(event()).unwrap().bytes().to_vec()).unwrap();
    let others = [
        text.replace(",\"seq\"", ", \"seq\""),
        text.replace("\"seq\":1", "\"seq\":1.0"),
        text.replace("\"seq\":1", "\"seq\":1,\"seq\":1"),
        text.replace("\"seq\":1", "\"seq\":1,\"signature\":\"\""),
        text.replace("\\n", "\\u000a"),
        text.replace("\"kind\":\"person\"", "\"kind\":\"robot\""),
        text.replace("\"seq\":1", "\"seq\":0"),
        text.replace("\"seq\":1", "\"seq\":-1"),
        text.replace("\"seq\":1", "\"seq\":\"1\""),
        text.replace("\"reason\":\"\\\"errors\\\"\"", "\"reason\":null"),
        format!("{text} "),
    ];
    for other in others {
        assert_ne!(other, text);
        assert!(SealedEvent::parse(other.as_bytes()).is_err(), "{other}");
    }
}

#[test]
fn each_part_is_bounded() {
    let text = |length: usize| "x".repeat(length);
    let actor = Actor {
        kind: ActorKind::File,
        name: text(limits::ACTOR + 1),
    };
    let changes: [fn(&mut LogEvent); 7] = [
        |event| event.environment = "x".repeat(limits::ENVIRONMENT + 1),
        |event| event.environment.clear(),
        |event| event.flag = Some("x".repeat(limits::FLAG + 1)),
        |event| event.reason = Some("x".repeat(limits::REASON + 1)),
        |event| event.change = Value::String("x".repeat(limits::CHANGE)),
        |event| event.seq = limits::INTEGER + 1,
        |event| event.at_ms = limits::INTEGER + 1,
    ];
    for change in changes {
        let mut changed = event();
        change(&mut changed);
        assert!(seal(changed).is_err());
    }
    assert!(seal(LogEvent { actor, ..event() }).is_err());
    let kind = LogEventKind::Other(text(limits::KIND + 1).into());
    assert!(seal(LogEvent { kind, ..event() }).is_err());
    let largest = LogEvent {
        environment: "\u{1}".repeat(limits::ENVIRONMENT),
        actor: Actor {
            kind: ActorKind::Automation,
            name: "\u{1}".repeat(limits::ACTOR),
        },
        kind: LogEventKind::Other("\u{1}".repeat(limits::KIND).into()),
        flag: Some("\u{1}".repeat(limits::FLAG)),
        reason: Some("\u{1}".repeat(limits::REASON)),
        change: Value::String(text(limits::CHANGE - 2)),
        seq: limits::INTEGER,
        at_ms: limits::INTEGER,
        ..event()
    };
    let sealed = seal(largest).unwrap();
    assert!(sealed.bytes().len() <= limits::EVENT);
    assert!(SealedEvent::parse(sealed.bytes()).is_ok());
}
