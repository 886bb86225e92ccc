//! Documents as they now read: byte for byte as written, but for what was decided since.

use fanion::control::dialect::view;
use fanion::control::dialect::view::CurrentDocument;
use fanion::control::model::environment_state::LastChange;
use fanion::control::model::flag_state::FlagState;
use fanion::control::model::flag_state::Kill;
use fanion::control::model::flag_state::Mark;
use fanion::control::model::flag_state::RolloutOverride;
use fanion::control::model::service_document::ServiceDocument;
use fanion::control::model::service_document::ServiceFormat;
use serde_json::Value;
use serde_json::json;

use crate::dialect::definition_service;
use crate::dialect::flag_service;

/// The document as it is printed, with its order of members.
const REMOTE: &str = r#"{"key":"checkout-remote-rollout","enabled":true,"rolloutPercentage":10,"segments":["internal-staff"],"versions":{"stable":{"version":"1.4.0","remoteEntry":"https://cdn.example.com/remotes/checkout/1.4.0/remoteEntry.js"},"canary":{"version":"2.0.0","remoteEntry":"https://cdn.example.com/remotes/checkout/2.0.0/remoteEntry.js"}}}"#;

fn show(format: ServiceFormat, text: &str, decided: &FlagState) -> CurrentDocument {
    let document = ServiceDocument {
        format,
        text: text.to_owned(),
    };
    let version = LastChange {
        number: 3,
        at_ms: 1_780_300_800_000,
    };
    view::current_document(&document, decided, version, "prod")
}

fn percentage(index: usize, percentage: f64) -> FlagState {
    let overridden = RolloutOverride {
        percentage: Some(percentage),
        ..RolloutOverride::default()
    };
    FlagState {
        rollouts: [(index, overridden)].into(),
        ..FlagState::default()
    }
}

fn killed() -> FlagState {
    let mark = Mark {
        by: "ann".to_owned(),
        at_ms: 0,
        reason: None,
    };
    FlagState {
        killed: Some(Kill {
            variant: None,
            mark,
        }),
        ..FlagState::default()
    }
}

#[test]
fn s000_01_document_is_returned_byte_for_byte() {
    let shown = show(ServiceFormat::RemoteRollout, REMOTE, &FlagState::default());
    assert_eq!(shown.text, REMOTE);
    let text = flag_service::document().to_string();
    let shown = show(ServiceFormat::FlagService, &text, &FlagState::default());
    assert_eq!(shown.text, text);
}

#[test]
fn percentage_of_another_door_changes_one_number() {
    let shown = show(ServiceFormat::RemoteRollout, REMOTE, &percentage(0, 0.0));
    assert_eq!(shown.text, REMOTE.replace(":10,", ":0,"));
    let shown = show(ServiceFormat::RemoteRollout, REMOTE, &percentage(0, 12.5));
    assert_eq!(shown.text, REMOTE.replace(":10,", ":12.5,"));
}

#[test]
fn kill_of_another_door_shows_in_every_format() {
    let shown = show(ServiceFormat::RemoteRollout, REMOTE, &killed());
    assert_eq!(shown.text, REMOTE.replace("true", "false"));
    let text = flag_service::document().to_string();
    let shown = show(ServiceFormat::FlagService, &text, &killed());
    let want = text.replace("\"killSwitch\":false", "\"killSwitch\":true");
    assert_eq!(shown.text, want);
    let text = definition_service::document().to_string();
    let shown = show(ServiceFormat::DefinitionService, &text, &killed());
    let shown: Value = serde_json::from_str(&shown.text).expect("JSON");
    assert_eq!(shown["environments"]["prod"], json!({"enabled": false}));
    assert_eq!(
        shown["environments"]["staging"],
        json!({"rolloutPercentage": 100})
    );
}

#[test]
fn restore_of_another_door_shows_in_every_format() {
    let disabled = REMOTE.replace("\"enabled\":true", "\"enabled\":false");
    let shown = show(
        ServiceFormat::RemoteRollout,
        &disabled,
        &FlagState::default(),
    );
    assert_eq!(shown.text, REMOTE);
    let mut document = flag_service::document();
    document["killSwitch"] = json!(true);
    let text = document.to_string();
    let shown = show(ServiceFormat::FlagService, &text, &FlagState::default());
    assert_eq!(shown.text, flag_service::document().to_string());
}

#[test]
fn percentages_of_rules_show_at_their_place_in_the_document() {
    let text = definition_service::document().to_string();
    // The second rule of the document has the lowest priority, so it is the first rollout.
    for (index, pointer) in [
        (0, "/targeting/1/rolloutPercentage"),
        (1, "/targeting/0/rolloutPercentage"),
        (2, "/rolloutPercentage"),
    ] {
        let shown = show(
            ServiceFormat::DefinitionService,
            &text,
            &percentage(index, 3.0),
        );
        let shown: Value = serde_json::from_str(&shown.text).expect("JSON");
        assert_eq!(shown.pointer(pointer), Some(&json!(3)), "{shown}");
        assert_eq!(shown["version"], json!(3));
        assert_eq!(shown["updatedAt"], json!("2026-06-01T08:00:00Z"));
    }
}

#[test]
fn decisions_without_a_place_in_the_format_are_named() {
    let overridden = RolloutOverride {
        allow: Some(vec!["ann".to_owned()]),
        rings: Some(vec!["internal".to_owned()]),
        ..RolloutOverride::default()
    };
    let decided = FlagState {
        rollouts: [(0, overridden)].into(),
        ..FlagState::default()
    };
    let shown = show(ServiceFormat::RemoteRollout, REMOTE, &decided);
    assert_eq!(shown.text, REMOTE);
    assert_eq!(shown.not_expressed, ["allow", "rings"]);
    let text = flag_service::document().to_string();
    let shown = show(ServiceFormat::FlagService, &text, &decided);
    let value: Value = serde_json::from_str(&shown.text).expect("JSON");
    assert_eq!(value["allowlist"], json!(["ann"]));
    assert_eq!(shown.not_expressed, ["rings"]);
}
