//! Messages of `grpc.health.v1`: <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>

use prost::Message as _;

use crate::wire::protobuf::generated::health1 as pb;
use crate::wire::rpc_error::RpcError;

/// The health of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthStatus {
    /// The service serves requests.
    Serving,
    /// The service serves no requests, or shuts down.
    NotServing,
    /// The service is unknown.
    Unknown,
}

impl HealthStatus {
    /// The encoded message.
    pub fn encode(self) -> Vec<u8> {
        use pb::health_check_response::ServingStatus;
        let status = match self {
            HealthStatus::Serving => ServingStatus::Serving,
            HealthStatus::NotServing => ServingStatus::NotServing,
            HealthStatus::Unknown => ServingStatus::ServiceUnknown,
        };
        let status = status.into();
        pb::HealthCheckResponse { status }.encode_to_vec()
    }
}

/// The service that a request names.
///
/// # Errors
/// If the body is not a request.
pub fn decode_service_name(body: &[u8]) -> Result<String, RpcError> {
    let request = pb::HealthCheckRequest::decode(body);
    let request = request.map_err(|error| RpcError::malformed(&error.to_string()))?;
    Ok(request.service)
}
