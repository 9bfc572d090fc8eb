//! Boxed expressions (DMN 10.2).

use std::sync::Arc;

use flowstone_feel::Names;
use roxmltree::Node;

use super::Reader;
use crate::boxed::{Boxed, Definition, Entry, Iteration};
use crate::item_type::ItemType;

/// How deep boxed expressions may nest.
const MAXIMUM_DEPTH: usize = 24;

impl<'d, 'i> Reader<'d, 'i> {
    /// The logic of a decision: the only expression inside of it.
    pub(super) fn logic_of(&mut self, node: Node<'d, 'i>, mut names: Names) -> Boxed {
        match self.expression_in(node) {
            Some(expression) => self.boxed(expression, &mut names, 0),
            None => Boxed::Nothing,
        }
    }

    /// The expression directly inside a node.
    fn expression_in(&self, node: Node<'d, 'i>) -> Option<Node<'d, 'i>> {
        self.expressions_in(node).into_iter().next()
    }

    /// The expression inside a child, such as `if` or `in`.
    fn part(&mut self, node: Node<'d, 'i>, name: &str, names: &mut Names, depth: usize) -> Box<Boxed> {
        let expression = self.child(node, name).and_then(|part| self.expression_in(part));
        Box::new(match expression {
            Some(expression) => self.boxed(expression, names, depth),
            None => {
                let message = format!(
                    "'{}' needs an element '{name}' with an expression",
                    node.tag_name().name()
                );
                self.problem(node, message.clone());
                Boxed::Invalid(message)
            }
        })
    }

    fn inside(&mut self, node: Node<'d, 'i>, names: &mut Names, depth: usize) -> Boxed {
        match self.expression_in(node) {
            Some(expression) => self.boxed(expression, names, depth),
            None => Boxed::Nothing,
        }
    }

    fn boxed(&mut self, node: Node<'d, 'i>, names: &mut Names, depth: usize) -> Boxed {
        if depth > MAXIMUM_DEPTH {
            let message = format!("boxed expressions nest deeper than {MAXIMUM_DEPTH} levels");
            self.problem(node, message.clone());
            return Boxed::Invalid(message);
        }
        let depth = depth + 1;
        match node.tag_name().name() {
            "literalExpression" => self.literal(node, names),
            "decisionTable" => self.table(node, names),
            "context" => self.context(node, names, depth),
            "relation" => self.relation(node, names, depth),
            "list" => {
                let mut items = Vec::new();
                for item in self.expressions_in(node) {
                    items.push(self.boxed(item, names, depth));
                }
                Boxed::List(items)
            }
            "functionDefinition" => match self.function(node, names, depth) {
                Some(definition) => Boxed::Function(Arc::new(definition)),
                None => Boxed::Invalid("the function is not written in FEEL".to_owned()),
            },
            "invocation" => self.invocation(node, names, depth),
            "conditional" => Boxed::Conditional {
                condition: self.part(node, "if", names, depth),
                then: self.part(node, "then", names, depth),
                otherwise: self.part(node, "else", names, depth),
            },
            "for" => self.iteration(node, Iteration::For, "return", names, depth),
            "some" => self.iteration(node, Iteration::Some, "satisfies", names, depth),
            "every" => self.iteration(node, Iteration::Every, "satisfies", names, depth),
            "filter" => {
                let over = self.part(node, "in", names, depth);
                names.insert("item");
                Boxed::Filter {
                    over,
                    matching: self.part(node, "match", names, depth),
                }
            }
            _ => Boxed::Nothing,
        }
    }

    fn expressions_in(&self, node: Node<'d, 'i>) -> Vec<Node<'d, 'i>> {
        let mut expressions = self.known_children(node);
        expressions.retain(|child| is_expression(*child));
        expressions
    }

    fn literal(&mut self, node: Node<'d, 'i>, names: &Names) -> Boxed {
        match self.expression(node, names) {
            Ok(Some(formula)) => Boxed::Literal(formula),
            Ok(None) => Boxed::Nothing,
            Err(reason) => Boxed::Invalid(reason),
        }
    }

    fn context(&mut self, node: Node<'d, 'i>, names: &mut Names, depth: usize) -> Boxed {
        let mut entries = Vec::new();
        for entry in self.children(node, "contextEntry") {
            let variable = self.child(entry, "variable");
            let name: Option<Arc<str>> = variable
                .and_then(|variable| variable.attribute("name"))
                .map(|name| name.trim().into());
            let expected = variable.map_or_else(ItemType::default, |variable| self.type_reference(variable));
            let value = self.inside(entry, names, depth);
            if let Some(name) = &name {
                names.insert(name.clone());
            }
            entries.push(Entry { name, expected, value });
        }
        Boxed::Context(entries)
    }

    fn relation(&mut self, node: Node<'d, 'i>, names: &mut Names, depth: usize) -> Boxed {
        let columns: Vec<Arc<str>> = self
            .children(node, "column")
            .into_iter()
            .map(|column| column.attribute("name").unwrap_or_default().trim().into())
            .collect();
        let mut rows = Vec::new();
        for row in self.children(node, "row") {
            let mut cells = Vec::new();
            for cell in self.expressions_in(row) {
                cells.push(self.boxed(cell, names, depth));
            }
            rows.push(cells);
        }
        for column in &columns {
            names.insert(column.clone());
        }
        Boxed::Relation { columns, rows }
    }

    /// A function definition; `None` when it is not written in FEEL.
    pub(super) fn function(&mut self, node: Node<'d, 'i>, names: &mut Names, depth: usize) -> Option<Definition> {
        let kind = node.attribute("kind").unwrap_or("FEEL");
        let mut parameters = Vec::new();
        for parameter in self.children(node, "formalParameter") {
            let name: Arc<str> = parameter.attribute("name").unwrap_or_default().trim().into();
            names.insert(name.clone());
            let expected = self.type_reference(parameter);
            parameters.push((name, expected));
        }
        let body = if kind == "FEEL" {
            self.inside(node, names, depth)
        } else {
            // The standard leaves it to the implementation which outside functions there are (DMN 10.3.2.13.3).
            Boxed::Invalid(format!("functions of the kind '{kind}' cannot be called"))
        };
        Some(Definition { parameters, body })
    }

    fn invocation(&mut self, node: Node<'d, 'i>, names: &mut Names, depth: usize) -> Boxed {
        let callee = Box::new(self.inside(node, names, depth));
        let mut bindings = Vec::new();
        for binding in self.children(node, "binding") {
            let name = self
                .child(binding, "parameter")
                .and_then(|parameter| parameter.attribute("name"))
                .unwrap_or_default();
            let value = self.inside(binding, names, depth);
            bindings.push((name.trim().into(), value));
        }
        Boxed::Invocation { callee, bindings }
    }

    fn iteration(
        &mut self,
        node: Node<'d, 'i>,
        kind: Iteration,
        result: &str,
        names: &mut Names,
        depth: usize,
    ) -> Boxed {
        let variable: Arc<str> = node.attribute("iteratorVariable").unwrap_or_default().trim().into();
        let over = self.part(node, "in", names, depth);
        names.insert(variable.clone());
        names.insert("partial");
        Boxed::Iteration {
            kind,
            variable,
            over,
            each: self.part(node, result, names, depth),
        }
    }
}

/// Whether an element of the standard is a boxed expression.
fn is_expression(node: Node<'_, '_>) -> bool {
    matches!(
        node.tag_name().name(),
        "literalExpression"
            | "decisionTable"
            | "context"
            | "relation"
            | "list"
            | "functionDefinition"
            | "invocation"
            | "conditional"
            | "for"
            | "some"
            | "every"
            | "filter"
    )
}
