//! Problems of a file, each located and with advice.

use serde::Serialize;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The file cannot be deployed.
    Error,
    /// The file can be deployed, but probably does not do what its author wants.
    Warning,
}

/// One problem of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// Stable name of the kind of problem, one of [`CODES`](crate::CODES).
    pub code: &'static str,
    /// Whether it prevents deployment.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Ids of the BPMN elements at fault, the main one first; empty when none of them has an id.
    pub element_ids: Vec<String>,
    /// Line of the first character at fault, from 1.
    pub line: u32,
    /// Column of the first character at fault, in characters, from 1.
    pub column: u32,
    /// The characters at fault as a range of byte offsets, for underlining. A file in UTF-16 counts as its UTF-8
    /// form. `None` when the problem is not in the text, such as its size.
    pub span: Option<(usize, usize)>,
    /// What to do about it.
    pub advice: String,
}

impl Diagnostic {
    /// Whether it prevents deployment.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
