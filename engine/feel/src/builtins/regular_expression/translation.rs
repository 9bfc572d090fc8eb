//! Translates the syntax of XPath patterns, and refuses what is not part of it.

use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

use super::blocks::BLOCKS;

/// Characters that may begin an XML name, as the content of a class.
const NAME_START: &str = "_:\\p{L}\\p{Nl}";
/// Characters that may stand in an XML name, as the content of a class.
const NAME_PART: &str = "\\-_:.\\p{L}\\p{Nl}\\p{Nd}\\p{Mn}\\p{Mc}\\x{b7}";
/// How deep groups and classes may nest.
const MAXIMUM_DEPTH: usize = 50;
/// How often a quantifier may repeat.
const MAXIMUM_REPEAT: u32 = 1000;

/// General categories of Unicode.
const CATEGORIES: [&str; 37] = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "Z", "Zs", "Zl", "Zp", "S", "Sm", "Sc", "Sk", "So", "C", "Cc", "Cf", "Co", "Cn", "Cs",
];

/// A pattern in the syntax of the regular expression crate.
pub(super) struct Translated {
    pub(super) text: String,
    /// The product of all counted repeats.
    pub(super) repeats: u64,
    pub(super) has_back_references: bool,
}

/// The same pattern in the syntax of the regular expression crate, or what is wrong with it.
pub(super) fn translate(source: &str, flags: &str) -> Result<Translated, String> {
    let mut output = String::new();
    let kept: String = flags.chars().filter(|flag| matches!(flag, 'm' | 'i')).collect();
    if !kept.is_empty() {
        // Nothing can go wrong when writing to a string.
        let _ = write!(output, "(?{kept})");
    }
    if flags.contains('q') {
        for character in source.chars() {
            push_literal(&mut output, character);
        }
        return Ok(Translated {
            text: output,
            repeats: 1,
            has_back_references: false,
        });
    }
    let without_space;
    let source = if flags.contains('x') {
        without_space = remove_space(source);
        &without_space
    } else {
        source
    };
    let mut translator = Translator {
        rest: source.chars().peekable(),
        output,
        dot_matches_all: flags.contains('s'),
        ignores_case: flags.contains('i'),
        opened_groups: 0,
        open_groups: Vec::new(),
        closed_groups: Vec::new(),
        repeats: 1,
        has_back_references: false,
    };
    translator.pattern()?;
    Ok(Translated {
        text: translator.output,
        repeats: translator.repeats,
        has_back_references: translator.has_back_references,
    })
}

fn push_literal(output: &mut String, character: char) {
    if character.is_ascii_punctuation() {
        output.push('\\');
    }
    output.push(character);
}

/// The pattern without white space, except in classes. It goes before anything else, even between `\` and a letter.
fn remove_space(source: &str) -> String {
    let mut kept = String::with_capacity(source.len());
    let mut class_depth = 0usize;
    let mut escaped = false;
    for character in source.chars() {
        if class_depth == 0 && matches!(character, ' ' | '\t' | '\n' | '\r') {
            continue;
        }
        kept.push(character);
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class_depth += 1,
            ']' => class_depth = class_depth.saturating_sub(1),
            _ => {}
        }
    }
    kept
}

/// A class of characters.
#[derive(Default)]
struct Class {
    negated: bool,
    /// Characters, ranges and other classes, in the syntax of the regular expression crate.
    content: String,
    /// Categories that stay as they are where case does not matter otherwise.
    categories: String,
    subtracted: Option<Box<Class>>,
}

impl Class {
    fn has_categories(&self) -> bool {
        !self.categories.is_empty() || self.subtracted.as_deref().is_some_and(Self::has_categories)
    }

    /// The class in the syntax of the regular expression crate. Case is a matter of whole patterns there, so that
    /// categories stand beside the class they belong to.
    fn pattern(&self) -> String {
        let negation = if self.negated { "^" } else { "" };
        let content = &self.content;
        if !self.has_categories() {
            return match &self.subtracted {
                Some(subtracted) => format!("[[{negation}{content}]--{}]", subtracted.pattern()),
                None => format!("[{negation}{content}]"),
            };
        }
        let mut parts = Vec::new();
        if !content.is_empty() {
            parts.push(format!("[{content}]"));
        }
        if !self.categories.is_empty() {
            parts.push(format!("(?-i:[{}])", self.categories));
        }
        let parts = parts.join("|");
        let own = if self.negated {
            format!("(?!{parts})(?s:.)")
        } else {
            format!("(?:{parts})")
        };
        match &self.subtracted {
            Some(subtracted) => format!("(?:(?!{}){own})", subtracted.pattern()),
            None => format!("(?:{own})"),
        }
    }
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    output: String,
    dot_matches_all: bool,
    ignores_case: bool,
    opened_groups: usize,
    /// The numbers of the groups that are open here; `None` for those that capture nothing.
    open_groups: Vec<Option<usize>>,
    closed_groups: Vec<usize>,
    repeats: u64,
    has_back_references: bool,
}

impl Translator<'_> {
    fn pattern(&mut self) -> Result<(), String> {
        // Whether something stands here that a quantifier can repeat.
        let mut repeatable = false;
        while let Some(character) = self.rest.next() {
            repeatable = match character {
                '\\' => {
                    self.escape()?;
                    true
                }
                '[' => {
                    let class = self.class(0)?;
                    self.output.push_str(&class.pattern());
                    true
                }
                '(' => {
                    self.open_group()?;
                    false
                }
                ')' => {
                    let Some(group) = self.open_groups.pop() else {
                        return Err("`)` closes nothing".to_owned());
                    };
                    self.closed_groups.extend(group);
                    self.output.push(')');
                    true
                }
                '.' => {
                    self.output
                        .push_str(if self.dot_matches_all { "(?s:.)" } else { "[^\\n\\r]" });
                    true
                }
                '|' | '^' | '$' => {
                    self.output.push(character);
                    false
                }
                '*' | '+' | '?' | '{' if !repeatable => return Err(format!("`{character}` repeats nothing")),
                '*' | '+' | '?' => {
                    self.output.push(character);
                    self.reluctance();
                    false
                }
                '{' => {
                    self.counted_repeat()?;
                    self.reluctance();
                    false
                }
                ']' | '}' => return Err(format!("`{character}` must be written `\\{character}`")),
                other => {
                    push_literal(&mut self.output, other);
                    true
                }
            };
        }
        match self.open_groups.is_empty() {
            true => Ok(()),
            false => Err("`(` is not closed".to_owned()),
        }
    }

    /// `?` after a quantifier.
    fn reluctance(&mut self) {
        if self.rest.next_if_eq(&'?').is_some() {
            self.output.push('?');
        }
    }

    fn open_group(&mut self) -> Result<(), String> {
        if self.open_groups.len() >= MAXIMUM_DEPTH {
            return Err(format!("groups nest deeper than {MAXIMUM_DEPTH} levels"));
        }
        if self.rest.next_if_eq(&'?').is_some() {
            if self.rest.next() != Some(':') {
                return Err("only `(?:` may begin with `(?`".to_owned());
            }
            self.output.push_str("(?:");
            self.open_groups.push(None);
        } else {
            self.opened_groups += 1;
            self.output.push('(');
            self.open_groups.push(Some(self.opened_groups));
        }
        Ok(())
    }

    /// `n}`, `n,}` or `n,m}` behind `{`.
    fn counted_repeat(&mut self) -> Result<(), String> {
        let mut text = String::new();
        loop {
            match self.rest.next() {
                Some('}') => break,
                Some(character @ ('0'..='9' | ',')) => text.push(character),
                _ => return Err("`{` takes a number, as in `{2}` or `{2,3}`".to_owned()),
            }
        }
        let number = |text: &str| {
            let parsed: Option<u32> = text.parse().ok();
            parsed
                .filter(|count| *count <= MAXIMUM_REPEAT)
                .ok_or("a repeat takes a number up to 1000".to_owned())
        };
        let (minimum, maximum) = match text.split_once(',') {
            Some((minimum, "")) => (number(minimum)?, None),
            Some((minimum, maximum)) => (number(minimum)?, Some(number(maximum)?)),
            None => (number(&text)?, Some(number(&text)?)),
        };
        if maximum.is_some_and(|maximum| maximum < minimum) {
            return Err("a repeat goes from the lesser to the greater number".to_owned());
        }
        self.repeats = self
            .repeats
            .saturating_mul(u64::from(maximum.unwrap_or(minimum)).max(1));
        let maximum = maximum.map(|maximum| maximum.to_string()).unwrap_or_default();
        let _ = write!(self.output, "{{{minimum},{maximum}}}");
        Ok(())
    }

    /// What stands behind `\`, outside of a class.
    fn escape(&mut self) -> Result<(), String> {
        if let Some(digit @ '1'..='9') = self.rest.peek().copied() {
            return self.back_reference(digit);
        }
        match self.escaped_class()? {
            Some((content, negated)) => {
                let negation = if negated { "^" } else { "" };
                // Categories stay as they are where case does not matter otherwise.
                let _ = write!(self.output, "(?-i:[{negation}{content}])");
            }
            None => {
                let character = self.escaped_character()?;
                push_literal(&mut self.output, character);
            }
        }
        Ok(())
    }

    fn back_reference(&mut self, first: char) -> Result<(), String> {
        self.rest.next();
        let mut group = first.to_digit(10).unwrap_or_default() as usize;
        while let Some(digit) = self.rest.peek().and_then(|digit| digit.to_digit(10)) {
            let longer = group * 10 + digit as usize;
            if longer > self.opened_groups {
                break;
            }
            group = longer;
            self.rest.next();
        }
        if !self.closed_groups.contains(&group) {
            return Err(format!("`\\{group}` refers to a group that is not complete"));
        }
        self.has_back_references = true;
        // A group that matched nothing stands for the empty text.
        let _ = write!(self.output, "(?:(?({group})\\{group}|))");
        Ok(())
    }

    /// The content of the class that an escape such as `\d` stands for, and whether it is negated.
    fn escaped_class(&mut self) -> Result<Option<(String, bool)>, String> {
        let Some(designator) = self.rest.peek().copied() else {
            return Err("`\\` stands at the end".to_owned());
        };
        let content = match designator {
            'd' | 'D' => "\\p{Nd}".to_owned(),
            's' | 'S' => "\\x20\\t\\n\\r".to_owned(),
            // Everything but punctuation, separators and others.
            'w' | 'W' => "\\p{L}\\p{M}\\p{N}\\p{S}".to_owned(),
            'i' | 'I' => NAME_START.to_owned(),
            'c' | 'C' => NAME_PART.to_owned(),
            'p' | 'P' => {
                self.rest.next();
                return self.property().map(|content| Some((content, designator == 'P')));
            }
            _ => return Ok(None),
        };
        self.rest.next();
        Ok(Some((content, designator.is_ascii_uppercase())))
    }

    /// `{Lu}` or `{IsBasicLatin}` behind `\p`.
    fn property(&mut self) -> Result<String, String> {
        if self.rest.next() != Some('{') {
            return Err("`\\p` takes a category, as in `\\p{Lu}`".to_owned());
        }
        let mut name = String::new();
        loop {
            match self.rest.next() {
                Some('}') => break,
                Some(character) if name.len() < 50 => name.push(character),
                _ => return Err("`\\p{` is not closed".to_owned()),
            }
        }
        if CATEGORIES.contains(&name.as_str()) {
            return Ok(format!("\\p{{{name}}}"));
        }
        let block = name
            .strip_prefix("Is")
            .and_then(|block| BLOCKS.iter().find(|(name, _, _)| *name == block));
        match block {
            Some((_, first, last)) => Ok(format!("\\x{{{first:x}}}-\\x{{{last:x}}}")),
            None => Err(format!("there is no category or block '{name}'")),
        }
    }

    fn escaped_character(&mut self) -> Result<char, String> {
        match self.rest.next() {
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some(character) if !character.is_alphanumeric() => Ok(character),
            Some(character) => Err(format!("there is no escape `\\{character}`")),
            None => Err("`\\` stands at the end".to_owned()),
        }
    }

    /// What stands behind `[`, as a class.
    fn class(&mut self, depth: usize) -> Result<Class, String> {
        if depth >= MAXIMUM_DEPTH {
            return Err(format!("classes nest deeper than {MAXIMUM_DEPTH} levels"));
        }
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut class = Class {
            negated,
            ..Class::default()
        };
        let mut first = true;
        loop {
            let Some(character) = self.rest.next() else {
                return Err("`[` is not closed".to_owned());
            };
            match character {
                ']' if !first => break,
                '-' if !first && self.rest.peek() == Some(&'[') => {
                    self.rest.next();
                    class.subtracted = Some(Box::new(self.class(depth + 1)?));
                    if self.rest.next() != Some(']') {
                        return Err("a subtraction ends its class".to_owned());
                    }
                    break;
                }
                ']' | '[' => return Err(format!("in a class, `{character}` must be written `\\{character}`")),
                character => self.class_item(character, &mut class)?,
            }
            first = false;
        }
        Ok(class)
    }

    /// A character, an escape or a range of characters in a class.
    fn class_item(&mut self, character: char, class: &mut Class) -> Result<(), String> {
        let start = match self.class_character(character, class)? {
            Some(start) => start,
            None => return Ok(()),
        };
        push_literal(&mut class.content, start);
        let mut ahead = self.rest.clone();
        let is_range = ahead.next() == Some('-') && !matches!(ahead.next(), Some(']' | '[') | None);
        if !is_range || character == '-' {
            return Ok(());
        }
        self.rest.next();
        let Some(last) = self.rest.next() else { return Ok(()) };
        match self.class_character(last, &mut Class::default())? {
            Some(end) if end >= start => {
                class.content.push('-');
                push_literal(&mut class.content, end);
                Ok(())
            }
            Some(end) => Err(format!("the range `{start}-{end}` goes downwards")),
            None => Err("a range ends with a character".to_owned()),
        }
    }

    /// The character that stands here; `None` when it was an escape for a class, which is then part of the content.
    fn class_character(&mut self, character: char, class: &mut Class) -> Result<Option<char>, String> {
        if character != '\\' {
            return Ok(Some(character));
        }
        let is_property = matches!(self.rest.peek(), Some('p' | 'P'));
        match self.escaped_class()? {
            Some((escaped, negated)) => {
                let negation = if negated { "^" } else { "" };
                let part = if is_property && self.ignores_case {
                    &mut class.categories
                } else {
                    &mut class.content
                };
                let _ = write!(part, "[{negation}{escaped}]");
                Ok(None)
            }
            None => self.escaped_character().map(Some),
        }
    }
}
