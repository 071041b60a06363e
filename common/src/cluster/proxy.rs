//! Which proxy a server is reached through, decided as Go's `golang.org/x/net/http/httpproxy` decides it.

use std::net::IpAddr;

use http::Uri;
use ipnet::IpNet;

use super::kubeconfig::Environment;
use crate::error::ConfigError;

const PROXY_SCHEMES: &[&str] = &["http", "https", "socks5"];

/// The cluster's `proxy-url`, else what `HTTPS_PROXY` or `HTTP_PROXY` say for this server.
///
/// `NO_PROXY` is matched against the server, and the environment never proxies `localhost` or a loopback address.
pub(crate) fn choose(
    server: &Uri,
    proxy_url: Option<&str>,
    environment: Environment<'_>,
) -> Result<Option<Uri>, ConfigError> {
    if let Some(proxy) = proxy_url {
        return url("proxy-url", proxy, "http", PROXY_SCHEMES).map(Some);
    }
    let https = server.scheme_str() == Some("https");
    let (field, lower) = if https { ("HTTPS_PROXY", "https_proxy") } else { ("HTTP_PROXY", "http_proxy") };
    let Some(proxy) = variable(environment, field, lower) else { return Ok(None) };
    let no_proxy = variable(environment, "NO_PROXY", "no_proxy").unwrap_or_default();
    let port = server.port_u16().unwrap_or(if https { 443 } else { 80 });
    if is_exempt(host(server), port, &no_proxy) {
        return Ok(None);
    }
    url(field, &proxy, "http", PROXY_SCHEMES).map(Some)
}

fn variable(environment: Environment<'_>, upper: &str, lower: &str) -> Option<String> {
    let text =
        |name| environment(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
    text(upper).or_else(|| text(lower))
}

/// A URL that may lack its scheme.
pub(super) fn url(
    field: &'static str,
    text: &str,
    default_scheme: &str,
    schemes: &[&str],
) -> Result<Uri, ConfigError> {
    let invalid = |reason: String| ConfigError::Address { field, value: without_credentials(text), reason };
    let full = if text.contains("://") { text.to_owned() } else { format!("{default_scheme}://{text}") };
    let uri: Uri = full.parse().map_err(|error: http::uri::InvalidUri| invalid(error.to_string()))?;
    if !uri.scheme_str().is_some_and(|scheme| schemes.contains(&scheme)) {
        return Err(invalid(format!("unsupported scheme, must be one of {}", schemes.join(", "))));
    }
    if host(&uri).is_empty() {
        return Err(invalid("it names no host".to_owned()));
    }
    Ok(uri)
}

fn without_credentials(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((before, host)) => match before.split_once("://") {
            Some((scheme, _)) => format!("{scheme}://{host}"),
            None => host.to_owned(),
        },
        None => url.to_owned(),
    }
}

/// The host, an IPv6 address without its brackets.
fn host(uri: &Uri) -> &str {
    uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// `host:port` for people, without credentials.
pub(crate) fn authority(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    uri.port_u16().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Go's `config.useProxy`, negated.
fn is_exempt(host: &str, port: u16, no_proxy: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let ip: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()) {
        return true;
    }
    no_proxy
        .split(',')
        .map(|entry| entry.trim().to_ascii_lowercase())
        .any(|entry| matches(&entry, &host, ip, port))
}

/// One entry of `NO_PROXY`: `*`, a CIDR, an IP address or a domain, the last two with an optional port.
/// `foo.com` covers its subdomains too, `.foo.com` and `*.foo.com` only those.
fn matches(entry: &str, host: &str, ip: Option<IpAddr>, port: u16) -> bool {
    if entry.is_empty() {
        return false;
    }
    if entry == "*" {
        return true;
    }
    if let Ok(net) = entry.parse::<IpNet>() {
        return ip.is_some_and(|ip| net.contains(&ip));
    }
    let (name, wanted) = split_port(entry);
    if wanted.is_some_and(|wanted| wanted != port) {
        return false;
    }
    if let Ok(address) = name.parse::<IpAddr>() {
        return ip == Some(address);
    }
    match name.strip_prefix('*').unwrap_or(name) {
        suffix if suffix.starts_with('.') => host.ends_with(suffix),
        name => host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
    }
}

fn split_port(entry: &str) -> (&str, Option<u16>) {
    let bare = |name: &str| name.parse::<IpAddr>().is_ok();
    if bare(entry) {
        return (entry, None);
    }
    let (name, port) = match entry.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().ok()),
        None => (entry, None),
    };
    (name.trim_start_matches('[').trim_end_matches(']'), port)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn chosen(server: &str, variables: &[(&str, &str)]) -> Option<String> {
        let environment = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let server: Uri = server.parse().unwrap();
        choose(&server, None, &environment).unwrap().map(|uri| uri.to_string())
    }

    #[test]
    fn the_environment_proxies_by_the_scheme_of_the_server() {
        let both = [("HTTPS_PROXY", "http://secure:1"), ("http_proxy", "plain:2")];
        assert_eq!(chosen("https://api.example", &both).as_deref(), Some("http://secure:1/"));
        assert_eq!(chosen("http://api.example", &both).as_deref(), Some("http://plain:2/"));
        assert_eq!(
            chosen("https://api.example", &[("HTTPS_PROXY", ""), ("https_proxy", "l:1")]).as_deref(),
            Some("http://l:1/")
        );
        assert_eq!(chosen("https://api.example", &[]), None);
    }

    #[test]
    fn a_loopback_server_is_never_proxied_by_the_environment() {
        let proxy = [("HTTPS_PROXY", "http://proxy:1")];
        for server in
            ["https://127.0.0.1:6443", "https://127.8.9.10", "https://[::1]:6443", "https://localhost"]
        {
            assert_eq!(chosen(server, &proxy), None, "{server}");
        }
    }

    #[test]
    fn no_proxy_is_matched_against_the_server() {
        for (no_proxy, server, exempt) in [
            ("*", "https://a.example", true),
            ("a.example", "https://a.example", true),
            ("example", "https://a.example", true),
            (".example", "https://a.example", true),
            ("*.example", "https://a.example", true),
            (".a.example", "https://a.example", false),
            ("le", "https://a.example", false),
            ("A.EXAMPLE", "https://a.example", true),
            (" b , a.example ,,", "https://a.example", true),
            ("a.example:6443", "https://a.example:6443", true),
            ("a.example:443", "https://a.example", true),
            ("a.example:80", "https://a.example", false),
            ("10.0.0.0/8", "https://10.1.2.3", true),
            ("10.0.0.0/8", "https://11.1.2.3", false),
            ("10.1.2.3", "https://10.1.2.3:6443", true),
            ("10.1.2.3:6443", "https://10.1.2.3:6443", true),
            ("fd00::/8", "https://[fd00::1]", true),
            ("[fd00::1]:443", "https://[fd00::1]", true),
            ("proxy", "https://a.example", false),
        ] {
            let variables = [("HTTPS_PROXY", "http://proxy:1"), ("NO_PROXY", no_proxy)];
            assert_eq!(chosen(server, &variables).is_none(), exempt, "{no_proxy} for {server}");
        }
    }

    #[test]
    fn proxy_url_of_the_kubeconfig_wins_and_holds_for_loopback_too() {
        let server: Uri = "https://127.0.0.1:6443".parse().unwrap();
        let none = |_: &str| None;
        let chosen = choose(&server, Some("socks5://jump:1080"), &none).unwrap();
        assert_eq!(chosen.map(|uri| authority(&uri)).as_deref(), Some("jump:1080"));
        let error = choose(&server, Some("ftp://me:secret@jump"), &none).unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid proxy-url \"ftp://jump\": unsupported scheme, must be one of http, https, socks5"
        );
    }
}
