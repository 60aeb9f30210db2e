//! Where credentials are looked for, in botocore's order, with AWS's own providers; and why each of them had none.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sso::SsoCredentialsProvider;
use aws_config::sts::AssumeRoleProvider;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::chain::{Chain, variable};
use crate::config::{Config, Options, configured_url};
use crate::connector::{self, Timer};
use crate::error::{Error, ErrorKind};
use crate::keys::{self, fresh};
use crate::metadata;
use crate::profile::{FOR_AWS, File, Profile};
use crate::proxies::Proxies;
use crate::redact;
use crate::roles::{self, Base, Role};
use crate::sessions::Session;
use crate::transport::Network;
use crate::world::World;

/// The providers of one client. Nothing of a load outlives it, so that a new login, key or role is seen by the next.
#[derive(Debug)]
pub(crate) struct Providers {
    /// The profile that was asked for by name.
    profile: Option<String>,
    /// Whether the code asked. Then the environment's keys and web identity do not count.
    in_code: bool,
    ignore_configured_endpoint_urls: Option<bool>,
    region: Option<Region>,
    use_fips: bool,
    use_dual_stack: bool,
    network: Arc<Network>,
    /// The same without proxies.
    direct: Arc<Network>,
}

/// Credentials, or why a provider that is not set up has none.
type Outcome = Result<Result<Credentials, String>, Error>;

/// The providers, in botocore's order.
#[derive(Clone, Copy, Debug)]
enum Provider {
    Environment,
    Role,
    WebIdentity,
    Sso,
    CredentialsFile,
    Login,
    Process,
    ConfigFile,
    Container,
    Instance,
}

use Provider::{
    ConfigFile, Container, CredentialsFile, Environment, Instance, Login, Process, Role as ByRole, Sso, WebIdentity,
};

const ORDER: [Provider; 10] =
    [Environment, ByRole, WebIdentity, Sso, CredentialsFile, Login, Process, ConfigFile, Container, Instance];
/// Those that find the credentials that a role is assumed with.
const ORDER_OF_SOURCE: [Provider; 6] = [WebIdentity, Sso, CredentialsFile, Login, Process, ConfigFile];

impl Provider {
    /// The name that botocore gives it.
    fn name(self) -> &'static str {
        match self {
            Environment => "env",
            ByRole => "assume-role",
            WebIdentity => "assume-role-with-web-identity",
            Sso => "sso",
            CredentialsFile => File::Credentials.provider(),
            Login => "login",
            Process => "custom-process",
            ConfigFile => File::Config.provider(),
            Container => "container-role",
            Instance => "iam-role",
        }
    }
}

impl Providers {
    pub(crate) fn new(options: &Options, config: &Config, network: Arc<Network>) -> Providers {
        let Network { tls, connect_timeout, read_timeout, .. } = &*network;
        let direct = Network::new(tls.clone(), Proxies::default(), *connect_timeout, *read_timeout);
        Providers {
            profile: config.profile.clone(),
            in_code: options.profile.is_some(),
            ignore_configured_endpoint_urls: options.ignore_configured_endpoint_urls,
            region: config.credentials_region.clone().map(Region::new),
            use_fips: config.use_fips,
            use_dual_stack: config.use_dual_stack,
            network,
            direct: Arc::new(direct),
        }
    }

    /// Asks one provider after the other. One that is set up and fails ends the search: to go on would find the keys of
    /// somebody else.
    pub(crate) async fn load(&self, world: &World) -> Result<Credentials, Error> {
        let profile = Profile::load_apart(world, self.profile.as_deref()).await?;
        let search = Search::new(self, world, profile);
        let mut reasons: Vec<(Vec<&str>, String)> = Vec::new();
        for provider in ORDER {
            // AWS's providers log the answers that they get, keys and all.
            match search.ask(provider).with_subscriber(NoSubscriber::default()).await? {
                Ok(credentials) => return fresh(credentials, world),
                Err(reason) => match reasons.iter_mut().find(|(_, known)| *known == reason) {
                    Some((names, _)) => names.push(provider.name()),
                    None => reasons.push((vec![provider.name()], reason)),
                },
            }
        }
        Err(none_found(&reasons, search.profile.unreadable()))
    }
}

/// One search through the providers.
struct Search<'s> {
    providers: &'s Providers,
    world: &'s World,
    profile: Profile,
    /// Where it cannot be found, that matters to a role only.
    sts_url: Result<Option<String>, Error>,
    config: ProviderConfig,
}

impl<'s> Search<'s> {
    fn new(providers: &'s Providers, world: &'s World, profile: Profile) -> Search<'s> {
        let chain = Chain::new(world, profile);
        let url = |service| configured_url(service, providers.ignore_configured_endpoint_urls, &chain);
        let [sts_url, sso_url, oidc_url] = [url("STS"), url("SSO"), url("SSO OIDC")];
        // AWS's clients refuse these together with a URL.
        let has_variants = [&sts_url, &sso_url, &oidc_url].iter().all(|url| matches!(url, Ok(None) | Err(_)));
        let config = ProviderConfig::empty()
            .with_http_client(connector::http_client(providers.network.clone()))
            .with_sleep_impl(Timer(world.clone()))
            .with_time_source(Timer(world.clone()))
            .with_retry_config(retries())
            .with_region(providers.region.clone())
            .with_use_fips(Some(providers.use_fips && has_variants))
            .with_use_dual_stack(Some(providers.use_dual_stack && has_variants));
        let sts_url = sts_url.map(|found| found.map(|(url, _)| url));
        Search { providers, world, profile: chain.profile, sts_url, config }
    }

    async fn ask(&self, provider: Provider) -> Outcome {
        match provider {
            Environment if self.providers.in_code => Ok(Err("passed over, for the code names a profile".to_owned())),
            Environment => {
                Ok(keys::of_environment(self.world)?.ok_or_else(|| "AWS_ACCESS_KEY_ID is not set".to_owned()))
            }
            ByRole => self.by_role().await,
            Container | Instance => self.of_agent(provider).await,
            of_profile => self.of_profile(of_profile, &self.profile.name, !self.providers.in_code).await,
        }
    }

    /// What a provider finds in the named profile.
    async fn of_profile(&self, provider: Provider, name: &str, environment_counts: bool) -> Outcome {
        let profile = self.profile.at(name);
        let missing = |what: &str| {
            if profile.has(name) {
                format!("profile {name:?} has no {what}")
            } else {
                format!("the shared config files have no profile {name:?}")
            }
        };
        match provider {
            WebIdentity => match self.web_identity(&profile, environment_counts)? {
                Some(provider) => ask(provider, WebIdentity).await,
                None => Ok(Err("AWS_WEB_IDENTITY_TOKEN_FILE and web_identity_token_file are not set".to_owned())),
            },
            Sso => match Session::of(&profile)? {
                Some(session) => self.sso(session).await,
                None => Ok(Err(missing("sso_account_id"))),
            },
            CredentialsFile => {
                Ok(keys::of_file(&profile, File::Credentials)?.ok_or_else(|| missing("aws_access_key_id")))
            }
            ConfigFile => Ok(keys::of_file(&profile, File::Config)?.ok_or_else(|| missing("aws_access_key_id"))),
            Login if profile.get("login_session").is_some() => ask(self.by_aws(name), Login).await,
            Login => Ok(Err(missing("login_session"))),
            Process if profile.get("credential_process").is_some() => ask(self.by_aws(name), Process).await,
            _ => Ok(Err(missing("credential_process"))),
        }
    }

    /// AWS's reading of a profile, for what is not offered apart.
    fn by_aws(&self, profile: &str) -> ProfileFileCredentialsProvider {
        let files = self.profile.for_aws(profile, &["login_session", "credential_process"]);
        let builder = ProfileFileCredentialsProvider::builder().configure(&self.config).profile_name(FOR_AWS);
        builder.profile_files(files).build()
    }

    fn web_identity(
        &self,
        profile: &Profile,
        environment_counts: bool,
    ) -> Result<Option<WebIdentityTokenCredentialsProvider>, Error> {
        let named = |name: &str, key: &str| {
            let of_environment = environment_counts.then(|| variable(self.world, name)).flatten();
            of_environment.or_else(|| profile.get(key))
        };
        let Some(token_file) = named("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file") else { return Ok(None) };
        let role_arn = named("AWS_ROLE_ARN", "role_arn").ok_or_else(|| {
            let message = "The provided profile or the current environment is configured to assume role with web identity \
                           but has no role ARN configured. Ensure that the profile has the role_arnconfiguration set or \
                           the AWS_ROLE_ARN env var is set.";
            Error::new(ErrorKind::InvalidConfig, message.to_owned())
        })?;
        readable(&token_file).map_err(|cause| failure(WebIdentity, &cause))?;
        let session_name = named("AWS_ROLE_SESSION_NAME", "role_session_name");
        let configuration = StaticConfiguration {
            web_identity_token_file: token_file.into(),
            role_arn,
            session_name: session_name.unwrap_or_else(|| self.session_name()),
        };
        let builder = WebIdentityTokenCredentialsProvider::builder().configure(&self.config);
        Ok(Some(builder.static_configuration(configuration).build()))
    }

    fn session_name(&self) -> String {
        let since_1970 = (self.world.now)().duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("chimeline-session-{}", since_1970.as_secs())
    }

    async fn sso(&self, session: Session) -> Outcome {
        let mut builder = SsoCredentialsProvider::builder()
            .configure(&self.config)
            .account_id(session.account_id)
            .role_name(session.role_name)
            .start_url(session.start_url)
            .region(Region::new(session.region));
        builder.set_session_name(session.name);
        let found = builder.build().provide_credentials().await;
        found.map(Ok).map_err(|e| {
            let cure = format!("`aws sso login --profile {}` opens a new session", self.profile.name);
            failure(Sso, &format!("{}; {cure}", causes(&e)))
        })
    }

    async fn by_role(&self) -> Outcome {
        if !roles::names_role(&self.profile, &self.profile.name) {
            return Ok(Err(format!("profile {:?} has no role_arn", self.profile.name)));
        }
        let (roles, base) = roles::chain(&self.profile)?;
        let mut credentials = self.base(&base).await?;
        for role in roles.into_iter().rev() {
            credentials = match self.assume(role, credentials).await? {
                Ok(credentials) => credentials,
                Err(reason) => return Ok(Err(reason)),
            };
        }
        Ok(Ok(credentials))
    }

    /// What the last role of a chain is assumed with.
    async fn base(&self, base: &Base) -> Result<Credentials, Error> {
        match base {
            Base::Profile(name) => {
                for provider in ORDER_OF_SOURCE {
                    if let Ok(credentials) = self.of_profile(provider, name, false).await? {
                        return Ok(credentials);
                    }
                }
                let message = format!("The source profile \"{name}\" must have credentials.");
                Err(Error::new(ErrorKind::InvalidConfig, message))
            }
            Base::Source(source) => {
                let found = match source.as_str() {
                    roles::ENVIRONMENT => keys::of_environment(self.world)?.ok_or_else(String::new),
                    roles::CONTAINER => self.of_agent(Container).await?,
                    _ => self.of_agent(Instance).await?,
                };
                found.map_err(|reason| {
                    let message = format!(
                        "Error when retrieving credentials from {source}: No credentials found in credential_source \
                         referenced in profile {}",
                        self.profile.name
                    );
                    let reason = if reason.is_empty() { reason } else { format!(" ({reason})") };
                    Error::new(ErrorKind::CredentialRetrieval, message + &reason)
                })
            }
        }
    }

    async fn assume(&self, role: Role, credentials: Credentials) -> Outcome {
        let sts_url = match &self.sts_url {
            Ok(url) => url.clone(),
            Err(error) => return Err(Error::new(error.kind(), error.message().to_owned())),
        };
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(connector::http_client(self.providers.network.clone()))
            .sleep_impl(Timer(self.world.clone()))
            .time_source(Timer(self.world.clone()))
            .retry_config(retries())
            .region(self.providers.region.clone())
            .use_fips(self.providers.use_fips && sts_url.is_none())
            .use_dual_stack(self.providers.use_dual_stack && sts_url.is_none());
        config.set_endpoint_url(sts_url);
        let mut builder = AssumeRoleProvider::builder(role.arn)
            .configure(&config.build())
            .session_name(role.session_name.unwrap_or_else(|| self.session_name()));
        if let Some(id) = role.external_id {
            builder = builder.external_id(id);
        }
        if let Some(duration) = role.duration {
            builder = builder.session_length(duration);
        }
        ask(builder.build_from_provider(credentials).await, ByRole).await
    }

    async fn of_agent(&self, provider: Provider) -> Outcome {
        let config = self.config.clone().with_http_client(connector::http_client(self.providers.direct.clone()));
        if matches!(provider, Container) {
            if let Some(token_file) = variable(self.world, metadata::TOKEN_FILE) {
                readable(&token_file).map_err(|cause| failure(Container, &cause))?;
            }
            return match metadata::container(self.world, &config) {
                Ok(agent) => ask(agent, Container).await,
                Err(reason) => Ok(Err(reason)),
            };
        }
        Ok(match metadata::instance(self.world, &self.profile, &config)? {
            // Nobody set it up: that it does not answer is no failure.
            Ok(agent) => agent.provide_credentials().await.map_err(|e| causes(&e)),
            Err(reason) => Err(reason),
        })
    }
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_initial_backoff(Duration::from_millis(50))
}

/// Asks a provider that is set up.
async fn ask(provider: impl ProvideCredentials, name: Provider) -> Outcome {
    provider.provide_credentials().await.map(Ok).map_err(|e| failure(name, &causes(&e)))
}

/// AWS's providers do not say which file they miss.
fn readable(token_file: &str) -> Result<(), String> {
    std::fs::File::open(token_file).map(drop).map_err(|e| format!("the token file {token_file:?} cannot be read: {e}"))
}

fn failure(provider: Provider, cause: &str) -> Error {
    let message = format!("Error when retrieving credentials from {}: {cause}", provider.name());
    Error::new(ErrorKind::CredentialRetrieval, message)
}

fn none_found(reasons: &[(Vec<&str>, String)], unreadable: &[String]) -> Error {
    let mut told: Vec<String> =
        reasons.iter().map(|(names, reason)| format!("{}: {reason}", names.join(", "))).collect();
    told.extend(unreadable.iter().map(|file| format!("cannot be opened: {file}")));
    let cure = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with AWS_PROFILE, or pass the keys to the client";
    Error::new(ErrorKind::NoCredentials, format!("Unable to locate credentials ({}); {cure}", told.join("; ")))
}

/// The causes of the error, in one line and without secrets. Its own text says no more than that there are some.
fn causes(error: &CredentialsError) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut source: Option<&dyn StdError> = error.source().or(Some(error));
    while let Some(cause) = source {
        let text = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if !causes.last().is_some_and(|last| last.ends_with(&text)) {
            causes.push(text);
        }
        source = cause.source();
    }
    redact::message(&causes.join(": "))
}
