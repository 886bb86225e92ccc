//! The `Handler` trait: answers the requests of a port.

use bytes::Bytes;
use http::Request;
use http::Response;
use http::request::Parts;
use hyper::body::Incoming;

use crate::serve::http::body::Body;

/// The service of a port.
pub trait Handler: Sized + Send + Sync + 'static {
    /// Answers any request.
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<Self>;

    /// Answers a request whose body is buffered, if the response is ready at once and has no trailers. The response is
    /// the same as that of [`Handler::handle`]. After `None` the request can still be passed to [`Handler::handle`].
    fn try_handle_now(&self, _request: &mut Parts, _body: &Bytes) -> Option<Response<Body>> {
        None
    }
}
