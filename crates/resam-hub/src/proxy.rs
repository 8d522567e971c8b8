//! The proxy from the environment variables, with the rules of curl.
//!
//! The HTTP client could read the environment itself, but it prefers `ALL_PROXY` to the variable of
//! the scheme, ignores a proxy that it cannot parse, and applies `example.org` in `NO_PROXY` to
//! that host only. The local machine is never reached through a proxy.

use ureq::Proxy;

use crate::error::PullError;

/// The hosts that are never reached through a proxy.
const THIS_COMPUTER: [&str; 3] = ["localhost", "127.*", "[::1]"];

/// The proxy for an address, if there is one: `https_proxy` or `http_proxy` by its scheme, else
/// `all_proxy`, in lower or upper case; `no_proxy` lists the hosts that go without.
pub(crate) fn for_address(
    address: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, PullError> {
    let by_scheme = if is_https(address) {
        ["https_proxy", "HTTPS_PROXY"]
    } else {
        ["http_proxy", "HTTP_PROXY"]
    };
    let set = by_scheme
        .into_iter()
        .chain(["all_proxy", "ALL_PROXY"])
        .find_map(|name| Some((name, variable(name).filter(|value| !value.is_empty())?)));
    let Some((name, value)) = set else {
        return Ok(None);
    };
    let exceptions = ["no_proxy", "NO_PROXY"].into_iter().find_map(variable);
    build(value.trim(), exceptions.as_deref().unwrap_or_default())
        .map(Some)
        .map_err(|_| PullError::Proxy { variable: name })
}

/// Whether an address is one of the encrypted kind.
pub(crate) fn is_https(address: &str) -> bool {
    let scheme = address.split("://").next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("https")
}

fn build(address: &str, exceptions: &str) -> Result<Proxy, ureq::Error> {
    let parsed = Proxy::new(address)?;
    let mut builder = Proxy::builder(parsed.protocol())
        .host(parsed.host())
        .port(parsed.port());
    if let Some(user) = parsed.username() {
        builder = builder.username(user);
    }
    if let Some(password) = parsed.password() {
        builder = builder.password(password);
    }
    for host in THIS_COMPUTER {
        builder = builder.no_proxy(host);
    }
    // A host means itself and all its subdomains, with or without a leading dot or `*.`.
    for entry in exceptions.split(',').map(str::trim) {
        builder = match entry.trim_start_matches('*').trim_start_matches('.') {
            "" if entry == "*" => builder.no_proxy("*"),
            "" => builder,
            host => builder.no_proxy(host).no_proxy(&format!(".{host}")),
        };
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proxy's address and whether it is used for a page, under a given environment.
    fn proxy(address: &str, environment: &[(&str, &str)]) -> Option<String> {
        let lookup = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        let proxy = for_address(address, lookup).unwrap()?;
        let page = address.parse().unwrap();
        (!proxy.is_no_proxy(&page)).then(|| {
            let scheme = proxy.protocol().to_string().to_lowercase();
            format!("{scheme}://{}:{}", proxy.host(), proxy.port())
        })
    }

    #[test]
    fn the_variable_of_the_scheme_comes_before_the_one_for_all() {
        let environment = [
            ("ALL_PROXY", "socks5h://all:1"),
            ("https_proxy", "http://secure:2"),
        ];
        let taken = |address| proxy(address, &environment);
        assert_eq!(taken("https://a.example/x"), Some("http://secure:2".into()));
        assert_eq!(taken("HTTPS://a.example/x"), Some("http://secure:2".into()));
        assert_eq!(taken("http://a.example/x"), Some("socks5h://all:1".into()));
    }

    #[test]
    fn an_empty_variable_is_one_that_is_not_set() {
        assert_eq!(proxy("https://a.example/x", &[("HTTPS_PROXY", "")]), None);
        assert_eq!(proxy("https://a.example/x", &[]), None);
    }

    #[test]
    fn hosts_in_no_proxy_and_all_below_them_go_without() {
        let with = |list: &str, address: &str| {
            proxy(address, &[("HTTPS_PROXY", "p:8080"), ("NO_PROXY", list)]).is_some()
        };
        for list in [
            "example.org",
            ".example.org",
            "*.example.org",
            "x, example.org ,y",
        ] {
            assert!(!with(list, "https://example.org/x"), "{list}");
            assert!(!with(list, "https://deep.example.org/x"), "{list}");
            assert!(with(list, "https://notexample.org/x"), "{list}");
            assert!(with(list, "https://example.org.evil.test/x"), "{list}");
        }
        assert!(!with("*", "https://example.org/x"));
        assert!(with("", "https://example.org/x"));
        assert!(with(",,", "https://example.org/x"));
    }

    #[test]
    fn this_computer_is_never_reached_through_a_proxy() {
        for address in [
            "http://localhost:1/x",
            "http://127.0.0.1:1/x",
            "http://[::1]:1/x",
        ] {
            assert_eq!(
                proxy(address, &[("ALL_PROXY", "http://p:1")]),
                None,
                "{address}"
            );
        }
    }

    #[test]
    fn a_proxy_that_is_no_address_is_an_error_that_names_the_variable_and_not_its_value() {
        let lookup =
            |name: &str| (name == "HTTPS_PROXY").then(|| "gopher://me:secret@p".to_owned());
        let error = for_address("https://a.example/x", lookup)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("HTTPS_PROXY") && !error.contains("secret"),
            "{error}"
        );
    }

    #[test]
    fn user_and_password_of_a_proxy_are_kept() {
        let lookup =
            |name: &str| (name == "HTTPS_PROXY").then(|| "http://me:p%40ss@p:3".to_owned());
        let proxy = for_address("https://a.example/x", lookup).unwrap().unwrap();
        assert_eq!(
            (proxy.username(), proxy.password()),
            (Some("me"), Some("p@ss"))
        );
    }
}
