//! The stable names of all kinds of problems.

macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(pub(crate) const $name: &str = $code;)*
        /// Every code a [`Diagnostic`](crate::Diagnostic) can carry, with its meaning. Codes never change their
        /// meaning; new ones may be added.
        pub const CODES: &[(&str, &str)] = &[$(($code, $meaning)),*];
    };
}

codes! {
    TOO_LARGE = "too-large", "The file exceeds a limit on size, nesting, elements or attributes.";
    TOO_MANY_PROBLEMS = "too-many-problems", "More problems were found than are reported.";
    INVALID_ENCODING = "invalid-encoding", "The bytes are not text in a supported encoding.";
    INVALID_XML = "invalid-xml", "The text is not well-formed XML with namespaces.";
    DOCTYPE_FORBIDDEN = "doctype-forbidden", "The file has a DOCTYPE, which is not accepted.";
    NOT_BPMN = "not-bpmn", "The root element is not the BPMN 2.0 definitions element.";
    WRONG_ORDER = "wrong-order", "An element stands where the BPMN 2.0 schema does not allow it.";
    UNKNOWN_ELEMENT = "unknown-element", "BPMN 2.0 has no such element at this place.";
    UNKNOWN_ATTRIBUTE = "unknown-attribute", "BPMN 2.0 has no such attribute on this element.";
    UNSUPPORTED_ELEMENT = "unsupported-element", "The engine does not execute this element.";
    UNSUPPORTED_ATTRIBUTE = "unsupported-attribute", "The engine does not execute what this attribute asks for.";
    UNSUPPORTED_IMPORT = "unsupported-import", "The file imports a document of an unknown type.";
    MISSING_ID = "missing-id", "An element that needs an id has none.";
    DUPLICATE_ID = "duplicate-id", "Several elements have the same id.";
    NO_EXECUTABLE_PROCESS = "no-executable-process", "The file has no process to deploy.";
    PROCESS_NOT_EXECUTABLE = "process-not-executable", "The process is marked as not executable and is not deployed.";
    MISSING_START_EVENT = "missing-start-event", "A process or sub-process has no start event.";
    MULTIPLE_START_EVENTS = "multiple-start-events", "A process has several start events without trigger or with a timer, or a sub-process several start events.";
    START_EVENT_INCOMING = "start-event-incoming", "A sequence flow leads to a start event.";
    END_EVENT_OUTGOING = "end-event-outgoing", "A sequence flow leaves an end event.";
    START_EVENT_DEFINITION = "start-event-definition", "The start event of a sub-process has a trigger.";
    MISSING_FLOW_END = "missing-flow-end", "A sequence flow has no sourceRef or no targetRef.";
    DANGLING_FLOW = "dangling-flow", "A sequence flow refers to a node that does not exist.";
    DANGLING_ASSOCIATION = "dangling-association", "An association refers to an element that does not exist.";
    DANGLING_LANE = "dangling-lane", "A lane refers to a node that does not exist.";
    FLOW_CROSSES_SCOPE = "flow-crosses-scope", "A sequence flow crosses the border of a process or sub-process.";
    UNKNOWN_DEFAULT_FLOW = "unknown-default-flow", "The default flow does not leave the node.";
    DEFAULT_FLOW_CONDITION = "default-flow-condition", "The default flow of an exclusive gateway has a condition.";
    EMPTY_CONDITION = "empty-condition", "A condition has no content.";
    GATEWAY_WITHOUT_OUTGOING = "gateway-without-outgoing", "No sequence flow leaves an exclusive gateway.";
    GATEWAY_SINGLE_CONDITION = "gateway-single-condition", "The only flow out of an exclusive gateway has a condition.";
    GATEWAY_UNCONDITIONAL_FLOW = "gateway-unconditional-flow", "A flow out of an exclusive gateway has no condition and is not the default.";
    UNORDERED_EVENT = "unordered-event", "A start or end event stands in an ad-hoc sub-process.";
    UNREACHABLE_NODE = "unreachable-node", "No path leads from a start event to the node.";
    MISSING_IMPLEMENTATION = "missing-implementation", "A task does not say who does its work.";
    FOREIGN_IMPLEMENTATION = "foreign-implementation", "The work of a task is code that becomes an incident when it is reached: a Java class or delegate, or a script in another language.";
    MISSING_SCRIPT = "missing-script", "A script task has no language or no script.";
    MISSING_TOPIC = "missing-topic", "An external task has no topic.";
    INVALID_NUMBER = "invalid-number", "An attribute that must be a whole number is none.";
    INVALID_BOOLEAN = "invalid-boolean", "An attribute that must be true or false is neither.";
    INVALID_CHOICE = "invalid-choice", "An attribute has none of the values that it can have.";
    INVALID_EXPRESSION = "invalid-expression", "An expression has a syntax error.";
    INVALID_HISTORY_TIME_TO_LIVE = "invalid-history-time-to-live", "historyTimeToLive is not a number of days.";
    INVALID_FORM = "invalid-form", "The form attributes contradict each other or are incomplete.";
    INVALID_FORM_FIELD = "invalid-form-field", "A field of a form has no id, no type, an unknown type or an unknown constraint.";
    UNUSABLE_CONSTRAINT = "unusable-constraint", "A constraint of a form field refuses every value that is submitted.";
    UNKNOWN_MESSAGE = "unknown-message", "A messageRef names no message.";
    MISSING_MESSAGE_NAME = "missing-message-name", "A message that is waited for has no name.";
    MISSING_SIGNAL_NAME = "missing-signal-name", "A signal has no name.";
    DUPLICATE_SIGNAL_NAME = "duplicate-signal-name", "Several signals have the same name.";
    MISSING_EVENT_DEFINITION = "missing-event-definition", "A catching event does not say what it waits for.";
    EVENT_DEFINITION_NOT_ALLOWED = "event-definition-not-allowed", "An event cannot have this event definition.";
    MISSING_REFERENCE = "missing-reference", "An event definition does not say which message, signal, error or escalation it means.";
    UNKNOWN_REFERENCE = "unknown-reference", "A reference names nothing in the file.";
    MISSING_CODE = "missing-code", "An error or escalation that is thrown has no code.";
    AMBIGUOUS_CATCH = "ambiguous-catch", "Escalations are caught at one place by their code and all together.";
    INVALID_ATTACHMENT = "invalid-attachment", "A boundary event is attached to nothing, or to something that cannot have it.";
    BOUNDARY_EVENT_INCOMING = "boundary-event-incoming", "A sequence flow leads to a boundary event.";
    EVENT_SUB_PROCESS_FLOW = "event-sub-process-flow", "A sequence flow leads to or leaves an event sub-process.";
    COMPENSATION_FLOW = "compensation-flow", "A sequence flow leads to or leaves an activity that compensates another.";
    NOT_INTERRUPTING = "not-interrupting", "An event that always interrupts says that it does not.";
    INVALID_ID = "invalid-id", "An id is not a name as XML Schema wants it, or too long.";
    INVALID_TYPE = "invalid-type", "A condition has another type than tFormalExpression.";
    DUPLICATE_PERFORMER = "duplicate-performer", "A user task has several human performers.";
    DUPLICATE_SUBSCRIPTION = "duplicate-subscription", "Two events at one place wait for the same message, signal or condition.";
    DUPLICATE_CATCH = "duplicate-catch", "Two events of one scope or activity catch the same error or escalation.";
    INVALID_VARIABLE_EVENTS = "invalid-variable-events", "variableEvents names something that is no change of a variable.";
    INVALID_LINK = "invalid-link", "A link has no name, no other end, or several.";
    INVALID_COMPENSATION = "invalid-compensation", "A compensation event refers to no activity that can be compensated, or has no handler.";
    INVALID_CANCEL = "invalid-cancel", "A cancel event stands outside of a transaction, or is the second of one.";
    DUPLICATE_MESSAGE_START = "duplicate-message-start", "Two start events of a process wait for the same message.";
    EVENT_GATEWAY_INCOMING = "event-gateway-incoming", "A sequence flow leads to an event behind an event-based gateway past the gateway.";
    COMPUTED_START_MESSAGE = "computed-start-message", "The name of a message that starts a process is computed.";
    MISSING_CALLED_ELEMENT = "missing-called-element", "A call activity does not say which process it calls.";
    INVALID_BINDING = "invalid-binding", "The binding of a called process is unknown or incomplete.";
    INVALID_MAPPING = "invalid-mapping", "A variable that is passed on has no source or no target.";
    INVALID_LISTENER = "invalid-listener", "A listener is for an event that does not exist.";
    MISSING_TIMER = "missing-timer", "A timer does not say when it fires, or says it more than once.";
    ASYNC_NOT_ALLOWED = "async-not-allowed", "The element cannot be continued by a job in this way.";
    MISSING_CARDINALITY = "missing-cardinality", "A multi-instance activity does not say how often it is carried out.";
    INCOMPLETE_CORRELATION = "incomplete-correlation", "A correlation subscription, or what it names, lacks a part.";
    EVENT_GATEWAY_TARGET = "event-gateway-target", "A sequence flow out of an event-based gateway leads to something that is no catch event.";
    MULTIPLE_EVENT_DEFINITIONS = "multiple-event-definitions", "An event has several event definitions.";
    INPUT_OUTPUT_NOT_ALLOWED = "input-output-not-allowed", "The element cannot have these input or output parameters.";
    INVALID_PARAMETER = "invalid-parameter", "An input or output parameter, list item or map entry is incomplete.";
}
