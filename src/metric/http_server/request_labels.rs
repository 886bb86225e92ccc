//! The labels of an HTTP request as indices: route, method, scheme, and the known statuses.

use crate::wire::ofrep::sse_events;

/// The known routes, as flagd writes them. Every other path is [`OTHER_ROUTE`], so that scans of paths add no series.
pub const ROUTES: [&str; 27] = [
    "/flagd.evaluation.v1.Service/ResolveBoolean",
    "/flagd.evaluation.v1.Service/ResolveString",
    "/flagd.evaluation.v1.Service/ResolveInt",
    "/flagd.evaluation.v1.Service/ResolveFloat",
    "/flagd.evaluation.v1.Service/ResolveObject",
    "/flagd.evaluation.v1.Service/ResolveAll",
    "/flagd.evaluation.v1.Service/EventStream",
    "/flagd.evaluation.v2.Service/ResolveBoolean",
    "/flagd.evaluation.v2.Service/ResolveString",
    "/flagd.evaluation.v2.Service/ResolveInt",
    "/flagd.evaluation.v2.Service/ResolveFloat",
    "/flagd.evaluation.v2.Service/ResolveObject",
    "/flagd.evaluation.v2.Service/EventStream",
    "/schema.v1.Service/ResolveBoolean",
    "/schema.v1.Service/ResolveString",
    "/schema.v1.Service/ResolveInt",
    "/schema.v1.Service/ResolveFloat",
    "/schema.v1.Service/ResolveObject",
    "/schema.v1.Service/ResolveAll",
    "/schema.v1.Service/EventStream",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    OFREP_SINGLE_ROUTE,
    OFREP_BULK_ROUTE,
    OFREP_SSE_ROUTE,
];

/// The route of a single evaluation over OFREP.
pub const OFREP_SINGLE_ROUTE: &str = "/ofrep/v1/evaluate/flags/{key}";

/// The route of a bulk evaluation over OFREP.
pub const OFREP_BULK_ROUTE: &str = r"/ofrep/v1/evaluate/{path:flags\/|flags}";

/// The route of OFREP's change stream, with any selector.
pub const OFREP_SSE_ROUTE: &str = sse_events::PATH;

/// Every other path.
pub const OTHER_ROUTE: &str = "other";

/// The known methods; the last one stands for all others.
pub const METHODS: [&str; 8] = [
    "POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "_OTHER",
];

/// The statuses that have their own counters.
pub const STATUSES: [u16; 20] = [
    200, 204, 206, 301, 304, 400, 401, 403, 404, 405, 408, 412, 413, 415, 429, 431, 500, 501, 503,
    504,
];

/// The scheme of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// Over TLS.
    Https,
}

/// The labels of a request, which select its counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLabels {
    /// The index in [`ROUTES`], or their number for [`OTHER_ROUTE`].
    pub route_index: usize,
    /// The index in [`METHODS`].
    pub method_index: usize,
    /// The scheme.
    pub scheme: Scheme,
}

impl RequestLabels {
    /// Returns the labels of a request for one of [`ROUTES`], or for any other path.
    pub fn new(route: &str, method: &str, scheme: Scheme) -> RequestLabels {
        let index = |list: &[&str], name: &str| list.iter().position(|known| *known == name);
        RequestLabels {
            route_index: index(&ROUTES, route).unwrap_or(ROUTES.len()),
            method_index: index(&METHODS, method).unwrap_or(METHODS.len() - 1),
            scheme,
        }
    }

    /// Returns the method, or `_OTHER`.
    pub fn method(self) -> &'static str {
        METHODS.get(self.method_index).copied().unwrap_or("_OTHER")
    }

    /// Returns the scheme as a label value.
    pub fn scheme_text(self) -> &'static str {
        match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// Returns the route as a label value.
    pub fn route(self) -> &'static str {
        ROUTES.get(self.route_index).copied().unwrap_or(OTHER_ROUTE)
    }
}
