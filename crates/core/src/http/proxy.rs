//! Which requests go through a proxy, and through which. A proxy that is given is used or refused, never passed over.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use aws_smithy_types::base64;
use http::HeaderValue;
use ipnet::IpNet;
use percent_encoding::percent_decode_str;
use reqwest::Url;

use crate::error::kinds::{Error, ErrorKind};
use crate::runtime::environment::Variables;

/// The proxies for each scheme, and the hosts that are reached without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proxies {
    pub(crate) http: Option<Proxy>,
    pub(crate) https: Option<Proxy>,
    pub(crate) no_proxy: Option<String>,
    /// The host and port of the client's endpoint, where that is written with the port that its scheme has anyway.
    written: Option<String>,
}

/// A proxy, or why its URL cannot be used: that fails the requests that it is for, and no others.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy(Result<Usable, Cow<'static, str>>);

/// What a proxy's URL says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Usable {
    /// Without user and password.
    pub(crate) url: Url,
    authorization: Option<HeaderValue>,
}

impl Proxies {
    /// The proxies that code gives; an empty one is none.
    pub(crate) fn given(http: Option<&str>, https: Option<&str>, no_proxy: Option<&str>) -> Proxies {
        let proxy = |url: Option<&str>| url.filter(|url| !url.is_empty()).map(Proxy::parse);
        let no_proxy = no_proxy.filter(|list| !list.is_empty()).map(str::to_owned);
        Proxies { http: proxy(http), https: proxy(https), no_proxy, written: None }
    }

    /// The same for a client of the endpoint, whose port counts in `NO_PROXY` where it is written: a `Url` does not tell.
    pub(crate) fn for_endpoint(self, endpoint: &str) -> Proxies {
        let (scheme, rest) = endpoint.split_once("://").unwrap_or_default();
        let authority = rest.split('/').next().unwrap_or_default();
        let is_written = match scheme {
            "http" => authority.ends_with(":80"),
            _ => authority.ends_with(":443"),
        };
        Proxies { written: is_written.then(|| authority.to_ascii_lowercase()), ..self }
    }

    /// The proxies of the environment, and the names of the variables that were read.
    pub(crate) fn of_environment(variables: &Variables) -> (Proxies, Vec<String>) {
        let mut names = Vec::new();
        let mut value = |which| {
            let (name, value) = variable(variables, which)?;
            names.push(name);
            Some(value).filter(|value| !value.is_empty())
        };
        let (http, https, no_proxy) = (value("http"), value("https"), value("no"));
        (Proxies::given(http.as_deref(), https.as_deref(), no_proxy.as_deref()), names)
    }

    /// The proxy that requests to the target go through. Fails for one that cannot be used.
    pub(crate) fn before(&self, target: &Url) -> Result<Option<&Usable>, Error> {
        let (scheme, proxy) = match target.scheme() {
            "http" => ("http", &self.http),
            _ => ("https", &self.https),
        };
        let Some(Proxy(proxy)) = proxy else { return Ok(None) };
        if is_excepted(self.no_proxy.as_deref().unwrap_or_default(), target, self.written.as_deref()) {
            return Ok(None);
        }
        proxy.as_ref().map(Some).map_err(|why| {
            let cure = "use a URL such as http://user:password@host:3128, with other signs than letters and digits of user \
                        and password percent-encoded";
            Error::new(ErrorKind::InvalidConfig, format!("the proxy for {scheme} cannot be used: {why}; {cure}"))
        })
    }

    /// The same decision in the form that the HTTP client takes.
    pub(crate) fn in_client(&self) -> Vec<reqwest::Proxy> {
        let given = [("http", &self.http), ("https", &self.https)];
        let usable = given.into_iter().filter_map(|(scheme, proxy)| Some((scheme, proxy.as_ref()?.0.as_ref().ok()?)));
        let custom = |(scheme, usable): (&'static str, &Usable)| {
            let proxies = self.clone();
            let proxy = reqwest::Proxy::custom(move |target| {
                let chosen = (target.scheme() == scheme).then(|| proxies.before(target).ok().flatten()).flatten();
                chosen.map(|usable| usable.url.clone())
            });
            match &usable.authorization {
                Some(header) => proxy.custom_http_auth(header.clone()),
                None => proxy,
            }
        };
        usable.map(custom).collect()
    }
}

/// The variable that gives a proxy, by the rules of Python's `getproxies_environment`: of a name in several cases the one
/// with a lower-case end counts, and takes the others out where it is empty. `HTTP_PROXY` does not count in a CGI program,
/// for which it is the header `Proxy` of a request.
fn variable(variables: &Variables, which: &str) -> Option<(String, String)> {
    let is_named = |name: &str| {
        let parts = name.rsplit_once('_');
        parts.is_some_and(|(scheme, end)| scheme.eq_ignore_ascii_case(which) && end.eq_ignore_ascii_case("proxy"))
    };
    // One that is not Unicode is read all the same, so that it is refused and not passed over.
    let pairs = variables.iter().map(|(name, value)| (name.to_string_lossy(), value.to_string_lossy()));
    let mut named: Vec<_> = pairs.filter(|(name, _)| is_named(name)).collect();
    named.sort_by_key(|(name, _)| (!name.ends_with("_proxy"), name.to_string()));
    let in_cgi = which == "http" && variables.get("REQUEST_METHOD").is_some();
    let counts = |name: &str, value: &str| name.ends_with("_proxy") || !(in_cgi || value.is_empty());
    let (name, value) = named.into_iter().find(|(name, value)| counts(name, value))?;
    Some((name.into_owned(), value.into_owned()))
}

impl Proxy {
    /// Reads a URL, whose scheme may be missing. The error quotes nothing that may be a password.
    fn parse(text: &str) -> Proxy {
        Proxy(parse(text))
    }

    /// The URL without user and password.
    pub(crate) fn public(&self) -> String {
        self.0.as_ref().map_or_else(|_| "(not understood)".to_owned(), |proxy| proxy.url.origin().ascii_serialization())
    }
}

fn parse(text: &str) -> Result<Usable, Cow<'static, str>> {
    const NO_URL: &str = "it is not the URL of a host";
    if text.trim() != text || text.contains(char::is_control) {
        return Err("it has blanks or control characters around or in it".into());
    }
    let (scheme, rest) = match text.split_once("://") {
        _ if text.starts_with("//") => ("http", &text[2..]),
        Some((scheme @ ("http" | "https"), rest)) => (scheme, rest),
        Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) => {
            let why =
                format!("its scheme is {scheme:?}, and only \"http\" and \"https\" are supported, in small letters");
            return Err(why.into());
        }
        Some(_) => return Err(NO_URL.into()),
        None if text.starts_with("http:") || text.starts_with("https:") => return Err(NO_URL.into()),
        None => ("http", text),
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if host.is_empty() {
        return Err("it names no host".into());
    }
    if host.contains([',', ';']) {
        return Err("it is a list, and one proxy is taken".into());
    }
    let url = Url::parse(&format!("{scheme}://{host}")).map_err(|_| NO_URL)?;
    if user.contains(['[', ']']) {
        return Err("its user or password has a bracket".into());
    }
    Ok(Usable { url, authorization: authorization(user)? })
}

/// The header that shows user and password, where both are there.
fn authorization(user_and_password: &str) -> Result<Option<HeaderValue>, &'static str> {
    let Some((user, password)) = user_and_password.split_once(':') else { return Ok(None) };
    if user.is_empty() || password.is_empty() {
        return Ok(None);
    }
    let mut pair = percent_decode_str(user).collect::<Vec<u8>>();
    pair.push(b':');
    pair.extend(percent_decode_str(password));
    if !pair.is_ascii() {
        return Err("its user or password has a sign that is not ASCII, whose bytes a proxy may read in several ways");
    }
    let mut header = HeaderValue::from_str(&format!("Basic {}", base64::encode(pair))).map_err(|_| "it is too long")?;
    header.set_sensitive(true);
    Ok(Some(header))
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public())
    }
}

/// Whether a list of `NO_PROXY` means the target: by its name, the end of its name behind a dot, either with a port that
/// stands in the URL, by its address, by a block of addresses, or by `*`. `written` is a host and a port that the `Url` left out.
fn is_excepted(list: &str, target: &Url, written: Option<&str>) -> bool {
    let Some(host) = target.host_str() else { return false };
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let with_port = target.port_or_known_default().map(|port| format!("{host}:{port}"));
    let with_port = with_port.filter(|name| target.port().is_some() || written == Some(&**name));
    let hosts = [Some(host), with_port.as_deref()];
    let by_name = |entry: &str| {
        let name = entry.trim_start_matches('.').to_ascii_lowercase();
        let in_domain = |host: &str| host.strip_suffix(&*name).is_some_and(|rest| rest.ends_with('.'));
        !name.is_empty() && hosts.into_iter().flatten().any(|host| host == name || in_domain(host))
    };
    let by_address = |entry: &str| {
        let Some(address) = address else { return false };
        let at_port = |entry: &str| match entry.rsplit_once("]:") {
            Some((address, port)) => (port.parse().ok() == target.port_or_known_default()).then(|| address.to_owned()),
            None => Some(entry.to_owned()),
        };
        let is_it = at_port(entry).is_some_and(|entry| entry.trim_matches(['[', ']']).parse() == Ok(address));
        is_it || entry.parse::<IpNet>().is_ok_and(|block| block.contains(&address))
    };
    list.split(',').map(str::trim).any(|entry| entry == "*" || by_name(entry) || by_address(entry))
}

#[cfg(test)]
mod tests {
    use super::{Proxies, Proxy, is_excepted};
    use crate::runtime::environment::Variables;

    fn header(url: &str) -> Option<String> {
        let usable = Proxy::parse(url).0.expect(url);
        usable.authorization.map(|header| header.to_str().expect("ASCII").to_owned())
    }

    #[test]
    fn a_url_is_used_or_refused() {
        for url in ["http://p:3128", "//p:3128", "p:3128", "http://p:3128/a b?c", "http://me:a^b@p:3128#x"] {
            assert_eq!(Proxy::parse(url).public(), "http://p:3128", "{url}");
        }
        assert_eq!(Proxy::parse("https://[::1]:1").public(), "https://[::1]:1");
        let refused = [
            "http:/p",
            "http:p",
            "http://",
            "http:///p",
            "http:\\\\p",
            " http://p",
            "http://p\n",
            "http://p:x",
            "http://p:99999",
            "http://a b",
            "http://p,http://q",
            "'http://p'",
            "http://[p",
            "HTTP://p",
            "direct://",
            "http://me:hunter2/x@p",
            "http://me:hunter2]@p",
            "http://me:hunter2ä@p",
            "http://me:hunter2%C3%A4@p",
            "foo hunter2://p",
        ];
        for url in refused {
            let why = Proxy::parse(url).0.err().unwrap_or_else(|| panic!("{url:?} is taken"));
            assert!(!why.contains("hunter2"), "{why}");
        }
        let why = Proxy::parse("socks5://p:1080").0.err().expect("no SOCKS");
        assert!(why.contains("\"socks5\""), "{why}");
    }

    #[test]
    fn user_and_password_hold_any_ascii_sign_that_ends_no_authority() {
        for (url, pair) in [
            ("http://me:a b@p", "bWU6YSBi"),
            ("http://me:a\"b@p", "bWU6YSJi"),
            ("http://me:a<b@p", "bWU6YTxi"),
            ("http://me:a{b@p", "bWU6YXti"),
            ("http://me:a|b@p", "bWU6YXxi"),
            ("http://me:a@b@p", "bWU6YUBi"),
            ("http://me:a:b@p", "bWU6YTpi"),
            ("http://me:100%@p", "bWU6MTAwJQ=="),
            ("http://m%40e:p%3Aw%2F@p", "bUBlOnA6dy8="),
            ("http://me%0d%0aX:y@p", "bWUNClg6eQ=="),
        ] {
            assert_eq!(header(url), Some(format!("Basic {pair}")), "{url}");
        }
        for without in ["http://p", "http://me@p", "http://me:@p", "http://:pw@p"] {
            assert_eq!(header(without), None, "{without}");
        }
    }

    #[test]
    fn variables_are_read_as_python_reads_them() {
        let http = |pairs: &[(&str, &str)]| {
            let variables = pairs.iter().copied().collect::<Variables>();
            Proxies::of_environment(&variables).0.http.map(|proxy| proxy.public())
        };
        let found = |host: &str| Some(format!("http://{host}"));
        assert_eq!(http(&[("HTTP_PROXY", "a")]), found("a"));
        assert_eq!(http(&[("Http_Proxy", "a")]), found("a"));
        assert_eq!(http(&[("HTTP_PROXY", "a"), ("http_proxy", "b")]), found("b"));
        assert_eq!(http(&[("HTTP_PROXY", "a"), ("http_proxy", "")]), None);
        assert_eq!(http(&[("HTTP_PROXY", "a"), ("REQUEST_METHOD", "GET")]), None);
        assert_eq!(http(&[("http_proxy", "a"), ("REQUEST_METHOD", "GET")]), found("a"));
        assert_eq!(http(&[("ALL_PROXY", "a"), ("HTTPS_PROXY", "b")]), None);
    }

    #[test]
    fn a_proxy_matters_only_to_the_requests_that_it_is_for() {
        let proxies = Proxies::given(Some("socks5://p"), Some("http://p"), Some("excepted"));
        let before = |url: &str| proxies.before(&url.parse().expect("a URL")).map(|found| found.is_some());
        assert!(before("http://host").is_err());
        assert_eq!(before("http://excepted").ok(), Some(false));
        assert_eq!(before("https://host").ok(), Some(true));
    }

    #[test]
    fn exceptions() {
        let is = |list: &str, url: &str| {
            let written = Proxies::default().for_endpoint(url).written;
            is_excepted(list, &url.parse().expect("a URL"), written.as_deref())
        };
        for (list, url) in [
            ("other, 127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("example.com", "https://api.example.com/"),
            ("..Example.com", "https://api.example.com/"),
            (".example.com:8443", "https://api.example.com:8443/"),
            ("[::1]:8080", "http://[::1]:8080/"),
            ("[::1]", "http://[::1]:8080/"),
            ("0::1", "http://[::1]:8080/"),
            ("[fd00::1]:80", "http://[fd00::1]/"),
            ("fd00::/8", "http://[fd00::1]/"),
            ("10.0.0.0/8", "http://10.1.2.3/"),
            ("example.com:443", "https://Example.com:443/a"),
            ("example.com:80", "http://example.com:80"),
            ("x, * ,y", "http://127.0.0.1:8080/"),
        ] {
            assert!(is(list, url), "{list} {url}");
        }
        for (list, url) in [
            ("127.0.0.1:8081", "http://127.0.0.1:8080/"),
            ("example.com:443", "https://example.com/"),
            ("example.com:8080", "http://example.com:80"),
            ("example.com", "https://badexample.com/"),
            ("10.0.0.0/8", "http://11.1.2.3/"),
            (". ,,", "http://host/"),
            ("a.*", "http://a.host/"),
        ] {
            assert!(!is(list, url), "{list} {url}");
        }
    }
}
