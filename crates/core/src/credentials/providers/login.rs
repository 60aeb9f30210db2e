//! Credentials of a console session that a person opened with `aws login`.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_signin::types::CreateOAuth2TokenRequestBody;
use aws_smithy_types::base64;
use aws_types::SdkConfig;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Map, Value, json};

use crate::config::file_locations;
use crate::credentials::providers::document::time;
use crate::credentials::providers::sso::iso;
use crate::credentials::smithy_http::{Failed, NoEnvironment, StatusRetries};
use crate::runtime::environment::Environment;
use crate::runtime::files::{self, hex};

/// How long before their expiry the credentials of a session are refreshed.
const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_mins(5);

/// The credentials of the session of that name, an ARN.
pub(crate) async fn credentials(
    config: &SdkConfig,
    session: &str,
    env: &Environment,
    provider: &'static str,
) -> Result<Credentials, Failed> {
    let path = cache(env, session)?;
    let kept = files::read_object(&path).await?;
    let missing = |name: &str| format!("the file {} has no {name}", path.display());
    let of = |map: &Map<String, Value>, name: &str| {
        map.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| missing(name))
    };
    let token = kept.get("accessToken").and_then(Value::as_object).ok_or_else(|| missing("accessToken"))?;
    let expiry = time(&of(token, "expiresAt")?).ok_or_else(|| missing("usable expiresAt"))?;
    let now = (env.now)();
    if expiry > now + REFRESH_BEFORE_EXPIRY {
        let (id, secret) = (of(token, "accessKeyId")?, of(token, "secretAccessKey")?);
        return Ok(Credentials::new(id, secret, Some(of(token, "sessionToken")?), Some(expiry), provider));
    }
    let key = Proof::new(&of(&kept, "dpopKey")?)?;
    let request = CreateOAuth2TokenRequestBody::builder()
        .client_id(of(&kept, "clientId")?)
        .grant_type("refresh_token")
        .refresh_token(of(&kept, "refreshToken")?)
        .build()
        .map_err(|e| e.to_string())?;
    let config = aws_sdk_signin::config::Builder::from(config)
        .retry_classifier(StatusRetries)
        .interceptor(NoEnvironment)
        .build();
    let clock = env.clone();
    let response = aws_sdk_signin::Client::from_conf(config)
        .create_o_auth2_token()
        .token_input(request)
        .customize()
        // Each attempt proves anew that we hold the session's key.
        .map_request(move |mut request| {
            let proof = key.of(request.uri(), (clock.now)(), &(clock.uuid)().to_string())?;
            request.headers_mut().insert("dpop", proof);
            Ok::<_, Unproven>(request)
        })
        .send()
        .await
        .map_err(|e| Failed::of(&e).within("the session could not be refreshed"))?;
    let given = response.token_output.ok_or("the response has no credentials")?;
    let lifetime = Duration::from_secs(u64::try_from(given.expires_in).unwrap_or_default());
    let new = given.access_token.ok_or("the response has no accessToken")?;
    let expiry = now + lifetime;
    let (id, secret, session_token) = (new.access_key_id, new.secret_access_key, new.session_token);
    let mut token = token.clone();
    for (name, value) in [
        ("accessKeyId", &id),
        ("secretAccessKey", &secret),
        ("sessionToken", &session_token),
        ("expiresAt", &iso(expiry)),
    ] {
        token.insert(name.to_owned(), value.as_str().into());
    }
    let mut kept = kept.clone();
    kept.insert("accessToken".to_owned(), token.into());
    kept.insert("refreshToken".to_owned(), given.refresh_token.into());
    if let Err(cause) = files::write_object(&path, &kept).await {
        tracing::debug!(target: "chimeline", %cause, "the refreshed session was not kept");
    }
    Ok(Credentials::new(id, secret, Some(session_token), Some(expiry), provider))
}

fn cache(env: &Environment, session: &str) -> Result<PathBuf, String> {
    let folder = if let Some(folder) = env.variable("AWS_LOGIN_CACHE_DIRECTORY") {
        PathBuf::from(folder)
    } else {
        let home = file_locations::home(env).ok_or("no home folder is known: HOME is not set")?;
        PathBuf::from(home).join(".aws/login/cache")
    };
    Ok(folder.join(hex(digest(&SHA256, session.trim().as_bytes()).as_ref()) + ".json"))
}

/// The key of a session, which proves that a request is ours (RFC 9449).
struct Proof {
    key: EcdsaKeyPair,
    /// The public point, 32 bytes each.
    x: String,
    y: String,
}

/// What a proof fails of.
#[derive(Debug)]
struct Unproven;

impl std::fmt::Display for Unproven {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the request cannot be signed with the session's dpopKey")
    }
}

impl std::error::Error for Unproven {}

impl Proof {
    /// Of an EC private key for P-256 in PEM (RFC 5915).
    fn new(pem: &str) -> Result<Proof, String> {
        let wrong = || "the session's dpopKey is no P-256 key in PEM".to_owned();
        let text: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
        let der = base64::decode(text).map_err(|_| wrong())?;
        // The version, then the private key as an octet string; last the public point, uncompressed.
        let private = der.get(5..39).and_then(|der| der.strip_prefix(&[4, 32])).ok_or_else(wrong)?;
        let public = der.len().checked_sub(65).and_then(|at| der.get(at..)).ok_or_else(wrong)?;
        let (x, y) = (public.get(1..33).ok_or_else(wrong)?, public.get(33..).ok_or_else(wrong)?);
        let rng = SystemRandom::new();
        let key =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, private, public, &rng)
                .map_err(|_| wrong())?;
        Ok(Proof { key, x: url_safe(x), y: url_safe(y) })
    }

    fn of(&self, url: &str, now: SystemTime, id: &str) -> Result<String, Unproven> {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| Unproven)?.as_secs();
        let point = json!({"kty": "EC", "x": self.x, "y": self.y, "crv": "P-256"});
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": point}).to_string();
        let claims = json!({"jti": id, "htm": "POST", "htu": url, "iat": since}).to_string();
        let message = format!("{}.{}", url_safe(header.as_bytes()), url_safe(claims.as_bytes()));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).map_err(|_| Unproven)?;
        Ok(format!("{message}.{}", url_safe(signature.as_ref())))
    }
}

fn url_safe(bytes: &[u8]) -> String {
    base64::encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use aws_smithy_types::base64;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::Proof;

    /// Of AWS's own documentation.
    const KEY: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIFDZHUzOG1Pzq+6F0mjMlOSp1syN9LRPBuHMoCFXTcXhoAoGCCqGSM49\n\
                       AwEHoUQDQgAE9qhj+KtcdHj1kVgwxWWWw++tqoh7H7UHs7oXh8jBbgF47rrYGC+t\n\
                       djiIaHK3dBvvdE7MGj5HsepzLm3Kj91bqA==\n-----END EC PRIVATE KEY-----\n";

    #[test]
    fn a_proof_is_signed_with_the_key_of_the_session() {
        let proof = Proof::new(KEY).expect("a key");
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let text = proof.of("https://us-east-1.signin.aws.amazon.com/v1/token", now, "id").expect("a proof");
        let (message, signature) = text.rsplit_once('.').expect("a signature");
        let decode = |text: &str| {
            let padded = text.replace('-', "+").replace('_', "/") + &"=".repeat((4 - text.len() % 4) % 4);
            base64::decode(padded).expect("base64")
        };
        let public = [&[4][..], &decode(&proof.x), &decode(&proof.y)].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public);
        key.verify(message.as_bytes(), &decode(signature)).expect("a signature of the key");
        let claims = decode(message.split_once('.').expect("claims").1);
        let expected =
            r#"{"jti":"id","htm":"POST","htu":"https://us-east-1.signin.aws.amazon.com/v1/token","iat":1800000000}"#;
        assert_eq!(String::from_utf8(claims).expect("JSON"), expected);
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        for text in ["", "K", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----"] {
            assert!(Proof::new(text).is_err(), "{text}");
        }
    }
}
