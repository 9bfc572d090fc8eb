//! Texts of the file turned into values of the model.

use flowstone_expression::Expression;

use super::Reader;
use crate::codes;
use crate::problems::Problem;
use crate::xml::{Element, Value};

impl Reader<'_, '_, '_> {
    /// Compiles an expression; a syntax error becomes a problem of the element `id`.
    pub(super) fn expression(&mut self, value: Value<'_>, id: Option<&str>) -> Option<Expression> {
        match Expression::parse(value.text) {
            Ok(expression) => Some(expression),
            Err(error) => {
                let message = error.message.trim_end_matches('.');
                self.problems.error(
                    Problem::new(
                        codes::INVALID_EXPRESSION,
                        value.place(error.offset),
                        format!("The expression '{}' is invalid: {message}.", shortened(value.text)),
                        "Correct the expression.",
                    )
                    .at(id),
                );
                None
            }
        }
    }

    /// The expression in a vendor attribute; absent when the attribute is absent or empty.
    pub(super) fn expression_attribute(&mut self, element: &Element<'_>, name: &str) -> Option<Expression> {
        let value = element
            .vendor_attribute(name)
            .filter(|value| !value.text.trim().is_empty())?;
        self.expression(value, element.id())
    }

    /// A comma-separated list, each item an expression; commas inside `${…}` do not separate.
    pub(super) fn expression_list(&mut self, value: Value<'_>, id: Option<&str>) -> Vec<Expression> {
        split_list(value)
            .into_iter()
            .filter_map(|item| self.expression(item, id))
            .collect()
    }

    /// The expressions of a vendor attribute that holds a comma-separated list.
    pub(super) fn expression_list_attribute(&mut self, element: &Element<'_>, name: &str) -> Vec<Expression> {
        element
            .vendor_attribute(name)
            .map_or_else(Vec::new, |value| self.expression_list(value, element.id()))
    }

    /// A number or an expression that yields one.
    pub(super) fn number_expression(&mut self, value: Value<'_>, name: &str, id: Option<&str>) -> Option<Expression> {
        let expression = self.expression(value.trimmed(), id)?;
        if expression.literal().is_some_and(|text| text.parse::<i64>().is_err()) {
            self.problems.error(
                Problem::new(
                    codes::INVALID_NUMBER,
                    value.span,
                    format!("'{}' is not a valid whole number for '{name}'.", shortened(value.text)),
                    "Write a whole number, or an expression that yields one.",
                )
                .at(id),
            );
            return None;
        }
        Some(expression)
    }

    /// An XML Schema boolean.
    pub(super) fn flag(&mut self, value: Option<Value<'_>>, default: bool, name: &str, id: Option<&str>) -> bool {
        let Some(value) = value else { return default };
        match value.text.trim() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                self.problems.error(
                    Problem::new(
                        codes::INVALID_BOOLEAN,
                        value.span,
                        format!("'{}' is neither true nor false for '{name}'.", shortened(value.text)),
                        "Write 'true' or 'false'.",
                    )
                    .at(id),
                );
                default
            }
        }
    }
}

/// Enough of a text to recognise it in a message.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

pub(super) fn split_list(value: Value<'_>) -> Vec<Value<'_>> {
    let mut items = Vec::new();
    let mut depth = 0usize;
    let mut start = 0;
    for (offset, character) in value.text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push((start, offset));
                start = offset + 1;
            }
            _ => {}
        }
    }
    items.push((start, value.text.len()));
    let part = |(from, to): (usize, usize)| {
        let span = if value.is_verbatim() {
            (value.span.0 + from, value.span.0 + to)
        } else {
            value.span
        };
        Value {
            text: &value.text[from..to],
            span,
        }
        .trimmed()
    };
    items
        .into_iter()
        .map(part)
        .filter(|item| !item.text.is_empty())
        .collect()
}
