//! The repository itself: documentation, examples, the committed schema and module dependencies.

pub mod committed_schema;
pub mod diagnostic_pages;
pub mod doc_links;
pub mod doc_references;
pub mod example_flags;
pub mod flagctl_doc;
pub mod metric_docs;
pub mod module_dependencies;
pub mod option_docs;
pub mod source_limits;
pub mod source_tree;
