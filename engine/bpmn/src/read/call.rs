//! Call activities (BPMN 2.0, 10.3.6), and the vendor elements that pass variables on.

use flowstone_expression::Expression;

use super::Reader;
use crate::codes;
use crate::draft::title;
use crate::model::{CallActivity, CalledBinding, MappedSource, VariableMapping};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Value};

impl<'tree> Reader<'tree, '_, '_> {
    pub(super) fn call_activity(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
    ) -> Option<CallActivity> {
        let id = element.id();
        for name in ["caseRef", "variableMappingClass", "variableMappingDelegateExpression"] {
            if let Some(value) = element.vendor_attribute(name) {
                self.refuse_attribute(id, value.span, name, element.name);
                return None;
            }
        }
        let called = element
            .attribute("calledElement")
            .filter(|called| !called.text.trim().is_empty());
        let Some(called) = called else {
            self.problems.error(
                Problem::new(
                    codes::MISSING_CALLED_ELEMENT,
                    element.span,
                    format!("{} does not say which process it calls.", title(element)),
                    "Set calledElement to the id of a process.",
                )
                .at(id),
            );
            return None;
        };
        let called = self.expression(called, id);
        let binding = self.called_binding(element, "calledElement");
        let (business_key, inputs) = self.mappings(index, "in", id);
        let (_, outputs) = self.mappings(index, "out", id);
        Some(CallActivity {
            called: called?,
            binding: binding?,
            tenant: self.expression_attribute(element, "calledElementTenantId"),
            business_key,
            inputs,
            outputs,
        })
    }

    /// Which version of something the vendor attributes of an element mean; they begin with `prefix`.
    pub(super) fn called_binding(&mut self, element: &Element<'_>, prefix: &str) -> Option<CalledBinding> {
        let id = element.id();
        let [name, version_name, tag_name] = ["Binding", "Version", "VersionTag"].map(|end| format!("{prefix}{end}"));
        let binding = element.vendor_attribute(&name);
        let missing = match binding.map(|binding| binding.text) {
            None | Some("" | "latest") => return Some(CalledBinding::Latest),
            Some("deployment") => return Some(CalledBinding::Deployment),
            Some("version") => match element.vendor_attribute(&version_name) {
                Some(version) => {
                    let version = self.number_expression(version, &version_name, id)?;
                    return Some(CalledBinding::Version(version));
                }
                None => format!("{name} is 'version', but {version_name} is missing."),
            },
            Some("versionTag") => match element.vendor_attribute(&tag_name) {
                Some(tag) => return Some(CalledBinding::VersionTag(self.expression(tag, id)?)),
                None => format!("{name} is 'versionTag', but {tag_name} is missing."),
            },
            Some(_) => format!("The {name} is unknown."),
        };
        let span = binding.map_or(element.span, |binding| binding.span);
        let advice = "Write 'latest', 'deployment', 'version' with its number, or 'versionTag' with its label.";
        self.problems
            .error(Problem::new(codes::INVALID_BINDING, span, missing, advice).at(id));
        None
    }

    /// The vendor elements of a name that pass variables on, and the business key among them.
    pub(super) fn mappings(
        &mut self,
        index: ElementIndex,
        name: &str,
        id: Option<&str>,
    ) -> (Option<Expression>, Vec<VariableMapping>) {
        let tree = self.tree;
        let mut business_key = None;
        let mut mappings = Vec::new();
        for (_, element) in tree.extensions(index).filter(|(_, child)| child.is_vendor(name)) {
            if let Some(key) = element.attribute("businessKey").filter(|_| name == "in") {
                business_key = self.expression(key, id);
                continue;
            }
            mappings.extend(self.mapping(element, id));
        }
        (business_key, mappings)
    }

    fn mapping(&mut self, element: &'tree Element<'tree>, id: Option<&str>) -> Option<VariableMapping> {
        let local = self.flag(element.attribute("local"), false, "local", id);
        if element.attribute("variables").is_some_and(|value| value.text == "all") {
            let source = MappedSource::All;
            return Some(VariableMapping { source, local });
        }
        let given = |name: &str| element.attribute(name).filter(|value| !value.text.trim().is_empty());
        let (source, expression, target) = (given("source"), given("sourceExpression"), given("target"));
        let problem = match (source.or(expression), target) {
            (None, _) => "has no source",
            (_, None) => "has no target",
            (Some(_), Some(target)) => {
                let target = target.text.to_owned();
                let source = self.mapped_source(source, expression, target, id)?;
                return Some(VariableMapping { source, local });
            }
        };
        self.problems.error(
            Problem::new(
                codes::INVALID_MAPPING,
                element.span,
                format!("The '{}' of {} {problem}.", element.name, id.unwrap_or_default()),
                "Set source or sourceExpression, and target; or variables=\"all\".",
            )
            .at(id),
        );
        None
    }

    fn mapped_source(
        &mut self,
        source: Option<Value<'_>>,
        expression: Option<Value<'_>>,
        target: String,
        id: Option<&str>,
    ) -> Option<MappedSource> {
        if let Some(source) = source {
            let name = source.text.trim().to_owned();
            return Some(MappedSource::Variable { name, target });
        }
        let expression = self.expression(expression?, id)?;
        Some(MappedSource::Expression { expression, target })
    }
}
