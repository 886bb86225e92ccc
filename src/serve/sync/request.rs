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
use crate::serve::Settings;
use crate::serve::body;
use crate::serve::body::Body;
use crate::serve::envelope;
use crate::serve::envelope::Split;
use crate::serve::grpc;
use crate::serve::patience::Patience;
use crate::serve::protocol;
use crate::serve::protocol::Protocol;
use crate::serve::rpc;
use crate::serve::sync::SERVICE;
use crate::wire::error::Code;
use crate::wire::error::RpcError;
use crate::wire::sync;

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// The methods of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `SyncFlags`.
    Follow,
    /// `FetchAllFlags`.
    Fetch,
    /// `GetMetadata`.
    Metadata,
}

/// The method of a path.
///
/// # Errors
/// If there is none.
pub fn method(path: &str) -> Result<Method, RpcError> {
    let unknown = |why: String| Err(RpcError::new(Code::Unimplemented, why));
    let bare = path.strip_prefix('/').unwrap_or(path);
    match bare.rsplit_once('/') {
        Some((SERVICE, "SyncFlags")) => Ok(Method::Follow),
        Some((SERVICE, "FetchAllFlags")) => Ok(Method::Fetch),
        Some((SERVICE, "GetMetadata")) => Ok(Method::Metadata),
        Some((SERVICE, other)) => unknown(format!("unknown method {other} for service {SERVICE}")),
        Some((service, _)) => unknown(format!("unknown service {service}")),
        None => unknown(format!("malformed method name: {path:?}")),
    }
}

/// The content type of a call, and how long its client waits: what is looked at before the method.
///
/// # Errors
/// With the answer, if the request is no such call or its time is over.
pub fn begun(parts: &Parts) -> Result<(HeaderValue, Patience), Box<Response<Body>>> {
    let given = parts.headers.get(header::CONTENT_TYPE);
    let text = given.and_then(|value| value.to_str().ok()).unwrap_or("");
    let spoken = protocol::of(text, true).map(|(protocol, _)| protocol);
    let (Some(Protocol::Grpc), Some(content_type)) = (spoken, given) else {
        let why = format!("invalid gRPC request content-type {text:?}");
        let error = RpcError::new(Code::InvalidArgument, why);
        return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
    };
    let patience = grpc::timeout(&parts.headers).map_err(|error| {
        let why = format!("malformed grpc-timeout: {}", error.message);
        refused(StatusCode::BAD_REQUEST, RpcError::new(Code::Internal, why))
    })?;
    if parts.method != HttpMethod::POST {
        let method = parts.method.as_str();
        let why = format!("Received a HEADERS frame with :method {method:?} which should be POST");
        let error = RpcError::new(Code::Internal, why);
        return Err(refused(StatusCode::METHOD_NOT_ALLOWED, error));
    }
    let waits = patience.check();
    waits.map_err(|error| refused(StatusCode::OK, error))?;
    Ok((content_type.clone(), patience))
}

fn refused(status: StatusCode, error: RpcError) -> Box<Response<Body>> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    *response.headers_mut() = grpc::trailers(Err(error));
    response.headers_mut().insert(header::CONTENT_TYPE, GRPC);
    Box::new(response)
}

/// What a client wants, in its own words.
#[derive(Debug)]
pub struct Wanted {
    /// Its selector.
    pub text: String,
    /// Its name.
    pub provider: String,
}

impl Wanted {
    /// Reads a request. Of the selectors the header counts if it is there and not empty, otherwise the body.
    ///
    /// # Errors
    /// If it is not one message that can be read.
    pub async fn read(
        method: Method,
        headers: &HeaderMap,
        body: Incoming,
        settings: &Settings,
    ) -> Result<Wanted, RpcError> {
        let gzip = envelope::is_gzip(headers, grpc::ENCODING)?;
        let limit = settings.max_body;
        let body = body::read(body, limit, settings.read_timeout).await?;
        let message = message(&body, gzip, limit, method)?;
        let request = sync::Request::decode(&message)?;
        let header = headers.get("flagd-selector");
        let header = header.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
        Ok(Wanted {
            text: header
                .filter(|text| !text.is_empty())
                .unwrap_or(request.selector),
            provider: request.provider,
        })
    }

    /// The flags that it selects.
    ///
    /// # Errors
    /// If the text is no selector, or selects nothing in particular where that is not allowed.
    pub fn selector(&self, settings: &Settings) -> Result<Selector, RpcError> {
        Selector::parse(&self.text)
            .and_then(|selector| rpc::required(settings, selector))
            .map_err(RpcError::bad_selector)
    }
}

/// The message of a request. What follows it counts only for a stream, whose codes for broken requests are others.
fn message(body: &Bytes, gzip: bool, limit: usize, method: Method) -> Result<Bytes, RpcError> {
    let stream = method == Method::Follow;
    let broken = if stream {
        Code::Internal
    } else {
        Code::Unknown
    };
    let internal = |why: String| Err(RpcError::new(Code::Internal, why));
    let (flags, data, rest) = match envelope::split(body) {
        Split::Whole { flags, data, rest } => (flags, data, rest),
        Split::Head | Split::Part { .. } => return Err(RpcError::new(broken, "unexpected EOF")),
        Split::End if stream => return Err(RpcError::new(broken, NO_MESSAGE)),
        Split::End => return Err(RpcError::new(broken, "EOF")),
    };
    let message = match (flags, gzip) {
        (0, _) => data,
        (envelope::COMPRESSED, true) => envelope::gunzip(&data, limit)?,
        (envelope::COMPRESSED, false) => {
            return internal("grpc: compressed flag set with identity or empty encoding".into());
        }
        (other, _) => return internal(format!("grpc: received unexpected payload format {other}")),
    };
    match envelope::split(&rest) {
        Split::Whole { .. } if stream => internal(MESSAGES.into()),
        Split::Head | Split::Part { .. } if stream => {
            Err(RpcError::new(Code::Unknown, "unexpected EOF"))
        }
        _ => Ok(message),
    }
}

const NO_MESSAGE: &str =
    "cardinality violation: received no request message from non-client-streaming RPC";
const MESSAGES: &str =
    "cardinality violation: received multiple request messages for non-client-streaming RPC";
