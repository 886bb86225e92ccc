//! The store: events, state and revisions of each environment on disk.
//!
//! `Store` and `StoreReader` are verbs, not SQL. `SqliteStore` implements them with one writer and several readers. One
//! append is one transaction: the event, the state after it and its revision are all there, or none of them is.

mod append;
mod data_dir;
mod definitions_codec;
mod error;
pub mod limits;
mod query;
mod record;
mod sqlite;
mod step;
mod verbs;

pub use crate::control::store::append::Append;
pub use crate::control::store::append::DefinitionsDelta;
pub use crate::control::store::append::RevisionDefinitions;
pub use crate::control::store::append::StoredDefinitions;
pub use crate::control::store::error::StoreError;
pub use crate::control::store::error::VerifyError;
pub use crate::control::store::query::At;
pub use crate::control::store::query::EventPage;
pub use crate::control::store::query::EventQuery;
pub use crate::control::store::query::StoreEpoch;
pub use crate::control::store::query::StoredEnvironment;
pub use crate::control::store::query::StoredRevision;
pub use crate::control::store::record::Record;
pub use crate::control::store::record::RecordChange;
pub use crate::control::store::record::RecordKind;
pub use crate::control::store::sqlite::SqliteStore;
pub use crate::control::store::sqlite::backup_data_dir as backup;
pub use crate::control::store::sqlite::restore;
pub use crate::control::store::step::Step;
pub use crate::control::store::step::StepHook;
pub use crate::control::store::verbs::Store;
pub use crate::control::store::verbs::StoreReader;
