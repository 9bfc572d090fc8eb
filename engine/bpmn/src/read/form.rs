//! The fields of forms: vendor elements `formData` and `formProperty` (bpmn-semantics 1b).

use flowstone_expression::{DatePattern, Expression};

use super::Reader;
use super::value::shortened;
use crate::codes;
use crate::draft::title;
use crate::model::{Bound, Constraint, ConstraintRule, EnumValue, FieldType, FormData, FormField, FormProperty};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Value};

/// How dates are written when a field does not say it.
const DATE_PATTERN: &str = "dd/MM/yyyy";

const TYPES: &str = "Use string, long, boolean, date or enum.";

impl Reader<'_, '_, '_> {
    /// The fields of a start event or user task.
    pub(super) fn form_data(&mut self, index: ElementIndex) -> FormData {
        let tree = self.tree;
        let owner = tree.element(index);
        let mut form = FormData::default();
        if let Some((data_index, data)) = tree.extensions(index).find(|(_, child)| child.is_vendor("formData")) {
            form.business_key = text_of(data, "businessKey");
            let fields = tree
                .children(data_index)
                .filter(|(_, child)| child.is_vendor("formField"));
            form.fields = fields
                .filter_map(|(field_index, field)| self.form_field(field_index, field, owner))
                .collect();
        }
        let properties = tree
            .extensions(index)
            .filter(|(_, child)| child.is_vendor("formProperty"));
        form.properties = properties
            .filter_map(|(property_index, property)| self.form_property(property_index, property, owner))
            .collect();
        form
    }

    fn form_field(&mut self, index: ElementIndex, element: &Element<'_>, owner: &Element<'_>) -> Option<FormField> {
        // All is read before the first fault ends it, so that every fault is reported.
        let id = self.field_id(element, owner);
        if element.attribute("type").is_none() {
            let message = format!("{} has no type.", described(element, owner));
            self.invalid_field(element.span, owner, message, TYPES);
        }
        let field_type = self.field_type(index, element, owner);
        let label = self.field_expression(element, "label", owner);
        let default = self.field_expression(element, "defaultValue", owner);
        let constraints = self.constraints(index, owner);
        let properties = self.field_properties(index);
        Some(FormField {
            id: id?,
            label,
            field_type: field_type?,
            default,
            constraints,
            properties,
        })
    }

    fn form_property(
        &mut self,
        index: ElementIndex,
        element: &Element<'_>,
        owner: &Element<'_>,
    ) -> Option<FormProperty> {
        let id = self.field_id(element, owner);
        let field_type = self.field_type(index, element, owner);
        let required = self.word(element, "required", false, owner);
        // Only what shows forms asks for it.
        self.word(element, "readable", true, owner);
        let writable = self.word(element, "writable", true, owner);
        let default = self.field_expression(element, "default", owner);
        let id = id?;
        let variable = self.property_variable(&id, element, owner);
        Some(FormProperty {
            variable,
            id,
            field_type,
            required,
            writable,
            default,
        })
    }

    fn field_id(&mut self, element: &Element<'_>, owner: &Element<'_>) -> Option<String> {
        let id = element.id().filter(|id| !id.is_empty()).map(str::to_owned);
        if id.is_none() {
            let message = format!("A {} of {} has no id.", element.name, title(owner));
            let advice = "Set its id; the variable gets this name.";
            self.invalid_field(element.span, owner, message, advice);
        }
        id
    }

    fn field_expression(&mut self, element: &Element<'_>, name: &str, owner: &Element<'_>) -> Option<Expression> {
        let value = element.attribute(name)?;
        self.expression(value, owner.id())
    }

    /// The type of a field; `None` when it has none or a wrong one.
    fn field_type(&mut self, index: ElementIndex, element: &Element<'_>, owner: &Element<'_>) -> Option<FieldType> {
        let tree = self.tree;
        let name = element.attribute("type")?;
        match name.text {
            "string" => Some(FieldType::String),
            "long" => Some(FieldType::Long),
            "boolean" => Some(FieldType::Boolean),
            "date" => self.date_type(element, owner),
            "enum" => {
                let values = tree.children(index).filter(|(_, child)| child.is_vendor("value"));
                let values = values.filter_map(|(_, value)| {
                    Some(EnumValue {
                        id: value.id()?.to_owned(),
                        name: text_of(value, "name"),
                    })
                });
                Some(FieldType::Enum(values.collect()))
            }
            unknown => {
                let message = format!(
                    "{} has the unknown type '{}'.",
                    described(element, owner),
                    shortened(unknown)
                );
                self.invalid_field(name.span, owner, message, TYPES);
                None
            }
        }
    }

    fn date_type(&mut self, element: &Element<'_>, owner: &Element<'_>) -> Option<FieldType> {
        let given = element.attribute("datePattern");
        match DatePattern::parse(given.map_or(DATE_PATTERN, |pattern| pattern.text)) {
            Ok(pattern) => Some(FieldType::Date(pattern)),
            Err(error) => {
                let span = given.map_or(element.span, |pattern| pattern.span);
                let message = format!("The datePattern of {} is invalid: {error}.", described(element, owner));
                self.invalid_field(span, owner, message, "Write it like dd/MM/yyyy HH:mm.");
                None
            }
        }
    }

    fn constraints(&mut self, field: ElementIndex, owner: &Element<'_>) -> Vec<Constraint> {
        let tree = self.tree;
        let Some((validation, _)) = tree.children(field).find(|(_, child)| child.is_vendor("validation")) else {
            return Vec::new();
        };
        tree.children(validation)
            .filter(|(_, child)| child.is_vendor("constraint"))
            .filter_map(|(_, constraint)| self.constraint(constraint, tree.element(field), owner))
            .collect()
    }

    fn constraint(&mut self, element: &Element<'_>, field: &Element<'_>, owner: &Element<'_>) -> Option<Constraint> {
        let name = element.attribute("name").map_or("", |name| name.text);
        let config = element.attribute("config");
        let text = config.map_or("", |config| config.text);
        let number = || bound(text).ok_or("is no number");
        let length = || text.parse().map_err(|_| "is no number of characters");
        let rule = match name {
            "required" => Ok(ConstraintRule::Required),
            "readonly" => Ok(ConstraintRule::ReadOnly),
            "min" => number().map(ConstraintRule::Min),
            "max" => number().map(ConstraintRule::Max),
            "minlength" => length().map(ConstraintRule::MinLength),
            "maxlength" => length().map(ConstraintRule::MaxLength),
            "validator" if !text.is_empty() => Err("is Java code"),
            "validator" => {
                let message = format!("A validator of {} names no implementation.", described(field, owner));
                let advice = "Use required, readonly, min, max, minlength or maxlength.";
                self.invalid_field(element.span, owner, message, advice);
                return None;
            }
            unknown => {
                let message = format!(
                    "{} has the unknown constraint '{}'.",
                    described(field, owner),
                    shortened(unknown)
                );
                let advice = "Use required, readonly, min, max, minlength or maxlength.";
                self.invalid_field(element.span, owner, message, advice);
                return None;
            }
        };
        let rule = rule.unwrap_or_else(|problem| {
            let message = format!("'{}' {problem}", shortened(text));
            self.unusable_constraint(config, element, field, owner, &message);
            ConstraintRule::Unusable
        });
        Some(Constraint {
            name: name.to_owned(),
            config: config.map(|config| config.text.to_owned()),
            rule,
        })
    }

    /// The vendor element `properties` of a field.
    fn field_properties(&self, field: ElementIndex) -> Vec<(String, String)> {
        let tree = self.tree;
        let elements = tree
            .children(field)
            .filter(|(_, child)| child.is_vendor("properties"))
            .flat_map(|(properties, _)| tree.children(properties))
            .filter(|(_, child)| child.is_vendor("property"));
        elements
            .filter_map(|(_, property)| Some((property.id()?.to_owned(), text_of(property, "value")?)))
            .collect()
    }

    /// The variable that the older form names, by its name or by an expression that is nothing but a name; else that of
    /// its id.
    fn property_variable(&mut self, id: &str, element: &Element<'_>, owner: &Element<'_>) -> Option<String> {
        if let Some(name) = element.attribute("variable") {
            return Some(name.text.to_owned());
        }
        let Some(expression) = element.attribute("expression") else {
            return Some(id.to_owned());
        };
        let inside = expression
            .text
            .trim()
            .strip_prefix(['#', '$'])
            .and_then(|rest| rest.strip_prefix('{')?.strip_suffix('}'))
            .map_or("", str::trim);
        let is_name = !inside.is_empty() && inside.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        if !is_name {
            let message = format!(
                "{} cannot be stored by the expression '{}'.",
                described(element, owner),
                shortened(expression.text)
            );
            self.problems.warning(
                Problem::new(
                    codes::UNSUPPORTED_ATTRIBUTE,
                    expression.span,
                    message,
                    "Name a variable, like #{total}, and take it apart in a script or listener.",
                )
                .at(owner.id()),
            );
        }
        is_name.then(|| inside.to_owned())
    }

    /// A truth value in any of the words that are allowed here.
    fn word(&mut self, element: &Element<'_>, name: &str, default: bool, owner: &Element<'_>) -> bool {
        let Some(value) = element.attribute(name) else {
            return default;
        };
        match value.text {
            "on" | "yes" | "true" | "enabled" | "active" => true,
            "off" | "no" | "false" | "disabled" | "inactive" => false,
            other => {
                let message = format!(
                    "'{}' is neither true nor false for '{name}' of {}.",
                    shortened(other),
                    described(element, owner)
                );
                self.invalid_field(value.span, owner, message, "Write 'true' or 'false'.");
                default
            }
        }
    }

    fn unusable_constraint(
        &mut self,
        config: Option<Value<'_>>,
        element: &Element<'_>,
        field: &Element<'_>,
        owner: &Element<'_>,
        problem: &str,
    ) {
        let name = element.attribute("name").map_or("", |name| name.text);
        self.problems.warning(
            Problem::new(
                codes::UNUSABLE_CONSTRAINT,
                config.map_or(element.span, |config| config.span),
                format!(
                    "The constraint {name} of {} refuses every value that is submitted: its configuration {problem}.",
                    described(field, owner)
                ),
                "Correct it, or check the value in the process.",
            )
            .at(owner.id()),
        );
    }

    fn invalid_field(&mut self, span: (usize, usize), owner: &Element<'_>, message: String, advice: &str) {
        self.problems
            .error(Problem::new(codes::INVALID_FORM_FIELD, span, message, advice).at(owner.id()));
    }
}

/// A field with its owner, as messages name it.
fn described(field: &Element<'_>, owner: &Element<'_>) -> String {
    match field.id().filter(|id| !id.is_empty()) {
        Some(id) => format!("{} '{}' of {}", field.name, shortened(id), title(owner)),
        None => format!("{} of {}", field.name, title(owner)),
    }
}

fn text_of(element: &Element<'_>, name: &str) -> Option<String> {
    element.attribute(name).map(|value| value.text.to_owned())
}

/// The number that ends a range.
fn bound(text: &str) -> Option<Bound> {
    if let Ok(number) = text.parse() {
        return Some(Bound::Whole(number));
    }
    let fraction = text.parse::<f64>().ok()?;
    fraction.is_finite().then_some(Bound::Fraction(fraction))
}
