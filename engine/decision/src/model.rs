//! A model that was read, and the questions it answers.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use flowstone_feel::{Context, Evaluation, EvaluationError, Limits, Value, Warning};

use crate::boxed::Boxed;
use crate::error::EvaluationFailure;
use crate::evaluated::Evaluated;
use crate::graph::Graph;
use crate::run::{Place, Run, knowledge_function, service_value};

/// A decision model. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) graph: Arc<Graph>,
}

/// What a file tells of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionInfo<'m> {
    /// The id in the file: the key under which it is deployed.
    pub id: &'m str,
    /// For readers.
    pub name: &'m str,
    /// The name under which its value is known to others.
    pub variable: &'m str,
    /// Whether its logic is a decision table.
    pub is_table: bool,
    /// The label of this version (vendor attribute `versionTag`).
    pub version_tag: Option<&'m str>,
    /// How long history is kept, as written (vendor attribute `historyTimeToLive`).
    pub history_time_to_live: Option<&'m str>,
}

/// The values that a decision is asked for.
#[derive(Clone, Debug)]
pub struct Inputs {
    pub(crate) values: Arc<Context>,
    pub(crate) open: bool,
    pub(crate) traced: bool,
}

impl Inputs {
    /// Values of input data, seen only where a file requires them (DMN 6.2.2).
    pub fn declared(values: Context) -> Self {
        Self {
            values: Arc::new(values),
            open: false,
            traced: false,
        }
    }

    /// Variables that every expression sees, as models expect that declare no input data. Such models also use the
    /// outputs of required decision tables by their names.
    pub fn open(values: Context) -> Self {
        Self {
            values: Arc::new(values),
            open: true,
            traced: false,
        }
    }

    /// Asks for [`Outcome::evaluated`] too.
    #[must_use]
    pub fn traced(self) -> Self {
        Self { traced: true, ..self }
    }

    /// The value of a name in a file that is reached over imports. It lies in contexts named after them; those that
    /// lead to the file may be left out.
    pub(crate) fn find(&self, path: &[Arc<str>], name: &str) -> Value {
        let found = (0..=path.len()).find_map(|skipped| {
            let mut context = &self.values;
            for import in &path[skipped..] {
                match context.get(import) {
                    Some(Value::Context(inner)) => context = inner,
                    _ => return None,
                }
            }
            context.get(name).cloned()
        });
        found.unwrap_or_default()
    }
}

/// One row of results: of a rule that matched, or of logic that is not a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The id of the rule, when the row is the result of one.
    pub rule: Option<String>,
    /// The results by the names of the outputs.
    pub outputs: Context,
}

/// What a decision came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The value.
    pub value: Value,
    /// The results that count by name: one row for each matching rule, after the hit policy; one row with the name of
    /// the decision's variable when its logic is not a table.
    pub rows: Vec<Row>,
    /// How the decisions of the file came to their values, in the order in which they were computed: what a decision
    /// requires goes before it. Empty unless [`Inputs::traced`] asks for it.
    pub evaluated: Vec<Evaluated>,
    /// Why parts are null although they look as if they should have a value.
    pub warnings: Vec<Warning>,
}

impl Model {
    /// The id of the `definitions` element.
    pub fn id(&self) -> Option<&str> {
        self.graph.id.as_deref()
    }

    /// The name of the model.
    pub fn name(&self) -> &str {
        &self.graph.name
    }

    /// The namespace of the model, by which others import it.
    pub fn namespace(&self) -> &str {
        &self.graph.namespace
    }

    /// The decisions in document order.
    pub fn decisions(&self) -> impl Iterator<Item = DecisionInfo<'_>> {
        self.graph.decisions.iter().map(|decision| DecisionInfo {
            id: &decision.id,
            name: &decision.name,
            variable: &decision.variable,
            is_table: matches!(decision.logic, Boxed::Table(_)),
            version_tag: decision.version_tag.as_deref(),
            history_time_to_live: decision.history_time_to_live.as_deref(),
        })
    }

    /// The names of the outputs in the rows of a decision, given by its id, each with the name of its type as the file
    /// writes it. Vendors have names of their own for kinds of numbers, such as `integer`, which mean one type here.
    pub fn output_types(&self, decision: &str) -> Vec<(&str, Option<&str>)> {
        let found = self.graph.decisions.iter().find(|one| one.id == decision);
        match found.map(|decision| (decision, &decision.logic)) {
            None => Vec::new(),
            Some((_, Boxed::Table(table))) => {
                let outputs = table.outputs.iter();
                outputs
                    .map(|output| (&*output.label, output.stated.as_deref()))
                    .collect()
            }
            Some((decision, _)) => vec![(&decision.variable, decision.stated.as_deref())],
        }
    }

    /// Computes a decision, given by its id or its name, with all that it requires. `now` is what `now()` and
    /// `today()` give.
    ///
    /// # Errors
    /// [`EvaluationFailure`] when there is no such decision, when it costs more than the limits allow,
    /// or when a script in it fails.
    pub fn evaluate(
        &self,
        decision: &str,
        inputs: &Inputs,
        limits: &Limits,
        now: DateTime<FixedOffset>,
    ) -> Result<Outcome, EvaluationFailure> {
        let decisions = &self.graph.decisions;
        let by_id = decisions.iter().position(|one| one.id == decision);
        let index = by_id.or_else(|| decisions.iter().position(|one| *one.name == *decision));
        let known = decisions.iter().map(|one| one.id.as_str());
        let index = index.ok_or_else(|| unknown("decision", decision, known))?;
        let mut evaluation = Evaluation::new(limits, now);
        let mut run = Run::new(inputs);
        let place = Place::of(&self.graph);
        let value = run.decision(&place, index, &mut evaluation);
        Ok(Outcome {
            value: value.map_err(|error| failed(decision, error))?,
            rows: run.take_rows(&place, index),
            evaluated: run.into_evaluated(),
            warnings: evaluation.into_warnings(),
        })
    }

    /// Computes a decision service, given by its id or its name. Inputs are its input data and its input decisions;
    /// the row holds the values of its output decisions.
    ///
    /// # Errors
    /// As [`Model::evaluate`].
    pub fn evaluate_service(
        &self,
        service: &str,
        inputs: &Inputs,
        limits: &Limits,
        now: DateTime<FixedOffset>,
    ) -> Result<Outcome, EvaluationFailure> {
        let services = &self.graph.services;
        let index = services
            .iter()
            .position(|one| one.id == service || *one.name == *service)
            .ok_or_else(|| unknown("decision service", service, services.iter().map(|one| one.id.as_str())))?;
        let mut evaluation = Evaluation::new(limits, now);
        let mut run = Run::new(inputs);
        let place = Place::of(&self.graph);
        let mut computed = || {
            for reference in &services[index].parameters {
                let (owner, element) = place.resolve(*reference);
                run.give(&owner, element, owner.given(inputs, element), &mut evaluation)?;
            }
            run.service(&place, index, &mut evaluation)
        };
        let outputs = computed().map_err(|error| failed(service, error))?;
        Ok(Outcome {
            value: service_value(outputs.clone()),
            rows: vec![Row { rule: None, outputs }],
            evaluated: run.into_evaluated(),
            warnings: evaluation.into_warnings(),
        })
    }

    /// Calls a business knowledge model, given by its id or its name, with arguments by name.
    ///
    /// # Errors
    /// As [`Model::evaluate`].
    pub fn call_knowledge(
        &self,
        knowledge: &str,
        arguments: &Context,
        limits: &Limits,
        now: DateTime<FixedOffset>,
    ) -> Result<Outcome, EvaluationFailure> {
        let all = &self.graph.knowledge;
        let index = all
            .iter()
            .position(|one| one.id == knowledge || *one.name == *knowledge)
            .ok_or_else(|| {
                unknown(
                    "business knowledge model",
                    knowledge,
                    all.iter().map(|one| one.id.as_str()),
                )
            })?;
        let mut evaluation = Evaluation::new(limits, now);
        let function = knowledge_function(&self.graph, index);
        let arguments = arguments.iter().map(|(name, value)| (&**name, value.clone())).collect();
        let value = evaluation
            .call_named(&function, arguments)
            .map_err(|error| failed(knowledge, error))?;
        let outputs = Context::new().with(all[index].name.clone(), value.clone());
        Ok(Outcome {
            value,
            rows: vec![Row { rule: None, outputs }],
            evaluated: Vec::new(),
            warnings: evaluation.into_warnings(),
        })
    }
}

fn unknown<'n>(kind: &'static str, name: &str, known: impl Iterator<Item = &'n str>) -> EvaluationFailure {
    const SHOWN: usize = 20;
    EvaluationFailure::Unknown {
        kind,
        name: name.to_owned(),
        known: known.take(SHOWN).collect::<Vec<_>>().join(", "),
    }
}

fn failed(name: &str, error: EvaluationError) -> EvaluationFailure {
    EvaluationFailure::Failed {
        name: name.to_owned(),
        error,
    }
}
