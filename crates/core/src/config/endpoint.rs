//! From region and options to the URL that an operation's path is put behind, and the region that requests are signed for.

use reqwest::Url;

use crate::error::kinds::{Error, ErrorKind};
use crate::schema::generated::options::{OptionId, OptionNames};
use crate::schema::generated::partitions::PARTITIONS;
use crate::schema::{Partition, Service};

/// Where a client sends its requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Scheme, host and perhaps a path, without a slash at the end.
    pub url: String,
    /// The region in the credential scope.
    pub signing_region: String,
    /// The region that the client is for; `aws-global` for a service that has one endpoint for all.
    pub region: String,
    /// The partition of the region, such as `aws` or `aws-us-gov`.
    pub partition: &'static str,
}

/// What the user chose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice<'a> {
    /// The region.
    pub region: Option<&'a str>,
    /// A URL to use in place of the service's own.
    pub url: Option<&'a str>,
    /// Whether to use a FIPS endpoint.
    pub fips: bool,
    /// Whether to use a dual-stack endpoint.
    pub dual_stack: bool,
    /// Whether the service's own endpoint is spoken to without TLS.
    pub plain_http: bool,
    /// What the users of the binding call the options.
    pub names: OptionNames,
}

/// The endpoint of `service` for what the user chose.
pub fn resolve(service: &Service, choice: Choice<'_>) -> Result<Endpoint, Error> {
    let mut endpoint = with_tls(service, choice)?;
    if choice.plain_http
        && choice.url.is_none()
        && let Some(rest) = endpoint.url.strip_prefix("https://")
    {
        endpoint.url = format!("http://{rest}");
    }
    Ok(endpoint)
}

fn with_tls(service: &Service, choice: Choice<'_>) -> Result<Endpoint, Error> {
    let mut fips = choice.fips;
    let region = choice.region.map(|given| {
        let plain = given.replace("fips-", "").replace("-fips", "");
        fips |= plain != given;
        plain
    });
    if let Some(given) = choice.region
        && !is_region_label(given.strip_suffix('\n').unwrap_or(given))
    {
        let message =
            format!("Provided {} '{given}' doesn't match a supported format.", choice.names.name(OptionId::RegionName));
        return Err(Error::new(ErrorKind::InvalidRegion, message));
    }
    if let Some(url) = choice.url {
        // FIPS and dual-stack choose between the service's own endpoints; a URL of the user's stands above them.
        let region = region.ok_or_else(no_region)?;
        let partition = partition_of(&region).0.id;
        return Ok(Endpoint { url: checked(url)?, signing_region: region.clone(), region, partition });
    }
    match (&service.endpoint.global, region) {
        (None, None) => Err(no_region()),
        (None, Some(region)) => {
            let (partition, _) = partition_of(&region);
            let url = regional_url(service, partition, &region, fips, choice.dual_stack)?;
            Ok(Endpoint { url, signing_region: region.clone(), region, partition: partition.id })
        }
        (Some(global), region) => {
            let region = region.unwrap_or_else(|| GLOBAL_REGION.to_owned());
            // A shell's newline at the end is no part of the region, where the region does not choose the host.
            let region = region.strip_suffix('\n').map_or(region.clone(), str::to_owned);
            let (partition, by_pattern) = partition_of(&region);
            let elsewhere = by_pattern && partition.id != global.partition;
            let signing_region = if elsewhere { region.clone() } else { global.signing_region.to_owned() };
            if partition.id == global.partition && !fips && !choice.dual_stack {
                return Ok(Endpoint {
                    url: global.url.to_owned(),
                    signing_region,
                    region: GLOBAL_REGION.to_owned(),
                    partition: partition.id,
                });
            }
            let url = regional_url(service, partition, &region, fips, choice.dual_stack)?;
            let region = if elsewhere { region } else { GLOBAL_REGION.to_owned() };
            Ok(Endpoint { url, signing_region, region, partition: partition.id })
        }
    }
}

/// The name of the region that stands for a whole partition.
const GLOBAL_REGION: &str = "aws-global";

fn regional_url(
    service: &Service,
    partition: &Partition,
    region: &str,
    fips: bool,
    dual_stack: bool,
) -> Result<String, Error> {
    if dual_stack && !partition.dual_stack {
        let tags = if fips { "['dualstack', 'fips']" } else { "['dualstack']" };
        let message = format!("Unable to construct a modeled endpoint with the following variant(s) {tags}: ");
        return Err(Error::new(ErrorKind::EndpointVariant, message));
    }
    let suffix = if dual_stack { partition.dual_stack_dns_suffix } else { partition.dns_suffix };
    let prefix = service.endpoint.prefix;
    checked(&format!("https://{prefix}{}.{region}.{suffix}", if fips { "-fips" } else { "" }))
}

/// The names of the partitions.
pub fn partitions() -> impl Iterator<Item = &'static str> {
    PARTITIONS.iter().map(|partition| partition.id)
}

/// The partition of a region, if its name is that of any.
#[must_use]
pub fn partition_for_region(region: &str) -> Option<&'static str> {
    let (partition, by_pattern) = partition_of(region);
    (by_pattern || partition.regions.contains(&region)).then_some(partition.id)
}

/// The regions of a partition in which the service has endpoints; with `all` also the endpoints that are no region's, such as
/// `us-east-1-fips`.
#[must_use]
pub fn available(service: &'static Service, partition: &str, all: bool) -> Vec<&'static str> {
    let known = service.endpoint.known.iter().find(|(id, _)| *id == partition).map_or(&[][..], |(_, names)| names);
    known.iter().copied().filter(|name| all || partition_of(name).1).collect()
}

fn no_region() -> Error {
    Error::new(ErrorKind::NoRegion, "You must specify a region.".to_owned())
}

/// The partition of a region, and whether the region's name is of the partition's pattern (an unknown region may be).
fn partition_of(region: &str) -> (&'static Partition, bool) {
    let matches = |partition: &Partition| partition.prefixes.iter().any(|prefix| is_region_name(region, prefix));
    if let Some(partition) = PARTITIONS.iter().find(|partition| matches(partition)) {
        return (partition, true);
    }
    let listed = PARTITIONS.iter().find(|partition| partition.regions.contains(&region));
    // The first partition, `aws`, is the guess for a region that looks like none.
    #[expect(clippy::indexing_slicing, reason = "the generator writes at least one partition")]
    (listed.unwrap_or(&PARTITIONS[0]), false)
}

/// Whether the region is `prefix`, a word, a hyphen and a number.
fn is_region_name(region: &str, prefix: &str) -> bool {
    let Some((word, number)) = region.strip_prefix(prefix).and_then(|rest| rest.rsplit_once('-')) else { return false };
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    !word.is_empty() && word.chars().all(is_word) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the text may be a label of a host name, as far as a region must be one.
fn is_region_label(text: &str) -> bool {
    let only_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    !only_digits && (text.is_empty() || is_host_label(text))
}

fn is_host_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The URL without a slash at the end, if it is one that requests can go to.
fn checked(text: &str) -> Result<String, Error> {
    let fail = || Error::new(ErrorKind::InvalidEndpoint, format!("Invalid endpoint: {text}"));
    // Looked for in the text: what is no URL may hold a password too.
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest).split(['/', '?', '#']).next();
    if authority.is_some_and(|authority| authority.contains('@')) {
        let message =
            "Invalid endpoint: it holds a user or a password, which cannot be sent beside a signature".to_owned();
        return Err(Error::new(ErrorKind::InvalidEndpoint, message));
    }
    // A URL parser mends these without a word: no host before a path, a backslash or a blank in it, one that is escaped.
    let given = text.trim_start_matches(' ');
    let (scheme, rest) = given.split_once("//").ok_or_else(fail)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_odd = |c: char| !c.is_ascii() || c.is_ascii_whitespace() || matches!(c, '%' | '\\');
    if authority.is_empty() || authority.contains(is_odd) || given.contains(['\t', '\r', '\n']) {
        return Err(fail());
    }
    // Without a scheme it is a server without TLS, as for botocore.
    let url = if scheme.is_empty() { Url::parse(&format!("http:{given}")) } else { Url::parse(given) };
    let url = url.map_err(|_| fail())?;
    let host = url.host_str().ok_or_else(fail)?;
    let name = host.strip_suffix('.').unwrap_or(host);
    let good_host = host.starts_with('[') || name.len() <= 255 && name.split('.').all(is_host_label);
    if !matches!(url.scheme(), "http" | "https") || !good_host {
        return Err(fail());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::new(
            ErrorKind::InvalidEndpoint,
            format!("Invalid endpoint: {text} (an endpoint has no query and no fragment)"),
        ));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Choice, resolve};
    use crate::schema::generated::{chime, meetings};

    fn url(service: &'static crate::schema::Service, choice: Choice<'_>) -> String {
        resolve(service, choice).map_or_else(|e| e.to_string(), |e| format!("{} {}", e.url, e.signing_region))
    }

    #[test]
    fn the_legacy_service_has_one_endpoint_for_its_partition() {
        let at = |region| url(&chime::SERVICE, Choice { region, ..Choice::default() });
        assert_eq!(at(None), "https://chime.us-east-1.amazonaws.com us-east-1");
        assert_eq!(at(Some("eu-west-1")), "https://chime.us-east-1.amazonaws.com us-east-1");
        assert_eq!(at(Some("cn-north-1")), "https://chime.cn-north-1.amazonaws.com.cn cn-north-1");
        assert_eq!(at(Some("us-east-1\n")), "https://chime.us-east-1.amazonaws.com us-east-1");
        let fips = Choice { region: Some("us-west-2"), fips: true, ..Choice::default() };
        assert_eq!(url(&chime::SERVICE, fips), "https://chime-fips.us-west-2.amazonaws.com us-east-1");
    }

    #[test]
    fn a_region_is_needed_and_checked() {
        let at = |region| url(&meetings::SERVICE, Choice { region, ..Choice::default() });
        assert_eq!(at(None), "You must specify a region.");
        assert_eq!(at(Some("us_east_1")), "Provided region_name 'us_east_1' doesn't match a supported format.");
        assert_eq!(at(Some("us-east-1-fips")), "https://meetings-chime-fips.us-east-1.amazonaws.com us-east-1");
    }

    #[test]
    fn the_services_own_endpoints_can_do_without_tls() {
        let plain = |region| Choice { region, plain_http: true, ..Choice::default() };
        assert_eq!(url(&chime::SERVICE, plain(None)), "http://chime.us-east-1.amazonaws.com us-east-1");
        assert_eq!(
            url(&meetings::SERVICE, plain(Some("us-west-2"))),
            "http://meetings-chime.us-west-2.amazonaws.com us-west-2"
        );
        let given = Choice { url: Some("https://proxy.example"), ..plain(Some("us-west-2")) };
        assert_eq!(url(&meetings::SERVICE, given), "https://proxy.example us-west-2");
    }

    #[test]
    fn a_custom_url_stands_above_fips_and_dual_stack() {
        let choice = Choice {
            region: Some("us-east-1"),
            url: Some("http://localhost:8080/a/"),
            fips: true,
            dual_stack: true,
            plain_http: false,
            names: crate::schema::generated::options::OptionNames::default(),
        };
        assert_eq!(url(&meetings::SERVICE, choice), "http://localhost:8080/a us-east-1");
    }

    #[test]
    fn a_url_is_taken_as_it_is_written_or_refused() {
        let at = |given| {
            let choice = Choice { region: Some("us-east-1"), url: Some(given), ..Choice::default() };
            url(&meetings::SERVICE, choice)
        };
        for (given, due) in [
            ("//127.0.0.1:1", "http://127.0.0.1:1 us-east-1"),
            (" http://h", "http://h us-east-1"),
            ("http://h/a b", "http://h/a%20b us-east-1"),
        ] {
            assert_eq!(at(given), due);
        }
        for given in
            ["http:///x", "http:h", "http://h\\x", "http://%31", "http://b\u{fc}cher", "http://h ", "\thttp://h", "h/x"]
        {
            assert_eq!(at(given), format!("Invalid endpoint: {given}"));
        }
    }

    #[test]
    fn a_url_with_a_password_is_refused_and_not_quoted() {
        for given in ["http://me:hunter2@localhost:8080", "me:hunter2@localhost", "http://me:hunter2@:::"] {
            let choice = Choice { region: Some("us-east-1"), url: Some(given), ..Choice::default() };
            let refused = url(&meetings::SERVICE, choice);
            assert!(
                refused.starts_with("Invalid endpoint: it holds a user") && !refused.contains("hunter2"),
                "{given}"
            );
        }
    }
}
