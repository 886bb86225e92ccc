//! Bucketing: the `fractional` operator, the bytes of a bucketing value, and the hash functions that assign a unit to a bucket.

pub mod bucketing_value;
pub mod cbor;
pub mod fractional;
pub mod murmur;
pub mod murmur_preimage;
pub mod vendor_hash;
