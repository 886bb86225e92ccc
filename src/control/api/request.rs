//! Parts of requests that several routes share: preconditions, repeated requests, pages, rates.

pub mod entity_tag;
pub mod idempotency;
pub mod page;
pub mod rate_limit;
