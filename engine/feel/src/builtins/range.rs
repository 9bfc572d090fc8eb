//! Functions that relate points and ranges (DMN 10.3.4.10, after Allen's interval algebra).

use std::cmp::Ordering;

use super::{Builtin, Evaluated, Signature, fixed, function};
use crate::{Endpoint, Evaluation, Range, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("before", &any_pair(before)),
    function("after", &any_pair(after)),
    function("meets", &[fixed(&["range1", "range2"], meets)]),
    function("met by", &[fixed(&["range1", "range2"], met_by)]),
    function("overlaps", &[fixed(&["range1", "range2"], overlaps)]),
    function("overlaps before", &[fixed(&["range1", "range2"], overlaps_before)]),
    function("overlaps after", &[fixed(&["range1", "range2"], overlaps_after)]),
    function("finishes", &inner_first(finishes)),
    function("finished by", &inner_last(finished_by)),
    function("includes", &inner_last(includes)),
    function("during", &inner_first(during)),
    function("starts", &inner_first(starts)),
    function("started by", &inner_last(started_by)),
    function(
        "coincides",
        &[
            fixed(&["point1", "point2"], coincides),
            fixed(&["range1", "range2"], coincides),
        ],
    ),
];

type Body = fn(&mut Evaluation, &[Value]) -> Evaluated;

const fn any_pair(body: Body) -> [Signature; 4] {
    [
        fixed(&["point1", "point2"], body),
        fixed(&["point", "range"], body),
        fixed(&["range", "point"], body),
        fixed(&["range1", "range2"], body),
    ]
}

const fn inner_first(body: Body) -> [Signature; 2] {
    [fixed(&["point", "range"], body), fixed(&["range1", "range2"], body)]
}

const fn inner_last(body: Body) -> [Signature; 2] {
    [fixed(&["range", "point"], body), fixed(&["range1", "range2"], body)]
}

/// An end of a span on the line of its values.
#[derive(Clone, Copy)]
enum Place<'a> {
    Below,
    At(&'a Value),
    Above,
}

impl Place<'_> {
    fn compare(self, other: Self) -> Option<Ordering> {
        let rank = |place: Self| match place {
            Self::Below => -1,
            Self::At(_) => 0,
            Self::Above => 1,
        };
        match (self, other) {
            (Self::At(left), Self::At(right)) => left.compare(right),
            (left, right) => Some(rank(left).cmp(&rank(right))),
        }
    }
}

/// A range, or a point as the range of itself.
#[derive(Clone, Copy)]
struct Span<'a> {
    start: Place<'a>,
    start_included: bool,
    end: Place<'a>,
    end_included: bool,
    is_point: bool,
}

impl<'a> Span<'a> {
    fn new(value: &'a Value) -> Option<Self> {
        match value {
            Value::Range(range) => Some(Self::of_range(range)),
            point if point.compare(point).is_some() => Some(Self {
                start: Place::At(point),
                start_included: true,
                end: Place::At(point),
                end_included: true,
                is_point: true,
            }),
            _ => None,
        }
    }

    fn of_range(range: &'a Range) -> Self {
        let place = |end: &'a Endpoint, beyond| end.value().map_or(beyond, Place::At);
        Self {
            start: place(&range.start, Place::Below),
            start_included: range.start.is_included(),
            end: place(&range.end, Place::Above),
            end_included: range.end.is_included(),
            is_point: false,
        }
    }

    fn is_before(&self, other: &Self) -> Option<bool> {
        Some(match self.end.compare(other.start)? {
            Ordering::Less => true,
            Ordering::Equal => !(self.end_included && other.start_included),
            Ordering::Greater => false,
        })
    }

    fn meets(&self, other: &Self) -> Option<bool> {
        Some(self.end.compare(other.start)?.is_eq() && self.end_included && other.start_included)
    }

    fn overlaps_before(&self, other: &Self) -> Option<bool> {
        let starts_earlier = match self.start.compare(other.start)? {
            Ordering::Less => true,
            Ordering::Equal => self.start_included && !other.start_included,
            Ordering::Greater => false,
        };
        let ends_earlier = match self.end.compare(other.end)? {
            Ordering::Less => true,
            Ordering::Equal => !self.end_included || other.end_included,
            Ordering::Greater => false,
        };
        Some(starts_earlier && !self.is_before(other)? && ends_earlier)
    }

    /// Whether this starts with or after the start of the other.
    fn starts_within(&self, other: &Self) -> Option<bool> {
        Some(match self.start.compare(other.start)? {
            Ordering::Greater => true,
            Ordering::Equal => !self.start_included || other.start_included,
            Ordering::Less => false,
        })
    }

    /// Whether this ends with or before the end of the other.
    fn ends_within(&self, other: &Self) -> Option<bool> {
        Some(match self.end.compare(other.end)? {
            Ordering::Less => true,
            Ordering::Equal => !self.end_included || other.end_included,
            Ordering::Greater => false,
        })
    }

    fn same_start(&self, other: &Self) -> Option<bool> {
        Some(self.start.compare(other.start)?.is_eq() && self.start_included == other.start_included)
    }

    fn same_end(&self, other: &Self) -> Option<bool> {
        Some(self.end.compare(other.end)?.is_eq() && self.end_included == other.end_included)
    }

    fn finishes(&self, other: &Self) -> Option<bool> {
        Some(self.same_end(other)? && self.starts_within(other)?)
    }

    fn starts(&self, other: &Self) -> Option<bool> {
        Some(self.same_start(other)? && self.ends_within(other)?)
    }

    fn is_during(&self, other: &Self) -> Option<bool> {
        Some(self.starts_within(other)? && self.ends_within(other)?)
    }
}

/// Which arguments a relation takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kinds {
    Any,
    Ranges,
    /// The second one must be a range.
    Outer,
    /// Two points or two ranges.
    Alike,
}

fn relate<'a>(
    evaluation: &mut Evaluation,
    left: &'a Value,
    right: &'a Value,
    kinds: Kinds,
    relation: impl FnOnce(&Span<'a>, &Span<'a>) -> Option<bool>,
) -> Evaluated {
    let Some((first, second)) = Span::new(left).zip(Span::new(right)) else {
        return if left.is_null() || right.is_null() {
            Ok(Value::Null)
        } else {
            evaluation.null("a function on ranges got neither a range nor a point")
        };
    };
    let fits = match kinds {
        Kinds::Any => true,
        Kinds::Ranges => !first.is_point && !second.is_point,
        Kinds::Outer => !second.is_point,
        Kinds::Alike => first.is_point == second.is_point,
    };
    match relation(&first, &second).filter(|_| fits) {
        Some(holds) => Ok(holds.into()),
        None => evaluation.null("a function on ranges got values that cannot be compared"),
    }
}

fn before(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(evaluation, &arguments[0], &arguments[1], Kinds::Any, Span::is_before)
}

fn after(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(evaluation, &arguments[1], &arguments[0], Kinds::Any, Span::is_before)
}

fn meets(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(evaluation, &arguments[0], &arguments[1], Kinds::Ranges, Span::meets)
}

fn met_by(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(evaluation, &arguments[1], &arguments[0], Kinds::Ranges, Span::meets)
}

fn overlaps(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(
        evaluation,
        &arguments[0],
        &arguments[1],
        Kinds::Ranges,
        |left, right| Some(!left.is_before(right)? && !right.is_before(left)?),
    )
}

fn overlaps_before(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(
        evaluation,
        &arguments[0],
        &arguments[1],
        Kinds::Ranges,
        Span::overlaps_before,
    )
}

fn overlaps_after(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(
        evaluation,
        &arguments[0],
        &arguments[1],
        Kinds::Ranges,
        |left, right| right.overlaps_before(left),
    )
}

fn finishes(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(evaluation, &arguments[0], &arguments[1], Kinds::Outer, Span::finishes)
}

fn finished_by(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(evaluation, &arguments[1], &arguments[0], Kinds::Outer, Span::finishes)
}

fn includes(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(evaluation, &arguments[1], &arguments[0], Kinds::Outer, Span::is_during)
}

fn during(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(evaluation, &arguments[0], &arguments[1], Kinds::Outer, Span::is_during)
}

fn starts(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(evaluation, &arguments[0], &arguments[1], Kinds::Outer, Span::starts)
}

fn started_by(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(evaluation, &arguments[1], &arguments[0], Kinds::Outer, Span::starts)
}

fn coincides(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    relate(evaluation, &arguments[0], &arguments[1], Kinds::Alike, |left, right| {
        Some(left.same_start(right)? && left.same_end(right)?)
    })
}
