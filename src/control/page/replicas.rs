//! The replicas: those that lack the newest revision first.

use std::time::SystemTime;

use axum::Extension;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use maud::Markup;
use maud::html;

use crate::control::environment::Environment;
use crate::control::fleet::progress::Progress;
use crate::control::fleet::replica_registry::Replica;
use crate::control::fleet::replica_registry::ReplicaKind;
use crate::control::page::context::PageContext;
use crate::control::page::flag::receipts::laggard_words;
use crate::control::page::html::frame::Frame;
use crate::control::page::html::frame::PageSection;
use crate::control::page::html::response::PageError;
use crate::control::page::html::text;
use crate::control::page::session::signed_in::SignedIn;
use crate::wire::fleet::revision_id::RevisionId;

/// The most replicas of the page.
const MAX_ROWS: usize = 500;

/// `GET …/replicas`
pub async fn show(
    State(context): State<PageContext>,
    Path(environment): Path<String>,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, PageError> {
    let environment = context.environment(&environment)?;
    signed_in.caller.require_any(&environment.name)?;
    let status = environment.status();
    let frame = Frame {
        context: &context,
        signed_in: &signed_in,
        environment: &environment.name,
        status: &status,
        section: PageSection::Replicas,
    };
    Ok(frame.page("Replicas", &content(environment)))
}

fn content(environment: &Environment) -> Markup {
    let (revision, now) = (environment.revision().id(), SystemTime::now());
    let progress = environment.replicas.progress(&revision, now);
    let mut replicas = environment.replicas.replicas();
    replicas.retain(|replica| replica.has_applied(&revision) || replica.kind == ReplicaKind::Plain);
    let rows = progress.laggards.len() + replicas.len();
    html! {
        h1 { "Replicas" }
        (summary(&progress, revision.number))
        @if rows > 0 {
            div.table role="region" aria-label="Replicas" tabindex="0" { table {
                thead { tr { @for head in ["Name", "Has the newest flags?", "Revision", "Version"] { th scope="col" { (head) } } } }
                tbody {
                    @for laggard in progress.laggards.iter().take(MAX_ROWS) { tr {
                        th scope="row" { (laggard.name) }
                        td { strong.bad { "No" } ": " (laggard_words(laggard)) }
                        td { @if let Some(revision) = laggard.revision { (revision.number) } }
                        td {}
                    } }
                    @for replica in replicas.iter().take(MAX_ROWS) { (row(replica, &revision)) }
                }
            } }
            @if rows > 2 * MAX_ROWS { p { "Only some are listed. “flagctl replicas” lists all." } }
        }
    }
}

fn summary(progress: &Progress, number: u64) -> Markup {
    html! {
        p role="status" {
            @if progress.expected == 0 { "No replica with receipts is connected." }
            @else { (progress.applied) " of " (progress.expected) " replicas have the newest flags, revision " (number) "." }
        }
    }
}

fn row(replica: &Replica, newest: &RevisionId) -> Markup {
    let is_plain = replica.kind == ReplicaKind::Plain;
    let delivered = replica
        .delivered
        .filter(|d| d.revision.includes(newest.epoch, newest.number));
    let known = if is_plain {
        replica.delivered
    } else {
        replica.applied
    };
    let last_seen = SystemTime::now()
        .duration_since(replica.last_seen)
        .unwrap_or_default();
    html! {
        tr {
            th scope="row" { (replica.identity.name) }
            td {
                @match (is_plain, delivered.is_some()) {
                    (false, _) => { strong.good { "Yes" } }
                    (true, true) => { "Sent; it sends no receipts" }
                    (true, false) => { "Not sent yet; it sends no receipts" }
                }
                @if replica.connected_since.is_none() { ", not connected, last seen " (text::duration(last_seen)) " ago" }
            }
            td { @if let Some(known) = known { (known.revision.number) } }
            td { (replica.identity.version) }
        }
    }
}
