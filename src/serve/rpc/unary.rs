//! Unary calls: what their headers say, and the answer once their message is here.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::HeaderValue;
use http::Response;
use http::request::Parts;
use hyper::body::Incoming;

use crate::resolve;
use crate::resolve::Around;
use crate::resolve::Call;
use crate::resolve::Reply;
use crate::resolve::Witness;
use crate::serve::body;
use crate::serve::body::Body;
use crate::serve::connect;
use crate::serve::envelope;
use crate::serve::grpc;
use crate::serve::patience::Patience;
use crate::serve::protocol::Method;
use crate::serve::protocol::Protocol;
use crate::serve::protocol::Route;
use crate::serve::rpc;
use crate::serve::rpc::Refusal;
use crate::serve::rpc::Rpc;
use crate::serve::rpc::refused;
use crate::telemetry::trace::Recording;
use crate::wire::Codec;
use crate::wire::Contract;
use crate::wire::error::RpcError;

/// What the headers of a call say.
struct Asked {
    content_type: HeaderValue,
    protocol: Protocol,
    codec: Codec,
    /// Whether the message is compressed, and how long the client waits.
    manner: Result<(bool, Patience), RpcError>,
}

impl Rpc {
    /// Answers a unary call.
    ///
    /// No `async fn`, nor are there any below it: each would hold the request once more, and hyper keeps room for all of
    /// it as long as an HTTP/1.1 connection lasts.
    pub fn unary(
        self: Arc<Rpc>,
        route: Route,
        parts: Parts,
        body: Incoming,
    ) -> impl Future<Output = Response<Body>> {
        let asked = asked(&parts);
        let settings = &self.settings;
        let mut message = body::read(body, settings.max_body, settings.read_timeout);
        async move {
            let mut response = match asked {
                Err((status, hint)) => refused(status, hint),
                Ok(asked) => {
                    let message = match &asked.manner {
                        Ok(_) => (&mut message).await,
                        Err(error) => Err(error.clone()),
                    };
                    self.reply(route, asked, &parts, message)
                }
            };
            self.share(&parts.headers, &mut response);
            response
        }
    }

    /// Answers a unary call that is here whole.
    pub fn whole(&self, route: Route, parts: &Parts, body: &Bytes) -> Response<Body> {
        let mut response = match asked(parts) {
            Err((status, hint)) => refused(status, hint),
            Ok(asked) => self.reply(route, asked, parts, Ok(body.clone())),
        };
        self.share(&parts.headers, &mut response);
        response
    }

    fn reply(
        &self,
        route: Route,
        asked: Asked,
        parts: &Parts,
        body: Result<Bytes, RpcError>,
    ) -> Response<Body> {
        let message = body.and_then(|body| message(&asked, &body, self.settings.max_body));
        let outcome = message.and_then(|message| self.resolve(route, asked.codec, parts, &message));
        let (headers, content_type) = (&parts.headers, asked.content_type);
        match asked.protocol {
            Protocol::Connect => {
                let gzip = envelope::accepts_gzip(headers, "accept-encoding");
                connect::unary(content_type, outcome, gzip)
            }
            protocol @ (Protocol::Grpc | Protocol::GrpcWeb) => {
                let gzip = envelope::accepts_gzip(headers, grpc::ACCEPT_ENCODING);
                grpc::unary(protocol, content_type, outcome, gzip)
            }
        }
    }

    fn resolve(
        &self,
        route: Route,
        codec: Codec,
        parts: &Parts,
        message: &Bytes,
    ) -> Result<Reply, RpcError> {
        let headers = &parts.headers;
        let recording = self.settings.traces.as_ref();
        let recording = recording.and_then(|_| parts.extensions.get::<Recording>());
        let selector = self.selector(headers)?;
        // As in flagd, headers become context only in the newer contracts.
        let headers = (route.contract != Contract::Schema1).then_some(headers);
        let overlay = self.settings.extra.overlay(headers);
        let call = Call {
            contract: route.contract,
            codec,
            around: Around {
                selector: &selector,
                overlay: &overlay,
                clock: resolve::system_clock,
                witness: recording.map(|recording| recording as &dyn Witness),
            },
        };
        let snapshot = self.live.load();
        let begun = Instant::now();
        let metrics = &self.settings.metrics;
        let (answer, histogram) = match route.method {
            Method::One(want) => {
                let answer = resolve::one(&snapshot, call, want, message);
                (answer, &metrics.single)
            }
            Method::All | Method::Events => {
                let answer = resolve::all(&snapshot, call, message);
                (answer, &metrics.bulk)
            }
        };
        histogram.time(begun.elapsed());
        answer
    }
}

/// What a call's headers say.
///
/// # Errors
/// If nothing here understands them.
fn asked(parts: &Parts) -> Result<Asked, Refusal> {
    let headers = &parts.headers;
    let (content_type, protocol, codec) = rpc::spoken(parts, false)?;
    let manner = match protocol {
        Protocol::Connect => envelope::is_gzip(headers, "content-encoding")
            .and_then(|gzip| Ok((gzip, connect::check(headers)?))),
        Protocol::Grpc | Protocol::GrpcWeb => envelope::is_gzip(headers, grpc::ENCODING)
            .and_then(|gzip| Ok((gzip, grpc::timeout(headers)?))),
    };
    Ok(Asked {
        content_type,
        protocol,
        codec,
        manner,
    })
}

/// The message of a call, if its client still waits for the answer.
fn message(asked: &Asked, body: &Bytes, limit: usize) -> Result<Bytes, RpcError> {
    let (gzip, patience) = asked.manner.clone()?;
    let message = match asked.protocol {
        Protocol::Connect if gzip => envelope::gunzip(body, limit)?,
        Protocol::Connect => body.clone(),
        protocol @ (Protocol::Grpc | Protocol::GrpcWeb) => {
            envelope::only_message(body, gzip, limit, protocol)?
        }
    };
    patience.check()?;
    Ok(message)
}
