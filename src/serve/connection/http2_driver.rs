//! Drives an HTTP/2 connection: its requests, the budget of their responses, and the write timeout.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::pin::pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use http::Response;

use crate::metric::limit_hits::Limit;
use crate::serve::connection::http2_executor::InlineExecutor;
use crate::serve::connection::stall_timeout::StallTimeout;
use crate::serve::connection::unsent_budget::ChargedBody;
use crate::serve::connection::unsent_budget::UnsentBudget;
use crate::serve::http::body::Body;
use crate::serve::http::date;
use crate::serve::listen::limit_report;
use crate::serve::listen::port_role::PortConfig;

/// The error that ended a connection: of the socket, of TLS or of hyper.
pub type ConnectionError = Box<dyn std::error::Error + Send + Sync>;

/// The response to an HTTP/2 request. A request that waited for its body is not handled while the client does not read
/// earlier responses.
pub async fn respond(
    response: impl Future<Output = Response<Body>>,
    budget: UnsentBudget,
) -> Result<Response<ChargedBody>, Infallible> {
    let mut response = pin!(response);
    let mut response = std::future::poll_fn(|cx| {
        ready!(budget.poll_room(cx));
        response.as_mut().poll(cx)
    })
    .await;
    date::add(response.headers_mut());
    Ok(response.map(|body| budget.charge_body(body)))
}

/// An HTTP/2 connection with its requests and its write timeout.
pub struct Http2Driver<'c, C> {
    /// The connection of hyper.
    pub connection: Pin<Box<C>>,
    executor: InlineExecutor,
    budget: UnsentBudget,
    stall: StallTimeout,
    /// True if the client was reported for not reading its responses.
    is_over_budget: bool,
    config: &'c PortConfig,
}

impl<'c, C> Http2Driver<'c, C> {
    /// A connection whose requests run on `executor`, and whose responses are charged to `budget`.
    pub fn new(
        connection: Pin<Box<C>>,
        executor: InlineExecutor,
        budget: UnsentBudget,
        config: &'c PortConfig,
    ) -> Http2Driver<'c, C> {
        Http2Driver {
            connection,
            executor,
            budget,
            stall: StallTimeout::new(config.write_timeout),
            is_over_budget: false,
            config,
        }
    }
}

impl<C, E> Http2Driver<'_, C>
where
    C: Future<Output = Result<(), E>>,
    ConnectionError: From<E>,
{
    /// Drives the connection to its end.
    ///
    /// # Errors
    /// If the client breaks it, or does not read its responses.
    pub fn run(&mut self) -> impl Future<Output = Result<(), ConnectionError>> {
        std::future::poll_fn(|cx| self.poll(cx))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        let polled = self.executor.poll_connection(self.connection.as_mut(), cx);
        if let Poll::Ready(ended) = polled {
            return Poll::Ready(Ok(ended?));
        }
        let (metrics, port) = (&self.config.metrics, Some(self.config.port));
        let waits = self.budget.is_waited_for();
        if waits && !self.is_over_budget {
            limit_report::report(metrics, Limit::UnsentBytes, port);
        }
        self.is_over_budget = waits;
        if self.stall.is_stalled(&self.budget, cx) {
            limit_report::report(metrics, Limit::WriteTimeout, port);
            return Poll::Ready(Err(io::Error::from(io::ErrorKind::TimedOut).into()));
        }
        Poll::Pending
    }
}
