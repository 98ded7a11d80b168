//! What a field is called.

/// A field of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// In forms.
    pub(crate) form: &'static str,
    /// In JSON.
    pub(crate) json: &'static str,
}

impl Field {
    pub(super) const NAME: Field = Field::same("name");
    pub(super) const TEAM: Field = Field::same("team");
    pub(super) const PLAN: Field = Field::same("plan");
    pub(super) const DESCRIPTION: Field = Field::same("description");
    pub(super) const TAGS: Field = Field::same("tags");
    pub(super) const USER: Field = Field::same("user");
    pub(super) const EVENT: Field = Field::each("eventid", "eventID");
    pub(super) const PARAMETERS: Field = Field::same("parameters");
    pub(super) const APP_NAME: Field = Field::each("app-name", "appName");
    pub(super) const APP_HOST: Field = Field::each("app-host", "appHost");
    pub(super) const APP_HOSTS: Field = Field::each("app-hosts", "appHosts");
    // What tsuru called them in 2013.
    pub(super) const APP_HOSTNAME: Field = Field::each("app-hostname", "appHostname");
    pub(super) const UNIT_HOST: Field = Field::each("unit-host", "unitHost");
    pub(super) const UNIT_HOSTNAME: Field = Field::each("unit-hostname", "unitHostname");
    pub(super) const HOSTNAME: Field = Field::same("hostname");

    const fn same(name: &'static str) -> Field {
        Field::each(name, name)
    }

    const fn each(form: &'static str, json: &'static str) -> Field {
        Field { form, json }
    }
}
