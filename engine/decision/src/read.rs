//! Reading DMN files.

mod boxed;
mod formula;
mod requirements;
mod table;
mod types;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use flowstone_feel::Names;
use roxmltree::{Document, Node, ParsingOptions};

use crate::error::Problem;
use crate::graph::{Decision, Element, Graph, Import, InputData, Knowledge, Reference, Service};
use crate::item_type::ItemType;
use crate::model::Model;

/// The largest file that is read, in bytes.
pub const MAXIMUM_BYTES: usize = 8 * 1024 * 1024;
/// How many nodes a file may have.
const MAXIMUM_NODES: u32 = 500_000;
/// How deep elements may nest.
const MAXIMUM_XML_DEPTH: usize = 200;
/// How many elements of the requirements graph, and how many item definitions, a file may have.
const MAXIMUM_ELEMENTS: usize = 5_000;
/// What the namespaces of all versions of the standard begin with.
const NAMESPACES: [&str; 2] = ["http://www.omg.org/spec/DMN/", "https://www.omg.org/spec/DMN/"];
/// Namespaces of the vendor attributes that are known.
const VENDOR: &str = "http://camunda.org/schema/1.0/dmn";

/// What a file came to.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The model; `None` when the file is no DMN file at all. What has a problem in it is null when it is computed.
    pub model: Option<Model>,
    /// All that is wrong with it.
    pub problems: Vec<Problem>,
}

/// Reads a file. Models that it imports are looked for among `imports`, by their namespaces.
pub fn read(source: &str, imports: &[Model]) -> Reading {
    let refused = |line, column, message: String| Reading {
        model: None,
        problems: vec![Problem {
            line,
            column,
            element: None,
            message,
        }],
    };
    if source.len() > MAXIMUM_BYTES {
        let message = format!("the file is larger than {MAXIMUM_BYTES} bytes; split it into several models");
        return refused(1, 1, message);
    }
    if let Err(offset) = check_depth(source) {
        let line = source[..offset].matches('\n').count() as u32 + 1;
        let message = format!("elements nest deeper than {MAXIMUM_XML_DEPTH} levels");
        return refused(line, 1, message);
    }
    let options = ParsingOptions {
        nodes_limit: MAXIMUM_NODES,
        ..ParsingOptions::default()
    };
    let document = match Document::parse_with_options(source, options) {
        Ok(document) => document,
        Err(error) => {
            let place = error.pos();
            return refused(
                place.row,
                place.col,
                format!("the file is not well-formed XML: {error}"),
            );
        }
    };
    let root = document.root_element();
    let namespace = root.tag_name().namespace().unwrap_or_default();
    if root.tag_name().name() != "definitions" || !NAMESPACES.iter().any(|known| namespace.starts_with(known)) {
        let message = "the file is not a DMN model: its first element must be 'definitions' of DMN 1.1 to 1.5";
        return refused(1, 1, message.to_owned());
    }
    let mut reader = Reader {
        document: &document,
        namespace,
        graph: Graph::default(),
        names: Names::new(),
        definitions: HashMap::new(),
        visiting: HashSet::new(),
        problems: Vec::new(),
    };
    reader.definitions(root, imports);
    Reading {
        model: Some(Model {
            graph: Arc::new(reader.graph),
        }),
        problems: reader.problems,
    }
}

/// Finds elements that nest too deep before the parser, whose stack is bounded, sees them.
fn check_depth(source: &str) -> Result<(), usize> {
    let mut depth = 0usize;
    let bytes = source.as_bytes();
    for (offset, byte) in bytes.iter().enumerate() {
        match (byte, bytes.get(offset + 1)) {
            (b'<', Some(b'/')) => depth = depth.saturating_sub(1),
            (b'<', Some(b'!' | b'?')) => {}
            (b'<', _) => depth += 1,
            (b'/', Some(b'>')) => depth = depth.saturating_sub(1),
            _ => {}
        }
        // Text that only looks like tags cannot hide real ones: it may only be counted too deep.
        if depth > MAXIMUM_XML_DEPTH {
            return Err(offset);
        }
    }
    Ok(())
}

/// A file being read.
pub(crate) struct Reader<'d, 'i> {
    document: &'d Document<'i>,
    namespace: &'d str,
    graph: Graph,
    /// The names that are known everywhere: types, and components of types.
    names: Names,
    /// Item definitions by name.
    definitions: HashMap<String, Node<'d, 'i>>,
    /// Item definitions being resolved.
    visiting: HashSet<String>,
    problems: Vec<Problem>,
}

impl<'d, 'i> Reader<'d, 'i> {
    fn definitions(&mut self, root: Node<'d, 'i>, imports: &[Model]) {
        self.graph.id = root.attribute("id").map(str::to_owned);
        self.graph.name = root.attribute("name").unwrap_or_default().to_owned();
        self.graph.namespace = root.attribute("namespace").unwrap_or_default().to_owned();
        for import in self.children(root, "import") {
            self.import(import, imports);
        }
        self.types(root);
        self.properties(root);
        let mut elements = Vec::new();
        for node in self.known_children(root) {
            if let Some(element) = self.declare(node) {
                elements.push((element, node));
            }
            if elements.len() > MAXIMUM_ELEMENTS {
                let message = format!("the model has more than {MAXIMUM_ELEMENTS} elements; split it into several");
                self.problem(node, message);
                return;
            }
        }
        for (element, node) in &elements {
            self.requirements(*element, *node);
        }
        self.refuse_cycles(&elements);
        for (element, node) in elements {
            self.logic(element, node);
        }
    }

    /// Notes how entries of contexts are called, which other decisions may reach with a dot.
    fn properties(&mut self, root: Node<'d, 'i>) {
        for node in root.descendants() {
            if !self.is_known(node) {
                continue;
            }
            let named = match node.tag_name().name() {
                "column" | "output" => Some(node),
                "contextEntry" => self.child(node, "variable"),
                _ => None,
            };
            if let Some(name) = named.and_then(|named| named.attribute("name")) {
                self.names.insert_property(name.trim());
            }
        }
    }

    fn import(&mut self, node: Node<'d, 'i>, imports: &[Model]) {
        // Other kinds, such as schemas, define nothing that FEEL sees.
        let kind = node.attribute("importType").unwrap_or_default();
        if !NAMESPACES.iter().any(|known| kind.starts_with(known)) {
            return;
        }
        let namespace = node.attribute("namespace").unwrap_or_default();
        match imports.iter().find(|model| model.namespace() == namespace) {
            Some(model) => {
                let name: Arc<str> = node.attribute("name").unwrap_or_default().trim().into();
                self.names.insert(name.clone());
                self.graph.imports.push(Import {
                    name,
                    graph: model.graph.clone(),
                });
            }
            None => {
                let message =
                    format!("the imported model '{namespace}' is not there; supply it together with this one");
                self.problem(node, message);
            }
        }
    }

    /// Notes an element of the requirements graph, without its requirements and logic.
    fn declare(&mut self, node: Node<'d, 'i>) -> Option<Element> {
        let kind = node.tag_name().name();
        if !matches!(
            kind,
            "inputData" | "decision" | "businessKnowledgeModel" | "decisionService"
        ) {
            return None;
        }
        let name: Arc<str> = node
            .attribute("name")
            .or(node.attribute("id"))
            .unwrap_or_default()
            .trim()
            .into();
        let id = node.attribute("id").unwrap_or(&name).to_owned();
        let variable = self.child(node, "variable");
        let stated = variable
            .and_then(|variable| variable.attribute("typeRef"))
            .map(|name| name.trim().to_owned());
        let expected = variable.map_or_else(ItemType::default, |variable| self.type_reference(variable));
        let variable: Arc<str> = variable
            .and_then(|variable| variable.attribute("name"))
            .map_or_else(|| name.clone(), |name| name.trim().into());
        let graph = &mut self.graph;
        let element = match kind {
            "inputData" => {
                graph.inputs.push(InputData {
                    name: variable,
                    expected,
                });
                Element::Input(graph.inputs.len() - 1)
            }
            "decision" => {
                graph.decisions.push(Decision {
                    id: id.clone(),
                    name,
                    variable,
                    expected,
                    stated,
                    requires: Vec::new(),
                    logic: crate::boxed::Boxed::Nothing,
                    version_tag: node.attribute((VENDOR, "versionTag")).map(str::to_owned),
                    history_time_to_live: node.attribute((VENDOR, "historyTimeToLive")).map(str::to_owned),
                });
                Element::Decision(graph.decisions.len() - 1)
            }
            "businessKnowledgeModel" => {
                graph.knowledge.push(Knowledge {
                    id: id.clone(),
                    name,
                    expected,
                    requires: Vec::new(),
                    function: None,
                });
                Element::Knowledge(graph.knowledge.len() - 1)
            }
            _ => {
                graph.services.push(Service {
                    id: id.clone(),
                    name,
                    expected,
                    parameters: Vec::new(),
                    outputs: Vec::new(),
                });
                Element::Service(graph.services.len() - 1)
            }
        };
        if graph.by_id.insert(id.clone(), element).is_some() {
            self.problem(
                node,
                format!("the id '{id}' is given twice; ids must be unique in a file"),
            );
        }
        Some(element)
    }

    fn logic(&mut self, element: Element, node: Node<'d, 'i>) {
        match element {
            Element::Decision(index) => {
                let names = self.known_names(&self.graph.decisions[index].requires);
                let logic = self.logic_of(node, names);
                self.graph.decisions[index].logic = logic;
            }
            Element::Knowledge(index) => {
                if let Some(function) = self.child(node, "encapsulatedLogic") {
                    let mut names = self.known_names(&self.graph.knowledge[index].requires);
                    self.graph.knowledge[index].function = self.function(function, &mut names, 0).map(Arc::new);
                }
            }
            Element::Input(_) | Element::Service(_) => {}
        }
    }

    /// The names that something may use: those of what it requires, with the elements of imports.
    fn known_names(&self, requires: &[Reference]) -> Names {
        let mut names = self.names.clone();
        for reference in requires {
            let element = match reference.import {
                Some(import) => self.graph.imports[import].graph.variable(reference.element),
                None => self.graph.variable(reference.element),
            };
            names.insert(element.clone());
        }
        names
    }

    /// Whether a node is an element of the standard.
    fn is_known(&self, node: Node<'_, '_>) -> bool {
        node.is_element() && node.tag_name().namespace() == Some(self.namespace)
    }

    /// The children that are elements of the standard, in order.
    fn known_children(&self, node: Node<'d, 'i>) -> Vec<Node<'d, 'i>> {
        node.children().filter(|child| self.is_known(*child)).collect()
    }

    /// The children with a name, in order.
    fn children(&self, node: Node<'d, 'i>, name: &str) -> Vec<Node<'d, 'i>> {
        let mut children = self.known_children(node);
        children.retain(|child| child.tag_name().name() == name);
        children
    }

    fn child(&self, node: Node<'d, 'i>, name: &str) -> Option<Node<'d, 'i>> {
        node.children()
            .find(|child| self.is_known(*child) && child.tag_name().name() == name)
    }

    /// The content of the `text` element inside, when it is not blank.
    fn text(&self, node: Node<'d, 'i>) -> Option<(String, Node<'d, 'i>)> {
        let text = self.child(node, "text")?;
        let content: String = text.children().filter_map(|part| part.text()).collect();
        (!content.trim().is_empty()).then_some((content, text))
    }

    /// Notes an expression that does not parse, and says why in words.
    fn invalid(&mut self, source: &str, place: Node<'d, 'i>, at: (usize, usize), reason: &str) -> String {
        let content = place
            .first_child()
            .map_or(place.range().start, |text| text.range().start);
        // Where the text holds no entities, the place in it is known exactly.
        let verbatim = self.document.input_text()[content..].starts_with(source);
        let start = self.document.text_pos_at(content);
        let (line, column) = match u32::try_from(at.0).ok().zip(u32::try_from(at.1).ok()) {
            Some((1, column)) if verbatim => (start.row, start.col + column - 1),
            Some((line, column)) if verbatim => (start.row + line - 1, column),
            _ => (start.row, start.col),
        };
        let message = format!("the expression '{}' is invalid: {reason}", shortened(source));
        self.problem_at(place, (line, column), message.clone());
        message
    }

    fn problem(&mut self, node: Node<'_, '_>, message: String) {
        let place = self.document.text_pos_at(node.range().start);
        self.problem_at(node, (place.row, place.col), message);
    }

    fn problem_at(&mut self, node: Node<'_, '_>, (line, column): (u32, u32), message: String) {
        const MOST: usize = 200;
        if self.problems.len() >= MOST {
            return;
        }
        self.problems.push(Problem {
            line,
            column,
            element: node
                .ancestors()
                .find_map(|ancestor| ancestor.attribute("id"))
                .map(str::to_owned),
            message,
        });
    }
}

/// Enough of a text to recognise it in a message.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    let text = text.trim();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
