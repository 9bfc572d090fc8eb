use std::sync::Arc;

use flowstone_feel::{Context, List, Value};

use super::{check, check_null, outcome_in};

#[test]
fn equality_holds_within_one_kind() {
    check(&[
        ("1 = 1.0", "true"),
        ("\"a\" = \"a\"", "true"),
        ("null = null", "true"),
        ("1 = null", "false"),
        ("null != 1", "true"),
        ("1 = \"1\"", "null"),
        ("1 != \"1\"", "null"),
        ("[1, [2]] = [1, [2]]", "true"),
        ("[1] = [1, 2]", "false"),
        ("[1] = [\"1\"]", "false"),
        ("[] = []", "true"),
        ("true = false", "false"),
        ("1 < 2", "true"),
        ("1 < null", "null"),
        ("true < false", "null"),
        ("[1] < [2]", "null"),
    ]);
    check_null(&["1 < \"a\"", "true > false"]);
}

#[test]
fn warnings_say_what_went_wrong() {
    let outcome = outcome_in("1 + \"a\"", &flowstone_feel::Scope::new(), &[]);
    assert_eq!(outcome.warnings[0].to_string(), "a number + a string has no value");
}

#[test]
fn values_are_made_from_those_of_rust() {
    let list: List = [Value::from(1), Value::from("a")].into_iter().collect();
    let context: Context = [("a", 1), ("b", 2)].into_iter().collect();
    assert_eq!(Value::from(list).to_string(), r#"[1, "a"]"#);
    assert_eq!(context.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["a", "b"]);
    assert!(context.contains("a") && !context.is_empty() && context.len() == 2);
    assert_eq!(Value::from(None::<bool>), Value::Null);
    assert!(Value::from(true).is_true());
    assert_eq!(Value::from(Arc::<str>::from("x")), Value::from("x".to_owned()));
    assert_eq!(Value::default(), Value::Null);
}
