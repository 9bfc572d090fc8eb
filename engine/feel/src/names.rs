//! The names that are known where an expression stands.

use std::collections::HashMap;
use std::sync::Arc;

use crate::Type;
use crate::syntax::NameIndex;

/// Names of variables, of properties and of types that an expression may use.
///
/// A name may hold spaces and the characters `. / - ' + *`; only names that are listed here are recognised when they
/// hold such characters. Runs of plain words (`first name`) are recognised without being listed. The names of the
/// built-in functions are always known.
#[derive(Clone, Debug, Default)]
pub struct Names {
    index: NameIndex,
    /// Shared, because these are the same for all expressions of a file.
    properties: Arc<NameIndex>,
    types: HashMap<Arc<str>, Type>,
    input: Option<Arc<str>>,
}

impl Names {
    /// No names besides those of the language.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the name of a variable, of a function or of an entry of a context.
    pub fn insert(&mut self, name: impl Into<Arc<str>>) {
        self.index.insert(&name.into());
    }

    /// Adds the name of an entry of a context that is recognised behind a dot only.
    pub fn insert_property(&mut self, name: impl Into<Arc<str>>) {
        Arc::make_mut(&mut self.properties).insert(&name.into());
    }

    /// Adds the name of a type, for `instance of` and for parameters of functions.
    pub fn define_type(&mut self, name: impl Into<Arc<str>>, definition: Type) {
        self.types.insert(name.into(), definition);
    }

    /// Gives the input of unary tests a name of its own besides `?`.
    pub fn name_input(&mut self, name: impl Into<Arc<str>>) {
        let name = name.into();
        self.insert(name.clone());
        self.input = Some(name);
    }

    /// Whether this is the name of the input of unary tests.
    pub(crate) fn is_input(&self, name: &str) -> bool {
        name == "?" || self.input.as_deref() == Some(name)
    }

    pub(crate) fn index(&self) -> &NameIndex {
        &self.index
    }

    pub(crate) fn properties(&self) -> &NameIndex {
        &self.properties
    }

    /// The type of that name.
    pub fn get_type(&self, name: &str) -> Option<&Type> {
        self.types.get(name)
    }
}

impl<N: Into<Arc<str>>> FromIterator<N> for Names {
    fn from_iter<I: IntoIterator<Item = N>>(names: I) -> Self {
        let mut all = Self::new();
        all.extend(names);
        all
    }
}

impl<N: Into<Arc<str>>> Extend<N> for Names {
    fn extend<I: IntoIterator<Item = N>>(&mut self, names: I) {
        for name in names {
            self.insert(name);
        }
    }
}
