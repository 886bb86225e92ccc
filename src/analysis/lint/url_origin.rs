//! The origin of a URL, and a URL without its query and credentials.

/// The scheme, host and port of a URL, in lower case, as browsers compare them.
pub fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or((url, ""));
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or("");
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let scheme = scheme.to_ascii_lowercase();
    let usual = match &*scheme {
        "https" | "wss" => ":443",
        _ => ":80",
    };
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(usual).unwrap_or(&host);
    format!("{scheme}://{host}")
}

/// A URL without its query and credentials, which may be secret.
pub fn redact_query(url: &str) -> String {
    let origin = origin(url);
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let path = rest
        .find(['/', '?', '#'])
        .and_then(|at| rest.get(at..))
        .unwrap_or("");
    format!("{origin}{}", path.split(['?', '#']).next().unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::origin;
    use super::redact_query;

    #[test]
    fn url_origins_equal_those_of_browsers() {
        for (url, want) in [
            ("https://CDN.example.com/a.js", "https://cdn.example.com"),
            ("https://cdn.example.com:443/a", "https://cdn.example.com"),
            (
                "https://cdn.example.com:8443?x",
                "https://cdn.example.com:8443",
            ),
            (
                "https://good.example@evil.example/a",
                "https://evil.example",
            ),
            (
                "https://evil.example\\@good.example/",
                "https://evil.example",
            ),
        ] {
            assert_eq!(origin(url), want);
        }
        let url = "http://u:secret@cdn.example.com/a.js?token=secret";
        assert_eq!(redact_query(url), "http://cdn.example.com/a.js");
    }
}
