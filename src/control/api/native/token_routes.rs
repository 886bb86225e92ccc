//! Routes of tokens: they are made, listed and revoked by those who administer all environments of the token.

mod new_token;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Extension;
use axum::extract::Path;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::control::access::Caller;
use crate::control::access::EnvironmentScope;
use crate::control::access::Token;
use crate::control::access::token_registry::LiveToken;
use crate::control::access::token_registry::MAX_TOKENS;
use crate::control::api::ApiContext;
use crate::control::api::native::change::change_call::parse_body;
use crate::control::api::native::token_routes::new_token::TokenBody;
use crate::control::api::native::token_routes::new_token::invalid;
use crate::control::api::native::token_routes::new_token::new_token;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::api::query::QueryParameters;
use crate::control::api::request::page::MAX_LIMIT;
use crate::control::api::request::page::PageRequest;
use crate::control::environment::ChangeRequest;
use crate::control::model::command::Command;
use crate::control::store::Record;
use crate::control::store::RecordChange;
use crate::control::store::RecordKind;
use crate::event_log::LogEventKind;

/// `POST /tokens`: the response is the only one that has the secret.
pub async fn create(
    State(context): State<ApiContext>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Result<Response, Problem> {
    let body: TokenBody = parse_body(&body)?;
    let reason = body.reason.clone();
    let (token, secret) = new_token(&caller, body)?;
    for grant in &*token.grants {
        caller.require_administrator(&grant.environment)?;
        if let EnvironmentScope::Named(name) = &grant.environment {
            context.environment(name)?;
        }
    }
    if context.tokens.is_full() {
        return Err(invalid(format!(
            "there are {MAX_TOKENS} tokens already: revoke some"
        )));
    }
    let record = Record {
        key: token.id.to_string(),
        value: token.to_stored(),
        at_ms: token.created_ms,
        expires_ms: None,
    };
    let put = RecordChange::Put(RecordKind::Token, record);
    let audit = Audit {
        caller,
        reason,
        kind: LogEventKind::TokenCreated,
    };
    // The last event takes the token with it: without all events there is no token.
    audit.record(&context, &token, put, true).await?;
    let mut shown = token.to_json();
    context.tokens.insert(token);
    if let Some(members) = shown.as_object_mut() {
        members.insert("token".to_owned(), json!(secret));
    }
    let mut response = json_response(&shown).into_response();
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// The audit of a change of tokens: an event in the log of each environment that a token has grants in.
struct Audit {
    caller: Caller,
    reason: Option<String>,
    kind: LogEventKind,
}

impl Audit {
    /// Writes the events, and the record with the first or the last of them.
    async fn record(
        &self,
        context: &ApiContext,
        token: &Token,
        change: RecordChange,
        with_last: bool,
    ) -> Result<(), Problem> {
        let is_concerned =
            |name: &str| token.grants.iter().any(|grant| grant.environment.has(name));
        let environments = context.environments.values();
        let concerned: Vec<_> = environments.filter(|env| is_concerned(&env.name)).collect();
        let chosen = if with_last {
            concerned.len().saturating_sub(1)
        } else {
            0
        };
        if concerned.is_empty() {
            // The environments of the token are no longer served.
            context.write_records(vec![change]).await?;
            return Ok(());
        }
        for (at, environment) in concerned.into_iter().enumerate() {
            let records = (at == chosen).then(|| change.clone());
            let command = Command::Note {
                kind: self.kind.clone(),
                change: event_json(token),
            };
            let (actor, reason) = (self.caller.actor.clone(), self.reason.clone());
            let request = ChangeRequest {
                records: records.into_iter().collect(),
                ..ChangeRequest::new(command, actor, reason)
            };
            environment.change(request).await?;
        }
        Ok(())
    }
}

/// A token in an event: all but its hash.
fn event_json(token: &Token) -> Value {
    json!({ "token": {
        "id": &*token.id,
        "name": token.name,
        "kind": token.kind.name(),
        "grants": token.grants.iter().map(ToString::to_string).collect::<Vec<String>>(),
        "expiresMs": token.expires_ms,
    }})
}

/// `GET /tokens`: the tokens of all environments that the caller administers, and its own.
pub async fn list(
    State(context): State<ApiContext>,
    Extension(caller): Extension<Caller>,
    Extension(query): Extension<QueryParameters>,
) -> Result<Response, Problem> {
    let page = PageRequest::parse(&query, MAX_LIMIT)?;
    let key = |live: &Arc<LiveToken>| format!("{} {}", live.token.name, live.token.id);
    let mut shown = context.tokens.list();
    shown.retain(|live| {
        let is_after = page.after.as_ref().is_none_or(|after| key(live) > *after);
        is_after && may_see(&caller, &live.token)
    });
    let next = page.cut(&mut shown, key);
    let shown: Vec<Value> = shown.iter().map(|live| token_json(live)).collect();
    Ok(json_response(&json!({ "tokens": shown, "next": next })))
}

/// `GET /tokens/{id}`
pub async fn show(
    State(context): State<ApiContext>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let live = find(&context, &caller, &id)?;
    Ok(json_response(&token_json(&live)))
}

/// `DELETE /tokens/{id}`: the token is invalid when the response arrives.
pub async fn revoke(
    State(context): State<ApiContext>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct RevokeBody {
        reason: Option<String>,
    }
    let reason = parse_body::<RevokeBody>(&body)?.reason;
    let live = find(&context, &caller, &id)?;
    // Takes effect even if the store does not work; then it is not recorded, and the caller repeats it.
    context.tokens.remove(&id);
    let delete = RecordChange::Delete(RecordKind::Token, id);
    let audit = Audit {
        caller,
        reason,
        kind: LogEventKind::TokenRevoked,
    };
    let recorded = audit.record(&context, &live.token, delete, false).await;
    if let Err(problem) = recorded {
        context.tokens.insert_revoked(&live);
        return Err(problem);
    }
    Ok(json_response(&token_json(&live)))
}

/// The token with an id, if the caller may see it.
fn find(context: &ApiContext, caller: &Caller, id: &str) -> Result<Arc<LiveToken>, Problem> {
    let found = context
        .tokens
        .find(id)
        .filter(|live| may_see(caller, &live.token));
    found.ok_or_else(|| {
        Problem::not_found(
            "unknown-token",
            format!("there is no token with the id `{id}`, or you may not see it"),
        )
    })
}

/// Returns true if the caller administers all environments of a token, or if it is its own.
fn may_see(caller: &Caller, token: &Token) -> bool {
    let mut grants = token.grants.iter();
    *caller.token_id == *token.id
        || grants.all(|grant| caller.require_administrator(&grant.environment).is_ok())
}

fn token_json(live: &LiveToken) -> Value {
    let mut shown = live.token.to_json();
    let last_used = live.last_used_ms.load(Ordering::Relaxed);
    let last_used = Some(last_used).filter(|at| *at > 0);
    if let Some(members) = shown.as_object_mut() {
        members.insert("lastUsedMs".to_owned(), json!(last_used));
    }
    shown
}
