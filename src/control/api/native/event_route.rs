//! `GET …/events`: changes and receipts as server-sent events.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;

use crate::control::access::Caller;
use crate::control::access::CallerKind;
use crate::control::api::ApiContext;
use crate::control::api::authorization::FlagReader;
use crate::control::api::problem::Problem;
use crate::control::environment::Environment;
use crate::control::events::FeedItem;

/// Opens a stream. A caller gets the keys of those flags that it may read; a page gets no receipts, which name replicas.
pub async fn stream(
    State(context): State<ApiContext>,
    Extension(caller): Extension<Caller>,
    Path(environment): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let environment = context.environment(&environment)?.clone();
    let name = environment.name.clone();
    let encode = move |item: &FeedItem| frame(item, &caller, &environment);
    context.events.open(&name, &headers, encode)
}

fn frame(item: &FeedItem, caller: &Caller, environment: &Arc<Environment>) -> Option<Bytes> {
    match item {
        FeedItem::Change(change) => {
            let reader = FlagReader::new(caller, environment, &change.revision);
            Some(if reader.reads_all {
                change.frame.clone()
            } else {
                change.frame_with(|key| reader.may_read(key))
            })
        }
        FeedItem::Receipt(_) if caller.kind == CallerKind::Publishable => None,
        FeedItem::Receipt(frame) => Some(frame.clone()),
        FeedItem::Heartbeat => None,
    }
}
