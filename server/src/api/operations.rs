//! The operations of Camunda 7's API by name, so that what is not implemented is told apart from
//! what does not exist.

use std::sync::LazyLock;

/// One operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// 1: workers, modelers and starters need it; 2: operators; 3: the rest.
    pub tier: u8,
    /// HTTP method.
    pub method: &'static str,
    /// Path below the API root, with parameters in braces.
    pub path: &'static str,
    /// Published name, `-` for those that have none.
    pub name: &'static str,
}

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    include_str!("operations.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(parse)
        .collect()
});

fn parse(line: &'static str) -> Option<Operation> {
    let mut fields = line.split(' ');
    Some(Operation {
        tier: fields.next()?.parse().ok()?,
        method: fields.next()?,
        path: fields.next()?,
        name: fields.next()?,
    })
}

/// All operations.
pub fn all() -> &'static [Operation] {
    &OPERATIONS
}

/// The operation that a request means: the one whose path has the most literal segments.
pub fn find(method: &str, path: &str) -> Option<Operation> {
    matching(path)
        .filter(|operation| operation.method == method)
        .max_by_key(|operation| literal_segments(operation.path))
        .copied()
}

/// Whether any method has this path.
pub fn knows_path(path: &str) -> bool {
    matching(path).next().is_some()
}

fn matching(path: &str) -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().filter(move |operation| matches(operation.path, path))
}

/// Whether a path fits a declared one, segment by segment.
pub fn matches(declared: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    declared.split('/').all(|expected| {
        segments
            .next()
            .is_some_and(|segment| expected == segment || (expected.starts_with('{') && !segment.is_empty()))
    }) && segments.next().is_none()
}

fn literal_segments(path: &str) -> usize {
    path.split('/').filter(|segment| !segment.starts_with('{')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete() {
        assert_eq!(all().len(), 486);
        assert_eq!(all().iter().filter(|operation| operation.name != "-").count(), 399);
        assert_eq!(all().iter().filter(|operation| operation.tier == 1).count(), 60);
    }

    #[test]
    fn the_most_literal_path_wins() {
        let name = |method, path| find(method, path).map(|operation| operation.name);
        assert_eq!(name("GET", "/batch/statistics"), Some("getBatchStatistics"));
        assert_eq!(name("GET", "/batch/1"), Some("getBatch"));
        assert_eq!(name("PATCH", "/batch/1"), None);
        assert_eq!(name("GET", "/batch/1/unknown"), None);
        assert!(knows_path("/batch/1"));
        assert!(!knows_path("/unknown"));
    }
}
