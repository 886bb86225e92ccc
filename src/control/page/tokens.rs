//! The tokens: who has which grants. They are made and revoked by `flagctl token`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Extension;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use maud::Markup;
use maud::html;

use crate::control::access::Caller;
use crate::control::access::Token;
use crate::control::access::token_registry::LiveToken;
use crate::control::environment::now_ms;
use crate::control::page::context::PageContext;
use crate::control::page::html::frame::Frame;
use crate::control::page::html::frame::PageSection;
use crate::control::page::html::response::PageError;
use crate::control::page::html::text;
use crate::control::page::session::signed_in::SignedIn;

/// The most tokens of the page.
const MAX_ROWS: usize = 500;

/// `GET …/tokens`: those that the person administers, and the one of the session.
pub async fn show(
    State(context): State<PageContext>,
    Path(environment): Path<String>,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, PageError> {
    let environment = context.environment(&environment)?;
    let caller = &signed_in.caller;
    caller.require_any(&environment.name)?;
    let mut tokens = context.api.tokens.list();
    tokens.retain(|live| may_see(caller, &live.token));
    let frame = Frame {
        context: &context,
        signed_in: &signed_in,
        environment: &environment.name,
        status: &environment.status(),
        section: PageSection::Tokens,
    };
    Ok(frame.page("Tokens", &content(caller, &tokens)))
}

fn may_see(caller: &Caller, token: &Token) -> bool {
    let is_administered = || {
        let mut grants = token.grants.iter();
        grants.all(|grant| caller.require_administrator(&grant.environment).is_ok())
    };
    token.id == caller.token_id || is_administered()
}

fn content(caller: &Caller, tokens: &[Arc<LiveToken>]) -> Markup {
    html! {
        h1 { "Tokens" }
        p { "You are signed in as " strong { (caller.actor.name) } ". Tokens are made and revoked by “flagctl token”." }
        @if !tokens.is_empty() {
            div.table role="region" aria-label="Tokens" tabindex="0" { table {
                thead { tr { @for head in ["Name", "Kind", "May", "Made", "Last used", "Expires"] { th scope="col" { (head) } } } }
                tbody { @for live in tokens.iter().take(MAX_ROWS) { (row(live)) } }
            } }
            @if tokens.len() > MAX_ROWS { p { "Only some are listed. “flagctl token list” lists all." } }
        }
    }
}

fn row(live: &LiveToken) -> Markup {
    let (token, now) = (&live.token, now_ms());
    let last_used = live.last_used_ms.load(Ordering::Relaxed);
    html! {
        tr {
            th scope="row" { (token.name) }
            td { (token.kind.name()) }
            td { @for grant in &*token.grants { (grant) br; } }
            td { (text::time(token.created_ms, now)) " by " (token.created_by) }
            td { @if last_used > 0 { (text::time(last_used, now)) } @else { "never" } }
            td {
                @match token.expires_ms {
                    None => { "never" }
                    Some(at) if at <= now => { strong.bad { "expired" } }
                    Some(at) => { "in " (text::duration(std::time::Duration::from_millis(at - now))) }
                }
            }
        }
    }
}
