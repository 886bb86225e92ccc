//! Watches requests from their first line to the last byte of their answer.

use std::sync::Arc;
use std::time::Instant;

use http::Request;
use http::Response;
use hyper::body::Incoming;

use crate::metric::Metrics;
use crate::metric::http::OFREP_ALL;
use crate::metric::http::OFREP_CHANGES;
use crate::metric::http::OFREP_ONE;
use crate::metric::http::Place;
use crate::metric::http::Scheme;
use crate::serve::body::Body;
use crate::serve::ofrep;

/// What watches the requests of a port.
#[derive(Debug, Clone)]
pub struct Observer {
    /// Where they are counted.
    pub metrics: Arc<Metrics>,
    /// How they come.
    pub scheme: Scheme,
}

/// A request until its answer is gone.
#[derive(Debug)]
pub struct Watched {
    metrics: Arc<Metrics>,
    place: Place,
    begun: Instant,
    /// The status of the answer, once there is one.
    status: Option<u16>,
    size: u64,
}

impl Observer {
    /// Watches a request for a remote procedure.
    pub fn rpc(&self, request: &Request<Incoming>) -> Watched {
        self.begin(request.uri().path(), request)
    }

    /// Watches a request over OFREP.
    pub fn ofrep(&self, request: &Request<Incoming>) -> Watched {
        let route = match ofrep::route(request.uri().path()) {
            Some(ofrep::Route::All) => OFREP_ALL,
            Some(ofrep::Route::One(_)) => OFREP_ONE,
            Some(ofrep::Route::Changes(_)) => OFREP_CHANGES,
            None => "",
        };
        self.begin(route, request)
    }

    fn begin(&self, route: &str, request: &Request<Incoming>) -> Watched {
        let place = Place::new(route, request.method().as_str(), self.scheme);
        self.metrics.http.begin(place);
        Watched {
            metrics: self.metrics.clone(),
            place,
            begun: Instant::now(),
            status: None,
            size: 0,
        }
    }
}

impl Watched {
    /// Waits for the answer and goes along with it.
    pub async fn answer(mut self, answer: impl Future<Output = Response<Body>>) -> Response<Body> {
        let response = answer.await;
        self.status = Some(response.status().as_u16());
        let (parts, body) = response.into_parts();
        Response::from_parts(parts, self.follow(body))
    }

    /// Goes along with a stream; any other body is counted now.
    fn follow(mut self, body: Body) -> Body {
        match body {
            Body::Stream(receiver) => Body::Watched(receiver, Box::new(self)),
            Body::Full(ref bytes) | Body::Trailed(ref bytes, _) => {
                self.sent(bytes.len());
                body
            }
            Body::Empty | Body::Watched(..) => body,
        }
    }

    /// Counts bytes of the answer.
    pub fn sent(&mut self, bytes: usize) {
        self.size += bytes as u64;
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let http = &self.metrics.http;
        http.end(self.place);
        // Who goes away before there is an answer gets no status.
        if let Some(status) = self.status {
            http.answered(self.place, status, self.begun.elapsed(), self.size);
        }
    }
}
