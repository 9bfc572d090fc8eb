//! Scripts and conditions, in the languages that run.

use flowstone_script::{Language, Script};

use super::value::shortened;
use super::{Reader, unqualified_reference};
use crate::codes;
use crate::draft::title;
use crate::problems::Problem;
use crate::xml::{Element, Namespace, Value};

/// A script, or what is written where one belongs.
pub(super) enum ScriptReading {
    /// Language or text is missing; reported.
    Refused,
    /// It runs.
    Runs(Script),
    /// It is in a language that does not run, or lies in another file. The text says which.
    Foreign(String),
}

impl ScriptReading {
    /// What is computed where a script that cannot run fails when it is reached.
    pub fn into_script(self) -> Option<Script> {
        match self {
            Self::Refused => None,
            Self::Runs(script) => Some(script),
            Self::Foreign(what) => Some(Script::foreign(&what)),
        }
    }
}

impl Reader<'_, '_, '_> {
    /// Compiles a script in a language; a syntax error becomes a problem of the element `id`.
    pub(super) fn compiled(&mut self, language: Language, source: Value<'_>, id: Option<&str>) -> Option<Script> {
        if language == Language::Uel {
            return self.expression(source, id).map(Script::from);
        }
        match Script::parse(language, source.text) {
            Ok(script) => Some(script),
            Err(problem) => {
                let message = problem.message.trim_end_matches('.');
                let offset = offset_of(source.text, problem.line, problem.column);
                self.problems.error(
                    Problem::new(
                        codes::INVALID_EXPRESSION,
                        source.place(offset),
                        format!("The script '{}' is invalid: {message}.", shortened(source.text)),
                        "Correct the script.",
                    )
                    .at(id),
                );
                None
            }
        }
    }

    /// A script in its format; `resource` names another file that holds it.
    pub(super) fn script(
        &mut self,
        owner: &Element<'_>,
        place: &Element<'_>,
        format: Option<Value<'_>>,
        source: Option<Value<'_>>,
        resource: Option<Value<'_>>,
    ) -> ScriptReading {
        let id = owner.id();
        let format = format.filter(|format| !format.text.trim().is_empty());
        // A script may be empty; then it does nothing.
        let source = source.filter(|source| resource.is_none() || !source.text.trim().is_empty());
        let Some((format, written)) = format.zip(source.or(resource)) else {
            self.problems.error(
                Problem::new(
                    codes::MISSING_SCRIPT,
                    place.span,
                    format!("A script of {} has no scriptFormat, or there is none.", title(owner)),
                    "Set scriptFormat to the language, such as 'javascript', and write the script.",
                )
                .at(id),
            );
            return ScriptReading::Refused;
        };
        let what = match (Language::named(format.text), source) {
            (Some(language), Some(source)) => {
                let compiled = self.compiled(language, source.trimmed(), id);
                return compiled.map_or(ScriptReading::Refused, ScriptReading::Runs);
            }
            (_, None) => format!("a script in the file '{}'", written.text.trim()),
            (None, Some(_)) => format!("a script in the language '{}'", format.text.trim()),
        };
        self.warn_of_foreign(written, &what, id);
        ScriptReading::Foreign(what)
    }

    /// The condition of a sequence flow or a catching event, which must be a formal expression (BPMN 2.0, 8.4.7).
    pub(super) fn formal_condition(&mut self, owner: &Element<'_>, element: &Element<'_>) -> Option<Script> {
        let foreign = (element.attributes.iter())
            .filter(|attribute| attribute.namespace == Namespace::Other && attribute.name == "type")
            .find(|attribute| unqualified_reference(attribute.value.trim()) != "tFormalExpression");
        if let Some(foreign) = foreign {
            self.problems.error(
                Problem::new(
                    codes::INVALID_TYPE,
                    foreign.value_span,
                    format!(
                        "The condition of {} has the type '{}'.",
                        title(owner),
                        shortened(&foreign.value)
                    ),
                    "Write tFormalExpression, or leave the type out.",
                )
                .at(owner.id()),
            );
            return None;
        }
        self.condition(owner, element)
    }

    /// The condition in an element.
    pub(super) fn condition(&mut self, owner: &Element<'_>, element: &Element<'_>) -> Option<Script> {
        let content = element.content().trimmed();
        let language = element
            .attribute("language")
            .filter(|language| !language.text.trim().is_empty());
        let resource = element.vendor_attribute("resource");
        if resource.is_some() || language.is_some_and(|language| Language::named(language.text).is_none()) {
            return self
                .script(owner, element, language, Some(content), resource)
                .into_script();
        }
        if content.text.is_empty() {
            self.problems.error(
                Problem::new(
                    codes::EMPTY_CONDITION,
                    element.span,
                    "The condition is empty.",
                    "Write an expression that yields true or false, or remove it.",
                )
                .at(owner.id()),
            );
            return None;
        }
        let language = language.and_then(|language| Language::named(language.text));
        self.compiled(language.unwrap_or(Language::Uel), content, owner.id())
    }
}

/// The place of a line and column of a text, in bytes.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let rest = &text[start.min(text.len())..];
    let within = rest
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(0, |(offset, _)| offset);
    start + within
}
