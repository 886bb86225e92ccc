//! Schemas of the objects in a flag document: the parser and the JSON Schema for editors use the same tables.

mod annotation;
mod field;
mod objects;
mod plan_objects;
mod schedule_objects;

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
pub use crate::document::schema::plan_objects::GUARDRAIL;
pub use crate::document::schema::plan_objects::MINIMUM;
pub use crate::document::schema::plan_objects::PLAN;
pub use crate::document::schema::plan_objects::ROLLBACK;
pub use crate::document::schema::plan_objects::STAGE;
pub use crate::document::schema::plan_objects::WHILE_BLIND;
pub use crate::document::schema::plan_objects::WINDOW;
pub use crate::document::schema::schedule_objects::PIPELINE;
pub use crate::document::schema::schedule_objects::PIPELINE_METRIC;
pub use crate::document::schema::schedule_objects::PIPELINE_STAGE;
pub use crate::document::schema::schedule_objects::SCHEDULE;
pub use crate::document::schema::schedule_objects::SCHEDULE_STAGE;
pub use crate::document::schema::schedule_objects::SUCCESS_CRITERIA;
