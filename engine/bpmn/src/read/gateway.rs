//! Gateways with settings (BPMN 2.0, 10.6.5 and 10.6.6), and ad-hoc sub-processes (10.3.5).

use super::Reader;
use crate::codes;
use crate::draft::title;
use crate::model::{AdHocSubProcess, ComplexGateway, EventBasedGateway};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex};

impl<'tree> Reader<'tree, '_, '_> {
    pub(super) fn event_based_gateway(&mut self, element: &Element<'_>) -> Option<EventBasedGateway> {
        let id = element.id();
        let instantiate = self.flag(element.attribute("instantiate"), false, "instantiate", id);
        let parallel = self.choice(element, "eventGatewayType", ["Exclusive", "Parallel"])?;
        if parallel && !instantiate {
            let message = format!(
                "{} waits for all of its events, but starts no instance.",
                title(element)
            );
            let advice = "Set instantiate=\"true\", or use a parallel gateway before the events.";
            self.problems
                .error(Problem::new(codes::EVENT_GATEWAY_TARGET, element.span, message, advice).at(id));
            return None;
        }
        Some(EventBasedGateway { instantiate, parallel })
    }

    pub(super) fn complex_gateway(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
    ) -> Option<ComplexGateway> {
        let activation = match self.tree.bpmn_child(index, "activationCondition") {
            Some((_, condition)) => Some(self.condition(element, condition)?),
            None => None,
        };
        Some(ComplexGateway { activation })
    }

    pub(super) fn ad_hoc_sub_process(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
    ) -> Option<AdHocSubProcess> {
        let completion = match self.tree.bpmn_child(index, "completionCondition") {
            Some((_, condition)) => Some(self.condition(element, condition)?),
            None => None,
        };
        Some(AdHocSubProcess {
            sequential: self.choice(element, "ordering", ["Parallel", "Sequential"])?,
            cancel_remaining: self.flag(
                element.attribute("cancelRemainingInstances"),
                true,
                "cancelRemainingInstances",
                element.id(),
            ),
            completion,
        })
    }

    /// Whether an attribute has the second of two values; the first is the default.
    fn choice(&mut self, element: &Element<'_>, name: &str, values: [&str; 2]) -> Option<bool> {
        let Some(value) = element.attribute(name) else {
            return Some(false);
        };
        let found = values.iter().position(|one| *one == value.text.trim());
        if found.is_none() {
            let message = format!("'{}' is not a valid value for '{name}'.", value.text);
            let advice = format!("Write '{}' or '{}'.", values[0], values[1]);
            self.problems
                .error(Problem::new(codes::INVALID_CHOICE, value.span, message, advice).at(element.id()));
        }
        found.map(|found| found == 1)
    }
}
