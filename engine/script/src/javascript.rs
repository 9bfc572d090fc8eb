//! JavaScript in a sandbox: a fresh QuickJS for each evaluation, on a thread of its own.
//!
//! The script sees the context through questions that its thread asks and the calling thread answers, so that nothing
//! of the engine is reachable from it. Time, memory and stack are bounded, whatever the script does.

mod sandbox;
mod value;

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};

use flowstone_expression::{Bean, Context, EvaluationError, Value};

use crate::script::{Limits, ScriptProblem};

/// The stack of the thread; scripts get a part of it.
const THREAD_STACK_BYTES: usize = 2 * 1024 * 1024;
/// The longest text of a script, in bytes.
const MAXIMUM_SOURCE_BYTES: usize = 256 * 1024;

/// What a script asks of its surroundings.
enum Question {
    Names,
    Variable(String),
    Has(Bean),
    Property(Bean, String),
    Call(Bean, String, Vec<Value>),
    /// What it prints; nothing is answered.
    Print(String),
}

/// What it is answered.
enum Answer {
    Names(Vec<String>),
    Value(Result<Option<Value>, EvaluationError>),
    Has(bool),
}

/// The side of the script.
pub(crate) struct Line {
    questions: Sender<Question>,
    answers: Receiver<Answer>,
}

impl Line {
    fn names(&self) -> Vec<String> {
        match self.ask(Question::Names) {
            Some(Answer::Names(names)) => names,
            _ => Vec::new(),
        }
    }

    fn has(&self, bean: Bean) -> bool {
        matches!(self.ask(Question::Has(bean)), Some(Answer::Has(true)))
    }

    fn value(&self, question: Question) -> Result<Option<Value>, EvaluationError> {
        match self.ask(question) {
            Some(Answer::Value(value)) => value,
            _ => Err(EvaluationError::failed("the evaluation has ended")),
        }
    }

    fn print(&self, text: String) {
        // Without anybody who listens there is nothing to print for.
        let _ = self.questions.send(Question::Print(text));
    }

    fn ask(&self, question: Question) -> Option<Answer> {
        self.questions.send(question).ok()?;
        self.answers.recv().ok()
    }
}

/// Whether a script is written correctly.
pub(crate) fn check(source: &str) -> Result<(), ScriptProblem> {
    if source.len() > MAXIMUM_SOURCE_BYTES {
        return Err(ScriptProblem {
            line: 1,
            column: 1,
            message: format!("the script is longer than {MAXIMUM_SOURCE_BYTES} bytes"),
        });
    }
    on_thread(|| sandbox::check(source)).unwrap_or_else(|| Err(no_thread()))
}

fn no_thread() -> ScriptProblem {
    ScriptProblem {
        line: 1,
        column: 1,
        message: "the script could not be checked: the machine has no thread left".to_owned(),
    }
}

/// Runs a script; its value is that of its last statement.
pub(crate) fn run(source: &str, context: &mut dyn Context, limits: &Limits) -> Result<Value, EvaluationError> {
    let (questions, asked) = channel();
    let (answer, answers) = channel();
    let line = Line { questions, answers };
    let now = context.now();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("script".to_owned())
            .stack_size(THREAD_STACK_BYTES)
            .spawn_scoped(scope, move || sandbox::run(source, line, limits, now))
            .map_err(|_| EvaluationError::failed("the machine has no thread left for the script"))?;
        while let Ok(question) = asked.recv() {
            let given = match question {
                Question::Names => Answer::Names(context.variable_names()),
                Question::Variable(name) => Answer::Value(Ok(context.variable(&name))),
                Question::Has(bean) => Answer::Has(context.has_bean(bean)),
                Question::Property(bean, property) => Answer::Value(context.bean_property(bean, &property).map(Some)),
                Question::Call(bean, method, arguments) => {
                    Answer::Value(context.call_bean(bean, &method, &arguments).map(Some))
                }
                Question::Print(text) => {
                    context.print(&text);
                    continue;
                }
            };
            if answer.send(given).is_err() {
                break;
            }
        }
        match thread.join() {
            Ok(result) => result,
            Err(panic) => resume_unwind(panic),
        }
    })
}

/// Does something on a thread with a known stack; `None` when there is none to be had.
fn on_thread<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(THREAD_STACK_BYTES)
            .spawn_scoped(scope, work)
            .ok()?;
        match thread.join() {
            Ok(result) => Some(result),
            Err(panic) => resume_unwind(panic),
        }
    })
}
