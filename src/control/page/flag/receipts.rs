//! Receipts of the last change of a flag: how many replicas have applied it, and which have not.

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use axum::Extension;
use axum::extract::Path;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::response::Response;
use http::HeaderValue;
use http::StatusCode;
use maud::Markup;
use maud::html;

use crate::control::access::Verb;
use crate::control::environment::Environment;
use crate::control::fleet::progress::Laggard;
use crate::control::fleet::progress::LaggardState;
use crate::control::fleet::progress::Progress;
use crate::control::page::context::PageContext;
use crate::control::page::flag::view::ShownFlag;
use crate::control::page::html::response::PageError;
use crate::control::page::html::response::html_response;
use crate::control::page::html::text;
use crate::control::page::last_change;
use crate::control::page::session::form::FormFields;
use crate::control::page::session::signed_in::SignedIn;
use crate::control::store::EventQuery;
use crate::event_log::LogEvent;
use crate::wire::content_hash::ContentHash;
use crate::wire::fleet::revision_id::RevisionId;

/// How long a page without a script waits for receipts: most arrive within this time.
const FIRST_WAIT: Duration = Duration::from_millis(750);
/// How long a request of the script waits for news.
const FOLLOW_WAIT: Duration = Duration::from_secs(20);
/// The time in which receipts are collected: thousands of replicas must not cause thousands of texts.
const COLLECT: Duration = Duration::from_millis(100);
/// The most replicas that are named.
const MAX_LAGGARDS: usize = 20;
/// The name of the header with the version of the receipts.
const VERSION_HEADER: &str = "x-receipts-version";
/// The name of the header that says whether all replicas have it.
const COMPLETE_HEADER: &str = "x-receipts-complete";

/// The region of receipts. After a change, `revision` is its number.
pub async fn region(view: &ShownFlag<'_>, query: &FormFields, last: Option<&LogEvent>) -> Markup {
    let number: Option<u64> = query.number("revision");
    // A kill that is not in the log yet is in the published revision.
    let in_log = last.filter(|last| number.is_none_or(|number| number <= last.seq));
    let revision = in_log.map_or_else(
        || view.environment.revision().id(),
        |last| last_change::revision_of(last, view.environment),
    );
    if number.is_some() {
        let replicas = &view.environment.replicas;
        let applied = replicas.wait_applied(revision, SystemTime::now);
        // Without receipts in time, the page shows who lacks it.
        let _ = tokio::time::timeout(FIRST_WAIT, applied).await;
    }
    let text = Receipts::now(view.environment, &revision);
    let path = format!("{}/receipts?revision={}", view.path, revision.number);
    html! {
        section aria-labelledby="receipts" {
            h2 #receipts { "Has it arrived?" }
            div data-receipts=(path) data-version=(text.version()) data-complete=(text.is_complete) role="status" { (text.markup) }
        }
    }
}

/// `GET …/flags/{key}/receipts?revision=&seen=`: the receipts of a revision, as soon as they differ from those that
/// were seen.
pub async fn follow(
    State(context): State<PageContext>,
    Path((environment, key)): Path<(String, String)>,
    Extension(signed_in): Extension<SignedIn>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let query = FormFields::parse(query.unwrap_or_default().as_bytes());
    let flag = (&*environment, &*key);
    let environment = context.environment_of_flag(&signed_in, Verb::Read, flag)?;
    let environment = environment.clone();
    let number: u64 = query.number("revision").unwrap_or(0);
    let revision = revision_of(&context, &environment, number).await;
    let seen = query.text("seen").to_owned();
    let news = news(&environment, &revision, &seen);
    let receipts = match tokio::time::timeout(FOLLOW_WAIT, news).await {
        Ok(receipts) => receipts,
        Err(_) => Receipts::now(&environment, &revision),
    };
    let mut response = html_response(StatusCode::OK, &receipts.markup);
    let complete = if receipts.is_complete {
        "true"
    } else {
        "false"
    };
    let headers = response.headers_mut();
    headers.insert(COMPLETE_HEADER, HeaderValue::from_static(complete));
    if let Ok(version) = HeaderValue::from_str(&receipts.version()) {
        headers.insert(VERSION_HEADER, version);
    }
    Ok(response)
}

/// Waits for receipts that differ from those that were seen.
async fn news(environment: &Environment, revision: &RevisionId, seen: &str) -> Receipts {
    let mut changes = environment.replicas.changes();
    loop {
        changes.mark_unchanged();
        let receipts = Receipts::now(environment, revision);
        if receipts.version() != seen || changes.changed().await.is_err() {
            return receipts;
        }
        tokio::time::sleep(COLLECT).await;
    }
}

/// The identity of the revision with a number.
async fn revision_of(
    context: &PageContext,
    environment: &Arc<Environment>,
    number: u64,
) -> RevisionId {
    let query = EventQuery {
        after_seq: Some(number.saturating_sub(1)),
        limit: 1,
        ..EventQuery::default()
    };
    let name = environment.name.clone();
    let page = last_change::read(context, move |reader| reader.events(&name, &query)).await;
    let event = page.as_ref().ok().and_then(|page| page.events.first());
    let known = event.map(|event| last_change::revision_of(event.event(), environment));
    // A kill that is not in the log yet is in the published revision, and so is everything if the log cannot be read.
    known.unwrap_or_else(|| environment.revision().id())
}

/// The receipts of a revision at one time.
struct Receipts {
    markup: Markup,
    is_complete: bool,
}

impl Receipts {
    fn now(environment: &Environment, revision: &RevisionId) -> Receipts {
        let progress = environment.replicas.progress(revision, SystemTime::now());
        Receipts {
            markup: markup(&progress, revision.number),
            is_complete: progress.is_complete(),
        }
    }

    /// A text that differs whenever the markup does.
    fn version(&self) -> String {
        let hash = ContentHash::of(self.markup.0.as_bytes()).to_string();
        hash.chars().skip("sha256:".len()).take(16).collect()
    }
}

fn markup(progress: &Progress, number: u64) -> Markup {
    let Progress {
        expected,
        applied,
        laggards,
        plain,
    } = progress;
    html! {
        p {
            @if *expected == 0 { "No replica with receipts is connected." }
            @else if progress.is_complete() { strong.good { "Yes: " (applied) " of " (expected) " replicas have it." } }
            @else { strong.bad { "Not yet: " (applied) " of " (expected) " replicas have it." } }
            " (Revision " (number) ".)"
        }
        @if !laggards.is_empty() {
            progress max=(expected) value=(applied) aria-label="Replicas that have it" {}
            ul { @for laggard in laggards.iter().take(MAX_LAGGARDS) { li { strong { (laggard.name) } ": " (laggard_words(laggard)) } } }
            @if laggards.len() > MAX_LAGGARDS { p { "and " (laggards.len() - MAX_LAGGARDS) " more" } }
            p { a.again href={ "?revision=" (number) } { "Look again" } }
        }
        @if plain.connected > 0 {
            p.hint { (text::counted(plain.connected as u64, "peer")) " without receipts: it was sent to " (plain.delivered) "." }
        }
    }
}

/// Why a replica lacks a revision, in words.
pub fn laggard_words(laggard: &Laggard) -> String {
    let what = match &laggard.state {
        LaggardState::Connected => "connected, has not confirmed it",
        LaggardState::Ahead => "has a newer revision than the restored store; sync it by force",
        LaggardState::Disconnected => "not connected, and serves older flags",
        LaggardState::Refused(reason) => return format!("refused it: {reason}"),
        LaggardState::NeverSeen => "expected, and never seen",
    };
    match laggard.age.as_secs() {
        // Seconds would change the text, and with it the page, all the time.
        0..60 => what.to_owned(),
        _ => format!("{what}, for {}", text::duration(laggard.age)),
    }
}
