//! What the code that makes a client may say.

use crate::codec::encode::Validation;
use crate::error::hint::OptionNames;
use crate::http::tls::{ClientCert, Pem, Trust};

/// What the code that makes a client says; everything may be left out.
#[derive(Clone, Default)]
pub struct Options {
    /// The region.
    pub region: Option<String>,
    /// `media-pipelines` sends the calls of the service `chime` to its successor.
    pub namespace: Option<String>,
    /// The region in the credential scope of signatures, in place of the one that follows from region and endpoint.
    pub signing_region: Option<String>,
    /// A URL to send requests to, in place of the service's own.
    pub endpoint_url: Option<String>,
    /// Whether the service's own endpoint is spoken to without TLS.
    pub plain_http: Option<bool>,
    /// Whether endpoint URLs of the environment and the profile are passed over.
    pub ignore_configured_endpoint_urls: Option<bool>,
    /// Whether to use a FIPS endpoint.
    pub use_fips: Option<bool>,
    /// Whether to use a dual-stack endpoint.
    pub use_dual_stack: Option<bool>,
    /// The profile of the shared config files.
    pub profile: Option<String>,
    /// StaticCredentials given in code.
    pub credentials: Option<StaticCredentials>,
    /// Whether requests go without a signature, and so without credentials.
    pub unsigned: Option<bool>,
    /// Seconds until a connection must stand.
    pub connect_timeout: Option<f64>,
    /// Seconds without a byte until an attempt is given up.
    pub read_timeout: Option<f64>,
    /// Seconds for a whole call, retries included.
    pub timeout: Option<f64>,
    /// Seconds for one attempt, from its connection to the last byte of its answer.
    pub attempt_timeout: Option<f64>,
    /// How many connections are kept when no call uses them.
    pub max_pool_connections: Option<u32>,
    /// Whether connections are kept for further calls, as they are by default.
    pub keep_alive: Option<bool>,
    /// Whether TCP asks a silent peer whether it is still there, as it does by default.
    pub tcp_keepalive: Option<bool>,
    /// How many calls may have a connection at once; further ones wait.
    pub max_concurrency: Option<u32>,
    /// The most bytes that an answer may have.
    pub response_limit: Option<usize>,
    /// `standard`, `adaptive` or `legacy`.
    pub retry_mode: Option<String>,
    /// Attempts in all.
    pub max_attempts: Option<u32>,
    /// AWS's set of defaults, which says how long a connection may take: `standard`, `in-region`, `cross-region`, `mobile`,
    /// `auto` or `legacy`.
    pub defaults_mode: Option<String>,
    /// By how many seconds the service's clock is ahead of ours, as far as is known at first.
    pub clock_offset: Option<f64>,
    /// Whether a service that refuses our time does not teach us its own.
    pub disable_clock_skew_correction: Option<bool>,
    /// How much is checked before a request is sent.
    pub validation: Validation,
    /// Whose certificates are trusted.
    pub verify: Option<Trust>,
    /// Certificates that are trusted beside the platform's. A file that cannot be read is passed over: that is for the host to tell.
    pub extra_trust: Option<Pem>,
    /// The certificate to show to a server that asks for one.
    pub client_cert: Option<ClientCert>,
    /// The proxy for http endpoints. One that is given, empty for none, puts the environment's proxies out.
    pub http_proxy: Option<String>,
    /// The proxy for https endpoints, likewise.
    pub https_proxy: Option<String>,
    /// Whether a shell runs a `credential_process`; else it is split into words and run without one.
    pub process_in_shell: bool,
    /// The hosts that are reached without the proxies given here, as `NO_PROXY` lists them.
    pub no_proxy: Option<String>,
    /// Whether the proxies given here are for the service's calls alone, and the traffic of credentials follows the
    /// environment, as botocore has it.
    pub proxies_of_service: bool,
    /// In place of the whole user agent.
    pub user_agent: Option<String>,
    /// Behind the user agent.
    pub user_agent_extra: Option<String>,
    /// The application's id, in the user agent.
    pub app_id: Option<String>,
    /// The language of the binding and its version, such as `python#3.11.7`.
    pub language: Option<String>,
    /// Whether the client is for a server of the caller's own, as tests have one: then no file is read, and no proxy of the
    /// environment is used.
    pub local: bool,
    /// What hints call the options.
    pub option_names: OptionNames,
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
        let texts = [
            &mut options.region,
            &mut options.signing_region,
            &mut options.namespace,
            &mut options.endpoint_url,
            &mut options.profile,
            &mut options.retry_mode,
            &mut options.defaults_mode,
            &mut options.user_agent,
            &mut options.user_agent_extra,
            &mut options.app_id,
            &mut options.language,
        ];
        for text in texts {
            text.take_if(|text| text.is_empty());
        }
        options.verify.take_if(|trust| matches!(trust, Trust::Bundle(bundle) if bundle.is_empty()));
        options.client_cert.take_if(|cert| cert.chain.is_empty() && cert.key.is_empty());
        options.credentials.take_if(|keys| keys.access_key_id.is_empty() && keys.secret_access_key.is_empty());
        options
    }
}

/// An access key, its secret, and perhaps a session token.
#[derive(Clone)]
pub struct StaticCredentials {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for Options {
    /// Without the proxies, whose URLs may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Options { region, endpoint_url, profile, .. } = self;
        let mut shown = f.debug_struct("Options");
        shown
            .field("region", region)
            .field("endpoint_url", endpoint_url)
            .field("profile", profile)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for StaticCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StaticCredentials(hidden)")
    }
}

/// How a client retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryConfig {
    /// The rules.
    pub mode: RetryMode,
    /// How many attempts a call has in all; 1 turns retries off.
    pub max_attempts: u32,
}

/// The sets of retry rules that the SDKs name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryMode {
    /// The standard rules.
    Standard,
    /// The standard rules, and calls that slow down once the service throttles.
    Adaptive,
    /// The standard rules under the name of botocore's former ones, with its 5 attempts.
    Legacy,
}

impl RetryMode {
    /// The mode of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<RetryMode> {
        match name {
            "standard" => Some(RetryMode::Standard),
            "adaptive" => Some(RetryMode::Adaptive),
            "legacy" => Some(RetryMode::Legacy),
            _ => None,
        }
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RetryMode::Standard => "standard",
            RetryMode::Adaptive => "adaptive",
            RetryMode::Legacy => "legacy",
        }
    }

    /// How many attempts a call has when nobody says.
    #[must_use]
    pub fn default_attempts(self) -> u32 {
        match self {
            RetryMode::Standard | RetryMode::Adaptive => 3,
            RetryMode::Legacy => 5,
        }
    }
}
