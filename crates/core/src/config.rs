//! A client's configuration: what the code says, then the environment, then the profile, then the default.

use std::path::PathBuf;
use std::time::Duration;

use crate::encode::Validation;
use crate::endpoint::{self, Choice, Endpoint};
use crate::error::{Error, ErrorKind};
use crate::profile::Profile;
use crate::retry::{RetryConfig, RetryMode};
use crate::schema::Service;
use crate::tls::Trust;
use crate::transport::Proxies;
use crate::world::World;

/// What the code that makes a client says; everything may be left out.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The region.
    pub region: Option<String>,
    /// `media-pipelines` sends the calls of the service `chime` to its successor.
    pub namespace: Option<String>,
    /// A URL to send requests to, in place of the service's own.
    pub endpoint_url: Option<String>,
    /// Whether endpoint URLs of the environment and the profile are passed over.
    pub ignore_configured_endpoint_urls: Option<bool>,
    /// Whether to use a FIPS endpoint.
    pub use_fips: Option<bool>,
    /// Whether to use a dual-stack endpoint.
    pub use_dual_stack: Option<bool>,
    /// The profile of the shared config files.
    pub profile: Option<String>,
    /// Keys given in code.
    pub credentials: Option<Keys>,
    /// Seconds until a connection must stand.
    pub connect_timeout: Option<f64>,
    /// Seconds without a byte until an attempt is given up.
    pub read_timeout: Option<f64>,
    /// Seconds for a whole call, retries included.
    pub timeout: Option<f64>,
    /// Seconds for one attempt, from its connection to the last byte of its answer.
    pub attempt_timeout: Option<f64>,
    /// How many connections are kept.
    pub max_pool_connections: Option<u32>,
    /// `standard`, `adaptive` or `legacy`.
    pub retry_mode: Option<String>,
    /// Attempts in all.
    pub max_attempts: Option<u32>,
    /// How much is checked before a request is sent.
    pub validation: Validation,
    /// Whose certificates are trusted.
    pub verify: Option<Trust>,
    /// The proxy for http endpoints.
    pub http_proxy: Option<String>,
    /// The proxy for https endpoints.
    pub https_proxy: Option<String>,
    /// In place of the whole user agent.
    pub user_agent: Option<String>,
    /// Behind the user agent.
    pub user_agent_extra: Option<String>,
    /// The application's id, in the user agent.
    pub app_id: Option<String>,
    /// The language of the binding and its version, such as `python#3.11.7`.
    pub language: Option<String>,
}

/// An access key, its secret, and perhaps a session token.
#[derive(Clone)]
pub struct Keys {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(hidden)")
    }
}

/// A client's configuration, resolved.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where requests go.
    pub endpoint: Endpoint,
    /// The retry rules.
    pub retry: RetryConfig,
    /// The limit for a whole call.
    pub timeout: Option<Duration>,
    /// The limit for one attempt.
    pub attempt_timeout: Option<Duration>,
    /// Whether a service that refuses our time teaches us its own.
    pub corrects_clock_skew: bool,
    /// How many connections are kept.
    pub max_pool_connections: u32,
    /// How much is checked before a request is sent.
    pub validation: Validation,
    /// The user agent.
    pub user_agent: String,
    /// The profile that was asked for by name.
    pub profile: Option<String>,
    /// The region for the traffic of credentials, if one is known.
    pub(crate) credentials_region: Option<String>,
    /// Until a connection must stand.
    pub connect_timeout: Duration,
    /// Without a byte until an attempt is given up.
    pub read_timeout: Duration,
    pub(crate) trust: Trust,
    pub(crate) proxies: Proxies,
}

/// Where a setting is looked up when the code does not say it.
struct Chain<'w> {
    world: &'w World,
    profile: Profile,
}

impl Chain<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        (self.world.variable)(name)
    }

    /// The value, and what it is called there.
    fn find(&self, variables: &[&str], key: &str) -> Option<(String, String)> {
        let mut named = variables.iter().filter_map(|name| Some((self.variable(name)?, (*name).to_owned())));
        named.next().or_else(|| Some((self.profile.get(key)?, format!("{key} of the profile"))))
    }

    fn flag(&self, variable: &str, key: &str) -> bool {
        self.find(&[variable], key).is_some_and(|(value, _)| value.eq_ignore_ascii_case("true"))
    }
}

impl Config {
    /// The service that the calls go to, and the options for it: another one than `service` where the namespace says so.
    pub(crate) fn target(service: &'static Service, options: &Options) -> Result<&'static Service, Error> {
        match options.namespace.as_deref() {
            None => Ok(service),
            Some("media-pipelines") if service.name == LEGACY => Ok(&crate::generated::media_pipelines::SERVICE),
            Some(LEGACY) if service.name == LEGACY => Ok(service),
            Some(other) if service.name == LEGACY => Err(wrong("namespace", other, "\"media-pipelines\" or \"chime\"")),
            Some(_) => {
                let message =
                    format!("namespace is an option of the service \"{LEGACY}\", not of \"{}\"", service.name);
                Err(Error::new(ErrorKind::InvalidConfig, message))
            }
        }
    }

    /// Resolves what the code left open.
    pub(crate) fn resolve(service: &Service, options: &Options, world: &World) -> Result<Config, Error> {
        let variable = |name: &str| (world.variable)(name);
        let named =
            options.profile.clone().or_else(|| variable("AWS_DEFAULT_PROFILE")).or_else(|| variable("AWS_PROFILE"));
        let chain = Chain { world, profile: Profile::load(world, named.as_deref())? };
        let region =
            options.region.clone().or_else(|| Some(chain.find(&["AWS_REGION", "AWS_DEFAULT_REGION"], "region")?.0));
        // The legacy service needs no region, for it is in this one.
        let region = region.or_else(|| options.namespace.as_ref().map(|_| "us-east-1".to_owned()));
        let url = options.endpoint_url.clone().or_else(|| configured_endpoint(service, options, &chain));
        let choice = Choice {
            region: region.as_deref(),
            url: url.as_deref(),
            fips: options.use_fips.unwrap_or_else(|| chain.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")),
            dual_stack: options
                .use_dual_stack
                .unwrap_or_else(|| chain.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")),
        };
        let retry = retry(options, &chain)?;
        Ok(Config {
            endpoint: endpoint::resolve(service, choice)?,
            retry,
            timeout: options.timeout.map(|seconds| duration("timeout", seconds)).transpose()?,
            attempt_timeout: options.attempt_timeout.map(|seconds| duration("attempt_timeout", seconds)).transpose()?,
            corrects_clock_skew: !chain.flag("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction"),
            max_pool_connections: options.max_pool_connections.unwrap_or(10).max(1),
            validation: options.validation,
            user_agent: user_agent(options, &chain, retry.mode),
            credentials_region: region,
            connect_timeout: duration("connect_timeout", options.connect_timeout.unwrap_or(3.1))?,
            read_timeout: duration("read_timeout", options.read_timeout.unwrap_or(60.0))?,
            trust: options.verify.clone().unwrap_or_else(|| trust(&chain)),
            proxies: proxies(options, &chain),
            profile: named,
        })
    }
}

/// The service with a successor.
const LEGACY: &str = "chime";

fn configured_endpoint(service: &Service, options: &Options, chain: &Chain<'_>) -> Option<String> {
    let ignored = options
        .ignore_configured_endpoint_urls
        .unwrap_or_else(|| chain.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"));
    if ignored {
        return None;
    }
    let id = service.service_id.replace(' ', "_");
    chain
        .variable(&format!("AWS_ENDPOINT_URL_{}", id.to_ascii_uppercase()))
        .or_else(|| chain.variable("AWS_ENDPOINT_URL"))
        .or_else(|| chain.profile.service(&id.to_ascii_lowercase(), "endpoint_url"))
        .or_else(|| chain.profile.get("endpoint_url"))
}

fn retry(options: &Options, chain: &Chain<'_>) -> Result<RetryConfig, Error> {
    let mode = match options.retry_mode.clone().map(|name| (name, "the retry mode".to_owned())) {
        Some(given) => Some(given),
        None => chain.find(&["AWS_RETRY_MODE"], "retry_mode"),
    };
    let mode = match mode {
        Some((name, source)) => {
            RetryMode::parse(&name).ok_or_else(|| wrong(&source, &name, "\"standard\", \"adaptive\" or \"legacy\""))?
        }
        None => RetryMode::Standard,
    };
    let attempts = match options.max_attempts {
        Some(attempts) => Some((attempts.to_string(), "max_attempts".to_owned())),
        None => chain.find(&["AWS_MAX_ATTEMPTS"], "max_attempts"),
    };
    let max_attempts = match attempts {
        Some((text, source)) => match text.parse() {
            Ok(attempts) if attempts > 0 => attempts,
            _ => return Err(wrong(&source, &text, "a whole number from 1 on")),
        },
        None => mode.default_attempts(),
    };
    Ok(RetryConfig { mode, max_attempts })
}

fn wrong(source: &str, value: &str, allowed: &str) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("{source} is {value:?}, which must be {allowed}"))
}

pub(crate) fn duration(name: &str, seconds: f64) -> Result<Duration, Error> {
    let positive = Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero());
    positive.ok_or_else(|| wrong(name, &seconds.to_string(), "a number of seconds above 0"))
}

fn trust(chain: &Chain<'_>) -> Trust {
    let bundle = chain.find(&["AWS_CA_BUNDLE"], "ca_bundle").map(|(path, _)| path);
    bundle
        .or_else(|| chain.variable("REQUESTS_CA_BUNDLE"))
        .map_or(Trust::Platform, |path| Trust::Bundle(PathBuf::from(path)))
}

fn proxies(options: &Options, chain: &Chain<'_>) -> Proxies {
    // The lower-case names win, as in most programs.
    let named = |lower: &str| {
        let value = chain.variable(lower).or_else(|| chain.variable(&lower.to_ascii_uppercase()));
        value.filter(|value| !value.is_empty())
    };
    Proxies {
        http: options.http_proxy.clone().or_else(|| named("http_proxy")),
        https: options.https_proxy.clone().or_else(|| named("https_proxy")),
        no_proxy: named("no_proxy"),
    }
}

fn user_agent(options: &Options, chain: &Chain<'_>, mode: RetryMode) -> String {
    let mut text = options.user_agent.clone().unwrap_or_else(|| {
        let language = options.language.as_deref().unwrap_or("rust");
        let (version, system, machine) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
        format!(
            "chimeline/{version} ua/2.1 os/{system} md/arch#{machine} lang/{language} cfg/retry-mode#{}",
            mode.name()
        )
    });
    let app_id = options.app_id.clone().or_else(|| Some(chain.find(&["AWS_SDK_UA_APP_ID"], "sdk_ua_app_id")?.0));
    for part in app_id
        .filter(|id| !id.is_empty())
        .map(|id| format!("app/{}", token(&id)))
        .iter()
        .chain(&options.user_agent_extra)
    {
        text.push(' ');
        text.push_str(part);
    }
    // A header holds no control characters.
    text.retain(|c| !c.is_control());
    text
}

/// What a part of the user agent may hold; anything else becomes a hyphen.
fn token(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c) { c } else { '-' }).collect()
}
