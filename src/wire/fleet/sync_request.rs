//! Requests of `SyncFlags` with the fields of a sidecar.

use prost::Message as _;

use crate::wire::fleet::replica_identity::ReplicaIdentity;
use crate::wire::fleet::revision_id::RevisionId;
use crate::wire::protobuf::generated::fleet1 as pb;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The abilities of a sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// True if responses may have a delta.
    pub delta: bool,
    /// True if flags may use bucketing that plain flagd cannot compute.
    pub dialects: bool,
}

/// The fields that only sidecars send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaRequest {
    /// The sidecar.
    pub identity: ReplicaIdentity,
    /// The revision that it serves, if it has one.
    pub have: Option<RevisionId>,
    /// Its abilities.
    pub accepts: Capabilities,
}

/// A request, of a sidecar or of a plain peer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FleetSyncRequest {
    /// The name that the client sends.
    pub provider_id: String,
    /// The selector of the flags; deprecated in favour of the header.
    pub selector: String,
    /// The fields of a sidecar.
    pub replica: Option<ReplicaRequest>,
}

impl FleetSyncRequest {
    /// Decodes a request.
    ///
    /// # Errors
    /// If the bytes are not a request.
    pub fn decode(body: &[u8]) -> Result<FleetSyncRequest, RpcError> {
        let request = pb::SyncFlagsRequest::decode(body).map_err(|error| {
            let why = format!("grpc: failed to unmarshal the received message: {error}");
            RpcError::new(RpcCode::Internal, why)
        })?;
        let accepts = |capability: pb::Capability| request.accepts.contains(&capability.into());
        let accepts = Capabilities {
            delta: accepts(pb::Capability::Delta),
            dialects: accepts(pb::Capability::Dialects),
        };
        let have = request.have.as_ref();
        let have = have.and_then(|have| {
            RevisionId::from_fields(have.epoch, have.revision, &have.content_hash)
        });
        let identity = request.replica.and_then(ReplicaIdentity::from_message);
        Ok(FleetSyncRequest {
            provider_id: request.provider_id,
            selector: request.selector,
            replica: identity.map(|identity| ReplicaRequest {
                identity,
                have,
                accepts,
            }),
        })
    }

    /// The message.
    pub fn to_message(&self) -> pb::SyncFlagsRequest {
        let replica = self.replica.as_ref();
        let accepts = replica.map_or(Capabilities::default(), |replica| replica.accepts);
        let abilities = [
            (accepts.delta, pb::Capability::Delta),
            (accepts.dialects, pb::Capability::Dialects),
        ];
        let abilities = abilities.into_iter().filter(|(is_able, _)| *is_able);
        pb::SyncFlagsRequest {
            provider_id: self.provider_id.clone(),
            selector: self.selector.clone(),
            replica: replica.map(|replica| replica.identity.to_message()),
            have: replica.and_then(|replica| Some(replica.have?.to_message())),
            accepts: abilities.map(|(_, ability)| ability.into()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::content_hash::ContentHash;
    use crate::wire::protobuf::generated::sync1;

    fn request() -> FleetSyncRequest {
        FleetSyncRequest {
            provider_id: "p".to_owned(),
            selector: "s".to_owned(),
            replica: Some(ReplicaRequest {
                identity: ReplicaIdentity::of_this_process(
                    "pod-1",
                    &[("service.name".to_owned(), "shop".to_owned())],
                ),
                have: Some(RevisionId {
                    epoch: 0,
                    number: 7,
                    content_hash: ContentHash::of(b"a"),
                }),
                accepts: Capabilities {
                    delta: true,
                    dialects: true,
                },
            }),
        }
    }

    #[test]
    fn request_is_decoded_as_it_was_encoded() {
        let request = request();
        let bytes = request.to_message().encode_to_vec();
        assert_eq!(FleetSyncRequest::decode(&bytes).expect("valid"), request);
    }

    #[test]
    fn plain_peers_read_the_request_and_send_their_own() {
        let bytes = request().to_message().encode_to_vec();
        let plain = sync1::SyncFlagsRequest::decode(&*bytes).expect("valid");
        assert_eq!((&*plain.provider_id, &*plain.selector), ("p", "s"));
        let read = FleetSyncRequest::decode(&plain.encode_to_vec()).expect("valid");
        assert_eq!(read.replica, None);
        assert_eq!((&*read.provider_id, &*read.selector), ("p", "s"));
    }

    #[test]
    fn unknown_capability_and_damaged_hash_are_ignored() {
        let mut message = request().to_message();
        message.accepts = vec![99, 1];
        message.have = Some(pb::RevisionId {
            content_hash: vec![1; 31],
            ..pb::RevisionId::default()
        });
        let read = FleetSyncRequest::decode(&message.encode_to_vec()).expect("valid");
        let replica = read.replica.expect("a replica");
        assert_eq!(replica.have, None);
        assert!(replica.accepts.delta && !replica.accepts.dialects);
        assert!(FleetSyncRequest::decode(&[0xff]).is_err());
    }
}
