//! Tables of expressions and what they come to, a file for each area: `expression ==> value`, as the value stands in a
//! list. What is no expression at all counts as null.

use flowstone_feel::{Expression, Limits, Names, Scope, Value};

use super::NOW;

fn text_of(source: &str) -> String {
    let Ok(expression) = Expression::parse(source, &Names::new()) else {
        return "null".to_owned();
    };
    let outcome = expression.evaluate(&Scope::new(), &Limits::default(), NOW.parse().unwrap());
    let listed = Value::list([outcome.unwrap().value]).to_string();
    listed[1..listed.len() - 1].to_owned()
}

fn check_table(table: &str) {
    let differences: Vec<String> = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| {
            let (source, expected) = line.rsplit_once(" ==> ").unwrap();
            let actual = text_of(source);
            (actual != expected).then(|| format!("{source}\n    gives {actual}\n    not   {expected}"))
        })
        .collect();
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn patterns_come_to_what_the_table_says() {
    check_table(include_str!("tables/patterns.txt"));
}

#[test]
fn moments_come_to_what_the_table_says() {
    check_table(include_str!("tables/moments.txt"));
}

#[test]
fn numbers_and_texts_come_to_what_the_table_says() {
    check_table(include_str!("tables/numbers_and_texts.txt"));
}

#[test]
fn contexts_and_lists_come_to_what_the_table_says() {
    check_table(include_str!("tables/contexts_and_lists.txt"));
}

#[test]
fn types_and_comparisons_come_to_what_the_table_says() {
    check_table(include_str!("tables/types_and_comparisons.txt"));
}

#[test]
fn arithmetic_and_ranges_come_to_what_the_table_says() {
    check_table(include_str!("tables/arithmetic_and_ranges.txt"));
}

#[test]
fn calls_and_names_come_to_what_the_table_says() {
    check_table(include_str!("tables/calls_and_names.txt"));
}
