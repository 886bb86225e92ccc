//! Requests of flag sync: method, headers, message and selector, with grpc-go's errors.

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
use crate::serve::config::ServeConfig;
use crate::serve::http::body::Body;
use crate::serve::http::read_body;
use crate::serve::http::selector;
use crate::serve::rpc::compression;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::envelope;
use crate::serve::rpc::envelope::FrameSplit;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::wire::flag_sync;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The name of the service.
pub const SERVICE_NAME: &str = "flagd.sync.v1.FlagSyncService";
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
/// If the path names no method of the service.
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

/// Checks the headers, whose errors precede those of the method, and returns the content type and deadline of the call.
///
/// # Errors
/// If the request is not a gRPC call, or its deadline has passed: the response.
pub fn validate_headers(parts: &Parts) -> Result<(HeaderValue, Deadline), Box<Response<Body>>> {
    let given = parts.headers.get(header::CONTENT_TYPE);
    let text = given.and_then(|value| value.to_str().ok()).unwrap_or("");
    let protocol = negotiate::parse_content_type(text, true).map(|(protocol, _)| protocol);
    let (Some(RpcProtocol::Grpc), Some(content_type)) = (protocol, given) else {
        let why = format!("invalid gRPC request content-type {text:?}");
        let error = RpcError::new(RpcCode::InvalidArgument, why);
        return Err(rejection(StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
    };
    let deadline = grpc::parse_deadline(&parts.headers).map_err(|error| {
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
    let waiting = deadline.ensure_not_expired();
    waiting.map_err(|error| rejection(StatusCode::OK, error))?;
    Ok((content_type.clone(), deadline))
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

/// A request of flag sync, not yet validated.
#[derive(Debug)]
pub struct SyncRequest {
    /// The selector.
    pub selector_text: String,
    /// The name of the client.
    pub provider: String,
}

impl SyncRequest {
    /// Reads a request. The selector comes from the header or, if the header is missing or empty, from the body.
    ///
    /// # Errors
    /// If the body is not one valid message.
    pub async fn read(
        method: SyncMethod,
        headers: &HeaderMap,
        body: Incoming,
        config: &ServeConfig,
    ) -> Result<SyncRequest, RpcError> {
        let message = read_message(method, headers, body, config).await?;
        let request = flag_sync::SyncRequestBody::decode(&message)?;
        Ok(SyncRequest::new(
            headers,
            request.selector,
            request.provider_id,
        ))
    }

    /// A request with the selector of its header or, if that is missing or empty, of its message.
    pub fn new(headers: &HeaderMap, selector: String, provider: String) -> SyncRequest {
        let header = headers.get("flagd-selector");
        let header = header.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
        SyncRequest {
            selector_text: header.filter(|text| !text.is_empty()).unwrap_or(selector),
            provider,
        }
    }

    /// The selected flags.
    ///
    /// # Errors
    /// If the selector is invalid, or is empty where one is required.
    pub fn parse_selector(&self, config: &ServeConfig) -> Result<Selector, RpcError> {
        selector::parse(config, &self.selector_text).map_err(RpcError::invalid_selector)
    }
}

/// Reads the message of a request.
///
/// # Errors
/// If the body is not one message.
pub async fn read_message(
    method: SyncMethod,
    headers: &HeaderMap,
    body: Incoming,
    config: &ServeConfig,
) -> Result<Bytes, RpcError> {
    let gzip = compression::is_gzip(headers, grpc::ENCODING)?;
    let limit = config.max_body;
    let body = read_body::read(body, limit, config.read_timeout).await?;
    decode_message(&body, gzip, limit, method)
}

/// Decodes the message of a request. Further messages are an error only for a stream, which has other error codes.
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
        (envelope::COMPRESSED, true) => compression::gunzip(&data, limit)?,
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
