//! Decision tables (DMN 8).

use std::cmp::Ordering;
use std::sync::Arc;

use flowstone_feel::{Context, Evaluation, EvaluationError, Expression, Number, Scope, UnaryTests, Value};

use crate::formula::{Formula, Test};
use crate::item_type::ItemType;

/// A decision table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) policy: HitPolicy,
}

/// A column that is tested.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) id: Option<String>,
    pub(crate) label: Option<String>,
    /// How it is called in warnings.
    pub(crate) name: String,
    /// The name of the type of its expression, as written.
    pub(crate) stated: Option<String>,
    /// The name of the value for tests (vendor attribute `inputVariable`).
    pub(crate) variable: Arc<str>,
    /// The value that is tested; `None` is null.
    pub(crate) expression: Option<Formula>,
    pub(crate) expected: ItemType,
    /// The values that may occur.
    pub(crate) allowed: Option<UnaryTests>,
}

/// A column of results.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) id: Option<String>,
    /// What readers call it.
    pub(crate) caption: Option<String>,
    /// Tables with one column may leave it out.
    pub(crate) name: Option<Arc<str>>,
    /// How results are called where a name is needed.
    pub(crate) label: Arc<str>,
    pub(crate) expected: ItemType,
    /// The name of its type, as written.
    pub(crate) stated: Option<String>,
    /// The values that may occur, and as a list, the most important first.
    pub(crate) values: Option<(UnaryTests, Option<Expression>)>,
    pub(crate) default: Option<Formula>,
}

/// A rule: one test for each input, `None` for any value, and one result for each output.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: Option<Arc<str>>,
    pub(crate) tests: Vec<Option<Test>>,
    pub(crate) results: Vec<Option<Formula>>,
}

/// What counts when several rules match (DMN 8.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HitPolicy {
    Unique,
    Any,
    First,
    Priority,
    RuleOrder,
    OutputOrder,
    Collect(Option<Aggregation>),
}

/// What the results of a collecting table are brought together to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregation {
    Sum,
    Minimum,
    Maximum,
    Count,
}

/// What a table came to.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    /// The value of the table.
    pub(crate) value: Value,
    /// The results that count, by output.
    pub(crate) rows: Vec<Hit>,
    /// The values that were tested, by input; none for inputs after one that is not allowed.
    pub(crate) inputs: Vec<Value>,
    /// The matching rules whose results were brought together, where the hit policy does so.
    pub(crate) collected: Option<Vec<Hit>>,
    /// Whether no rule matched and the results are the defaults of the outputs.
    pub(crate) by_default: bool,
}

/// A matching rule, or what stands for several.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) rule: Option<Arc<str>>,
    pub(crate) outputs: Vec<Value>,
}

impl Table {
    pub(crate) fn evaluate(&self, scope: &Scope, evaluation: &mut Evaluation) -> Result<Hits, EvaluationError> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        let hits = if self.inputs(&mut inputs, scope, evaluation)? {
            self.hits(&inputs, scope, evaluation)?
        } else {
            Hits::default()
        };
        Ok(Hits { inputs, ..hits })
    }

    fn hits(&self, inputs: &[Value], scope: &Scope, evaluation: &mut Evaluation) -> Result<Hits, EvaluationError> {
        let mut hits = Vec::new();
        for rule in &self.rules {
            evaluation.spend(1)?;
            if matches(rule, inputs, scope, evaluation)? {
                hits.push(self.results(rule, scope, evaluation)?);
                if self.policy == HitPolicy::First {
                    break;
                }
            }
        }
        if hits.is_empty() {
            return self.nothing_matched(scope, evaluation);
        }
        self.decide(hits, scope, evaluation)
    }

    /// Computes the values to test; false when one of them is not allowed.
    fn inputs(
        &self,
        values: &mut Vec<Value>,
        scope: &Scope,
        evaluation: &mut Evaluation,
    ) -> Result<bool, EvaluationError> {
        for input in &self.inputs {
            let value = match &input.expression {
                Some(formula) => formula.evaluate(scope, evaluation)?,
                None => Value::Null,
            };
            let value = match as_vendors_mean(value, input.stated.as_deref()) {
                Ok(meant) => meant,
                Err(value) => input.expected.coerce(value, &input.name, evaluation)?,
            };
            let is_allowed = match &input.allowed {
                Some(allowed) if !value.is_null() => evaluation.test(allowed, &value, scope)?.is_true(),
                _ => true,
            };
            if !is_allowed {
                evaluation.warn(format!(
                    "the input '{}' has the value {value}, which is not allowed",
                    input.name
                ));
            }
            values.push(value);
            if !is_allowed {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn results(&self, rule: &Rule, scope: &Scope, evaluation: &mut Evaluation) -> Result<Hit, EvaluationError> {
        let mut outputs = Vec::with_capacity(self.outputs.len());
        for (output, result) in self.outputs.iter().zip(&rule.results) {
            let value = match result {
                Some(formula) => formula.evaluate(scope, evaluation)?,
                None => Value::Null,
            };
            outputs.push(self.checked(output, value, scope, evaluation)?);
        }
        Ok(Hit {
            rule: rule.id.clone(),
            outputs,
        })
    }

    fn checked(
        &self,
        output: &Output,
        value: Value,
        scope: &Scope,
        evaluation: &mut Evaluation,
    ) -> Result<Value, EvaluationError> {
        // The type of the only output may be that of the whole result, a list of such values.
        let value = match as_vendors_mean(value, output.stated.as_deref()) {
            Ok(meant) => meant,
            Err(value) if self.outputs.len() > 1 || !self.lists() => {
                output.expected.coerce(value, &output.label, evaluation)?
            }
            Err(value) => value,
        };
        if let Some((allowed, _)) = &output.values
            && !value.is_null()
            && !evaluation.test(allowed, &value, scope)?.is_true()
        {
            evaluation.warn(format!(
                "the output '{}' has the value {value}, which is not allowed",
                output.label
            ));
            return Ok(Value::Null);
        }
        Ok(value)
    }

    /// Whether the value of the table is a list.
    fn lists(&self) -> bool {
        matches!(
            self.policy,
            HitPolicy::RuleOrder | HitPolicy::OutputOrder | HitPolicy::Collect(None)
        )
    }

    fn nothing_matched(&self, scope: &Scope, evaluation: &mut Evaluation) -> Result<Hits, EvaluationError> {
        if self.outputs.iter().any(|output| output.default.is_some()) {
            let mut outputs = Vec::with_capacity(self.outputs.len());
            for output in &self.outputs {
                outputs.push(match &output.default {
                    Some(formula) => formula.evaluate(scope, evaluation)?,
                    None => Value::Null,
                });
            }
            let hit = Hit { rule: None, outputs };
            let value = self.value_of(&hit);
            return Ok(Hits {
                // A default stands for the whole result.
                value,
                rows: vec![hit],
                by_default: true,
                ..Hits::default()
            });
        }
        if self.policy == HitPolicy::Collect(Some(Aggregation::Count)) {
            return self.decide(Vec::new(), scope, evaluation);
        }
        Ok(Hits::default())
    }

    fn value_of(&self, hit: &Hit) -> Value {
        match (&*self.outputs, &*hit.outputs) {
            ([_], [value]) => value.clone(),
            (outputs, values) => outputs
                .iter()
                .zip(values)
                .map(|(output, value)| (output.label.clone(), value.clone()))
                .collect::<Context>()
                .into(),
        }
    }

    fn decide(&self, mut hits: Vec<Hit>, scope: &Scope, evaluation: &mut Evaluation) -> Result<Hits, EvaluationError> {
        let mut collected = None;
        match self.policy {
            HitPolicy::Unique if hits.len() > 1 => {
                evaluation.warn(format!("{} rules match where only one may", hits.len()));
                return Ok(Hits::default());
            }
            HitPolicy::Any if hits.iter().any(|hit| hit.outputs != hits[0].outputs) => {
                evaluation.warn("the matching rules have different results where all must be equal");
                return Ok(Hits::default());
            }
            HitPolicy::Priority | HitPolicy::OutputOrder => self.order(&mut hits, scope, evaluation)?,
            HitPolicy::Collect(Some(aggregation)) => {
                let outputs = (0..self.outputs.len())
                    .map(|column| {
                        let values: Vec<&Value> = hits.iter().map(|hit| &hit.outputs[column]).collect();
                        aggregate(aggregation, &values, evaluation)
                    })
                    .collect();
                collected = Some(std::mem::replace(&mut hits, vec![Hit { rule: None, outputs }]));
            }
            _ => {}
        }
        if self.lists() {
            let value = hits.iter().map(|hit| self.value_of(hit)).collect::<Vec<Value>>().into();
            return Ok(Hits {
                value,
                rows: hits,
                ..Hits::default()
            });
        }
        hits.truncate(1);
        let value = hits.first().map(|hit| self.value_of(hit)).unwrap_or_default();
        Ok(Hits {
            value,
            rows: hits,
            collected,
            ..Hits::default()
        })
    }

    /// Sorts by the order of the allowed values, the first output first. Rules of equal rank keep their order.
    fn order(&self, hits: &mut [Hit], scope: &Scope, evaluation: &mut Evaluation) -> Result<(), EvaluationError> {
        let mut orders: Vec<Vec<Value>> = Vec::with_capacity(self.outputs.len());
        for output in &self.outputs {
            let list = match &output.values {
                Some((_, Some(list))) => evaluation.evaluate(list, scope)?,
                _ => Value::Null,
            };
            orders.push(match list {
                Value::List(list) => list.as_slice().to_vec(),
                _ => Vec::new(),
            });
        }
        evaluation.spend((hits.len() * orders.iter().map(Vec::len).sum::<usize>()) as u64)?;
        let rank = |hit: &Hit| -> Vec<usize> {
            let ranked = orders.iter().zip(&hit.outputs).filter(|(order, _)| !order.is_empty());
            ranked
                .map(|(order, value)| order.iter().position(|one| one == value).unwrap_or(usize::MAX))
                .collect()
        };
        hits.sort_by_cached_key(rank);
        Ok(())
    }
}

/// The value as vendors mean a type: `date` is a moment with them, and their kinds of numbers are read from texts.
/// Otherwise the value itself, as an error.
pub(crate) fn as_vendors_mean(value: Value, stated: Option<&str>) -> Result<Value, Value> {
    match (&value, stated) {
        (Value::DateTime(_), Some("date")) => Ok(value),
        (Value::String(text), Some("integer" | "long" | "double" | "short" | "float" | "decimal")) => {
            match text.trim().parse::<Number>() {
                Ok(number) => Ok(number.into()),
                Err(_) => Err(value),
            }
        }
        _ => Err(value),
    }
}

fn matches(rule: &Rule, inputs: &[Value], scope: &Scope, evaluation: &mut Evaluation) -> Result<bool, EvaluationError> {
    for (tests, value) in rule.tests.iter().zip(inputs) {
        if let Some(tests) = tests
            && !tests.passes(value, scope, evaluation)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn aggregate(aggregation: Aggregation, values: &[&Value], evaluation: &mut Evaluation) -> Value {
    if aggregation == Aggregation::Count {
        return Value::from(i64::try_from(values.len()).unwrap_or(i64::MAX));
    }
    if aggregation == Aggregation::Sum {
        let mut sum = Number::from(0);
        for value in values {
            let added = match value {
                Value::Number(number) => sum.checked_add(number),
                _ => None,
            };
            let Some(added) = added else {
                evaluation.warn(format!("{value} cannot be added up"));
                return Value::Null;
            };
            sum = added;
        }
        return sum.into();
    }
    let wanted = if aggregation == Aggregation::Minimum {
        Ordering::Less
    } else {
        Ordering::Greater
    };
    let mut best: Option<&Value> = None;
    for &value in values {
        let better = match best {
            None => !value.is_null(),
            Some(best) => match value.compare(best) {
                Some(ordering) => ordering == wanted,
                None => {
                    evaluation.warn(format!("{value} cannot be compared with {best}"));
                    return Value::Null;
                }
            },
        };
        if better {
            best = Some(value);
        }
    }
    best.cloned().unwrap_or_default()
}
