//! `fanion-control`: the control plane.

fn main() {}
