//! A meeting as callers name it.

use serde_json::Value;

use super::{is_account, is_id};
use crate::engine::Failure;

const RULE: &str = "a meeting: what CreateMeeting returned, its ARN (arn:aws:chime:REGION:ACCOUNT:meeting/ID or \
                    arn:aws:chime::ACCOUNT:meeting:ID) or its MeetingId";

/// A meeting, with its account where the name says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meeting {
    pub(crate) partition: String,
    pub(crate) account: Option<String>,
    pub(crate) id: String,
}

impl Meeting {
    /// A meeting given as an object, an ARN of either form, or an id.
    pub(crate) fn parse(member: &str, value: &Value) -> Result<Meeting, Failure> {
        Meeting::read(value).ok_or_else(|| Failure::wrong(member, value, RULE))
    }

    /// The same, for what may be another thing.
    pub(crate) fn read(value: &Value) -> Option<Meeting> {
        match value {
            Value::String(text) => Meeting::from_text(text),
            Value::Object(members) => {
                let meeting = members.get("Meeting").and_then(Value::as_object).unwrap_or(members);
                let text = |name: &str| meeting.get(name).and_then(Value::as_str);
                text("MeetingArn")
                    .and_then(Meeting::from_arn)
                    .or_else(|| text("MeetingId").and_then(Meeting::from_text))
            }
            _ => None,
        }
    }

    fn from_text(text: &str) -> Option<Meeting> {
        if text.starts_with("arn:") {
            return Meeting::from_arn(text);
        }
        is_id(text).then(|| Meeting { partition: "aws".to_owned(), account: None, id: text.to_owned() })
    }

    pub(crate) fn from_arn(arn: &str) -> Option<Meeting> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "chime", _, account, resource] = parts.as_slice() else { return None };
        let id = resource.strip_prefix("meeting/").or_else(|| resource.strip_prefix("meeting:"))?;
        let is_one = partition.starts_with("aws") && is_account(account) && is_id(id);
        is_one.then(|| Meeting {
            partition: (*partition).to_owned(),
            account: Some((*account).to_owned()),
            id: id.to_owned(),
        })
    }

    /// Whether a pipeline's source is this meeting, whichever form its ARN has.
    pub(crate) fn is_source(&self, arn: &str) -> bool {
        Meeting::from_arn(arn).is_some_and(|other| other.id.eq_ignore_ascii_case(&self.id))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Meeting;

    const ID: &str = "2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b";

    #[test]
    fn every_form_names_the_same_meeting() {
        let arn = format!("arn:aws:chime:us-east-1:111122223333:meeting/{ID}");
        let short = format!("arn:aws:chime::111122223333:meeting:{ID}");
        let object = json!({"MeetingId": ID, "MeetingArn": arn});
        for value in [json!(arn), json!(short), object.clone(), json!({"Meeting": object, "Attendees": []})] {
            let meeting = Meeting::parse("meeting", &value).expect("a meeting");
            assert_eq!((meeting.id.as_str(), meeting.account.as_deref()), (ID, Some("111122223333")));
            assert!(meeting.is_source(&arn) && meeting.is_source(&short));
        }
        for value in [json!(ID), json!({"MeetingId": ID})] {
            assert_eq!(Meeting::parse("meeting", &value).expect("a meeting").account, None);
        }
        let china = Meeting::from_arn(&format!("arn:aws-cn:chime::111122223333:meeting:{ID}")).expect("a meeting");
        assert_eq!(china.partition, "aws-cn");
    }

    #[test]
    fn other_things_are_refused_with_the_rule() {
        for value in [
            json!("room-1"),
            json!(""),
            json!(7),
            json!(null),
            json!({}),
            json!({"MeetingId": 5}),
            json!("arn:aws:s3:::bucket"),
            json!(format!("arn:aws:chime::1111:meeting:{ID}")),
            json!("arn:aws:chime::111122223333:meeting:room"),
            json!(format!("arn:aws:chime:us-east-1:111122223333:media-pipeline/{ID}")),
        ] {
            let why = Meeting::parse("meeting", &value).expect_err("no meeting").to_string();
            assert!(why.starts_with("meeting must be a meeting: "), "{why}");
        }
    }
}
