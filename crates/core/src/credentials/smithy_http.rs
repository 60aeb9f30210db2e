//! What the clients of AWS's other services (STS, IAM Identity Center, Sign-In) use: the HTTP client, the clock and the waits
//! are those of the service's traffic, and of the process's environment they read nothing.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, SystemTime};

use aws_runtime::user_agent::{ApiMetadata, AwsUserAgent};
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, SensitiveOutput};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use aws_types::os_shim_internal::Env;
use aws_types::region::Region;
use aws_types::sdk_config::{Builder, SdkConfig};
use http::Method;

use crate::config::options::Options;
use crate::credentials::providers::document::one_line;
use crate::error::kinds::{Error, ErrorKind};
use crate::error::response::RawResponse;
use crate::http::cause::chain;
use crate::http::transport::{Network, Request, host_of};
use crate::redact;
use crate::runtime::builder;
use crate::runtime::environment::Environment;

/// The configuration of such clients, but for the endpoint.
pub(crate) fn sdk_config(network: Arc<Network>, env: &Environment, region: Option<Region>) -> Builder {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client(network))
        .sleep_impl(Timer(env.clone()))
        .time_source(Timer(env.clone()))
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)))
        .region(region)
}

/// Keeps a client from reading the process's environment, which the host may write at any time.
#[derive(Debug)]
pub(crate) struct NoEnvironment;

#[dyn_dispatch_hint]
impl Intercept for NoEnvironment {
    fn name(&self) -> &'static str {
        "NoEnvironment"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let api = settings.load::<ApiMetadata>().cloned().unwrap_or_else(|| ApiMetadata::new("credentials", "1"));
        let state = settings.interceptor_state();
        state.store_put(AwsUserAgent::new_from_environment(Env::from_slice(&[]), api));
        // Its log, for which it would look for a variable at each response, reaches nobody.
        state.unset::<SensitiveOutput>();
        Ok(())
    }

    /// AWS's own interceptor, which cannot be taken out, looks for Lambda's trace unless the request has one.
    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert(TRACE, "none");
        Ok(())
    }

    /// A trace is not signed, so that it can go again.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().remove(TRACE);
        Ok(())
    }
}

const TRACE: &str = "x-amzn-trace-id";

/// Has a client try again for the statuses that may go better the next time, whatever the body says.
#[derive(Debug)]
pub(crate) struct StatusRetries;

impl ClassifyRetry for StatusRetries {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(|response| response.status().as_u16()) {
            Some(429) => RetryAction::throttling_error(),
            Some(500 | 502 | 503 | 504) => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "StatusRetries"
    }
}

/// Why a provider that is set up has no credentials.
#[derive(Debug)]
pub(crate) struct Failed {
    /// What its error is: that of a connection, where it comes to that.
    pub(crate) kind: ErrorKind,
    pub(crate) cause: String,
}

impl From<String> for Failed {
    fn from(cause: String) -> Failed {
        Failed { kind: ErrorKind::CredentialRetrieval, cause }
    }
}

impl From<&str> for Failed {
    fn from(cause: &str) -> Failed {
        Failed::from(cause.to_owned())
    }
}

impl Failed {
    /// The failure of a client's request.
    pub(crate) fn of(error: &(dyn StdError + 'static)) -> Failed {
        let of_connection = chain(error)
            .filter_map(<dyn StdError>::downcast_ref::<Error>)
            .map(Error::kind)
            .find(|kind| kind.is_transient() || *kind == ErrorKind::Ssl);
        Failed { kind: of_connection.unwrap_or(ErrorKind::CredentialRetrieval), cause: causes(error) }
    }

    /// The same, with what was done in front of the cause.
    pub(crate) fn within(self, what: &str) -> Failed {
        Failed { cause: format!("{what}: {}", self.cause), ..self }
    }
}

/// Keeps the path of an endpoint as it was given: a client adds a slash to it.
#[derive(Debug)]
pub(crate) struct PathAsGiven {
    has_slash: bool,
}

impl PathAsGiven {
    /// For clients at this endpoint.
    pub(crate) fn at(endpoint: Option<&str>) -> PathAsGiven {
        let path = endpoint.and_then(|url| url.split_once("://")).and_then(|(_, rest)| rest.split_once('/'));
        PathAsGiven { has_slash: path.is_none_or(|(_, path)| path.is_empty() || path.ends_with('/')) }
    }
}

#[dyn_dispatch_hint]
impl Intercept for PathAsGiven {
    fn name(&self) -> &'static str {
        "PathAsGiven"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.has_slash {
            return Ok(());
        }
        let request = context.request_mut();
        let url = request.uri().strip_suffix('/').map(str::to_owned);
        url.map_or(Ok(()), |url| request.set_uri(url)).map_err(Into::into)
    }
}

/// Has libraries read what they take from the process's own environment, and keep: tokio, and AWS's clients where their endpoints
/// are. To be called on a thread of the host while no other may write the environment, before a client is made that looks for
/// credentials: else the first use of theirs would read it, on the I/O thread.
pub fn read_process_environment(options: &Options) {
    static READ: Once = Once::new();
    builder::prepare();
    if !options.finds_credentials() {
        return;
    }
    READ.call_once(|| {
        // The panic of one whose variable names no file of endpoints comes again where that service is asked.
        let read: [fn(); 4] = [
            || drop(aws_sdk_sts::config::endpoint::DefaultResolver::new()),
            || drop(aws_sdk_sso::config::endpoint::DefaultResolver::new()),
            || drop(aws_sdk_ssooidc::config::endpoint::DefaultResolver::new()),
            || drop(aws_sdk_signin::config::endpoint::DefaultResolver::new()),
        ];
        for read in read {
            drop(catch_unwind(read));
        }
    });
}

/// The causes of a client's error, in one line and without secrets. Its own text says no more than that there are some.
pub(crate) fn causes(error: &dyn StdError) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut source: Option<&dyn StdError> = Some(error);
    while let Some(cause) = source {
        let text = one_line(&cause.to_string());
        if !causes.last().is_some_and(|last| last.ends_with(&text)) {
            causes.push(text);
        }
        source = cause.source();
    }
    redact::message(&causes.join(": "))
}

/// A client over `network`, within the limits that each provider asks for.
fn http_client(network: Arc<Network>) -> SharedHttpClient {
    http_client_fn(move |settings, _| {
        SharedHttpConnector::new(Connector { network: network.clone(), limit: limit(settings) })
    })
    .into_shared()
}

/// The time for a whole exchange, where a provider limits both of its parts.
fn limit(settings: &HttpConnectorSettings) -> Option<Duration> {
    Some(settings.connect_timeout()? + settings.read_timeout()?)
}

#[derive(Clone, Debug)]
struct Connector {
    network: Arc<Network>,
    limit: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Connector { network, limit } = self.clone();
        HttpConnectorFuture::new(async move {
            let sending = send(&network, request);
            match limit {
                None => sending.await,
                Some(limit) => tokio::time::timeout(limit, sending).await.unwrap_or_else(|_| {
                    let message = format!("no answer within {} s", limit.as_secs_f64());
                    Err(ConnectorError::timeout(Box::new(Error::new(ErrorKind::ReadTimeout, message))))
                }),
            }
        })
    }
}

/// The most bytes that a response may have.
const MAX_LENGTH: usize = 1 << 20;

/// One exchange of our own with an agent, within `limit`.
pub(crate) async fn exchange(network: &Network, request: Request, limit: Duration) -> Result<RawResponse, Error> {
    let http = network.client(&request.url, 0).await?;
    let host = host_of(&request.url);
    let exchange = network.exchange(&http, request, MAX_LENGTH);
    tokio::time::timeout(limit, exchange).await.unwrap_or_else(|_| {
        let message = format!("no response of {host} within {} s", limit.as_secs_f64());
        Err(Error::new(ErrorKind::ReadTimeout, message))
    })
}

async fn send(network: &Network, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let user = |e: &dyn fmt::Display| ConnectorError::user(e.to_string().into());
    let request = request.try_into_http1x().map_err(|e| user(&e))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().map(bytes::Bytes::copy_from_slice).ok_or_else(|| user(&"a streaming body"))?;
    let url = reqwest::Url::parse(&parts.uri.to_string()).map_err(|e| user(&e))?;
    // Made when first needed, and without idle connections: a connection lives on the runtime that made it, and the
    // next refresh may be on another.
    let http = network.client(&url, 0).await.map_err(|e| user(&e))?;
    let body = (parts.method != Method::GET).then_some(body);
    let sent = Request { method: parts.method, url, headers: parts.headers, body };
    let answer = network.exchange(&http, sent, MAX_LENGTH).await.map_err(|e| match e.kind() {
        kind if kind.is_timeout() => ConnectorError::timeout(Box::new(e)),
        _ => ConnectorError::io(Box::new(e)),
    })?;
    let mut response = http::Response::new(SdkBody::from(answer.body));
    *response.status_mut() = http::StatusCode::from_u16(answer.status).map_err(|e| user(&e))?;
    *response.headers_mut() = answer.headers;
    response.try_into().map_err(|e| user(&e))
}

/// The clock and the waits of the client's environment.
struct Timer(Environment);

impl TimeSource for Timer {
    fn now(&self) -> SystemTime {
        (self.0.now)()
    }
}

impl AsyncSleep for Timer {
    fn sleep(&self, length: Duration) -> Sleep {
        // The lock, which nobody else can hold, makes of a future that may move between threads one that they may share.
        let mut wait = Mutex::new((self.0.sleep)(length));
        Sleep::new(poll_fn(move |context| {
            wait.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(context)
        }))
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timer")
    }
}
