//! Boxed expressions (DMN 10.2): the logic of decisions and of business knowledge models.

use std::sync::Arc;

use flowstone_feel::{Context, Evaluation, EvaluationError, Function, List, Parameter, Scope, Type, Value};

use crate::formula::Formula;
use crate::item_type::ItemType;
use crate::table::Table;

/// A boxed expression. The reader bounds how deep they nest.
#[derive(Debug)]
pub(crate) enum Boxed {
    /// No logic: null.
    Nothing,
    /// Logic that cannot be computed: null, for this reason.
    Invalid(String),
    Literal(Formula),
    Table(Table),
    Context(Vec<Entry>),
    Relation {
        columns: Vec<Arc<str>>,
        rows: Vec<Vec<Boxed>>,
    },
    List(Vec<Boxed>),
    Function(Arc<Definition>),
    Invocation {
        callee: Box<Boxed>,
        bindings: Vec<(Arc<str>, Boxed)>,
    },
    Conditional {
        condition: Box<Boxed>,
        then: Box<Boxed>,
        otherwise: Box<Boxed>,
    },
    Iteration {
        kind: Iteration,
        variable: Arc<str>,
        over: Box<Boxed>,
        each: Box<Boxed>,
    },
    Filter {
        over: Box<Boxed>,
        matching: Box<Boxed>,
    },
}

/// What an iteration makes of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Iteration {
    /// The list of their values.
    For,
    /// Whether one of them is true.
    Some,
    /// Whether all of them are true.
    Every,
}

/// An entry of a context; without a name it is the result of the context.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) expected: ItemType,
    pub(crate) value: Boxed,
}

/// A function definition.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) parameters: Vec<(Arc<str>, ItemType)>,
    pub(crate) body: Boxed,
}

impl Definition {
    /// Computes the body with arguments in the order of the parameters.
    pub(crate) fn call(
        &self,
        arguments: Vec<Value>,
        scope: &Scope,
        evaluation: &mut Evaluation,
    ) -> Result<Value, EvaluationError> {
        let mut inner = scope.clone();
        for ((name, expected), argument) in self.parameters.iter().zip(arguments) {
            let argument = expected.coerce(argument, name, evaluation)?;
            inner = inner.with(name.clone(), argument);
        }
        self.body.evaluate(&inner, evaluation)
    }

    pub(crate) fn declared_parameters(&self) -> Vec<Parameter> {
        let parameters = self.parameters.iter();
        parameters
            .map(|(name, expected)| Parameter::typed(name.clone(), expected.pattern.clone()))
            .collect()
    }
}

/// The function value of a definition. It can call itself under `own_name`.
fn function(definition: &Arc<Definition>, scope: &Scope, own_name: Option<Arc<str>>) -> Function {
    let (body, outer) = (definition.clone(), scope.clone());
    let name = own_name.clone().unwrap_or_else(|| "function".into());
    Function::external(
        name,
        definition.declared_parameters(),
        Type::Any,
        move |arguments, evaluation| {
            let scope = match &own_name {
                Some(name) => outer.with(name.clone(), function(&body, &outer, own_name.clone())),
                None => outer.clone(),
            };
            body.call(arguments, &scope, evaluation)
        },
    )
}

impl Boxed {
    /// Computes the value.
    pub(crate) fn evaluate(&self, scope: &Scope, evaluation: &mut Evaluation) -> Result<Value, EvaluationError> {
        evaluation.spend(1)?;
        evaluation.nested(|evaluation| self.value(scope, evaluation))
    }

    fn value(&self, scope: &Scope, evaluation: &mut Evaluation) -> Result<Value, EvaluationError> {
        match self {
            Self::Nothing => Ok(Value::Null),
            Self::Invalid(reason) => {
                evaluation.warn(reason.clone());
                Ok(Value::Null)
            }
            Self::Literal(formula) => formula.evaluate(scope, evaluation),
            Self::Table(table) => Ok(table.evaluate(scope, evaluation)?.value),
            Self::Context(entries) => context(entries, scope, evaluation),
            Self::Relation { columns, rows } => {
                let mut list = Vec::with_capacity(rows.len());
                for row in rows {
                    let mut context = Context::new();
                    for (column, cell) in columns.iter().zip(row) {
                        context.insert(column.clone(), cell.evaluate(scope, evaluation)?);
                    }
                    list.push(Value::from(context));
                }
                Ok(Value::from(list))
            }
            Self::List(items) => {
                let items: Result<Vec<Value>, EvaluationError> =
                    items.iter().map(|item| item.evaluate(scope, evaluation)).collect();
                Ok(Value::from(items?))
            }
            Self::Function(definition) => Ok(function(definition, scope, None).into()),
            Self::Invocation { callee, bindings } => invocation(callee, bindings, scope, evaluation),
            Self::Conditional {
                condition,
                then,
                otherwise,
            } => {
                if condition.evaluate(scope, evaluation)?.is_true() {
                    then.evaluate(scope, evaluation)
                } else {
                    otherwise.evaluate(scope, evaluation)
                }
            }
            Self::Iteration {
                kind,
                variable,
                over,
                each,
            } => {
                let items = over.evaluate(scope, evaluation)?;
                iteration(*kind, variable, &items, each, scope, evaluation)
            }
            Self::Filter { over, matching } => {
                let items = over.evaluate(scope, evaluation)?;
                filter(items, matching, scope, evaluation)
            }
        }
    }
}

fn context(entries: &[Entry], scope: &Scope, evaluation: &mut Evaluation) -> Result<Value, EvaluationError> {
    let mut context = Context::new();
    let mut inner = scope.clone();
    for entry in entries {
        let value = match (&entry.value, &entry.name) {
            (Boxed::Function(definition), Some(name)) => function(definition, &inner, Some(name.clone())).into(),
            (value, _) => value.evaluate(&inner, evaluation)?,
        };
        let Some(name) = &entry.name else {
            return Ok(value);
        };
        let value = entry.expected.coerce(value, name, evaluation)?;
        inner = inner.with(name.clone(), value.clone());
        context.insert(name.clone(), value);
    }
    Ok(context.into())
}

fn invocation(
    callee: &Boxed,
    bindings: &[(Arc<str>, Boxed)],
    scope: &Scope,
    evaluation: &mut Evaluation,
) -> Result<Value, EvaluationError> {
    let called = callee.evaluate(scope, evaluation)?;
    let mut arguments = Vec::with_capacity(bindings.len());
    for (name, value) in bindings {
        arguments.push((&**name, value.evaluate(scope, evaluation)?));
    }
    match called {
        Value::Function(function) => evaluation.call_named(&function, arguments),
        other => {
            evaluation.warn(format!(
                "an invocation calls {}, which is not a function",
                other.kind_name()
            ));
            Ok(Value::Null)
        }
    }
}

/// The items to go through: those of a list, or what lies in a range.
fn items_of(value: &Value, evaluation: &mut Evaluation) -> Result<Option<Vec<Value>>, EvaluationError> {
    match value {
        Value::List(list) => Ok(Some(list.as_slice().to_vec())),
        Value::Range(range) => evaluation.items_of_range(range),
        other => {
            evaluation.warn(format!(
                "an iteration goes over {}, which is not a list",
                other.kind_name()
            ));
            Ok(None)
        }
    }
}

fn iteration(
    kind: Iteration,
    variable: &Arc<str>,
    over: &Value,
    each: &Boxed,
    scope: &Scope,
    evaluation: &mut Evaluation,
) -> Result<Value, EvaluationError> {
    let Some(items) = items_of(over, evaluation)? else {
        return Ok(Value::Null);
    };
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let mut inner = scope.with(variable.clone(), item);
        if kind == Iteration::For {
            evaluation.spend(values.len() as u64 / 16)?;
            inner = inner.with("partial", List::new(values.clone()));
        }
        values.push(each.evaluate(&inner, evaluation)?);
    }
    let found = |wanted: bool| {
        values
            .iter()
            .any(|value| matches!(value, Value::Boolean(is) if *is == wanted))
    };
    let all_known = values.iter().all(|value| matches!(value, Value::Boolean(_)));
    Ok(match kind {
        Iteration::For => Value::from(values),
        Iteration::Some if found(true) => true.into(),
        Iteration::Every if found(false) => false.into(),
        Iteration::Some | Iteration::Every if !all_known => Value::Null,
        Iteration::Some => false.into(),
        Iteration::Every => true.into(),
    })
}

/// The items that match. Unlike the filter of an expression this one takes nothing but lists and truth values.
fn filter(over: Value, matching: &Boxed, scope: &Scope, evaluation: &mut Evaluation) -> Result<Value, EvaluationError> {
    let Value::List(items) = over else {
        if !over.is_null() {
            evaluation.warn(format!("a filter goes over {}, which is not a list", over.kind_name()));
        }
        return Ok(Value::Null);
    };
    let mut kept = Vec::new();
    for item in items.iter() {
        let mut inner = scope.with("item", item.clone());
        if let Value::Context(context) = item {
            inner = inner.with_context(context.clone());
        }
        match matching.evaluate(&inner, evaluation)? {
            Value::Boolean(true) => kept.push(item.clone()),
            Value::Boolean(false) | Value::Null => {}
            other => {
                evaluation.warn(format!(
                    "the condition of a filter is {}, which is not a boolean",
                    other.kind_name()
                ));
                return Ok(Value::Null);
            }
        }
    }
    Ok(Value::from(kept))
}
