//! One evaluation of a decision with everything that it requires.

use std::collections::HashMap;
use std::sync::Arc;

use flowstone_feel::{Context, Evaluation, EvaluationError, Function, List, Parameter, Scope, Value};

use crate::boxed::Boxed;
use crate::evaluated::Evaluated;
use crate::graph::{Element, Graph, Reference, result_type};
use crate::model::{Inputs, Row};
use crate::table::as_vendors_mean;

/// The values that are known so far.
pub(crate) struct Run<'i> {
    inputs: &'i Inputs,
    /// Values of decisions that were computed, and of inputs and decisions that were given.
    known: HashMap<(Path, Element), Value>,
    /// The results of decisions that were computed, as names and values.
    rows: HashMap<(Path, Element), Vec<Row>>,
    /// How the decisions of the file that was asked came to their values, in the order of computing, if that is asked.
    evaluated: Vec<Evaluated>,
}

/// The names of the imports that lead to a file. One file that is imported twice has inputs of its own each time.
type Path = Vec<Arc<str>>;

/// A file, and how it is reached.
#[derive(Clone)]
pub(crate) struct Place {
    graph: Arc<Graph>,
    path: Path,
}

impl Place {
    /// The file that was asked.
    pub(crate) fn of(graph: &Arc<Graph>) -> Self {
        Self {
            graph: graph.clone(),
            path: Path::new(),
        }
    }

    /// Where a reference leads, and to what.
    pub(crate) fn resolve(&self, reference: Reference) -> (Self, Element) {
        let Some(import) = reference.import.map(|import| &self.graph.imports[import]) else {
            return (self.clone(), reference.element);
        };
        let mut path = self.path.clone();
        path.push(import.name.clone());
        let graph = import.graph.clone();
        (Self { graph, path }, reference.element)
    }

    fn key(&self, element: Element) -> (Path, Element) {
        (self.path.clone(), element)
    }

    /// What the caller gives for an element.
    pub(crate) fn given(&self, inputs: &Inputs, element: Element) -> Value {
        inputs.find(&self.path, self.graph.variable(element))
    }
}

impl<'i> Run<'i> {
    pub(crate) fn new(inputs: &'i Inputs) -> Self {
        Self {
            inputs,
            known: HashMap::new(),
            rows: HashMap::new(),
            evaluated: Vec::new(),
        }
    }

    /// The value of a decision. Chains of requirements are as long as the reader allows.
    pub(crate) fn decision(
        &mut self,
        place: &Place,
        index: usize,
        evaluation: &mut Evaluation,
    ) -> Result<Value, EvaluationError> {
        let key = place.key(Element::Decision(index));
        if let Some(value) = self.known.get(&key) {
            return Ok(value.clone());
        }
        let (value, rows) = evaluation.nested(|evaluation| self.compute(place, index, evaluation))?;
        self.known.insert(key.clone(), value.clone());
        self.rows.insert(key, rows);
        Ok(value)
    }

    fn compute(
        &mut self,
        place: &Place,
        index: usize,
        evaluation: &mut Evaluation,
    ) -> Result<(Value, Vec<Row>), EvaluationError> {
        let decision = &place.graph.decisions[index];
        let scope = self.scope(place, &decision.requires, evaluation)?;
        let (value, rows) = match &decision.logic {
            Boxed::Table(table) => {
                let hits = table.evaluate(&scope, evaluation)?;
                if self.inputs.traced && place.path.is_empty() {
                    self.evaluated.push(Evaluated::table(decision, table, &hits));
                }
                let named = |outputs: Vec<Value>| {
                    let names = table.outputs.iter().map(|output| output.label.clone());
                    names.zip(outputs).collect::<Context>()
                };
                let rows = hits.rows.into_iter().map(|hit| Row {
                    rule: hit.rule.as_deref().map(str::to_owned),
                    outputs: named(hit.outputs),
                });
                (hits.value, rows.collect())
            }
            logic => {
                let value = logic.evaluate(&scope, evaluation)?;
                if self.inputs.traced && place.path.is_empty() {
                    self.evaluated.push(Evaluated::value(decision, &value));
                }
                let outputs = Context::new().with(decision.variable.clone(), value.clone());
                (value, vec![Row { rule: None, outputs }])
            }
        };
        // Files without declared inputs name types as vendors do.
        let meant = if self.inputs.open {
            as_vendors_mean(value, decision.stated.as_deref())
        } else {
            Err(value)
        };
        let value = match meant {
            Ok(value) => value,
            Err(value) => decision.expected.coerce(value, &decision.name, evaluation)?,
        };
        Ok((value, rows))
    }

    /// The rows of a decision that was computed.
    pub(crate) fn take_rows(&mut self, place: &Place, index: usize) -> Vec<Row> {
        self.rows
            .remove(&place.key(Element::Decision(index)))
            .unwrap_or_default()
    }

    /// How decisions came to their values, in the order in which they were computed.
    pub(crate) fn into_evaluated(self) -> Vec<Evaluated> {
        self.evaluated
    }

    /// Gives the value of an input or decision that is not to be computed.
    pub(crate) fn give(
        &mut self,
        place: &Place,
        element: Element,
        value: Value,
        evaluation: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        let graph = &place.graph;
        let value = graph
            .expected(element)
            .accept(value, graph.variable(element), evaluation)?;
        self.known.insert(place.key(element), value);
        Ok(())
    }

    /// The names that something may use: those of what it requires, or all inputs where the file says nothing.
    fn scope(
        &mut self,
        place: &Place,
        requires: &[Reference],
        evaluation: &mut Evaluation,
    ) -> Result<Scope, EvaluationError> {
        let mut scope = Scope::new();
        if self.inputs.open {
            scope = scope.with_context(self.inputs.values.clone());
        }
        let mut imported: Vec<(Arc<str>, Context)> = Vec::new();
        for reference in requires {
            let (owner, element) = place.resolve(*reference);
            let name = owner.graph.variable(element).clone();
            let value = match element {
                Element::Input(_) => self.input(&owner, element, evaluation)?,
                Element::Decision(index) => self.decision(&owner, index, evaluation)?,
                Element::Knowledge(index) => knowledge_function(&owner.graph, index).into(),
                Element::Service(index) => service_function(&owner.graph, index).into(),
            };
            if self.inputs.open {
                scope = self.results_as_variables(&scope, &owner, element);
            }
            match reference.import.map(|import| &place.graph.imports[import].name) {
                Some(import) if !import.is_empty() => match imported.iter_mut().find(|(name, _)| name == import) {
                    Some((_, context)) => context.insert(name, value),
                    None => imported.push((import.clone(), Context::new().with(name, value))),
                },
                _ => scope = scope.with(name, value),
            }
        }
        for (name, context) in imported {
            scope = scope.with(name, context);
        }
        Ok(scope)
    }

    /// Files without declared inputs use the outputs of a required table by their names.
    fn results_as_variables(&self, scope: &Scope, place: &Place, element: Element) -> Scope {
        let rows = self.rows.get(&place.key(element));
        match rows.map(Vec::as_slice) {
            None | Some([]) => scope.clone(),
            Some([single]) => scope.with_context(Arc::new(single.outputs.clone())),
            Some(rows) => {
                let names = rows[0].outputs.iter().map(|(name, _)| name.clone());
                names.fold(scope.clone(), |scope, name| {
                    let values = rows.iter().filter_map(|row| row.outputs.get(&name).cloned());
                    scope.with(name.clone(), values.collect::<List>())
                })
            }
        }
    }

    fn input(
        &mut self,
        place: &Place,
        element: Element,
        evaluation: &mut Evaluation,
    ) -> Result<Value, EvaluationError> {
        let key = place.key(element);
        if !self.known.contains_key(&key) {
            self.give(place, element, place.given(self.inputs, element), evaluation)?;
        }
        Ok(self.known[&key].clone())
    }

    /// The values of the output decisions of a service, in their order.
    pub(crate) fn service(
        &mut self,
        place: &Place,
        index: usize,
        evaluation: &mut Evaluation,
    ) -> Result<Context, EvaluationError> {
        let mut outputs = Context::new();
        for reference in &place.graph.services[index].outputs {
            let (owner, element) = place.resolve(*reference);
            if let Element::Decision(decision) = element {
                let value = self.decision(&owner, decision, evaluation)?;
                outputs.insert(owner.graph.variable(element).clone(), value);
            }
        }
        Ok(outputs)
    }
}

/// A business knowledge model as a function.
pub(crate) fn knowledge_function(graph: &Arc<Graph>, index: usize) -> Function {
    let knowledge = &graph.knowledge[index];
    let parameters = knowledge
        .function
        .as_ref()
        .map_or_else(Vec::new, |function| function.declared_parameters());
    let result = result_type(&knowledge.expected);
    let pattern = result.pattern.clone();
    let graph = graph.clone();
    Function::external(
        knowledge.name.clone(),
        parameters,
        pattern,
        move |arguments, evaluation| {
            let knowledge = &graph.knowledge[index];
            let Some(function) = &knowledge.function else {
                evaluation.warn(format!(
                    "the business knowledge model '{}' has no logic",
                    knowledge.name
                ));
                return Ok(Value::Null);
            };
            let inputs = Inputs::declared(Context::new());
            let scope = Run::new(&inputs).scope(&Place::of(&graph), &knowledge.requires, evaluation)?;
            // It may call itself.
            let scope = scope.with(knowledge.name.clone(), knowledge_function(&graph, index));
            let value = function.call(arguments, &scope, evaluation)?;
            result.coerce(value, &knowledge.name, evaluation)
        },
    )
}

/// A decision service as a function (DMN 10.4).
fn service_function(graph: &Arc<Graph>, index: usize) -> Function {
    let place = Place::of(graph);
    let service = &graph.services[index];
    let parameters = service.parameters.iter().map(|reference| {
        let (owner, element) = place.resolve(*reference);
        let expected = owner.graph.expected(element).pattern.clone();
        Parameter::typed(owner.graph.variable(element).clone(), expected)
    });
    let parameters = parameters.collect();
    let result = result_type(&service.expected);
    let pattern = result.pattern.clone();
    Function::external(
        service.name.clone(),
        parameters,
        pattern,
        move |arguments, evaluation| {
            let service = &place.graph.services[index];
            let inputs = Inputs::declared(Context::new());
            let mut run = Run::new(&inputs);
            for (reference, argument) in service.parameters.iter().zip(arguments) {
                let (owner, element) = place.resolve(*reference);
                run.give(&owner, element, argument, evaluation)?;
            }
            let outputs = run.service(&place, index, evaluation)?;
            result.coerce(service_value(outputs), &service.name, evaluation)
        },
    )
}

/// What a service comes to: the value of its only output, or all of them by name.
pub(crate) fn service_value(outputs: Context) -> Value {
    if outputs.len() == 1 {
        return outputs
            .iter()
            .next()
            .map(|(_, value)| value.clone())
            .unwrap_or_default();
    }
    outputs.into()
}
