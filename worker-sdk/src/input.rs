//! From the variables of a task to the input type of its handler.

use serde::de::value::UnitDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Map, Value, json};

use crate::{VariableError, Variables};

/// Reads `T` from the variables visible at `execution_id`.
pub(crate) fn read<T: DeserializeOwned>(variables: &Variables, execution_id: &str) -> Result<T, VariableError> {
    let mut named = Map::new();
    for (name, typed) in variables.iter() {
        let value = match typed.kind() {
            "File" => json!({
                "executionId": execution_id,
                "variable": name,
                "filename": typed.info("filename").and_then(Value::as_str).unwrap_or(name),
                "mimeType": typed.info("mimeType"),
                "encoding": typed.info("encoding"),
            }),
            _ => typed.to_json(name)?,
        };
        named.insert(name.to_owned(), value);
    }
    serde_path_to_error::deserialize(Input(named)).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner();
        VariableError::Mismatch(if path == "." {
            reason.to_string()
        } else {
            format!("{path}: {reason}")
        })
    })
}

/// A JSON object that is also willing to be `()`, for handlers that need no variables.
struct Input(Map<String, Value>);

impl<'de> Deserializer<'de> for Input {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Value::Object(self.0).deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Value::Object(self.0).deserialize_enum(name, variants, visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let unit: UnitDeserializer<Error> = ().into_deserializer();
        unit.deserialize_unit(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The variables `T` wants, learned from its fields: `None` when it does not say (maps, flattened
/// structs), an empty list for `()`.
pub(crate) fn wanted<T: DeserializeOwned>() -> Option<Vec<String>> {
    let mut wanted = None;
    // The probe always ends in an error; what it saw on the way is the answer.
    let _ = T::deserialize(Probe(&mut wanted));
    wanted
}

/// Watches which shape a type asks for, and gives it nothing.
struct Probe<'a>(&'a mut Option<Vec<String>>);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("probe"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = Some(fields.iter().map(|field| (*field).to_owned()).collect());
        Err(Error::custom("probe"))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        *self.0 = Some(Vec::new());
        Err(Error::custom("probe"))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use chrono::{DateTime, Utc};
    use serde::Deserialize;

    use super::*;
    use crate::{Date, File, TypedValue};

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Order {
        order_id: i64,
        lines: Vec<Line>,
        due: Date,
        created: DateTime<Utc>,
        coupon: Option<String>,
        invoice: File,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Line {
        sku: String,
    }

    #[derive(Deserialize)]
    struct Nothing;

    #[derive(Deserialize)]
    struct Wrapped(#[allow(dead_code)] Order);

    #[derive(Debug, Deserialize)]
    struct Flattened {
        #[serde(flatten)]
        all: HashMap<String, Value>,
    }

    fn order() -> Variables {
        Variables::new()
            .with("orderId", 7)
            .unwrap()
            .with(
                "lines",
                TypedValue::new("Object", json!(r#"[{"sku":"a"}]"#))
                    .with_info("serializationDataFormat", "application/json"),
            )
            .unwrap()
            .with("due", TypedValue::new("Date", json!("2026-01-31T09:30:00.000+0100")))
            .unwrap()
            .with(
                "created",
                TypedValue::new("Date", json!("2026-01-31T09:30:00.000+0000")),
            )
            .unwrap()
            .with(
                "invoice",
                TypedValue::new("File", Value::Null).with_info("filename", "i.pdf"),
            )
            .unwrap()
    }

    #[test]
    fn variables_become_fields() {
        let order: Order = read(&order(), "exec").unwrap();
        assert_eq!((order.order_id, order.coupon), (7, None));
        assert_eq!(order.lines, [Line { sku: "a".into() }]);
        assert_eq!(order.due, Date::parse("2026-01-31T08:30:00Z").unwrap());
        assert_eq!(order.created, order.due.0 + chrono::TimeDelta::hours(1));
        assert_eq!(
            (order.invoice.filename.as_str(), order.invoice.execution_id.as_str()),
            ("i.pdf", "exec")
        );
    }

    #[test]
    fn a_mismatch_names_the_variable() {
        for (name, value) in [("orderId", json!("seven")), ("lines", json!([{"sku": 1}]))] {
            let error = read::<Order>(&order().with(name, value).unwrap(), "e")
                .unwrap_err()
                .to_string();
            assert!(error.contains(name), "{error}");
        }
        let broken = order().with("lines", TypedValue::new("Json", json!("{"))).unwrap();
        assert!(matches!(
            read::<Order>(&broken, "e"),
            Err(VariableError::NotJson { .. })
        ));
    }

    #[test]
    fn a_handler_may_take_nothing_or_everything() {
        read::<()>(&order(), "e").unwrap();
        read::<Nothing>(&order(), "e").unwrap();
        assert_eq!(read::<Flattened>(&order(), "e").unwrap().all.len(), 5);
        assert_eq!(
            read::<HashMap<String, Value>>(&order(), "e").unwrap()["orderId"],
            json!(7)
        );
    }

    #[test]
    fn the_input_type_says_which_variables_it_wants() {
        let fields = ["orderId", "lines", "due", "created", "coupon", "invoice"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(wanted::<Order>(), Some(fields.clone()));
        assert_eq!(wanted::<Wrapped>(), Some(fields.clone()));
        assert_eq!(wanted::<Option<Order>>(), Some(fields));
        assert_eq!(wanted::<()>(), Some(vec![]));
        assert_eq!(wanted::<Nothing>(), Some(vec![]));
        assert_eq!(wanted::<Flattened>(), None);
        assert_eq!(wanted::<HashMap<String, Value>>(), None);
    }
}
