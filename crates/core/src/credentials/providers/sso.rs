//! Credentials of a role of IAM Identity Center, for the session that a person opened with `aws sso login`.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_types::SdkConfig;
use aws_types::region::Region;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Map, Value};

use crate::codec::timestamp::Timestamp;
use crate::config::file_locations;
use crate::config::sso_session::Session;
use crate::credentials::providers::document::time;
use crate::credentials::smithy_http::{Failed, NoEnvironment, StatusRetries};
use crate::runtime::environment::Environment;
use crate::runtime::files::{self, hex};

/// How long before its expiry the token of a session is refreshed.
const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_mins(5);

/// The endpoints of the two services, where settings name others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Urls {
    pub(crate) portal: Option<String>,
    pub(crate) tokens: Option<String>,
}

/// The credentials of the session's role.
pub(crate) async fn credentials(
    config: &SdkConfig,
    urls: &Urls,
    session: Session,
    env: &Environment,
    provider: &'static str,
) -> Result<Credentials, Failed> {
    let of_region = |url: &Option<String>| {
        let mut config = config.to_builder().region(Region::new(session.region.clone()));
        config.set_endpoint_url(url.clone());
        config.build()
    };
    let token = token(&of_region(&urls.tokens), &session, env).await?;
    let config = aws_sdk_sso::config::Builder::from(&of_region(&urls.portal))
        .retry_classifier(StatusRetries)
        .interceptor(NoEnvironment)
        .build();
    let response = aws_sdk_sso::Client::from_conf(config)
        .get_role_credentials()
        .role_name(session.role_name)
        .account_id(session.account_id)
        .access_token(token)
        .send()
        .await
        .map_err(|e| Failed::of(&e))?;
    let given = response.role_credentials.ok_or("the response has no roleCredentials")?;
    let part = |part: Option<String>, name: &str| part.ok_or_else(|| format!("the response has no {name}"));
    let id = part(given.access_key_id, "accessKeyId")?;
    let secret = part(given.secret_access_key, "secretAccessKey")?;
    let since = Duration::from_millis(u64::try_from(given.expiration).unwrap_or_default());
    let expiry = SystemTime::UNIX_EPOCH + since;
    let token = given.session_token.filter(|token| !token.is_empty());
    Ok(Credentials::new(id, secret, token, Some(expiry), provider))
}

/// The token of the session, refreshed where it is near its expiry and the session allows it.
async fn token(config: &SdkConfig, session: &Session, env: &Environment) -> Result<String, Failed> {
    let key = session.name.as_deref().unwrap_or(&session.start_url);
    let path = cache(env, key)?;
    let kept = files::read_object(&path).await?;
    let member = |name: &str| kept.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let missing = |name: &str| format!("the file {} has no {name}", path.display());
    let token = member("accessToken").ok_or_else(|| missing("accessToken"))?.to_owned();
    let expiry = member("expiresAt").and_then(time).ok_or_else(|| missing("usable expiresAt"))?;
    let now = (env.now)();
    if expiry > now + REFRESH_BEFORE_EXPIRY {
        return Ok(token);
    }
    let registered = member("registrationExpiresAt").and_then(time).is_some_and(|expiry| expiry > now);
    let parts = (member("clientId"), member("clientSecret"), member("refreshToken"));
    if let (Some(_), true, (Some(id), Some(secret), Some(refresh))) = (&session.name, registered, parts) {
        let config = aws_sdk_ssooidc::config::Builder::from(config)
            .retry_classifier(StatusRetries)
            .interceptor(NoEnvironment)
            .build();
        let request = aws_sdk_ssooidc::Client::from_conf(config).create_token().grant_type("refresh_token");
        let response = request.client_id(id).client_secret(secret).refresh_token(refresh).send().await;
        match response {
            Ok(given) => {
                if let Some(new) = given.access_token {
                    let lifetime = Duration::from_secs(u64::try_from(given.expires_in).unwrap_or_default());
                    keep(&path, kept.clone(), &new, given.refresh_token, now + lifetime).await;
                    return Ok(new);
                }
            }
            // The token may be good for some minutes more.
            Err(e) if expiry <= now => return Err(Failed::of(&e).within("the session could not be refreshed")),
            Err(_) => {}
        }
    }
    if expiry > now { Ok(token) } else { Err("the session has expired".into()) }
}

/// Writes the new token where AWS's other programs find it. Without it they refresh it themselves.
async fn keep(path: &Path, mut kept: Map<String, Value>, token: &str, refresh: Option<String>, expiry: SystemTime) {
    kept.insert("accessToken".to_owned(), token.into());
    if let Some(refresh) = refresh {
        kept.insert("refreshToken".to_owned(), refresh.into());
    }
    kept.insert("expiresAt".to_owned(), iso(expiry).into());
    if let Err(cause) = files::write_object(path, &kept).await {
        tracing::debug!(target: "chimeline", %cause, "the refreshed token of the session was not kept");
    }
}

/// `2030-01-31T12:00:00Z`, without fractions: other programs read it.
pub(crate) fn iso(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let micros = i64::try_from(since).unwrap_or_default().saturating_mul(1_000_000);
    Timestamp { micros, offset: Some(0) }.to_iso8601()
}

fn cache(env: &Environment, key: &str) -> Result<PathBuf, String> {
    let home = file_locations::home(env).ok_or("no home folder is known: HOME is not set")?;
    let name = hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes()).as_ref());
    Ok(PathBuf::from(home).join(".aws/sso/cache").join(name + ".json"))
}
