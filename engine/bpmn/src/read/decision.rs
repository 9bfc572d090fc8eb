//! Business rule tasks that evaluate a decision (vendor attributes `decisionRef…`).

use super::Reader;
use super::task::result_variable;
use crate::codes;
use crate::model::{DecisionMapping, DecisionTask};
use crate::problems::Problem;
use crate::xml::{Element, Value};

impl Reader<'_, '_, '_> {
    pub(super) fn decision_task(
        &mut self,
        element: &Element<'_>,
        decision: Value<'_>,
        id: Option<&str>,
    ) -> Option<DecisionTask> {
        let key = self.expression(decision, id);
        let binding = self.called_binding(element, "decisionRef");
        let mapping = match element.vendor_attribute("mapDecisionResult") {
            None => Some(DecisionMapping::default()),
            Some(mapping) => self.decision_mapping(mapping, id),
        };
        Some(DecisionTask {
            decision: key?,
            binding: binding?,
            tenant: self.expression_attribute(element, "decisionRefTenantId"),
            mapping: mapping?,
            result_variable: result_variable(element),
        })
    }

    fn decision_mapping(&mut self, mapping: Value<'_>, id: Option<&str>) -> Option<DecisionMapping> {
        Some(match mapping.text {
            "" | "resultList" => DecisionMapping::ResultList,
            "singleEntry" => DecisionMapping::SingleEntry,
            "singleResult" => DecisionMapping::SingleResult,
            "collectEntries" => DecisionMapping::CollectEntries,
            unknown => {
                self.problems.error(
                    Problem::new(
                        codes::INVALID_MAPPING,
                        mapping.span,
                        format!("No decision result mapper found for name '{unknown}'."),
                        "Write 'singleEntry', 'singleResult', 'collectEntries' or 'resultList'.",
                    )
                    .at(id),
                );
                return None;
            }
        })
    }
}
