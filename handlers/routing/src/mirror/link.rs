//! A connection to Redis, and the few things that the mirror does there.
//!
//! Commands are sent packed, and answers are taken one by one, up to the first that does not come:
//! the crate's own pipelines wait for each of those that do not.

use std::iter;

use redis::{Connection, RedisError, ServerError, Value};

use super::commands::{Commands, pattern};
use super::failure::Failure;
use super::mark::Mark;
use super::target::Target;

/// About how many keys Redis looks at for one answer.
const SCAN_COUNT: &[u8] = b"1000";

const DELETE_IF: &[u8] = b"
    local names = {}
    for number = 2, #KEYS do names[number - 1] = KEYS[number] end
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    return redis.call('DEL', unpack(names))
";

/// A connection to Redis.
pub(crate) struct Link {
    connection: Connection,
    mark_key: Vec<u8>,
    filled_key: Vec<u8>,
    prefix: Vec<u8>,
    timeout_text: String,
}

/// What became of commands that were to be done only if the mark is still what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// They were done; what the first of them answered, if that is a number.
    Done(u64),
    /// Somebody has changed the mark: none of them was done.
    Void,
}

/// What is at a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    Nothing,
    /// A set that stays, with these members.
    Set(Vec<Vec<u8>>),
    /// A set that goes after a time, or no set.
    Other,
}

impl Link {
    /// Connects.
    pub(crate) fn open(target: &Target) -> Result<Link, Failure> {
        let timeout_text = format!("no answer within {:?}", target.timeout);
        let open = || {
            let client = redis::Client::open(target.info.clone())?;
            let connection = client.get_connection_with_timeout(target.timeout)?;
            connection.set_read_timeout(Some(target.timeout))?;
            connection.set_write_timeout(Some(target.timeout))?;
            Ok(connection)
        };
        let opened: Result<Connection, RedisError> = open();
        let mut link = Link {
            connection: opened.map_err(|error| failure(&error, &timeout_text))?,
            mark_key: target.mark_key.clone(),
            filled_key: target.filled_key.clone(),
            prefix: target.prefix.clone(),
            timeout_text,
        };
        link.log_in(target)?;
        Ok(link)
    }

    /// Which run of a Redis it is, if that may be known: another one after each start.
    pub(crate) fn run_id(&mut self) -> Result<Option<String>, Failure> {
        match self.ask(&[b"INFO", b"server"]) {
            Ok(told) => {
                let text = String::from_utf8(bytes(told)?).unwrap_or_default();
                let id = text.lines().find_map(|line| line.strip_prefix("run_id:"));
                Ok(id.map(str::to_owned))
            }
            Err(Failure::Refused { code, .. }) if code == "NOPERM" => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The mark, as it is.
    pub(crate) fn mark(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let key = self.mark_key.clone();
        text_or_none(self.ask(&[b"GET", &key]))
    }

    /// Whether there is any key with the prefix.
    pub(crate) fn has_keys(&mut self) -> Result<bool, Failure> {
        let mut cursor = 0;
        loop {
            let names;
            (cursor, names) = self.scan(cursor)?;
            if !names.is_empty() || cursor == 0 {
                return Ok(!names.is_empty());
            }
        }
    }

    /// Whether it is said that Redis has everything.
    pub(crate) fn is_filled(&mut self) -> Result<bool, Failure> {
        let key = self.filled_key.clone();
        match self.ask(&[b"EXISTS", &key])? {
            Value::Int(count) => Ok(count > 0),
            other => Err(strange(&other)),
        }
    }

    /// How many keys there are, of anybody.
    pub(crate) fn key_count(&mut self) -> Result<i64, Failure> {
        match self.ask(&[b"DBSIZE"])? {
            Value::Int(count) => Ok(count),
            other => Err(strange(&other)),
        }
    }

    /// Does all of the commands, if the mark is still the one that was seen, and sets it to the
    /// next, if there is one.
    pub(crate) fn write_if(
        &mut self,
        seen: Option<&[u8]>,
        commands: &Commands,
        next: Option<&Mark>,
    ) -> Result<Written, Failure> {
        if !self.watch(seen)? {
            return Ok(Written::Void);
        }
        let mut all = Commands::new();
        all.add(&[b"MULTI"]);
        all.append(commands);
        if let Some(mark) = next {
            all.add(&[b"SET", &self.mark_key, mark.to_string().as_bytes()]);
        }
        all.add(&[b"EXEC"]);
        self.transact(&all)
    }

    /// Deletes the keys with these names, if the mark is still the one that was seen. It does so also
    /// if Redis has no memory, when it takes no transactions.
    pub(crate) fn delete_if<'a>(
        &mut self,
        seen: Option<&[u8]>,
        names: impl ExactSizeIterator<Item = &'a [u8]>,
    ) -> Result<(), Failure> {
        let count = (1 + names.len()).to_string();
        let mut words = vec![b"EVAL".to_vec(), DELETE_IF.to_vec(), count.into_bytes()];
        words.push(self.mark_key.clone());
        words.extend(names.map(|name| [&*self.prefix, name].concat()));
        words.push(seen.unwrap_or_default().to_vec());
        let words: Vec<&[u8]> = words.iter().map(|word| &**word).collect();
        self.ask(&words).map(drop)
    }

    /// What is at the keys of these domains.
    pub(crate) fn find_sets<'a>(
        &mut self,
        domains: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<Found>, Failure> {
        let mut commands = Commands::new();
        for domain in domains {
            let key = (&*self.prefix, domain.as_bytes());
            commands.add_key(b"SMEMBERS", key, [].into_iter());
            commands.add_key(b"PTTL", key, [].into_iter());
        }
        self.send(&commands)?;
        (0..commands.count() / 2)
            .map(|_| self.receive_set())
            .collect()
    }

    /// Some of the keys with the prefix, without it, and where to go on; at 0 it begins, and ends.
    pub(crate) fn scan(&mut self, cursor: u64) -> Result<(u64, Vec<Vec<u8>>), Failure> {
        let pattern = pattern(&self.prefix);
        let cursor = cursor.to_string();
        let told = self.ask(&[
            b"SCAN",
            cursor.as_bytes(),
            b"MATCH",
            &pattern,
            b"COUNT",
            SCAN_COUNT,
        ])?;
        let [cursor, keys] = <[Value; 2]>::try_from(array(told)?).map_err(|told| {
            Failure::Away(format!("Redis answers SCAN with {} parts", told.len()))
        })?;
        let cursor = bytes(cursor)?;
        let cursor = std::str::from_utf8(&cursor)
            .ok()
            .and_then(|text| text.parse().ok());
        let cursor =
            cursor.ok_or_else(|| Failure::Away("Redis has a strange cursor".to_owned()))?;
        let mut names = Vec::new();
        for key in array(keys)? {
            names.extend(bytes(key)?.strip_prefix(&*self.prefix).map(<[u8]>::to_vec));
        }
        Ok((cursor, names))
    }

    fn log_in(&mut self, target: &Target) -> Result<(), Failure> {
        if !target.login.is_empty() {
            let login = target.login.iter().map(String::as_bytes);
            let words: Vec<&[u8]> = iter::once(&b"AUTH"[..]).chain(login).collect();
            self.ask(&words)?;
        }
        if target.number != 0 {
            self.ask(&[b"SELECT", target.number.to_string().as_bytes()])?;
        }
        Ok(())
    }

    /// Watches the mark; whether it is the one that was seen.
    fn watch(&mut self, seen: Option<&[u8]>) -> Result<bool, Failure> {
        let mut commands = Commands::new();
        commands.add(&[b"WATCH", &self.mark_key]);
        commands.add(&[b"GET", &self.mark_key]);
        self.send(&commands)?;
        let (watched, found) = (self.next()?, self.next()?);
        accept(watched)?;
        let found = text_or_none(accept(found));
        if found?.as_deref() == seen {
            return Ok(true);
        }
        self.ask(&[b"UNWATCH"])?;
        Ok(false)
    }

    /// Sends a transaction, and reads all of its answers.
    fn transact(&mut self, commands: &Commands) -> Result<Written, Failure> {
        self.send(commands)?;
        let mut refused = None;
        for _ in 1..commands.count() {
            match self.receive() {
                // EXEC will only say that there was something.
                Err(failure @ Failure::Refused { .. }) => refused = refused.or(Some(failure)),
                answer => drop(answer?),
            }
        }
        let done = self.receive();
        if let Some(failure) = refused {
            return Err(failure);
        }
        let answers = match done? {
            Value::Nil => return Ok(Written::Void),
            other => array(other)?,
        };
        let first = match answers.first() {
            Some(Value::Int(number)) => u64::try_from(*number).unwrap_or(0),
            _ => 0,
        };
        answers
            .into_iter()
            .try_for_each(|answer| accept(answer).map(drop))?;
        Ok(Written::Done(first))
    }

    fn receive_set(&mut self) -> Result<Found, Failure> {
        let members = self.receive();
        let ttl = self.receive()?;
        let members = match members {
            Err(Failure::Refused { code, .. }) if code == "WRONGTYPE" => return Ok(Found::Other),
            members => array(members?)?,
        };
        match ttl {
            Value::Int(-1) => {}
            Value::Int(-2) => return Ok(Found::Nothing),
            // It went, or came, between the two questions.
            Value::Int(_) => return Ok(Found::Other),
            other => return Err(strange(&other)),
        }
        let members = members.into_iter().map(bytes);
        Ok(Found::Set(members.collect::<Result<_, _>>()?))
    }

    fn ask(&mut self, words: &[&[u8]]) -> Result<Value, Failure> {
        let mut commands = Commands::new();
        commands.add(words);
        self.send(&commands)?;
        self.receive()
    }

    fn send(&mut self, commands: &Commands) -> Result<(), Failure> {
        if commands.count() == 0 {
            return Ok(());
        }
        let sent = self.connection.send_packed_command(commands.bytes());
        sent.map_err(|error| failure(&error, &self.timeout_text))
    }

    fn receive(&mut self) -> Result<Value, Failure> {
        accept(self.next()?)
    }

    /// The next answer, which may be a refusal.
    fn next(&mut self) -> Result<Value, Failure> {
        let answer = self.connection.recv_response();
        answer.map_err(|error| failure(&error, &self.timeout_text))
    }
}

/// A mark of the wrong type is none.
fn text_or_none(told: Result<Value, Failure>) -> Result<Option<Vec<u8>>, Failure> {
    match told {
        Ok(Value::Nil) => Ok(None),
        Ok(told) => bytes(told).map(Some),
        Err(Failure::Refused { code, .. }) if code == "WRONGTYPE" => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn accept(value: Value) -> Result<Value, Failure> {
    match value {
        Value::ServerError(error) => Err(refused(&error)),
        value => Ok(value),
    }
}

fn array(value: Value) -> Result<Vec<Value>, Failure> {
    match value {
        Value::Array(values) | Value::Set(values) => Ok(values),
        other => Err(strange(&other)),
    }
}

fn bytes(value: Value) -> Result<Vec<u8>, Failure> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) => Ok(text.into_bytes()),
        other => Err(strange(&other)),
    }
}

fn strange(value: &Value) -> Failure {
    let what = match value {
        Value::Nil => "nothing",
        Value::Int(_) => "a number",
        Value::Array(_) | Value::Set(_) => "an array",
        Value::Okay | Value::SimpleString(_) | Value::BulkString(_) => "a text",
        _ => "something else",
    };
    Failure::Away(format!(
        "it answers with {what}, which is not what it was asked for"
    ))
}

fn refused(error: &ServerError) -> Failure {
    let (code, details) = (error.code(), error.details().unwrap_or_default());
    Failure::Refused {
        code: code.to_owned(),
        text: format!("{code} {details}").trim_end().to_owned(),
    }
}

fn failure(error: &RedisError, timeout_text: &str) -> Failure {
    if error.is_timeout() {
        return Failure::Away(timeout_text.to_owned());
    }
    match error.code() {
        Some(code) => Failure::Refused {
            code: code.to_owned(),
            text: error.to_string(),
        },
        None => Failure::Away(error.to_string()),
    }
}
