//! The state of the pack: settings, database and mirror of one service.

use micro_api::{Config, Error, within};
use micro_store::Store;

use crate::mappings::{Changes, Note};
use crate::mirror::Mirror;
use crate::query::Query;
use crate::settings::Settings;
use crate::tables::SCHEMA;

/// The state of the pack.
pub struct Routing {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) mirror: Option<Mirror>,
}

/// The DATABASE line that the pack looks for.
const DATABASE: &str = "routing";

impl Routing {
    /// Reads the settings and starts what works beside the loop.
    pub(crate) fn open(config: &Config) -> Result<Routing, Error> {
        let mut settings = Settings::read(config)?;
        let store = Store::open(config, DATABASE, SCHEMA)
            .map_err(|error| Error::internal(error.to_string()))?;
        let mirror = settings.mirror.take();
        let mirror = mirror.map(|mirror| Mirror::start(store.clone(), mirror));
        Ok(Routing {
            settings,
            store,
            mirror: mirror.transpose()?,
        })
    }

    /// Whether the request wants to be answered only when its change is live.
    pub(crate) fn expect_wait(&self, query: &Query) -> Result<Wait, Error> {
        let Some(wait) = query.find("wait") else {
            return Ok(Wait::Committed);
        };
        match (wait, &self.mirror) {
            ("live", Some(_)) => Ok(Wait::Live),
            ("live", None) => {
                let why =
                    "`wait=live` cannot be: there is no mirror (`routing.redis_url` is empty)";
                Err(Error::new(400, why))
            }
            _ => Err(Error::new(400, "`wait` is unknown, expected `wait=live`")),
        }
    }

    /// How mappings are changed for a request that waits like this.
    pub(crate) fn changes(&self, wait: Wait) -> Changes {
        Changes {
            is_waited_for: wait == Wait::Live,
            ..self.settings.changes
        }
    }

    /// Has the mirror look at what was noted for it; whether that is live in time.
    pub(crate) async fn see_through(&self, notes: &[Note], wait: Wait) -> bool {
        let Some(mirror) = &self.mirror else {
            return true;
        };
        if notes.is_empty() {
            return true;
        }
        mirror.poke();
        if wait == Wait::Committed {
            return true;
        }
        let live = async {
            for note in notes {
                mirror.live(note.id, &note.domain).await;
            }
        };
        within(self.settings.wait_max, live).await.is_some()
    }
}

/// Until when an answer waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Until the change is on the disk.
    Committed,
    /// Until the mirror has it, too.
    Live,
}
