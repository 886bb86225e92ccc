//! Authentication of requests: on a port with tokens, a request needs one of them.

pub mod bearer_token;
pub mod token_file;

use std::sync::Arc;

use http::HeaderMap;

use crate::metric::authentication::AuthenticatedPort;
use crate::metric::registry::Metrics;
use crate::serve::http::auth::token_file::TokenFile;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The value of the `WWW-Authenticate` header in a response with the status 401.
pub const CHALLENGE: &str = "Bearer";

/// The authentication of a port's requests.
#[derive(Debug, Clone)]
pub struct PortAuthentication {
    /// The valid tokens, if the port requires one.
    pub tokens: Option<Arc<TokenFile>>,
    /// The port.
    pub port: AuthenticatedPort,
    /// The counters of rejected requests.
    pub metrics: Arc<Metrics>,
}

impl PortAuthentication {
    /// Checks the token in the headers of a request, and counts the request if it is rejected.
    ///
    /// # Errors
    /// If the port requires a token, and the request has no valid one.
    #[inline]
    pub fn check(&self, headers: &HeaderMap) -> Result<(), RpcError> {
        match &self.tokens {
            None => Ok(()),
            Some(tokens) => self.check_token(tokens, headers),
        }
    }

    fn check_token(&self, tokens: &TokenFile, headers: &HeaderMap) -> Result<(), RpcError> {
        let why = match bearer_token::from_headers(headers) {
            Ok(given) if tokens.matches(given) => return Ok(()),
            Ok(_) => "the bearer token is not valid",
            Err(why) => why,
        };
        self.metrics.authentication.count_rejection(self.port);
        Err(RpcError::new(RpcCode::Unauthenticated, why))
    }
}
