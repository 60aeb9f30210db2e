//! Roles that STS gives, to other credentials or to a token of a web identity.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_sdk_sts::Client;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::types;
use aws_types::SdkConfig;

use crate::credentials::providers::assume_role::Role;
use crate::credentials::smithy_http::{Failed, NoEnvironment, PathAsGiven, StatusRetries};

/// A role for the bearer of a token.
#[derive(Debug)]
pub(crate) struct WebIdentity {
    pub(crate) token_file: String,
    pub(crate) role_arn: String,
    pub(crate) session_name: String,
}

/// The shortest that an ARN may be, and in seconds a session.
const MIN_ARN: usize = 20;
const MIN_DURATION: u64 = 900;

/// Assumes the role with `credentials`.
pub(crate) async fn assume(
    config: &SdkConfig,
    role: Role,
    code: Option<String>,
    session_name: String,
    credentials: Credentials,
    provider: &'static str,
) -> Result<Credentials, Failed> {
    if role.arn.chars().count() < MIN_ARN {
        return Err(format!("role_arn is {:?}, which is no ARN of a role", role.arn).into());
    }
    let duration = role.duration.map(|duration| duration.as_secs());
    if let Some(seconds) = duration.filter(|seconds| *seconds < MIN_DURATION) {
        return Err(format!("duration_seconds is {seconds}, which must be an integer from {MIN_DURATION} on").into());
    }
    let signer = SharedCredentialsProvider::new(credentials);
    let config = config.to_builder().credentials_provider(signer).build();
    let response = client(&config)
        .assume_role()
        .role_arn(role.arn)
        .role_session_name(session_name)
        .set_external_id(role.external_id)
        .set_serial_number(role.mfa_serial)
        .set_token_code(code)
        .set_duration_seconds(duration.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)))
        .send()
        .await
        .map_err(|e| Failed::of(&e))?;
    credentials_of(response.credentials, provider)
}

/// Assumes the role with the token of a file, which is replaced from time to time.
pub(crate) async fn with_web_identity(
    config: &SdkConfig,
    identity: WebIdentity,
    provider: &'static str,
) -> Result<Credentials, Failed> {
    let WebIdentity { token_file, role_arn, session_name } = identity;
    let read = tokio::task::spawn_blocking(move || {
        let text = std::fs::read_to_string(&token_file);
        text.map_err(|e| format!("the token file {token_file:?} cannot be read: {e}")).and_then(|text| {
            if text.is_empty() { Err(format!("the token file {token_file:?} is empty")) } else { Ok(text) }
        })
    });
    let token = read.await.map_err(|e| format!("the token file was given up: {e}"))??;
    let response = client(config)
        .assume_role_with_web_identity()
        .role_arn(role_arn)
        .role_session_name(session_name)
        .web_identity_token(token)
        .send()
        .await
        .map_err(|e| Failed::of(&e))?;
    credentials_of(response.credentials, provider)
}

fn client(config: &SdkConfig) -> Client {
    // The model has it for one of the two operations only.
    let of_provider =
        AwsErrorCodeClassifier::<AssumeRoleError>::builder().transient_errors(vec!["IDPCommunicationError"]);
    let builder = aws_sdk_sts::config::Builder::from(config)
        .retry_classifier(StatusRetries)
        .retry_classifier(of_provider.build())
        .interceptor(NoEnvironment)
        .interceptor(PathAsGiven::at(config.endpoint_url()));
    Client::from_conf(builder.build())
}

fn credentials_of(given: Option<types::Credentials>, provider: &'static str) -> Result<Credentials, Failed> {
    let given = given.ok_or("the response of STS has no credentials")?;
    let expiry = given.expiration.try_into().map_err(|_| "the response of STS has no usable Expiration")?;
    let token = Some(given.session_token).filter(|token| !token.is_empty());
    Ok(Credentials::new(given.access_key_id, given.secret_access_key, token, Some(expiry), provider))
}
