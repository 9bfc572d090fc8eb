//! Queries: which records pass, in what order, which page.

use std::cmp::Ordering;

use uuid::Uuid;

use super::State;
use super::variable;
use crate::query::{Condition, Direction, Query, Scalar, Test};
use crate::text::storable;
use flowstone_expression::Variables;

/// What a field of a record holds.
pub(super) enum Value {
    One(Option<Scalar>),
    /// A test holds when it holds for one of them.
    Many(Vec<Option<Scalar>>),
}

/// A kind of record that can be asked for.
pub(super) trait Entity: Sized {
    /// Its fields.
    type Field: Copy;
    /// A record beside what its fields look at.
    type Row<'state>;

    /// All records, in the order of their ids.
    fn rows(state: &State) -> Vec<Self::Row<'_>>;

    /// What a field holds.
    fn value(row: &Self::Row<'_>, field: Self::Field) -> Value;

    /// Variables of the root scope of the record's process instance, while it runs.
    fn variables<'row>(row: &'row Self::Row<'_>) -> Option<&'row Variables>;

    /// The record.
    fn record(row: &Self::Row<'_>) -> Self;
}

/// The page of records that a query asks for.
pub(super) fn find<E: Entity>(state: &State, query: &Query<E::Field>) -> Vec<E> {
    let mut rows = passing::<E>(state, query);
    // Stable: rows come in the order of their ids, the last tie-break.
    rows.sort_by(|left, right| compare::<E>(left, right, &query.order));
    let first = usize::try_from(query.first).unwrap_or(usize::MAX);
    let max = query
        .max
        .map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
    rows.iter().skip(first).take(max).map(E::record).collect()
}

/// How many records pass the conditions of a query.
pub(super) fn count<E: Entity>(state: &State, query: &Query<E::Field>) -> u64 {
    passing::<E>(state, query).len() as u64
}

fn passing<'state, E: Entity>(state: &'state State, query: &Query<E::Field>) -> Vec<E::Row<'state>> {
    let mut rows = E::rows(state);
    rows.retain(|row| query.conditions.iter().all(|condition| holds::<E>(row, condition)));
    rows
}

fn compare<E: Entity>(left: &E::Row<'_>, right: &E::Row<'_>, order: &[(E::Field, Direction)]) -> Ordering {
    for (field, direction) in order {
        // Several values have no order.
        let (Value::One(left), Value::One(right)) = (E::value(left, *field), E::value(right, *field)) else {
            continue;
        };
        let ordering = ordering(left.as_ref(), right.as_ref(), *direction);
        if ordering.is_ne() {
            return ordering;
        }
    }
    Ordering::Equal
}

/// How two values of a field are ordered; absent ones come last and, descending, first.
pub fn ordering(left: Option<&Scalar>, right: Option<&Scalar>, direction: Direction) -> Ordering {
    let ascending = match (left, right) {
        (Some(left), Some(right)) => left.partial_cmp(right).unwrap_or(Ordering::Equal),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    match direction {
        Direction::Ascending => ascending,
        Direction::Descending => ascending.reverse(),
    }
}

fn holds<E: Entity>(row: &E::Row<'_>, condition: &Condition<E::Field>) -> bool {
    match condition {
        Condition::Field(field, test) => match E::value(row, *field) {
            Value::One(value) => passes(value.as_ref(), test),
            Value::Many(values) => values.iter().any(|value| passes(value.as_ref(), test)),
        },
        Condition::Variable(test) => E::variables(row).is_some_and(|variables| variable::passes(variables, test)),
        Condition::Any(inner) => inner.iter().any(|condition| holds::<E>(row, condition)),
        Condition::All(inner) => inner.iter().all(|condition| holds::<E>(row, condition)),
    }
}

/// Whether the value of a field passes a test.
pub fn passes(value: Option<&Scalar>, test: &Test) -> bool {
    let ordered = |given: &Scalar, accepts: fn(Ordering) -> bool| {
        value.is_some_and(|value| order(value, given).is_some_and(accepts))
    };
    let equals = |given: &Scalar| ordered(given, Ordering::is_eq);
    match test {
        Test::Equals(given) => equals(given),
        Test::NotEquals(given) => value.is_some() && !equals(given),
        Test::In(given) => given.iter().any(equals),
        Test::NotIn(given) => !given.iter().any(equals),
        Test::Like(pattern) => value.is_some_and(|value| match value {
            Scalar::Text(text) => like(text, &storable(pattern)),
            Scalar::Id(id) => like(&id.to_string(), pattern),
            Scalar::Integer(number) => like(&number.to_string(), pattern),
            Scalar::Boolean(_) | Scalar::Time(_) => false,
        }),
        Test::Less(given) => ordered(given, Ordering::is_lt),
        Test::AtMost(given) => ordered(given, Ordering::is_le),
        Test::Greater(given) => ordered(given, Ordering::is_gt),
        Test::AtLeast(given) => ordered(given, Ordering::is_ge),
        Test::IsNull => value.is_none(),
        Test::IsNotNull => value.is_some(),
        Test::Never => false,
    }
}

/// How a stored value compares with a given one; not at all when they are of different kinds.
fn order(value: &Scalar, given: &Scalar) -> Option<Ordering> {
    match (value, given) {
        (Scalar::Text(text), Scalar::Text(given)) => Some(text.as_str().cmp(&*storable(given))),
        (Scalar::Text(text), Scalar::Id(given)) => Some(text.as_str().cmp(&given.to_string())),
        (Scalar::Id(id), Scalar::Id(given)) => Some(id.cmp(given)),
        (Scalar::Id(id), Scalar::Text(given)) => Uuid::parse_str(given).ok().map(|given| id.cmp(&given)),
        (Scalar::Integer(number), Scalar::Integer(given)) => Some(number.cmp(given)),
        (Scalar::Boolean(truth), Scalar::Boolean(given)) => Some(truth.cmp(given)),
        (Scalar::Time(time), Scalar::Time(given)) => Some(time.cmp(given)),
        _ => None,
    }
}

/// Whether a text matches a pattern; see [`Test::Like`].
pub fn like(text: &str, pattern: &str) -> bool {
    let pattern = parse_pattern(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut next) = (0, 0);
    // Where to go on when what follows the last `%` does not fit: one character further.
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(next) {
            Some(Pattern::AnyText) => {
                retry = Some((at, next + 1));
                next += 1;
                continue;
            }
            Some(Pattern::AnyCharacter) => {
                at += 1;
                next += 1;
                continue;
            }
            Some(Pattern::Character(character)) if *character == text[at] => {
                at += 1;
                next += 1;
                continue;
            }
            _ => {}
        }
        match retry {
            Some((from, after)) => {
                retry = Some((from + 1, after));
                at = from + 1;
                next = after;
            }
            None => return false,
        }
    }
    pattern[next..].iter().all(|part| matches!(part, Pattern::AnyText))
}

enum Pattern {
    AnyText,
    AnyCharacter,
    Character(char),
}

fn parse_pattern(pattern: &str) -> Vec<Pattern> {
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        parts.push(match character {
            '%' => Pattern::AnyText,
            '_' => Pattern::AnyCharacter,
            // A backslash at the end stands for itself.
            '\\' => Pattern::Character(characters.next().unwrap_or('\\')),
            other => Pattern::Character(other),
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn patterns() {
        for (text, pattern, matches) in [
            ("order", "order", true),
            ("order", "Order", false),
            ("order", "ord", false),
            ("order", "ord%", true),
            ("order", "%der", true),
            ("order", "%r%r", true),
            ("order", "%r%rr", false),
            ("order", "o_der", true),
            ("order", "_____", true),
            ("order", "____", false),
            ("", "", true),
            ("", "%%", true),
            ("", "_", false),
            ("50%", "50\\%", true),
            ("500", "50\\%", false),
            ("a\\", "a\\", true),
            ("a\\", "a\\\\", true),
            ("ααβ", "α%β", true),
            ("ααβ", "___", true),
        ] {
            assert_eq!(like(text, pattern), matches, "{text} like {pattern}");
        }
    }
}
