//! Questions as JSON, which `node/lib/wire/dialogue.cjs` answers, and its answers. Bodies cross beside it, as bytes.

use std::time::{Duration, SystemTime};

use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::runtime::host::{
    HostCredentials, HttpRequest, HttpResponse, Question, Reply, header_pairs, headers_of,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::options::read;
use crate::record;

/// The question with that id.
pub(crate) fn text(id: u32, question: &Question, host: &str) -> Value {
    match question {
        Question::Credentials => json!({ "id": id, "kind": "credentials" }),
        Question::Request { request } => json!({ "id": id, "kind": "request", "request": of_request(request) }),
        Question::Attempt { number, request } => {
            json!({ "id": id, "kind": "attempt", "number": number, "request": of_request(request) })
        }
        Question::Exchange { number, request } => {
            json!({ "id": id, "kind": "exchange", "number": number, "request": of_request(request) })
        }
        Question::Received { number, outcome: Ok(HttpResponse { status, headers, .. }) } => {
            let response = json!({ "statusCode": status, "headers": header_pairs(headers) });
            json!({ "id": id, "kind": "received", "number": number, "response": response })
        }
        Question::Received { number, outcome: Err(error) } => {
            json!({ "id": id, "kind": "received", "number": number, "error": record::error(error, Some(host)) })
        }
        Question::Retry { number, error, proposed } => json!({
            "id": id,
            "kind": "retry",
            "number": number,
            "error": error.as_ref().map(|error| record::error(error, Some(host))),
            "proposed": proposed.map(|delay| delay.as_secs_f64() * 1e3),
        }),
        Question::MfaCode { serial } => json!({ "id": id, "kind": "mfaCode", "serial": serial }),
    }
}

fn of_request(request: &HttpRequest) -> Value {
    json!({ "method": request.method, "url": request.url, "headers": header_pairs(&request.headers) })
}

/// The body that a question is about; empty where it is about none.
pub(crate) fn body(question: &Question) -> &[u8] {
    match question {
        Question::Request { request } | Question::Attempt { request, .. } | Question::Exchange { request, .. } => {
            &request.body
        }
        Question::Received { outcome: Ok(response), .. } => &response.body,
        Question::Received { outcome: Err(_), .. }
        | Question::Credentials
        | Question::Retry { .. }
        | Question::MfaCode { .. } => &[],
    }
}

/// The reply that an answer is.
pub(crate) fn reply(answer: &str, body: Vec<u8>) -> Result<Reply, Error> {
    Ok(match read::<Answer>(answer)? {
        Answer::Credentials { access_key_id, secret_access_key, session_token, expiration, source } => {
            let expiration = expiration.map(time_of).transpose()?;
            Reply::Credentials(HostCredentials {
                access_key_id,
                secret_access_key,
                session_token,
                expiration,
                source,
                cacheable: true,
            })
        }
        Answer::Send { method, url, headers } => {
            Reply::Send(HttpRequest { method, url, headers: headers_of(headers)?, body: body.into() })
        }
        Answer::Respond { status_code, headers } => {
            if !(100..600).contains(&status_code) {
                let message = format!("the status {status_code} is not one of HTTP: expected 100 to 599");
                return Err(Error::new(ErrorKind::InvalidConfig, message));
            }
            Reply::Respond(HttpResponse { status: status_code, headers: headers_of(headers)?, body: body.into() })
        }
        Answer::Proceed => Reply::Proceed,
        Answer::Retry { delay } => {
            let delay = delay.map(|delay| Duration::try_from_secs_f64(delay / 1e3)).transpose();
            let invalid = |_| Error::new(ErrorKind::InvalidConfig, "the delay of a retry is not valid".to_owned());
            Reply::RetryAfter(delay.map_err(invalid)?)
        }
        Answer::Code { code } => Reply::Code(code),
        Answer::Failed { message } => Reply::Failed(message),
    })
}

/// The time that many milliseconds after 1970.
pub(crate) fn time_of(millis: f64) -> Result<SystemTime, Error> {
    let since_epoch = Duration::try_from_secs_f64(millis / 1e3).ok();
    since_epoch.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since)).ok_or_else(|| {
        Error::new(ErrorKind::InvalidConfig, format!("{millis} is not a number of milliseconds since 1970"))
    })
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Answer {
    Credentials {
        access_key_id: String,
        secret_access_key: String,
        session_token: Option<String>,
        expiration: Option<f64>,
        source: String,
    },
    Send {
        method: String,
        url: String,
        headers: Vec<(String, String)>,
    },
    Respond {
        status_code: u16,
        headers: Vec<(String, String)>,
    },
    Proceed,
    Retry {
        delay: Option<f64>,
    },
    Code {
        code: String,
    },
    Failed {
        message: String,
    },
}
