//! Routes of the evaluation services: service and method by the path of a call.

use crate::decision::FlagType;
use crate::wire::EvaluationApi;

/// The service and method of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RpcRoute {
    /// The contract of the service.
    pub contract: EvaluationApi,
    /// The method.
    pub method: EvaluationMethod,
}

/// The methods of the evaluation services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvaluationMethod {
    /// `ResolveBoolean` and its siblings.
    Resolve(FlagType),
    /// `ResolveAll`.
    ResolveAll,
    /// `EventStream`.
    EventStream,
}

/// The names of the evaluation services.
pub const EVALUATION_SERVICES: [&str; 3] = [
    "flagd.evaluation.v1.Service",
    "flagd.evaluation.v2.Service",
    "schema.v1.Service",
];

impl RpcRoute {
    /// The route of a path such as `/flagd.evaluation.v1.Service/ResolveBoolean`.
    pub fn parse(path: &str) -> Option<RpcRoute> {
        let (service, method) = path.strip_prefix('/')?.split_once('/')?;
        let contract = match service {
            "flagd.evaluation.v1.Service" => EvaluationApi::EvaluationV1,
            "flagd.evaluation.v2.Service" => EvaluationApi::EvaluationV2,
            "schema.v1.Service" => EvaluationApi::SchemaV1,
            _ => return None,
        };
        let method = match method {
            "ResolveBoolean" => EvaluationMethod::Resolve(FlagType::Boolean),
            "ResolveString" => EvaluationMethod::Resolve(FlagType::String),
            "ResolveInt" => EvaluationMethod::Resolve(FlagType::Int),
            "ResolveFloat" => EvaluationMethod::Resolve(FlagType::Float),
            "ResolveObject" => EvaluationMethod::Resolve(FlagType::Object),
            "ResolveAll" if contract != EvaluationApi::EvaluationV2 => EvaluationMethod::ResolveAll,
            "EventStream" => EvaluationMethod::EventStream,
            _ => return None,
        };
        Some(RpcRoute { contract, method })
    }
}
