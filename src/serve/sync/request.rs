//! What a client of flag sync asks for, read and refused as grpc-go does.

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::Method as HttpMethod;
use http::Response;
use http::StatusCode;
use http::header;
use http::request::Parts;
use hyper::body::Incoming;

use crate::selector::Selector;
use crate::serve::ServeConfig;
use crate::serve::http::body;
use crate::serve::http::body::Body;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::envelope;
use crate::serve::rpc::envelope::FrameSplit;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::rpc::router;
use crate::serve::sync::service::SERVICE_NAME;
use crate::wire::flag_sync;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

const GRPC_CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");

/// The methods of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncMethod {
    /// `SyncFlags`.
    SyncFlags,
    /// `FetchAllFlags`.
    FetchAllFlags,
    /// `GetMetadata`.
    GetMetadata,
}

/// The method of a path.
///
/// # Errors
/// If there is none.
pub fn parse_method(path: &str) -> Result<SyncMethod, RpcError> {
    let unknown = |why: String| Err(RpcError::new(RpcCode::Unimplemented, why));
    let bare = path.strip_prefix('/').unwrap_or(path);
    match bare.rsplit_once('/') {
        Some((SERVICE_NAME, "SyncFlags")) => Ok(SyncMethod::SyncFlags),
        Some((SERVICE_NAME, "FetchAllFlags")) => Ok(SyncMethod::FetchAllFlags),
        Some((SERVICE_NAME, "GetMetadata")) => Ok(SyncMethod::GetMetadata),
        Some((SERVICE_NAME, other)) => {
            unknown(format!("unknown method {other} for service {SERVICE_NAME}"))
        }
        Some((service, _)) => unknown(format!("unknown service {service}")),
        None => unknown(format!("malformed method name: {path:?}")),
    }
}

/// The content type of a call, and how long its client waits: what is looked at before the method.
///
/// # Errors
/// With the answer, if the request is no such call or its time is over.
pub fn validate_headers(parts: &Parts) -> Result<(HeaderValue, Deadline), Box<Response<Body>>> {
    let given = parts.headers.get(header::CONTENT_TYPE);
    let text = given.and_then(|value| value.to_str().ok()).unwrap_or("");
    let spoken = negotiate::parse_content_type(text, true).map(|(protocol, _)| protocol);
    let (Some(RpcProtocol::Grpc), Some(content_type)) = (spoken, given) else {
        let why = format!("invalid gRPC request content-type {text:?}");
        let error = RpcError::new(RpcCode::InvalidArgument, why);
        return Err(rejection(StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
    };
    let patience = grpc::parse_deadline(&parts.headers).map_err(|error| {
        let why = format!("malformed grpc-timeout: {}", error.message);
        rejection(
            StatusCode::BAD_REQUEST,
            RpcError::new(RpcCode::Internal, why),
        )
    })?;
    if parts.method != HttpMethod::POST {
        let method = parts.method.as_str();
        let why = format!("Received a HEADERS frame with :method {method:?} which should be POST");
        let error = RpcError::new(RpcCode::Internal, why);
        return Err(rejection(StatusCode::METHOD_NOT_ALLOWED, error));
    }
    let waits = patience.ensure_not_expired();
    waits.map_err(|error| rejection(StatusCode::OK, error))?;
    Ok((content_type.clone(), patience))
}

fn rejection(status: StatusCode, error: RpcError) -> Box<Response<Body>> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    *response.headers_mut() = grpc::status_trailers(Err(error));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, GRPC_CONTENT_TYPE);
    Box::new(response)
}

/// What a client wants, in its own words.
#[derive(Debug)]
pub struct SyncRequest {
    /// Its selector.
    pub selector_text: String,
    /// Its name.
    pub provider: String,
}

impl SyncRequest {
    /// Reads a request. Of the selectors the header counts if it is there and not empty, otherwise the body.
    ///
    /// # Errors
    /// If it is not one message that can be read.
    pub async fn read(
        method: SyncMethod,
        headers: &HeaderMap,
        body: Incoming,
        settings: &ServeConfig,
    ) -> Result<SyncRequest, RpcError> {
        let gzip = envelope::is_gzip(headers, grpc::ENCODING)?;
        let limit = settings.max_body;
        let body = body::read(body, limit, settings.read_timeout).await?;
        let message = decode_message(&body, gzip, limit, method)?;
        let request = flag_sync::SyncRequestBody::decode(&message)?;
        let header = headers.get("flagd-selector");
        let header = header.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
        Ok(SyncRequest {
            selector_text: header
                .filter(|text| !text.is_empty())
                .unwrap_or(request.selector),
            provider: request.provider_id,
        })
    }

    /// The flags that it selects.
    ///
    /// # Errors
    /// If the text is no selector, or selects nothing in particular where that is not allowed.
    pub fn parse_selector(&self, settings: &ServeConfig) -> Result<Selector, RpcError> {
        Selector::parse(&self.selector_text)
            .and_then(|selector| router::enforce_selector(settings, selector))
            .map_err(RpcError::invalid_selector)
    }
}

/// The message of a request. What follows it counts only for a stream, whose codes for broken requests are others.
fn decode_message(
    body: &Bytes,
    gzip: bool,
    limit: usize,
    method: SyncMethod,
) -> Result<Bytes, RpcError> {
    let stream = method == SyncMethod::SyncFlags;
    let broken = if stream {
        RpcCode::Internal
    } else {
        RpcCode::Unknown
    };
    let internal = |why: String| Err(RpcError::new(RpcCode::Internal, why));
    let (flags, data, rest) = match envelope::split_first_frame(body) {
        FrameSplit::Complete { flags, data, rest } => (flags, data, rest),
        FrameSplit::PartialHeader | FrameSplit::PartialMessage { .. } => {
            return Err(RpcError::new(broken, "unexpected EOF"));
        }
        FrameSplit::Empty if stream => return Err(RpcError::new(broken, NO_REQUEST_MESSAGE)),
        FrameSplit::Empty => return Err(RpcError::new(broken, "EOF")),
    };
    let message = match (flags, gzip) {
        (0, _) => data,
        (envelope::COMPRESSED, true) => envelope::gunzip(&data, limit)?,
        (envelope::COMPRESSED, false) => {
            return internal("grpc: compressed flag set with identity or empty encoding".into());
        }
        (other, _) => return internal(format!("grpc: received unexpected payload format {other}")),
    };
    match envelope::split_first_frame(&rest) {
        FrameSplit::Complete { .. } if stream => internal(MULTIPLE_REQUEST_MESSAGES.into()),
        FrameSplit::PartialHeader | FrameSplit::PartialMessage { .. } if stream => {
            Err(RpcError::new(RpcCode::Unknown, "unexpected EOF"))
        }
        _ => Ok(message),
    }
}

const NO_REQUEST_MESSAGE: &str =
    "cardinality violation: received no request message from non-client-streaming RPC";
const MULTIPLE_REQUEST_MESSAGES: &str =
    "cardinality violation: received multiple request messages for non-client-streaming RPC";
