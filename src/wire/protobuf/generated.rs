//! The messages of `proto/`, generated when the crate is built.
#![allow(
    missing_docs,
    clippy::pedantic,
    reason = "generated from proto/, where the documentation is"
)]

/// `flagd.evaluation.v1`
pub mod evaluation1 {
    include!(concat!(env!("OUT_DIR"), "/messages/flagd.evaluation.v1.rs"));
}

/// `flagd.evaluation.v2`
pub mod evaluation2 {
    include!(concat!(env!("OUT_DIR"), "/messages/flagd.evaluation.v2.rs"));
}

/// `grpc.health.v1`
pub mod health1 {
    include!(concat!(env!("OUT_DIR"), "/messages/grpc.health.v1.rs"));
}

/// `grpc.reflection.v1`; `v1alpha` differs only in its name.
pub mod reflection1 {
    include!(concat!(env!("OUT_DIR"), "/messages/grpc.reflection.v1.rs"));
}

/// `flagd.sync.v1`
pub mod sync1 {
    include!(concat!(env!("OUT_DIR"), "/messages/flagd.sync.v1.rs"));
}

/// `fanion.fleet.v1`
pub mod fleet1 {
    include!(concat!(env!("OUT_DIR"), "/messages/fanion.fleet.v1.rs"));
}
