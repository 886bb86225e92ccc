//! Parts that several load generators share.

pub mod http2;
