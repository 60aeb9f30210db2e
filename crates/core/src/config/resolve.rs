//! A client's configuration: what the code says, then the environment, then the profile, then the default.

use std::time::Duration;

use crate::codec::encode::Validation;
use crate::config::endpoint::{self, Choice, Endpoint};
use crate::config::options::{Options, RetryConfig, RetryMode};
use crate::config::profile::Profile;
use crate::config::setting_resolver::{
    CODE, DEFAULT, SettingResolver, environment, invalid_setting, invalid_setting_as,
};
use crate::config::sso_session;
use crate::config::user_agent::user_agent;
use crate::error::hint::OptionNames;
use crate::error::kinds::{Error, ErrorKind};
use crate::http::proxy::{Proxies, Proxy};
use crate::http::tls::{Tls, Trust};
use crate::runtime::environment::Environment;
use crate::schema::Service;

/// A client's configuration, resolved.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Config {
    /// Where requests go.
    pub endpoint: Endpoint,
    /// Whether a FIPS endpoint was asked for.
    pub use_fips: bool,
    /// Whether a dual-stack endpoint was asked for.
    pub use_dual_stack: bool,
    /// The retry rules.
    pub retry: RetryConfig,
    /// The limit for a whole call.
    pub timeout: Option<Duration>,
    /// The limit for one attempt.
    pub attempt_timeout: Option<Duration>,
    /// Whether a service that refuses our time teaches us its own.
    pub corrects_clock_skew: bool,
    /// By how many seconds the service's clock is ahead of ours, as far as is known at first.
    pub clock_offset: i64,
    /// Whether connections are kept for further calls.
    pub keep_alive: bool,
    /// Whether TCP asks a silent peer whether it is still there.
    pub tcp_keepalive: bool,
    /// How many connections are kept when no call uses them.
    pub max_pool_connections: u32,
    /// How many calls may have a connection at once, where that was said. Else it is as many as there are threads for blocking
    /// calls, and [`MAX_ASYNC_CONCURRENCY`] for the others.
    pub max_concurrency: Option<u32>,
    /// The most bytes that an answer may have.
    pub response_limit: usize,
    /// How much is checked before a request is sent.
    pub validation: Validation,
    /// The user agent.
    pub user_agent: String,
    /// The profile that was asked for by name.
    pub profile: Option<String>,
    /// Whether the profile's role, or one that it is assumed with, needs the code of a device.
    pub asks_for_mfa_code: bool,
    /// The region for the traffic of credentials, if one is known.
    pub(crate) credentials_region: Option<String>,
    /// Until a connection must stand.
    pub connect_timeout: Duration,
    /// Without a byte until an attempt is given up.
    pub read_timeout: Duration,
    /// The settings by name, each with its source: `code`, an environment variable, a profile, or `default`.
    pub sources: Vec<(&'static str, String)>,
    pub(crate) option_names: OptionNames,
    pub(crate) tls: Tls,
    pub(crate) proxies: Proxies,
}

impl Config {
    /// Whose certificates are trusted.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        &self.tls.trust
    }

    /// The proxies by the scheme that they are for, without user and password; and the hosts that need `no` proxy.
    #[must_use]
    pub fn proxies(&self) -> Vec<(&'static str, String)> {
        let Proxies { http, https, no_proxy, .. } = &self.proxies;
        let public = |proxy: &Option<Proxy>| proxy.as_ref().map(Proxy::public);
        let all = [("http", public(http)), ("https", public(https)), ("no", no_proxy.clone())];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The service that the calls go to, and the options for it: another one than `service` where the namespace says so.
    pub(crate) fn target(service: &'static Service, options: &Options) -> Result<&'static Service, Error> {
        match options.namespace.as_deref() {
            None => Ok(service),
            Some("media-pipelines") if service.name == LEGACY => {
                Ok(&crate::schema::generated::media_pipelines::SERVICE)
            }
            Some(LEGACY) if service.name == LEGACY => Ok(service),
            Some(other) if service.name == LEGACY => {
                Err(invalid_setting("namespace", other, "\"media-pipelines\" or \"chime\""))
            }
            Some(_) => {
                let message =
                    format!("namespace is an option of the service \"{LEGACY}\", not of \"{}\"", service.name);
                Err(Error::new(ErrorKind::InvalidConfig, message))
            }
        }
    }

    /// Resolves what the code left open.
    pub(crate) fn resolve(service: &Service, options: &Options, env: &Environment) -> Result<Config, Error> {
        let (named, source) = if options.local { (None, DEFAULT.to_owned()) } else { profile_name(options, env) };
        let profile = if options.local { Profile::without_files() } else { Profile::load(env, named.as_deref())? };
        sso_session::check(&profile)?;
        let chain = SettingResolver::new(env, profile);
        chain.note("profile_name", source);
        let region =
            chain.text("region_name", options.region.as_deref(), &["AWS_REGION", "AWS_DEFAULT_REGION"], "region");
        // The legacy service needs no region, for it is in this one.
        let fallback = options.namespace.as_ref().map(|_| "us-east-1".to_owned());
        let region = region.map(|found| found.value).or(fallback);
        let url = endpoint_url(service, options, &chain)?;
        let (fips, dual_stack) = ("use_fips_endpoint", "use_dualstack_endpoint");
        let fips = chain.flag(fips, options.use_fips, "AWS_USE_FIPS_ENDPOINT", fips);
        let dual_stack = chain.flag(dual_stack, options.use_dual_stack, "AWS_USE_DUALSTACK_ENDPOINT", dual_stack);
        let choice = Choice {
            region: region.as_deref(),
            url: url.as_deref(),
            fips,
            dual_stack,
            plain_http: options.plain_http.unwrap_or_default(),
        };
        let mut endpoint = endpoint::resolve(service, choice)?;
        if let Some(region) = chain.code("signing_region", options.signing_region.clone()) {
            endpoint.signing_region = region;
        }
        let written = endpoint.url.clone();
        let retry = retry(options, &chain)?;
        let connect_timeout = default_connect_timeout(options, &chain)?;
        let seconds = |name, given| chain.code(name, given).map(|seconds| duration(name, seconds)).transpose();
        Ok(Config {
            endpoint,
            use_fips: fips,
            use_dual_stack: dual_stack,
            retry,
            timeout: seconds("timeout", options.timeout)?,
            attempt_timeout: seconds("attempt_timeout", options.attempt_timeout)?,
            connect_timeout: seconds("connect_timeout", options.connect_timeout)?.unwrap_or(connect_timeout),
            read_timeout: seconds("read_timeout", options.read_timeout)?.unwrap_or(READ_TIMEOUT),
            max_pool_connections: count("max_pool_connections", options.max_pool_connections, &chain)?.unwrap_or(10),
            max_concurrency: count("max_concurrency", options.max_concurrency, &chain)?,
            corrects_clock_skew: !chain.flag(
                "disable_clock_skew_correction",
                options.disable_clock_skew_correction,
                "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
                "disable_clock_skew_correction",
            ),
            clock_offset: clock_offset(options)?,
            keep_alive: options.keep_alive.unwrap_or(true),
            tcp_keepalive: tcp_keepalive(options, &chain),
            response_limit: options.response_limit.unwrap_or(RESPONSE_LIMIT),
            validation: options.validation,
            user_agent: user_agent(options, &chain, retry.mode),
            // The legacy service needs no region; the services that give credentials do.
            credentials_region: region.or_else(|| (service.name == LEGACY).then(|| "us-east-1".to_owned())),
            tls: Tls {
                trust: trust(options, &chain),
                extra_trust: options.extra_trust.clone(),
                variables: env.variables.clone(),
                client_cert: chain.code("client_cert", options.client_cert.clone()),
            },
            proxies: if options.local && options.http_proxy.is_none() && options.https_proxy.is_none() {
                Proxies::default()
            } else {
                proxies(options, env, &chain).for_endpoint(&written)
            },
            profile: named,
            asks_for_mfa_code: asks_for_mfa_code(&chain.profile, options, env),
            option_names: options.option_names,
            sources: chain.into_sources(),
        })
    }
}

/// How many calls that nobody's thread waits for may have a connection at once, unless the code says: a program may start
/// thousands, and has descriptors for a few hundred.
pub const MAX_ASYNC_CONCURRENCY: u32 = 200;

const READ_TIMEOUT: Duration = Duration::from_mins(1);
const RESPONSE_LIMIT: usize = 64 << 20;

/// The profile that is asked for by name, and where.
pub(crate) fn profile_name(options: &Options, env: &Environment) -> (Option<String>, String) {
    if let Some(name) = &options.profile {
        return (Some(name.clone()), CODE.to_owned());
    }
    for variable in ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"] {
        if let Some(name) = env.variable(variable) {
            return (Some(name), environment(variable));
        }
    }
    (None, DEFAULT.to_owned())
}

/// Whether the credentials will be those of a role that needs a code: not so where the code or the environment has some.
fn asks_for_mfa_code(profile: &Profile, options: &Options, env: &Environment) -> bool {
    let of_environment = options.profile.is_none() && env.variable("AWS_ACCESS_KEY_ID").is_some();
    if of_environment || options.credentials.is_some() {
        return false;
    }
    let (mut name, mut visited) = (profile.name.clone(), Vec::new());
    while !visited.contains(&name) && profile.of(&name, "role_arn").is_some() {
        if profile.of(&name, "mfa_serial").is_some() {
            return true;
        }
        let Some(next) = profile.of(&name, "source_profile") else { return false };
        visited.push(std::mem::replace(&mut name, next));
    }
    false
}

/// The service with a successor.
const LEGACY: &str = "chime";

fn endpoint_url(service: &Service, options: &Options, chain: &SettingResolver<'_>) -> Result<Option<String>, Error> {
    let (url, source) = match &options.endpoint_url {
        Some(url) => (url.clone(), CODE.to_owned()),
        None => match configured_url(service.service_id, options.ignore_configured_endpoint_urls, chain)? {
            Some(found) => found,
            None => return Ok(None),
        },
    };
    chain.note("endpoint_url", source);
    Ok(Some(url))
}

/// The URL that the environment or the profile has for a service, and its source.
pub(crate) fn configured_url(
    service_id: &str,
    ignore: Option<bool>,
    chain: &SettingResolver<'_>,
) -> Result<Option<(String, String)>, Error> {
    let name = "ignore_configured_endpoint_urls";
    if chain.flag(name, ignore, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", name) {
        return Ok(None);
    }
    let id = service_id.replace(' ', "_");
    for variable in [format!("AWS_ENDPOINT_URL_{}", id.to_ascii_uppercase()), "AWS_ENDPOINT_URL".to_owned()] {
        if let Some(url) = chain.variable(&variable) {
            return Ok(Some((url, environment(&variable))));
        }
    }
    let profile = format!("profile {:?}", chain.profile.name);
    if let Some(url) = chain.service(&id.to_ascii_lowercase(), "endpoint_url")? {
        return Ok(Some((url, format!("services section of the {profile}"))));
    }
    Ok(chain.profile.get("endpoint_url").map(|url| (url, profile)))
}

/// Until a connection must stand, by AWS's defaults mode.
fn default_connect_timeout(options: &Options, chain: &SettingResolver<'_>) -> Result<Duration, Error> {
    let name = "defaults_mode";
    let Some(found) = chain.text(name, options.defaults_mode.as_deref(), &["AWS_DEFAULTS_MODE"], name) else {
        return Ok(Duration::from_millis(3100));
    };
    let allowed = "\"standard\", \"in-region\", \"cross-region\", \"mobile\", \"auto\" or \"legacy\"";
    match found.value.to_ascii_lowercase().as_str() {
        "standard" | "cross-region" | "auto" => Ok(Duration::from_millis(3100)),
        "in-region" => Ok(Duration::from_millis(1100)),
        "mobile" => Ok(Duration::from_secs(30)),
        "legacy" => Ok(Duration::from_mins(1)),
        _ => Err(invalid_setting(&found.label, &found.value, allowed)),
    }
}

fn retry(options: &Options, chain: &SettingResolver<'_>) -> Result<RetryConfig, Error> {
    let mode = match chain.text("retry_mode", options.retry_mode.as_deref(), &["AWS_RETRY_MODE"], "retry_mode") {
        Some(found) => RetryMode::parse(&found.value).ok_or_else(|| {
            let expected = "\"standard\", \"adaptive\" or \"legacy\"";
            invalid_setting_as(ErrorKind::InvalidRetryMode, &found.label, &found.value, expected)
        })?,
        None => RetryMode::Standard,
    };
    let given = options.max_attempts.map(|attempts| attempts.to_string());
    let max_attempts = match chain.text("max_attempts", given.as_deref(), &["AWS_MAX_ATTEMPTS"], "max_attempts") {
        Some(found) => match found.value.trim().parse() {
            Ok(attempts) if attempts > 0 => attempts,
            _ => return Err(invalid_setting(&found.label, &found.value, "an integer of at least 1")),
        },
        None => mode.default_attempts(),
    };
    Ok(RetryConfig { mode, max_attempts })
}

/// On, unless a place says another word than `true`.
fn tcp_keepalive(options: &Options, chain: &SettingResolver<'_>) -> bool {
    let (name, given) = ("tcp_keepalive", options.tcp_keepalive.map(|on| on.to_string()));
    let found = chain.text(name, given.as_deref(), &["BOTOCORE_TCP_KEEPALIVE"], name);
    found.is_none_or(|found| found.value.eq_ignore_ascii_case("true"))
}

fn count(name: &'static str, given: Option<u32>, chain: &SettingResolver<'_>) -> Result<Option<u32>, Error> {
    match chain.code(name, given) {
        Some(0) => Err(invalid_setting(name, "0", "an integer of at least 1")),
        count => Ok(count),
    }
}

fn clock_offset(options: &Options) -> Result<i64, Error> {
    // More than a century; signatures count in whole seconds.
    const MOST: f64 = 4e9;
    let seconds = options.clock_offset.unwrap_or_default();
    if !(-MOST..=MOST).contains(&seconds) {
        return Err(invalid_setting("clock_offset", &seconds.to_string(), "a number of seconds"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "in the range of the check above")]
    Ok(seconds.round() as i64)
}

pub(crate) fn duration(name: &str, seconds: f64) -> Result<Duration, Error> {
    let positive = Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero());
    positive.ok_or_else(|| invalid_setting(name, &seconds.to_string(), "a positive number of seconds"))
}

fn trust(options: &Options, chain: &SettingResolver<'_>) -> Trust {
    let name = "verify";
    if let Some(trust) = &options.verify {
        chain.note(name, CODE.to_owned());
        return trust.clone();
    }
    let found = chain.text(name, None, &["AWS_CA_BUNDLE"], "ca_bundle").map(|found| found.value);
    let requests = || {
        let bundle = chain.variable("REQUESTS_CA_BUNDLE")?;
        chain.note(name, environment("REQUESTS_CA_BUNDLE"));
        Some(bundle)
    };
    let bundle = found.or_else(requests);
    bundle.map_or(Trust::Platform, |path| Trust::Bundle(path.into()))
}

fn proxies(options: &Options, env: &Environment, chain: &SettingResolver<'_>) -> Proxies {
    let name = "proxies";
    let Options { http_proxy, https_proxy, no_proxy, .. } = options;
    if http_proxy.is_some() || https_proxy.is_some() {
        chain.note(name, CODE.to_owned());
        return Proxies::given(http_proxy.as_deref(), https_proxy.as_deref(), no_proxy.as_deref());
    }
    let (proxies, variables) = Proxies::of_environment(&env.variables);
    chain.note(name, if variables.is_empty() { DEFAULT.to_owned() } else { environment(&variables.join(", ")) });
    proxies
}
