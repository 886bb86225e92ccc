//! `ReceiptStream`: reports to a control plane which revisions have arrived, on the connection of its sync stream.

use std::pin::Pin;
use std::time::Duration;

use futures_util::stream;
use http::HeaderMap;
use http::uri::PathAndQuery;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tonic::Code;
use tonic::Request;
use tonic::Status;
use tonic::client;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use crate::limits;
use crate::source::network::departure::Departure;
use crate::source::network::departure::OpenReport;
use crate::wire::fleet::receipt::Receipt;
use crate::wire::fleet::receipt::ReceiptState;
use crate::wire::protobuf::generated::fleet1::ReportRequest;
use crate::wire::protobuf::generated::fleet1::ReportResponse;

const REPORT_PATH: PathAndQuery = PathAndQuery::from_static("/fanion.fleet.v1.FleetService/Report");

type CallEnd = Pin<Box<dyn Future<Output = Result<(), Status>> + Send>>;

/// How long after the end of a call the newest receipt is sent again in a new one, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// The receipts of one connection. The call begins with the first receipt. If it ends, another one begins with the
/// newest receipt, which may have been lost.
pub struct ReceiptStream {
    channel: Channel,
    headers: HeaderMap,
    uid: String,
    departure: Departure,
    call: Option<OpenCall>,
    newest: Option<ReceiptState>,
    /// How long the next call waits if this one ends.
    retry: Duration,
    /// True if the service has no receipts.
    is_unimplemented: bool,
}

struct OpenCall {
    /// If the service does not read, the oldest receipts are dropped: the newest say more.
    receipts: broadcast::Sender<ReportRequest>,
    end: CallEnd,
    _open: OpenReport,
}

impl ReceiptStream {
    /// The receipts of a process on this connection.
    pub fn new(
        channel: Channel,
        headers: HeaderMap,
        uid: &str,
        departure: &Departure,
    ) -> ReceiptStream {
        ReceiptStream {
            channel,
            headers,
            uid: uid.to_owned(),
            departure: departure.clone(),
            call: None,
            newest: None,
            retry: RETRY.0,
            is_unimplemented: false,
        }
    }

    /// Sends a receipt. A service without receipts is not called again.
    pub fn report(&mut self, state: ReceiptState) {
        if self.is_unimplemented {
            return;
        }
        let receipt = Receipt {
            uid: self.uid.clone(),
            state: state.clone(),
        };
        self.newest = Some(state);
        let call = self.call.get_or_insert_with(|| {
            let (receipts, received) = broadcast::channel(limits::PENDING_RECEIPTS);
            OpenCall {
                receipts,
                end: Box::pin(call_report(
                    self.channel.clone(),
                    self.headers.clone(),
                    received,
                )),
                _open: self.departure.open_report(),
            }
        });
        // The call may just have ended.
        let _ = call.receipts.send(receipt.to_message());
    }

    /// Runs the call. Never completes; may be cancelled at any time.
    pub async fn drive(&mut self) {
        loop {
            let Some(call) = &mut self.call else {
                self.repeat_newest().await;
                continue;
            };
            let ended = call.end.as_mut().await;
            self.call = None;
            match ended {
                Err(status) if status.code() == Code::Unimplemented => self.is_unimplemented = true,
                ended => tracing::debug!(?ended, "the stream of receipts has ended"),
            }
        }
    }

    /// Waits, then sends the newest receipt in a new call. Never completes if there is none.
    async fn repeat_newest(&mut self) {
        if self.is_unimplemented || self.newest.is_none() {
            return std::future::pending().await;
        }
        tokio::time::sleep(self.retry).await;
        self.retry = (self.retry * 2).min(RETRY.1);
        if let Some(newest) = self.newest.clone() {
            self.report(newest);
        }
    }

    /// Reports that the process ends, and waits until the service knows. The caller sets a time limit.
    pub async fn leave(mut self) {
        let Some(mut call) = self.call.take() else {
            return;
        };
        let receipt = Receipt {
            uid: self.uid,
            state: ReceiptState::Leaving,
        };
        let _ = call.receipts.send(receipt.to_message());
        drop(call.receipts);
        let _ = call.end.as_mut().await;
    }
}

/// Calls `Report` with the receipts of a channel, until that is closed.
async fn call_report(
    channel: Channel,
    headers: HeaderMap,
    receipts: broadcast::Receiver<ReportRequest>,
) -> Result<(), Status> {
    let messages = stream::unfold(receipts, |mut receipts| async move {
        loop {
            match receipts.recv().await {
                Ok(receipt) => return Some((receipt, receipts)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    let mut request = Request::new(messages);
    *request.metadata_mut() = MetadataMap::from_headers(headers);
    let mut client = client::Grpc::new(channel);
    let ready = client.ready().await;
    ready.map_err(|error| Status::unavailable(error.to_string()))?;
    let codec: ProstCodec<ReportRequest, ReportResponse> = ProstCodec::default();
    let answered = client.client_streaming(request, REPORT_PATH, codec).await;
    answered.map(drop)
}
