//! `OfrepService`: routes the requests of the OFREP port to evaluation and to the change stream.

use std::future::ready;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::Either;
use http::HeaderMap;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use http::request::Parts;
use hyper::body::Incoming;

use crate::serve::context::ServerContext;
use crate::serve::http::auth;
use crate::serve::http::auth::PortAuthentication;
use crate::serve::http::body::Body;
use crate::serve::http::handler::Handler;
use crate::serve::http::instrumentation::Instrumentation;
use crate::serve::http::read_body;
use crate::serve::http::respond;
use crate::serve::ofrep::change_stream;
use crate::serve::ofrep::evaluate;
use crate::serve::ofrep::normalize_path;
use crate::serve::ofrep::normalize_path::NormalizedPath;
use crate::serve::ofrep::route::OfrepRoute;
use crate::wire::ofrep::error_response;
use crate::wire::rpc_error::RpcError;

/// The service of the OFREP port.
#[derive(Debug)]
pub struct OfrepService {
    /// Flags, configuration and shutdown.
    pub context: ServerContext,
    /// Metrics and traces of requests.
    pub instrumentation: Instrumentation,
    /// The authentication of requests.
    pub authentication: PortAuthentication,
}

impl Handler for Arc<OfrepService> {
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let (mut parts, body) = request.into_parts();
        let route = OfrepRoute::parse(parts.uri.path());
        let metric_route = OfrepRoute::metric_route(route.as_ref());
        let in_flight = self.instrumentation.begin(metric_route, &mut parts);
        in_flight.instrument_future(self.clone().dispatch(route, parts, body))
    }

    fn try_handle_now(&self, request: &mut Parts, body: &Bytes) -> Option<Response<Body>> {
        let route = OfrepRoute::parse(request.uri.path());
        let route = self.check_request(route, request).ok()?;
        // A conditional request may end in 304, which the fast path cannot send.
        let bulk = matches!(route, OfrepRoute::AllFlags);
        let conditional = bulk && request.headers.contains_key(header::IF_NONE_MATCH);
        let max_body = self.context.config.max_body;
        if conditional || !read_body::is_within_limit(body.len(), max_body) {
            return None;
        }
        let metric_route = OfrepRoute::metric_route(Some(&route));
        let in_flight = self.instrumentation.begin(metric_route, request);
        let response = match self.authenticate(&request.headers) {
            Ok(()) => self.handle_buffered(&route, request, Ok(body.clone())),
            Err(response) => self.with_cors(request, *response),
        };
        Some(in_flight.instrument_response(response))
    }
}

impl OfrepService {
    /// Not an `async fn`, which would store the request twice: hyper reserves that memory for the whole connection.
    fn dispatch(
        self: Arc<OfrepService>,
        route: Option<OfrepRoute>,
        parts: Parts,
        body: Incoming,
    ) -> impl Future<Output = Response<Body>> {
        let config = &self.context.config;
        if let Some(response) = config.cors.preflight_response(&parts) {
            return Either::Left(ready(response));
        }
        let route = self.check_request(route, &parts);
        let route = route.and_then(|route| self.authenticate(&parts.headers).map(|()| route));
        let mut body = read_body::read(body, config.max_body, config.read_timeout);
        Either::Right(async move {
            match route {
                // The stream does not wait for a body, and ignores it.
                Ok(route @ OfrepRoute::ChangeStream(_)) => {
                    self.handle_buffered(&route, &parts, Ok(Bytes::new()))
                }
                Ok(route) => self.handle_buffered(&route, &parts, (&mut body).await),
                Err(response) => self.with_cors(&parts, *response),
            }
        })
    }

    /// Checks the token of a request.
    ///
    /// # Errors
    /// If the port requires a token, and the request has no valid one: the response.
    #[inline]
    fn authenticate(&self, headers: &HeaderMap) -> Result<(), Box<Response<Body>>> {
        let checked = self.authentication.check(headers);
        checked.map_err(|error| unauthorized(&error))
    }

    /// Answers a request whose body is buffered.
    fn handle_buffered(
        &self,
        route: &OfrepRoute,
        parts: &Parts,
        body: Result<Bytes, RpcError>,
    ) -> Response<Body> {
        let context = &self.context;
        let response = match route {
            OfrepRoute::ChangeStream(text) => {
                change_stream::change_stream_response(context, text, &parts.headers)
            }
            OfrepRoute::AllFlags => evaluate::evaluation_response(context, None, parts, body),
            OfrepRoute::Flag(key) => evaluate::evaluation_response(context, Some(key), parts, body),
        };
        self.with_cors(parts, response)
    }

    fn with_cors(&self, parts: &Parts, mut response: Response<Body>) -> Response<Body> {
        let cors = &self.context.config.cors;
        cors.add_response_headers(&parts.headers, &mut response);
        response
    }

    /// Checks the path and method of a request for a route.
    ///
    /// # Errors
    /// If the path or the method is not served: the response.
    fn check_request(
        &self,
        route: Option<OfrepRoute>,
        parts: &Parts,
    ) -> Result<OfrepRoute, Box<Response<Body>>> {
        match normalize_path::normalize(&parts.uri) {
            NormalizedPath::Valid => {}
            NormalizedPath::Redirect(location) => {
                return Err(Box::new(respond::redirect(&location)));
            }
            NormalizedPath::Malformed => {
                return Err(Box::new(respond::empty(StatusCode::BAD_REQUEST)));
            }
        }
        let (route, allowed) = match route {
            Some(OfrepRoute::ChangeStream(_)) if self.context.config.change_stream.is_none() => {
                return Err(Box::new(respond::not_found()));
            }
            None => return Err(Box::new(respond::not_found())),
            Some(route @ OfrepRoute::ChangeStream(_)) => (route, "GET"),
            Some(route @ (OfrepRoute::AllFlags | OfrepRoute::Flag(_))) => (route, "POST"),
        };
        if parts.method.as_str() == allowed {
            Ok(route)
        } else {
            Err(Box::new(respond::method_not_allowed(allowed)))
        }
    }
}

/// The response to a request without a valid token.
fn unauthorized(error: &RpcError) -> Box<Response<Body>> {
    let error = error_response::unauthenticated(&error.message);
    let mut response = respond::json(StatusCode::UNAUTHORIZED, error.body);
    let challenge = HeaderValue::from_static(auth::CHALLENGE);
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    Box::new(response)
}
