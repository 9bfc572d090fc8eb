//! `process` (BPMN 2.0, 10.1) and what is said of it by vendor extensions.

use super::Reader;
use crate::codes;
use crate::draft::DraftProcess;
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Value};

impl<'tree> Reader<'tree, '_, '_> {
    /// Reads a process; `None` when it is not to be deployed. A process that does not say so is executable.
    pub(super) fn process(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
    ) -> Option<DraftProcess<'tree>> {
        let id = element.id();
        if !self.flag(element.attribute("isExecutable"), true, "isExecutable", id) {
            self.problems.warning(
                Problem::new(
                    codes::PROCESS_NOT_EXECUTABLE,
                    element.span,
                    format!(
                        "The process '{}' is not executable and is not deployed.",
                        id.unwrap_or_default()
                    ),
                    "Set isExecutable=\"true\" to deploy it.",
                )
                .at(id),
            );
            return None;
        }
        let mut process = DraftProcess {
            element,
            version_tag: element.vendor_attribute("versionTag").map(|tag| tag.text.to_owned()),
            history_time_to_live: element
                .vendor_attribute("historyTimeToLive")
                .and_then(|value| self.history_time_to_live(value, id)),
            candidate_starter_users: self.expression_list_attribute(element, "candidateStarterUsers"),
            candidate_starter_groups: self.expression_list_attribute(element, "candidateStarterGroups"),
            job_priority: element
                .vendor_attribute("jobPriority")
                .and_then(|priority| self.number_expression(priority, "jobPriority", id)),
            listeners: self.execution_listeners(index, id),
            remote_listeners: self.remote_listeners(index, id),
            startable_in_tasklist: self.flag(
                element.vendor_attribute("isStartableInTasklist"),
                true,
                "isStartableInTasklist",
                id,
            ),
            correlated_messages: Vec::new(),
            documentation: self.documentation(index),
            properties: self.properties(index),
            nodes: Vec::new(),
            flows: Vec::new(),
            associations: Vec::new(),
        };
        // Nodes inherit it; here it is only checked, so that a mistake is reported once and at its place.
        if let Some(priority) = element.vendor_attribute("taskPriority") {
            self.number_expression(priority, "taskPriority", id);
        }
        self.check_extensions(index, id);
        self.potential_starters(index, &mut process);
        self.scope(index, None, &mut process);
        Some(process)
    }

    /// A number of days, plain or as an ISO 8601 period of days; empty means none.
    fn history_time_to_live(&mut self, value: Value<'_>, id: Option<&str>) -> Option<u32> {
        let text = value.text.trim();
        if text.is_empty() {
            return None;
        }
        let days = text
            .strip_prefix('P')
            .and_then(|period| period.strip_suffix('D'))
            .unwrap_or(text);
        let parsed = days.parse().ok();
        if parsed.is_none() {
            self.problems.error(
                Problem::new(
                    codes::INVALID_HISTORY_TIME_TO_LIVE,
                    value.span,
                    format!("historyTimeToLive '{text}' is not a number of days."),
                    "Write the number of days, such as '30' or 'P30D'.",
                )
                .at(id),
            );
        }
        parsed
    }

    /// The vendor element `potentialStarter` names users and groups as `potentialOwner` of a user task does.
    fn potential_starters(&mut self, index: ElementIndex, process: &mut DraftProcess<'_>) {
        let tree = self.tree;
        for (starter, _) in tree
            .extensions(index)
            .filter(|(_, child)| child.is_vendor("potentialStarter"))
        {
            let (users, groups) = self.resource_assignment(starter, process.element.id());
            process.candidate_starter_users.extend(users);
            process.candidate_starter_groups.extend(groups);
        }
    }
}
