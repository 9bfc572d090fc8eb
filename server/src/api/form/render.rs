//! Forms whose fields stand in the model, as XHTML that the JavaScript form library of Camunda 7 binds to variables.

use flowstone_bpmn::model::{Bound, ConstraintRule, FieldType, FormData, FormField};
use flowstone_core::FormVariable;
use flowstone_expression::{TypedValue, Value};

/// A form with what a person sees in its fields. `None` when it has no fields.
pub(super) fn render(form: &FormData, variables: &[FormVariable]) -> Option<String> {
    if form.fields.is_empty() {
        return None;
    }
    let mut page = Page::default();
    page.open("form", &[("name", "generatedForm"), ("role", "form")]);
    for (field, variable) in form.fields.iter().zip(variables) {
        page.open("div", &[("class", "form-group")]);
        page.open("label", &[("for", &field.id)]);
        page.text(variable.label.as_deref().unwrap_or(&field.id));
        page.close("label");
        let is_business_key = form.business_key.as_ref() == Some(&field.id);
        page.control(field, &shown(&variable.value), is_business_key);
        page.close("div");
    }
    page.close("form");
    Some(page.0)
}

fn shown(value: &TypedValue) -> String {
    // The values of fields are texts, numbers and truth values, which all have a text.
    Value::from(value).to_text().unwrap_or_default()
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.begin(name, attributes);
        self.0.push('>');
    }

    /// An element without content.
    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.begin(name, attributes);
        self.0.push_str(" />");
    }

    fn begin(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            self.0.push(' ');
            self.0.push_str(attribute);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// Text that means nothing as markup. What XML cannot express at all is left out.
    fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\t' | '\n' | '\r' => self.0.push_str(&format!("&#{};", u32::from(character))),
                '\u{fffe}' | '\u{ffff}' => {}
                control if control < ' ' => {}
                other => self.0.push(other),
            }
        }
    }

    fn control(&mut self, field: &FormField, value: &str, is_business_key: bool) {
        let variable_type = match field.field_type {
            FieldType::String | FieldType::Enum(_) => "String",
            FieldType::Long => "Long",
            FieldType::Boolean => "Boolean",
            FieldType::Date(_) => "Date",
        };
        let mut attributes = vec![
            ("id", field.id.as_str()),
            ("name", &field.id),
            ("class", "form-control"),
            ("cam-variable-name", &field.id),
            ("cam-variable-type", variable_type),
        ];
        if is_business_key {
            attributes.push(("cam-business-key", "true"));
        }
        let constraints = constraints(field);
        attributes.extend(constraints.iter().map(|(name, value)| (*name, value.as_str())));
        match &field.field_type {
            FieldType::Enum(values) => {
                self.open("select", &attributes);
                for known in values {
                    let mut option = vec![("value", known.id.as_str())];
                    if known.id == value {
                        option.push(("selected", "selected"));
                    }
                    self.open("option", &option);
                    self.text(known.name.as_deref().unwrap_or(&known.id));
                    self.close("option");
                }
                self.close("select");
            }
            FieldType::Boolean => {
                attributes.push(("type", "checkbox"));
                if value == "true" {
                    attributes.push(("checked", "checked"));
                }
                self.empty("input", &attributes);
            }
            FieldType::Date(pattern) => {
                attributes.extend([("type", "text"), ("placeholder", pattern.source()), ("value", value)]);
                self.empty("input", &attributes);
            }
            FieldType::Long => {
                attributes.extend([("type", "number"), ("value", value)]);
                self.empty("input", &attributes);
            }
            FieldType::String => {
                attributes.extend([("type", "text"), ("value", value)]);
                self.empty("input", &attributes);
            }
        }
    }
}

/// The constraints of a field as far as a browser can check them.
fn constraints(field: &FormField) -> Vec<(&'static str, String)> {
    let number = |bound: &Bound| match bound {
        Bound::Whole(number) => number.to_string(),
        Bound::Fraction(number) => number.to_string(),
    };
    let known = field
        .constraints
        .iter()
        .filter_map(|constraint| match &constraint.rule {
            ConstraintRule::Required => Some(("required", "required".to_owned())),
            ConstraintRule::ReadOnly => Some(("readonly", "readonly".to_owned())),
            ConstraintRule::Min(bound) => Some(("min", number(bound))),
            ConstraintRule::Max(bound) => Some(("max", number(bound))),
            ConstraintRule::MinLength(length) => Some(("minlength", length.to_string())),
            ConstraintRule::MaxLength(length) => Some(("maxlength", length.to_string())),
            ConstraintRule::Unusable => None,
        });
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for (name, value) in known {
        // An attribute may stand only once.
        if found.iter().all(|(other, _)| *other != name) {
            found.push((name, value));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use flowstone_bpmn::model::{Constraint, EnumValue};
    use flowstone_expression::DatePattern;

    use super::*;

    fn page(field_type: FieldType, rules: Vec<ConstraintRule>, value: impl Into<TypedValue>) -> String {
        let constraint = |rule| Constraint {
            name: String::new(),
            config: None,
            rule,
        };
        let field = FormField {
            id: "f".to_owned(),
            label: None,
            field_type,
            default: None,
            constraints: rules.into_iter().map(constraint).collect(),
            properties: Vec::new(),
        };
        let variable = FormVariable {
            name: "f".to_owned(),
            label: Some("A & B".to_owned()),
            type_name: "String",
            value: value.into(),
        };
        let form = FormData {
            fields: vec![field],
            ..FormData::default()
        };
        let page = render(&form, &[variable]).expect("a form with a field");
        let page = page.strip_prefix(
            r#"<form name="generatedForm" role="form"><div class="form-group"><label for="f">A &amp; B</label>"#,
        );
        let page = page.and_then(|page| page.strip_suffix("</div></form>"));
        page.expect("a form around the control").to_owned()
    }

    #[test]
    fn each_type_has_its_control() {
        let common = |variable_type: &str| {
            format!(r#"id="f" name="f" class="form-control" cam-variable-name="f" cam-variable-type="{variable_type}""#)
        };
        let date = FieldType::Date(DatePattern::parse("dd/MM/yyyy").expect("a pattern"));
        let colour = |id: &str, name: Option<&str>| EnumValue {
            id: id.to_owned(),
            name: name.map(str::to_owned),
        };
        let colours = vec![colour("r", Some("Red")), colour("b", None)];
        for (page, expected) in [
            (
                page(FieldType::String, Vec::new(), "x"),
                format!(r#"<input {} type="text" value="x" />"#, common("String")),
            ),
            (
                page(FieldType::Long, Vec::new(), 5_i64),
                format!(r#"<input {} type="number" value="5" />"#, common("Long")),
            ),
            (
                page(FieldType::Boolean, Vec::new(), true),
                format!(r#"<input {} type="checkbox" checked="checked" />"#, common("Boolean")),
            ),
            (
                page(FieldType::Boolean, Vec::new(), TypedValue::Null),
                format!(r#"<input {} type="checkbox" />"#, common("Boolean")),
            ),
            (
                page(date, Vec::new(), "05/02/2026"),
                format!(
                    r#"<input {} type="text" placeholder="dd/MM/yyyy" value="05/02/2026" />"#,
                    common("Date")
                ),
            ),
            (
                page(FieldType::Enum(colours), Vec::new(), "b"),
                format!(
                    r#"<select {}><option value="r">Red</option><option value="b" selected="selected">b</option></select>"#,
                    common("String")
                ),
            ),
        ] {
            assert_eq!(page, expected);
        }
    }

    #[test]
    fn browsers_are_told_the_constraints() {
        let rules = vec![
            ConstraintRule::Required,
            ConstraintRule::ReadOnly,
            ConstraintRule::Min(Bound::Whole(1)),
            ConstraintRule::Min(Bound::Whole(2)),
            ConstraintRule::Max(Bound::Fraction(2.5)),
            ConstraintRule::MinLength(3),
            ConstraintRule::MaxLength(4),
            ConstraintRule::Unusable,
        ];
        let page = page(FieldType::String, rules, "");
        let expected =
            r#""String" required="required" readonly="readonly" min="1" max="2.5" minlength="3" maxlength="4" type="#;
        assert!(page.contains(expected), "{page}");
    }

    #[test]
    fn values_are_no_markup() {
        let page = page(FieldType::String, Vec::new(), "\"><script>'&\u{0}\n");
        assert!(
            page.contains(r#"value="&quot;&gt;&lt;script&gt;&#39;&amp;&#10;""#),
            "{page}"
        );
    }

    #[test]
    fn without_fields_there_is_nothing_to_render() {
        assert_eq!(render(&FormData::default(), &[]), None);
    }
}
