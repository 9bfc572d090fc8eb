//! `for`, `some` and `every`. What they iterate over is never laid out in memory.

use std::sync::Arc;

use super::Evaluated;
use crate::syntax::ast::{For, Iterator as IteratorNode, Quantified};
use crate::temporal::Date;
use crate::{Endpoint, Evaluation, EvaluationError, ExceededLimit, List, Range, Scope, Value};

/// What an iterator goes over.
enum Source {
    Items(Arc<List>),
    /// From one integer to another, up or down.
    Integers(i64, i64),
    /// The same with days since 1970-01-01.
    Days(i64, i64),
}

impl Source {
    fn len(&self) -> u64 {
        match self {
            Self::Items(list) => list.len() as u64,
            Self::Integers(from, to) | Self::Days(from, to) => from.abs_diff(*to).saturating_add(1),
        }
    }

    fn get(&self, index: u64) -> Value {
        let step = |from: i64, to: i64| {
            if from <= to {
                from.saturating_add_unsigned(index)
            } else {
                from.saturating_sub_unsigned(index)
            }
        };
        match self {
            Self::Items(list) => list[index as usize].clone(),
            Self::Integers(from, to) => step(*from, *to).into(),
            Self::Days(from, to) => Date::from_days_since_epoch(step(*from, *to)).into(),
        }
    }
}

/// What is done with every combination of the iterators. False ends the loop.
type Visit<'a> = dyn FnMut(&mut Evaluation, &Scope) -> Result<bool, EvaluationError> + 'a;

impl Evaluation {
    /// What lies in a range, in order; `None` and a warning when it cannot be gone through.
    ///
    /// # Errors
    /// [`EvaluationError`] when there is more than a list may hold.
    pub fn items_of_range(&mut self, range: &Range) -> Result<Option<Vec<Value>>, EvaluationError> {
        let Some(source) = self.range_source(range) else {
            return Ok(None);
        };
        self.reserve_list(usize::try_from(source.len()).unwrap_or(usize::MAX))?;
        Ok(Some((0..source.len()).map(|index| source.get(index)).collect()))
    }

    pub(super) fn for_loop(&mut self, node: &For, scope: &Scope) -> Evaluated {
        if node.uses_partial {
            return self.for_loop_with_partial(node, scope);
        }
        let mut results = Vec::new();
        let completed = self.iterate(&node.iterators, scope, true, &mut |evaluation, inner| {
            evaluation.reserve_item(results.len())?;
            results.push(evaluation.node(&node.body, inner)?);
            Ok(true)
        })?;
        if completed.is_none() {
            return Ok(Value::Null);
        }
        self.finished_list(Arc::new(List::new(results)))
    }

    /// The same where the body looks at the results so far. They are one shared list, copied only if a result holds on
    /// to it.
    fn for_loop_with_partial(&mut self, node: &For, scope: &Scope) -> Evaluated {
        let mut results = Arc::new(List::default());
        let completed = self.iterate(&node.iterators, scope, true, &mut |evaluation, inner| {
            evaluation.reserve_item(results.len())?;
            let inner = inner.with("partial", Value::List(results.clone()));
            let result = evaluation.node(&node.body, &inner)?;
            drop(inner);
            evaluation.check_depth(result.depth())?;
            match Arc::get_mut(&mut results) {
                Some(own) => own.push(result),
                None => {
                    evaluation.reserve_list(results.len() + 1)?;
                    let mut copy = (*results).clone();
                    copy.push(result);
                    results = Arc::new(copy);
                }
            }
            Ok(true)
        })?;
        if completed.is_none() {
            return Ok(Value::Null);
        }
        self.finished_list(results)
    }

    pub(super) fn quantified(&mut self, node: &Quantified, scope: &Scope) -> Evaluated {
        let mut unknown = false;
        let mut decided = false;
        let completed = self.iterate(&node.iterators, scope, false, &mut |evaluation, inner| {
            match evaluation.node(&node.condition, inner)? {
                Value::Boolean(holds) => decided = holds != node.every,
                _ => unknown = true,
            }
            Ok(!decided)
        })?;
        Ok(match completed {
            None => Value::Null,
            Some(()) if decided => Value::Boolean(!node.every),
            Some(()) if unknown => Value::Null,
            Some(()) => Value::Boolean(node.every),
        })
    }

    /// Visits every combination of the iterators, the last one fastest; `None` when one has nothing to iterate over.
    /// `collects` says that every visit adds an item to a list.
    fn iterate(
        &mut self,
        iterators: &[IteratorNode],
        scope: &Scope,
        collects: bool,
        visit: &mut Visit<'_>,
    ) -> Result<Option<()>, EvaluationError> {
        self.iterate_level(iterators, scope, collects, visit)
            .map(|state| (state != LevelEnd::NothingToIterate).then_some(()))
    }

    fn iterate_level(
        &mut self,
        iterators: &[IteratorNode],
        scope: &Scope,
        collects: bool,
        visit: &mut Visit<'_>,
    ) -> Result<LevelEnd, EvaluationError> {
        let Some((iterator, rest)) = iterators.split_first() else {
            return Ok(if visit(self, scope)? {
                LevelEnd::Completed
            } else {
                LevelEnd::Stopped
            });
        };
        let Some(source) = self.source(iterator, scope)? else {
            return Ok(LevelEnd::NothingToIterate);
        };
        if collects && rest.is_empty() && source.len() > self.list_limit() as u64 {
            // The result cannot be built, so nothing of it is.
            return Err(ExceededLimit::ListItems.into());
        }
        for index in 0..source.len() {
            let inner = scope.with(iterator.name.clone(), source.get(index));
            self.enter_node()?;
            let end = self.iterate_level(rest, &inner, collects, visit)?;
            self.leave_node();
            if end != LevelEnd::Completed {
                return Ok(end);
            }
        }
        Ok(LevelEnd::Completed)
    }

    fn source(&mut self, iterator: &IteratorNode, scope: &Scope) -> Result<Option<Source>, EvaluationError> {
        let start = self.node(&iterator.source, scope)?;
        let found = match &iterator.end {
            Some(end) => {
                let end = self.node(end, scope)?;
                between(&start, &end)
            }
            None => match start {
                Value::List(list) => match list.as_slice() {
                    [Value::Range(range)] => return Ok(self.range_source(range)),
                    _ => Some(Source::Items(list)),
                },
                Value::Range(range) => return Ok(self.range_source(&range)),
                Value::Null => None,
                single => Some(Source::Items(Arc::new(List::new(vec![single])))),
            },
        };
        if found.is_none() {
            self.warn("there is nothing to iterate over: it takes a list, or a range of integers or dates");
        }
        Ok(found)
    }

    /// What lies in a range; a range goes upwards only.
    fn range_source(&mut self, range: &Range) -> Option<Source> {
        let start = range.start.value()?;
        let end = range.end.value()?;
        let source = between(start, end).filter(|_| start.compare(end).is_some_and(std::cmp::Ordering::is_le));
        if source.is_none() {
            self.warn("this range cannot be iterated over: it takes integers or dates in ascending order");
        }
        let (from, to) = match source? {
            Source::Integers(from, to) | Source::Days(from, to) => (
                from.saturating_add(i64::from(matches!(range.start, Endpoint::Excluded(_)))),
                to.saturating_sub(i64::from(matches!(range.end, Endpoint::Excluded(_)))),
            ),
            Source::Items(_) => return None,
        };
        if from > to {
            return Some(Source::Items(Arc::default()));
        }
        Some(if matches!(start, Value::Date(_)) {
            Source::Days(from, to)
        } else {
            Source::Integers(from, to)
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LevelEnd {
    Completed,
    Stopped,
    NothingToIterate,
}

fn between(start: &Value, end: &Value) -> Option<Source> {
    match (start, end) {
        (Value::Number(start), Value::Number(end)) => Some(Source::Integers(start.to_i64()?, end.to_i64()?)),
        (Value::Date(start), Value::Date(end)) => Some(Source::Days(start.days_since_epoch(), end.days_since_epoch())),
        _ => None,
    }
}
