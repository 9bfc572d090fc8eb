//! The executable form of a process: what a step looks up, by BPMN id and by index.

use std::collections::HashMap;
use std::sync::Arc;

use flowstone_bpmn::model::{FlowNode, NodeIndex, NodeKind, Process};

/// A process ready to run; immutable.
#[derive(Clone, Debug)]
pub struct Executable {
    process: Process,
    nodes: Vec<NodeInfo>,
    by_id: HashMap<Arc<str>, NodeIndex>,
    /// None start event of the process (`None`) and of each sub-process.
    starts: HashMap<Option<NodeIndex>, NodeIndex>,
}

/// What the outside wants to know of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeInfo {
    /// BPMN id.
    pub id: Arc<str>,
    /// Type as the REST API names it, such as `userTask`.
    pub activity_type: Arc<str>,
    /// Name.
    pub name: Option<Arc<str>>,
    /// Vendor properties (`camunda:properties`), in order.
    pub properties: Vec<(String, String)>,
}

/// Compiles a checked process.
pub fn compile(process: &Process) -> Executable {
    let nodes: Vec<NodeInfo> = process
        .nodes
        .iter()
        .map(|node| NodeInfo {
            id: node.id.as_str().into(),
            activity_type: node.kind.activity_type().into(),
            name: node.name.as_deref().map(Arc::from),
            properties: node.properties.clone(),
        })
        .collect();
    let by_id = (0..)
        .map(NodeIndex)
        .zip(&nodes)
        .map(|(index, node)| (node.id.clone(), index));
    let mut starts = HashMap::new();
    for (index, node) in process.indexed_nodes() {
        if matches!(node.kind, NodeKind::StartEvent(_)) {
            starts.entry(node.parent).or_insert(index);
        }
    }
    Executable {
        by_id: by_id.collect(),
        process: process.clone(),
        nodes,
        starts,
    }
}

impl Executable {
    /// BPMN id of the process.
    pub fn key(&self) -> &str {
        &self.process.id
    }

    /// A node by its BPMN id.
    pub fn node(&self, id: &str) -> Option<&NodeInfo> {
        self.by_id.get(id).map(|index| &self.nodes[index.position()])
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    pub(crate) fn index(&self, id: &str) -> Option<NodeIndex> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn flow_node(&self, index: NodeIndex) -> &FlowNode {
        self.process.node(index)
    }

    pub(crate) fn id(&self, index: NodeIndex) -> &Arc<str> {
        &self.nodes[index.position()].id
    }

    pub(crate) fn start_of(&self, scope: Option<NodeIndex>) -> Option<NodeIndex> {
        self.starts.get(&scope).copied()
    }
}
