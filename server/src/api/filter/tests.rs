use chrono::{DateTime, Utc};
use flowstone_expression::TypedValue;
use flowstone_store::query::{TaskField, VariableOperator, VariableTest};
use serde_json::json;
use uuid::Uuid;

use super::*;

const ID: &str = "01990000-0000-7000-8000-000000000001";

static TABLE: Table<TaskField> = Table {
    entity: "task",
    filters: &[
        id("taskId", TaskField::Id),
        id_in("taskIdIn", TaskField::Id),
        text("name", TaskField::Name),
        text_in("tenantIdIn", TaskField::TenantId),
        text_not_in("processDefinitionKeyNotIn", TaskField::DefinitionKey),
        like("nameLike", TaskField::Name),
        integer_at_least("minPriority", TaskField::Priority),
        time_before("createdBefore", TaskField::CreatedAt),
        when("active", TaskField::Suspended, When::False),
        when("unassigned", TaskField::Assignee, When::Absent),
        text_where(
            "candidateUser",
            TaskField::CandidateUser,
            TaskField::Assignee,
            When::Absent,
        ),
        text_in_where(
            "candidateGroups",
            TaskField::CandidateGroup,
            TaskField::Assignee,
            When::Absent,
        ),
        variables("processVariables"),
    ],
    sorts: &[("id", TaskField::Id), ("created", TaskField::CreatedAt)],
    unsupported: &["parentTaskId", "withoutCandidateUsers"],
    unsupported_sorts: &["processVariable"],
    or_queries: true,
};

fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Parameters(pairs.iter().map(owned).collect())
}

fn get(pairs: &[(&str, &str)]) -> Result<Query<TaskField>, ApiError> {
    TABLE.from_parameters(&parameters(pairs))
}

fn post(body: Json) -> Result<Query<TaskField>, ApiError> {
    TABLE.from_body(&Parameters::default(), body.as_object().unwrap())
}

fn uuid() -> Scalar {
    Scalar::Id(ID.parse::<Uuid>().unwrap())
}

fn text_scalar(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

#[test]
fn parameters_become_tests_in_query_strings_and_bodies_alike() {
    let moment = |text: &str| Scalar::Time(text.parse::<DateTime<Utc>>().unwrap());
    for (name, value, json, field, test) in [
        ("taskId", ID, json!(ID), TaskField::Id, Test::Equals(uuid())),
        ("taskId", "task-1", json!("task-1"), TaskField::Id, Test::Never),
        (
            "taskIdIn",
            &*format!("x,{ID}"),
            json!(["x", ID]),
            TaskField::Id,
            Test::In(vec![uuid()]),
        ),
        ("taskIdIn", "x", json!(["x"]), TaskField::Id, Test::Never),
        (
            "name",
            "a,b",
            json!("a,b"),
            TaskField::Name,
            Test::Equals(text_scalar("a,b")),
        ),
        ("name", "7", json!(7), TaskField::Name, Test::Equals(text_scalar("7"))),
        (
            "tenantIdIn",
            "a,b",
            json!(["a", "b"]),
            TaskField::TenantId,
            Test::In(vec![text_scalar("a"), text_scalar("b")]),
        ),
        (
            "processDefinitionKeyNotIn",
            "a",
            json!(["a"]),
            TaskField::DefinitionKey,
            Test::NotIn(vec![text_scalar("a")]),
        ),
        (
            "nameLike",
            "%a%",
            json!("%a%"),
            TaskField::Name,
            Test::Like("%a%".into()),
        ),
        (
            "minPriority",
            "50",
            json!(50),
            TaskField::Priority,
            Test::AtLeast(Scalar::Integer(50)),
        ),
        (
            "createdBefore",
            "2026-01-31T09:30:00.000+0100",
            json!("2026-01-31T08:30:00Z"),
            TaskField::CreatedAt,
            Test::Less(moment("2026-01-31T08:30:00Z")),
        ),
        (
            "active",
            "true",
            json!(true),
            TaskField::Suspended,
            Test::Equals(Scalar::Boolean(false)),
        ),
        ("unassigned", "true", json!(true), TaskField::Assignee, Test::IsNull),
    ] {
        let expected = Ok(Query::default().with(field, test));
        assert_eq!(get(&[(name, value)]), expected, "{name}={value}");
        assert_eq!(post(json!({name: json})), expected, "{name}: {json}");
    }
}

#[test]
fn candidates_are_sought_among_unassigned_tasks() {
    let unassigned = || Condition::Field(TaskField::Assignee, Test::IsNull);
    let user = Condition::Field(TaskField::CandidateUser, Test::Equals(text_scalar("anna")));
    let query = get(&[("candidateUser", "anna")]).unwrap();
    assert_eq!(query.conditions, [Condition::All(vec![user, unassigned()])]);
    let groups = Test::In(vec![text_scalar("a"), text_scalar("b")]);
    let group = Condition::Field(TaskField::CandidateGroup, groups);
    let query = post(json!({"candidateGroups": ["a", "b"]})).unwrap();
    assert_eq!(query.conditions, [Condition::All(vec![group, unassigned()])]);
}

#[test]
fn what_selects_nothing_is_no_condition() {
    for body in [
        json!({}),
        json!({"name": null, "unknownToCamunda": 1}),
        json!({"active": false, "unassigned": null}),
        json!({"tenantIdIn": [], "orQueries": [], "sorting": null}),
        json!({"parentTaskId": null, "withoutCandidateUsers": false}),
        json!({"orQueries": [{}]}),
    ] {
        assert_eq!(post(body.clone()), Ok(Query::default()), "{body}");
    }
    assert_eq!(get(&[("active", "false"), ("nonsense", "1")]), Ok(Query::default()));
}

#[test]
fn what_cannot_be_answered_is_refused() {
    let only_one = "Only a single sorting parameter specified. sortBy and sortOrder required";
    for (pairs, status, message) in [
        (
            &[("parentTaskId", "x")][..],
            501,
            "The filter 'parentTaskId' of task queries is not supported by this server; leave it out",
        ),
        (
            &[("sortBy", "processVariable"), ("sortOrder", "asc")],
            501,
            "The sort key 'processVariable' of task queries is not supported by this server; leave it out",
        ),
        (&[("sortBy", "created")], 400, only_one),
        (&[("sortOrder", "asc")], 400, only_one),
        (
            &[("sortBy", "x"), ("sortOrder", "asc")],
            400,
            "Cannot set query parameter 'sortBy' to value 'x'",
        ),
        (
            &[("sortBy", "id"), ("sortOrder", "DESC")],
            400,
            "Cannot set query parameter 'sortOrder' to value 'DESC'",
        ),
        (
            &[("createdBefore", "soon")],
            400,
            "Cannot set query parameter 'createdBefore' to value 'soon': Cannot convert value \"soon\" to java type java.util.Date",
        ),
        (
            &[("minPriority", "high")],
            400,
            "Cannot set query parameter 'minPriority' to value 'high': Cannot convert value \"high\" to java type java.lang.Integer",
        ),
        (
            &[("active", "maybe")],
            400,
            "Cannot set query parameter 'active' to value 'maybe': Cannot convert value \"maybe\" to java type java.lang.Boolean",
        ),
        (
            &[("maxResults", "-1")],
            400,
            "Cannot set query parameter 'maxResults' to value '-1': it must be a number that is not negative",
        ),
        (
            &[("processVariables", "a_is_b")],
            400,
            "Invalid variable comparator specified: is",
        ),
        (
            &[("processVariables", "a")],
            400,
            "variable query parameter has to have format KEY_OPERATOR_VALUE.",
        ),
    ] {
        let error = get(pairs).unwrap_err();
        assert_eq!(
            (error.status.as_u16(), error.message.as_str()),
            (status, message),
            "{pairs:?}"
        );
    }
    for (body, status, message) in [
        (
            json!({"sorting": [{"sortBy": "x", "sortOrder": "asc"}]}),
            400,
            "sortBy parameter has invalid value: x",
        ),
        (
            json!({"sorting": [{"sortBy": "id", "sortOrder": "up"}]}),
            400,
            "sortOrder parameter has invalid value: up",
        ),
        (json!({"sorting": [{"sortBy": "id"}]}), 400, only_one),
        (json!({"taskIdIn": []}), 500, "Set of taskIdIn is empty"),
        (
            json!({"processVariables": [{"name": "a", "operator": "eq", "value": {}}]}),
            500,
            "Object values cannot be used to query",
        ),
        (
            json!({"orQueries": [{"withoutCandidateUsers": true}]}),
            501,
            "The filter 'withoutCandidateUsers' of task queries is not supported by this server; leave it out",
        ),
    ] {
        let error = post(body.clone()).unwrap_err();
        assert_eq!(
            (error.status.as_u16(), error.message.as_str()),
            (status, message),
            "{body}"
        );
    }
}

#[test]
fn order_and_page_are_read_from_where_the_contract_puts_them() {
    let page = parameters(&[("firstResult", "5"), ("maxResults", "0"), ("sortBy", "ignored on post")]);
    let body = json!({
        "firstResult": 1,
        "sorting": [{"sortBy": "created", "sortOrder": "desc"}, {"sortBy": "id", "sortOrder": "asc"}],
    });
    let query = TABLE.from_body(&page, body.as_object().unwrap()).unwrap();
    let order = vec![
        (TaskField::CreatedAt, Direction::Descending),
        (TaskField::Id, Direction::Ascending),
    ];
    assert_eq!((query.first, query.max, query.order), (5, Some(0), order));

    let query = get(&[("sortBy", "id"), ("sortOrder", "desc"), ("name", "a"), ("name", "b")]).unwrap();
    let expected = Query {
        order: vec![(TaskField::Id, Direction::Descending)],
        ..Query::default().with(TaskField::Name, Test::Equals(text_scalar("a")))
    };
    assert_eq!(query, expected);
}

#[test]
fn or_queries_hold_when_one_of_their_filters_does() {
    let query = post(json!({"active": true, "orQueries": [{"name": "a", "unassigned": true}]})).unwrap();
    let active = Condition::Field(TaskField::Suspended, Test::Equals(Scalar::Boolean(false)));
    let name = Condition::Field(TaskField::Name, Test::Equals(text_scalar("a")));
    let unassigned = Condition::Field(TaskField::Assignee, Test::IsNull);
    assert_eq!(query.conditions, [active, Condition::Any(vec![name, unassigned])]);
}

#[test]
fn variables_are_split_at_the_last_operator() {
    let test = |name: &str, operator, value: TypedValue| VariableTest {
        name: name.to_owned(),
        operator,
        value,
        ignore_name_case: false,
        ignore_value_case: false,
    };
    let date = DateTime::parse_from_rfc3339("2026-01-31T09:30:00Z").unwrap().to_utc();
    for (text, expected) in [
        ("a_eq_1", test("a", VariableOperator::Equals, "1".into())),
        ("a_neq_", test("a", VariableOperator::NotEquals, "".into())),
        (
            "order_id_eq_x_y",
            test("order_id", VariableOperator::Equals, "x_y".into()),
        ),
        ("a_eq_b_eq_c", test("a_eq_b", VariableOperator::Equals, "c".into())),
        ("a_notLike_%b%", test("a", VariableOperator::NotLike, "%b%".into())),
        (
            "a_lteq_2026-01-31T09:30:00.000+0000",
            test("a", VariableOperator::AtMost, date.into()),
        ),
    ] {
        let query = get(&[("processVariables", text)]).unwrap();
        assert_eq!(query.conditions, [Condition::Variable(expected)], "{text}");
    }
    let query = post(json!({
        "processVariables": [{"name": "N", "operator": "gt", "value": 5}],
        "variableNamesIgnoreCase": true,
    }))
    .unwrap();
    let expected = VariableTest {
        ignore_name_case: true,
        ..test("N", VariableOperator::Greater, 5.into())
    };
    assert_eq!(query.conditions, [Condition::Variable(expected)]);
}
