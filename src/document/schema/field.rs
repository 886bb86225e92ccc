//! The types of schemas: objects, their fields and the types of fields.

/// The schema of an object.
#[derive(Debug)]
pub struct ObjectSchema {
    /// The name.
    pub name: &'static str,
    /// The fields.
    pub fields: &'static [FieldSchema],
    /// The names of the required fields.
    pub required: &'static [&'static str],
    /// Exactly one of these fields is required, unless empty.
    pub one_of: &'static [&'static str],
}

/// The schema of one field.
#[derive(Debug)]
pub struct FieldSchema {
    /// The name.
    pub name: &'static str,
    /// The type of the value.
    pub field_type: FieldType,
    /// The description, a sentence of Markdown.
    pub description: &'static str,
}

/// The type of a field's value.
#[derive(Debug)]
pub enum FieldType {
    /// Any value.
    Anything,
    /// A string that is not empty.
    Text,
    /// A string that is not empty and does not begin with this prefix.
    TextWithoutPrefix(&'static str),
    /// One string that is not empty, or a list of at least one.
    TextOrList,
    /// A string; null counts as absent.
    OptionalText,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// One of these strings; null counts as absent.
    OptionalChoice(&'static [&'static str]),
    /// A string that begins with a date, such as 2026-06-01; null counts as absent.
    Date,
    /// A date, or a timestamp with a time zone.
    DateTime,
    /// A boolean; null counts as absent.
    OptionalBool,
    /// A number within these bounds, inclusive.
    Number(f64, f64),
    /// A whole number within these bounds, inclusive.
    Integer(f64, f64),
    /// An object with any keys; null counts as absent.
    AnyObject,
    /// An object with at least one weight by name, up to this maximum.
    Weights(f64),
    /// A rule that yields the name of a variant.
    Targeting,
    /// A rule or a boolean; null counts as absent.
    Condition,
    /// An object of rules by name; null counts as absent.
    Rules,
    /// An object of conditions by name; null counts as absent.
    Rings,
    /// An object of flags by key, or a list of flags with keys; null counts as absent.
    Flags,
    /// A string such as `15m` or `1h30m`.
    Duration,
    /// A string, or a list of strings, which may be empty; null counts as absent.
    OptionalTextOrList,
    /// A percentage, or a list of at least one.
    Percentages,
    /// A plan of a rollout in one of its forms; null counts as absent.
    Plan,
    /// An object.
    Object(&'static ObjectSchema),
    /// An object; null counts as absent.
    OptionalObject(&'static ObjectSchema),
    /// An object or a list of objects; null counts as absent.
    ObjectOrList(&'static ObjectSchema),
}

impl ObjectSchema {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&FieldSchema> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field of this name, ignoring case.
    pub fn field_ignore_case(&self, name: &str) -> Option<&FieldSchema> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The names of all fields.
    pub fn field_names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.fields.iter().map(|field| field.name)
    }
}
