//! Where credentials are looked for, in botocore's order; and why each of the providers had none.

use std::pin::pin;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use aws_credential_types::Credentials;
use aws_types::SdkConfig;
use aws_types::region::Region;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::config::options::Options;
use crate::config::profile::{File, Profile};
use crate::config::resolve::{Config, configured_url};
use crate::config::setting_resolver::SettingResolver;
use crate::config::sso_session::Session;
use crate::credentials::providers::assume_role::{self, Role, SourceCredentials};
use crate::credentials::providers::container;
use crate::credentials::providers::imds;
use crate::credentials::providers::login;
use crate::credentials::providers::mfa::{self, MfaCodes, MfaDevice};
use crate::credentials::providers::process::{self, Style};
use crate::credentials::providers::sso;
use crate::credentials::providers::sts;
use crate::credentials::smithy_http::{Failed, sdk_config};
use crate::credentials::static_credentials::{self, fresh};
use crate::error::kinds::{Error, ErrorKind};
use crate::error::panics::caught_as;
use crate::http::proxy::Proxies;
use crate::http::transport::Network;
use crate::runtime::environment::Environment;
use crate::schema::generated::options::OptionNames;

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
    process: Style,
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
    ConfigFile, Container, CredentialsFile, Environment as ByEnvironment, Instance, Login, Process, Role as ByRole,
    Sso, WebIdentity,
};

const ORDER: [Provider; 10] =
    [ByEnvironment, ByRole, WebIdentity, Sso, CredentialsFile, Login, Process, ConfigFile, Container, Instance];
/// Those that find the credentials that a role is assumed with.
const ORDER_OF_SOURCE: [Provider; 6] = [WebIdentity, Sso, CredentialsFile, Login, Process, ConfigFile];

impl Provider {
    /// The name that botocore gives it.
    fn name(self) -> &'static str {
        match self {
            ByEnvironment => static_credentials::ENVIRONMENT,
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
        let direct = Network::new(network.tls.clone(), Proxies::default(), network.socket);
        Providers {
            profile: config.profile.clone(),
            in_code: options.profile.is_some(),
            ignore_configured_endpoint_urls: options.ignore_configured_endpoint_urls,
            region: config.credentials_region.clone().map(Region::new),
            use_fips: config.use_fips,
            use_dual_stack: config.use_dual_stack,
            process: if options.process_in_shell.unwrap_or_default() { Style::Shell } else { Style::Words },
            network,
            direct: Arc::new(direct),
        }
    }

    /// Asks one provider after the other. One that is set up and fails ends the search: to go on would find the keys of
    /// somebody else.
    pub(crate) async fn load(&self, env: &Environment) -> Result<Credentials, Error> {
        Box::pin(self.search(env, &MfaCodes::default())).await
    }

    /// The same with codes of devices; where another one is needed, its device.
    pub(crate) async fn load_with(
        &self,
        env: &Environment,
        codes: MfaCodes,
    ) -> Result<Result<Credentials, MfaDevice>, Error> {
        let found = Box::pin(self.search(env, &codes)).await;
        match (found, codes.missing()) {
            (Err(_), Some(device)) => Ok(Err(device)),
            (found, _) => found.map(Ok),
        }
    }

    async fn search(&self, env: &Environment, codes: &MfaCodes) -> Result<Credentials, Error> {
        if let Some(credentials) = self.of_environment(env)? {
            return fresh(credentials, ByEnvironment.name(), env);
        }
        let profile = Profile::load_apart(env, self.profile.as_deref()).await?;
        let search = Search::new(self, env, profile, codes);
        let mut reasons: Vec<(Vec<&str>, String)> = Vec::new();
        for provider in ORDER {
            // AWS's clients log the responses that they get, credentials and all.
            let asked = search.ask(provider).with_subscriber(NoSubscriber::default());
            match guarded(provider, asked).await? {
                Ok(credentials) => return fresh(credentials, provider.name(), env),
                Err(reason) => match reasons.iter_mut().find(|(_, known)| *known == reason) {
                    Some((names, _)) => names.push(provider.name()),
                    None => reasons.push((vec![provider.name()], reason)),
                },
            }
        }
        Err(none_found(&reasons, search.profile.unreadable()))
    }

    /// Those that no file and no network is needed for.
    pub(crate) fn of_environment(&self, env: &Environment) -> Result<Option<Credentials>, Error> {
        if self.in_code { Ok(None) } else { static_credentials::of_environment(env) }
    }
}

/// One search through the providers.
struct Search<'s> {
    providers: &'s Providers,
    env: &'s Environment,
    profile: Profile,
    codes: &'s MfaCodes,
    /// Of each service, or why its endpoint is not known: that matters only where the service is asked.
    sts: Result<SdkConfig, Error>,
    sso: Result<(SdkConfig, sso::Urls), Error>,
    login: Result<SdkConfig, Error>,
}

impl<'s> Search<'s> {
    fn new(providers: &'s Providers, env: &'s Environment, profile: Profile, codes: &'s MfaCodes) -> Search<'s> {
        let chain = SettingResolver::new(env, profile, OptionNames::default());
        let url = |service| {
            let found = configured_url(service, providers.ignore_configured_endpoint_urls, &chain)?;
            Ok::<_, Error>(found.map(|(url, _)| url))
        };
        let config = |urls: &[&Option<String>]| {
            // AWS's clients refuse these together with a URL.
            let has_variants = urls.iter().all(|url| url.is_none());
            sdk_config(providers.network.clone(), env, providers.region.clone())
                .use_fips(providers.use_fips && has_variants)
                .use_dual_stack(providers.use_dual_stack && has_variants)
        };
        let at = |url: Option<String>| {
            let mut config = config(&[&url]);
            config.set_endpoint_url(url);
            config.build()
        };
        let (sts, login) = (url("STS").map(at), url("Signin").map(at));
        let sso = url("SSO").and_then(|portal| {
            let urls = sso::Urls { portal, tokens: url("SSO OIDC")? };
            Ok((config(&[&urls.portal, &urls.tokens]).build(), urls))
        });
        Search { providers, env, codes, sts, login, sso, profile: chain.profile }
    }

    async fn ask(&self, provider: Provider) -> Outcome {
        match provider {
            ByEnvironment if self.providers.in_code => Ok(Err("skipped: a profile was set in code".to_owned())),
            // It was asked before any file was read.
            ByEnvironment => Ok(Err("AWS_ACCESS_KEY_ID is not set".to_owned())),
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
                Some(identity) => {
                    settled(WebIdentity, sts::with_web_identity(known(&self.sts)?, identity, WebIdentity.name()).await)
                }
                None => Ok(Err("AWS_WEB_IDENTITY_TOKEN_FILE and web_identity_token_file are not set".to_owned())),
            },
            Sso => match Session::of(&profile)? {
                Some(session) => self.sso(session).await,
                None => Ok(Err(missing("sso_account_id"))),
            },
            CredentialsFile => {
                Ok(static_credentials::of_file(&profile, File::Credentials)?
                    .ok_or_else(|| missing("aws_access_key_id")))
            }
            ConfigFile => {
                Ok(static_credentials::of_file(&profile, File::Config)?.ok_or_else(|| missing("aws_access_key_id")))
            }
            Login => match profile.get("login_session") {
                Some(session) => {
                    settled(Login, login::credentials(known(&self.login)?, &session, self.env, Login.name()).await)
                }
                None => Ok(Err(missing("login_session"))),
            },
            _ => match profile.get("credential_process") {
                Some(command) => {
                    let style = self.providers.process;
                    settled(
                        Process,
                        process::credentials(command, style, self.env, Process.name()).await.map_err(Failed::from),
                    )
                }
                None => Ok(Err(missing("credential_process"))),
            },
        }
    }

    fn web_identity(&self, profile: &Profile, environment_counts: bool) -> Result<Option<sts::WebIdentity>, Error> {
        let given = |name: &str, key: &str| {
            let of_environment = environment_counts.then(|| self.env.variable(name)).flatten();
            of_environment.or_else(|| profile.get(key))
        };
        let Some(token_file) = given("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file") else { return Ok(None) };
        let role_arn = given("AWS_ROLE_ARN", "role_arn").ok_or_else(|| {
            let message = "The provided profile or the current environment is configured to assume role with web identity \
                           but has no role ARN configured. Ensure that the profile has the role_arnconfiguration set or \
                           the AWS_ROLE_ARN env var is set.";
            Error::new(ErrorKind::InvalidConfig, message.to_owned())
        })?;
        let session_name = given("AWS_ROLE_SESSION_NAME", "role_session_name").unwrap_or_else(|| self.session_name());
        Ok(Some(sts::WebIdentity { token_file, role_arn, session_name }))
    }

    fn session_name(&self) -> String {
        let since_epoch = (self.env.now)().duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("chimeline-session-{}", since_epoch.as_secs())
    }

    async fn sso(&self, session: Session) -> Outcome {
        let (config, urls) = known(&self.sso)?;
        let found = sso::credentials(config, urls, session, self.env, Sso.name()).await;
        found.map(Ok).map_err(|Failed { kind, cause }| {
            let cure = match kind {
                ErrorKind::CredentialRetrieval => {
                    format!("; `aws sso login --profile {}` opens a new session", self.profile.name)
                }
                _ => String::new(),
            };
            of_kind(kind, Sso, &(cause + &cure))
        })
    }

    async fn by_role(&self) -> Outcome {
        if !assume_role::names_role(&self.profile, &self.profile.name) {
            return Ok(Err(format!("profile {:?} has no role_arn", self.profile.name)));
        }
        let (mut roles, base) = assume_role::chain(&self.profile)?;
        let mut cached = None;
        for (i, role) in roles.iter().enumerate() {
            if let Some(credentials) = mfa::cached(role, self.env, ByRole.name()).await {
                cached = Some((i, credentials));
                break;
            }
        }
        // Those behind it, and what they are assumed with, are not needed.
        roles.truncate(cached.as_ref().map_or(roles.len(), |(i, _)| *i));
        for role in roles.iter().rev() {
            if role.mfa_serial.as_ref().is_some_and(|serial| self.codes.of(&role.profile, serial).is_none()) {
                return Err(assume_role::no_code(&role.profile));
            }
        }
        let mut credentials = match cached {
            Some((_, credentials)) => credentials,
            None => self.base(&base).await?,
        };
        for role in roles.into_iter().rev() {
            credentials = match self.assume(role, credentials).await? {
                Ok(credentials) => credentials,
                Err(reason) => return Ok(Err(reason)),
            };
        }
        Ok(Ok(credentials))
    }

    /// What the last role of a chain is assumed with.
    async fn base(&self, base: &SourceCredentials) -> Result<Credentials, Error> {
        match base {
            SourceCredentials::Profile(name) => {
                for provider in ORDER_OF_SOURCE {
                    if let Ok(credentials) = self.of_profile(provider, name, false).await? {
                        return Ok(credentials);
                    }
                }
                let message = format!("The source profile \"{name}\" must have credentials.");
                Err(Error::new(ErrorKind::InvalidConfig, message))
            }
            SourceCredentials::Source(source) => {
                let found = match source.as_str() {
                    assume_role::ENVIRONMENT => static_credentials::of_environment(self.env)?.ok_or_else(String::new),
                    assume_role::CONTAINER => self.of_agent(Container).await?,
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
        let name = role.session_name.clone().unwrap_or_else(|| self.session_name());
        let code = role.mfa_serial.as_ref().and_then(|serial| self.codes.of(&role.profile, serial));
        let code = code.map(str::to_owned);
        let assumed = sts::assume(known(&self.sts)?, role.clone(), code, name, credentials, ByRole.name()).await;
        if let Ok(credentials) = &assumed {
            mfa::cache(&role, self.env, credentials).await;
        }
        settled(ByRole, assumed)
    }

    async fn of_agent(&self, provider: Provider) -> Outcome {
        let network = &self.providers.direct;
        if matches!(provider, Container) {
            return match container::credentials(network, self.env, Container.name()).await {
                Ok(credentials) => Ok(Ok(credentials)),
                Err(container::None::NotSetUp(reason)) => Ok(Err(reason)),
                Err(container::None::Failed(cause)) => Err(failure(Container, &cause)),
            };
        }
        match imds::Service::of(self.env, &self.profile)? {
            Ok(service) => service.credentials(network, self.env, Instance.name()).await,
            Err(reason) => Ok(Err(reason)),
        }
    }
}

/// What is known, or the error for it not being known.
fn known<T>(made: &Result<T, Error>) -> Result<&T, Error> {
    made.as_ref().map_err(|error| Error::new(error.kind(), error.message().to_owned()))
}

/// What a provider that is set up gave: that it failed ends the search.
fn settled(provider: Provider, outcome: Result<Credentials, Failed>) -> Outcome {
    outcome.map(Ok).map_err(|failed| of_kind(failed.kind, provider, &failed.cause))
}

/// The outcome of a provider, where a panic inside it is an error that names it: a library's must not end the load.
async fn guarded(provider: Provider, asked: impl Future<Output = Outcome>) -> Outcome {
    caught_as(pin!(asked), |_| Err(failure(provider, "the library that asks it panicked"))).await
}

fn failure(provider: Provider, cause: &str) -> Error {
    of_kind(ErrorKind::CredentialRetrieval, provider, cause)
}

fn of_kind(kind: ErrorKind, provider: Provider, cause: &str) -> Error {
    Error::new(kind, format!("Error when retrieving credentials from {}: {cause}", provider.name()))
}

fn none_found(reasons: &[(Vec<&str>, String)], unreadable: &[String]) -> Error {
    let mut told: Vec<String> =
        reasons.iter().map(|(names, reason)| format!("{}: {reason}", names.join(", "))).collect();
    told.extend(unreadable.iter().map(|file| format!("cannot be opened: {file}")));
    let cure = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with AWS_PROFILE, or pass the keys to the client";
    Error::new(ErrorKind::NoCredentials, format!("Unable to locate credentials ({}); {cure}", told.join("; ")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "`tokio::test` makes a runtime of its own")]

    use super::{Outcome, WebIdentity, guarded};
    use crate::error::kinds::ErrorKind;

    #[tokio::test]
    async fn a_panic_of_a_provider_is_an_error_that_names_it() {
        let outcome: Outcome = guarded(WebIdentity, async { panic!("in a library") }).await;
        let error = outcome.expect_err("no credentials");
        assert_eq!(error.kind(), ErrorKind::CredentialRetrieval);
        assert!(
            error.to_string().contains("assume-role-with-web-identity") && !error.to_string().contains("in a"),
            "{error}"
        );
    }
}
