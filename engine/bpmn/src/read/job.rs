//! Timers, and what is said of jobs by vendor extensions.

use super::Reader;
use crate::codes;
use crate::draft::title;
use crate::model::{Asynchronous, JobSettings, Timer, TimerKind};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex};

impl<'tree> Reader<'tree, '_, '_> {
    /// Where an element is cut into jobs; `async` is the older name of `asyncBefore`.
    pub(super) fn asynchronous(&mut self, element: &Element<'_>, id: Option<&str>) -> Asynchronous {
        let mut flag = |name| self.flag(element.vendor_attribute(name), false, name, id);
        let before = flag("asyncBefore") | flag("async");
        let asynchronous = Asynchronous {
            before,
            after: flag("asyncAfter"),
        };
        if asynchronous.after
            && element.name == "eventBasedGateway"
            && let Some(attribute) = element.vendor_attribute("asyncAfter")
        {
            self.problems.error(
                Problem::new(
                    codes::ASYNC_NOT_ALLOWED,
                    attribute.span,
                    format!("{} cannot have asyncAfter.", title(element)),
                    "Set asyncAfter on the events that follow it.",
                )
                .at(id),
            );
        }
        asynchronous
    }

    pub(super) fn job_settings(&mut self, index: ElementIndex, element: &Element<'_>) -> JobSettings {
        let id = element.id();
        JobSettings {
            exclusive: self.flag(element.vendor_attribute("exclusive"), true, "exclusive", id),
            priority: element
                .vendor_attribute("jobPriority")
                .and_then(|own| self.number_expression(own, "jobPriority", id)),
            retry_cycle: self.retry_cycle(index, id),
        }
    }

    /// The retry cycle of a node, or that of what it repeats.
    fn retry_cycle(&mut self, index: ElementIndex, id: Option<&str>) -> Option<flowstone_expression::Expression> {
        let tree = self.tree;
        let repetition = tree.bpmn_child(index, "multiInstanceLoopCharacteristics");
        let places = [Some(index), repetition.map(|(index, _)| index)];
        let mut cycles = places
            .into_iter()
            .flatten()
            .flat_map(|place| tree.extensions(place))
            .filter(|(_, child)| child.is_vendor("failedJobRetryTimeCycle"));
        let text = cycles.next()?.1.content().trimmed();
        if text.text.is_empty() {
            return None;
        }
        self.expression(text, id)
    }

    /// When a timer fires.
    pub(super) fn timer(
        &mut self,
        index: ElementIndex,
        definition: &Element<'_>,
        event: &Element<'_>,
    ) -> Option<Timer> {
        let tree = self.tree;
        const KINDS: [TimerKind; 3] = [TimerKind::Date, TimerKind::Cycle, TimerKind::Duration];
        let given = KINDS
            .iter()
            .filter_map(|kind| tree.bpmn_child(index, kind.element_name()));
        if let Some((_, second)) = given.into_iter().nth(1) {
            self.problems.error(
                Problem::new(
                    codes::MISSING_TIMER,
                    second.span,
                    format!("The timer of {} says more than once when it fires.", title(event)),
                    "Keep one of timeDate, timeDuration and timeCycle.",
                )
                .at(event.id()),
            );
            return None;
        }
        for kind in KINDS {
            let Some((_, element)) = tree.bpmn_child(index, kind.element_name()) else {
                continue;
            };
            let text = element.content().trimmed();
            if text.text.is_empty() {
                break;
            }
            return Some(Timer {
                kind,
                expression: self.expression(text, event.id())?,
                text: text.text.to_owned(),
            });
        }
        self.problems.error(
            Problem::new(
                codes::MISSING_TIMER,
                definition.span,
                format!("The timer of {} does not say when it fires.", title(event)),
                "Give it a timeDate, timeDuration or timeCycle.",
            )
            .at(event.id()),
        );
        None
    }
}
