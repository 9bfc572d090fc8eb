//! Collects the problems found on the way through a file.

use crate::codes;
use crate::{Diagnostic, Severity, SourceIndex};

/// A range of byte offsets in the source text.
pub(crate) type Span = (usize, usize);

/// A problem on its way into the list.
pub(crate) struct Problem {
    pub code: &'static str,
    pub span: Span,
    pub element_ids: Vec<String>,
    pub message: String,
    pub advice: String,
}

impl Problem {
    pub fn new(code: &'static str, span: Span, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            code,
            span,
            element_ids: Vec::new(),
            message: message.into(),
            advice: advice.into(),
        }
    }

    /// Names an element at fault; elements without id are passed over.
    pub fn at(mut self, id: Option<&str>) -> Self {
        self.element_ids
            .extend(id.filter(|id| !id.is_empty()).map(str::to_owned));
        self
    }
}

/// The problems found so far, at most as many as the limit allows.
pub(crate) struct Problems<'source> {
    index: SourceIndex<'source>,
    limit: usize,
    found: Vec<Diagnostic>,
    errors: usize,
    dropped: usize,
}

impl<'source> Problems<'source> {
    pub fn new(text: &'source str, limit: usize) -> Self {
        Self {
            index: SourceIndex::new(text),
            limit,
            found: Vec::new(),
            errors: 0,
            dropped: 0,
        }
    }

    pub fn error(&mut self, problem: Problem) {
        self.errors += 1;
        self.add(problem, Severity::Error);
    }

    pub fn warning(&mut self, problem: Problem) {
        self.add(problem, Severity::Warning);
    }

    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    pub fn location(&self, offset: usize) -> crate::Location {
        self.index.location(offset)
    }

    fn add(&mut self, problem: Problem, severity: Severity) {
        if self.found.len() >= self.limit {
            self.dropped += 1;
            return;
        }
        let place = self.index.location(problem.span.0);
        self.found.push(Diagnostic {
            code: problem.code,
            severity,
            message: problem.message,
            element_ids: problem.element_ids,
            line: place.line,
            column: place.column,
            span: Some(problem.span),
            advice: problem.advice,
        });
    }

    /// All problems in the order of their places.
    pub fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|diagnostic| diagnostic.span);
        if self.dropped > 0 {
            self.found.push(Diagnostic {
                code: codes::TOO_MANY_PROBLEMS,
                severity: if self.errors > 0 {
                    Severity::Error
                } else {
                    Severity::Warning
                },
                message: format!("{} more problems are not shown.", self.dropped),
                element_ids: Vec::new(),
                line: 1,
                column: 1,
                span: None,
                advice: "Correct those above and check the file again.".to_owned(),
            });
        }
        self.found
    }
}
