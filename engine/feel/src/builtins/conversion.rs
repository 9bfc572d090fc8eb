//! Functions that make numbers, texts and ranges out of other values.

use std::fmt::{self, Write};

use super::{Builtin, Evaluated, fixed, function, optional};
use crate::syntax::ast::{Arguments, Node, NodeKind};
use crate::{Evaluation, ExceededLimit, Number, Scope, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function(
        "number",
        &[optional(
            &["from", "grouping separator", "decimal separator"],
            1,
            number,
        )],
    ),
    function("string", &[fixed(&["from"], string)]),
    function("range", &[fixed(&["from"], range)]),
];

fn number(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Value::String(text) = &arguments[0] else {
        return evaluation.unfit("number", &arguments[0]);
    };
    let separator = |index: usize, allowed: &[&str]| match arguments.get(index) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(separator)) if allowed.contains(&&**separator) => Some(Some(separator.to_string())),
        Some(_) => None,
    };
    let (Some(grouping), Some(decimal)) = (separator(1, &[" ", ",", "."]), separator(2, &[",", "."])) else {
        return evaluation.null("`number` takes ` `, `,` or `.` between groups and `,` or `.` before decimals");
    };
    if grouping.is_some() && grouping == decimal {
        return evaluation.null("the separators of `number` must differ");
    }
    evaluation.reserve_text(text.len())?;
    let mut plain = text.to_string();
    if let Some(grouping) = grouping {
        plain = plain.replace(&grouping, "");
    }
    if let Some(decimal) = decimal.filter(|decimal| decimal != ".") {
        plain = plain.replace(&decimal, ".");
    }
    match plain.parse::<Number>() {
        Ok(number) => Ok(number.into()),
        Err(_) => evaluation.null("the text is not a number"),
    }
}

fn string(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match &arguments[0] {
        Value::Null => Ok(Value::Null),
        Value::String(text) => Ok(Value::String(text.clone())),
        other => {
            let weight = other.weight();
            evaluation.spend(weight)?;
            let mut bounded = BoundedText {
                text: String::new(),
                limit: evaluation.text_limit(),
            };
            match write!(bounded, "{other}") {
                Ok(()) => evaluation.text(bounded.text),
                Err(_) => Err(ExceededLimit::StringBytes.into()),
            }
        }
    }
}

/// A text that refuses to grow beyond a limit, because the length of a value's text is not known before.
struct BoundedText {
    text: String,
    limit: usize,
}

impl Write for BoundedText {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.text.len() + part.len() > self.limit {
            return Err(fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

fn range(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Value::String(text) = &arguments[0] else {
        return evaluation.unfit("range", &arguments[0]);
    };
    evaluation.reserve_text(text.len())?;
    let parsed = crate::syntax::parse_range_literal(text)
        .ok()
        .filter(|node| match &node.kind {
            NodeKind::Range(range) => is_literal(&range.start) && is_literal(&range.end),
            _ => false,
        });
    let Some(node) = parsed else {
        return evaluation.null("the text is not a range of literals such as `[1..3]`");
    };
    match evaluation.node(&node, &Scope::new())? {
        Value::Range(range) => {
            let ascends = match (range.start.value(), range.end.value()) {
                (Some(start), Some(end)) => start.compare(end).is_some_and(std::cmp::Ordering::is_le),
                _ => false,
            };
            if ascends {
                return Ok(Value::Range(range));
            }
            evaluation.null("a range must go upwards")
        }
        _ => Ok(Value::Null),
    }
}

/// Whether a node is a literal, or the date, time or duration of a literal text.
fn is_literal(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Literal(value) => !value.is_null(),
        NodeKind::Negate(operand) => matches!(operand.kind, NodeKind::Literal(_)),
        NodeKind::Call(callee, Arguments::Positional(arguments)) => {
            matches!(&callee.kind, NodeKind::Name(name)
                if matches!(&**name, "date" | "time" | "date and time" | "duration"))
                && matches!(arguments.as_slice(), [argument] if matches!(argument.kind, NodeKind::Literal(_)))
        }
        _ => false,
    }
}
