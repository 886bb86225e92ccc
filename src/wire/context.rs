//! Evaluation contexts on the wire, and the attributes that the operator adds to them.

pub mod enrichment;
