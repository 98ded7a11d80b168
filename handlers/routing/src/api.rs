//! The handlers of mappings: what they read of a request, and how they answer.

use micro_api::serde::Serialize;
use micro_api::{Error, Next, Reply, Request};

use crate::domain::Domain;
use crate::mappings::{self, Change, Changed, Mapping, Page};
use crate::precondition::{Outcome, Precondition};
use crate::query::Query;
use crate::routing::Routing;
use crate::tenant::Tenant;
use crate::wanted::Wanted;

/// Lets in who has the token. Whoever is turned away for a while is told for how long.
pub(crate) async fn with_token(routing: &Routing, request: Request, next: Next) -> Reply {
    let reply = match routing.settings.tokens.judge(&request).admit() {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal,
    };
    match reply.code() {
        503 => reply.with_header("Retry-After", "1"),
        _ => reply,
    }
}

/// Maps a domain: 201, or 200 if the tenant had it mapped already.
pub(crate) async fn create(routing: &Routing, request: Request) -> Result<Reply, Error> {
    let tenant = expect_tenant(&request)?;
    let wait = routing.expect_wait(&Query::read(&request, &["wait"])?)?;
    let precondition = Precondition::of(&request)?;
    let wanted = Wanted::read(request.body(), routing.settings.limits)?;
    let (domain, backends) = wanted.expect_domain()?;
    let changes = routing.changes(wait);
    let changed = routing.store.write(move |transaction| {
        let backends = backends.as_slice();
        mappings::create_or_replace(
            transaction,
            changes,
            &tenant,
            &domain,
            backends,
            &precondition,
        )
    });
    let changed = changed.await?;
    let is_live = routing.see_through(&changed.notes, wait).await;
    Ok(answer(&changed, is_live))
}

/// The mapping of a domain.
pub(crate) async fn read(routing: &Routing, request: Request) -> Result<Reply, Error> {
    let (tenant, domain) = (expect_tenant(&request)?, expect_domain(&request)?);
    Query::read(&request, &[])?;
    let precondition = Precondition::of(&request)?;
    let found = {
        let (tenant, domain) = (tenant.clone(), domain.clone());
        routing
            .store
            .read(move |transaction| mappings::find(transaction, &tenant, &domain))
    };
    let found = found.await?;
    // Without a mapping the answer is 404 whatever the conditions (RFC 9110 section 13.2.1).
    let mapping = found.ok_or_else(|| mappings::no_mapping(&tenant, &domain))?;
    match precondition.check(Some(mapping.revision)) {
        Outcome::Failed => Err(Error::new(412, "the mapping is not as `If-Match` says")),
        Outcome::NotModified => Ok(tagged(Reply::status(304), &mapping)),
        Outcome::GoOn => Ok(shown(&mapping)),
    }
}

/// Changes the mapping of a domain, perhaps to another domain.
pub(crate) async fn update(routing: &Routing, request: Request) -> Result<Reply, Error> {
    let (tenant, domain) = (expect_tenant(&request)?, expect_domain(&request)?);
    let wait = routing.expect_wait(&Query::read(&request, &["wait"])?)?;
    let precondition = Precondition::of(&request)?;
    let wanted = Wanted::read(request.body(), routing.settings.limits)?;
    let new_domain = wanted.domain.unwrap_or_else(|| domain.clone());
    let backends = wanted.backends;
    let changes = routing.changes(wait);
    let changed = routing.store.write(move |transaction| {
        let wanted = (&new_domain, backends.as_slice());
        mappings::update(
            transaction,
            changes,
            &tenant,
            &domain,
            wanted,
            &precondition,
        )
    });
    let changed = changed.await?;
    let is_live = routing.see_through(&changed.notes, wait).await;
    Ok(answer(&changed, is_live))
}

/// Deletes the mapping of a domain, and tells what it was.
pub(crate) async fn delete(routing: &Routing, request: Request) -> Result<Reply, Error> {
    let (tenant, domain) = (expect_tenant(&request)?, expect_domain(&request)?);
    let wait = routing.expect_wait(&Query::read(&request, &["wait"])?)?;
    let precondition = Precondition::of(&request)?;
    let changes = routing.changes(wait);
    let changed = routing.store.write(move |transaction| {
        mappings::delete(transaction, changes, &tenant, &domain, &precondition)
    });
    let changed = changed.await?;
    let is_live = routing.see_through(&changed.notes, wait).await;
    Ok(answer(&changed, is_live))
}

#[derive(Serialize)]
#[serde(crate = "micro_api::serde")]
struct Listing<'a> {
    project: &'a str,
    routes: Vec<mappings::Shown<'a>>,
    offset: u64,
    limit: u64,
    total: u64,
}

/// A page of a tenant's mappings.
pub(crate) async fn list(routing: &Routing, request: Request) -> Result<Reply, Error> {
    let tenant = expect_tenant(&request)?;
    let settings = &routing.settings;
    let query = Query::read(&request, &["offset", "limit"])?;
    let offset = query.number("offset", 0, u64::MAX)?.unwrap_or(0);
    let limit = query.number("limit", 1, settings.page_max)?;
    let limit = limit.unwrap_or(settings.page.min(settings.page_max));
    let page = {
        let tenant = tenant.clone();
        routing
            .store
            .read(move |transaction| mappings::list(transaction, &tenant, offset, limit))
    };
    let Page { mappings, total } = page.await?;
    Ok(Reply::json(&Listing {
        project: tenant.as_str(),
        routes: mappings.iter().map(Mapping::shown).collect(),
        offset,
        limit,
        total,
    }))
}

fn expect_tenant(request: &Request) -> Result<Tenant, Error> {
    let text: &str = request.arg("tenant")?;
    Ok(Tenant::parse(text).map_err(|malformed| malformed.within("the tenant"))?)
}

fn expect_domain(request: &Request) -> Result<Domain, Error> {
    let text: &str = request.arg("domain")?;
    Ok(Domain::parse(text).map_err(|malformed| malformed.within("the domain"))?)
}

fn answer(changed: &Changed, is_live: bool) -> Reply {
    let reply = shown(&changed.mapping);
    let (tenant, domain) = (&changed.mapping.tenant, &changed.mapping.domain);
    let status = match changed.change {
        _ if !is_live => 202,
        Change::Created => 201,
        Change::Replaced | Change::Unchanged | Change::Deleted => 200,
    };
    let reply = reply.with_status(status);
    match changed.change {
        Change::Created => reply.with_header("Location", format!("/v1/{tenant}/mapping/{domain}")),
        _ => reply,
    }
}

fn shown(mapping: &Mapping) -> Reply {
    tagged(Reply::json(&mapping.shown()), mapping)
}

fn tagged(reply: Reply, mapping: &Mapping) -> Reply {
    reply.with_header("ETag", mapping.revision.to_string())
}
