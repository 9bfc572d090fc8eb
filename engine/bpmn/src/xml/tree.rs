//! The elements of a file that belong to BPMN or to a vendor extension, with their places.

use std::borrow::Cow;

use crate::problems::Span;

/// The namespaces this crate tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// No namespace, the usual one for BPMN attributes.
    Unqualified,
    /// BPMN 2.0 itself.
    Bpmn,
    /// Any of the synonymous vendor extension namespaces.
    Vendor,
    /// Anything else, such as the diagram or extensions of tools.
    Other,
}

impl Namespace {
    /// Classifies a namespace name.
    pub fn of(name: &str) -> Self {
        match name {
            "http://www.omg.org/spec/BPMN/20100524/MODEL" => Self::Bpmn,
            "http://camunda.org/schema/1.0/bpmn"
            | "http://activiti.org/bpmn"
            | "http://www.camunda.com/fox"
            | "http://flowable.org/bpmn"
            | "http://operaton.org/schema/1.0/bpmn"
            | "http://fluxnova.finos.org/schema/1.0/bpmn" => Self::Vendor,
            _ => Self::Other,
        }
    }
}

/// The place of an element in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ElementIndex(pub u32);

/// An attribute with its namespace resolved.
#[derive(Debug)]
pub(crate) struct Attribute<'source> {
    pub namespace: Namespace,
    pub name: &'source str,
    pub name_span: Span,
    pub value: Cow<'source, str>,
    pub value_span: Span,
}

/// An element of BPMN or of a vendor extension.
#[derive(Debug)]
pub(crate) struct Element<'source> {
    pub namespace: Namespace,
    /// The name without prefix.
    pub name: &'source str,
    /// The start tag.
    pub span: Span,
    pub attributes: Vec<Attribute<'source>>,
    pub children: Vec<ElementIndex>,
    /// The text directly inside, without that of nested elements.
    pub text: String,
    /// From the first to the last character of the text.
    pub text_span: Span,
}

/// A text of the file, from an attribute or from the content of an element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'tree> {
    pub text: &'tree str,
    pub span: Span,
}

impl<'tree> Value<'tree> {
    /// The same without white space around it.
    pub fn trimmed(self) -> Self {
        let text = self.text.trim();
        if !self.is_verbatim() {
            return Self { text, span: self.span };
        }
        let start = self.span.0 + self.text.len() - self.text.trim_start().len();
        Self {
            text,
            span: (start, start + text.len()),
        }
    }

    /// Whether every character stands in the file as it is here, so that offsets carry over.
    pub fn is_verbatim(self) -> bool {
        self.span.1 - self.span.0 == self.text.len()
    }

    /// The place of a part of the text, or of the whole where parts cannot be located.
    pub fn place(self, offset: usize) -> Span {
        if self.is_verbatim() && offset < self.text.len() {
            (self.span.0 + offset, self.span.1)
        } else {
            self.span
        }
    }
}

impl Element<'_> {
    /// Whether it is the BPMN element of this name.
    pub fn is_bpmn(&self, name: &str) -> bool {
        self.namespace == Namespace::Bpmn && self.name == name
    }

    /// Whether it is the vendor extension element of this name.
    pub fn is_vendor(&self, name: &str) -> bool {
        self.namespace == Namespace::Vendor && self.name == name
    }

    /// A BPMN attribute.
    pub fn attribute(&self, name: &str) -> Option<Value<'_>> {
        self.find(Namespace::Unqualified, name)
    }

    /// A vendor extension attribute.
    pub fn vendor_attribute(&self, name: &str) -> Option<Value<'_>> {
        self.find(Namespace::Vendor, name)
    }

    /// The `id`.
    pub fn id(&self) -> Option<&str> {
        self.attribute("id").map(|value| value.text)
    }

    /// The text directly inside.
    pub fn content(&self) -> Value<'_> {
        Value {
            text: &self.text,
            span: if self.text.is_empty() {
                self.span
            } else {
                self.text_span
            },
        }
    }

    fn find(&self, namespace: Namespace, name: &str) -> Option<Value<'_>> {
        self.attributes
            .iter()
            .find(|attribute| attribute.namespace == namespace && attribute.name == name)
            .map(|attribute| Value {
                text: &attribute.value,
                span: attribute.value_span,
            })
    }
}

/// All elements of BPMN and vendor extensions. Elements of other namespaces, and what is inside them, have been checked
/// as XML and left out.
#[derive(Debug)]
pub(crate) struct Tree<'source> {
    pub(super) elements: Vec<Element<'source>>,
    /// The outermost element; `None` when it belongs to another namespace.
    pub root: Option<ElementIndex>,
    /// The start tag of the outermost element.
    pub root_span: Span,
}

impl<'source> Tree<'source> {
    pub fn element(&self, index: ElementIndex) -> &Element<'source> {
        &self.elements[index.0 as usize]
    }

    /// All elements in document order.
    pub fn elements(&self) -> impl Iterator<Item = &Element<'source>> {
        self.elements.iter()
    }

    /// The elements directly inside another, in document order.
    pub fn children(&self, parent: ElementIndex) -> impl Iterator<Item = (ElementIndex, &Element<'source>)> {
        self.element(parent)
            .children
            .iter()
            .map(|index| (*index, self.element(*index)))
    }

    /// The first BPMN element of this name directly inside another.
    pub fn bpmn_child(&self, parent: ElementIndex, name: &str) -> Option<(ElementIndex, &Element<'source>)> {
        self.children(parent).find(|(_, child)| child.is_bpmn(name))
    }

    /// The BPMN elements of a name directly inside another, in document order.
    pub fn bpmn_children<'a>(
        &'a self,
        parent: ElementIndex,
        name: &'a str,
    ) -> impl Iterator<Item = (ElementIndex, &'a Element<'source>)> {
        self.children(parent).filter(move |(_, child)| child.is_bpmn(name))
    }

    /// All elements in document order.
    pub fn indexed_elements(&self) -> impl Iterator<Item = (ElementIndex, &Element<'source>)> {
        (0..).map(ElementIndex).zip(&self.elements)
    }

    /// The vendor elements among the `extensionElements` of another, in document order.
    pub fn extensions(&self, parent: ElementIndex) -> impl Iterator<Item = (ElementIndex, &Element<'source>)> {
        self.children(parent)
            .filter(|(_, child)| child.is_bpmn("extensionElements"))
            .flat_map(|(extensions, _)| self.children(extensions))
            .filter(|(_, extension)| extension.namespace == Namespace::Vendor)
    }
}
