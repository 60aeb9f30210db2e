//! A client's configuration: what the code says, then the environment, then the profile, then the default.

use std::time::Duration;

use crate::codec::encode::Validation;
use crate::config::endpoint::{self, Choice, Endpoint};
use crate::config::options::Options;
use crate::config::profile::Profile;
use crate::config::retry::{RetryConfig, RetryMode};
use crate::config::setting_resolver::{AT_LEAST_ONE, CODE, DEFAULT, SettingResolver, environment, invalid_option};
use crate::config::sso_session;
use crate::config::user_agent::user_agent;
use crate::error::kinds::{Error, ErrorKind};
use crate::http::proxy::{Proxies, Proxy};
use crate::http::tls::{Tls, Trust};
use crate::runtime::environment::Environment;
use crate::schema::Service;
use crate::schema::generated::options::{OptionId, OptionNames};

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
    /// The settings, each with its source: `code`, an environment variable, a profile, or `default`.
    pub sources: Vec<(OptionId, String)>,
    pub(crate) names: OptionNames,
    pub(crate) tls: Tls,
    pub(crate) proxies: Proxies,
}

/// The value of a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SettingValue<'a> {
    /// There is none.
    None,
    /// A text.
    Text(&'a str),
    /// A boolean.
    Flag(bool),
    /// A number.
    Count(u64),
    /// A time limit.
    Time(Duration),
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

    /// The settings that an option gives, whatever they come from.
    #[must_use]
    pub fn settings(&self) -> Vec<(OptionId, SettingValue<'_>)> {
        use SettingValue::{Count, Flag, Text, Time};
        let count = |count: u32| Some(Count(count.into()));
        let settings = [
            (OptionId::RegionName, Some(Text(&self.endpoint.region))),
            (OptionId::EndpointUrl, Some(Text(&self.endpoint.url))),
            (OptionId::SigningRegion, Some(Text(&self.endpoint.signing_region))),
            (OptionId::UseFipsEndpoint, Some(Flag(self.use_fips))),
            (OptionId::UseDualstackEndpoint, Some(Flag(self.use_dual_stack))),
            (OptionId::RetryMode, Some(Text(self.retry.mode.name()))),
            (OptionId::MaxAttempts, count(self.retry.max_attempts)),
            (OptionId::Timeout, self.timeout.map(Time)),
            (OptionId::AttemptTimeout, self.attempt_timeout.map(Time)),
            (OptionId::ConnectTimeout, Some(Time(self.connect_timeout))),
            (OptionId::ReadTimeout, Some(Time(self.read_timeout))),
            (OptionId::MaxPoolConnections, count(self.max_pool_connections)),
            (OptionId::MaxConcurrency, self.max_concurrency.and_then(count)),
            (OptionId::KeepAlive, Some(Flag(self.keep_alive))),
            (OptionId::ResponseLimit, Some(Count(self.response_limit as u64))),
            (OptionId::UserAgent, Some(Text(&self.user_agent))),
        ];
        settings.into_iter().map(|(option, value)| (option, value.unwrap_or(SettingValue::None))).collect()
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
                let option = OptionId::Namespace;
                let expected = "\"media-pipelines\" or \"chime\"";
                Err(invalid_option(options.names.name(option), option, other, expected))
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
        let (named, source) =
            if options.local.unwrap_or_default() { (None, DEFAULT.to_owned()) } else { profile_name(options, env) };
        let profile = if options.local.unwrap_or_default() {
            Profile::without_files()
        } else {
            Profile::load(env, named.as_deref())?
        };
        sso_session::check(&profile)?;
        let chain = SettingResolver::new(env, profile, options.names);
        chain.note(OptionId::ProfileName, source);
        let region = chain.text(OptionId::RegionName, options.region.as_deref());
        // The legacy service needs no region, for it is in this one.
        let fallback = options.namespace.as_ref().map(|_| "us-east-1".to_owned());
        let region = region.map(|found| found.value).or(fallback);
        let url = endpoint_url(service, options, &chain)?;
        let fips = chain.flag(OptionId::UseFipsEndpoint, options.use_fips);
        let dual_stack = chain.flag(OptionId::UseDualstackEndpoint, options.use_dual_stack);
        let choice = Choice {
            region: region.as_deref(),
            url: url.as_deref(),
            fips,
            dual_stack,
            plain_http: options.plain_http.unwrap_or_default(),
            names: options.names,
        };
        let mut endpoint = endpoint::resolve(service, choice)?;
        if let Some(region) = chain.code(OptionId::SigningRegion, options.signing_region.clone()) {
            endpoint.signing_region = region;
        }
        let written = endpoint.url.clone();
        let retry = retry(options, &chain)?;
        let connect_timeout = default_connect_timeout(options, &chain)?;
        Ok(Config {
            endpoint,
            use_fips: fips,
            use_dual_stack: dual_stack,
            retry,
            timeout: chain.duration(OptionId::Timeout, options.timeout)?,
            attempt_timeout: chain.duration(OptionId::AttemptTimeout, options.attempt_timeout)?,
            connect_timeout: chain
                .duration(OptionId::ConnectTimeout, options.connect_timeout)?
                .unwrap_or(connect_timeout),
            read_timeout: chain.duration(OptionId::ReadTimeout, options.read_timeout)?.unwrap_or(READ_TIMEOUT),
            max_pool_connections: chain
                .count(OptionId::MaxPoolConnections, options.max_pool_connections)?
                .unwrap_or(10),
            max_concurrency: chain.count(OptionId::MaxConcurrency, options.max_concurrency)?,
            corrects_clock_skew: !chain
                .flag(OptionId::DisableClockSkewCorrection, options.disable_clock_skew_correction),
            clock_offset: clock_offset(options)?,
            keep_alive: options.keep_alive.unwrap_or(true),
            tcp_keepalive: tcp_keepalive(options, &chain),
            response_limit: options.response_limit.unwrap_or(RESPONSE_LIMIT),
            validation: options.validation.unwrap_or_default(),
            user_agent: user_agent(options, &chain, retry.mode),
            // The legacy service needs no region; the services that give credentials do.
            credentials_region: region.or_else(|| (service.name == LEGACY).then(|| "us-east-1".to_owned())),
            tls: Tls {
                trust: trust(options, &chain),
                extra_trust: options.extra_trust.clone(),
                variables: env.variables.clone(),
                client_cert: chain.code(OptionId::ClientCert, options.client_cert.clone()),
            },
            proxies: if options.local.unwrap_or_default()
                && options.http_proxy.is_none()
                && options.https_proxy.is_none()
            {
                Proxies::default()
            } else {
                proxies(options, env, &chain).for_endpoint(&written)
            },
            profile: named,
            asks_for_mfa_code: asks_for_mfa_code(&chain.profile, options, env),
            names: options.names,
            sources: chain.into_sources(),
        })
    }
}

impl Options {
    /// Whether the credentials are those that the providers find.
    pub(crate) fn finds_credentials(&self) -> bool {
        self.credentials.is_none() && !self.unsigned.unwrap_or_default()
    }

    /// The options, of which an empty text is as one that is left out. Proxies stay, for an empty one turns proxies off.
    #[must_use]
    pub(crate) fn without_empty(&self) -> Options {
        let mut options = self.clone();
        for text in options.texts() {
            text.take_if(|text| text.is_empty());
        }
        options.verify.take_if(|trust| matches!(trust, Trust::Bundle(bundle) if bundle.is_empty()));
        options.client_cert.take_if(|cert| cert.chain.is_empty() && cert.key.is_empty());
        options.credentials.take_if(|keys| keys.access_key_id.is_empty() && keys.secret_access_key.is_empty());
        options
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
    chain.note(OptionId::EndpointUrl, source);
    Ok(Some(url))
}

/// The URL that the environment or the profile has for a service, and its source.
pub(crate) fn configured_url(
    service_id: &str,
    ignore: Option<bool>,
    chain: &SettingResolver<'_>,
) -> Result<Option<(String, String)>, Error> {
    if chain.flag(OptionId::IgnoreConfiguredEndpointUrls, ignore) {
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
    let Some(found) = chain.text(OptionId::DefaultsMode, options.defaults_mode.as_deref()) else {
        return Ok(Duration::from_millis(3100));
    };
    let allowed = "\"standard\", \"in-region\", \"cross-region\", \"mobile\", \"auto\" or \"legacy\"";
    match found.value.to_ascii_lowercase().as_str() {
        "standard" | "cross-region" | "auto" => Ok(Duration::from_millis(3100)),
        "in-region" => Ok(Duration::from_millis(1100)),
        "mobile" => Ok(Duration::from_secs(30)),
        "legacy" => Ok(Duration::from_mins(1)),
        _ => Err(found.invalid(allowed)),
    }
}

fn retry(options: &Options, chain: &SettingResolver<'_>) -> Result<RetryConfig, Error> {
    let mode = match chain.text(OptionId::RetryMode, options.retry_mode.as_deref()) {
        Some(found) => RetryMode::parse(&found.value).ok_or_else(|| {
            let expected = "\"standard\", \"adaptive\" or \"legacy\"";
            found.invalid_as(ErrorKind::InvalidRetryMode, expected)
        })?,
        None => RetryMode::Standard,
    };
    let given = options.max_attempts.map(|attempts| attempts.to_string());
    let max_attempts = match chain.text(OptionId::MaxAttempts, given.as_deref()) {
        Some(found) => match found.value.trim().parse() {
            Ok(attempts) if attempts > 0 => attempts,
            _ => return Err(found.invalid(AT_LEAST_ONE)),
        },
        None => mode.default_attempts(),
    };
    Ok(RetryConfig { mode, max_attempts })
}

/// On, unless a place says another word than `true`.
fn tcp_keepalive(options: &Options, chain: &SettingResolver<'_>) -> bool {
    let given = options.tcp_keepalive.map(|on| on.to_string());
    let found = chain.text(OptionId::TcpKeepalive, given.as_deref());
    found.is_none_or(|found| found.value.eq_ignore_ascii_case("true"))
}

fn clock_offset(options: &Options) -> Result<i64, Error> {
    // More than a century; signatures count in whole seconds.
    const MOST: f64 = 4e9;
    let seconds = options.clock_offset.unwrap_or_default();
    if !(-MOST..=MOST).contains(&seconds) {
        let (names, option) = (options.names, OptionId::ClockOffset);
        let value = (seconds * names.units_in_a_second).to_string();
        return Err(invalid_option(names.name(option), option, &value, &format!("a number of {}", names.unit)));
    }
    #[expect(clippy::cast_possible_truncation, reason = "in the range of the check above")]
    Ok(seconds.round() as i64)
}

fn trust(options: &Options, chain: &SettingResolver<'_>) -> Trust {
    let option = OptionId::Verify;
    if let Some(trust) = &options.verify {
        chain.note(option, CODE.to_owned());
        return trust.clone();
    }
    let found = chain.text(option, None).map(|found| found.value);
    let requests = || {
        let bundle = chain.variable("REQUESTS_CA_BUNDLE")?;
        chain.note(option, environment("REQUESTS_CA_BUNDLE"));
        Some(bundle)
    };
    let bundle = found.or_else(requests);
    bundle.map_or(Trust::Platform, |path| Trust::Bundle(path.into()))
}

fn proxies(options: &Options, env: &Environment, chain: &SettingResolver<'_>) -> Proxies {
    let option = OptionId::Proxies;
    let Options { http_proxy, https_proxy, no_proxy, .. } = options;
    if http_proxy.is_some() || https_proxy.is_some() {
        chain.note(option, CODE.to_owned());
        return Proxies::given(http_proxy.as_deref(), https_proxy.as_deref(), no_proxy.as_deref());
    }
    let (proxies, variables) = Proxies::of_environment(&env.variables);
    chain.note(option, if variables.is_empty() { DEFAULT.to_owned() } else { environment(&variables.join(", ")) });
    proxies
}
