//! Expressions in the languages that are known.

use std::sync::Arc;

use flowstone_feel::{Expression, Names, UnaryTests};
use flowstone_script::{Language, Script};
use roxmltree::Node;

use super::{NAMESPACES, Reader};
use crate::formula::{Formula, Test, TestRule};

impl<'d, 'i> Reader<'d, 'i> {
    /// The expression in the `text` of a node; the reason when it is invalid or in a language that is not known.
    pub(super) fn expression(&mut self, node: Node<'d, 'i>, names: &Names) -> Result<Option<Formula>, String> {
        let language = self.language(node)?;
        let Some((source, place)) = self.text(node) else {
            return Ok(None);
        };
        let formula = match language {
            Language::Feel => match Expression::parse(&source, names) {
                Ok(expression) => Formula::Feel(expression),
                Err(error) => return Err(self.invalid(&source, place, (error.line, error.column), &error.message)),
            },
            other => Formula::Script(self.script(other, &source, place)?),
        };
        Ok(Some(formula))
    }

    /// The test in the `text` of a node, where the input has this name; `None` when any value passes.
    pub(super) fn test(&mut self, node: Node<'d, 'i>, names: &Names, input: &Arc<str>) -> Result<Option<Test>, String> {
        let language = self.language(node)?;
        let Some((source, place)) = self.text(node).filter(|(source, _)| source.trim() != "-") else {
            return Ok(None);
        };
        let rule = match language {
            Language::Feel => match UnaryTests::parse(&source, names) {
                Ok(tests) => TestRule::Feel(tests),
                Err(error) => return Err(self.invalid(&source, place, (error.line, error.column), &error.message)),
            },
            other => TestRule::Script(self.script(other, &source, place)?),
        };
        let is_used = language != Language::Feel || source.contains(&**input);
        Ok(Some(Test {
            rule,
            input: is_used.then(|| input.clone()),
        }))
    }

    fn script(&mut self, language: Language, source: &str, place: Node<'d, 'i>) -> Result<Script, String> {
        let trimmed = source.trim();
        // Vendors let the frame of an expression be left out.
        let is_bare = language == Language::Uel && !trimmed.starts_with("${") && !trimmed.starts_with("#{");
        let script = if is_bare {
            Script::parse(language, &format!("${{{trimmed}}}"))
        } else {
            Script::parse(language, source)
        };
        script.map_err(|problem| {
            // The place in a text that was framed is not that in the file.
            let at = if is_bare {
                (1, 1)
            } else {
                (problem.line, problem.column)
            };
            self.invalid(source, place, at, &problem.message)
        })
    }

    /// The language of an expression: said by itself or by what surrounds it, otherwise FEEL.
    fn language(&mut self, node: Node<'d, 'i>) -> Result<Language, String> {
        let stated = node.ancestors().find_map(|one| one.attribute("expressionLanguage"));
        let name = stated.unwrap_or("feel").trim();
        let lower = name.to_ascii_lowercase();
        let is_standard = NAMESPACES.iter().any(|namespace| name.starts_with(namespace));
        if name.is_empty() || is_standard || lower.contains("feel") {
            return Ok(Language::Feel);
        }
        match Language::named(name) {
            // XPath is no expression of a vendor here, as it is in processes.
            Some(language) if lower != "xpath" && !lower.contains('/') => Ok(language),
            _ => {
                let message = format!(
                    "the expression language '{name}' is not supported; write the expression in feel, juel or javascript"
                );
                self.problem(node, message.clone());
                Err(message)
            }
        }
    }
}
