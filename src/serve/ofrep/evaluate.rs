//! Evaluation over OFREP: one flag or all, from a request body to the JSON response.

use std::borrow::Cow;

use bytes::Bytes;
use http::Response;
use http::StatusCode;
use http::request::Parts;

use crate::json;
use crate::resolve::ofrep as resolve_ofrep;
use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::request_scope;
use crate::serve::http::respond;
use crate::serve::http::selector;
use crate::serve::ofrep::etag;
use crate::wire::ofrep::error_response;
use crate::wire::ofrep::error_response::OfrepErrorResponse;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The response to a request for the flag with this key, or for all.
pub fn evaluation_response(
    context: &ServerContext,
    key: Option<&str>,
    parts: &Parts,
    body: Result<Bytes, RpcError>,
) -> Response<Body> {
    let body = match body {
        Ok(body) => lossy_utf8(body),
        Err(error) if error.code == RpcCode::ResourceExhausted => {
            return respond_error(error_response::body_too_large());
        }
        Err(error) if error.code == RpcCode::InvalidArgument => {
            return respond::empty(StatusCode::BAD_REQUEST);
        }
        Err(_) => return respond::empty(StatusCode::REQUEST_TIMEOUT),
    };
    let evaluated = match key {
        Some(key) => evaluate_flag(context, key, parts, &body),
        None => evaluate_all(context, parts, &body),
    };
    evaluated.unwrap_or_else(respond_error)
}

fn evaluate_flag(
    context: &ServerContext,
    key: &str,
    parts: &Parts,
    body: &Bytes,
) -> Result<Response<Body>, OfrepErrorResponse> {
    let (config, headers) = (&context.config, &parts.headers);
    let selector = selector::from_headers(config, headers)
        .map_err(|why| error_response::invalid_selector(Some(key), &why))?;
    let overlay = config.added_context.overlay(Some(headers));
    let log = request_scope::decision_log(config, parts, "ofrep");
    let scope = request_scope::new(config, parts, &selector, &overlay, log.as_ref());
    let snapshot = context.live.load();
    let answer = request_scope::timed(&config.metrics.single_duration, || {
        resolve_ofrep::resolve_flag(&snapshot, scope, key, body)
    });
    Ok(respond::json(StatusCode::OK, answer?))
}

fn evaluate_all(
    context: &ServerContext,
    parts: &Parts,
    body: &Bytes,
) -> Result<Response<Body>, OfrepErrorResponse> {
    let (config, headers) = (&context.config, &parts.headers);
    let selector = selector::from_headers(config, headers)
        .map_err(|why| error_response::invalid_selector(None, &why))?;
    let overlay = config.added_context.overlay(Some(headers));
    let log = request_scope::decision_log(config, parts, "ofrep");
    let scope = request_scope::new(config, parts, &selector, &overlay, log.as_ref());
    let snapshot = context.live.load();
    let answer = request_scope::timed(&config.metrics.bulk_duration, || {
        let endpoint = config.change_stream.as_ref();
        let streams = endpoint.map(|endpoint| endpoint.event_streams_member(&selector));
        resolve_ofrep::resolve_all(&snapshot, scope, body, &streams.unwrap_or_default())
    });
    let body = answer?;
    // A client to which the change stream sent another tag gets all flags, even if its `If-None-Match` header matches.
    let seen = etag::etag_from_query(parts.uri.query().unwrap_or(""));
    let changed = seen.is_some_and(|seen| seen != *snapshot.fingerprints(&selector).etag());
    let conditional = (!changed).then_some(headers);
    Ok(etag::with_etag(body, conditional))
}

fn respond_error(error: OfrepErrorResponse) -> Response<Body> {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    respond::json(status, error.body)
}

/// A body with U+FFFD in place of invalid UTF-8, as Go's JSON decoder does.
fn lossy_utf8(body: Bytes) -> Bytes {
    match json::decode_utf8_lossy(&body) {
        Cow::Borrowed(_) => body,
        Cow::Owned(text) => text.into(),
    }
}
