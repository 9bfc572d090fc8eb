//! The events of the underlying reader, checked and put together to a tree.

use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};
use quick_xml::reader::NsReader;
use std::collections::HashSet;

use super::attributes::{RawAttribute, malformed, read_attributes, unknown_reference};
use super::characters::{is_character, is_plain_name, is_qualified_name, is_space, resolve_reference};
use super::tree::{Attribute, Element, ElementIndex, Namespace, Tree};
use crate::problems::{Problem, Span};
use crate::{Limits, codes};

/// Reads the text of a file.
///
/// # Errors
/// The first violation of XML or of a limit.
pub(crate) fn parse<'source>(source: &'source str, limits: &Limits) -> Result<Tree<'source>, Problem> {
    if let Some((offset, character)) = source.char_indices().find(|(_, character)| !is_character(*character)) {
        return Err(malformed(
            (offset, offset + character.len_utf8()),
            format!("The character U+{:04X} is not allowed in XML.", u32::from(character)),
        ));
    }
    // The byte order mark is gone already; the reader would silently skip another one and shift all places.
    if source.starts_with('\u{FEFF}') {
        return Err(malformed((0, 3), "The file begins with a second byte order mark."));
    }
    let mut reader = NsReader::from_str(source);
    reader.config_mut().check_comments = true;
    let mut parser = Parser {
        source,
        limits,
        tree: Tree {
            elements: Vec::new(),
            root: None,
            root_span: (0, 0),
        },
        open: Vec::new(),
        count: 0,
        root_seen: false,
    };
    loop {
        let start = reader.buffer_position() as usize;
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(parser.reader_error(&error, reader.error_position() as usize)),
        };
        let span = (start, reader.buffer_position() as usize);
        match event {
            Event::Start(tag) => parser.start(&reader, &tag, span, true)?,
            Event::Empty(tag) => parser.start(&reader, &tag, span, false)?,
            Event::End(_) => {
                parser.open.pop();
            }
            Event::Text(text) => {
                if text.contains("]]>") {
                    return Err(malformed(span, "The characters ']]>' must not stand in a text."));
                }
                if parser.open.is_empty() && !text.chars().all(is_space) {
                    return Err(malformed(span, "Text must not stand outside the root element."));
                }
                parser.text(&text.xml10_content(), span);
            }
            Event::CData(text) => {
                parser.inside(span)?;
                // The content without the marks around it.
                parser.text(&text.xml10_content(), (span.0 + 9, span.1 - 3));
            }
            Event::GeneralRef(reference) => {
                parser.inside(span)?;
                let character = resolve_reference(&reference).ok_or_else(|| unknown_reference(span))?;
                parser.text(character.encode_utf8(&mut [0; 4]), span);
            }
            Event::Comment(comment) => {
                if comment.contains("--") || comment.ends_with('-') {
                    return Err(malformed(span, "The characters '--' must not stand in a comment."));
                }
            }
            Event::PI(instruction) => {
                let target = instruction.target();
                if !is_plain_name(target) || target.eq_ignore_ascii_case("xml") {
                    return Err(malformed(
                        span,
                        format!("'{target}' is not the name of a processing instruction."),
                    ));
                }
            }
            Event::Decl(_) => parser.declaration(span)?,
            Event::DocType(_) => {
                return Err(Problem::new(
                    codes::DOCTYPE_FORBIDDEN,
                    span,
                    "The file has a document type declaration (DOCTYPE).",
                    "Remove the DOCTYPE; BPMN files need none, and entities are not expanded.",
                ));
            }
            Event::Eof => break,
        }
    }
    parser.finish()
}

/// An element whose end tag has not come yet; `None` inside elements of other namespaces.
type Open = Option<ElementIndex>;

struct Parser<'source, 'limits> {
    source: &'source str,
    limits: &'limits Limits,
    tree: Tree<'source>,
    open: Vec<(Open, Span)>,
    count: usize,
    root_seen: bool,
}

impl<'source> Parser<'source, '_> {
    fn start(
        &mut self,
        reader: &NsReader<&'source [u8]>,
        tag: &BytesStart<'_>,
        span: Span,
        has_content: bool,
    ) -> Result<(), Problem> {
        self.check_place(span)?;
        let name = self.source_slice(span.0 + 1, tag.name().0.len());
        if !is_qualified_name(name) || name.starts_with("xmlns:") {
            return Err(malformed(span, format!("'{name}' is not an element name.")));
        }
        let attributes_start = span.0 + 1 + name.len();
        let source = self.source_slice(attributes_start, tag.attributes_raw().len());
        let raw = read_attributes(source, attributes_start, self.limits.attributes)?;
        let (namespace, local) = resolve(reader, name, span, true)?;
        let attributes = resolve_attributes(reader, raw)?;

        let parent = self.open.last().map(|(parent, _)| *parent);
        let relevant = matches!(namespace, Namespace::Bpmn | Namespace::Vendor) && parent != Some(None);
        let index = relevant.then(|| {
            // The count of elements is limited far below the range of the index.
            let index = ElementIndex(self.tree.elements.len() as u32);
            self.tree.elements.push(Element {
                namespace,
                name: local,
                span,
                attributes,
                children: Vec::new(),
                text: String::new(),
                text_span: (span.1, span.1),
            });
            index
        });
        match (parent, index) {
            (None, _) => {
                self.root_seen = true;
                self.tree.root = index;
                self.tree.root_span = span;
            }
            (Some(Some(parent)), Some(index)) => self.tree.elements[parent.0 as usize].children.push(index),
            _ => {}
        }
        if has_content {
            self.open.push((index, span));
        }
        Ok(())
    }

    fn check_place(&mut self, span: Span) -> Result<(), Problem> {
        if self.open.is_empty() && self.root_seen {
            return Err(malformed(span, "The file has a second root element."));
        }
        self.count += 1;
        let exceeded = if self.open.len() >= self.limits.depth {
            format!("Elements nest deeper than {} levels.", self.limits.depth)
        } else if self.count > self.limits.elements {
            format!("The file has more than {} elements.", self.limits.elements)
        } else {
            return Ok(());
        };
        Err(Problem::new(
            codes::TOO_LARGE,
            span,
            exceeded,
            "Split the model, or raise the limit of the server.",
        ))
    }

    fn inside(&self, span: Span) -> Result<(), Problem> {
        if self.open.is_empty() {
            return Err(malformed(span, "Text must not stand outside the root element."));
        }
        Ok(())
    }

    fn text(&mut self, text: &str, span: Span) {
        if let Some((Some(index), _)) = self.open.last() {
            let element = &mut self.tree.elements[index.0 as usize];
            if element.text.is_empty() {
                element.text_span = span;
            }
            element.text_span.1 = span.1;
            element.text.push_str(text);
        }
    }

    /// XML 1.0, production 23 `XMLDecl`.
    fn declaration(&self, span: Span) -> Result<(), Problem> {
        let invalid = || {
            malformed(
                span,
                "The XML declaration is malformed or not at the start of the file.",
            )
        };
        let content = self.source[span.0..span.1]
            .strip_prefix("<?xml")
            .and_then(|rest| rest.strip_suffix("?>"));
        let content = content.filter(|_| span.0 == 0).ok_or_else(invalid)?;
        let attributes = read_attributes(content, 5, 3)?;
        let mut expected = ["version", "encoding", "standalone"].into_iter();
        for (position, attribute) in attributes.iter().enumerate() {
            let value = attribute.value.as_ref();
            let valid = match attribute.name {
                "version" => value.strip_prefix("1.").is_some_and(is_number),
                "encoding" => value.starts_with(|first: char| first.is_ascii_alphabetic()),
                "standalone" => matches!(value, "yes" | "no"),
                _ => false,
            };
            let ordered = expected.any(|name| name == attribute.name);
            if !valid || !ordered || (position == 0) != (attribute.name == "version") {
                return Err(invalid());
            }
        }
        if attributes.is_empty() { Err(invalid()) } else { Ok(()) }
    }

    fn finish(self) -> Result<Tree<'source>, Problem> {
        if let Some((_, span)) = self.open.last() {
            return Err(malformed(*span, "The element is never closed."));
        }
        if !self.root_seen {
            return Err(malformed(
                (0, self.source.len().min(1)),
                "The file has no root element.",
            ));
        }
        Ok(self.tree)
    }

    fn source_slice(&self, start: usize, length: usize) -> &'source str {
        &self.source[start..start + length]
    }

    fn reader_error(&self, error: &Error, position: usize) -> Problem {
        let start = self.source.floor_char_boundary(position.min(self.source.len()));
        let span = (
            start,
            self.source.ceil_char_boundary((start + 1).min(self.source.len())),
        );
        let message = match error {
            Error::Syntax(SyntaxError::UnclosedTag) => "A tag is never closed by '>'.".to_owned(),
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                format!("The end tag '{found}' does not match the start tag '{expected}'.")
            }
            Error::IllFormed(IllFormedError::UnmatchedEndTag(name)) => {
                format!("The end tag '{name}' has no start tag.")
            }
            other => format!("The XML is malformed: {other}."),
        };
        malformed(span, message)
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
}

fn resolve<'name>(
    reader: &NsReader<&[u8]>,
    name: &'name str,
    span: Span,
    is_element: bool,
) -> Result<(Namespace, &'name str), Problem> {
    let (resolved, local) = resolve_name(reader, name, span, is_element)?;
    Ok((resolved.as_deref().map_or(Namespace::Unqualified, Namespace::of), local))
}

fn resolve_name<'name>(
    reader: &NsReader<&[u8]>,
    name: &'name str,
    span: Span,
    is_element: bool,
) -> Result<(Option<String>, &'name str), Problem> {
    let resolver = reader.resolver();
    let (resolved, _) = if is_element {
        resolver.resolve_element(QName(name))
    } else {
        resolver.resolve_attribute(QName(name))
    };
    let local = name.split_once(':').map_or(name, |(_, local)| local);
    match resolved {
        ResolveResult::Unbound => Ok((None, local)),
        ResolveResult::Bound(namespace) => Ok((Some(namespace.0.to_owned()), local)),
        ResolveResult::Unknown(prefix) => Err(malformed(
            span,
            format!("The namespace prefix '{prefix}' is not declared."),
        )),
    }
}

/// Resolves the attributes, refuses repeated ones, and drops namespace declarations.
fn resolve_attributes<'source>(
    reader: &NsReader<&[u8]>,
    raw: Vec<RawAttribute<'source>>,
) -> Result<Vec<Attribute<'source>>, Problem> {
    let mut seen = HashSet::with_capacity(raw.len());
    let mut attributes = Vec::with_capacity(raw.len());
    for attribute in raw {
        let RawAttribute {
            name,
            name_span,
            value,
            value_span,
        } = attribute;
        let repeated = || {
            malformed(
                name_span,
                format!("The attribute '{name}' stands twice in one element."),
            )
        };
        if name == "xmlns" || name.starts_with("xmlns:") {
            check_declaration(name, &value, name_span)?;
            if !seen.insert((Some("xmlns".to_owned()), name)) {
                return Err(repeated());
            }
            continue;
        }
        let (namespace_name, local) = resolve_name(reader, name, name_span, false)?;
        let namespace = namespace_name.as_deref().map_or(Namespace::Unqualified, Namespace::of);
        if !seen.insert((namespace_name, local)) {
            return Err(repeated());
        }
        attributes.push(Attribute {
            namespace,
            name: local,
            name_span,
            value,
            value_span,
        });
    }
    Ok(attributes)
}

/// Namespaces in XML 1.0, section 3: reserved prefixes and names.
fn check_declaration(name: &str, value: &str, span: Span) -> Result<(), Problem> {
    const XML: &str = "http://www.w3.org/XML/1998/namespace";
    const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
    let prefix = name.strip_prefix("xmlns:");
    let allowed = match prefix {
        Some("xml") => value == XML,
        Some("xmlns") => false,
        Some(_) => !matches!(value, "" | XML | XMLNS),
        None => !matches!(value, XML | XMLNS),
    };
    if allowed {
        Ok(())
    } else {
        Err(malformed(
            span,
            format!("The namespace declaration '{name}' is not allowed."),
        ))
    }
}
