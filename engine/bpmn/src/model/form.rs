//! Forms whose fields stand in the model (vendor elements `formData` and `formProperty`).

use flowstone_expression::{DatePattern, Expression};

/// The fields that a user task or start event asks for. They are looked at when its form is submitted, not when the
/// task is completed or the instance started in another way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FormData {
    /// The fields, in document order.
    pub fields: Vec<FormField>,
    /// Fields in the older form, which are looked at before the others.
    pub properties: Vec<FormProperty>,
    /// The id of the field that holds the business key of a new instance.
    pub business_key: Option<String>,
}

/// One field (vendor element `formField`).
#[derive(Clone, Debug, PartialEq)]
pub struct FormField {
    /// The variable that it sets.
    pub id: String,
    /// What a person reads beside it.
    pub label: Option<Expression>,
    /// What it holds.
    pub field_type: FieldType,
    /// Its value when nothing is submitted for it.
    pub default: Option<Expression>,
    /// What a submitted value must comply with, in document order.
    pub constraints: Vec<Constraint>,
    /// Data for user interfaces, as pairs of id and value.
    pub properties: Vec<(String, String)>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldType {
    /// A text.
    String,
    /// A whole number of 64 bits.
    Long,
    /// True or false.
    Boolean,
    /// A day or a moment, written in a pattern.
    Date(DatePattern),
    /// One of several values.
    Enum(Vec<EnumValue>),
}

/// One of the values of an [`FieldType::Enum`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumValue {
    /// What the variable receives.
    pub id: String,
    /// What a person reads.
    pub name: Option<String>,
}

/// What a submitted value must comply with (vendor element `constraint`).
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// Its name in the model, such as `maxlength`.
    pub name: String,
    /// Its configuration as it stands in the model.
    pub config: Option<String>,
    /// What it asks for.
    pub rule: ConstraintRule,
}

/// What a [`Constraint`] asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum ConstraintRule {
    /// A value is submitted, or the variable has one.
    Required,
    /// No value is submitted.
    ReadOnly,
    /// A number is not below this.
    Min(Bound),
    /// A number is not above this.
    Max(Bound),
    /// A text has at least this many characters.
    MinLength(usize),
    /// A text has at most this many characters.
    MaxLength(usize),
    /// What cannot be checked: every value is refused. Its deployment was warned of it.
    Unusable,
}

/// The end of a range of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A whole number.
    Whole(i64),
    /// Any other finite number.
    Fraction(f64),
}

/// One field in the older form (vendor element `formProperty`).
#[derive(Clone, Debug, PartialEq)]
pub struct FormProperty {
    /// Under which name it is submitted.
    pub id: String,
    /// What it holds; `None` takes everything as it is.
    pub field_type: Option<FieldType>,
    /// Whether a value must be submitted when there is no default.
    pub required: bool,
    /// Whether a value may be submitted.
    pub writable: bool,
    /// The variable that it sets; `None` when its expression names none, so that nothing can be submitted to it. Its
    /// deployment was warned of it.
    pub variable: Option<String>,
    /// Its value when nothing is submitted.
    pub default: Option<Expression>,
}
