//! Where artifacts are written: a folder with a folder for each bucket, or an S3 endpoint.

use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use chimeline_core::StaticCredentials;
use chimeline_core::runtime::builder;
use chimeline_core::runtime::environment::Environment;
use http::{HeaderMap, Method};
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};
use serde_json::{Value, json};
use url::Url;

use crate::outgoing::Sender as Http;

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

/// An S3 endpoint, such as that of MinIO or moto.
pub(super) struct Endpoint {
    pub(super) url: Url,
    pub(super) region: String,
    credentials: Credentials,
    http: Http,
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
        let run = move || {
            let mut target = target;
            for object in taken {
                let outcome = match &mut target {
                    Target::Folder(folder) => write(folder, &object),
                    Target::Endpoint(endpoint) => endpoint.put(object),
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
        builder::thread("chimeline-artifacts").spawn(run)?;
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

/// How long a signature is good for.
const VALIDITY: Duration = Duration::from_mins(5);

impl Endpoint {
    pub(super) fn new(
        url: Url,
        region: String,
        credentials: StaticCredentials,
        env: Environment,
    ) -> std::io::Result<Endpoint> {
        let StaticCredentials { access_key_id: id, secret_access_key: secret, session_token } = credentials;
        let credentials = match session_token {
            Some(token) => Credentials::new_with_token(id, secret, token),
            None => Credentials::new(id, secret),
        };
        Ok(Endpoint { url, region, credentials, http: Http::new(env, TIMEOUT)? })
    }

    fn put(&mut self, object: Object) -> Result<(), String> {
        let Object { bucket, key, body } = object;
        // With the bucket in the path: endpoints such as these have no names for each.
        let bucket = Bucket::new(self.url.clone(), UrlStyle::Path, bucket, self.region.clone());
        let bucket = bucket.map_err(|e| format!("{}: {e}", self.url))?;
        let signed = bucket.put_object(Some(&self.credentials), &key).sign(VALIDITY);
        // The query has the signature.
        let mut shown = signed.clone();
        shown.set_query(None);
        match self.http.send(Method::PUT, &signed, HeaderMap::new(), body) {
            Ok((200..300, _)) => Ok(()),
            Ok((status, body)) => {
                Err(format!("PUT {shown} responds with {status}: {:.200}", String::from_utf8_lossy(&body)))
            }
            Err(why) => Err(format!("PUT {shown}: {why}")),
        }
    }
}
