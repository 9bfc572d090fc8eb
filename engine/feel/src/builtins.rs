//! The built-in functions (DMN 10.3.4), a file for each area.

mod boolean;
mod context;
mod conversion;
mod list;
mod number;
mod pattern;
mod range;
mod regular_expression;
mod sort;
mod statistics;
mod string;
mod temporal;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::{Evaluation, EvaluationError, Value};

pub(crate) use regular_expression::PatternCache;

type Evaluated = Result<Value, EvaluationError>;
type Body = fn(&mut Evaluation, &[Value]) -> Evaluated;

/// A built-in function.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    signatures: &'static [Signature],
}

/// One way to call a function. Several may have the same number of parameters: then the first one counts for arguments
/// by position, and the names decide for named ones.
struct Signature {
    parameters: &'static [&'static str],
    /// How many of the parameters an argument is needed for.
    required: usize,
    /// Whether the last parameter takes any number of arguments by position.
    variadic: bool,
    body: Body,
}

const fn fixed(parameters: &'static [&'static str], body: Body) -> Signature {
    optional(parameters, parameters.len(), body)
}

const fn optional(parameters: &'static [&'static str], required: usize, body: Body) -> Signature {
    Signature {
        parameters,
        required,
        variadic: false,
        body,
    }
}

const fn variadic(parameters: &'static [&'static str], body: Body) -> Signature {
    Signature {
        parameters,
        required: parameters.len(),
        variadic: true,
        body,
    }
}

const fn function(name: &'static str, signatures: &'static [Signature]) -> Builtin {
    Builtin { name, signatures }
}

static AREAS: [&[Builtin]; 10] = [
    boolean::FUNCTIONS,
    context::FUNCTIONS,
    conversion::FUNCTIONS,
    list::FUNCTIONS,
    number::FUNCTIONS,
    pattern::FUNCTIONS,
    range::FUNCTIONS,
    statistics::FUNCTIONS,
    string::FUNCTIONS,
    temporal::FUNCTIONS,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Builtin>> = LazyLock::new(|| {
    AREAS
        .iter()
        .flat_map(|area| area.iter())
        .map(|builtin| (builtin.name, builtin))
        .collect()
});

/// The function of that name.
pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    BY_NAME.get(name).copied()
}

/// The names of all functions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    AREAS.iter().flat_map(|area| area.iter()).map(|builtin| builtin.name)
}

impl Builtin {
    /// Whether so many arguments can be given by position.
    pub(crate) fn takes(&self, count: usize) -> bool {
        self.by_position(count).is_some()
    }

    fn by_position(&self, count: usize) -> Option<&'static Signature> {
        self.signatures.iter().find(|signature| {
            count >= signature.required && (signature.variadic || count <= signature.parameters.len())
        })
    }

    pub(crate) fn call(&self, evaluation: &mut Evaluation, arguments: Vec<Value>) -> Evaluated {
        match self.by_position(arguments.len()) {
            Some(signature) => signature.call(evaluation, arguments),
            None => evaluation.null(format!("{} does not take {} arguments", self.name, arguments.len())),
        }
    }

    pub(crate) fn call_named(&self, evaluation: &mut Evaluation, arguments: Vec<(&str, Value)>) -> Evaluated {
        // `point` and `range` may be given in both orders, which means two things: then they count as written.
        let as_written = self
            .signatures
            .iter()
            .filter(|signature| signature.is_written_so(&arguments));
        for signature in as_written.chain(self.signatures) {
            if let Some(values) = signature.in_order(&arguments) {
                return signature.call(evaluation, values);
            }
        }
        evaluation.null(format!("{} has no parameters of these names", self.name))
    }
}

/// Parameters that take any value, a list or a function. Of the others, a list of one item counts as that item.
const UNCOERCED: [&str; 15] = [
    "list", "element", "item", "newItem", "match", "precedes", "value", "value1", "value2", "entries", "contexts",
    "keys", "", "position", "from",
];

impl Signature {
    fn call(&self, evaluation: &mut Evaluation, mut arguments: Vec<Value>) -> Evaluated {
        for (argument, parameter) in arguments.iter_mut().zip(self.parameters) {
            let is_text = *parameter == "match" && self.parameters.first() == Some(&"string");
            if (is_text || !UNCOERCED.contains(parameter))
                && let Value::List(list) = argument
                && let [single] = list.as_slice()
            {
                let single = single.clone();
                *argument = single;
            }
        }
        (self.body)(evaluation, &arguments)
    }

    /// Whether the names of the arguments are those of the parameters in their order.
    fn is_written_so(&self, arguments: &[(&str, Value)]) -> bool {
        self.parameters.len() == arguments.len()
            && self
                .parameters
                .iter()
                .zip(arguments)
                .all(|(own, (given, _))| own == given)
    }

    /// The arguments in the order of the parameters, up to the last one given; `None` when the names do not fit.
    fn in_order(&self, arguments: &[(&str, Value)]) -> Option<Vec<Value>> {
        let mut values: Vec<Option<Value>> = vec![None; self.parameters.len()];
        for (name, value) in arguments {
            let index = self.parameters.iter().position(|parameter| parameter == name)?;
            if values[index].replace(value.clone()).is_some() {
                return None;
            }
        }
        if values.iter().take(self.required).any(Option::is_none) {
            return None;
        }
        while values.last().is_some_and(Option::is_none) {
            values.pop();
        }
        Some(values.into_iter().map(Option::unwrap_or_default).collect())
    }
}

impl Evaluation {
    /// Null, because an argument is not what the function takes.
    fn unfit(&mut self, function: &str, argument: &Value) -> Evaluated {
        if argument.is_null() {
            return Ok(Value::Null);
        }
        self.null(format!("{function} does not take {} here", argument.kind_name()))
    }
}
