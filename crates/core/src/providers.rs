//! Where credentials are looked for, in botocore's order, with AWS's own providers; and why each of them had none.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::TimeSource;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::chain::wrong;
use crate::config::{Config, Options};
use crate::connector;
use crate::error::{Error, ErrorKind};
use crate::profile::{File, Profile};
use crate::timestamp::Timestamp;
use crate::transport::Network;
use crate::world::World;

/// The providers of one client. Nothing of a load outlives it, so that a new login, key or role is seen by the next.
#[derive(Debug)]
pub(crate) struct Providers {
    /// The profile that was asked for by name.
    profile: Option<String>,
    /// Whether the code asked. Then the environment's keys and web identity do not count.
    in_code: bool,
    region: Option<Region>,
    use_fips: bool,
    use_dual_stack: bool,
    network: Arc<Network>,
}

/// Credentials, or why a provider that is not set up has none.
type Outcome = Result<Result<Credentials, String>, Error>;

/// The places in the order of botocore.
#[derive(Clone, Copy, Debug)]
enum Place {
    Environment,
    Role,
    WebIdentity,
    Session,
    CredentialsFile,
    Process,
    ConfigFile,
    Container,
    Instance,
}

const ORDER: [Place; 9] = [
    Place::Environment,
    Place::Role,
    Place::WebIdentity,
    Place::Session,
    Place::CredentialsFile,
    Place::Process,
    Place::ConfigFile,
    Place::Container,
    Place::Instance,
];

impl Providers {
    pub(crate) fn new(options: &Options, config: &Config, network: Arc<Network>) -> Providers {
        Providers {
            profile: config.profile.clone(),
            in_code: options.profile.is_some(),
            region: config.credentials_region.clone().map(Region::new),
            use_fips: config.use_fips,
            use_dual_stack: config.use_dual_stack,
            network,
        }
    }

    /// Asks one provider after the other. One that is set up and fails ends the search: to go on would find the keys of
    /// somebody else.
    pub(crate) async fn load(&self, world: &World) -> Result<Credentials, Error> {
        let profile = Profile::load(world, self.profile.as_deref())?;
        let search = Search { providers: self, world, profile, config: self.config(world) };
        let mut reasons = Vec::new();
        for place in ORDER {
            // AWS's providers log the answers that they get, keys and all.
            match search.ask(place).with_subscriber(NoSubscriber::default()).await? {
                Ok(credentials) => return Ok(credentials),
                Err(reason) => reasons.push(format!("{}: {reason}", search.name(place))),
            }
        }
        // Several places are of the profile, which has one reason for all.
        reasons.dedup();
        Err(none_found(&reasons))
    }

    fn config(&self, world: &World) -> ProviderConfig {
        let has_url = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO"]
            .iter()
            .any(|name| variable(world, name).is_some());
        ProviderConfig::empty()
            .with_http_client(connector::http_client(self.network.clone()))
            .with_sleep_impl(TokioSleep::new())
            .with_time_source(Clock(world.clone()))
            .with_retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)))
            .with_region(self.region.clone())
            // AWS's clients refuse these together with a URL.
            .with_use_fips(Some(self.use_fips && !has_url))
            .with_use_dual_stack(Some(self.use_dual_stack && !has_url))
    }
}

/// One search through the places.
struct Search<'s> {
    providers: &'s Providers,
    world: &'s World,
    profile: Profile,
    config: ProviderConfig,
}

impl Search<'_> {
    fn name(&self, place: Place) -> String {
        match place {
            Place::Environment => "environment".to_owned(),
            Place::WebIdentity => "web identity".to_owned(),
            Place::Role | Place::Session | Place::CredentialsFile | Place::Process | Place::ConfigFile => {
                format!("profile {:?}", self.profile.name)
            }
            Place::Container => "container".to_owned(),
            Place::Instance => "instance metadata".to_owned(),
        }
    }

    async fn ask(&self, place: Place) -> Outcome {
        match place {
            Place::Environment | Place::WebIdentity if self.providers.in_code => {
                Ok(Err("passed over, for the code names a profile".to_owned()))
            }
            Place::Environment => match environment(self.world)? {
                Some(credentials) => Ok(Ok(credentials)),
                None => Ok(Err("AWS_ACCESS_KEY_ID is not set".to_owned())),
            },
            Place::Role if self.has("role_arn") && !self.has("web_identity_token_file") => self.by_profile().await,
            Place::WebIdentity => self.web_identity().await,
            Place::Session if SESSIONS.iter().any(|key| self.has(key)) => self.by_profile().await,
            Place::CredentialsFile => self.keys(File::Credentials),
            Place::Process if self.has("credential_process") => self.by_profile().await,
            Place::ConfigFile => self.keys(File::Config),
            Place::Role | Place::Session | Place::Process => Ok(Err(self.nothing_in_profile())),
            Place::Container => self.container().await,
            Place::Instance => self.instance().await,
        }
    }

    fn has(&self, key: &str) -> bool {
        self.profile.get(key).is_some()
    }

    fn nothing_in_profile(&self) -> String {
        if self.profile.exists() {
            "it has no keys and names no role, web identity, SSO session, login or process".to_owned()
        } else {
            "the shared config files have no such profile".to_owned()
        }
    }

    /// The keys that stand in one of the files.
    fn keys(&self, file: File) -> Outcome {
        let profile = Profile::of_file(self.world, self.providers.profile.as_deref(), file)?;
        let named = |key| profile.get(key).filter(|value| !value.is_empty());
        let Some(id) = named("aws_access_key_id") else { return Ok(Err(self.nothing_in_profile())) };
        let place = match file {
            File::Credentials => "shared-credentials-file",
            File::Config => "config-file",
        };
        let secret = named("aws_secret_access_key").ok_or_else(|| partial(place, "aws_secret_access_key"))?;
        let token = named("aws_security_token").or_else(|| named("aws_session_token"));
        Ok(Ok(Credentials::new(id, secret, token, None, place)))
    }

    /// What the profile names: a role, a web identity, a session or a process.
    async fn by_profile(&self) -> Outcome {
        let name = self.name(Place::Role);
        self.refuse_mfa()?;
        let mut builder = ProfileFileCredentialsProvider::builder()
            .configure(&self.config)
            .profile_name(&self.profile.name)
            .with_custom_provider("Ec2InstanceMetadata", self.imds()?);
        if let Some(credentials) = environment(self.world)? {
            builder = builder.with_custom_provider("Environment", credentials);
        }
        let found = builder.build().provide_credentials().await.map_err(|e| failure(&name, &e))?;
        // Others are fresh whatever our clock says.
        if self.has("credential_process") && found.expiry().is_some_and(|end| end <= (self.world.now)()) {
            return Err(expired(&name));
        }
        Ok(Ok(found))
    }

    /// Nobody is there to be asked for a code.
    fn refuse_mfa(&self) -> Result<(), Error> {
        let mut name = Some(self.profile.name.clone());
        let mut seen = Vec::new();
        while let Some(current) = name.take().filter(|name| !seen.contains(name)) {
            if self.profile.of(&current, "mfa_serial").is_some() && self.profile.of(&current, "role_arn").is_some() {
                let cure = "give temporary keys of that role, or name a credential_process";
                let message =
                    format!("profile {current:?} has an mfa_serial, and no code can be asked for here; {cure}");
                return Err(Error::new(ErrorKind::CredentialRetrieval, retrieving(&message)));
            }
            name = self.profile.of(&current, "source_profile");
            seen.push(current);
        }
        Ok(())
    }

    async fn web_identity(&self) -> Outcome {
        let (file, role) = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN");
        let Some(token_file) = variable(self.world, file) else { return Ok(Err(format!("{file} is not set"))) };
        let role = variable(self.world, role).or_else(|| self.profile.get("role_arn")).ok_or_else(|| {
            let message = format!("{file} is set, but neither {role} nor the profile's role_arn is");
            Error::new(ErrorKind::InvalidConfig, message)
        })?;
        let session = variable(self.world, "AWS_ROLE_SESSION_NAME").or_else(|| self.profile.get("role_session_name"));
        let since_1970 = (self.world.now)().duration_since(UNIX_EPOCH).unwrap_or_default();
        let configuration = StaticConfiguration {
            web_identity_token_file: token_file.into(),
            role_arn: role,
            session_name: session.unwrap_or_else(|| format!("chimeline-session-{}", since_1970.as_secs())),
        };
        let provider = WebIdentityTokenCredentialsProvider::builder()
            .configure(&self.config)
            .static_configuration(configuration)
            .build();
        provider.provide_credentials().await.map(Ok).map_err(|e| failure(&self.name(Place::WebIdentity), &e))
    }

    async fn container(&self) -> Outcome {
        let names = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
        if names.iter().all(|name| variable(self.world, name).is_none()) {
            return Ok(Err(format!("neither {} nor {} is set", names[0], names[1])));
        }
        let provider = EcsCredentialsProvider::builder().configure(&self.config).build();
        provider.provide_credentials().await.map(Ok).map_err(|e| failure(&self.name(Place::Container), &e))
    }

    /// The last resort, which is set up by nobody: that it does not answer is no failure.
    async fn instance(&self) -> Outcome {
        let disabled = "AWS_EC2_METADATA_DISABLED";
        if variable(self.world, disabled).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Err(format!("{disabled} is true")));
        }
        Ok(self.imds()?.provide_credentials().await.map_err(|e| causes(&e)))
    }

    fn imds(&self) -> Result<ImdsCredentialsProvider, Error> {
        let given = |name: &str, key: &str| {
            let of_environment = variable(self.world, name).map(|value| (name.to_owned(), value));
            of_environment.or_else(|| Some((key.to_owned(), self.profile.get(key)?)))
        };
        let mut client = imds::Client::builder().configure(&self.config);
        let mut attempts = None;
        if let Some((label, value)) = given("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts") {
            let count = value.parse().ok().filter(|count| *count > 0);
            let count: u32 = count.ok_or_else(|| wrong(&label, &value, "a whole number from 1 on"))?;
            client = client.max_attempts(count);
            attempts = Some(count);
        }
        if let Some((label, value)) = given("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout") {
            let limit = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            let limit = limit.filter(|limit| !limit.is_zero());
            let limit = limit.ok_or_else(|| wrong(&label, &value, "a number of seconds above 0"))?;
            client = client.connect_timeout(limit).read_timeout(limit).operation_attempt_timeout(limit);
            client = client.operation_timeout(limit * attempts.unwrap_or(1));
        }
        Ok(ImdsCredentialsProvider::builder().configure(&self.config).imds_client(client.build()).build())
    }
}

/// What makes a profile one of a session that a person opened, or of a web identity.
const SESSIONS: [&str; 7] = [
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "sso_region",
    "sso_account_id",
    "sso_role_name",
    "login_session",
];

/// An environment variable; an empty one is none.
fn variable(world: &World, name: &str) -> Option<String> {
    (world.variable)(name).filter(|value| !value.is_empty())
}

/// The keys of the environment.
fn environment(world: &World) -> Result<Option<Credentials>, Error> {
    let Some(id) = variable(world, "AWS_ACCESS_KEY_ID") else { return Ok(None) };
    let secret = variable(world, "AWS_SECRET_ACCESS_KEY").ok_or_else(|| partial("env", "AWS_SECRET_ACCESS_KEY"))?;
    let token = variable(world, "AWS_SECURITY_TOKEN").or_else(|| variable(world, "AWS_SESSION_TOKEN"));
    let name = "AWS_CREDENTIAL_EXPIRATION";
    let end = match variable(world, name) {
        None => None,
        Some(text) => Some(time(&text).ok_or_else(|| wrong(name, &text, "a time such as 2030-01-31T12:00:00Z"))?),
    };
    if end.is_some_and(|end| end <= (world.now)()) {
        return Err(expired("environment"));
    }
    Ok(Some(Credentials::new(id, secret, token, end, "environment")))
}

fn time(text: &str) -> Option<SystemTime> {
    let micros = Timestamp::parse(text)?.micros;
    UNIX_EPOCH.checked_add(Duration::from_micros(u64::try_from(micros).ok()?))
}

fn partial(place: &str, missing: &str) -> Error {
    let message = format!("Partial credentials found in {place}, missing: {missing}");
    Error::new(ErrorKind::PartialCredentials, message)
}

fn expired(place: &str) -> Error {
    Error::new(ErrorKind::CredentialRetrieval, retrieving(&format!("those of {place} have expired")))
}

fn none_found(reasons: &[String]) -> Error {
    let cure = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with AWS_PROFILE, or pass the keys to the client";
    let message = format!("Unable to locate credentials ({}); {cure}", reasons.join("; "));
    Error::new(ErrorKind::NoCredentials, message)
}

fn failure(place: &str, error: &CredentialsError) -> Error {
    Error::new(ErrorKind::CredentialRetrieval, retrieving(&format!("{place}: {}", causes(error))))
}

fn retrieving(what: &str) -> String {
    format!("Error when retrieving credentials: {what}")
}

/// The error and its causes, in one line.
fn causes(error: &CredentialsError) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut source: Option<&dyn StdError> = Some(error);
    while let Some(cause) = source {
        let text = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if !causes.last().is_some_and(|last| last.ends_with(&text)) {
            causes.push(text);
        }
        source = cause.source();
    }
    causes.join(": ")
}

/// The clock of the client, for AWS's providers.
struct Clock(World);

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        (self.0.now)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
