//! How often an activity is carried out (BPMN 2.0, 10.3.7).

use super::Reader;
use crate::codes;
use crate::draft::title;
use crate::model::{MultiInstance, Times};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Value};

impl<'tree> Reader<'tree, '_, '_> {
    /// The multi-instance characteristics of an activity.
    pub(super) fn multi_instance(
        &mut self,
        index: ElementIndex,
        owner: &'tree Element<'tree>,
    ) -> Option<MultiInstance> {
        let tree = self.tree;
        let (loop_index, element) = tree.bpmn_child(index, "multiInstanceLoopCharacteristics")?;
        let id = owner.id();
        if let Some(behavior) = element.attribute("behavior").filter(|behavior| behavior.text != "All") {
            self.refuse_attribute(id, behavior.span, "behavior", element.name);
        }
        let text_of = |name: &str| {
            let (_, child) = tree.bpmn_child(loop_index, name)?;
            Some(child.content().trimmed()).filter(|text| !text.text.is_empty())
        };
        let collection = element
            .vendor_attribute("collection")
            .or_else(|| text_of("loopDataInputRef"));
        let cardinality = text_of("loopCardinality");
        let times = match (cardinality, collection) {
            (Some(cardinality), _) => self.expression(cardinality, id).map(Times::Cardinality),
            (None, Some(collection)) => self.collection(collection, id),
            (None, None) => {
                self.problems.error(
                    Problem::new(
                        codes::MISSING_CARDINALITY,
                        element.span,
                        format!("{} does not say how often it is carried out.", title(owner)),
                        "Set loopCardinality, or the vendor attribute collection.",
                    )
                    .at(id),
                );
                None
            }
        };
        let item = tree.bpmn_child(loop_index, "inputDataItem");
        let element_variable = element
            .vendor_attribute("elementVariable")
            .or_else(|| item.and_then(|(_, item)| item.attribute("name")))
            .map(|name| name.text.to_owned());
        let completion_condition = tree
            .bpmn_child(loop_index, "completionCondition")
            .map(|(_, condition)| condition)
            .filter(|condition| !condition.content().text.trim().is_empty());
        Some(MultiInstance {
            sequential: self.flag(element.attribute("isSequential"), false, "isSequential", id),
            times: times?,
            element_variable,
            asynchronous: self.asynchronous(element, id),
            completion_condition: completion_condition.and_then(|condition| self.condition(owner, condition)),
        })
    }

    /// A collection is named by an expression or as a variable.
    fn collection(&mut self, collection: Value<'_>, id: Option<&str>) -> Option<Times> {
        if collection.text.contains("${") || collection.text.contains("#{") {
            return self.expression(collection, id).map(Times::Collection);
        }
        Some(Times::Variable(collection.text.trim().to_owned()))
    }
}
