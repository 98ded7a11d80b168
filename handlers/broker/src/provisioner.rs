//! What makes the things that instances and binds are, outside of the broker: the trait to implement
//! for another kind of them.

use std::fmt;

use micro_api::Value;

/// What makes instances and binds of one plan outside of the broker: in a database server, in a
/// folder, behind somebody's API.
///
/// The broker writes down what is to be done before it calls these functions, and that it was done
/// afterwards. It is killed in between sooner or later, or loses its connection without knowing
/// whether what it asked for was done: then it calls them again. Therefore each of them *brings about*
/// what its name says, and is content to find it done. For one instance, they are called one after
/// another; for several, on several threads at once. They may block, for as long as the plan's
/// `timeout` says at most.
///
/// Everything outside bears a name that the broker has made up: an instance or bind is found again by
/// its [`Label`]. What [`list`](Provisioner::list) shows and the broker does not know is an orphan.
pub trait Provisioner: Send + Sync {
    /// Makes what an instance is, or changes it to what its plan says now.
    ///
    /// # Errors
    ///
    /// If it cannot be, now or at all.
    fn create(&self, instance: &Instance) -> Result<(), Failure>;

    /// Removes what an instance is, with all that is in it. Its binds have been removed before.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    fn destroy(&self, instance: &Instance) -> Result<(), Failure>;

    /// Lets in who has the bind's secret.
    ///
    /// # Errors
    ///
    /// If it cannot be, now or at all.
    fn bind(&self, instance: &Instance, bind: &Bind) -> Result<(), Failure>;

    /// Lets nobody in any more with the bind's secret, and puts out who is in.
    ///
    /// # Errors
    ///
    /// If that cannot be done.
    fn unbind(&self, instance: &Instance, bind: &Bind) -> Result<(), Failure>;

    /// What an app needs to know to come in, by the names that the kind has listed
    /// ([`Kind::environment`](crate::Kind)). Asks nobody.
    fn environment(&self, instance: &Instance, bind: &Bind) -> Vec<(&'static str, String)>;

    /// What people are told of an instance: a label and a value each.
    ///
    /// # Errors
    ///
    /// If it cannot be found out now.
    fn info(&self, instance: &Instance) -> Result<Vec<(String, String)>, Failure> {
        let _ = instance;
        Ok(Vec::new())
    }

    /// Everything outside whose name begins so.
    ///
    /// # Errors
    ///
    /// If it cannot be found out now.
    fn list(&self, prefix: &str) -> Result<Vec<Found>, Failure>;

    /// Removes an orphan.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    fn remove(&self, orphan: &Found) -> Result<(), Failure>;

    /// Looks after what is ready, every few seconds.
    ///
    /// # Errors
    ///
    /// If what the plan needs is out of reach: then its instances are down.
    fn tend(&self, ready: &[Ready]) -> Result<Tended, Failure> {
        let _ = ready;
        Ok(Tended::default())
    }
}

/// The name of an instance or a bind outside: the prefix of the settings, eight characters that
/// are this broker's own, and sixteen random ones; 32 characters at most, of `a` to `z` and `0` to `9`, the
/// first of them a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub(crate) String);

/// How many characters a label has at most.
const LABEL_MAX: usize = 32;

impl Label {
    /// A label of this text. Nothing, if it cannot be one.
    #[must_use]
    pub fn new(text: &str) -> Option<Label> {
        let is_rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_label = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(is_rest)
            && text.len() <= LABEL_MAX;
        is_label.then(|| Label(text.to_owned()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An instance of the service.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its name outside.
    pub label: Label,
    /// What the platform calls it.
    pub name: String,
    /// What its creator asked for beside the plan: a JSON object.
    pub parameters: Value,
}

/// What an app, a job or a unit has of an instance.
#[derive(Clone, Debug)]
pub struct Bind {
    /// Its name outside.
    pub label: Label,
    /// Who has it: `app`, `job` or `unit`.
    pub kind: &'static str,
    /// The name of the app or job, or the host of the unit.
    pub subject: String,
    /// Its password: 32 letters and digits.
    pub secret: Secret,
    /// What was asked for when it was bound: a JSON object.
    pub parameters: Value,
}

/// What is ready: an instance, and the names outside of its binds.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The instance.
    pub instance: Label,
    /// Its binds.
    pub binds: Vec<Label>,
}

/// What [`Provisioner::tend`] has found.
#[derive(Clone, Debug, Default)]
pub struct Tended {
    /// The binds that are gone, and to be bound again.
    pub lost: Vec<Label>,
    /// The instances that are down, and why.
    pub down: Vec<(Label, String)>,
}

/// Something outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// What it is, in a word such as `database`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

/// A text that nobody is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub(crate) String);

impl Secret {
    /// A text that nobody is shown from now on.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text. It belongs into no message and no log.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why something outside was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub(crate) is_final: bool,
    pub(crate) message: String,
}

impl Failure {
    /// It may work in a while: the broker tries again. The sentence goes to the log, and holds no
    /// secret.
    pub fn for_now(why: impl fmt::Display) -> Failure {
        Failure {
            is_final: false,
            message: shortened(why),
        }
    }

    /// It will not work, however often it is tried. The sentence goes to the log, and holds no secret.
    pub fn for_good(why: impl fmt::Display) -> Failure {
        Failure {
            is_final: true,
            message: shortened(why),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Failure {
    /// What it says, without a secret that another has put into it.
    pub(crate) fn without(&self, secret: &str) -> String {
        match secret.is_empty() {
            true => self.message.clone(),
            false => self.message.replace(secret, "***"),
        }
    }
}

/// How many characters of a sentence are kept.
const SENTENCE_CHARS_MAX: usize = 1000;

fn shortened(why: impl fmt::Display) -> String {
    why.to_string().chars().take(SENTENCE_CHARS_MAX).collect()
}
