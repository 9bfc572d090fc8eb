//! Writing a drawn process as BPMN XML.

use std::fmt::Write;

use super::block::{
    Activity, Block, Boundary, Change, Cut, ERRORS, ESCALATIONS, End, Event, Gateway, Guard, MESSAGES, RECEIVED,
    SIGNALS, Scope, Split, Work,
};

/// The process as a document.
pub fn document(process: &Scope) -> String {
    let mut writing = Writing::default();
    writing.content(process, "");
    let mut declared = String::new();
    for name in MESSAGES {
        declared += &format!(r#"<message id="{name}" name="{name}"/>"#);
    }
    for name in SIGNALS {
        declared += &format!(r#"<signal id="{name}" name="{name}"/>"#);
    }
    for code in ERRORS {
        declared += &format!(r#"<error id="{code}" errorCode="{code}"/>"#);
    }
    for code in ESCALATIONS {
        declared += &format!(r#"<escalation id="{code}" escalationCode="{code}"/>"#);
    }
    format!(
        r#"<definitions id="d" targetNamespace="t" xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
{declared}
<process id="p" isExecutable="true">
{}</process></definitions>"#,
        writing.text
    )
}

#[derive(Default)]
struct Writing {
    text: String,
    flows: usize,
}

impl Writing {
    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("writing to a string does not fail");
    }

    fn flow(&mut self, source: &str, target: &str, condition: Option<&str>) -> String {
        self.flows += 1;
        let id = format!("f{}", self.flows);
        let condition = condition.map_or(String::new(), |text| {
            format!(
                r#"<conditionExpression xsi:type="tFormalExpression"><![CDATA[${{{text}}}]]></conditionExpression>"#
            )
        });
        self.line(&format!(
            r#"<sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}">{condition}</sequenceFlow>"#
        ));
        id
    }

    /// The nodes of a scope, from its start event on.
    fn content(&mut self, scope: &Scope, start: &str) {
        let id = &scope.id;
        self.line(&format!(r#"<startEvent id="{id}-start"{}"#, start_tail(start)));
        let last = self.steps(&scope.steps, &format!("{id}-start"));
        let definition = match scope.end {
            End::Implicit => None,
            End::Plain => Some(String::new()),
            End::Terminate => Some("<terminateEventDefinition/>".to_owned()),
            End::Error(code) => Some(format!(r#"<errorEventDefinition errorRef="{code}"/>"#)),
            End::Escalation(code) => Some(format!(r#"<escalationEventDefinition escalationRef="{code}"/>"#)),
            End::Compensation => Some("<compensateEventDefinition/>".to_owned()),
            End::Cancel => Some("<cancelEventDefinition/>".to_owned()),
        };
        if let (Some(last), Some(definition)) = (last, definition) {
            self.line(&format!(r#"<endEvent id="{id}-end">{definition}</endEvent>"#));
            self.flow(&last, &format!("{id}-end"), None);
        }
        for event in &scope.event_sub_processes {
            let inner = &event.content.id;
            self.line(&format!(r#"<subProcess id="{inner}" triggeredByEvent="true">"#));
            let start = format!(
                r#" isInterrupting="{}">{}"#,
                event.interrupting,
                definition_of(&event.event)
            );
            self.content(&event.content, &start);
            self.line("</subProcess>");
        }
    }

    /// Blocks one after the other behind a node; answers the last node, unless all paths end before.
    fn steps(&mut self, blocks: &[Block], from: &str) -> Option<String> {
        let mut last = from.to_owned();
        for block in blocks {
            self.flow(&last, &entry(block), None);
            last = self.block(block)?;
        }
        Some(last)
    }

    fn block(&mut self, block: &Block) -> Option<String> {
        match block {
            Block::Activity(activity) => return Some(self.activity(activity)),
            Block::Split(split) => return self.split(split),
            Block::EventGateway { id, events } => {
                self.line(&format!(r#"<eventBasedGateway id="{id}"/><intermediateThrowEvent id="{id}-join"/>"#));
                for (event, definition, body) in events {
                    self.catch(event, definition, Cut::default());
                    self.flow(id, event, None);
                    if let Some(last) = self.steps(body, event) {
                        self.flow(&last, &format!("{id}-join"), None);
                    }
                }
                return Some(format!("{id}-join"));
            }
            Block::Catch { id, event, cut } => {
                self.catch(id, event, *cut);
                return Some(id.clone());
            }
            Block::Escalate { id, code } => self.line(&format!(
                r#"<intermediateThrowEvent id="{id}"><escalationEventDefinition escalationRef="{code}"/></intermediateThrowEvent>"#
            )),
            Block::Broadcast { id, signal } => self.line(&format!(
                r#"<intermediateThrowEvent id="{id}"><signalEventDefinition signalRef="{signal}"/></intermediateThrowEvent>"#
            )),
            Block::Compensate { id } => self.line(&format!(
                r#"<intermediateThrowEvent id="{id}"><compensateEventDefinition/></intermediateThrowEvent>"#
            )),
            Block::Exit { id, guard } => {
                self.line(&format!(r#"<endEvent id="{id}-end"/><intermediateThrowEvent id="{id}-on"/>"#));
                self.flow(id, &format!("{id}-end"), Some(&condition(guard)));
                let default = self.flow(id, &format!("{id}-on"), None);
                self.line(&format!(r#"<exclusiveGateway id="{id}" default="{default}"/>"#));
                return Some(format!("{id}-on"));
            }
            Block::Loop { id, times, body } => {
                self.set(&format!("{id}-reset"), id, "0", "", "");
                self.line(&format!(r#"<exclusiveGateway id="{id}"/><intermediateThrowEvent id="{id}-on"/>"#));
                self.flow(&format!("{id}-reset"), id, None);
                let last = self.steps(body, id)?;
                self.set(&format!("{id}-count"), id, &format!("{id} + 1"), "", "");
                self.flow(&last, &format!("{id}-count"), None);
                self.flow(&format!("{id}-count"), &format!("{id}-again"), None);
                self.flow(&format!("{id}-again"), id, Some(&format!("{id} < {times}")));
                let default = self.flow(&format!("{id}-again"), &format!("{id}-on"), None);
                self.line(&format!(r#"<exclusiveGateway id="{id}-again" default="{default}"/>"#));
                return Some(format!("{id}-on"));
            }
        }
        Some(entry(block))
    }

    fn catch(&mut self, id: &str, event: &Event, cut: Cut) {
        self.line(&format!(
            r#"<intermediateCatchEvent id="{id}"{}>{}</intermediateCatchEvent>"#,
            attributes(cut),
            definition_of(event)
        ));
    }

    fn set(&mut self, id: &str, variable: &str, expression: &str, attributes: &str, content: &str) {
        self.line(&format!(
            r#"<serviceTask id="{id}" camunda:expression="${{{expression}}}" camunda:resultVariable="{variable}"{attributes}>{content}</serviceTask>"#
        ));
    }

    fn split(&mut self, split: &Split) -> Option<String> {
        let (id, cut) = (&split.id, attributes(split.cut));
        let element = match split.kind {
            Gateway::Exclusive => "exclusiveGateway",
            Gateway::Parallel => "parallelGateway",
            Gateway::Inclusive => "inclusiveGateway",
        };
        // An exclusive gateway without outgoing flow is refused, and this one may be the last of its scope.
        let joining = if split.kind == Gateway::Exclusive {
            "intermediateThrowEvent"
        } else {
            element
        };
        let join = format!("{id}-join");
        if split.joined {
            self.line(&format!(r#"<{joining} id="{join}"{cut}/>"#));
        }
        let mut default = String::new();
        for (index, branch) in split.branches.iter().enumerate() {
            let begin = format!("{id}-{index}");
            self.line(&format!(r#"<intermediateThrowEvent id="{begin}"/>"#));
            let text = branch.guard.as_ref().map(condition);
            let flow = self.flow(id, &begin, text.as_deref());
            if branch.guard.is_none() && split.kind != Gateway::Parallel {
                default = format!(r#" default="{flow}""#);
            }
            let last = self.steps(&branch.body, &begin);
            if let Some(last) = last.filter(|_| split.joined) {
                self.flow(&last, &join, None);
            }
        }
        self.line(&format!(r#"<{element} id="{id}"{default}{cut}/>"#));
        split.joined.then_some(join)
    }

    fn activity(&mut self, activity: &Activity) -> String {
        let id = &activity.id;
        let mut attributes_text = attributes(activity.cut);
        let repeated = activity.repeated.map_or(String::new(), |repeated| {
            let enough = repeated.enough.map_or(String::new(), |enough| {
                format!("<completionCondition>${{nrOfCompletedInstances >= {enough}}}</completionCondition>")
            });
            format!(
                r#"<multiInstanceLoopCharacteristics isSequential="{}"{}><loopCardinality>{}</loopCardinality>{enough}</multiInstanceLoopCharacteristics>"#,
                repeated.sequential,
                attributes(repeated.cut),
                repeated.times
            )
        });
        let mapping = activity.mapped.map(|variable| {
            format!(
                r#"<extensionElements><camunda:inputOutput><camunda:inputParameter name="{variable}">${{{variable} + 1}}</camunda:inputParameter><camunda:outputParameter name="{variable}">${{{variable}}}</camunda:outputParameter></camunda:inputOutput></extensionElements>"#
            )
        });
        // Extensions come before all else inside of an element.
        let repeated = mapping.unwrap_or_default() + &repeated;
        match &activity.work {
            Work::Manual => self.line(&format!(r#"<manualTask id="{id}"{attributes_text}>{repeated}</manualTask>"#)),
            Work::User => self.line(&format!(r#"<userTask id="{id}"{attributes_text}>{repeated}</userTask>"#)),
            Work::Receive => {
                attributes_text += &format!(r#" messageRef="{RECEIVED}""#);
                self.line(&format!(r#"<receiveTask id="{id}"{attributes_text}>{repeated}</receiveTask>"#));
            }
            Work::Call => self.line(&format!(
                r#"<callActivity id="{id}" calledElement="other"{attributes_text}>{repeated}</callActivity>"#
            )),
            Work::External => self.line(&format!(
                r#"<serviceTask id="{id}" camunda:type="external" camunda:topic="t"{attributes_text}>{repeated}</serviceTask>"#
            )),
            Work::Set { variable, change } => {
                let expression = match change {
                    Change::To(value) => value.to_string(),
                    Change::Plus(value) => format!("{variable} + {value}"),
                };
                self.set(id, variable, &expression, &attributes_text, &repeated);
            }
            Work::Scope(scope) => {
                let element = if scope.transaction { "transaction" } else { "subProcess" };
                self.line(&format!(r#"<{element} id="{id}"{attributes_text}>{repeated}"#));
                self.content(scope, "");
                self.line(&format!("</{element}>"));
            }
        }
        if activity.undone {
            self.line(&format!(
                r#"<userTask id="undo-{id}" isForCompensation="true"/><boundaryEvent id="on-{id}" attachedToRef="{id}"><compensateEventDefinition/></boundaryEvent><association id="to-{id}" sourceRef="on-{id}" targetRef="undo-{id}"/>"#
            ));
        }
        if activity.boundaries.iter().any(|boundary| boundary.rejoins) {
            let merge = format!("{id}-merge");
            self.line(&format!(r#"<intermediateThrowEvent id="{merge}"/>"#));
            self.flow(id, &merge, None);
            activity
                .boundaries
                .iter()
                .for_each(|boundary| self.boundary(boundary, id));
            return merge;
        }
        activity
            .boundaries
            .iter()
            .for_each(|boundary| self.boundary(boundary, id));
        id.clone()
    }

    fn boundary(&mut self, boundary: &Boundary, activity: &str) {
        self.line(&format!(
            r#"<boundaryEvent id="{}" attachedToRef="{activity}" cancelActivity="{}">{}</boundaryEvent>"#,
            boundary.id,
            boundary.interrupting,
            definition_of(&boundary.event)
        ));
        let last = self.steps(&boundary.body, &boundary.id);
        if let Some(last) = last.filter(|_| boundary.rejoins) {
            self.flow(&last, &format!("{activity}-merge"), None);
        }
    }
}

/// The node through which a block is entered.
fn entry(block: &Block) -> String {
    match block {
        Block::Activity(activity) => activity.id.clone(),
        Block::Split(split) => split.id.clone(),
        Block::EventGateway { id, .. }
        | Block::Catch { id, .. }
        | Block::Escalate { id, .. }
        | Block::Compensate { id }
        | Block::Broadcast { id, .. }
        | Block::Exit { id, .. } => id.clone(),
        Block::Loop { id, .. } => format!("{id}-reset"),
    }
}

fn start_tail(start: &str) -> String {
    if start.is_empty() {
        "/>".to_owned()
    } else {
        format!("{start}</startEvent>")
    }
}

fn attributes(cut: Cut) -> String {
    let mut text = String::new();
    if cut.before {
        text += r#" camunda:asyncBefore="true""#;
    }
    if cut.after {
        text += r#" camunda:asyncAfter="true""#;
    }
    text
}

fn condition(guard: &Guard) -> String {
    format!("{} > {}", guard.variable, guard.above)
}

fn definition_of(event: &Event) -> String {
    match event {
        Event::Message(name) => format!(r#"<messageEventDefinition messageRef="{name}"/>"#),
        Event::Signal(name) => format!(r#"<signalEventDefinition signalRef="{name}"/>"#),
        Event::Timer(text) if text.starts_with('R') => {
            format!("<timerEventDefinition><timeCycle>{text}</timeCycle></timerEventDefinition>")
        }
        Event::Timer(text) => {
            format!("<timerEventDefinition><timeDuration>{text}</timeDuration></timerEventDefinition>")
        }
        Event::Cancel => "<cancelEventDefinition/>".to_owned(),
        Event::Error(None) => "<errorEventDefinition/>".to_owned(),
        Event::Error(Some(code)) => format!(r#"<errorEventDefinition errorRef="{code}"/>"#),
        Event::Escalation(None) => "<escalationEventDefinition/>".to_owned(),
        Event::Escalation(Some(code)) => format!(r#"<escalationEventDefinition escalationRef="{code}"/>"#),
        Event::Conditional(guard) => format!(
            "<conditionalEventDefinition><condition><![CDATA[${{{}}}]]></condition></conditionalEventDefinition>",
            condition(guard)
        ),
    }
}
