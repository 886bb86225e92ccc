//! The parts of every page: document, frame, assets and texts.

pub mod asset;
pub mod frame;
pub mod response;
pub mod text;
