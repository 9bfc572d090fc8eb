//! The decision requirements graph of one file (DMN 6).

use std::collections::HashMap;
use std::sync::Arc;

use flowstone_feel::Type;

use crate::boxed::{Boxed, Definition};
use crate::item_type::ItemType;

/// Everything of a file that can be required, in document order.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) inputs: Vec<InputData>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) knowledge: Vec<Knowledge>,
    pub(crate) services: Vec<Service>,
    pub(crate) by_id: HashMap<String, Element>,
    pub(crate) imports: Vec<Import>,
    pub(crate) types: HashMap<String, ItemType>,
}

/// An element of the graph by its place in the list of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Element {
    Input(usize),
    Decision(usize),
    Knowledge(usize),
    Service(usize),
}

/// Another file whose elements are used under a name.
#[derive(Debug)]
pub(crate) struct Import {
    /// Empty when the elements are known by their own names.
    pub(crate) name: Arc<str>,
    pub(crate) graph: Arc<Graph>,
}

/// An element that is required, of this file or of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reference {
    /// The place of the import.
    pub(crate) import: Option<usize>,
    pub(crate) element: Element,
}

#[derive(Debug)]
pub(crate) struct InputData {
    pub(crate) name: Arc<str>,
    pub(crate) expected: ItemType,
}

#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) id: String,
    pub(crate) name: Arc<str>,
    /// The name under which others know its value.
    pub(crate) variable: Arc<str>,
    pub(crate) expected: ItemType,
    /// The name of its type, as written.
    pub(crate) stated: Option<String>,
    pub(crate) requires: Vec<Reference>,
    pub(crate) logic: Boxed,
    pub(crate) version_tag: Option<String>,
    pub(crate) history_time_to_live: Option<String>,
}

/// A business knowledge model.
#[derive(Debug)]
pub(crate) struct Knowledge {
    pub(crate) id: String,
    pub(crate) name: Arc<str>,
    pub(crate) expected: ItemType,
    pub(crate) requires: Vec<Reference>,
    pub(crate) function: Option<Arc<Definition>>,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) id: String,
    pub(crate) name: Arc<str>,
    pub(crate) expected: ItemType,
    /// Input data, then input decisions: the order of the parameters when it is called as a function.
    pub(crate) parameters: Vec<Reference>,
    pub(crate) outputs: Vec<Reference>,
}

impl Graph {
    /// The name under which the value of an element is known.
    pub(crate) fn variable(&self, element: Element) -> &Arc<str> {
        match element {
            Element::Input(index) => &self.inputs[index].name,
            Element::Decision(index) => &self.decisions[index].variable,
            Element::Knowledge(index) => &self.knowledge[index].name,
            Element::Service(index) => &self.services[index].name,
        }
    }

    pub(crate) fn expected(&self, element: Element) -> &ItemType {
        match element {
            Element::Input(index) => &self.inputs[index].expected,
            Element::Decision(index) => &self.decisions[index].expected,
            Element::Knowledge(index) => &self.knowledge[index].expected,
            Element::Service(index) => &self.services[index].expected,
        }
    }
}

/// What a call of something with a declared type gives: the result of a function type, or the type itself.
pub(crate) fn result_type(expected: &ItemType) -> ItemType {
    match &expected.pattern {
        Type::Function(_, result) => ItemType {
            pattern: (**result).clone(),
            constraint: None,
        },
        Type::AnyFunction => ItemType::default(),
        _ => expected.clone(),
    }
}
