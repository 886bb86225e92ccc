//! Protobuf encoding: generated messages, and writers for fields and for `google.protobuf.Struct`.

pub mod decode_field;
pub mod encode_field;
pub mod encode_struct;
pub mod generated;
