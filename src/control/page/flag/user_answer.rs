//! The answer of a flag for one user.

use maud::Markup;
use maud::html;
use serde_json::Value;
use serde_json::json;

use crate::control::page::flag::view::ShownFlag;
use crate::resolve::RequestScope;
use crate::resolve::ofrep;
use crate::resolve::system_clock;
use crate::selector::Selector;

/// The form that asks for a user, and the answer for `user`, if one is given.
pub fn form(view: &ShownFlag<'_>, user: &str) -> Markup {
    html! {
        form.inline method="get" action=(view.path) {
            label for="user" { "Does a user have it? Targeting key of the user" }
            input #user name="user" value=(user) required;
            button { "Look up" }
        }
        @if !user.is_empty() { p role="status" { (answer(view, user)) } }
    }
}

/// A sentence with the answer. The rule sees no other attribute of the user.
fn answer(view: &ShownFlag<'_>, user: &str) -> String {
    let scope = RequestScope {
        selector: &Selector::All,
        overlay: &[],
        clock: system_clock,
        observer: None,
    };
    let body = json!({ "context": { "targetingKey": user } }).to_string();
    let snapshot = &view.status.revision.snapshot;
    let text = match ofrep::resolve_flag(snapshot, scope, &view.flag.key, body.as_bytes()) {
        Ok(text) => text,
        Err(error) => error.body,
    };
    let answer: Value = serde_json::from_str(&text).unwrap_or_default();
    let member = |name: &str| answer.get(name).and_then(Value::as_str);
    match (member("variant"), member("errorCode")) {
        (Some(variant), _) => format!(
            "{user} gets “{variant}”, unless attributes beside the targeting key change that."
        ),
        (None, Some(code)) => format!("{user} gets the default in the code: {code}."),
        (None, None) => format!("{user} gets the default in the code."),
    }
}
