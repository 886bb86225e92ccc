//! Messages of `grpc.reflection`, answered from the descriptors of `proto/`, compiled at build time.
//!
//! <https://github.com/grpc/grpc/blob/master/doc/server-reflection.md>

use prost::Message;
use prost_types::DescriptorProto;
use prost_types::FileDescriptorProto;
use prost_types::FileDescriptorSet;

use crate::wire::protobuf::generated::reflection1 as pb;
use crate::wire::protobuf::generated::reflection1::server_reflection_request::MessageRequest;
use crate::wire::protobuf::generated::reflection1::server_reflection_response::MessageResponse;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The file descriptors of the services, decoded for the duration of a reflection stream.
#[derive(Debug)]
pub struct DescriptorFiles(Vec<FileDescriptorProto>);

impl DescriptorFiles {
    /// Decodes the descriptors that are part of the binary.
    pub fn decode() -> DescriptorFiles {
        DescriptorFiles(
            FileDescriptorSet::decode(DESCRIPTORS).map_or_else(|_| Vec::new(), |set| set.file),
        )
    }

    /// The response to one request of a stream. `services` are the names of the services on its port.
    ///
    /// # Errors
    /// If the message is not a request.
    pub fn respond(&self, message: &[u8], services: &[&str]) -> Result<Vec<u8>, RpcError> {
        let request = pb::ServerReflectionRequest::decode(message);
        let request = request.map_err(|error| RpcError::malformed(&error.to_string()))?;
        let asked = request.message_request.as_ref();
        let asked = asked
            .ok_or_else(|| RpcError::new(RpcCode::InvalidArgument, "message_request is not set"))?;
        let answer = match asked {
            MessageRequest::ListServices(_) => list_services(services),
            MessageRequest::FileByFilename(name) => {
                self.file_with_imports(name, |file| file.name.as_deref() == Some(name))
            }
            MessageRequest::FileContainingSymbol(name) => {
                self.file_with_imports(name, |file| declares(file, name))
            }
            MessageRequest::FileContainingExtension(extension) => {
                not_found(&extension.containing_type)
            }
            MessageRequest::AllExtensionNumbersOfType(name) => self.extension_numbers(name),
        };
        let response = pb::ServerReflectionResponse {
            valid_host: request.host.clone(),
            original_request: Some(request),
            message_response: Some(answer),
        };
        Ok(response.encode_to_vec())
    }

    /// A file and all its imports, so that the client needs no further request.
    fn file_with_imports(
        &self,
        name: &str,
        matches: impl Fn(&FileDescriptorProto) -> bool,
    ) -> MessageResponse {
        let Some(found) = self.0.iter().find(|file| matches(file)) else {
            return not_found(name);
        };
        let mut files = vec![found];
        let mut next = 0;
        while let Some(file) = files.get(next).copied() {
            for import in &file.dependency {
                let known = files.iter().any(|file| file.name.as_ref() == Some(import));
                let imported = self
                    .0
                    .iter()
                    .find(|file| file.name.as_ref() == Some(import));
                files.extend(imported.filter(|_| !known));
            }
            next += 1;
        }
        let file_descriptor_proto = files.into_iter().map(Message::encode_to_vec).collect();
        MessageResponse::FileDescriptorResponse(pb::FileDescriptorResponse {
            file_descriptor_proto,
        })
    }

    /// The extension numbers of a message: an empty list, because no message of `proto/` has extensions.
    fn extension_numbers(&self, name: &str) -> MessageResponse {
        if !self.0.iter().any(|file| declares(file, name)) {
            return not_found(name);
        }
        MessageResponse::AllExtensionNumbersResponse(pb::ExtensionNumberResponse {
            base_type_name: name.to_owned(),
            extension_number: Vec::new(),
        })
    }
}

fn list_services(services: &[&str]) -> MessageResponse {
    let service = |name: &&str| pb::ServiceResponse {
        name: (*name).to_owned(),
    };
    let service = services.iter().map(service).collect();
    MessageResponse::ListServicesResponse(pb::ListServiceResponse { service })
}

fn not_found(name: &str) -> MessageResponse {
    MessageResponse::ErrorResponse(pb::ErrorResponse {
        error_code: RpcCode::NotFound.grpc_status().into(),
        error_message: format!("not found: {name}"),
    })
}

/// Returns true if a file declares a service, method, message, field, enum or value with this full name.
fn declares(file: &FileDescriptorProto, name: &str) -> bool {
    let Some(name) = strip_name_prefix(name, file.package()) else {
        return false;
    };
    let services = file.service.iter().any(|service| {
        strip_name_prefix(name, service.name()).is_some_and(|method| {
            method.is_empty() || service.method.iter().any(|known| known.name() == method)
        })
    });
    services || declares_in(name, &file.message_type, &file.enum_type)
}

/// Returns true if messages or enums declare `name`, directly or nested.
fn declares_in(
    name: &str,
    messages: &[DescriptorProto],
    enums: &[prost_types::EnumDescriptorProto],
) -> bool {
    let in_enum = enums
        .iter()
        .any(|known| known.name() == name || known.value.iter().any(|v| v.name() == name));
    in_enum
        || messages.iter().any(|message| {
            strip_name_prefix(name, message.name()).is_some_and(|inner| {
                inner.is_empty()
                    || message.field.iter().any(|field| field.name() == inner)
                    || message.oneof_decl.iter().any(|one| one.name() == inner)
                    || declares_in(inner, &message.nested_type, &message.enum_type)
            })
        })
}

/// The rest of a dotted name after a prefix of whole segments.
fn strip_name_prefix<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let rest = name.strip_prefix(prefix)?;
    if rest.is_empty() || prefix.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix('.')
}
