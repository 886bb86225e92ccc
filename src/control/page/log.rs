//! The log with filters.

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
use crate::control::page::html::frame::Frame;
use crate::control::page::html::frame::PageSection;
use crate::control::page::html::response::PageError;
use crate::control::page::html::text;
use crate::control::page::last_change;
use crate::control::page::session::form::FormFields;
use crate::control::page::session::signed_in::SignedIn;
use crate::control::store::EventPage;
use crate::control::store::EventQuery;
use crate::document::rollout::timestamp::parse_date;
use crate::event_log::LogEvent;
use crate::event_log::LogEventKind;
use crate::event_log::SealedEvent;

/// The events of a page.
const PAGE: usize = 50;
/// The milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// The filters, which links to further pages keep.
const FILTERS: [&str; 5] = ["flag", "actor", "kind", "from", "until"];

/// `GET …/log?flag=&actor=&kind=&from=&until=&before=`: the newest events first. Days are those of UTC.
pub async fn show(
    State(context): State<PageContext>,
    Path(environment): Path<String>,
    Extension(signed_in): Extension<SignedIn>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let query = FormFields::parse(query.unwrap_or_default().as_bytes());
    let environment = context.environment(&environment)?;
    let caller = &signed_in.caller;
    caller.require(Verb::Read, &environment.name, None, None)?;
    let status = environment.status();
    let (filter, name) = (filter(&query), environment.name.clone());
    let page = last_change::read(&context, move |reader| reader.events(&name, &filter)).await?;
    let frame = Frame {
        context: &context,
        signed_in: &signed_in,
        environment: &environment.name,
        status: &status,
        section: PageSection::Log,
    };
    let content = content(&environment.name, &query, &page);
    Ok(frame.page("Log", &content))
}

fn filter(query: &FormFields) -> EventQuery {
    let text = |name: &str| Some(query.text(name)).filter(|text| !text.is_empty());
    let day = |name: &str, later: u64| {
        let day = u64::try_from(parse_date(query.text(name))?).ok()?;
        Some((day + later) * DAY_MS)
    };
    EventQuery {
        flag: text("flag").map(ToOwned::to_owned),
        actor: text("actor").map(ToOwned::to_owned),
        kind: text("kind").map(LogEventKind::parse),
        from_ms: day("from", 0),
        until_ms: day("until", 1),
        before_seq: query.number("before"),
        limit: PAGE,
        newest_first: true,
        ..EventQuery::default()
    }
}

fn content(environment: &str, query: &FormFields, page: &EventPage) -> Markup {
    let events: Vec<&LogEvent> = page.events.iter().map(SealedEvent::event).collect();
    let more = events.last().filter(|_| page.has_more);
    html! {
        h1 { "Log" }
        (filters(query))
        @if events.is_empty() {
            p { "No entry matches. " a href="?" { "Show all entries" } }
        } @else {
            div.table role="region" aria-label="Log" tabindex="0" { table {
                thead { tr { @for head in ["Number", "When", "Who", "What", "Flag", "Why"] { th scope="col" { (head) } } } }
                tbody { @for event in &events { (row(environment, event)) } }
            } }
        }
        @if let Some(last) = more { p { a.next href=(older(query, last.seq)) { "Older entries" } } }
    }
}

fn filters(query: &FormFields) -> Markup {
    html! {
        form.search role="search" method="get" {
            label for="flag" { "Flag" } input #flag name="flag" value=(query.text("flag"));
            label for="actor" { "Who" } input #actor name="actor" value=(query.text("actor"));
            label for="kind" { "What" }
            select #kind name="kind" {
                option value="" { "everything" }
                @for kind in LogEventKind::known() {
                    option value=(kind.name()) selected[kind.name() == query.text("kind")] { (kind.name()) }
                }
            }
            label for="from" { "From" } input #from type="date" name="from" value=(query.text("from"));
            label for="until" { "Until" } input #until type="date" name="until" value=(query.text("until"));
            button { "Filter" }
        }
    }
}

fn row(environment: &str, event: &LogEvent) -> Markup {
    html! {
        tr {
            td { (event.seq) }
            td { (text::exact_time(event.at_ms, now_ms())) }
            td { (event_text::actor_name(&event.actor)) }
            td { (event_text::describe(event)) }
            td { @if let Some(key) = &event.flag { a href=(text::flag_path(environment, key)) { (key) } } }
            td { (event.reason.as_deref().unwrap_or("")) }
        }
    }
}

fn older(query: &FormFields, before: u64) -> String {
    let kept = FILTERS.map(|name| format!("{name}={}&", text::encode(query.text(name))));
    format!("?{}before={before}", kept.concat())
}
