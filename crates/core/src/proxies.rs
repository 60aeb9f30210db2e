//! Which requests go through a proxy, and through which.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Proxy, Url};

use crate::error::{Error, ErrorKind};

/// The proxies for each scheme, as URLs that may hold a user and a password.
#[derive(Clone, Default)]
pub(crate) struct Proxies {
    pub(crate) http: Option<String>,
    pub(crate) https: Option<String>,
    pub(crate) no_proxy: Option<String>,
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxies(hidden)")
    }
}

impl Proxies {
    /// The proxies in the form that the HTTP client takes.
    pub(crate) fn in_client(&self) -> Result<Vec<Proxy>, Error> {
        let custom = |rule: Rule| Proxy::custom(move |target| rule.applies(target).then(|| rule.proxy.clone()));
        Ok(self.rules()?.into_iter().map(custom).collect())
    }

    /// Whether requests to the target go through a proxy.
    pub(crate) fn stand_before(&self, target: &Url) -> bool {
        self.rules().is_ok_and(|rules| rules.iter().any(|rule| rule.applies(target)))
    }

    fn rules(&self) -> Result<Vec<Rule>, Error> {
        let given = [("http", &self.http), ("https", &self.https)];
        let without = self.no_proxy.as_deref().unwrap_or_default();
        given.into_iter().filter_map(|(scheme, url)| Some(Rule::new(scheme, url.as_deref()?, without))).collect()
    }
}

/// A proxy, and the requests that it is for.
struct Rule {
    scheme: &'static str,
    proxy: Url,
    without: String,
    matcher: Matcher,
}

impl Rule {
    fn new(scheme: &'static str, url: &str, without: &str) -> Result<Rule, Error> {
        let text = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let proxy = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let proxy = proxy.ok_or_else(|| {
            let message = format!("the proxy for {scheme} is not a URL such as http://host:3128");
            Error::new(ErrorKind::InvalidConfig, message)
        })?;
        let matcher = Matcher::builder().all(text).no(without).build();
        Ok(Rule { scheme, proxy, without: without.to_owned(), matcher })
    }

    fn applies(&self, target: &Url) -> bool {
        let is_covered = || target.as_str().parse().is_ok_and(|uri| self.matcher.intercept(&uri).is_some());
        target.scheme() == self.scheme && !is_excepted(&self.without, target) && is_covered()
    }
}

/// Whether an entry that the matcher does not know means the target: one with a port, such as `host:8080` or `.domain:8080`,
/// or `*`, which it takes for names alone.
fn is_excepted(list: &str, target: &Url) -> bool {
    let (Some(host), Some(port)) = (target.host_str(), target.port_or_known_default()) else { return false };
    if list.trim() == "*" {
        return true;
    }
    list.split(',').filter_map(|entry| entry.trim().rsplit_once(':')).any(|(name, at)| {
        let name = name.trim_start_matches('.').to_ascii_lowercase();
        let in_domain = || host.strip_suffix(&name).is_some_and(|rest| rest.ends_with('.'));
        at.parse() == Ok(port) && (host == name || in_domain())
    })
}

#[cfg(test)]
mod tests {
    use super::is_excepted;

    #[test]
    fn an_entry_with_a_port_means_that_port_alone() {
        let named = |list: &str, url: &str| is_excepted(list, &url.parse().expect("a URL"));
        assert!(named("other, 127.0.0.1:8080", "http://127.0.0.1:8080/"));
        assert!(named("example.com:443", "https://api.example.com/"));
        assert!(named(".example.com:443", "https://api.example.com/"));
        assert!(named("[::1]:8080", "http://[::1]:8080/"));
        assert!(named("*", "http://127.0.0.1:8080/"));
        assert!(!named("127.0.0.1:8081", "http://127.0.0.1:8080/"));
        assert!(!named("example.com:443", "https://badexample.com/"));
        assert!(!named("127.0.0.1", "http://127.0.0.1:8080/"));
    }
}
