//! One evaluation in a runtime of its own.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use flowstone_expression::{Bean, EvaluationError, ExceededLimit, Value};
use rquickjs::context::EvalOptions;
use rquickjs::{CatchResultExt, Context, Ctx, Exception, Function, Object, Runtime};

use super::value::{Untaken, from_javascript, to_javascript};
use super::{Line, Question};
use crate::script::{Limits, ScriptProblem};

/// How much of the stack of the thread a script may take.
const STACK_BYTES: usize = 512 * 1024;
/// How much of the memory a script has before it begins: that of the language itself.
const BASE_MEMORY_BYTES: usize = 4 * 1024 * 1024;
/// How long checking a text may take, and what memory.
const CHECK_LIMITS: (Duration, usize) = (Duration::from_secs(1), 16 * 1024 * 1024);
/// What all that a script prints may come to, in bytes.
const MAXIMUM_PRINTED_BYTES: usize = 16 * 1024;
/// How deep a part of the text of a failure is shown.
const SHOWN_BYTES: usize = 500;

const PRELUDE: &str = include_str!("prelude.js");

/// A runtime with its limits.
struct Sandbox {
    context: Context,
    /// Whether the time ran out.
    is_late: Arc<AtomicBool>,
}

impl Sandbox {
    fn new(time: Duration, memory_bytes: usize) -> rquickjs::Result<Self> {
        let runtime = Runtime::new()?;
        runtime.set_memory_limit(memory_bytes.saturating_add(BASE_MEMORY_BYTES));
        runtime.set_max_stack_size(STACK_BYTES);
        let is_late = Arc::new(AtomicBool::new(false));
        let (deadline, late) = (Instant::now() + time, is_late.clone());
        runtime.set_interrupt_handler(Some(Box::new(move || {
            let over = Instant::now() >= deadline;
            if over {
                late.store(true, Ordering::Relaxed);
            }
            over
        })));
        let context = Context::full(&runtime)?;
        Ok(Self { context, is_late })
    }
}

/// Whether a text is a correct script. It is compiled as the body of a function and not run.
pub(super) fn check(source: &str) -> Result<(), ScriptProblem> {
    let problem = |line, column, message: String| ScriptProblem { line, column, message };
    let (time, memory) = CHECK_LIMITS;
    let Ok(sandbox) = Sandbox::new(time, memory) else {
        return Err(problem(
            1,
            1,
            "the script could not be checked: there is too little memory".to_owned(),
        ));
    };
    sandbox.context.with(|ctx| {
        let compile: rquickjs::Result<Function<'_>> = ctx.globals().get("Function");
        let compiled = compile.and_then(|compile| compile.call::<_, rquickjs::Value<'_>>((source,)));
        compiled.catch(&ctx).map(drop).map_err(|error| {
            let (message, place) = described(&error);
            // The text of the function begins two lines above that of the script.
            let (line, column) = place.unwrap_or((1, 1));
            let last = source.lines().count().max(1);
            problem(line.saturating_sub(2).clamp(1, last), column, message)
        })
    })
}

/// The message of a failure, and the line and column where it happened.
fn described(error: &rquickjs::CaughtError<'_>) -> (String, Option<(usize, usize)>) {
    match error {
        rquickjs::CaughtError::Exception(exception) => {
            let message = exception.message().unwrap_or_default();
            let kind: Option<String> = exception.as_object().get("name").ok();
            let place = exception.stack().as_deref().and_then(place_in);
            (
                shown(&format!("{}: {message}", kind.as_deref().unwrap_or("Error"))),
                place,
            )
        }
        rquickjs::CaughtError::Value(value) => {
            let text = value.as_string().and_then(|text| text.to_string().ok());
            (shown(&text.unwrap_or_else(|| "a value was thrown".to_owned())), None)
        }
        rquickjs::CaughtError::Error(error) => (error.to_string(), None),
    }
}

fn shown(text: &str) -> String {
    if text.len() <= SHOWN_BYTES {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(SHOWN_BYTES)])
}

/// The first `:line:column` of a stack.
fn place_in(stack: &str) -> Option<(usize, usize)> {
    stack.lines().find_map(|line| {
        let line = line.trim_end().trim_end_matches(')');
        let (rest, column) = line.rsplit_once(':')?;
        let (_, row) = rest.rsplit_once(':')?;
        Some((row.parse().ok()?, column.parse().ok()?))
    })
}

/// Runs a script.
pub(super) fn run(source: &str, line: Line, limits: &Limits, now: DateTime<Utc>) -> Result<Value, EvaluationError> {
    let failed = |cause: String| EvaluationError::Failed {
        expression: shown(source),
        cause,
        offset: 0,
    };
    let sandbox = Sandbox::new(limits.time, limits.memory_bytes).map_err(|error| failed(error.to_string()))?;
    // The engine's own error is kept here on its way through the script.
    let refusal = Rc::new(RefCell::new(None));
    sandbox.context.with(|ctx| {
        let computed = evaluate(&ctx, source, line, &refusal, now);
        let exceeded = |limit| EvaluationError::LimitExceeded {
            expression: shown(source),
            limit,
            offset: 0,
        };
        computed.map_err(|untaken| {
            if sandbox.is_late.load(Ordering::Relaxed) {
                return exceeded(ExceededLimit::Time);
            }
            match untaken {
                Untaken::Unfit(error) => match error {
                    EvaluationError::Failed { cause, .. } => failed(cause),
                    other => other,
                },
                Untaken::Thrown => {
                    let thrown = rquickjs::CaughtError::from_error(&ctx, rquickjs::Error::Exception);
                    if let Some(business_error) = business_error(&thrown) {
                        return business_error;
                    }
                    if let Some(error) = refusal.borrow_mut().take() {
                        return match error {
                            EvaluationError::Failed { cause, .. } => failed(cause),
                            other => other,
                        };
                    }
                    let (message, place) = described(&thrown);
                    if message.contains("out of memory") || is_null(&thrown) {
                        return exceeded(ExceededLimit::Memory);
                    }
                    failed(match place {
                        Some((row, column)) => format!("{message} (line {row}, column {column})"),
                        None => message,
                    })
                }
            }
        })
    })
}

fn evaluate<'js>(
    ctx: &Ctx<'js>,
    source: &str,
    line: Line,
    refusal: &Rc<RefCell<Option<EvaluationError>>>,
    now: DateTime<Utc>,
) -> Result<Value, Untaken> {
    let names = line.names();
    let all = [Bean::Execution, Bean::Task, Bean::ExternalTask];
    let beans: Vec<&str> = all.into_iter().filter(|bean| line.has(*bean)).map(Bean::name).collect();
    let host = Function::new(ctx.clone(), host(line, refusal.clone()))?;
    let prelude: Function<'js> = ctx.eval(PRELUDE)?;
    let _: () = prelude.call((host, now.timestamp_millis() as f64, names, beans))?;
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some("script".to_owned());
    let value: rquickjs::Value<'js> = ctx.eval_with_options(source, options)?;
    from_javascript(ctx, &value)
}

/// The function through which the prelude asks the engine.
fn host(
    line: Line,
    refusal: Rc<RefCell<Option<EvaluationError>>>,
) -> impl for<'js> Fn(Ctx<'js>, String, String, String, Vec<rquickjs::Value<'js>>) -> rquickjs::Result<rquickjs::Value<'js>>
{
    let printed = RefCell::new(0usize);
    move |ctx, kind, bean, name, given| {
        let refuse = |error: EvaluationError| {
            let message = error.to_string();
            *refusal.borrow_mut() = Some(error);
            Exception::throw_message(&ctx, &message)
        };
        let question = match (kind.as_str(), Bean::from_name(&bean)) {
            ("variable", _) => Question::Variable(name),
            ("property", Some(bean)) => Question::Property(bean, name),
            ("call", Some(bean)) => {
                let mut arguments = Vec::with_capacity(given.len());
                for value in &given {
                    arguments.push(from_javascript(&ctx, value).map_err(|untaken| match untaken {
                        Untaken::Thrown => rquickjs::Error::Exception,
                        Untaken::Unfit(error) => refuse(error),
                    })?);
                }
                Question::Call(bean, name, arguments)
            }
            ("print", _) => {
                let mut printed = printed.borrow_mut();
                if *printed < MAXIMUM_PRINTED_BYTES {
                    *printed += name.len();
                    line.print(shown(&name));
                }
                return Ok(rquickjs::Value::new_undefined(ctx));
            }
            _ => return Err(Exception::throw_message(&ctx, "the engine has no such object")),
        };
        match line.value(question) {
            Ok(Some(value)) => to_javascript(&ctx, &value),
            Ok(None) => Ok(rquickjs::Value::new_undefined(ctx)),
            Err(error) => Err(refuse(error)),
        }
    }
}

/// Whether null was thrown: the language does so when there is no memory left for an error that says what is missing.
fn is_null(thrown: &rquickjs::CaughtError<'_>) -> bool {
    matches!(thrown, rquickjs::CaughtError::Value(value) if value.is_null())
}

/// The business error that was thrown, if it was one.
fn business_error(thrown: &rquickjs::CaughtError<'_>) -> Option<EvaluationError> {
    let rquickjs::CaughtError::Exception(exception) = thrown else {
        return None;
    };
    let object: &Object<'_> = exception.as_object();
    let name: String = object.get("name").ok()?;
    let code: String = object.get("errorCode").ok()?;
    let has_message: bool = object.get("hasMessage").ok()?;
    (name == "BpmnError").then(|| EvaluationError::BusinessError {
        code,
        message: exception.message().filter(|_| has_message),
    })
}
