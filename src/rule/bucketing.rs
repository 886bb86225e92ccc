//! Bucketing: the `fractional` operator, its bucketing values, and the hashes that assign a unit to a bucket.

pub mod bucketing_value;
mod cbor;
pub mod fractional;
pub mod murmur;
pub mod murmur_preimage;
pub mod vendor_hash;
pub mod share_selection;
