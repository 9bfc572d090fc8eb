//! Conditions on variables (contract 2 "Variable filter grammar").

use chrono::TimeDelta;
use flowstone_expression::TypedValue;

use super::fixture::{commit, now, variables, waiting};
use crate::SharedStore;
use crate::query::{
    Condition, ExternalTaskField, HistoricActivityField, HistoricInstanceField, ProcessInstanceField, Query,
    VariableOperator, VariableTest,
};
use VariableOperator::{AtLeast, AtMost, Equals, Greater, Less, Like, NotEquals, NotLike};

fn exact(name: &str, operator: VariableOperator, value: impl Into<TypedValue>) -> VariableTest {
    VariableTest {
        name: name.to_owned(),
        operator,
        value: value.into(),
        ignore_name_case: false,
        ignore_value_case: false,
    }
}

fn any_case(name: &str, operator: VariableOperator, value: impl Into<TypedValue>) -> VariableTest {
    VariableTest {
        ignore_name_case: true,
        ignore_value_case: true,
        ..exact(name, operator, value)
    }
}

fn having<F>(test: VariableTest) -> Query<F> {
    Query {
        conditions: vec![Condition::Variable(test)],
        ..Query::default()
    }
}

pub async fn values_compare_as_the_filter_grammar_says(store: SharedStore) {
    let noon = now();
    let second = TimeDelta::seconds(1);
    let whole = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let fixture = waiting("order:1:x").with(variables([
        ("short", TypedValue::Short(5)),
        ("integer", 5.into()),
        ("long", TypedValue::Long(5)),
        ("longest", TypedValue::Long(i64::MAX)),
        ("double", 5.5.into()),
        ("infinite", f64::INFINITY.into()),
        ("nan", f64::NAN.into()),
        ("text", "Ada 100%".into()),
        ("umlaut", "Ärger".into()),
        ("digits", "5".into()),
        ("truth", true.into()),
        ("nothing", TypedValue::Null),
        ("when", noon.into()),
        ("whole", whole.into()),
        ("large", TypedValue::String("y".repeat(20_000))),
    ]));
    commit(&store, [fixture.start()]).await;
    let cases = [
        (exact("short", Equals, TypedValue::Long(5)), true),
        (exact("integer", Equals, 5.0), true),
        (exact("integer", Equals, 5.5), false),
        (exact("integer", NotEquals, 5.5), true),
        (exact("double", Equals, 5), false),
        (exact("double", NotEquals, 5), true),
        (exact("double", Equals, 5.5), true),
        (exact("integer", Equals, "5"), false),
        (exact("integer", NotEquals, "5"), true),
        (exact("digits", Equals, 5), false),
        (exact("digits", Equals, "5"), true),
        (exact("long", NotEquals, 5), false),
        (exact("long", NotEquals, 6), true),
        (exact("absent", Equals, 6), false),
        (exact("absent", NotEquals, 6), false),
        (exact("longest", Equals, TypedValue::Long(i64::MAX)), true),
        (exact("longest", Equals, TypedValue::Long(i64::MAX - 1)), false),
        (exact("longest", Greater, TypedValue::Long(i64::MAX - 1)), true),
        (exact("double", Greater, 5), true),
        (exact("double", Less, 5.5), false),
        (exact("double", AtMost, 5.5), true),
        (exact("double", AtLeast, TypedValue::Short(6)), false),
        (exact("integer", Greater, 5), false),
        (exact("integer", AtLeast, 5), true),
        (exact("integer", Less, 5.25), true),
        (exact("infinite", Greater, TypedValue::Long(i64::MAX)), true),
        (exact("infinite", Equals, f64::INFINITY), true),
        (exact("infinite", Equals, f64::NEG_INFINITY), false),
        (exact("integer", Less, f64::INFINITY), true),
        (exact("nan", Greater, 0), false),
        (exact("nan", Less, 0), false),
        (exact("nan", Equals, 0), false),
        (exact("nan", NotEquals, 0), true),
        (exact("nan", Equals, f64::NAN), false),
        (exact("integer", Equals, f64::NAN), false),
        (exact("integer", NotEquals, f64::NAN), true),
        (exact("integer", Less, f64::NAN), false),
        (exact("digits", Greater, 4), false),
        (exact("text", Equals, "Ada 100%"), true),
        (exact("text", Equals, "ada 100%"), false),
        (exact("text", NotEquals, "ada 100%"), true),
        (any_case("TEXT", Equals, "ADA 100%"), true),
        (any_case("TEXT", NotEquals, "ADA 100%"), false),
        (any_case("TEXT", Greater, "ada 1"), true),
        (any_case("Short", Equals, 5), true),
        (exact("text", Like, "Ada%"), true),
        (exact("text", Like, "ada%"), false),
        (exact("text", Like, "%100\\%"), true),
        (exact("text", Like, "Ada\\%"), false),
        (exact("text", Like, "A_a%"), true),
        (exact("umlaut", Like, "_rger"), true),
        (any_case("text", Like, "aDA%"), true),
        (exact("text", NotLike, "Ada%"), false),
        (exact("text", NotLike, "Bob%"), true),
        (exact("integer", NotLike, "Bob%"), false),
        (exact("integer", Like, "5"), false),
        (exact("text", Like, 5), false),
        (exact("absent", NotLike, "Bob%"), false),
        (exact("text", AtLeast, "Ada"), true),
        (exact("text", Less, "B"), true),
        (exact("text", Less, "a"), true),
        (exact("truth", Equals, true), true),
        (exact("truth", Equals, 1), false),
        (exact("truth", NotEquals, true), false),
        (exact("truth", NotEquals, false), true),
        (exact("truth", Greater, false), true),
        (exact("nothing", Equals, TypedValue::Null), true),
        (exact("nothing", NotEquals, TypedValue::Null), false),
        (exact("nothing", NotEquals, 5), true),
        (exact("nothing", Less, 5), false),
        (exact("text", Equals, TypedValue::Null), false),
        (exact("text", NotEquals, TypedValue::Null), true),
        (exact("when", Equals, noon), true),
        (exact("when", NotEquals, noon), false),
        (exact("when", Less, noon + second), true),
        (exact("when", Less, noon), false),
        (exact("when", Greater, noon - TimeDelta::microseconds(1)), true),
        (exact("when", Greater, noon), false),
        (exact("whole", Less, whole + TimeDelta::milliseconds(1)), true),
        (exact("whole", Greater, whole - TimeDelta::milliseconds(1)), true),
        (exact("whole", AtLeast, whole), true),
        (exact("large", Equals, "y".repeat(20_000)), true),
        (exact("large", Equals, "y".repeat(20_001)), false),
    ];
    for (test, holds) in cases {
        let query: Query<ProcessInstanceField> = having(test);
        let found = store.count_process_instances(&query).await.unwrap();
        assert_eq!(found == 1, holds, "{:?}", query.conditions);
    }
}

pub async fn names_may_hold_any_character(store: SharedStore) {
    let names = [
        "a.b",
        "$",
        "quo\"te",
        "'",
        "ä",
        "with space",
        "[0]",
        "%",
        "back\\slash",
        "{}",
    ];
    let values = names
        .iter()
        .enumerate()
        .map(|(number, name)| ((*name).to_owned(), TypedValue::Long(number as i64)))
        .collect();
    commit(&store, [waiting("order:1:x").with(values).start()]).await;
    for (number, name) in names.iter().enumerate() {
        for (expected, holds) in [(number as i64, true), (99, false)] {
            let query: Query<ProcessInstanceField> = having(exact(name, Equals, expected));
            let found = store.count_process_instances(&query).await.unwrap();
            assert_eq!(found == 1, holds, "{name}");
            let query: Query<ProcessInstanceField> = having(exact(name, AtLeast, expected));
            let found = store.count_process_instances(&query).await.unwrap();
            assert_eq!(found == 1, holds, "{name}");
        }
    }
    let listed = store.variables(&Query::default()).await.unwrap();
    let mut expected = names.map(str::to_owned);
    expected.sort();
    assert_eq!(
        listed.into_iter().map(|variable| variable.name).collect::<Vec<_>>(),
        expected
    );
}

pub async fn conditions_look_at_the_running_instance(store: SharedStore) {
    let mut running = waiting("order:1:x").with(variables([("amount", 5.into())]));
    running.task.variables = Some(variables([("local", 1.into())]));
    let ended = waiting("order:1:x").with(variables([("amount", 5.into())]));
    let other = waiting("order:1:x").with(variables([("amount", 6.into())]));
    commit(&store, [running.start(), ended.start(), other.start()]).await;
    commit(&store, [ended.complete(1)]).await;

    let five = || exact("amount", Equals, 5);
    let tasks = store
        .external_tasks(&having::<ExternalTaskField>(five()))
        .await
        .unwrap();
    assert_eq!(tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [running.task.id]);
    let instances = store
        .historic_instances(&having::<HistoricInstanceField>(five()))
        .await
        .unwrap();
    assert_eq!(instances.iter().map(|row| row.id).collect::<Vec<_>>(), [running.id()]);
    let activities = store
        .count_historic_activities(&having::<HistoricActivityField>(five()))
        .await
        .unwrap();
    assert_eq!(activities, 2);
    let local = store
        .count_external_tasks(&having::<ExternalTaskField>(exact("local", Equals, 1)))
        .await
        .unwrap();
    assert_eq!(local, 0, "only variables of the instance are looked at");
    let deployments = Query {
        conditions: vec![Condition::Variable(five())],
        ..Query::default()
    };
    assert_eq!(store.count_deployments(&deployments).await.unwrap(), 0);
}
