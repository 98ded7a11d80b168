//! What is put into a column comes out of it again.

use micro_store::{Error, ErrorKind, FromValue, Migration, Schema, Sql, Store, Value, values};

use crate::support::Place;

const ROWS: Schema = Schema {
    pack: "values",
    migrations: &[Migration {
        name: "rows",
        statements: &[Sql::each(
            "CREATE TABLE IF NOT EXISTS kept (whole BIGINT, number DOUBLE, word TEXT, bytes BLOB)",
            "CREATE TABLE IF NOT EXISTS kept (
                whole BIGINT, number DOUBLE, word LONGTEXT, bytes LONGBLOB
            )",
        )],
    }],
};

struct Column {
    store: Store,
    name: &'static str,
}

impl Column {
    fn of(place: &Place, name: &'static str) -> Column {
        let store = place.store(ROWS);
        Column { store, name }
    }

    /// What comes out of a column that got this value.
    fn pass<T: FromValue + Send + 'static>(&self, value: impl Into<Value>) -> Result<T, Error> {
        let (name, value) = (self.name, value.into());
        let pass = self.store.write(move |transaction| {
            transaction.execute("DELETE FROM kept", &[])?;
            let sql = match name {
                "whole" => "INSERT INTO kept (whole) VALUES (?)",
                "number" => "INSERT INTO kept (number) VALUES (?)",
                "word" => "INSERT INTO kept (word) VALUES (?)",
                _ => "INSERT INTO kept (bytes) VALUES (?)",
            };
            transaction.execute(sql, std::slice::from_ref(&value))?;
            let sql = match name {
                "whole" => "SELECT whole FROM kept",
                "number" => "SELECT number FROM kept",
                "word" => "SELECT word FROM kept",
                _ => "SELECT bytes FROM kept",
            };
            transaction.find(sql, &[], |row| row.take::<T>(0))
        });
        Ok(pass.wait()?.expect("there is a row"))
    }
}

pub(crate) fn whole_numbers_come_back(place: &Place) {
    let column = Column::of(place, "whole");
    for number in [0, 1, -1, i64::MAX, i64::MIN] {
        assert_eq!(column.pass::<i64>(number).expect("it is kept"), number);
    }
    for number in [0, 1 << 63, u64::MAX] {
        assert_eq!(column.pass::<u64>(number).expect("it is kept"), number);
    }
    for flag in [false, true] {
        assert_eq!(column.pass::<bool>(flag).expect("it is kept"), flag);
    }
    assert_eq!(
        column.pass::<i64>(u32::MAX).expect("it is kept"),
        4_294_967_295
    );
}

pub(crate) fn numbers_come_back(place: &Place) {
    let column = Column::of(place, "number");
    for number in [0.0, 0.1, -1.5e300, f64::MIN_POSITIVE, f64::MAX] {
        assert_eq!(column.pass::<f64>(number).expect("it is kept"), number);
    }
    let whole = Column::of(place, "whole");
    assert_eq!(whole.pass::<f64>(7_i64).expect("it is a number"), 7.0);
}

pub(crate) fn text_comes_back(place: &Place) {
    let column = Column::of(place, "word");
    let long = "long \u{1f980}".repeat(1 << 17);
    let texts = [
        "",
        " ",
        "it's \"quoted\" `so` \\ %",
        "a\0b",
        "\u{1f980}ä",
        "ends ",
        &long,
    ];
    for text in texts {
        assert!(column.pass::<String>(text).expect("it is kept") == text);
        assert!(column.pass::<Vec<u8>>(text).expect("it is kept") == text.as_bytes());
    }
}

pub(crate) fn bytes_come_back(place: &Place) {
    let column = Column::of(place, "bytes");
    let all: Vec<u8> = (0..=255).collect();
    let large = all.repeat(1 << 12);
    for bytes in [
        vec![],
        b"text".to_vec(),
        vec![0],
        vec![0xff, 0xfe],
        all,
        large,
    ] {
        assert!(column.pass::<Vec<u8>>(bytes.clone()).expect("it is kept") == bytes);
    }
    assert_eq!(
        column.pass::<String>(b"text".to_vec()).expect("it is text"),
        "text"
    );
}

pub(crate) fn nothing_comes_back(place: &Place) {
    for name in ["whole", "number", "word", "bytes"] {
        let column = Column::of(place, name);
        assert_eq!(
            column
                .pass::<Option<String>>(None::<String>)
                .expect("it is kept"),
            None
        );
    }
    let column = Column::of(place, "word");
    let some = column.pass::<Option<String>>(Some("")).expect("it is kept");
    assert_eq!(some.as_deref(), Some(""));
}

pub(crate) fn sums_are_whole_numbers(place: &Place) {
    let sum = place.store(ROWS).write(|transaction| {
        for number in [3_i64, 4] {
            transaction.execute("INSERT INTO kept (whole) VALUES (?)", &values![number])?;
        }
        let sql = "SELECT SUM(whole), COUNT(*), MAX(whole) > 3 FROM kept";
        transaction.find(sql, &[], |row| {
            Ok((
                row.take::<i64>(0)?,
                row.take::<u64>(1)?,
                row.take::<bool>(2)?,
            ))
        })
    });
    assert_eq!(sum.wait().expect("they can be summed"), Some((7, 2, true)));
}

pub(crate) fn text_is_compared_byte_by_byte(place: &Place) {
    let found = place.store(ROWS).write(|transaction| {
        transaction.execute("INSERT INTO kept (word) VALUES (?)", &values!["Ärger"])?;
        let mut found = Vec::new();
        for word in ["Ärger", "ärger", "Arger", "ÄRGER"] {
            let sql = "SELECT COUNT(*) FROM kept WHERE word = ?";
            found.extend(transaction.find(sql, &values![word], |row| row.take::<u64>(0))?);
        }
        Ok(found)
    });
    assert_eq!(found.wait().expect("it can be compared"), [1, 0, 0, 0]);
}

pub(crate) fn what_a_value_is_not_is_said(place: &Place) {
    let error = Column::of(place, "word")
        .pass::<i64>("7")
        .expect_err("it is text");
    assert_eq!(error.kind(), ErrorKind::Broken);
    assert_eq!(
        error.to_string(),
        "column 0 is text, expected a whole number"
    );
    let error = Column::of(place, "bytes")
        .pass::<String>(vec![0xff])
        .expect_err("it is no text");
    assert_eq!(error.to_string(), "column 0 is bytes, expected text");
    let error = Column::of(place, "whole")
        .pass::<String>(None::<i64>)
        .expect_err("it is nothing");
    assert_eq!(error.to_string(), "column 0 is nothing, expected text");
    let missing = place.store(ROWS).read(|transaction| {
        transaction.find("SELECT COUNT(*) FROM kept", &[], |row| row.take::<u64>(1))
    });
    let error = missing.wait().expect_err("there is one column");
    assert_eq!(error.to_string(), "a row has 1 columns, no column 1");
}
