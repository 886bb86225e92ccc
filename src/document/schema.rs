//! Schemas of the objects in a flag document: the parser and the JSON Schema for editors use the same tables.

mod annotation;
mod field;
mod objects;

pub use crate::document::schema::annotation::ANNOTATION_PATTERN;
pub use crate::document::schema::annotation::is_annotation;
pub use crate::document::schema::field::FieldSchema;
pub use crate::document::schema::field::FieldType;
pub use crate::document::schema::field::ObjectSchema;
pub use crate::document::schema::objects::DOCUMENT;
pub use crate::document::schema::objects::FLAG;
pub use crate::document::schema::objects::LIFECYCLE;
pub use crate::document::schema::objects::PREREQUISITE;
pub use crate::document::schema::objects::RAMP;
pub use crate::document::schema::objects::REGION;
pub use crate::document::schema::objects::ROLLOUT;
pub use crate::document::schema::objects::ROLLOUT_FIELDS;
