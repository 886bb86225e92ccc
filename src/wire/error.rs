//! Errors as callers see them: codes, texts and statuses exactly as flagd's.

use crate::decision::ErrorCode;

/// The status codes that answers use, of those that gRPC and Connect have.
///
/// <https://connectrpc.com/docs/protocol/#error-codes>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the protocol")]
pub enum Code {
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    ResourceExhausted,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
}

impl Code {
    /// The number that gRPC uses.
    pub fn number(self) -> u8 {
        self.row().0
    }

    /// The name that Connect uses.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The HTTP status that goes with it in Connect's unary protocol.
    pub fn http_status(self) -> u16 {
        self.row().2
    }

    fn row(self) -> (u8, &'static str, u16) {
        match self {
            Code::Unknown => (2, "unknown", 500),
            Code::InvalidArgument => (3, "invalid_argument", 400),
            Code::DeadlineExceeded => (4, "deadline_exceeded", 504),
            Code::NotFound => (5, "not_found", 404),
            Code::ResourceExhausted => (8, "resource_exhausted", 429),
            Code::Unimplemented => (12, "unimplemented", 501),
            Code::Internal => (13, "internal", 500),
            Code::Unavailable => (14, "unavailable", 503),
            Code::DataLoss => (15, "data_loss", 500),
        }
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    /// What kind of failure.
    pub code: Code,
    /// What the caller reads.
    pub message: std::borrow::Cow<'static, str>,
}

impl RpcError {
    /// An error with a text of its own.
    pub fn new(code: Code, message: impl Into<std::borrow::Cow<'static, str>>) -> RpcError {
        let message = message.into();
        RpcError { code, message }
    }

    /// A body that is not the message it should be.
    pub fn malformed(why: &str) -> RpcError {
        RpcError::new(Code::InvalidArgument, format!("unmarshal message: {why}"))
    }

    /// A selector that is none.
    pub fn bad_selector(why: String) -> RpcError {
        RpcError::new(Code::InvalidArgument, why)
    }

    /// A body that is larger than allowed.
    pub fn too_large(limit: usize) -> RpcError {
        let message = format!(
            "read first {limit} bytes of message: exceeded {limit} byte http.MaxBytesReader limit"
        );
        RpcError::new(Code::ResourceExhausted, message)
    }

    /// Connect's JSON form.
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\"code\":\"{}\"", self.code.name());
        if !self.message.is_empty() {
            out.push_str(",\"message\":");
            crate::json::write_text(&mut out, &self.message);
        }
        out.push('}');
        out
    }
}

impl From<ErrorCode> for RpcError {
    fn from(code: ErrorCode) -> RpcError {
        let (code, message) = match code {
            ErrorCode::FlagNotFound => (Code::NotFound, "Flag not found"),
            ErrorCode::ParseError => (Code::DataLoss, "Error parsing input or configuration"),
            ErrorCode::TypeMismatch => (Code::InvalidArgument, "Type mismatch error"),
            ErrorCode::General => (Code::Unknown, "General error"),
        };
        RpcError::new(code, message)
    }
}
