//! The repository itself: documentation, examples, the committed schema and module dependencies.

pub mod committed_schema;
pub mod diagnostic_pages;
pub mod doc_references;
pub mod example_flags;
pub mod flagctl_doc;
pub mod module_dependencies;
pub mod readme_options;
pub mod source_limits;
pub mod source_tree;
