//! Strict XML 1.0 with namespaces, read into a small tree in which every place is known.
//!
//! The underlying reader accepts much that is not XML; this layer refuses it: document type declarations, unknown
//! entities, malformed or repeated attributes, several roots, text outside the root, characters and names that XML
//! does not allow. The first such problem ends the reading, since nothing after it can be trusted.

mod attributes;
mod characters;
mod encoding;
mod parser;
mod tree;

pub(crate) use characters::is_plain_name;
pub use encoding::{EncodingError, source_text};
pub(crate) use parser::parse;
pub(crate) use tree::{Attribute, Element, ElementIndex, Namespace, Tree, Value};
