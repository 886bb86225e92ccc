//! The webhooks of an environment: what waits, what was given up, and the button that sends it again.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use maud::Markup;
use maud::html;

use crate::control::access::Verb;
use crate::control::environment::now_ms;
use crate::control::page::context::PageContext;
use crate::control::page::html::frame::Frame;
use crate::control::page::html::frame::PageSection;
use crate::control::page::html::response::PageError;
use crate::control::page::html::response::redirect;
use crate::control::page::html::text;
use crate::control::page::session::form::Form;
use crate::control::page::session::signed_in::SignedIn;
use crate::control::webhook::dispatcher::Dispatcher;
use crate::control::webhook::outbox::DeadLetter;
use crate::control::webhook::outbox::Outbox;

/// `GET …/webhooks`
pub async fn show(
    State(context): State<PageContext>,
    Path(environment): Path<String>,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, PageError> {
    let environment = context.environment(&environment)?;
    signed_in.caller.require_any(&environment.name)?;
    let frame = Frame {
        context: &context,
        signed_in: &signed_in,
        environment: &environment.name,
        status: &environment.status(),
        section: PageSection::Webhooks,
    };
    let webhooks = of_environment(&context, &environment.name);
    Ok(frame.page("Webhooks", &content(&frame, &webhooks)))
}

/// `POST …/webhooks`: sends everything again that waits or was given up.
pub async fn retry(
    State(context): State<PageContext>,
    Path(environment): Path<String>,
    Extension(signed_in): Extension<SignedIn>,
    Form(fields): Form,
) -> Result<Response, PageError> {
    let environment = context.environment(&environment)?;
    let caller = &signed_in.caller;
    caller.require(Verb::Write, &environment.name, None, None)?;
    for webhook in of_environment(&context, &environment.name) {
        if webhook.endpoint.name == fields.text("endpoint") {
            webhook.retry();
        }
    }
    let path = text::environment_path(&environment.name);
    Ok(redirect(&format!("{path}/webhooks")))
}

fn of_environment(context: &PageContext, environment: &str) -> Vec<Arc<Dispatcher>> {
    let all = context.api.webhooks.iter();
    let own = all.filter(|webhook| *webhook.environment.name == *environment);
    own.cloned().collect()
}

fn content(frame: &Frame<'_>, webhooks: &[Arc<Dispatcher>]) -> Markup {
    html! {
        h1 { "Webhooks" }
        @if webhooks.is_empty() { p { "No endpoint is configured. Endpoints are options of fanion control." } }
        @for webhook in webhooks { (endpoint(frame, &webhook.endpoint.name, &webhook.outbox())) }
    }
}

fn endpoint(frame: &Frame<'_>, name: &str, outbox: &Outbox) -> Markup {
    let waiting = outbox.waiting() as u64;
    html! {
        section {
            h2 { (name) }
            p {
                @if waiting == 0 && outbox.dead.is_empty() { strong.good { "Everything was delivered." } }
                @else { (text::counted(waiting, "message")) " waiting, " (outbox.dead.len()) " given up." }
                " The log is sent up to entry " (outbox.cursor) "."
            }
            @if waiting > 0 || !outbox.dead.is_empty() {
                form method="post" {
                    (frame.csrf())
                    input type="hidden" name="endpoint" value=(name);
                    button { "Send again now: " (name) }
                }
            }
            @if !outbox.dead.is_empty() {
                ul { @for letter in &outbox.dead { li { (dead_letter(letter)) } } }
            }
        }
    }
}

fn dead_letter(letter: &DeadLetter) -> Markup {
    html! {
        "Entry " (letter.event) " of the log"
        @if !letter.flag.is_empty() { ", about " (letter.flag) }
        ": given up " (text::time(letter.at_ms, now_ms())) " after " (text::counted(u64::from(letter.attempts), "attempt"))
        ": " (letter.why)
    }
}
