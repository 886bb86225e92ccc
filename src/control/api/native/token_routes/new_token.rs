//! A new token: the body of the request that asks for it, and what it may have.

use std::collections::BTreeSet;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::control::access::Caller;
use crate::control::access::CallerKind;
use crate::control::access::EnvironmentScope;
use crate::control::access::Grant;
use crate::control::access::Token;
use crate::control::access::Verb;
use crate::control::access::secret;
use crate::control::access::token_registry::BOOTSTRAP;
use crate::control::api::problem::Problem;
use crate::control::environment::now_ms;
use crate::wire::content_hash::ContentHash;

/// The longest name of a token, in bytes.
const MAX_NAME: usize = 200;
/// The most grants and the most origins of a token.
const MAX_LIST: usize = 50;

/// The body of a new token.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct TokenBody {
    name: String,
    kind: Option<String>,
    grants: Vec<Value>,
    origins: Vec<String>,
    expires_in_seconds: Option<u64>,
    /// Reason, for the log.
    pub reason: Option<String>,
}

/// Makes the token of a body, and its secret.
///
/// # Errors
/// If a member is invalid.
pub fn new_token(caller: &Caller, body: TokenBody) -> Result<(Token, String), Problem> {
    let kind = match body.kind.as_deref() {
        None => CallerKind::Person,
        Some(name) => CallerKind::parse(name).ok_or_else(|| {
            let known = CallerKind::ALL.map(CallerKind::name).join(", ");
            invalid(format!("`kind` is `{name}`; there are {known}"))
        })?,
    };
    check_name(&body.name)?;
    let grants = body.grants.iter().map(Grant::from_json);
    let grants: Result<Vec<Grant>, String> = grants.collect();
    let grants = grants.map_err(|why| invalid(format!("a grant {why}")))?;
    if grants.is_empty() || grants.len() > MAX_LIST || body.origins.len() > MAX_LIST {
        return Err(invalid(format!(
            "`grants` needs 1 to {MAX_LIST} grants, and `origins` has at most {MAX_LIST}"
        )));
    }
    check_kind(kind, &grants, &body.origins)?;
    let prefix = match kind {
        CallerKind::Publishable => secret::PUBLISHABLE_PREFIX,
        CallerKind::Person | CallerKind::Automation => secret::TOKEN_PREFIX,
    };
    let secret = secret::generate(prefix);
    let secret =
        secret.map_err(|why| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", why))?;
    let (hash, now) = (ContentHash::of(secret.as_bytes()), now_ms());
    let lifetime = body
        .expires_in_seconds
        .map(|seconds| seconds.saturating_mul(1000));
    let token = Token {
        id: Token::id_of(&hash),
        hash,
        name: body.name,
        kind,
        grants: grants.into(),
        origins: body.origins.into(),
        created_ms: now,
        created_by: caller.actor.name.clone(),
        expires_ms: lifetime.map(|lifetime| now.saturating_add(lifetime)),
    };
    Ok((token, secret))
}

fn check_name(name: &str) -> Result<(), Problem> {
    let is_plain = |c: char| !c.is_control();
    if name.trim().is_empty() || name.len() > MAX_NAME || !name.chars().all(is_plain) {
        return Err(invalid(format!(
            "`name` must have 1 to {MAX_NAME} bytes without control characters: the log shows it as the actor"
        )));
    }
    if name == BOOTSTRAP {
        return Err(invalid(format!(
            "`{BOOTSTRAP}` is the name of the first token: give another `name`"
        )));
    }
    Ok(())
}

/// Checks that a publishable key reads one environment from named origins, and that no other token has origins.
fn check_kind(kind: CallerKind, grants: &[Grant], origins: &[String]) -> Result<(), Problem> {
    if kind != CallerKind::Publishable {
        return match origins {
            [] => Ok(()),
            _ => Err(invalid("only a publishable key has `origins`")),
        };
    }
    let is_narrow = |grant: &Grant| {
        let is_named = matches!(grant.environment, EnvironmentScope::Named(_));
        is_named && grant.verbs == BTreeSet::from([Verb::Read])
    };
    let environments: BTreeSet<&str> = grants
        .iter()
        .map(|grant| grant.environment.name())
        .collect();
    if environments.len() != 1 || !grants.iter().all(is_narrow) {
        return Err(invalid(
            "a publishable key has the verb `read` in one named environment, and nothing else",
        ));
    }
    let is_origin = |text: &&String| {
        let host = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        !host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ', ',']))
    };
    if origins.is_empty() {
        return Err(invalid(
            "a publishable key needs `origins`, such as https://shop.example",
        ));
    }
    match origins.iter().find(is_origin) {
        None => Ok(()),
        Some(wrong) => Err(invalid(format!(
            "`{wrong}` is no origin: write https://HOST, without a path"
        ))),
    }
}

/// A value of the body is invalid.
pub fn invalid(why: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", why)
}
