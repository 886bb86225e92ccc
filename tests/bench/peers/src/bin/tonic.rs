//! The baseline of tonic: typed messages and a constant response. Usage: `tonic ADDRESS`.

use tonic::Request;
use tonic::Response;
use tonic::Status;

mod pb {
    tonic::include_proto!("flagd.evaluation.v1");
}

struct Constant;

#[tonic::async_trait]
impl pb::service_server::Service for Constant {
    async fn resolve_boolean(
        &self,
        request: Request<pb::ResolveBooleanRequest>,
    ) -> Result<Response<pb::ResolveBooleanResponse>, Status> {
        let request = request.into_inner();
        Ok(Response::new(pb::ResolveBooleanResponse {
            value: !request.flag_key.is_empty(),
            reason: "TARGETING_MATCH".into(),
            variant: "on".into(),
            metadata: Some(prost_types::Struct::default()),
        }))
    }
}

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).expect("usage: tonic ADDRESS");
    let service = pb::service_server::ServiceServer::new(Constant);
    let server = tonic::transport::Server::builder().add_service(service);
    server.serve(address.parse().expect("an address")).await.expect("a free port");
}
