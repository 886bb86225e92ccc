//! The page of a flag: who owns it, who has it, since when, why, and how to stop it.

mod action;
pub mod change;
pub mod exposure;
pub mod facts;
mod flips;
pub mod receipts;
mod user_answer;
mod view;
mod who_has_it;

use axum::Extension;
use axum::extract::Path;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::response::Response;
use maud::Markup;
use maud::html;

use crate::control::access::Verb;
use crate::control::environment::now_ms;
use crate::control::page::context::PageContext;
use crate::control::page::event_text;
use crate::control::page::flag::exposure::FlagExposure;
use crate::control::page::flag::view::ShownFlag;
use crate::control::page::html::frame::Frame;
use crate::control::page::html::frame::PageSection;
use crate::control::page::html::response::PageError;
use crate::control::page::html::text;
use crate::control::page::last_change;
use crate::control::page::session::form::FormFields;
use crate::control::page::session::signed_in::SignedIn;
use crate::event_log::LogEvent;

/// The events of the timeline.
const TIMELINE: usize = 25;

/// `GET …/flags/{key}?user=&revision=`
pub async fn show(
    State(context): State<PageContext>,
    Path((environment, key)): Path<(String, String)>,
    Extension(signed_in): Extension<SignedIn>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let query = FormFields::parse(query.unwrap_or_default().as_bytes());
    let flag = (&*environment, &*key);
    let environment = context.environment_of_flag(&signed_in, Verb::Read, flag)?;
    let status = environment.status();
    let view = ShownFlag::new(environment, &status, &key)?;
    let (name, flag) = (environment.name.clone(), key.clone());
    let events = last_change::read(&context, move |reader| {
        last_change::timeline(reader, &name, &flag, TIMELINE)
    });
    let (events, notice) = match events.await {
        Ok(events) => (events, None),
        Err(error) => (Vec::new(), Some(error.notice())),
    };
    let receipts = receipts::region(&view, &query, events.first()).await;
    let frame = Frame {
        context: &context,
        signed_in: &signed_in,
        environment: &environment.name,
        status: &status,
        section: PageSection::Flags,
    };
    let content = content(&view, &query, &events, &receipts);
    let content = html! { (notice.unwrap_or_default()) (content) };
    Ok(frame.page(&key, &content))
}

fn content(
    view: &ShownFlag<'_>,
    query: &FormFields,
    events: &[LogEvent],
    receipts: &Markup,
) -> Markup {
    let is_after_change = !query.text("revision").is_empty();
    html! {
        p { a href=(text::environment_path(&view.environment.name)) { "All flags" } }
        h1 { (view.flag.key) }
        // After a change, the receipts are what the person waits for.
        @if is_after_change { (receipts) }
        @if let Some(description) = facts::description(view.flag) { p.description { (description) } }
        (summary(view, events.first()))
        (actions(view))
        @if !is_after_change { (receipts) }
        section aria-labelledby="who" {
            h2 #who { "Who has it" }
            (who_has_it::list(view.flag, view.exposure))
            (user_answer::form(view, query.text("user")))
        }
        (timeline(view, events))
        (definition(view))
    }
}

/// The state, the owner, and who changed what last.
fn summary(view: &ShownFlag<'_>, last: Option<&LogEvent>) -> Markup {
    let line = view.flag.source_location.0.line;
    let is_of_file = !view.status.state.definitions.contains_key(&*view.flag.key);
    html! {
        dl.summary {
            div { dt { "State" } dd {
                span.state data-state=(view.exposure.name()) { (view.exposure.words()) }
                @if let Some(kill) = &view.state.killed { " by " (kill.mark.by) ", " (text::time(kill.mark.at_ms, now_ms())) }
                @if let Some(mark) = &view.state.paused { " (paused by " (mark.by) ")" }
            } }
            div { dt { "Owner" } dd {
                (facts::owner(view.flag).unwrap_or("nobody is named in its file"))
                @if let Some(ticket) = facts::ticket(view.flag) { ", ticket " (ticket) }
            } }
            @if let Some(last) = last {
                div { dt { "Since" } dd { (text::exact_time(last.at_ms, now_ms())) } }
                div { dt { "Last change" } dd { (event_text::actor_name(&last.actor)) " " (event_text::describe(last)) } }
                div { dt { "Why" } dd { (last.reason.as_deref().unwrap_or("no reason was given")) } }
            }
            div { dt { "Defined" } dd { @if is_of_file { "in " (view.flag.file) ", line " (line) } @else { "here, through the API" } } }
        }
    }
}

/// How to stop it, and other changes.
fn actions(view: &ShownFlag<'_>) -> Markup {
    let link = |verb: &str| format!("{}/{verb}", view.path);
    let is_killed_here = view.state.killed.is_some();
    html! {
        section.actions aria-labelledby="actions" {
            h2 #actions { "Stop or change it" }
            p {
                @if is_killed_here {
                    a.button href=(link("restore")) { "Restore…" }
                } @else if view.exposure == FlagExposure::Killed {
                    "Its file kills it: remove “kill” at " (view.flag.file) ", line " (view.flag.source_location.0.line) "."
                } @else {
                    a.button.danger href=(link("kill")) { "Kill…" }
                }
                " "
                @if view.state.paused.is_some() {
                    a.button href=(link("resume")) { "Resume…" }
                } @else {
                    a.button href=(link("pause")) { "Pause…" }
                }
            }
            (percentage_forms(view))
        }
    }
}

/// A form for the share of each rollout. It leads to a page that shows who would get another answer.
fn percentage_forms(view: &ShownFlag<'_>) -> Markup {
    let fields = view.flag.rollout_fields();
    let rollouts = fields.map_or(&[][..], |fields| &fields.rollouts);
    html! {
        @for (index, rollout) in rollouts.iter().enumerate() {
            form.inline method="get" action={ (view.path) "/set" } {
                @let id = format!("percentage-{index}");
                input type="hidden" name="rollout" value=(index);
                label for=(id) { "Share of users who get " (who_has_it::release_name(rollout)) ", in percent" }
                input id=(id) type="number" name="percentage" min="0" max="100" step="0.001" required value=(exposure::share_now(rollout).percent());
                button { "Show who would flip next…" }
            }
        }
    }
}

fn timeline(view: &ShownFlag<'_>, events: &[LogEvent]) -> Markup {
    let (environment, key) = (&view.environment.name, text::encode(&view.flag.key));
    let all = format!("{}/log?flag={key}", text::environment_path(environment));
    html! {
        section aria-labelledby="timeline" {
            h2 #timeline { "What happened" }
            ol.timeline { @for event in events {
                li {
                    (text::exact_time(event.at_ms, now_ms())) ": "
                    strong { (event_text::actor_name(&event.actor)) } " " (event_text::describe(event))
                    @if let Some(reason) = &event.reason { span.hint { "Why: " (reason) } }
                }
            } }
            p { a href=(all) { "All entries of the log about this flag" } }
        }
    }
}

fn definition(view: &ShownFlag<'_>) -> Markup {
    let text = view.status.revision.definitions.get(&view.flag.key);
    let value: Option<serde_json::Value> = text.and_then(|text| serde_json::from_str(text).ok());
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    html! {
        @if let Some(pretty) = pretty {
            details {
                summary { "The definition that sidecars get" }
                pre tabindex="0" { code { (pretty) } }
            }
        }
    }
}
