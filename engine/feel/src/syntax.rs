//! From source text to syntax tree.

pub(crate) mod ast;
mod lexer;
mod name_index;
mod parser;

pub(crate) use name_index::NameIndex;
pub(crate) use parser::{parse_expression, parse_range_literal, parse_type, parse_unary_tests};
