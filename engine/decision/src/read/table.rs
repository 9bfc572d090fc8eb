//! Decision tables (DMN 8).

use std::sync::Arc;

use flowstone_feel::{Expression, Names};
use roxmltree::Node;

use super::{Reader, VENDOR};
use crate::boxed::Boxed;
use crate::formula::Formula;
use crate::item_type::ItemType;
use crate::table::{Aggregation, HitPolicy, Input, Output, Rule, Table};

impl<'d, 'i> Reader<'d, 'i> {
    pub(super) fn table(&mut self, node: Node<'d, 'i>, names: &Names) -> Boxed {
        match self.read_table(node, names) {
            Ok(table) => Boxed::Table(table),
            Err(reason) => Boxed::Invalid(reason),
        }
    }

    fn read_table(&mut self, node: Node<'d, 'i>, names: &Names) -> Result<Table, String> {
        let policy = self.hit_policy(node)?;
        let mut inputs = Vec::new();
        for input in self.children(node, "input") {
            inputs.push(self.input(input, names)?);
        }
        let mut outputs = Vec::new();
        for output in self.children(node, "output") {
            outputs.push(self.output(output, names)?);
        }
        if outputs.is_empty() {
            return Err(self.refused(node, "a decision table needs an output"));
        }
        if let Some(output) = outputs.iter().find(|output| outputs.len() > 1 && output.name.is_none()) {
            let message = format!("the output '{}' needs a name, as there are several", output.label);
            return Err(self.refused(node, &message));
        }
        // Tests may use the value of their input by a name of its own.
        let columns: Vec<(Arc<str>, Names)> = inputs
            .iter()
            .map(|input| {
                let mut names = names.clone();
                names.name_input(input.variable.clone());
                (input.variable.clone(), names)
            })
            .collect();
        let mut rules = Vec::new();
        for rule in self.children(node, "rule") {
            rules.push(self.rule(rule, &columns, outputs.len(), names)?);
        }
        Ok(Table {
            inputs,
            outputs,
            rules,
            policy,
        })
    }

    fn hit_policy(&mut self, node: Node<'d, 'i>) -> Result<HitPolicy, String> {
        let aggregation = match node.attribute("aggregation") {
            None => None,
            Some("SUM") => Some(Aggregation::Sum),
            Some("MIN") => Some(Aggregation::Minimum),
            Some("MAX") => Some(Aggregation::Maximum),
            Some("COUNT") => Some(Aggregation::Count),
            Some(other) => {
                let message = format!("the aggregation '{other}' is unknown; use SUM, MIN, MAX or COUNT");
                return Err(self.refused(node, &message));
            }
        };
        Ok(match node.attribute("hitPolicy").unwrap_or("UNIQUE") {
            "UNIQUE" => HitPolicy::Unique,
            "ANY" => HitPolicy::Any,
            "FIRST" => HitPolicy::First,
            "PRIORITY" => HitPolicy::Priority,
            "RULE ORDER" => HitPolicy::RuleOrder,
            "OUTPUT ORDER" => HitPolicy::OutputOrder,
            "COLLECT" => HitPolicy::Collect(aggregation),
            other => {
                let message = format!(
                    "the hit policy '{other}' is unknown; use UNIQUE, ANY, FIRST, PRIORITY, RULE ORDER, OUTPUT ORDER \
                     or COLLECT"
                );
                return Err(self.refused(node, &message));
            }
        })
    }

    fn input(&mut self, node: Node<'d, 'i>, names: &Names) -> Result<Input, String> {
        let expression = self.child(node, "inputExpression");
        let computed = match expression {
            Some(expression) => self.expression(expression, names)?,
            None => None,
        };
        let name = computed.as_ref().map_or("input", Formula::source).trim().to_owned();
        let stated = expression.and_then(|expression| expression.attribute("typeRef"));
        Ok(Input {
            id: node.attribute("id").map(str::to_owned),
            label: node.attribute("label").map(str::to_owned),
            stated: stated.map(|name| name.trim().to_owned()),
            name: node.attribute("label").map_or(name, str::to_owned),
            variable: node
                .attribute((VENDOR, "inputVariable"))
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .unwrap_or("cellInput")
                .into(),
            expression: computed,
            expected: expression.map_or_else(ItemType::default, |expression| self.type_reference(expression)),
            allowed: self.constraint_tests(node, "inputValues"),
        })
    }

    fn output(&mut self, node: Node<'d, 'i>, names: &Names) -> Result<Output, String> {
        let name: Option<Arc<str>> = node
            .attribute("name")
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(Into::into);
        let label = name
            .clone()
            .or_else(|| node.attribute("id").map(Into::into))
            .unwrap_or_else(|| "output".into());
        let values = match self.constraint_tests(node, "outputValues") {
            Some(tests) => {
                // The order of importance is that of the values, where they are plain values.
                let list = Expression::parse(&format!("[{}]", tests.source()), names).ok();
                Some((tests, list))
            }
            None => None,
        };
        let default = match self.child(node, "defaultOutputEntry") {
            Some(entry) => self.expression(entry, names)?,
            None => None,
        };
        Ok(Output {
            id: node.attribute("id").map(str::to_owned),
            caption: node.attribute("label").map(str::to_owned),
            name,
            label,
            expected: self.type_reference(node),
            stated: node.attribute("typeRef").map(|name| name.trim().to_owned()),
            values,
            default,
        })
    }

    fn rule(
        &mut self,
        node: Node<'d, 'i>,
        inputs: &[(Arc<str>, Names)],
        outputs: usize,
        names: &Names,
    ) -> Result<Rule, String> {
        let mut tests = Vec::with_capacity(inputs.len());
        let entries = self.children(node, "inputEntry");
        let counted = entries.len();
        for (entry, (input, names)) in entries.into_iter().zip(inputs) {
            tests.push(self.test(entry, names, input)?);
        }
        let mut results = Vec::with_capacity(outputs);
        for entry in self.children(node, "outputEntry") {
            results.push(self.expression(entry, names)?);
        }
        if counted != inputs.len() || results.len() != outputs {
            let message = format!(
                "a rule has {counted} tests and {} results, where the table has {} inputs and {outputs} outputs",
                results.len(),
                inputs.len()
            );
            return Err(self.refused(node, &message));
        }
        Ok(Rule {
            id: node.attribute("id").map(Into::into),
            tests,
            results,
        })
    }

    fn refused(&mut self, node: Node<'d, 'i>, message: &str) -> String {
        self.problem(node, message.to_owned());
        message.to_owned()
    }
}
