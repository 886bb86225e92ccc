//! `Receipt`: the report of a sidecar about a revision.

use std::time::Duration;
use std::time::SystemTime;

use prost::Message as _;

use crate::limits;
use crate::wire::fleet::replica_identity::truncate;
use crate::wire::fleet::revision_id::RevisionId;
use crate::wire::protobuf::generated::fleet1 as pb;
use crate::wire::rpc_error::RpcError;

/// The state of a revision on a sidecar, or of the sidecar itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptState {
    /// The revision has arrived.
    Received(RevisionId),
    /// Evaluations have used the revision since this time of the sidecar's clock.
    Applied(RevisionId, SystemTime),
    /// The revision was refused for this reason.
    Failed(RevisionId, String),
    /// The process ends in an orderly way.
    Leaving,
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The uid of the sidecar.
    pub uid: String,
    /// The state.
    pub state: ReceiptState,
}

impl Receipt {
    /// Decodes a receipt; `None` if it has no replica, no revision, or a state of a newer release.
    ///
    /// # Errors
    /// If the bytes are not a receipt.
    pub fn decode(bytes: &[u8]) -> Result<Option<Receipt>, RpcError> {
        let message = pb::ReportRequest::decode(bytes)
            .map_err(|error| RpcError::malformed(&format!("invalid receipt: {error}")))?;
        Ok(Receipt::from_message(message))
    }

    fn from_message(message: pb::ReportRequest) -> Option<Receipt> {
        let state = message.state();
        let hash = &message.content_hash;
        let id = RevisionId::from_fields(message.epoch, message.revision, hash);
        let mut uid = message.replica?.uid;
        truncate(&mut uid, limits::REPLICA_TEXT);
        let state = match state {
            pb::ReceiptState::Unspecified => return None,
            pb::ReceiptState::Received => ReceiptState::Received(id?),
            pb::ReceiptState::Applied => {
                let since = Duration::from_millis(message.applied_at_ms);
                let at = SystemTime::UNIX_EPOCH.checked_add(since);
                ReceiptState::Applied(id?, at.unwrap_or(SystemTime::UNIX_EPOCH))
            }
            pb::ReceiptState::Failed => {
                let mut reason = message.reason;
                truncate(&mut reason, limits::REFUSAL_REASON);
                ReceiptState::Failed(id?, reason)
            }
            pb::ReceiptState::Leaving => ReceiptState::Leaving,
        };
        Some(Receipt { uid, state })
    }

    /// The message.
    pub fn to_message(&self) -> pb::ReportRequest {
        let mut message = pb::ReportRequest {
            replica: Some(pb::Replica {
                uid: self.uid.clone(),
                ..pb::Replica::default()
            }),
            ..pb::ReportRequest::default()
        };
        let (id, state) = match &self.state {
            ReceiptState::Received(id) => (Some(id), pb::ReceiptState::Received),
            ReceiptState::Applied(id, at) => {
                let since = at
                    .duration_since(SystemTime::UNIX_EPOCH)
                    .unwrap_or_default();
                message.applied_at_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
                (Some(id), pb::ReceiptState::Applied)
            }
            ReceiptState::Failed(id, reason) => {
                message.reason.clone_from(reason);
                truncate(&mut message.reason, limits::REFUSAL_REASON);
                (Some(id), pb::ReceiptState::Failed)
            }
            ReceiptState::Leaving => (None, pb::ReceiptState::Leaving),
        };
        message.set_state(state);
        if let Some(id) = id {
            message.epoch = id.epoch;
            message.revision = id.number;
            message.content_hash = id.content_hash.0.to_vec();
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::content_hash::ContentHash;

    #[test]
    fn every_state_round_trips() {
        let id = RevisionId {
            epoch: 0,
            number: 3,
            content_hash: ContentHash::of(b"x"),
        };
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_234_567);
        for state in [
            ReceiptState::Received(id),
            ReceiptState::Applied(id, at),
            ReceiptState::Failed(id, "flags.json:1:2: no".to_owned()),
            ReceiptState::Leaving,
        ] {
            let receipt = Receipt {
                uid: "u".to_owned(),
                state,
            };
            let bytes = receipt.to_message().encode_to_vec();
            assert_eq!(Receipt::decode(&bytes).expect("valid"), Some(receipt));
        }
    }

    #[test]
    fn unknown_states_are_ignored_and_reasons_are_bounded() {
        let mut message = pb::ReportRequest {
            replica: Some(pb::Replica::default()),
            revision: 1,
            content_hash: vec![0; 32],
            state: 99,
            reason: "x".repeat(5000),
            ..pb::ReportRequest::default()
        };
        assert_eq!(
            Receipt::decode(&message.encode_to_vec()).expect("valid"),
            None
        );
        message.set_state(pb::ReceiptState::Failed);
        let read = Receipt::decode(&message.encode_to_vec()).expect("valid");
        let Some(ReceiptState::Failed(_, reason)) = read.map(|receipt| receipt.state) else {
            panic!("a refusal");
        };
        assert_eq!(reason.len(), limits::REFUSAL_REASON);
        message.content_hash.pop();
        assert_eq!(
            Receipt::decode(&message.encode_to_vec()).expect("valid"),
            None
        );
        assert!(Receipt::decode(&[0xff]).is_err());
    }
}
