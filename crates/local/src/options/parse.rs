//! Options by their names, for the command line (`--transition-delay`), Python (`transition_delay`) and JavaScript
//! (`transitionDelaySeconds`): one table for all.

use std::path::PathBuf;
use std::time::Duration;

use chimeline_core::StaticCredentials;
use chimeline_core::error::kinds::{Error, ErrorKind};
use serde_json::Value;

use crate::options::{Account, Options, TokenReuse, UnknownMeetings};

/// The help of the command line: names, what the value is, what the option does.
pub(crate) const OPTION_HELP: &str = "  --port N                 the port to listen on (default: one that is free)
  --host ADDRESS           the address to listen on (default: 127.0.0.1)
  --access-key ID          the access key id that it knows (default: AKIDCHIMELINELOCAL)
  --secret-key KEY         the secret of that key (default: chimeline-local-secret)
  --session-token TOKEN    the session token of that key (default: none)
  --region NAME            the region in the printed lines (default: us-east-1)
  --account-id ID          the account of that key (default: 111122223333)
  --accounts JSON          more accounts: [{\"account_id\": ID, \"access_key_id\": ID, \"secret_access_key\": KEY}, ...]
  --no-auth                accept requests that are not signed, or wrongly
  --transition-delay SECONDS
                           how long a resource stays in a transitional state (default: 0.25; also: --pace)
  --pipeline-quota N       how many pipelines may be active at once in a region (default: the documented quotas)
  --unknown-meetings allow|refuse
                           whether pipelines may name meetings that this server never had (default: allow;
                           also: --allow-unknown-meetings)
  --unjoined-meeting-timeout SECONDS|never
                           when a meeting ends that nobody joined (default: 300)
  --empty-meeting-timeout SECONDS|never
                           when a meeting ends after its last attendee left (default: 300)
  --max-meeting-duration SECONDS|never
                           when a meeting ends at the latest (default: 86400)
  --recorder-keeps-meeting the attendee of a pipeline keeps a meeting from ending by itself
  --stopped-retention SECONDS|never
                           how long a pipeline that ended by itself can be read (default: 2592000)
  --token-retention SECONDS|never
                           how long the token of an ended pipeline is remembered (default: 86400)
  --token-reuse replay|create|refuse
                           what such a token returns: the ended pipeline, a new one or an error (default: replay)
  --control                serve the control API under /_local/ to whoever can connect (default: on loopback addresses)
  --no-control             do not serve it
  --faults FILE            rules of faults, in TOML or JSON
  --state FILE             keep the state in this file
  --seed FILE              start with this exported state, unless --state has one
  --events-file FILE       append the events to this file, as JSON lines
  --events-webhook URL     post the events to this URL
  --artifacts DIR          write the files of captures and concatenations to DIR/BUCKET/KEY
  --artifacts-endpoint URL write them to this S3 endpoint, such as the URL of MinIO or moto's server
  --artifacts-access-key ID, --artifacts-secret-key KEY
                           the credentials for that endpoint (default: those that the service knows)
  --recorded-requests N    how many requests the control API remembers (default: 1000)
  --request-timeout SECONDS
                           how long a client may take to send a request (default: 30)
  --max-connections N      how many connections may be open at once (default: 2048)
";

/// The options of the command line that take no value.
pub(crate) const FLAGS: &[&str] = &["noauth", "allowunknownmeetings", "recorderkeepsmeeting", "control", "nocontrol"];

impl Options {
    /// Options from names and values; what is not given keeps its default. Names may be written as the command line, Python
    /// or JavaScript write them. Values are JSON; text stands for any value, as on the command line. `null` is as not given.
    /// Fails for a name or value that is not understood, naming it as it was written.
    pub fn from_pairs<'p>(pairs: impl IntoIterator<Item = (&'p str, Value)>) -> Result<Options, Error> {
        let mut options = Options::default();
        for (name, value) in pairs {
            if !value.is_null() {
                options.set(name, &value).map_err(|why| Error::new(ErrorKind::InvalidConfig, why))?;
            }
        }
        Ok(options)
    }

    /// [`Options::from_pairs`] of the members of a JSON object.
    pub fn from_json(text: &str) -> Result<Options, Error> {
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => {
                Options::from_pairs(members.iter().map(|(name, value)| (name.as_str(), value.clone())))
            }
            _ => Err(Error::new(ErrorKind::InvalidConfig, "the options must be a JSON object".to_owned())),
        }
    }

    fn artifacts_key(&mut self) -> &mut StaticCredentials {
        self.artifacts_credentials.get_or_insert_with(Options::default_credentials)
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let given = RawOption { name, value };
        match normalized(name).as_str() {
            "port" => self.port = given.number("a port number from 0 to 65535")?,
            "host" => {
                let text = given.text()?;
                let text = if text == "localhost" { "127.0.0.1" } else { &text };
                self.host = text.parse().map_err(|_| given.invalid("an IP address"))?;
            }
            "accesskeyid" | "accesskey" => self.key().access_key_id = given.text()?,
            "secretaccesskey" | "secretkey" => self.key().secret_access_key = given.text()?,
            "sessiontoken" => self.key().session_token = Some(given.text()?),
            "credentials" => self.credentials = vec![credentials(&given)?],
            "region" | "regionname" => self.region = given.text()?,
            "accountid" => self.account_id = account_id(&given)?,
            "accounts" => self.accounts = accounts(&given)?,
            "noauth" => self.authenticate = !given.boolean()?,
            "auth" | "authenticate" => self.authenticate = given.boolean()?,
            "transitiondelay" | "pace" => self.transition_delay = given.seconds()?,
            "pipelinequota" => self.pipeline_quota = Some(given.number("an integer >= 0")?),
            "unknownmeetings" => {
                let choice = UnknownMeetings::by_name(&given.text()?);
                self.unknown_meetings = choice.ok_or_else(|| given.invalid("\"allow\" or \"refuse\""))?;
            }
            "allowunknownmeetings" => {
                let allowed = given.boolean()?;
                self.unknown_meetings = if allowed { UnknownMeetings::Allow } else { UnknownMeetings::Refuse };
            }
            "unjoinedmeetingtimeout" => self.unjoined_meeting_timeout = given.seconds_or_never()?,
            "emptymeetingtimeout" => self.empty_meeting_timeout = given.seconds_or_never()?,
            "maxmeetingduration" => self.max_meeting_duration = given.seconds_or_never()?,
            "recorderkeepsmeeting" => self.recorder_keeps_meeting = given.boolean()?,
            "stoppedretention" => self.stopped_retention = given.seconds_or_never()?,
            "tokenretention" => self.token_retention = given.seconds_or_never()?,
            "tokenreuse" => {
                let choice = TokenReuse::by_name(&given.text()?);
                self.token_reuse = choice.ok_or_else(|| given.invalid("\"replay\", \"create\" or \"refuse\""))?;
            }
            "control" => self.control = Some(given.boolean()?),
            "nocontrol" => self.control = Some(!given.boolean()?),
            "faults" => self.faults = Some(PathBuf::from(given.text()?)),
            "state" => self.state = Some(PathBuf::from(given.text()?)),
            "seed" => self.seed = Some(PathBuf::from(given.text()?)),
            "eventsfile" => self.events_file = Some(PathBuf::from(given.text()?)),
            "eventswebhook" => {
                let url = given.text()?;
                if crate::outgoing::parse_url(&url).is_none() {
                    return Err(given.invalid(crate::outgoing::URL_FORM));
                }
                self.events_webhook = Some(url);
            }
            "artifacts" => self.artifacts = Some(PathBuf::from(given.text()?)),
            "artifactsendpoint" => self.artifacts_endpoint = Some(given.text()?),
            "artifactsaccesskey" | "artifactsaccesskeyid" => self.artifacts_key().access_key_id = given.text()?,
            "artifactssecretkey" | "artifactssecretaccesskey" => {
                self.artifacts_key().secret_access_key = given.text()?;
            }
            "recordedrequests" => self.recorded_requests = given.number("an integer >= 0")?,
            "requesttimeout" => self.request_timeout = given.seconds()?,
            "maxconnections" => self.max_connections = given.number("an integer >= 1")?,
            _ if name.starts_with('-') => return Err(format!("unknown argument {name}")),
            _ => return Err(format!("unknown option {name}")),
        }
        Ok(())
    }

    /// The first key, which the options for one key change.
    fn key(&mut self) -> &mut StaticCredentials {
        if self.credentials.is_empty() {
            self.credentials.push(Options::default_credentials());
        }
        &mut self.credentials[0]
    }
}

/// A name without what the languages write differently.
pub(crate) fn normalized(name: &str) -> String {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    // JavaScript names the unit, for times there are milliseconds otherwise.
    name.strip_suffix("seconds").unwrap_or(&name).to_owned()
}

/// An option as it was given.
struct RawOption<'g> {
    name: &'g str,
    value: &'g Value,
}

impl RawOption<'_> {
    fn invalid(&self, expected: &str) -> String {
        let secret = [
            "artifactssecretkey",
            "artifactssecretaccesskey",
            "secretaccesskey",
            "secretkey",
            "sessiontoken",
            "credentials",
            "accounts",
        ];
        if secret.contains(&normalized(self.name).as_str()) {
            return format!("{} must be {expected}", self.name);
        }
        match self.value {
            // As it was typed.
            Value::String(text) if self.name.starts_with('-') => {
                format!("{} must be {expected}, not {text}", self.name)
            }
            value => format!("{} must be {expected}, not {value}", self.name),
        }
    }

    fn text(&self) -> Result<String, String> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            _ => Err(self.invalid("a string")),
        }
    }

    fn boolean(&self) -> Result<bool, String> {
        match self.value {
            Value::Bool(value) => Ok(*value),
            Value::String(text) if text == "true" => Ok(true),
            Value::String(text) if text == "false" => Ok(false),
            _ => Err(self.invalid("true or false")),
        }
    }

    fn number<T: TryFrom<u64>>(&self, expected: &str) -> Result<T, String> {
        let number = match self.value {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
            _ => None,
        };
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| self.invalid(expected))
    }

    fn seconds(&self) -> Result<Duration, String> {
        let seconds = match self.value {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_f64(),
            _ => None,
        };
        seconds
            .and_then(|seconds: f64| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| self.invalid("a number of seconds >= 0"))
    }

    fn seconds_or_never(&self) -> Result<Option<Duration>, String> {
        if self.value == "never" {
            return Ok(None);
        }
        self.seconds().map(Some).map_err(|_| self.invalid("a number of seconds >= 0, or \"never\""))
    }
}

/// An integer that JavaScript or a TOML file wrote with a fraction of zero.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be an integer in range")]
fn whole(number: f64) -> Option<u64> {
    ((0.0..=9e15).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

fn account_id(given: &RawOption<'_>) -> Result<String, String> {
    let id = given.text()?;
    let is_id = id.len() == 12 && id.bytes().all(|digit| digit.is_ascii_digit());
    if is_id { Ok(id) } else { Err(given.invalid("12 digits")) }
}

fn accounts(given: &RawOption<'_>) -> Result<Vec<Account>, String> {
    let expected = "a list of {account_id, access_key_id, secret_access_key}";
    let parsed = given.value.as_str().map(serde_json::from_str::<Value>);
    let value = parsed.transpose().map_err(|_| given.invalid(expected))?.unwrap_or_else(|| given.value.clone());
    let items = value.as_array().ok_or_else(|| given.invalid(expected))?;
    items
        .iter()
        .map(|item| {
            let id = member(item, "accountid").ok_or_else(|| given.invalid(expected))?;
            let id = account_id(&RawOption { name: "account_id", value: &Value::from(id) })?;
            Ok(Account { account_id: id, credentials: credentials(&RawOption { name: given.name, value: item })? })
        })
        .collect()
}

fn credentials(given: &RawOption<'_>) -> Result<StaticCredentials, String> {
    let required =
        |name: &str| member(given.value, name).ok_or_else(|| given.invalid("an access key id and a secret access key"));
    Ok(StaticCredentials {
        access_key_id: required("accesskeyid")?,
        secret_access_key: required("secretaccesskey")?,
        session_token: member(given.value, "sessiontoken"),
    })
}

/// A member of an object, however its name is written.
fn member(value: &Value, name: &str) -> Option<String> {
    let (_, value) = value.as_object()?.iter().find(|(given, _)| normalized(given) == name)?;
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::options::Options;

    #[test]
    fn a_name_may_be_written_as_each_language_writes_it() {
        for name in ["--transition-delay", "transition_delay", "transitionDelaySeconds", "pace"] {
            for value in [json!(2), json!("2"), json!(2.0)] {
                let options = Options::from_pairs([(name, value)]).expect(name);
                assert_eq!(options.transition_delay, Duration::from_secs(2), "{name}");
            }
        }
    }

    #[test]
    fn what_is_not_given_keeps_its_default() {
        let options = Options::from_json(r#"{"port": null, "empty_meeting_timeout": "never"}"#).expect("options");
        assert_eq!((options.port, options.empty_meeting_timeout), (0, None));
        assert_eq!(options.unjoined_meeting_timeout, Some(Duration::from_mins(5)));
    }

    #[test]
    fn an_error_names_the_option_as_it_was_written_and_no_secret() {
        let error = |text: &str| Options::from_json(text).expect_err(text).message().to_owned();
        assert_eq!(error(r#"{"maxConnections": -1}"#), "maxConnections must be an integer >= 1, not -1");
        assert_eq!(error(r#"{"account_id": "12"}"#), "account_id must be 12 digits, not \"12\"");
        assert_eq!(error(r#"{"colour": "red"}"#), "unknown option colour");
        assert!(!error(r#"{"credentials": {"secretAccessKey": "hidden"}}"#).contains("hidden"));
        assert!(
            !error(r#"{"accounts": [{"account_id": "111122223333", "secret_access_key": "hidden"}]}"#)
                .contains("hidden")
        );
        assert_eq!(error("[]"), "the options must be a JSON object");
    }
}
