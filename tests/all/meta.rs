//! The repository itself: documentation, examples, the committed schema and module dependencies.

pub mod diagnostic_pages;
pub mod doc_references;
pub mod example_flags;
pub mod module_dependencies;
