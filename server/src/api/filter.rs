//! Filters: query parameters and JSON bodies become store queries (contract 2 "Common query rules").
//!
//! Each entity declares one [`Table`]: the parameters that it understands, its sort keys, and the parameters that
//! Camunda knows but this server does not. The last ones are refused: a filter that was ignored would answer records
//! that the caller did not ask for. Names that Camunda does not know either are ignored, as it does.

mod input;
mod variable;

use flowstone_store::query::{Condition, Direction, Query, Scalar, Test};
use serde_json::{Map, Value as Json};

use self::input::{Kind, flag_value, list_of, scalar_of, set};
use super::body::Parameters;
use super::error::ApiError;

/// The filters and sort keys of one entity.
pub struct Table<F: 'static> {
    /// Name for messages, such as `process instance`.
    pub entity: &'static str,
    /// Filters, by parameter name.
    pub filters: &'static [Filter<F>],
    /// Sort keys and what they sort by.
    pub sorts: &'static [(&'static str, F)],
    /// Filters of Camunda that are refused.
    pub unsupported: &'static [&'static str],
    /// Sort keys of Camunda that are refused.
    pub unsupported_sorts: &'static [&'static str],
    /// Whether bodies may hold `orQueries`.
    pub or_queries: bool,
}

/// One filter of a [`Table`]; see the functions of this module that make one.
pub struct Filter<F> {
    name: &'static str,
    rule: Rule<F>,
}

enum Rule<F> {
    Compare(F, Kind, Comparison),
    Like(F),
    In(F, Kind),
    NotIn(F, Kind),
    When(F, When),
    EqualsWhere(F, F, When),
    InWhere(F, F, When),
    Variables,
}

#[derive(Clone, Copy)]
enum Comparison {
    Equals,
    NotEquals,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// What a field must be when a filter that is a mere `true` is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// True.
    True,
    /// False.
    False,
    /// Absent.
    Absent,
    /// Present.
    Present,
    /// This text.
    Text(&'static str),
    /// Above this number.
    Above(i64),
    /// This number.
    Number(i64),
}

impl<F: Copy> Filter<F> {
    const fn compare(name: &'static str, field: F, kind: Kind, comparison: Comparison) -> Self {
        let rule = Rule::Compare(field, kind, comparison);
        Filter { name, rule }
    }
}

/// The field is this text.
pub const fn text<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    Filter::compare(name, field, Kind::Text, Comparison::Equals)
}

/// The field is present and not this text.
pub const fn text_not<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    Filter::compare(name, field, Kind::Text, Comparison::NotEquals)
}

/// The field is one of these texts.
pub const fn text_in<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    let rule = Rule::In(field, Kind::Text);
    Filter { name, rule }
}

/// The field is none of these texts.
pub const fn text_not_in<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    let rule = Rule::NotIn(field, Kind::Text);
    Filter { name, rule }
}

/// The field matches this pattern of `%` and `_`.
pub const fn like<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    let rule = Rule::Like(field);
    Filter { name, rule }
}

/// The field is this id; a text that is no id matches nothing.
pub const fn id<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    Filter::compare(name, field, Kind::Id, Comparison::Equals)
}

/// The field is one of these ids; texts that are no ids match nothing.
pub const fn id_in<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    let rule = Rule::In(field, Kind::Id);
    Filter { name, rule }
}

/// The field is none of these ids.
pub const fn id_not_in<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    let rule = Rule::NotIn(field, Kind::Id);
    Filter { name, rule }
}

/// The field is this number.
pub const fn integer<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    Filter::compare(name, field, Kind::Integer, Comparison::Equals)
}

/// The field is this number or a larger one.
pub const fn integer_at_least<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    Filter::compare(name, field, Kind::Integer, Comparison::AtLeast)
}

/// The field is this number or a smaller one.
pub const fn integer_at_most<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    Filter::compare(name, field, Kind::Integer, Comparison::AtMost)
}

/// The field is this moment.
pub const fn time<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    Filter::compare(name, field, Kind::Time, Comparison::Equals)
}

/// The field is before this moment.
pub const fn time_before<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    Filter::compare(name, field, Kind::Time, Comparison::Less)
}

/// The field is after this moment.
pub const fn time_after<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    Filter::compare(name, field, Kind::Time, Comparison::Greater)
}

/// The field is this moment or an earlier one.
pub const fn time_until<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    Filter::compare(name, field, Kind::Time, Comparison::AtMost)
}

/// The field is this moment or a later one.
pub const fn time_since<F: Copy>(name: &'static str, field: F) -> Filter<F> {
    Filter::compare(name, field, Kind::Time, Comparison::AtLeast)
}

/// Acts only when the parameter is `true`.
pub const fn when<F: Copy>(name: &'static str, field: F, state: When) -> Filter<F> {
    let rule = Rule::When(field, state);
    Filter { name, rule }
}

/// The field is this text, and the other field is as said.
pub const fn text_where<F: Copy>(name: &'static str, field: F, other: F, state: When) -> Filter<F> {
    let rule = Rule::EqualsWhere(field, other, state);
    Filter { name, rule }
}

/// The field is one of these texts, and the other field is as said.
pub const fn text_in_where<F: Copy>(name: &'static str, field: F, other: F, state: When) -> Filter<F> {
    let rule = Rule::InWhere(field, other, state);
    Filter { name, rule }
}

/// Tests of variables of the process instance. The parameters `variableNamesIgnoreCase` and
/// `variableValuesIgnoreCase` belong to it.
pub const fn variables<F: Copy>(name: &'static str) -> Filter<F> {
    Filter {
        name,
        rule: Rule::Variables,
    }
}

impl<F: Copy> Table<F> {
    /// The query of a GET request.
    ///
    /// # Errors
    /// 400 naming the parameter that cannot be read, 501 for one that is not supported.
    pub fn from_parameters(&self, parameters: &Parameters) -> Result<Query<F>, ApiError> {
        let mut fields = Map::new();
        for (name, value) in &parameters.0 {
            // Only the first value of a repeated parameter counts.
            fields
                .entry(name.as_str())
                .or_insert_with(|| Json::String(value.clone()));
        }
        self.compile(&fields, parameters)
    }

    /// The query of a POST request: filters and `sorting` from the body, the page from the parameters.
    ///
    /// # Errors
    /// As [`Table::from_parameters`].
    pub fn from_body(&self, parameters: &Parameters, body: &Map<String, Json>) -> Result<Query<F>, ApiError> {
        self.compile(body, parameters)
    }

    fn compile(&self, fields: &Map<String, Json>, parameters: &Parameters) -> Result<Query<F>, ApiError> {
        let mut conditions = self.conditions(fields)?;
        match fields.get("orQueries").filter(|queries| set(queries)) {
            Some(Json::Array(queries)) if self.or_queries => {
                for query in queries {
                    let query = query
                        .as_object()
                        .ok_or_else(|| ApiError::invalid("Each of the orQueries must be an object"))?;
                    let alternatives = self.conditions(query)?;
                    if !alternatives.is_empty() {
                        conditions.push(Condition::Any(alternatives));
                    }
                }
            }
            Some(_) if self.or_queries => return Err(ApiError::invalid("orQueries must be a list of objects")),
            Some(_) => return Err(self.not_supported("filter", "orQueries")),
            None => {}
        }
        Ok(Query {
            conditions,
            order: self.order(fields)?,
            first: page(parameters, "firstResult")?.unwrap_or(0),
            max: page(parameters, "maxResults")?,
        })
    }

    fn conditions(&self, fields: &Map<String, Json>) -> Result<Vec<Condition<F>>, ApiError> {
        let refused = self.unsupported.iter().find(|name| fields.get(**name).is_some_and(set));
        if let Some(name) = refused {
            return Err(self.not_supported("filter", name));
        }
        let mut conditions = Vec::new();
        for filter in self.filters {
            if let Some(value) = fields.get(filter.name).filter(|value| !value.is_null()) {
                filter.add_to(&mut conditions, value, fields)?;
            }
        }
        Ok(conditions)
    }

    fn order(&self, fields: &Map<String, Json>) -> Result<Vec<(F, Direction)>, ApiError> {
        let text = |json: &Map<String, Json>, name| json.get(name).and_then(Json::as_str).map(str::to_owned);
        let mut order = Vec::new();
        let single = (text(fields, "sortBy"), text(fields, "sortOrder"));
        if single != (None, None) {
            order.push(self.sort(single, true)?);
        }
        match fields.get("sorting") {
            None | Some(Json::Null | Json::String(_)) => {}
            Some(Json::Array(sortings)) => {
                for sorting in sortings {
                    let sorting = sorting
                        .as_object()
                        .ok_or_else(|| ApiError::invalid("Each sorting must be an object with sortBy and sortOrder"))?;
                    order.push(self.sort((text(sorting, "sortBy"), text(sorting, "sortOrder")), false)?);
                }
            }
            Some(_) => {
                return Err(ApiError::invalid(
                    "sorting must be a list of objects with sortBy and sortOrder",
                ));
            }
        }
        Ok(order)
    }

    fn sort(&self, sort: (Option<String>, Option<String>), parameter: bool) -> Result<(F, Direction), ApiError> {
        let (Some(by), Some(direction)) = sort else {
            return Err(ApiError::invalid(
                "Only a single sorting parameter specified. sortBy and sortOrder required",
            ));
        };
        let invalid = |name: &str, value: &str| {
            ApiError::invalid(if parameter {
                format!("Cannot set query parameter '{name}' to value '{value}'")
            } else {
                format!("{name} parameter has invalid value: {value}")
            })
        };
        let known = self.sorts.iter().find(|(key, _)| *key == by);
        if known.is_none() && self.unsupported_sorts.contains(&by.as_str()) {
            return Err(self.not_supported("sort key", &by));
        }
        let (_, field) = known.ok_or_else(|| invalid("sortBy", &by))?;
        match direction.as_str() {
            "asc" => Ok((*field, Direction::Ascending)),
            "desc" => Ok((*field, Direction::Descending)),
            other => Err(invalid("sortOrder", other)),
        }
    }

    fn not_supported(&self, what: &str, name: &str) -> ApiError {
        ApiError::not_implemented(format!(
            "The {what} '{name}' of {} queries is not supported by this server; leave it out",
            self.entity
        ))
    }
}

impl<F: Copy> Filter<F> {
    fn add_to(
        &self,
        conditions: &mut Vec<Condition<F>>,
        value: &Json,
        fields: &Map<String, Json>,
    ) -> Result<(), ApiError> {
        let name = self.name;
        match self.rule {
            Rule::Compare(field, kind, comparison) => {
                let test = scalar_of(name, kind, value)?.map_or(Test::Never, |scalar| comparison.test(scalar));
                conditions.push(Condition::Field(field, test));
            }
            Rule::Like(field) => {
                if let Some(Scalar::Text(pattern)) = scalar_of(name, Kind::Text, value)? {
                    conditions.push(Condition::Field(field, Test::Like(pattern)));
                }
            }
            Rule::In(field, kind) => match list_of(name, kind, value)? {
                Some(list) if list.is_empty() => conditions.push(Condition::Field(field, Test::Never)),
                Some(list) => conditions.push(Condition::Field(field, Test::In(list))),
                None => {}
            },
            Rule::NotIn(field, kind) => {
                if let Some(list) = list_of(name, kind, value)?.filter(|list| !list.is_empty()) {
                    conditions.push(Condition::Field(field, Test::NotIn(list)));
                }
            }
            Rule::When(field, state) => {
                if flag_value(name, value)? {
                    conditions.push(Condition::Field(field, state.test()));
                }
            }
            Rule::EqualsWhere(field, other, state) => {
                if let Some(text) = scalar_of(name, Kind::Text, value)? {
                    let test = Condition::Field(field, Test::Equals(text));
                    conditions.push(Condition::All(vec![test, Condition::Field(other, state.test())]));
                }
            }
            Rule::InWhere(field, other, state) => {
                if let Some(list) = list_of(name, Kind::Text, value)? {
                    let test = Condition::Field(field, Test::In(list));
                    conditions.push(Condition::All(vec![test, Condition::Field(other, state.test())]));
                }
            }
            Rule::Variables => {
                let flag = |name| fields.get(name).map_or(Ok(false), |value| flag_value(name, value));
                for mut test in variable::tests(name, value)? {
                    test.ignore_name_case = flag("variableNamesIgnoreCase")?;
                    test.ignore_value_case = flag("variableValuesIgnoreCase")?;
                    conditions.push(Condition::Variable(test));
                }
            }
        }
        Ok(())
    }
}

impl Comparison {
    fn test(self, scalar: Scalar) -> Test {
        match self {
            Comparison::Equals => Test::Equals(scalar),
            Comparison::NotEquals => Test::NotEquals(scalar),
            Comparison::Less => Test::Less(scalar),
            Comparison::AtMost => Test::AtMost(scalar),
            Comparison::Greater => Test::Greater(scalar),
            Comparison::AtLeast => Test::AtLeast(scalar),
        }
    }
}

impl When {
    fn test(self) -> Test {
        match self {
            When::True => Test::Equals(Scalar::Boolean(true)),
            When::False => Test::Equals(Scalar::Boolean(false)),
            When::Absent => Test::IsNull,
            When::Present => Test::IsNotNull,
            When::Text(text) => Test::Equals(Scalar::Text(text.to_owned())),
            When::Above(number) => Test::Greater(Scalar::Integer(number)),
            When::Number(number) => Test::Equals(Scalar::Integer(number)),
        }
    }
}

fn page(parameters: &Parameters, name: &str) -> Result<Option<u64>, ApiError> {
    let Some(value) = parameters.get(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    value.parse().map(Some).map_err(|_| {
        ApiError::invalid(format!(
            "Cannot set query parameter '{name}' to value '{value}': it must be a number that is not negative"
        ))
    })
}

#[cfg(test)]
mod tests;
