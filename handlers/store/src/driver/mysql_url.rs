//! How a server and a database there are named.

use mysql::Opts;

use crate::address::MysqlServer;

/// Reads `mysql://USER:PASSWORD@HOST:PORT/DATABASE`; says what is wrong without telling the URL.
pub(crate) fn parse(url: &str) -> Result<MysqlServer, String> {
    if url.contains(['?', '#']) {
        return Err("it has options, which are none of ours".to_owned());
    }
    let options = Opts::from_url(url).map_err(|_| "it cannot be read".to_owned())?;
    let part = |part: Option<&str>, name: &str| {
        part.filter(|part| !part.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| format!("it has no {name}"))
    };
    Ok(MysqlServer {
        host: options.get_ip_or_hostname().into_owned(),
        port: options.get_tcp_port(),
        user: part(options.get_user(), "user")?,
        password: options.get_pass().map(str::to_owned),
        database: part(options.get_db_name(), "database")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_servers() {
        for (url, host, port, password) in [
            ("mysql://app@db/shop", "db", 3306, None),
            ("mysql://app:p%40s@db:3307/shop", "db", 3307, Some("p@s")),
            ("mysql://app:@127.0.0.1/shop", "127.0.0.1", 3306, None),
            ("mysql://app@[::1]/shop", "[::1]", 3306, None),
            ("mysql://app@[::1]:3307/shop", "[::1]", 3307, None),
        ] {
            let server = parse(url).expect("it is right");
            assert_eq!((server.host.as_str(), server.port), (host, port), "{url}");
            assert_eq!(server.password.as_deref(), password, "{url}");
            assert_eq!(
                (server.user.as_str(), server.database.as_str()),
                ("app", "shop")
            );
        }
        let server = parse("mysql://a%40b@db/a%2Fb").expect("it is right");
        assert_eq!(
            (server.user.as_str(), server.database.as_str()),
            ("a@b", "a/b")
        );
    }
}
