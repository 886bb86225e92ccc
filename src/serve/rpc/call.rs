//! Calls: what their headers say, and the answer once their message is here.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::HeaderValue;
use http::Response;
use http::header;
use http::request::Parts;
use hyper::body::Incoming;

use crate::decision::FlagType;
use crate::resolve;
use crate::resolve::Around;
use crate::resolve::Call;
use crate::resolve::Reply;
use crate::resolve::Witness;
use crate::serve::body;
use crate::serve::body::Body;
use crate::serve::connect;
use crate::serve::envelope;
use crate::serve::events;
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
use crate::wire::request;

/// What the headers of a call say.
struct Asked {
    route: Route,
    content_type: HeaderValue,
    protocol: Protocol,
    codec: Codec,
    /// Whether the message is compressed, and how long the client waits.
    manner: Result<(bool, Patience), RpcError>,
}

impl Rpc {
    /// Answers a call.
    ///
    /// No `async fn`, nor are there any below it: each would hold the request once more, and hyper keeps room for all of
    /// it as long as an HTTP/1.1 connection lasts.
    pub fn call(
        self: Arc<Rpc>,
        route: Route,
        parts: Parts,
        body: Incoming,
    ) -> impl Future<Output = Response<Body>> {
        let asked = asked(route, &parts);
        let settings = &self.settings;
        let mut message = body::read(body, settings.max_body, settings.read_timeout);
        async move {
            let message = match &asked {
                Ok(asked) if asked.manner.is_ok() => (&mut message).await,
                // Whatever the message is, there is an answer.
                _ => Ok(Bytes::new()),
            };
            self.answer(asked, &parts, message)
        }
    }

    /// Answers a call that is here whole.
    pub fn whole(self: &Arc<Rpc>, route: Route, parts: &Parts, body: &Bytes) -> Response<Body> {
        self.answer(asked(route, parts), parts, Ok(body.clone()))
    }

    fn answer(
        self: &Arc<Rpc>,
        asked: Result<Asked, Refusal>,
        parts: &Parts,
        body: Result<Bytes, RpcError>,
    ) -> Response<Body> {
        let mut response = match asked {
            Err((status, hint)) => refused(status, hint),
            Ok(asked) => {
                let message = body.and_then(|body| message(&asked, &body, self.settings.max_body));
                match asked.route.method {
                    Method::Events => self.open(asked, parts, message),
                    Method::One(want) => self.reply(Some(want), asked, parts, message),
                    Method::All => self.reply(None, asked, parts, message),
                }
            }
        };
        self.share(&parts.headers, &mut response);
        response
    }

    /// Opens a stream. Of the message nothing counts but that it is one.
    fn open(
        self: &Arc<Rpc>,
        asked: Asked,
        parts: &Parts,
        message: Result<(Bytes, Patience), RpcError>,
    ) -> Response<Body> {
        let protocol = asked.protocol;
        let ending = events::Ending { protocol };
        let opened = message.and_then(|(message, patience)| {
            request::check_empty(asked.codec, &message)?;
            let selector = self.selector(&parts.headers)?;
            let place = events::place(&self.streams)?;
            let wish = events::Wish {
                contract: asked.route.contract,
                codec: asked.codec,
                selector,
                patience,
            };
            Ok(events::open(self.clone(), place, ending, wish))
        });
        ending.opening(asked.content_type, opened)
    }

    /// Answers with the value of one flag, which should be of the type `want`, or with those of all.
    fn reply(
        &self,
        want: Option<FlagType>,
        asked: Asked,
        parts: &Parts,
        message: Result<(Bytes, Patience), RpcError>,
    ) -> Response<Body> {
        let outcome = message.and_then(|(message, patience)| {
            patience.check()?;
            self.resolve(want, (asked.route.contract, asked.codec), parts, &message)
        });
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
        want: Option<FlagType>,
        (contract, codec): (Contract, Codec),
        parts: &Parts,
        message: &Bytes,
    ) -> Result<Reply, RpcError> {
        let headers = &parts.headers;
        let recording = self.settings.traces.as_ref();
        let recording = recording.and_then(|_| parts.extensions.get::<Recording>());
        let selector = self.selector(headers)?;
        // As in flagd, headers become context only in the newer contracts.
        let headers = (contract != Contract::Schema1).then_some(headers);
        let overlay = self.settings.extra.overlay(headers);
        let call = Call {
            contract,
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
        let (answer, histogram) = if let Some(want) = want {
            let answer = resolve::one(&snapshot, call, want, message);
            (answer, &metrics.single)
        } else {
            (resolve::all(&snapshot, call, message), &metrics.bulk)
        };
        histogram.time(begun.elapsed());
        answer
    }
}

/// What a call's headers say.
///
/// # Errors
/// If nothing here understands them.
fn asked(route: Route, parts: &Parts) -> Result<Asked, Refusal> {
    let headers = &parts.headers;
    let streaming = route.method == Method::Events;
    let (content_type, protocol, codec) = rpc::spoken(parts, streaming)?;
    let encoding = match protocol {
        Protocol::Connect if streaming => connect::STREAM_ENCODING,
        Protocol::Connect => header::CONTENT_ENCODING.as_str(),
        Protocol::Grpc | Protocol::GrpcWeb => grpc::ENCODING,
    };
    let patience = match protocol {
        Protocol::Connect => connect::check,
        Protocol::Grpc | Protocol::GrpcWeb => grpc::timeout,
    };
    let gzip = envelope::is_gzip(headers, encoding);
    Ok(Asked {
        route,
        content_type,
        protocol,
        codec,
        manner: gzip.and_then(|gzip| Ok((gzip, patience(headers)?))),
    })
}

/// The message of a call, and how long its client waits for the answer.
fn message(asked: &Asked, body: &Bytes, limit: usize) -> Result<(Bytes, Patience), RpcError> {
    let (gzip, patience) = asked.manner.clone()?;
    let bare = asked.protocol == Protocol::Connect && asked.route.method != Method::Events;
    let message = match bare {
        true if gzip => envelope::gunzip(body, limit)?,
        true => body.clone(),
        false => envelope::only_message(body, gzip, limit, asked.protocol)?,
    };
    Ok((message, patience))
}
