//! Regular expressions of XPath and XQuery (functions and operators 3.1, section 5.6), translated into those of the
//! regular expression crate.

mod blocks;
mod translation;

use std::sync::Arc;

use fancy_regex::{Regex, RegexBuilder};

use crate::{EvaluationError, ExceededLimit};

/// How many steps a pattern with back references may try.
const BACKTRACK_LIMIT: usize = 200_000;
/// How large a compiled pattern may be, in bytes.
const PATTERN_BYTES: usize = 2 * 1024 * 1024;
/// How long a pattern may be, in bytes.
const SOURCE_BYTES: usize = 8 * 1024;
/// How many compiled patterns one evaluation keeps.
const KEPT_PATTERNS: usize = 16;

pub(super) enum PatternError {
    Invalid(String),
    TooLarge,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    regex: Arc<Regex>,
    /// Whether replacements are taken as they are.
    literal: bool,
    /// How often its parts are repeated by count, all together.
    repeats: u64,
    has_back_references: bool,
}

/// The patterns that one evaluation has compiled.
#[derive(Debug, Default)]
pub(crate) struct PatternCache {
    kept: Vec<(String, String, Pattern)>,
}

impl PatternCache {
    pub(super) fn compile(&mut self, source: &str, flags: &str) -> Result<Pattern, PatternError> {
        let known = self
            .kept
            .iter()
            .find(|(kept, kept_flags, _)| kept == source && kept_flags == flags);
        if let Some((_, _, pattern)) = known {
            return Ok(pattern.clone());
        }
        let pattern = compile(source, flags)?;
        if self.kept.len() == KEPT_PATTERNS {
            self.kept.remove(0);
        }
        self.kept.push((source.to_owned(), flags.to_owned(), pattern.clone()));
        Ok(pattern)
    }
}

fn compile(source: &str, flags: &str) -> Result<Pattern, PatternError> {
    if source.len() > SOURCE_BYTES {
        return Err(PatternError::TooLarge);
    }
    if let Some(unknown) = flags.chars().find(|flag| !"smixq".contains(*flag)) {
        return Err(PatternError::Invalid(format!("there is no flag '{unknown}'")));
    }
    let translated = translation::translate(source, flags).map_err(PatternError::Invalid)?;
    let regex = RegexBuilder::new(&translated.text)
        .backtrack_limit(BACKTRACK_LIMIT)
        .delegate_size_limit(PATTERN_BYTES)
        .delegate_dfa_size_limit(PATTERN_BYTES)
        .build()
        .map_err(|_| PatternError::Invalid("it does not form a pattern".to_owned()))?;
    Ok(Pattern {
        regex: Arc::new(regex),
        literal: flags.contains('q'),
        repeats: translated.repeats,
        has_back_references: translated.has_back_references,
    })
}

/// What a pattern matched.
pub(super) struct Found {
    groups: Vec<Option<(usize, usize)>>,
}

impl Found {
    /// Where the whole match begins and ends.
    pub(super) fn span(&self) -> (usize, usize) {
        self.groups.first().copied().flatten().unwrap_or_default()
    }
}

/// A piece of a replacement.
pub(super) enum ReplacementPart {
    Text(String),
    Group(usize),
}

impl ReplacementPart {
    pub(super) fn text<'a>(&'a self, found: &Found, input: &'a str) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Group(group) => match found.groups.get(*group).copied().flatten() {
                Some((start, end)) => &input[start..end],
                None => "",
            },
        }
    }
}

impl Pattern {
    /// Units of work for a search through an input. It grows with the size of the pattern, and with back references
    /// every place may have to be compared with every other.
    pub(super) fn cost(&self, input: &str) -> u64 {
        let length = input.len() as u64;
        let factor = if self.has_back_references {
            length / 8
        } else {
            self.repeats / 16
        };
        (length / 8).saturating_mul(1 + factor)
    }

    pub(super) fn is_match(&self, input: &str) -> Result<bool, EvaluationError> {
        self.regex.is_match(input).map_err(|_| ExceededLimit::Fuel.into())
    }

    /// The next match from a position.
    pub(super) fn find_at(&self, input: &str, position: usize) -> Result<Option<Found>, EvaluationError> {
        let captures = self
            .regex
            .captures_from_pos(input, position)
            .map_err(|_| EvaluationError::from(ExceededLimit::Fuel))?;
        Ok(captures.map(|captures| Found {
            groups: captures
                .iter()
                .map(|group| group.map(|group| (group.start(), group.end())))
                .collect(),
        }))
    }

    /// Splits a replacement into texts and groups; `None` when it is not valid.
    pub(super) fn replacement(&self, source: &str) -> Option<Vec<ReplacementPart>> {
        if self.literal {
            return Some(vec![ReplacementPart::Text(source.to_owned())]);
        }
        let groups = self.regex.captures_len();
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut characters = source.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\\' => match characters.next()? {
                    escaped @ ('\\' | '$') => text.push(escaped),
                    _ => return None,
                },
                '$' => {
                    let mut group = characters.next()?.to_digit(10)? as usize;
                    // As many digits as make the number of a group that exists.
                    while let Some(digit) = characters.peek().and_then(|digit| digit.to_digit(10)) {
                        let longer = group * 10 + digit as usize;
                        if longer >= groups {
                            break;
                        }
                        group = longer;
                        characters.next();
                    }
                    parts.push(ReplacementPart::Text(std::mem::take(&mut text)));
                    parts.push(ReplacementPart::Group(group));
                }
                other => text.push(other),
            }
        }
        parts.push(ReplacementPart::Text(text));
        Some(parts)
    }
}
