//! Finds names of several words, and names with operators in them, in a sequence of tokens.

use std::collections::HashMap;
use std::sync::Arc;

use super::lexer::{Token, TokenKind, tokenize};

/// Names by their first word. Names of a single word need no entry: a word is a name anyway.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameIndex {
    by_first_word: HashMap<String, Vec<Entry>>,
}

#[derive(Clone, Debug)]
struct Entry {
    name: Arc<str>,
    /// The parts after the first word.
    rest: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    text: String,
    /// Whether white space stands before it. Between words it always does; around operators it tells the name `a-b`
    /// from the difference `a - b`.
    spaced: bool,
}

impl NameIndex {
    /// Adds a name. What is a single word, or no name at all, is left out.
    pub(crate) fn insert(&mut self, name: &Arc<str>) {
        let Ok(tokens) = tokenize(name) else { return };
        let tokens = &tokens[..tokens.len() - 1];
        let Some((first, rest)) = tokens.split_first() else {
            return;
        };
        if rest.is_empty() || first.kind != TokenKind::Word {
            return;
        }
        let rest = rest
            .iter()
            .map(|token| Part {
                text: name[token.start..token.end].to_owned(),
                spaced: token.spaced,
            })
            .collect();
        let entries = self
            .by_first_word
            .entry(name[first.start..first.end].to_owned())
            .or_default();
        if entries.iter().any(|entry: &Entry| entry.name == *name) {
            return;
        }
        entries.push(Entry {
            name: name.clone(),
            rest,
        });
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.rest.len()));
    }

    /// Takes a name out again.
    pub(crate) fn remove(&mut self, name: &Arc<str>) {
        for entries in self.by_first_word.values_mut() {
            entries.retain(|entry| entry.name != *name);
        }
    }

    /// The longest name at the beginning of the tokens, and of how many tokens it is.
    pub(super) fn longest(&self, source: &str, tokens: &[Token]) -> Option<(Arc<str>, usize)> {
        let first = tokens.first()?;
        let entries = self.by_first_word.get(&source[first.start..first.end])?;
        entries
            .iter()
            .find(|entry| entry.matches(source, &tokens[1..]))
            .map(|entry| (entry.name.clone(), entry.rest.len() + 1))
    }
}

impl Entry {
    fn matches(&self, source: &str, tokens: &[Token]) -> bool {
        self.rest.len() < tokens.len()
            && self
                .rest
                .iter()
                .zip(tokens)
                .all(|(part, token)| part.spaced == token.spaced && part.text == source[token.start..token.end])
    }
}
