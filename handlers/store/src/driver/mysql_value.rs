//! Values on their way to a server, and back.

use mysql::consts::ColumnType;
use mysql::{Column, Params};

use crate::{Error, ErrorKind, Value};

/// The number of the character set of what is no text.
const BINARY: u16 = 63;

/// The values of a statement.
pub(super) fn parameters(values: &[Value]) -> Params {
    if values.is_empty() {
        return Params::Empty;
    }
    Params::Positional(values.iter().map(to_server).collect())
}

fn to_server(value: &Value) -> mysql::Value {
    match value {
        Value::Null => mysql::Value::NULL,
        Value::Integer(number) => mysql::Value::Int(*number),
        Value::Real(number) => mysql::Value::Double(*number),
        Value::Text(text) => mysql::Value::Bytes(text.clone().into_bytes()),
        Value::Bytes(bytes) => mysql::Value::Bytes(bytes.clone()),
    }
}

/// The value of a column.
pub(super) fn from_server(value: mysql::Value, column: &Column) -> Result<Value, Error> {
    Ok(match value {
        mysql::Value::NULL => Value::Null,
        mysql::Value::Int(number) => Value::Integer(number),
        mysql::Value::UInt(number) => Value::Integer(number.cast_signed()),
        mysql::Value::Float(number) => Value::Real(number.into()),
        mysql::Value::Double(number) => Value::Real(number),
        mysql::Value::Bytes(bytes) => from_bytes(bytes, column)?,
        mysql::Value::Date(..) | mysql::Value::Time(..) => {
            let why = "a column is a date, expected a number, text or bytes";
            return Err(broken(why));
        }
    })
}

fn from_bytes(bytes: Vec<u8>, column: &Column) -> Result<Value, Error> {
    let is_decimal = matches!(
        column.column_type(),
        ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL
    );
    if !is_decimal && column.character_set() == BINARY {
        return Ok(Value::Bytes(bytes));
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| broken("a text in the database is not UTF-8"))?;
    Ok(match text {
        text if is_decimal => from_decimal(&text)?,
        text => Value::Text(text),
    })
}

// Sums of whole numbers are of this type, too.
fn from_decimal(text: &str) -> Result<Value, Error> {
    let whole = text.parse().map(Value::Integer);
    whole
        .or_else(|_| text.parse().map(Value::Real))
        .map_err(|_| broken("a decimal number in the database is none"))
}

fn broken(why: &str) -> Error {
    Error::new(ErrorKind::Broken, why)
}
