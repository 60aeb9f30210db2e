//! Where artifacts are written: a folder with a folder for each bucket, or an S3 endpoint.

use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use chimeline_core::StaticCredentials;
use chimeline_core::runtime::environment::Environment;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::outgoing;

/// Takes objects, in their order.
#[derive(Debug)]
pub(super) struct Sink {
    objects: Sender<Object>,
    progress: Written,
}

/// How far a sink has come, for who waits without holding it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written(Arc<(Mutex<Progress>, Condvar)>);

#[derive(Debug)]
pub(super) struct Object {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) body: Vec<u8>,
}

#[derive(Debug, Default)]
struct Progress {
    waiting: usize,
    written: usize,
    failed: usize,
    error: Option<String>,
}

/// An S3 endpoint, such as that of MinIO or moto, and what requests to it are signed with.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) url: Uri,
    pub(super) keys: StaticCredentials,
    pub(super) region: String,
    pub(super) env: Environment,
}

/// Where a sink writes to.
pub(super) enum Target {
    Folder(PathBuf),
    Endpoint(Box<Endpoint>),
}

const TIMEOUT: Duration = Duration::from_secs(10);

impl Sink {
    /// Starts the thread that writes; it ends when the sink is dropped.
    pub(super) fn start(target: Target) -> std::io::Result<Sink> {
        let (objects, taken) = channel::<Object>();
        let progress = Written::default();
        let shared = progress.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let run = move || {
            for object in taken {
                let outcome = match &target {
                    Target::Folder(folder) => write(folder, &object),
                    Target::Endpoint(endpoint) => runtime.block_on(put(endpoint, object)),
                };
                let mut progress = shared.0.0.lock().unwrap_or_else(PoisonError::into_inner);
                progress.waiting -= 1;
                match outcome {
                    Ok(()) => progress.written += 1,
                    Err(why) => {
                        progress.failed += 1;
                        progress.error = Some(why);
                    }
                }
                shared.0.1.notify_all();
            }
        };
        std::thread::Builder::new().name("chimeline-artifacts".to_owned()).spawn(run)?;
        Ok(Sink { objects, progress })
    }

    pub(super) fn put(&self, object: Object) {
        self.progress.0.0.lock().unwrap_or_else(PoisonError::into_inner).waiting += 1;
        // The thread is there as long as the sink is.
        let _ = self.objects.send(object);
    }

    pub(super) fn written(&self) -> Written {
        self.progress.clone()
    }
}

impl Written {
    /// Waits until all is written, for so long at most; tells how much was and was not.
    pub(crate) fn wait(&self, longest: Duration) -> Value {
        let progress = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |progress: &mut Progress| progress.waiting > 0;
        let outcome = self.0.1.wait_timeout_while(progress, longest, waits);
        let progress = outcome.unwrap_or_else(PoisonError::into_inner).0;
        json!({
            "waiting": progress.waiting, "written": progress.written, "failed": progress.failed, "error": progress.error,
        })
    }
}

fn write(folder: &std::path::Path, object: &Object) -> Result<(), String> {
    let path = folder.join(&object.bucket).join(&object.key);
    let parent = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    parent.and_then(|()| std::fs::write(&path, &object.body)).map_err(|e| format!("{}: {e}", path.display()))
}

/// What S3 leaves as it is in keys.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

async fn put(endpoint: &Endpoint, object: Object) -> Result<(), String> {
    let base = endpoint.url.to_string();
    let target = format!("{}/{}/{}", base.trim_end_matches('/'), object.bucket, utf8_percent_encode(&object.key, KEY));
    let url: Uri = target.parse().map_err(|e| format!("{target}: {e}"))?;
    let headers = headers(endpoint, &target, &object.body).ok_or_else(|| format!("{target} cannot be signed"))?;
    match outgoing::send(Method::PUT, &url, headers, object.body, TIMEOUT).await {
        Ok((200..300, _)) => Ok(()),
        Ok((status, body)) => {
            Err(format!("PUT {target} responds with {status}: {:.200}", String::from_utf8_lossy(&body)))
        }
        Err(why) => Err(format!("PUT {target}: {why}")),
    }
}

fn headers(endpoint: &Endpoint, target: &str, body: &[u8]) -> Option<HeaderMap> {
    let keys = &endpoint.keys;
    let credentials =
        Credentials::new(&*keys.access_key_id, &*keys.secret_access_key, keys.session_token.clone(), None, "artifacts");
    let identity = Identity::from(credentials);
    let mut settings = SigningSettings::default();
    // As S3 has it, unlike the other services.
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&endpoint.region)
        .name("s3")
        .time((endpoint.env.now)())
        .settings(settings)
        .build()
        .ok()?
        .into();
    let request = SignableRequest::new("PUT", target, std::iter::empty(), SignableBody::Bytes(body)).ok()?;
    let (instructions, _) = sign(request, &parameters).ok()?.into_parts();
    let signed = instructions.headers();
    signed.map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?))).collect()
}
