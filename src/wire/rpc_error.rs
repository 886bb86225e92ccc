//! Errors of calls: codes, texts and statuses, exactly as in flagd.

use crate::decision::ErrorCode;

/// The status codes of gRPC and Connect that responses use.
///
/// <https://connectrpc.com/docs/protocol/#error-codes>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the protocol")]
pub enum RpcCode {
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    ResourceExhausted,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

impl RpcCode {
    /// The number that gRPC uses.
    pub fn grpc_status(self) -> u8 {
        self.numbers_and_name().0
    }

    /// The name that Connect uses.
    pub fn connect_name(self) -> &'static str {
        self.numbers_and_name().1
    }

    /// The HTTP status of the code in Connect's unary protocol.
    pub fn http_status(self) -> u16 {
        self.numbers_and_name().2
    }

    fn numbers_and_name(self) -> (u8, &'static str, u16) {
        match self {
            RpcCode::Unknown => (2, "unknown", 500),
            RpcCode::InvalidArgument => (3, "invalid_argument", 400),
            RpcCode::DeadlineExceeded => (4, "deadline_exceeded", 504),
            RpcCode::NotFound => (5, "not_found", 404),
            RpcCode::ResourceExhausted => (8, "resource_exhausted", 429),
            RpcCode::Unimplemented => (12, "unimplemented", 501),
            RpcCode::Internal => (13, "internal", 500),
            RpcCode::Unavailable => (14, "unavailable", 503),
            RpcCode::DataLoss => (15, "data_loss", 500),
            RpcCode::Unauthenticated => (16, "unauthenticated", 401),
        }
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    /// The kind of failure.
    pub code: RpcCode,
    /// The text for the caller.
    pub message: std::borrow::Cow<'static, str>,
}

impl RpcError {
    /// An error with this code and text.
    pub fn new(code: RpcCode, message: impl Into<std::borrow::Cow<'static, str>>) -> RpcError {
        let message = message.into();
        RpcError { code, message }
    }

    /// The error of a body that cannot be decoded.
    pub fn malformed(why: &str) -> RpcError {
        RpcError::new(
            RpcCode::InvalidArgument,
            format!("unmarshal message: {why}"),
        )
    }

    /// The error of an invalid selector.
    pub fn invalid_selector(why: String) -> RpcError {
        RpcError::new(RpcCode::InvalidArgument, why)
    }

    /// The error of a body that is larger than allowed.
    pub fn body_too_large(limit: usize) -> RpcError {
        let message = format!(
            "read first {limit} bytes of message: exceeded {limit} byte http.MaxBytesReader limit"
        );
        RpcError::new(RpcCode::ResourceExhausted, message)
    }

    /// Connect's JSON form.
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\"code\":\"{}\"", self.code.connect_name());
        if !self.message.is_empty() {
            out.push_str(",\"message\":");
            crate::json::write_string(&mut out, &self.message);
        }
        out.push('}');
        out
    }
}

impl From<ErrorCode> for RpcError {
    fn from(code: ErrorCode) -> RpcError {
        let (code, message) = match code {
            ErrorCode::FlagNotFound => (RpcCode::NotFound, "Flag not found"),
            ErrorCode::ParseError => (RpcCode::DataLoss, "Error parsing input or configuration"),
            ErrorCode::TypeMismatch => (RpcCode::InvalidArgument, "Type mismatch error"),
            ErrorCode::General => (RpcCode::Unknown, "General error"),
        };
        RpcError::new(code, message)
    }
}
