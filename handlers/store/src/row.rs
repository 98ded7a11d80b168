//! A row of an answer.

use crate::value::{FromValue, Value};
use crate::{Error, ErrorKind};

/// A row of an answer; its columns count from 0.
#[derive(Debug)]
pub struct Row {
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// Takes the value of a column out of the row.
    ///
    /// # Errors
    ///
    /// If there is no such column, or its value is no `T`.
    pub fn take<T: FromValue>(&mut self, column: usize) -> Result<T, Error> {
        let Some(place) = self.values.get_mut(column) else {
            let count = self.values.len();
            return Err(broken(format!(
                "a row has {count} columns, no column {column}"
            )));
        };
        T::from_value(std::mem::replace(place, Value::Null)).map_err(|value| {
            let (found, expected) = (value.kind(), T::EXPECTED);
            broken(format!("column {column} is {found}, expected {expected}"))
        })
    }
}

fn broken(message: String) -> Error {
    Error::new(ErrorKind::Broken, message)
}
