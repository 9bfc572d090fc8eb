//! Running instances as clients look at them.

use std::sync::Arc;

use flowstone_core::{Instance, Token, Wait};
use uuid::Uuid;

use crate::definitions::Definition;

/// A committed state of one instance together with its definition.
#[derive(Clone, Debug)]
pub struct InstanceView {
    /// The state.
    pub instance: Instance,
    /// What it runs.
    pub definition: Arc<Definition>,
}

/// A node of the activity-instance tree (`GET /process-instance/{id}/activity-instances`).
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityNode {
    /// Activity instance id; the instance id for the root.
    pub id: Uuid,
    /// Enclosing activity instance.
    pub parent_id: Option<Uuid>,
    /// BPMN id; the definition id for the root.
    pub activity_id: Arc<str>,
    /// `processDefinition`, `subProcess`, `userTask`, …
    pub activity_type: Arc<str>,
    /// Name of the node; the definition's for the root.
    pub activity_name: Option<Arc<str>>,
    /// Executions inside that are no activity instances of their own.
    pub execution_ids: Vec<Uuid>,
    /// Open incidents of this node.
    pub incident_ids: Vec<Uuid>,
    /// Activity instances inside.
    pub children: Vec<ActivityNode>,
    /// Executions directly inside that are between activity instances.
    pub transitions: Vec<TransitionNode>,
}

/// An execution that is no activity instance: it has left one, or has not entered one yet.
#[derive(Clone, Debug, PartialEq)]
pub struct TransitionNode {
    /// Execution id.
    pub id: Uuid,
    /// BPMN id of the activity.
    pub activity_id: Arc<str>,
    /// Activity type.
    pub activity_type: Arc<str>,
    /// Name of the activity.
    pub activity_name: Option<Arc<str>>,
    /// Open incidents of its job.
    pub incident_ids: Vec<Uuid>,
}

impl InstanceView {
    /// The activity-instance tree.
    pub fn activity_tree(&self) -> ActivityNode {
        let record = &self.definition.record;
        let root = self.instance.id;
        ActivityNode {
            id: root,
            parent_id: None,
            activity_id: record.id.clone(),
            activity_type: "processDefinition".into(),
            activity_name: record.name.clone(),
            execution_ids: vec![root],
            incident_ids: self.incidents_of(root),
            children: self.children(root),
            transitions: self.transitions(root),
        }
    }

    fn children(&self, scope: Uuid) -> Vec<ActivityNode> {
        // Depth is bounded by the nesting of sub-processes in a checked model.
        let children = self.instance.scope(scope).map(|scope| &scope.children);
        let mut nodes = Vec::new();
        for child in children.into_iter().flatten() {
            let Some(mut node) = self.node(*child, scope) else {
                continue;
            };
            // What is compensated is shown beside the event that throws.
            let beside = if self.definition.executable.throws_compensation(&node.activity_id) {
                std::mem::take(&mut node.children)
            } else {
                Vec::new()
            };
            nodes.push(node);
            nodes.extend(beside);
        }
        nodes
    }

    fn transitions(&self, scope: Uuid) -> Vec<TransitionNode> {
        let children = self.instance.scope(scope).map(|scope| &scope.children);
        let tokens = children
            .into_iter()
            .flatten()
            .filter_map(|child| self.instance.token(*child));
        tokens
            .filter(|token| is_transition(token))
            .filter_map(|token| {
                let described = self.definition.executable.node(&token.node)?;
                Some(TransitionNode {
                    id: token.id,
                    activity_id: token.node.clone(),
                    activity_type: described.activity_type.clone(),
                    activity_name: described.name.clone(),
                    incident_ids: self.incidents_of(token.id),
                })
            })
            .collect()
    }

    fn incidents_of(&self, execution: Uuid) -> Vec<Uuid> {
        self.instance
            .incidents_of(execution)
            .map(|incident| incident.id)
            .collect()
    }

    fn node(&self, id: Uuid, parent: Uuid) -> Option<ActivityNode> {
        let token = self.instance.token(id);
        if token.is_some_and(is_transition) {
            return None;
        }
        let scope = self.instance.scope(id);
        let node = token
            .map(|token| &token.node)
            .or_else(|| scope.and_then(|scope| scope.node.as_ref()))?;
        let described = self.definition.executable.node(node)?;
        Some(ActivityNode {
            id,
            parent_id: Some(parent),
            activity_id: node.clone(),
            activity_type: described.activity_type.clone(),
            activity_name: described.name.clone(),
            execution_ids: vec![id],
            incident_ids: self.incidents_of(id),
            children: self.children(id),
            transitions: self.transitions(id),
        })
    }
}

/// Whether a token rests where no activity instance is.
fn is_transition(token: &Token) -> bool {
    matches!(token.wait, Wait::Siblings | Wait::Job)
}
