//! Who answers the requests of a port.

use bytes::Bytes;
use http::Request;
use http::Response;
use http::request::Parts;
use hyper::body::Incoming;

use crate::serve::http::body::Body;

/// What a port serves.
pub trait Handler: Sized + Send + Sync + 'static {
    /// Answers a request, whatever it is.
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<Self>;

    /// Answers a request that is here whole, if there is nothing to wait for and the answer has no trailers. It is the
    /// answer that [`Handler::handle`] would give. `None` changes nothing: the request can still be given to that.
    fn try_handle_now(&self, _request: &mut Parts, _body: &Bytes) -> Option<Response<Body>> {
        None
    }
}
