//! Variables that an activity declares by `property` (BPMN 2.0, 10.4.1), filled by the older vendor attributes `src`,
//! `srcExpr`, `link` and `linkExpr` when the activity begins.

use flowstone_script::{Language, Script};

use super::Reader;
use crate::codes;
use crate::draft::title;
use crate::model::{ExecutionEvent, ExecutionListener};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Value};

impl Reader<'_, '_, '_> {
    /// What fills the declared variables of an activity: each is set where one of its name is, else at the instance.
    pub(super) fn declared_variables(&mut self, index: ElementIndex, owner: &Element<'_>) -> Vec<ExecutionListener> {
        let tree = self.tree;
        let properties = tree.children(index).filter(|(_, child)| child.is_bpmn("property"));
        let mut listeners = Vec::new();
        for (_, property) in properties {
            let Some(name) = property.attribute("name").or_else(|| property.attribute("id")) else {
                continue;
            };
            let script = if let Some(linked) = ["link", "linkExpr"]
                .iter()
                .find_map(|name| property.vendor_attribute(name))
            {
                // The reference engine cannot carry it out either.
                let what = format!("a property that is linked to '{}'", linked.text);
                self.warn_of_foreign(linked, &what, owner.id());
                Some(Script::foreign(&what))
            } else if let Some(source) = property.vendor_attribute("src") {
                self.set_to(name, source.text, source, owner)
            } else if let Some(source) = property.vendor_attribute("srcExpr") {
                let inside = |text: &str| {
                    Some(
                        text.strip_prefix(['$', '#'])?
                            .strip_prefix('{')?
                            .strip_suffix('}')?
                            .to_owned(),
                    )
                };
                let literal = || quoted(source.text);
                let computed = inside(source.text.trim()).unwrap_or_else(literal);
                self.set_to(name, &computed, source, owner)
            } else {
                continue;
            };
            listeners.extend(script.map(|script| ExecutionListener {
                event: ExecutionEvent::Start,
                script,
            }));
        }
        listeners
    }

    fn set_to(&mut self, name: Value<'_>, source: &str, place: Value<'_>, owner: &Element<'_>) -> Option<Script> {
        let text = format!("${{execution.setVariable({}, {source})}}", quoted(name.text));
        let script = Script::parse(Language::Uel, &text);
        if script.is_err() {
            self.problems.error(
                Problem::new(
                    codes::INVALID_EXPRESSION,
                    place.span,
                    format!("A property of {} cannot be filled from '{}'.", title(owner), place.text),
                    "Name a variable by 'src', or write an expression such as ${x + 1} in 'srcExpr'.",
                )
                .at(owner.id()),
            );
        }
        script.ok()
    }
}

/// A text as UEL writes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
