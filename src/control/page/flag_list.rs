//! The list of flags, with a search.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use axum::Extension;
use axum::extract::Path;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::response::Response;
use maud::Markup;
use maud::html;

use crate::control::api::authorization::FlagReader;
use crate::control::environment::Environment;
use crate::control::environment::EnvironmentStatus;
use crate::control::environment::now_ms;
use crate::control::page::context::PageContext;
use crate::control::page::event_text;
use crate::control::page::flag::exposure;
use crate::control::page::flag::exposure::FlagExposure;
use crate::control::page::flag::facts;
use crate::control::page::html::frame::Frame;
use crate::control::page::html::frame::PageSection;
use crate::control::page::html::response::PageError;
use crate::control::page::html::text;
use crate::control::page::last_change;
use crate::control::page::session::form::FormFields;
use crate::control::page::session::signed_in::SignedIn;
use crate::event_log::LogEvent;
use crate::ruleset::CompiledFlag;
use crate::wire::fleet::revision_id::RevisionId;

/// The most flags of a page.
const PAGE: usize = 50;
/// The bytes of rows after which a page ends: the first page must load fast, however long keys are.
const PAGE_BYTES: usize = 40_000;
/// The most characters of a description or a reason in a row.
const MAX_TEXT: usize = 120;

/// The flags that a search finds.
struct Found<'s> {
    shown: Vec<&'s Arc<CompiledFlag>>,
    total: usize,
}

/// How many replicas have applied a revision, by its number.
type Applied = BTreeMap<u64, Markup>;

/// `GET /environments/{environment}?q=&show=&after=`
pub async fn show(
    State(context): State<PageContext>,
    Path(environment): Path<String>,
    Extension(signed_in): Extension<SignedIn>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let query = FormFields::parse(query.unwrap_or_default().as_bytes());
    let environment = context.environment(&environment)?;
    signed_in.caller.require_any(&environment.name)?;
    let status = environment.status();
    let readable = FlagReader::new(&signed_in.caller, environment, &status.revision);
    let found = find(&status, &query, &readable);
    let keys: Vec<Arc<str>> = found.shown.iter().map(|flag| flag.key.clone()).collect();
    let name = environment.name.clone();
    let changes = last_change::read(&context, move |reader| {
        last_change::last_changes(reader, &name, &keys)
    });
    let (changes, notice) = match changes.await {
        Ok(changes) => (changes, None),
        Err(error) => (vec![None; found.shown.len()], Some(error.notice())),
    };
    let (rows, next) = rows(environment, &status, &found.shown, &changes);
    let frame = Frame {
        context: &context,
        signed_in: &signed_in,
        environment: &environment.name,
        status: &status,
        section: PageSection::Flags,
    };
    let next = next.map(|after| next_path(&environment.name, &query, after));
    let content = content(&query, &found, &rows, next.as_deref());
    Ok(frame.page("Flags", &html! { (notice.unwrap_or_default()) (content) }))
}

/// The flags that match all words of the search and may be read, after a key.
fn find<'s>(
    status: &'s EnvironmentStatus,
    query: &FormFields,
    readable: &FlagReader<'_>,
) -> Found<'s> {
    let words = query.text("q").to_lowercase();
    let words: Vec<&str> = words.split_whitespace().collect();
    let (show, after) = (query.text("show"), query.text("after"));
    let flags = &status.revision.snapshot.ruleset.flags;
    let matching = flags.iter().filter(|flag| {
        let exposure = || FlagExposure::of(flag, &status.state.flag(&flag.key));
        (show.is_empty() || exposure().name() == show)
            && has_words(flag, &words)
            && readable.may_read(&flag.key)
    });
    let (mut shown, mut total) = (Vec::new(), 0);
    for flag in matching {
        total += 1;
        if *flag.key > *after && shown.len() <= PAGE {
            shown.push(flag);
        }
    }
    Found { shown, total }
}

/// Returns true if key, owner or description contain each of the words, in lower case.
fn has_words(flag: &CompiledFlag, words: &[&str]) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut text = flag.key.to_lowercase();
    for part in [facts::owner(flag), facts::description(flag)]
        .into_iter()
        .flatten()
    {
        text.push('\n');
        text.push_str(&part.to_lowercase());
    }
    words.iter().all(|word| text.contains(word))
}

/// The rows of a page, and the last key if more follow.
fn rows<'s>(
    environment: &Environment,
    status: &EnvironmentStatus,
    flags: &[&'s Arc<CompiledFlag>],
    changes: &[Option<LogEvent>],
) -> (Vec<Markup>, Option<&'s str>) {
    let (mut rows, mut bytes, mut applied) = (Vec::new(), 0, Applied::new());
    let mut last = None;
    for (flag, change) in flags.iter().zip(changes) {
        if rows.len() == PAGE || bytes > PAGE_BYTES {
            return (rows, last);
        }
        let replicas = change.as_ref().map(|change| {
            let revision = last_change::revision_of(change, environment);
            let cell = || replicas(environment, &revision);
            applied.entry(revision.number).or_insert_with(cell).clone()
        });
        let row = row(environment, status, flag, change.as_ref(), replicas);
        bytes += row.0.len();
        rows.push(row);
        last = Some(&*flag.key);
    }
    (rows, None)
}

fn row(
    environment: &Environment,
    status: &EnvironmentStatus,
    flag: &CompiledFlag,
    change: Option<&LogEvent>,
    replicas: Option<Markup>,
) -> Markup {
    let state = status.state.flag(&flag.key);
    let exposure = FlagExposure::of(flag, &state);
    let path = text::flag_path(&environment.name, &flag.key);
    let description = facts::description(flag).map(|d| text::shorten(d, MAX_TEXT));
    html! {
        tr {
            th scope="row" { a href=(path) { (flag.key) } @if let Some(d) = description { span.hint { (d) } } }
            td { span.state data-state=(exposure.name()) { (exposure.words()) } @if state.paused.is_some() { " (paused)" } }
            td { (exposure::share_or_dash(flag)) }
            td { (exposure::rings_or_dash(flag)) }
            td { (facts::owner(flag).unwrap_or("nobody named")) }
            td { @if let Some(change) = change { (last_change_cell(change)) } }
            td { @if let Some(replicas) = replicas { (replicas) } }
            td { @if exposure == FlagExposure::Killed && state.killed.is_some() {
                a href={ (path) "/restore" } aria-label={ "Restore " (flag.key) } { "Restore…" }
            } @else if exposure != FlagExposure::Killed {
                a.danger href={ (path) "/kill" } aria-label={ "Kill " (flag.key) } { "Kill…" }
            } }
        }
    }
}

fn last_change_cell(change: &LogEvent) -> Markup {
    let reason = change.reason.as_deref();
    html! {
        (event_text::actor_name(&change.actor)) ", " (text::time(change.at_ms, now_ms()))
        @if let Some(reason) = reason { span.hint { (text::shorten(reason, MAX_TEXT)) } }
    }
}

/// Whether all replicas have applied a revision.
fn replicas(environment: &Environment, revision: &RevisionId) -> Markup {
    let progress = environment.replicas.progress(revision, SystemTime::now());
    html! {
        @match (progress.applied, progress.expected) {
            (_, 0) => { "no replica" }
            (applied, expected) if applied == expected => { (applied) " of " (expected) " have it" }
            (applied, expected) => { strong { (applied) " of " (expected) " have it" } }
        }
    }
}

fn next_path(environment: &str, query: &FormFields, after: &str) -> String {
    let (q, show) = (query.text("q"), query.text("show"));
    let [q, show, after] = [q, show, after].map(text::encode);
    let path = text::environment_path(environment);
    format!("{path}?q={q}&show={show}&after={after}")
}

fn content(query: &FormFields, found: &Found<'_>, rows: &[Markup], next: Option<&str>) -> Markup {
    let show = query.text("show");
    html! {
        h1 { "Flags" }
        form.search role="search" method="get" {
            label for="q" { "Search" }
            input #q type="search" name="q" value=(query.text("q")) placeholder="key, owner or description";
            label for="show" { "Show" }
            select #show name="show" {
                option value="" { "all states" }
                @for exposure in FlagExposure::ALL {
                    option value=(exposure.name()) selected[exposure.name() == show] { (exposure.words()) }
                }
            }
            button { "Search" }
        }
        p.hint role="status" { (text::counted(found.total as u64, "flag")) @if !query.text("after").is_empty() { ", after " (query.text("after")) } }
        @if rows.is_empty() {
            p { "No flag matches. " a href="?" { "Show all flags" } }
        } @else {
            div.table role="region" aria-label="Flags" tabindex="0" { table {
                thead { tr {
                    @for head in ["Flag", "State", "Share of users", "Rings", "Owner", "Last change", "Replicas", "Action"] {
                        th scope="col" { (head) }
                    }
                } }
                tbody { @for row in rows { (row) } }
            } }
        }
        @if let Some(next) = next { p { a.next href=(next) { "More flags" } } }
    }
}
