//! BPMN 2.0 XML to a checked model, with every problem located.
//!
//! [`parse`] is the way in: bytes become a [`Document`] and a list of [`Diagnostic`]s. Three steps
//! follow each other: `xml` reads strict XML into a small tree with namespaces resolved and every place known, `read`
//! turns the tree into the model and refuses what the engine does not execute, `rules` judges the whole.
//!
//! Invariants: no I/O; any bytes give an answer, in time linear to their number; nothing recurses deeper than
//! [`Limits::depth`]; [`parse`] gives a document only when it reports no error.

mod additions;
mod codes;
mod diagnostic;
mod draft;
mod finish;
mod limits;
pub mod model;
mod problems;
mod read;
mod rules;
mod source;
mod xml;

pub use codes::CODES;
pub use diagnostic::{Diagnostic, Severity};
pub use limits::Limits;
pub use model::Document;
pub use source::{Location, SourceIndex};
pub use xml::{EncodingError, source_text};

use problems::{Problem, Problems};

/// What became of a file.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The model; present when no diagnostic is an error.
    pub document: Option<Document>,
    /// All problems, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a BPMN 2.0 file and reports all its problems at once. `resource_name` is the name under which the file is
/// deployed; messages about the file as a whole mention it.
pub fn parse(resource_name: &str, bytes: &[u8], limits: &Limits) -> Parsed {
    look_at(resource_name, bytes, limits, |problems| !problems.has_errors())
}

/// Reads a file that was accepted when it was deployed. What rules that came later find wrong with it does not keep
/// its instances from going on; `None` when it cannot be read at all.
pub fn parse_deployed(resource_name: &str, bytes: &[u8], limits: &Limits) -> Option<Document> {
    look_at(resource_name, bytes, limits, |_| true).document
}

/// Reads a file; there is a model when it is `accepted` with its problems and nothing of it is missing.
fn look_at(resource_name: &str, bytes: &[u8], limits: &Limits, accepted: impl FnOnce(&Problems<'_>) -> bool) -> Parsed {
    if bytes.len() > limits.bytes {
        let message = format!("'{resource_name}' is larger than {} bytes.", limits.bytes);
        let advice = "Split the model, or raise the limit of the server.";
        return whole_file(codes::TOO_LARGE, message, advice);
    }
    let text = match source_text(bytes) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("'{resource_name}' cannot be read: {error}.");
            return whole_file(codes::INVALID_ENCODING, message, "Save the file in UTF-8.");
        }
    };
    let mut problems = Problems::new(&text, limits.diagnostics);
    let tree = match xml::parse(&text, limits) {
        Ok(tree) => tree,
        Err(problem) => {
            problems.error(problem);
            return Parsed {
                document: None,
                diagnostics: problems.into_diagnostics(),
            };
        }
    };
    let document = read::read(&tree, &mut problems).and_then(|mut draft| {
        rules::check(&tree, &mut draft, &mut problems);
        if accepted(&problems) {
            finish::finish(draft, &problems)
        } else {
            None
        }
    });
    Parsed {
        document,
        diagnostics: problems.into_diagnostics(),
    }
}

/// The answer for a file whose text cannot be looked at.
fn whole_file(code: &'static str, message: String, advice: &str) -> Parsed {
    let mut problems = Problems::new("", 1);
    problems.error(Problem::new(code, (0, 0), message, advice));
    let mut diagnostics = problems.into_diagnostics();
    for diagnostic in &mut diagnostics {
        diagnostic.span = None;
    }
    Parsed {
        document: None,
        diagnostics,
    }
}
