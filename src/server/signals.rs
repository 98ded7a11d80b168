//! The signals that a service obeys.

use std::io;

use log::{Level, LevelFilter};
use mio::{Interest, Registry, Token};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook_mio::v1_0::Signals as Source;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGTERM, SIGINT: end gracefully; a second time, at once.
    End,
    /// SIGUSR1: show debug messages, or stop showing them.
    SwitchDebug,
}

/// The signals that have come to the process.
pub(super) struct Signals {
    source: Source,
    /// The level to go back to, once one was left.
    usual_level: Option<LevelFilter>,
}

impl Signals {
    pub(super) fn register(registry: &Registry, token: Token) -> io::Result<Signals> {
        let mut source = Source::new([SIGTERM, SIGINT, SIGUSR1])?;
        registry.register(&mut source, token, Interest::READABLE)?;
        Ok(Signals {
            source,
            usual_level: None,
        })
    }

    pub(super) fn pending(&mut self) -> Vec<Signal> {
        let meaning = |signal| match signal {
            SIGUSR1 => Signal::SwitchDebug,
            _ => Signal::End,
        };
        self.source.pending().map(meaning).collect()
    }

    /// Shows debug messages, or what was shown before.
    pub(super) fn switch_debug(&mut self) {
        let level = match log::max_level() {
            LevelFilter::Debug => self.usual_level.take().unwrap_or(LevelFilter::Info),
            level => {
                self.usual_level = Some(level);
                LevelFilter::Debug
            }
        };
        log::set_max_level(level);
        log::log!(target: "micro", level.to_level().unwrap_or(Level::Error), "log level set to {level}");
    }
}
