//! What decisions and business knowledge models require (DMN 6.2.2).

use roxmltree::Node;

use super::Reader;
use crate::boxed::Boxed;
use crate::graph::{Element, Reference};

/// How long a chain of decisions may be that require each other.
const MAXIMUM_CHAIN: usize = 100;

impl<'d, 'i> Reader<'d, 'i> {
    /// Resolves what an element requires, or what a service is made of.
    pub(super) fn requirements(&mut self, element: Element, node: Node<'d, 'i>) {
        match element {
            Element::Decision(index) => self.graph.decisions[index].requires = self.required(node),
            Element::Knowledge(index) => self.graph.knowledge[index].requires = self.required(node),
            Element::Service(index) => {
                let mut parameters = self.references(node, "inputData");
                parameters.extend(self.references(node, "inputDecision"));
                let outputs = self.references(node, "outputDecision");
                let service = &mut self.graph.services[index];
                service.parameters = parameters;
                service.outputs = outputs;
            }
            Element::Input(_) => {}
        }
    }

    fn required(&mut self, node: Node<'d, 'i>) -> Vec<Reference> {
        let mut found = Vec::new();
        for requirement in self.known_children(node) {
            match requirement.tag_name().name() {
                "informationRequirement" => {
                    found.extend(self.references(requirement, "requiredInput"));
                    found.extend(self.references(requirement, "requiredDecision"));
                }
                "knowledgeRequirement" => found.extend(self.references(requirement, "requiredKnowledge")),
                _ => {}
            }
        }
        found
    }

    fn references(&mut self, node: Node<'d, 'i>, name: &str) -> Vec<Reference> {
        let mut found = Vec::new();
        for child in self.children(node, name) {
            match self.reference(child.attribute("href").unwrap_or_default()) {
                Some(reference) => found.push(reference),
                None => {
                    let href = child.attribute("href").unwrap_or_default();
                    self.problem(
                        child,
                        format!("'{href}' refers to nothing in this model or its imports"),
                    );
                }
            }
        }
        found
    }

    /// `#id` of this file, or `namespace#id`.
    fn reference(&self, href: &str) -> Option<Reference> {
        let (namespace, id) = href.rsplit_once('#')?;
        if namespace.is_empty() || namespace == self.graph.namespace {
            let element = *self.graph.by_id.get(id)?;
            return Some(Reference { import: None, element });
        }
        let import = self
            .graph
            .imports
            .iter()
            .position(|import| import.graph.namespace == namespace)?;
        let element = *self.graph.imports[import].graph.by_id.get(id)?;
        Some(Reference {
            import: Some(import),
            element,
        })
    }

    /// Refuses decisions that require themselves, and chains that are too long to follow.
    pub(super) fn refuse_cycles(&mut self, elements: &[(Element, Node<'d, 'i>)]) {
        let count = self.graph.decisions.len();
        // The longest chain below each decision, once it is known.
        let mut chain: Vec<Option<usize>> = vec![None; count];
        let mut on_path = vec![false; count];
        for (element, node) in elements {
            let Element::Decision(start) = *element else { continue };
            // Decisions on the path with how many of their requirements were looked at.
            let mut path = vec![(start, 0usize)];
            if chain[start].is_some() {
                continue;
            }
            on_path[start] = true;
            while let Some((decision, looked_at)) = path.last_mut() {
                let decision = *decision;
                let next = self.graph.decisions[decision].requires.get(*looked_at).copied();
                *looked_at += 1;
                match next {
                    Some(Reference {
                        import: None,
                        element: Element::Decision(required),
                    }) => {
                        if on_path[required] {
                            let name = self.graph.decisions[decision].name.clone();
                            self.forsake(decision, *node, &format!("the decision '{name}' requires itself"));
                        } else if chain[required].is_none() {
                            on_path[required] = true;
                            path.push((required, 0));
                        }
                    }
                    Some(_) => {}
                    None => {
                        let requires = self.graph.decisions[decision].requires.iter();
                        let longest = requires
                            .filter_map(|reference| match (reference.import, reference.element) {
                                (None, Element::Decision(required)) => chain[required],
                                _ => None,
                            })
                            .max()
                            .unwrap_or(0);
                        let mut own = longest + 1;
                        if own > MAXIMUM_CHAIN {
                            let message = format!("more than {MAXIMUM_CHAIN} decisions require each other in a chain");
                            self.forsake(decision, *node, &message);
                            own = 1;
                        }
                        chain[decision] = Some(own);
                        on_path[decision] = false;
                        path.pop();
                    }
                }
            }
        }
    }

    /// Makes a decision that cannot be computed null, without requirements.
    fn forsake(&mut self, decision: usize, node: Node<'d, 'i>, message: &str) {
        self.graph.decisions[decision].requires.clear();
        self.graph.decisions[decision].logic = Boxed::Invalid(message.to_owned());
        self.problem(node, message.to_owned());
    }
}
