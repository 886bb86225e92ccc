//! The members that objects of a document may have, what they may be, and what they are for.
//!
//! Whoever reads a document asks here whether a member is known, and the schema for editors is made of it, so that both
//! know the same members.

mod objects;

pub use crate::document::schema::objects::DOCUMENT;
pub use crate::document::schema::objects::FLAG;
pub use crate::document::schema::objects::LIFECYCLE;
pub use crate::document::schema::objects::PREREQUISITE;
pub use crate::document::schema::objects::RAMP;
pub use crate::document::schema::objects::REGION;
pub use crate::document::schema::objects::ROLLOUT;
pub use crate::document::schema::objects::ROLLOUT_FIELDS;

/// An object with members of its own.
#[derive(Debug)]
pub struct ObjectSchema {
    /// What it is called.
    pub name: &'static str,
    /// Its members.
    pub fields: &'static [FieldSchema],
    /// Those that have to be there.
    pub required: &'static [&'static str],
    /// Of these there has to be exactly one, if there are any.
    pub one_of: &'static [&'static str],
}

/// A member of an object.
#[derive(Debug)]
pub struct FieldSchema {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub field_type: FieldType,
    /// What it is for, in a sentence of Markdown.
    pub description: &'static str,
}

/// What a member may be.
#[derive(Debug)]
pub enum FieldType {
    /// Anything.
    Anything,
    /// A string that is not empty.
    Text,
    /// A string that is not empty and does not begin so.
    TextWithoutPrefix(&'static str),
    /// One string that is not empty, or a list of at least one.
    TextOrList,
    /// A string; null is as good as nothing.
    OptionalText,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// The same; null is as good as nothing.
    OptionalChoice(&'static [&'static str]),
    /// A string that begins with a date, such as 2026-06-01; null is as good as nothing.
    Date,
    /// A date, or a point in time with its zone.
    DateTime,
    /// A boolean; null is as good as nothing.
    OptionalBool,
    /// A number from here to there.
    Number(f64, f64),
    /// A whole number from here to there.
    Integer(f64, f64),
    /// An object of any names; null is as good as nothing.
    AnyObject,
    /// An object of at least one weight by name.
    Weights(f64),
    /// What yields the name of a variant.
    Targeting,
    /// A rule or a boolean; null is as good as nothing.
    Condition,
    /// An object of rules by name; null is as good as nothing.
    Rules,
    /// An object of conditions by name; null is as good as nothing.
    Rings,
    /// An object of flags by key, or a list of flags with keys; null is as good as nothing.
    Flags,
    /// An object.
    Object(&'static ObjectSchema),
    /// An object; null is as good as nothing.
    OptionalObject(&'static ObjectSchema),
    /// An object or a list of objects; null is as good as nothing.
    ObjectOrList(&'static ObjectSchema),
}

impl ObjectSchema {
    /// The member of this name.
    pub fn field(&self, name: &str) -> Option<&FieldSchema> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The member of this name, in letters of any case.
    pub fn field_ignore_case(&self, name: &str) -> Option<&FieldSchema> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The names of all members.
    pub fn field_names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name)
    }
}
