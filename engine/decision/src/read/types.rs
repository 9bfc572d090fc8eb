//! Item definitions (DMN 7.3.2) and references to them.

use std::sync::Arc;

use flowstone_feel::{Type, UnaryTests};
use roxmltree::Node;

use super::{MAXIMUM_ELEMENTS, Reader};
use crate::item_type::{Constraint, ItemType};

/// How deep definitions may lie in, or refer to, each other.
const MAXIMUM_DEPTH: usize = 50;

impl<'d, 'i> Reader<'d, 'i> {
    /// Resolves all item definitions, and makes them and their components known by name.
    pub(super) fn types(&mut self, root: Node<'d, 'i>) {
        for (import, (name, definition)) in self.imported_types() {
            let qualified = if import.is_empty() {
                name
            } else {
                format!("{import}.{name}")
            };
            self.names.define_type(qualified.as_str(), definition.pattern.clone());
            self.note_components(&definition.pattern);
            self.graph.types.insert(qualified, definition);
        }
        let definitions = self.children(root, "itemDefinition");
        if definitions.len() > MAXIMUM_ELEMENTS {
            let message = format!("the model has more than {MAXIMUM_ELEMENTS} item definitions");
            self.problem(root, message);
            return;
        }
        for definition in &definitions {
            let name = definition.attribute("name").unwrap_or_default().trim().to_owned();
            self.definitions.insert(name, *definition);
        }
        for definition in definitions {
            let name = definition.attribute("name").unwrap_or_default().trim();
            self.named_type(name, definition, 0);
        }
    }

    fn imported_types(&self) -> Vec<(Arc<str>, (String, ItemType))> {
        let mut all = Vec::new();
        for import in &self.graph.imports {
            for (name, definition) in &import.graph.types {
                all.push((import.name.clone(), (name.clone(), definition.clone())));
            }
        }
        all
    }

    fn note_components(&mut self, pattern: &Type) {
        match pattern {
            Type::Context(entries) => {
                for (name, inner) in entries.iter() {
                    self.names.insert(name.clone());
                    self.note_components(inner);
                }
            }
            Type::List(items) => self.note_components(items),
            _ => {}
        }
    }

    /// The type that the `typeRef` attribute of an element names; any type when there is none.
    pub(super) fn type_reference(&mut self, node: Node<'d, 'i>) -> ItemType {
        match node.attribute("typeRef") {
            Some(name) if !name.trim().is_empty() => self.named_type(name.trim(), node, 0),
            _ => ItemType::default(),
        }
    }

    /// The type of a name: one of the file, of an import, or of the language. `place` is where it is used.
    fn named_type(&mut self, name: &str, place: Node<'d, 'i>, depth: usize) -> ItemType {
        if let Some(known) = self.graph.types.get(name) {
            return known.clone();
        }
        if let Some(definition) = self.definitions.get(name).copied() {
            if depth > MAXIMUM_DEPTH || !self.visiting.insert(name.to_owned()) {
                self.problem(place, format!("the type '{name}' is defined by itself"));
                return ItemType::default();
            }
            let resolved = self.definition(definition, depth + 1);
            self.visiting.remove(name);
            self.names.define_type(name, resolved.pattern.clone());
            self.graph.types.insert(name.to_owned(), resolved.clone());
            return resolved;
        }
        // Files of DMN 1.1 qualify names with a prefix of XML.
        if let Some((_, local)) = name.split_once(':') {
            return self.named_type(local, place, depth + 1);
        }
        match Type::parse(name, &self.names) {
            Ok(pattern) => ItemType {
                pattern,
                constraint: None,
            },
            Err(_) => {
                // Vendors write names of their own languages, which mean the same types.
                let pattern = match name {
                    "integer" | "long" | "double" | "float" | "decimal" | "short" => Some(Type::Number),
                    "<Undefined>" | "Undefined" | "any" => Some(Type::Any),
                    _ => None,
                };
                if pattern.is_none() {
                    self.problem(place, format!("the type '{name}' is not defined"));
                }
                ItemType {
                    pattern: pattern.unwrap_or(Type::Any),
                    constraint: None,
                }
            }
        }
    }

    /// The type that an item definition or an item component defines.
    fn definition(&mut self, node: Node<'d, 'i>, depth: usize) -> ItemType {
        if depth > MAXIMUM_DEPTH {
            self.problem(node, format!("types nest deeper than {MAXIMUM_DEPTH} levels"));
            return ItemType::default();
        }
        let components = self.children(node, "itemComponent");
        let mut own = Constraint::default();
        let pattern = if let Some(function) = self.child(node, "functionItem") {
            self.function_type(function, depth)
        } else if !components.is_empty() {
            let mut entries = Vec::with_capacity(components.len());
            for component in components {
                let name: Arc<str> = component.attribute("name").unwrap_or_default().trim().into();
                self.names.insert(name.clone());
                let inner = self.definition(component, depth + 1);
                own.components
                    .extend(inner.constraint.map(|constraint| (name.clone(), constraint)));
                entries.push((name, inner.pattern));
            }
            Type::Context(entries.into())
        } else {
            let reference = self.child(node, "typeRef").and_then(|reference| reference.text());
            match reference.map(str::trim).filter(|name| !name.is_empty()) {
                Some(name) => {
                    let name = name.to_owned();
                    let base = self.named_type(&name, node, depth + 1);
                    own.base = base.constraint;
                    base.pattern
                }
                None => Type::Any,
            }
        };
        own.whole = self.constraint_tests(node, "allowedValues");
        let is_collection = matches!(node.attribute("isCollection"), Some("true" | "1"));
        let (pattern, mut constraint) = if is_collection {
            // What is allowed is said of the items.
            let items = (!own.is_empty()).then(|| Arc::new(own));
            let whole = Constraint {
                items,
                ..Constraint::default()
            };
            (Type::list(pattern), whole)
        } else {
            (pattern, own)
        };
        if let Some(tests) = self.constraint_tests(node, "typeConstraint") {
            constraint = Constraint {
                base: (!constraint.is_empty()).then(|| Arc::new(constraint)),
                whole: Some(tests),
                ..Constraint::default()
            };
        }
        ItemType {
            pattern,
            constraint: (!constraint.is_empty()).then(|| Arc::new(constraint)),
        }
    }

    fn function_type(&mut self, node: Node<'d, 'i>, depth: usize) -> Type {
        let parameters: Vec<Type> = self
            .children(node, "parameters")
            .into_iter()
            .map(|parameter| match parameter.attribute("typeRef") {
                Some(name) => self.named_type(name.trim(), parameter, depth + 1).pattern,
                None => Type::Any,
            })
            .collect();
        let result = match node.attribute("outputTypeRef") {
            Some(name) => self.named_type(name.trim(), node, depth + 1).pattern,
            None => Type::Any,
        };
        Type::Function(parameters.into(), Arc::new(result))
    }

    pub(super) fn constraint_tests(&mut self, node: Node<'d, 'i>, name: &str) -> Option<UnaryTests> {
        let (source, place) = self.child(node, name).and_then(|values| self.text(values))?;
        match UnaryTests::parse(&source, &self.names) {
            Ok(tests) => Some(tests),
            Err(error) => {
                self.invalid(&source, place, (error.line, error.column), &error.message);
                None
            }
        }
    }
}
