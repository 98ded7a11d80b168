//! Every word of the language. A new directive is a file of its own and a line here.

use super::directive::Directive;
use super::{
    arg, argument, config, config_server, connection, content, database, enumeration, header,
    import, log, method, module, provides, proxy, requires, resource, response, route, server,
    setup, silent, task, teardown, user, wrap,
};

/// Every directive, in the order in which documents list them.
pub static DIRECTIVES: &[&Directive] = &[
    &import::IMPORT,
    &config::CONFIG,
    &log::LOG,
    &module::MODULE,
    &enumeration::ENUM,
    &database::DATABASE,
    &wrap::WRAP,
    &task::TASK,
    &setup::SETUP,
    &teardown::TEARDOWN,
    &user::USER,
    &server::SERVER,
    &config_server::CONFIG_SERVER,
    &route::ROUTE,
    &silent::SILENT,
    &arg::ARG,
    &method::GET,
    &method::POST,
    &method::PUT,
    &method::PATCH,
    &method::DELETE,
    &method::HEAD,
    &method::OPTIONS,
    &content::CONTENT,
    &response::RESPONSE,
    &proxy::PROXY,
    &connection::CONNECTION,
    &header::HEADER,
    &resource::RESOURCE,
    &argument::REQUIRED,
    &argument::OPTIONAL,
    &provides::PROVIDES,
    &requires::REQUIRES,
];
