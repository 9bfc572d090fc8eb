//! Global tasks (BPMN 2.0, 10.3.6): tasks that call activities call. Each is a process of one step with the id of the
//! task, so that it has versions and is called as processes are.

use super::Reader;
use crate::codes;
use crate::draft::title;
use crate::model::{
    Asynchronous, EndEvent, FlowIndex, FlowNode, JobSettings, NodeIndex, NodeKind, Process, Quantities, SequenceFlow,
    StartEvent,
};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex};

impl<'tree> Reader<'tree, '_, '_> {
    /// The process that a global task is; `None` when the element is none, or when it is refused.
    pub(super) fn global_task(&mut self, index: ElementIndex, element: &'tree Element<'tree>) -> Option<Process> {
        let kind = match element.name {
            "globalTask" => NodeKind::Task,
            "globalManualTask" => NodeKind::ManualTask,
            "globalUserTask" => NodeKind::UserTask(Box::new(self.user_task(index, element))),
            "globalScriptTask" => NodeKind::ScriptTask(self.script_task(index, element)?),
            "globalBusinessRuleTask" => NodeKind::BusinessRuleTask(self.service_task(index, element, element)?),
            _ => return None,
        };
        let Some(id) = element.id().filter(|id| !id.trim().is_empty()) else {
            self.problems.error(Problem::new(
                codes::MISSING_ID,
                element.span,
                format!("The {} has no id.", title(element)),
                "Give it an id that is unique in the file; call activities call it by that.",
            ));
            return None;
        };
        self.check_extensions(index, Some(id));
        let location = self.problems.location(element.span.0);
        let node = |id: String, kind: NodeKind| FlowNode {
            id,
            name: None,
            kind,
            parent: None,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            default_flow: None,
            asynchronous: Asynchronous::default(),
            jobs: JobSettings::default(),
            is_for_compensation: false,
            quantities: Quantities::default(),
            multi_instance: None,
            listeners: Vec::new(),
            input_output: None,
            properties: Vec::new(),
            documentation: None,
            location,
        };
        let flow = |source: u32, target: u32| SequenceFlow {
            id: None,
            name: None,
            source: NodeIndex(source),
            target: NodeIndex(target),
            condition: None,
            listeners: Vec::new(),
            location,
        };
        let name = element.attribute("name").map(|name| name.text.to_owned());
        let start = FlowNode {
            outgoing: vec![FlowIndex(0)],
            ..node(format!("{id}#start"), NodeKind::StartEvent(StartEvent::default()))
        };
        let task = FlowNode {
            name: name.clone(),
            incoming: vec![FlowIndex(0)],
            outgoing: vec![FlowIndex(1)],
            listeners: self.execution_listeners(index, Some(id)),
            input_output: self.input_output(index, element),
            properties: self.properties(index),
            documentation: self.documentation(index),
            ..node(id.to_owned(), kind)
        };
        let end = FlowNode {
            incoming: vec![FlowIndex(1)],
            ..node(format!("{id}#end"), NodeKind::EndEvent(EndEvent::None))
        };
        Some(Process {
            id: id.to_owned(),
            name,
            version_tag: element.vendor_attribute("versionTag").map(|tag| tag.text.to_owned()),
            history_time_to_live: None,
            candidate_starter_users: Vec::new(),
            candidate_starter_groups: Vec::new(),
            job_priority: None,
            startable_in_tasklist: false,
            listeners: Vec::new(),
            correlated_messages: Vec::new(),
            documentation: self.documentation(index),
            properties: Vec::new(),
            nodes: vec![start, task, end],
            flows: vec![flow(0, 1), flow(1, 2)],
            location,
        })
    }
}
