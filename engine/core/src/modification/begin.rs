//! Where a token begins that an instruction starts, and the scopes that have to be opened around it.

use flowstone_bpmn::model::{FlowIndex, NodeIndex, NodeKind};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

use super::{Instruction, Modification, StartAt, StartInstruction};
use crate::compile::Executable;
use crate::multi_instance::{ACTIVE, ALL, COMPLETED, COUNTER};
use crate::rejection::Rejection;
use crate::state::ScopePhase;
use crate::step::Step;

/// The node at which an instance begins that is started by instructions; `None` when none of them starts a token.
pub(crate) fn first_node(model: &Executable, modification: &Modification) -> Result<Option<NodeIndex>, Rejection> {
    let mut starts = modification.instructions.iter().filter_map(|one| match one {
        Instruction::Start(start) => Some(start),
        _ => None,
    });
    starts
        .next()
        .map(|start| target(model, start).map(|target| target.node))
        .transpose()
}

/// What an instruction starts.
#[derive(Clone, Copy)]
struct Target {
    /// The node before which, or behind which, the token begins.
    node: NodeIndex,
    /// Whether a multi-instance activity is meant as a whole, not one of its instances.
    is_whole: bool,
    /// The flow that the token takes.
    flow: Option<FlowIndex>,
}

/// What holds tokens while it is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    SubProcess(NodeIndex),
    /// The body of a multi-instance activity.
    Body(NodeIndex),
}

fn target(model: &Executable, start: &StartInstruction) -> Result<Target, Rejection> {
    let absent = |what: String, missing: &str| Rejection::InvalidInstruction {
        instruction: described(start),
        problem: format!("{what}: {missing} is null"),
    };
    let element = |id: &str| format!("Element '{id}' does not exist in process '{}'", model.key());
    match &start.at {
        StartAt::Before(id) => {
            let node = model.find(id).map_err(|_| absent(element(id), "element"))?;
            Ok(Target {
                node,
                is_whole: model.body(node).is_some_and(|body| **body == **id),
                flow: None,
            })
        }
        StartAt::After(id) => {
            let unknown = || absent(format!("Activity '{id}' does not exist"), "activity");
            let node = model.find(id).map_err(|_| unknown())?;
            let flow = match model.flow_node(node).outgoing.as_slice() {
                [flow] => *flow,
                flows => {
                    let number = if flows.is_empty() { "no" } else { "more than one" };
                    let rest = if flows.is_empty() { " to take" } else { "" };
                    return Err(Rejection::ImpossibleInstruction {
                        problem: format!(
                            "Cannot start after activity {id}; activity has {number} outgoing sequence flow{rest}"
                        ),
                    });
                }
            };
            Ok(Target {
                node,
                is_whole: true,
                flow: Some(flow),
            })
        }
        StartAt::Flow(id) => {
            let mut flows = (0..).map(FlowIndex).zip(&model.process().flows);
            let found = flows.find(|(_, flow)| flow.id.as_deref() == Some(id));
            let (flow, found) = found.ok_or_else(|| absent(element(id), "element"))?;
            Ok(Target {
                node: found.source,
                is_whole: true,
                flow: Some(flow),
            })
        }
    }
}

fn described(start: &StartInstruction) -> String {
    match &start.ancestor {
        Some(ancestor) => format!("{} with ancestor activity instance '{ancestor}'", start.at),
        None => start.at.to_string(),
    }
}

impl Step<'_> {
    /// Lets a token begin where an instruction says.
    pub(super) fn begin_token(&mut self, start: &StartInstruction) -> Result<(), Rejection> {
        let target = target(self.model, start)?;
        let levels = self.levels(target);
        let (holder, position) = match start.ancestor {
            Some(ancestor) => (ancestor, self.level_of_ancestor(start, ancestor, &levels)?),
            None => self.nearest_open(&levels)?,
        };
        // The levels to open, the outermost first.
        let missing: Vec<Level> = levels[..position].iter().rev().copied().collect();
        self.check_concurrency(levels[position], target, &missing)?;
        self.make_way(holder, target, &missing)?;
        let mut scope = holder;
        for level in &missing {
            scope = self.open_level(scope, *level)?;
        }
        self.set_variables(scope, &start.variables);
        // A scope that is opened for the token is what enters the target, hence it holds what is local.
        if let Some(Level::SubProcess(_)) = missing.last() {
            self.set_local_variables(scope, &start.local_variables);
            return self.let_go(scope, target, Variables::new());
        }
        self.let_go(scope, target, start.local_variables.clone())
    }

    /// What is around a target, the innermost first and the root last.
    fn levels(&self, target: Target) -> Vec<Level> {
        let model = self.model;
        let has_body = |node| model.body(node).is_some();
        let mut levels = Vec::new();
        let (mut inside, mut is_in_body) = (target.node, !target.is_whole && has_body(target.node));
        loop {
            if is_in_body {
                levels.push(Level::Body(inside));
            }
            let Some(parent) = model.flow_node(inside).parent else {
                levels.push(Level::Root);
                return levels;
            };
            levels.push(Level::SubProcess(parent));
            (inside, is_in_body) = (parent, has_body(parent));
        }
    }

    /// The first level that is open, and where it stands among them.
    fn nearest_open(&self, levels: &[Level]) -> Result<(Uuid, usize), Rejection> {
        for (position, level) in levels.iter().enumerate() {
            let mut open = self.open_scopes(*level);
            if let Some(scope) = open.next() {
                if open.next().is_some() {
                    return Err(Rejection::ImpossibleInstruction {
                        problem: format!(
                            "Ancestor activity execution is ambiguous for activity {}; name one of them as \
                             ancestorActivityInstanceId",
                            self.name_of(levels[0])
                        ),
                    });
                }
                return Ok((scope, position));
            }
        }
        // The root is open as long as the instance runs.
        Err(Rejection::Ended {
            instance: self.instance.id,
        })
    }

    fn open_scopes(&self, level: Level) -> impl Iterator<Item = Uuid> + '_ {
        let scopes = self
            .instance
            .scopes()
            .filter(|scope| scope.phase == ScopePhase::Open)
            .map(|scope| scope.id);
        scopes.filter(move |id| self.level_of(*id) == Some(level))
    }

    fn level_of(&self, scope: Uuid) -> Option<Level> {
        let scope = self.instance.scope(scope)?;
        let Some(id) = &scope.node else {
            return Some(Level::Root);
        };
        let node = self.model.find(id).ok()?;
        if self.model.body(node) == Some(id) {
            return Some(Level::Body(node));
        }
        Some(Level::SubProcess(node))
    }

    fn level_of_ancestor(
        &self,
        start: &StartInstruction,
        ancestor: Uuid,
        levels: &[Level],
    ) -> Result<usize, Rejection> {
        let invalid = |problem| Rejection::InvalidInstruction {
            instruction: described(start),
            problem,
        };
        if !self.is_activity_instance(ancestor) {
            return Err(invalid(format!(
                "Ancestor activity instance '{ancestor}' does not exist: ancestorInstance is null"
            )));
        }
        let own = self.level_of(ancestor);
        let position = levels.iter().position(|level| Some(*level) == own);
        position.ok_or_else(|| {
            let element = match &start.at {
                StartAt::Before(id) | StartAt::After(id) | StartAt::Flow(id) => id,
            };
            invalid(format!(
                "Scope execution for '{ancestor}' cannot be found in parent hierarchy of flow element '{element}'"
            ))
        })
    }

    /// Refuses a second instance beside the only one that a sequential multi-instance activity has at a time.
    fn check_concurrency(&self, holder: Level, target: Target, missing: &[Level]) -> Result<(), Rejection> {
        let Level::Body(node) = holder else {
            return Ok(());
        };
        let is_repetition = missing
            .first()
            .map_or(target.node == node, |level| *level == Level::SubProcess(node));
        let repeated = &self.model.flow_node(node).multi_instance;
        if is_repetition && repeated.as_ref().is_some_and(|repeated| repeated.sequential) {
            return Err(Rejection::ImpossibleInstruction {
                problem: format!(
                    "Concurrent instantiation not possible for activities in scope {}",
                    self.name_of(holder)
                ),
            });
        }
        Ok(())
    }

    /// Cancels what the target takes the place of: the activity of an interrupting boundary event, or all else in the
    /// scope of an interrupting event sub-process that is begun at its start.
    fn make_way(&mut self, holder: Uuid, target: Target, missing: &[Level]) -> Result<(), Rejection> {
        if target.flow.is_some() {
            return Ok(());
        }
        let model = self.model;
        match (&model.flow_node(target.node).kind, missing) {
            (NodeKind::BoundaryEvent(event), []) if event.interrupting => {
                let activity = model.body(event.attached_to).cloned();
                let activity = activity.unwrap_or_else(|| model.id(event.attached_to));
                let mut owners = self.active_at(&activity);
                owners.retain(|owner| self.surrounding(*owner).ok() == Some(holder));
                match owners.as_slice() {
                    [] => Ok(()),
                    [owner] => self.cancel_activity(*owner),
                    _ => Err(Rejection::ImpossibleInstruction {
                        problem: format!("Executions for activity {activity} ambiguous; cancel all but one of them"),
                    }),
                }
            }
            (NodeKind::StartEvent(_), [Level::SubProcess(parent)]) => self.interrupt_for(holder, *parent, target.node),
            (NodeKind::EventSubProcess, []) => match model.start_in(Some(target.node)) {
                Some(start) => self.interrupt_for(holder, target.node, start),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn interrupt_for(&mut self, holder: Uuid, sub_process: NodeIndex, start: NodeIndex) -> Result<(), Rejection> {
        let is_event_sub_process = matches!(self.model.flow_node(sub_process).kind, NodeKind::EventSubProcess);
        if let NodeKind::StartEvent(event) = &self.model.flow_node(start).kind
            && event.trigger.as_ref().is_some_and(|trigger| trigger.interrupting)
            && is_event_sub_process
        {
            return self.interrupt(holder);
        }
        Ok(())
    }

    /// Opens a level inside of a scope, with nothing active in it; its scope.
    fn open_level(&mut self, scope: Uuid, level: Level) -> Result<Uuid, Rejection> {
        match level {
            Level::Root => Ok(scope),
            Level::SubProcess(node) if matches!(self.model.flow_node(node).kind, NodeKind::EventSubProcess) => {
                self.open_event_sub_process(scope, node)
            }
            Level::SubProcess(node) => {
                self.locals = self.one_more(scope, node);
                self.open_sub_process(scope, node)
            }
            Level::Body(node) => self.open_body_for_one(scope, node),
        }
    }

    /// Opens the body of a multi-instance activity in which an instruction begins an instance.
    fn open_body_for_one(&mut self, scope: Uuid, node: NodeIndex) -> Result<Uuid, Rejection> {
        let repeated = &self.model.flow_node(node).multi_instance;
        let is_sequential = repeated.as_ref().is_some_and(|repeated| repeated.sequential);
        let mut counters = vec![(COMPLETED, 0)];
        if !self.is_loop(node) {
            // Of a parallel one the instance is counted when it begins.
            let begun = i32::from(is_sequential);
            counters.extend([(ALL, begun), (ACTIVE, begun)]);
        }
        if is_sequential {
            counters.push((COUNTER, 0));
        }
        self.open_body(scope, node, &counters)
    }

    /// Counts an instance that is about to begin when the scope is the body of a parallel multi-instance activity; the
    /// variables that the instance begins with.
    fn one_more(&mut self, scope: Uuid, node: NodeIndex) -> Variables {
        let repeated = &self.model.flow_node(node).multi_instance;
        if !self.is_body_of(scope, node) || repeated.as_ref().is_none_or(|repeated| repeated.sequential) {
            return Variables::new();
        }
        let all = self.counter(scope, ALL);
        for (name, value) in [(ALL, all), (ACTIVE, self.counter(scope, ACTIVE))] {
            self.set_local_variable(scope, name, TypedValue::from(value.saturating_add(1)));
        }
        Variables::from([(COUNTER.to_owned(), TypedValue::from(all))])
    }

    /// The token begins.
    fn let_go(&mut self, scope: Uuid, target: Target, locals: Variables) -> Result<(), Rejection> {
        let model = self.model;
        if let Some(flow) = target.flow {
            self.listen_to_flow(flow, scope)?;
            self.schedule_with(scope, model.process().flow(flow).target, locals);
            return Ok(());
        }
        if matches!(model.flow_node(target.node).kind, NodeKind::EventSubProcess) {
            let opened = self.open_event_sub_process(scope, target.node)?;
            self.set_local_variables(opened, &locals);
            return match model.start_in(Some(target.node)) {
                Some(start) => {
                    self.schedule(opened, start);
                    Ok(())
                }
                None => self.complete_scope(opened, target.node),
            };
        }
        if self.is_body_of(scope, target.node) {
            let mut own = self.one_more(scope, target.node);
            own.extend(locals);
            self.schedule_with(scope, target.node, own);
        } else {
            self.schedule_with(scope, self.first_step(target.node), locals);
        }
        Ok(())
    }

    /// The first of the steps that a node consists of. What a model asks for beside its work, such as a listener that
    /// a worker carries out, is a step of its own on the way into it, called as the node with a number.
    fn first_step(&self, node: NodeIndex) -> NodeIndex {
        let model = self.model;
        let owner = &model.flow_node(node).id;
        let is_step = |id: &str| {
            id.strip_prefix(owner.as_str())
                .is_some_and(|rest| rest.starts_with('#'))
        };
        let mut first = node;
        while let [flow] = model.flow_node(first).incoming.as_slice() {
            let before = model.process().flow(*flow).source;
            let step = model.flow_node(before);
            let is_listener = matches!(step.kind, NodeKind::ServiceTask(_));
            if !is_step(&step.id) || (is_listener && self.skip.listeners) {
                break;
            }
            first = before;
        }
        first
    }

    fn name_of(&self, level: Level) -> String {
        match level {
            Level::Root => self.model.key().to_owned(),
            Level::SubProcess(node) => self.model.id(node).to_string(),
            Level::Body(node) => match self.model.body(node) {
                Some(body) => body.to_string(),
                None => self.model.id(node).to_string(),
            },
        }
    }
}
