//! What expressions compute, rule by rule.

use chrono::{DateTime, Utc};
use flowstone_expression::{
    Bean, Context, EvaluationError, Expression, FileValue, Limits, MapContext, ObjectValue, TypedValue, Value,
    Variables,
};

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant of the test")
}

/// A context with one variable of every kind the tables below use.
fn context() -> MapContext {
    MapContext::new(Variables::new(), instant("2026-01-31T09:30:00Z"))
        .with("amount", 120)
        .with("count", 5_i64)
        .with("small", 3_i16)
        .with("ratio", 0.5)
        .with("name", "Ada Lovelace")
        .with("one", "1")
        .with("approved", true)
        .with("nothing", TypedValue::Null)
        .with("blank", "")
        .with("due", instant("2026-02-01T00:00:00Z"))
        .with(
            "order",
            TypedValue::Json(r#"{"price": 12.5, "lines": [{"sku": "a"}, {"sku": "b"}], "size": 2}"#.into()),
        )
        .with(
            "names",
            TypedValue::json_object("java.util.ArrayList", r#"["ann", "bob"]"#),
        )
        .with("answer", TypedValue::Json("42".into()))
        .with("xml", TypedValue::Xml("<a/>".into()))
        .with_user("demo", vec!["admin".into(), "sales".into()])
}

fn evaluate(source: &str) -> Result<Value, EvaluationError> {
    Expression::parse(source)
        .expect("a valid expression")
        .evaluate(&mut context(), &Limits::default())
}

/// Shows a value with its kind, so that `Long(1)` and `Integer(1)` differ.
fn show(value: Value) -> String {
    match value {
        Value::List(list) => format!("[{}]", list.iter().cloned().map(show).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}

#[track_caller]
fn check(table: &[(&str, &str)]) {
    for (source, expected) in table {
        let actual = match evaluate(source) {
            Ok(value) => show(value),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(actual, *expected, "{source}");
    }
}

#[track_caller]
fn check_failures(table: &[(&str, &str)]) {
    for (source, expected) in table {
        let message = evaluate(source).expect_err(source).to_string();
        assert!(message.contains(expected), "{source} failed with: {message}");
    }
}

#[test]
fn literals_have_the_types_of_the_language() {
    check(&[
        ("${true}", "Boolean(true)"),
        ("${null}", "Null"),
        ("${1}", "Long(1)"),
        ("${1.5}", "Double(1.5)"),
        ("${.5}", "Double(0.5)"),
        ("${2e3}", "Double(2000.0)"),
        ("${'a'}", r#"String("a")"#),
        (r#"${"a"}"#, r#"String("a")"#),
        (r"${'it\'s'}", r#"String("it's")"#),
        (r"${'a\\b'}", r#"String("a\\b")"#),
        ("${'}'}", r#"String("}")"#),
        ("#{1}", "Long(1)"),
    ]);
}

#[test]
fn texts_around_values_are_joined() {
    check(&[
        ("plain", r#"String("plain")"#),
        ("", r#"String("")"#),
        ("order-${count}-${approved}", r#"String("order-5-true")"#),
        ("${count}${count}", r#"String("55")"#),
        (" ${count}", r#"String(" 5")"#),
        ("a${nothing}b", r#"String("ab")"#),
        ("#{count} of ${ratio * 4}", r#"String("5 of 2.0")"#),
        (r"costs \${count}", r#"String("costs ${count}")"#),
        (r"c:\temp\${x}", r#"String("c:\\temp${x}")"#),
        ("5$ and #1", r#"String("5$ and #1")"#),
        ("at ${due}", r#"String("at 2026-02-01T00:00:00.000+0000")"#),
        ("${names}!", r#"String("[\"ann\", \"bob\"]!")"#),
        ("${order.lines}!", r#"String("[{\"sku\":\"a\"},{\"sku\":\"b\"}]!")"#),
        (
            "${1.0e10}|${1.0e7}|${0.0001}|${100.0}",
            r#"String("1.0E10|1.0E7|1.0E-4|100.0")"#,
        ),
    ]);
    let shape = |source: &str| {
        let expression = Expression::parse(source).unwrap();
        (expression.literal().map(str::to_owned), expression.is_composite())
    };
    assert_eq!(shape("plain"), (Some("plain".to_owned()), false));
    assert_eq!(shape(r"\${x}"), (Some("${x}".to_owned()), false));
    assert_eq!(shape("${x}"), (None, false));
    assert_eq!(shape("a${x}"), (None, true));
}

#[test]
fn arithmetic_is_numeric_only() {
    check(&[
        ("${1 + 2}", "Long(3)"),
        ("${amount + small}", "Long(123)"),
        ("${'1' + '2'}", "Long(3)"),
        ("${'1.5' + 1}", "Double(2.5)"),
        ("${1 + nothing}", "Long(1)"),
        ("${nothing + nothing}", "Long(0)"),
        ("${'' + 1}", "Long(1)"),
        ("${7 / 2}", "Double(3.5)"),
        ("${7 div 2}", "Double(3.5)"),
        ("${1 / 0}", "Double(inf)"),
        ("${nothing / nothing}", "Long(0)"),
        ("${7 % 4}", "Long(3)"),
        ("${7.5 mod 2}", "Double(1.5)"),
        ("${2 + 3 * 4 - 1}", "Long(13)"),
        ("${(2 + 3) * 4}", "Long(20)"),
        ("${10 - 3 - 2}", "Long(5)"),
        ("${-amount}", "Integer(-120)"),
        ("${--count}", "Long(5)"),
        ("${-ratio}", "Double(-0.5)"),
        ("${-'2'}", "Long(-2)"),
        ("${answer + 1}", "Long(43)"),
    ]);
    check_failures(&[
        (
            "${name + 1}",
            "Cannot coerce 'Ada Lovelace' of java.lang.String to java.lang.Double",
        ),
        ("${'x' + 1}", "Cannot coerce 'x' of java.lang.String to java.lang.Long"),
        ("${'a' + 'b'}", "Cannot coerce 'a'"),
        ("${true + 1}", "java.lang.Boolean to java.lang.Long"),
        ("${due + 1}", "java.util.Date to java.lang.Long"),
        ("${1 % 0}", "division by zero"),
        ("${9223372036854775807 + 1}", "64-bit"),
    ]);
}

#[test]
fn comparisons_coerce_to_the_stronger_type() {
    check(&[
        ("${'1' == 1}", "Boolean(true)"),
        ("${one eq count - 4}", "Boolean(true)"),
        ("${1 == 1.0}", "Boolean(true)"),
        ("${amount == 120}", "Boolean(true)"),
        ("${'a' == 'a'}", "Boolean(true)"),
        ("${'a' != 'b'}", "Boolean(true)"),
        ("${'a' ne 'a'}", "Boolean(false)"),
        ("${approved == 'TRUE'}", "Boolean(true)"),
        ("${nothing == null}", "Boolean(true)"),
        ("${nothing == ''}", "Boolean(false)"),
        ("${null == 0}", "Boolean(false)"),
        ("${amount > 100 && amount <= 120}", "Boolean(true)"),
        ("${amount gt 100 and amount le 119}", "Boolean(false)"),
        ("${'10' < 9}", "Boolean(false)"),
        ("${'10' < '9'}", "Boolean(true)"),
        ("${nothing < 1}", "Boolean(false)"),
        ("${1 >= nothing}", "Boolean(false)"),
        ("${null <= null}", "Boolean(true)"),
        ("${null < null}", "Boolean(false)"),
        ("${due > now()}", "Boolean(true)"),
        ("${due == '2026-02-01'}", "Boolean(true)"),
        ("${due lt '2026-01-31T23:00:00-02:00'}", "Boolean(true)"),
        ("${names == names}", "Boolean(true)"),
        ("${1 < 2 == true}", "Boolean(true)"),
    ]);
    check_failures(&[
        ("${name == 1}", "Cannot coerce 'Ada Lovelace'"),
        ("${'1.5' == 1}", "Cannot coerce '1.5'"),
        ("${approved == 1}", "Cannot coerce 'true'"),
        (
            "${names < names}",
            "Cannot compare java.util.ArrayList with java.util.ArrayList",
        ),
    ]);
}

#[test]
fn logic_and_conditionals() {
    check(&[
        ("${!approved}", "Boolean(false)"),
        ("${not not approved}", "Boolean(true)"),
        ("${!nothing}", "Boolean(true)"),
        ("${'true' && approved}", "Boolean(true)"),
        ("${false || approved}", "Boolean(true)"),
        ("${false or false and true}", "Boolean(false)"),
        ("${true || unknown}", "Boolean(true)"),
        ("${false && unknown}", "Boolean(false)"),
        ("${empty nothing}", "Boolean(true)"),
        ("${empty blank}", "Boolean(true)"),
        ("${not empty names}", "Boolean(true)"),
        ("${empty 0}", "Boolean(false)"),
        ("${approved ? 'yes' : 'no'}", r#"String("yes")"#),
        (
            "${count < 3 ? 'few' : count < 10 ? 'some' : 'many'}",
            r#"String("some")"#,
        ),
        ("${approved ? 1 : unknown}", "Long(1)"),
        ("${approved?now():due}", "Date(2026-01-31T09:30:00Z)"),
    ]);
    check_failures(&[("${!count}", "java.lang.Long to java.lang.Boolean")]);
}

#[test]
fn properties_and_indexes() {
    check(&[
        ("${order.price}", "Double(12.5)"),
        ("${order['price']}", "Double(12.5)"),
        ("${order.lines[1].sku}", r#"String("b")"#),
        ("${order.lines['0'].sku}", r#"String("a")"#),
        ("${order.lines[7]}", "Null"),
        ("${order.lines[-1]}", "Null"),
        ("${order.missing}", "Null"),
        ("${order.size}", "Integer(2)"),
        ("${names[1 - 1]}", r#"String("ann")"#),
        ("${due.time}", "Long(1769904000000)"),
        ("${name.empty}", "Boolean(false)"),
        ("${order.empty}", "Null"),
        ("${authenticatedUserId}", r#"String("demo")"#),
    ]);
    check_failures(&[
        (
            "${nothing.x}",
            "Target unreachable, base expression 'nothing' resolved to null",
        ),
        ("${order.missing.x}", "resolved to null"),
        ("${name.x}", "Cannot find property x in class java.lang.String"),
        ("${names.x}", "Cannot parse list index: x"),
    ]);
}

#[test]
fn methods_of_texts() {
    check(&[
        ("${name.equals('Ada Lovelace')}", "Boolean(true)"),
        ("${name.equals(1)}", "Boolean(false)"),
        ("${name.equalsIgnoreCase('ADA LOVELACE')}", "Boolean(true)"),
        ("${name.length()}", "Integer(12)"),
        ("${blank.isEmpty()}", "Boolean(true)"),
        ("${name.contains('Love')}", "Boolean(true)"),
        ("${name.startsWith('Ada')}", "Boolean(true)"),
        ("${name.endsWith('Ada')}", "Boolean(false)"),
        ("${name.substring(4)}", r#"String("Lovelace")"#),
        ("${name.substring('0', 3)}", r#"String("Ada")"#),
        ("${name.toUpperCase()}", r#"String("ADA LOVELACE")"#),
        ("${name.toLowerCase()}", r#"String("ada lovelace")"#),
        ("${' a '.trim()}", r#"String("a")"#),
        ("${name.concat('!').concat(count)}", r#"String("Ada Lovelace!5")"#),
        ("${name.indexOf('L')}", "Integer(4)"),
        ("${name.indexOf('a', 3)}", "Integer(9)"),
        ("${name.indexOf('z')}", "Integer(-1)"),
        ("${name.lastIndexOf('e')}", "Integer(11)"),
        ("${name.charAt(1)}", r#"String("d")"#),
        ("${'größe'.charAt(2)}", r#"String("ö")"#),
        ("${'größe'.indexOf('e')}", "Integer(4)"),
        ("${name.replace('a', 'o')}", r#"String("Ado Loveloce")"#),
        (r"${'a.b'.replaceAll('\\.', '-')}", r#"String("a-b")"#),
        ("${'a,b,,'.split(',')}", r#"[String("a"), String("b")]"#),
        ("${''.split(',')}", r#"[String("")]"#),
        ("${'abc'.split('')[2]}", r#"String("c")"#),
        ("${'ab'.repeat(2)}", r#"String("abab")"#),
        ("${'a'.compareTo('b')}", "Integer(-1)"),
        ("${count.toString()}", r#"String("5")"#),
        ("${one.matches('1')}", "Boolean(true)"),
        ("${xml.length()}", "Integer(4)"),
    ]);
    check_failures(&[
        ("${name.substring(13)}", "String index out of range: 13"),
        ("${name.substring(3, 1)}", "String index out of range: 3"),
        ("${name.charAt(-1)}", "String index out of range: -1"),
        ("${name.matches('A.*')}", "regular expression"),
        (
            "${name.fly()}",
            "Unknown method used in expression: ${name.fly()}. Cause: Cannot find method fly with 0",
        ),
        (
            "${name.concat()}",
            "Cannot find method concat with 0 parameters in class java.lang.String",
        ),
        ("${nothing.length()}", "base expression 'nothing' resolved to null"),
    ]);
}

#[test]
fn methods_of_lists_and_maps() {
    check(&[
        ("${names.size()}", "Integer(2)"),
        ("${names.isEmpty()}", "Boolean(false)"),
        ("${names.get(1)}", r#"String("bob")"#),
        ("${names.contains('bob')}", "Boolean(true)"),
        ("${names.indexOf('ann')}", "Integer(0)"),
        ("${names.subList(1, 2)}", r#"[String("bob")]"#),
        ("${order.size()}", "Integer(3)"),
        ("${order.get('price')}", "Double(12.5)"),
        ("${order.containsKey('price')}", "Boolean(true)"),
        ("${order.containsValue(2)}", "Boolean(true)"),
        (
            "${order.keySet()}",
            r#"[String("price"), String("lines"), String("size")]"#,
        ),
        ("${order.lines[0].values()}", r#"[String("a")]"#),
        ("${order.prop('price').numberValue() > 10}", "Boolean(true)"),
        (
            "${order.prop('lines').elements().get(0).prop('sku').stringValue()}",
            r#"String("a")"#,
        ),
        ("${answer.numberValue()}", "Long(42)"),
    ]);
    check_failures(&[
        ("${names.get(2)}", "Index: 2, Size: 2"),
        ("${names.add('x')}", "Cannot find method add"),
    ]);
}

#[test]
fn dates_and_functions() {
    check(&[
        ("${now()}", "Date(2026-01-31T09:30:00Z)"),
        ("${dateTime().plusMonths(1).toDate()}", "Date(2026-02-28T09:30:00Z)"),
        ("${dateTime().minusYears(1)}", "Date(2025-01-31T09:30:00Z)"),
        (
            "${dateTime().plusDays(1).plusHours(2).plusMinutes(3)}",
            "Date(2026-02-01T11:33:00Z)",
        ),
        ("${dateTime().plusWeeks(-1)}", "Date(2026-01-24T09:30:00Z)"),
        ("${dateTime().withTimeAtStartOfDay()}", "Date(2026-01-31T00:00:00Z)"),
        ("${dateTime().withHourOfDay(8).getHourOfDay()}", "Integer(8)"),
        ("${now().getTime()}", "Long(1769851800000)"),
        ("${due.after(now())}", "Boolean(true)"),
        ("${due.isBeforeNow()}", "Boolean(false)"),
        ("${currentUser()}", r#"String("demo")"#),
        ("${currentUserGroups()}", r#"[String("admin"), String("sales")]"#),
    ]);
    check_failures(&[
        ("${now().plusYears(1000000)}", "date does not exist"),
        ("${now().withHourOfDay(25)}", "date does not exist"),
    ]);
}

#[test]
fn unknown_names_are_errors_that_conditional_events_can_tell_apart() {
    let error = evaluate("${amount > x}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Unknown property used in expression: ${amount > x}. Cause: Cannot resolve identifier 'x'"
    );
    assert!(matches!(&error, EvaluationError::UnknownIdentifier { name, offset: 11, .. } if name == "x"));
    assert!(error.is_unknown_property());
    assert!(evaluate("${nothing.x}").unwrap_err().is_unknown_property());
    assert!(!evaluate("${name + 1}").unwrap_err().is_unknown_property());
}

#[test]
fn conditions_must_be_real_booleans() {
    let condition = |source: &str| {
        Expression::parse(source)
            .unwrap()
            .evaluate_condition(&mut context(), &Limits::default())
    };
    assert_eq!(condition("${amount > 1}"), Ok(true));
    assert_eq!(condition("${nothing}"), Err(EvaluationError::ConditionIsNull));
    let error = condition("true").unwrap_err();
    let message =
        "condition expression returns non-Boolean: result has class java.lang.String and not java.lang.Boolean";
    assert_eq!(error.to_string(), message);
}

#[test]
fn untouched_variables_keep_their_type() {
    let file = FileValue {
        filename: "a.txt".into(),
        mime_type: None,
        encoding: None,
        content: b"a".to_vec(),
    };
    let java = ObjectValue {
        type_name: "com.acme.Order".into(),
        format: "application/x-java-serialized-object".into(),
        serialized: "rO0AB".into(),
    };
    for typed in [
        TypedValue::Null,
        TypedValue::Short(1),
        TypedValue::Integer(1),
        TypedValue::Long(1),
        TypedValue::Double(1.0),
        TypedValue::Bytes(vec![1, 2]),
        TypedValue::Json(r#"{"b":1, "a":2}"#.into()),
        TypedValue::Json("not json".into()),
        TypedValue::Json("5".into()),
        TypedValue::Xml("<a/>".into()),
        TypedValue::json_object("com.acme.Order", r#"{ "total": 1 }"#),
        TypedValue::File(file),
        TypedValue::Object(java),
    ] {
        let mut context = context().with("x", typed.clone());
        for source in ["${x}", "${true ? x : 1}"] {
            let value = Expression::parse(source)
                .unwrap()
                .evaluate(&mut context, &Limits::default())
                .unwrap();
            assert_eq!(value.into_typed(), Ok(typed.clone()), "{source}");
        }
    }
    let typed = |source| evaluate(source).unwrap().into_typed().unwrap();
    assert_eq!(typed("${5}"), TypedValue::Long(5));
    assert_eq!(typed("${amount + 1}"), TypedValue::Long(121));
    assert_eq!(
        typed("${order.lines[0]}"),
        TypedValue::json_object("java.util.LinkedHashMap", r#"{"sku":"a"}"#)
    );
    assert_eq!(
        typed("${'a,b'.split(',')}"),
        TypedValue::json_object("java.util.ArrayList", r#"["a","b"]"#)
    );
}

/// A context whose execution answers with what it was asked.
struct Recording(MapContext);

impl Context for Recording {
    fn variable(&mut self, name: &str) -> Option<Value> {
        self.0.variable(name)
    }

    fn variable_names(&mut self) -> Vec<String> {
        self.0.variable_names()
    }

    fn has_bean(&self, bean: Bean) -> bool {
        bean == Bean::Execution
    }

    fn bean_property(&mut self, bean: Bean, property: &str) -> Result<Value, EvaluationError> {
        match property {
            "gone" => Err(EvaluationError::unknown_property(property, bean.name())),
            _ => Ok(Value::from(format!("{}.{property}", bean.name()))),
        }
    }

    fn call_bean(&mut self, _: Bean, method: &str, arguments: &[Value]) -> Result<Value, EvaluationError> {
        Ok(Value::from(format!("{method}({})", arguments.len())))
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }
}

#[test]
fn built_in_objects_are_asked_from_the_context() {
    let evaluate = |source: &str| {
        let base = context().with("execution", "shadowed").with("task", "a variable");
        Expression::parse(source)
            .unwrap()
            .evaluate(&mut Recording(base), &Limits::default())
    };
    for (source, expected) in [
        ("${execution.id}", "execution.id"),
        ("${execution['id']}", "execution.id"),
        ("${execution.getProcessInstanceId()}", "execution.processInstanceId"),
        ("${execution.isCanceled()}", "execution.canceled"),
        ("${execution.setVariable('x', 1)}", "setVariable(2)"),
        ("${execution.getVariable('x')}", "getVariable(1)"),
        ("${execution.getVariable('x').toUpperCase()}", "GETVARIABLE(1)"),
        ("${task}", "a variable"),
    ] {
        assert_eq!(evaluate(source), Ok(Value::from(expected)), "{source}");
    }
    let error = evaluate("${execution.gone}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Unknown property used in expression: ${execution.gone}. Cause: Cannot find property gone in execution"
    );
    assert!(evaluate("${execution}").unwrap().into_typed().is_err());
}
