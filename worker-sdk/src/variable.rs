//! Process variables as they travel: `{"type", "value", "valueInfo"}` (contract section 3.2).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use thiserror::Error;

/// Key that marks a value which already knows its wire type while it passes through serde.
pub(crate) const MARK: &str = "$flowstone.typed";

/// Why a value cannot be a process variable, or a process variable not the value asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VariableError {
    /// The outermost value must have names to give to the variables.
    #[error("variables must be a struct or a map with names, not {found}; wrap the value in a struct")]
    NotNamed {
        /// What was given instead.
        found: &'static str,
    },
    /// Serde could not turn the value into variables.
    #[error("the value cannot become variables: {0}")]
    Unserializable(String),
    /// An integer outside the 64-bit signed range of the wire.
    #[error("variable `{name}`: {number} does not fit into a 64-bit integer; send it as a string")]
    OutOfRange {
        /// Name of the variable.
        name: String,
        /// The number.
        number: String,
    },
    /// A Json or Object variable whose text is not JSON.
    #[error("variable `{name}` of type {kind} does not hold valid JSON: {reason}")]
    NotJson {
        /// Name of the variable.
        name: String,
        /// Its wire type.
        kind: String,
        /// Where it breaks.
        reason: String,
    },
    /// The variables do not fit the input type of the handler.
    #[error("the variables do not fit the input type: {0}")]
    Mismatch(String),
}

/// One variable with its wire type.
///
/// Used as a field of an output struct it travels exactly as it is:
///
/// ```
/// use flowstone_worker::{TypedValue, Variables};
///
/// #[derive(serde::Serialize)]
/// struct Output {
///     receipt: TypedValue,
///     total: i64,
/// }
///
/// let output = Output { receipt: TypedValue::file("receipt.txt", "text/plain", b"Thank you"), total: 3 };
/// let variables = Variables::of(&output)?;
/// assert_eq!(variables.get("receipt").map(TypedValue::kind), Some("File"));
/// assert_eq!(variables.get("total").map(TypedValue::kind), Some("Integer"));
/// # Ok::<(), flowstone_worker::VariableError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TypedValue {
    kind: String,
    value: Value,
    info: Map<String, Value>,
}

impl TypedValue {
    /// A value of wire type `kind` (`String`, `Integer`, `Long`, `Json`, …).
    pub fn new(kind: impl Into<String>, value: Value) -> Self {
        TypedValue {
            kind: kind.into(),
            value,
            info: Map::new(),
        }
    }

    /// A file with its content.
    pub fn file(filename: &str, mime_type: &str, content: &[u8]) -> Self {
        TypedValue::new("File", Value::from(STANDARD.encode(content)))
            .with_info("filename", filename)
            .with_info("mimeType", mime_type)
    }

    /// Raw bytes.
    pub fn bytes(content: &[u8]) -> Self {
        TypedValue::new("Bytes", Value::from(STANDARD.encode(content)))
    }

    /// Adds an entry to `valueInfo`.
    pub fn with_info(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.info.insert(key.to_owned(), value.into());
        self
    }

    /// Visible to the step that the call starts, never stored.
    pub fn transient(self) -> Self {
        self.with_info("transient", true)
    }

    /// The wire type, first letter in upper case.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The value as it stands on the wire: text for Json and Object, null for a file.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// An entry of `valueInfo`, for example `filename`.
    pub fn info(&self, key: &str) -> Option<&Value> {
        self.info.get(key)
    }

    /// The value as JSON, with the documents of Json and Object variables parsed.
    pub(crate) fn to_json(&self, name: &str) -> Result<Value, VariableError> {
        let document = match self.kind.as_str() {
            "Json" => true,
            "Object" => self.info.get("serializationDataFormat").and_then(Value::as_str) == Some("application/json"),
            _ => false,
        };
        match &self.value {
            Value::String(text) if document => serde_json::from_str(text).map_err(|error| VariableError::NotJson {
                name: name.to_owned(),
                kind: self.kind.clone(),
                reason: error.to_string(),
            }),
            other => Ok(other.clone()),
        }
    }

    /// The typed form of a plain JSON value.
    fn of(name: &str, value: Value) -> Result<Self, VariableError> {
        Ok(match value {
            Value::Null => TypedValue::new("Null", Value::Null),
            Value::Bool(_) => TypedValue::new("Boolean", value),
            Value::String(_) => TypedValue::new("String", value),
            Value::Number(ref number) => match number.as_i64() {
                Some(integer) if i32::try_from(integer).is_ok() => TypedValue::new("Integer", value),
                Some(_) => TypedValue::new("Long", value),
                None if number.is_u64() => {
                    return Err(VariableError::OutOfRange {
                        name: name.to_owned(),
                        number: number.to_string(),
                    });
                }
                None => TypedValue::new("Double", value),
            },
            Value::Object(map) if map.len() == 1 && map.contains_key(MARK) => {
                let marked = map.into_iter().next().map(|(_, marked)| marked).unwrap_or_default();
                let wire =
                    WireValue::deserialize(marked).map_err(|error| VariableError::Unserializable(error.to_string()))?;
                wire.into()
            }
            document @ (Value::Array(_) | Value::Object(_)) => {
                TypedValue::new("Json", Value::from(unmarked(document).to_string()))
            }
        })
    }
}

impl Serialize for TypedValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(MARK, &WireValue::from(self.clone()))?;
        map.end()
    }
}

/// Inside a document there are no wire types: only the bare value stays.
fn unmarked(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(unmarked).collect(),
        Value::Object(mut map) if map.len() == 1 && map.contains_key(MARK) => map
            .get_mut(MARK)
            .and_then(|marked| marked.get_mut("value"))
            .map(Value::take)
            .unwrap_or_default(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, unmarked(value))).collect(),
        other => other,
    }
}

/// The form on the wire, lenient about what other clients write.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct WireValue {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    value: Value,
    #[serde(rename = "valueInfo", default)]
    info: Option<Map<String, Value>>,
}

impl From<WireValue> for TypedValue {
    fn from(wire: WireValue) -> Self {
        let kind = match wire.kind {
            Some(kind) => {
                let mut letters = kind.chars();
                letters
                    .next()
                    .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
                    .unwrap_or_default()
            }
            // An untyped value gets the type the server would infer.
            None => match &wire.value {
                Value::String(_) => "String",
                Value::Bool(_) => "Boolean",
                Value::Number(number) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => "Integer",
                Value::Number(number) if number.is_i64() => "Long",
                Value::Number(_) => "Double",
                Value::Null => "Null",
                Value::Array(_) | Value::Object(_) => "Object",
            }
            .to_owned(),
        };
        TypedValue {
            kind,
            value: wire.value,
            info: wire.info.unwrap_or_default(),
        }
    }
}

impl From<TypedValue> for WireValue {
    fn from(typed: TypedValue) -> Self {
        WireValue {
            kind: Some(typed.kind),
            value: typed.value,
            info: Some(typed.info),
        }
    }
}

/// Variables by name.
///
/// ```
/// use flowstone_worker::Variables;
///
/// let order = Variables::new().with("amount", 12.5)?.with("customer", "ada")?.with("lines", vec![1, 2])?;
/// assert_eq!(order.get("lines").unwrap().kind(), "Json");
/// assert_eq!(order.read::<f64>("amount")?, Some(12.5));
/// # Ok::<(), flowstone_worker::VariableError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Variables(BTreeMap<String, TypedValue>);

impl Variables {
    /// No variables.
    pub fn new() -> Self {
        Variables::default()
    }

    /// The fields of a struct, or the entries of a map, as variables. `()` gives none.
    ///
    /// Integers become `Integer` or, beyond 32 bits, `Long`; floats `Double` (not-a-number becomes
    /// null); nested structs, maps and lists a `Json` document; `None` becomes `Null` (leave it out with
    /// `#[serde(skip_serializing_if = "Option::is_none")]`); [`Date`](crate::Date) and
    /// [`TypedValue`] keep their own type.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, VariableError> {
        let found = match serde_json::to_value(value) {
            Ok(Value::Object(map)) => {
                return map
                    .into_iter()
                    .map(|(name, value)| {
                        let typed = TypedValue::of(&name, value)?;
                        Ok((name, typed))
                    })
                    .collect::<Result<_, VariableError>>()
                    .map(Variables);
            }
            Ok(Value::Null) => return Ok(Variables::new()),
            Ok(Value::Bool(_)) => "a boolean",
            Ok(Value::Number(_)) => "a number",
            Ok(Value::String(_)) => "a string",
            Ok(Value::Array(_)) => "a list",
            Err(error) => return Err(VariableError::Unserializable(error.to_string())),
        };
        Err(VariableError::NotNamed { found })
    }

    /// Adds or replaces a variable, typed by the rules of [`of`](Variables::of).
    pub fn with<T: Serialize>(mut self, name: &str, value: T) -> Result<Self, VariableError> {
        self.set(name, value)?;
        Ok(self)
    }

    /// Adds or replaces a variable, typed by the rules of [`of`](Variables::of).
    pub fn set<T: Serialize>(&mut self, name: &str, value: T) -> Result<(), VariableError> {
        let value = serde_json::to_value(value).map_err(|error| VariableError::Unserializable(error.to_string()))?;
        self.0.insert(name.to_owned(), TypedValue::of(name, value)?);
        Ok(())
    }

    /// A variable with its wire type.
    pub fn get(&self, name: &str) -> Option<&TypedValue> {
        self.0.get(name)
    }

    /// A variable as a Rust value; `None` when there is no such variable.
    pub fn read<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>, VariableError> {
        let Some(typed) = self.get(name) else { return Ok(None) };
        serde_json::from_value(typed.to_json(name)?)
            .map(Some)
            .map_err(|error| VariableError::Mismatch(format!("{name}: {error}")))
    }

    /// All variables in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TypedValue)> {
        self.0.iter().map(|(name, typed)| (name.as_str(), typed))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn to_wire(&self) -> BTreeMap<String, WireValue> {
        self.0
            .iter()
            .map(|(name, typed)| (name.clone(), typed.clone().into()))
            .collect()
    }

    pub(crate) fn from_wire(wire: BTreeMap<String, WireValue>) -> Self {
        Variables(wire.into_iter().map(|(name, value)| (name, value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Date;

    #[derive(Serialize)]
    struct Nested {
        due: Date,
        tags: Vec<&'static str>,
    }

    #[test]
    fn rust_values_get_the_wire_type_that_holds_them() {
        let midnight = Date::parse("2026-01-31T00:00:00Z").unwrap();
        let cases = [
            (json!("a"), "String", json!("a")),
            (json!(true), "Boolean", json!(true)),
            (json!(2_147_483_647), "Integer", json!(2_147_483_647)),
            (json!(2_147_483_648_i64), "Long", json!(2_147_483_648_i64)),
            (json!(1.5), "Double", json!(1.5)),
            (json!(null), "Null", json!(null)),
            (json!([1, 2]), "Json", json!("[1,2]")),
            (
                serde_json::to_value(midnight).unwrap(),
                "Date",
                json!("2026-01-31T00:00:00.000+0000"),
            ),
            (
                serde_json::to_value(Nested {
                    due: midnight,
                    tags: vec!["x"],
                })
                .unwrap(),
                "Json",
                json!(r#"{"due":"2026-01-31T00:00:00.000+0000","tags":["x"]}"#),
            ),
        ];
        for (value, kind, wire) in cases {
            let typed = TypedValue::of("v", value.clone()).unwrap();
            assert_eq!((typed.kind(), typed.value()), (kind, &wire), "{value}");
        }
    }

    #[test]
    fn what_the_wire_cannot_hold_is_refused_by_name() {
        let error = Variables::new().with("huge", u64::MAX).unwrap_err();
        assert!(error.to_string().contains("`huge`"), "{error}");
        assert!(matches!(
            Variables::of(&5),
            Err(VariableError::NotNamed { found: "a number" })
        ));
        assert!(Variables::of(&()).unwrap().is_empty());
    }

    #[test]
    fn variables_pass_through_serde_unchanged() {
        let variables = Variables::new()
            .with("n", 1)
            .unwrap()
            .with("secret", TypedValue::new("String", json!("s")).transient())
            .unwrap();
        assert_eq!(Variables::of(&variables).unwrap(), variables);
    }
}
