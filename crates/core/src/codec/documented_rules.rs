//! What the services' public guide and API reference state in prose: rules between members, and the forms of texts.

use crate::codec::host::{HostValue, Text};
use crate::codec::report::Reason;
use crate::codec::strict::matches;

/// What is wrong with the members of the structure, or of the operation's input, of that name: each fault with the member that it
/// is about, if it is about one.
#[cold]
pub(crate) fn broken<V: HostValue>(
    name: &str,
    value: &V,
    fault: &mut dyn FnMut(Option<&'static str>, Reason),
) -> Result<(), V::Violation> {
    for (_, rule) in RULES.iter().filter(|(of, _)| *of == name) {
        if let Some(why) = rule.broken(value)? {
            fault(None, Reason::Rule { why });
        }
    }
    for (_, member, form) in FORMS.iter().filter(|(of, ..)| *of == name) {
        if let Some(value) = text_at(value, &[member])?
            && !form.has(&value)
        {
            fault(Some(member), Reason::Form { value, expected: form.expected });
        }
    }
    Ok(())
}

/// Rules by the name of the structure that they hold in.
const RULES: &[(&str, Rule)] = &[
    ("SelectedVideoStreams", Rule::Together { lists: &["AttendeeIds", "ExternalUserIds"], max: 25 }),
    (
        "ArtifactsConfiguration",
        Rule::Needs { path: &["Audio", "MuxType"], value: "AudioWithCompositedVideo", member: "CompositedVideo" },
    ),
    (
        "ChimeSdkMeetingLiveConnectorConfiguration",
        Rule::Needs { path: &["MuxType"], value: "AudioWithCompositedVideo", member: "CompositedVideo" },
    ),
    ("TranscriptionConfiguration", Rule::One { of: &["EngineTranscribeSettings", "EngineTranscribeMedicalSettings"] }),
    ("AttendeeCapabilities", Rule::Under { member: "Content", other: "Video", values: &["SendReceive", "Receive"] }),
];

/// The forms of texts, by the name of the structure or operation and by the member.
const FORMS: &[(&str, &str, &Form)] = &[
    ("CreateMediaCapturePipeline", "SourceArn", &MEETING),
    ("CreateMediaCapturePipeline", "SinkArn", &BUCKET),
    ("ChimeSdkMeetingLiveConnectorConfiguration", "Arn", &MEETING),
    ("MediaStreamSource", "SourceArn", &MEETING),
    ("S3BucketSinkConfiguration", "Destination", &BUCKET),
    ("LiveConnectorRTMPConfiguration", "Url", &RTMP),
    ("CreateAttendee", "ExternalUserId", &EXTERNAL),
    ("CreateAttendeeRequestItem", "ExternalUserId", &EXTERNAL),
    ("CreateMeeting", "ExternalMeetingId", &EXTERNAL),
    ("CreateMeetingWithAttendees", "ExternalMeetingId", &EXTERNAL),
];

const MEETING: Form = Form {
    // A text that is no ARN has that fault already.
    of: "arn[:/._a-zA-Z0-9-]+",
    pattern: "arn:[a-z0-9-]+:chime:[a-z0-9-]*:[0-9]{12}:meeting[:/][a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}",
    reserved: "",
    expected: "the ARN of a meeting, arn:aws:chime::ACCOUNT:meeting:ID or arn:aws:chime:REGION:ACCOUNT:meeting/ID with the MeetingId as ID",
};
const BUCKET: Form = Form {
    of: "arn[:/._a-zA-Z0-9-]+",
    pattern: "arn:[a-z0-9-]+:s3:::[a-zA-Z0-9][a-zA-Z0-9._-]*(?:/.*)?",
    reserved: "",
    expected: "the ARN of an S3 bucket with or without a prefix, arn:aws:s3:::BUCKET or arn:aws:s3:::BUCKET/PREFIX",
};
const RTMP: Form = Form {
    of: ".*",
    pattern: r"(?i:rtmps?)://[^\s/?#]+(?:[/?#]\S*)?",
    reserved: "",
    expected: "a URL that begins with rtmp:// or rtmps://",
};
const EXTERNAL: Form = Form {
    of: ".*",
    pattern: r#"[-_&@+=,(){}\[\]/«».:|'"\#a-zA-Z0-9À-ÿ\s]*"#,
    reserved: "aws:",
    expected: r##"made of letters, digits, white space and -_&@+=,(){}[]/«».:|'"#, without aws: at its start, which is reserved in any case"##,
};

/// What the documentation says of a text beside the model's pattern.
struct Form {
    /// What the text has to be to have a form at all; for another the model's own pattern has a fault.
    of: &'static str,
    /// What the whole of it must match.
    pattern: &'static str,
    /// How it may not begin, in any case.
    reserved: &'static str,
    /// What it must be, in words.
    expected: &'static str,
}

impl Form {
    fn has(&self, text: &str) -> bool {
        let start = text.get(..self.reserved.len()).unwrap_or_default();
        let is_reserved = !self.reserved.is_empty() && start.eq_ignore_ascii_case(self.reserved);
        !matches(self.of, text) || matches(self.pattern, text) && !is_reserved
    }
}

enum Rule {
    /// The lists hold no more than `max` items together.
    Together { lists: &'static [&'static str], max: usize },
    /// Where the text at `path` is `value`, there must be that member.
    Needs { path: &'static [&'static str], value: &'static str, member: &'static str },
    /// There must be just one of these members.
    One { of: &'static [&'static str] },
    /// The member may have one of the values only where the other has one of them.
    Under { member: &'static str, other: &'static str, values: &'static [&'static str] },
}

impl Rule {
    /// How the rule is broken, if it is.
    fn broken<V: HostValue>(&self, structure: &V) -> Result<Option<String>, V::Violation> {
        Ok(match self {
            Rule::Together { lists, max } => {
                let mut count = 0;
                for list in *lists {
                    at(structure, &[list], &mut |list| {
                        list.items(&mut |_| {
                            count += 1;
                            Ok(())
                        })?;
                        Ok(())
                    })?;
                }
                (count > *max).then(|| format!("{} have {count} items together, at most: {max}", lists.join(" and ")))
            }
            Rule::Needs { path, value, member } => {
                let chosen = text_at(structure, path)?.as_deref() == Some(*value);
                let broken = chosen && !has(structure, member)?;
                broken.then(|| format!("{} {value} needs {member}", path.join(".")))
            }
            Rule::One { of } => {
                let mut present = 0;
                let is_map = structure.entries(&mut |key, _| {
                    present += usize::from(key.non_string.is_none() && of.contains(&key.text.as_ref()));
                    Ok(())
                })?;
                (is_map && present != 1).then(|| format!("just one of {} must be there", of.join(", ")))
            }
            Rule::Under { member, other, values } => {
                let of_member = text_at(structure, &[member])?.unwrap_or_default();
                let of_other = text_at(structure, &[other])?;
                let among = |text: &str| values.contains(&text);
                let broken = among(&of_member) && of_other.is_some_and(|text| !among(&text));
                broken.then(|| format!("{member} {of_member} needs {other} to be one of: {}", values.join(", ")))
            }
        })
    }
}

/// Calls `each` for the value at the path, if there is one.
fn at<V: HostValue>(
    value: &V,
    path: &[&str],
    each: &mut dyn FnMut(&V) -> Result<(), V::Violation>,
) -> Result<(), V::Violation> {
    let Some((name, rest)) = path.split_first() else { return each(value) };
    value.entries(&mut |key, value| {
        if key.non_string.is_none() && key.text == *name { at(value, rest, each) } else { Ok(()) }
    })?;
    Ok(())
}

fn text_at<V: HostValue>(value: &V, path: &[&str]) -> Result<Option<String>, V::Violation> {
    let mut found = None;
    at(value, path, &mut |value| {
        if let Text::Unicode(text) = value.string()? {
            found = Some(text.into_owned());
        }
        Ok(())
    })?;
    Ok(found)
}

fn has<V: HostValue>(value: &V, member: &str) -> Result<bool, V::Violation> {
    let mut found = false;
    at(value, &[member], &mut |_| {
        found = true;
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::codec::strict::tests::{capture, strict};

    #[test]
    fn at_most_25_streams_are_selected_together() {
        let selected = |attendees: usize, users: usize| {
            let id = "3f1b2c4d-0000-4000-8000-1234567890ab";
            capture(&json!({"SourceConfiguration": {"SelectedVideoStreams": {
                "AttendeeIds": vec![id; attendees], "ExternalUserIds": vec!["user"; users],
            }}}))
        };
        assert!(strict("chime", "CreateMediaCapturePipeline", &selected(20, 5)).is_empty());
        assert_eq!(
            strict("chime", "CreateMediaCapturePipeline", &selected(20, 6)),
            ["Invalid value for parameter ChimeSdkMeetingConfiguration.SourceConfiguration.SelectedVideoStreams: \
              AttendeeIds and ExternalUserIds have 26 items together, at most: 25"]
        );
    }

    #[test]
    fn composited_video_needs_its_configuration() {
        let artifacts = |composited: bool| {
            let mut artifacts = json!({
                "Audio": {"MuxType": "AudioWithCompositedVideo"},
                "Video": {"State": "Disabled"},
                "Content": {"State": "Disabled"},
            });
            if composited {
                artifacts["CompositedVideo"] =
                    json!({"GridViewConfiguration": {"ContentShareLayout": "PresenterOnly"}});
            }
            capture(&json!({"ArtifactsConfiguration": artifacts}))
        };
        let check = |input| strict("chime-sdk-media-pipelines", "CreateMediaCapturePipeline", &input);
        assert!(check(artifacts(true)).is_empty());
        assert_eq!(
            check(artifacts(false)),
            ["Invalid value for parameter ChimeSdkMeetingConfiguration.ArtifactsConfiguration: \
              Audio.MuxType AudioWithCompositedVideo needs CompositedVideo"]
        );
    }

    #[test]
    fn a_grid_needs_its_layout_and_no_more() {
        let grid = |grid: Value| {
            let composited = json!({"GridViewConfiguration": grid});
            let off = json!({"State": "Disabled"});
            let artifacts = json!({
                "Audio": {"MuxType": "AudioOnly"}, "Video": off, "Content": off, "CompositedVideo": composited,
            });
            let input = capture(&json!({"ArtifactsConfiguration": artifacts}));
            strict("chime-sdk-media-pipelines", "CreateMediaCapturePipeline", &input)
        };
        let missing = grid(json!({"PresenterOnlyConfiguration": {}}));
        assert_eq!(missing.len(), 1);
        assert!(missing[0].ends_with("GridViewConfiguration: \"ContentShareLayout\""), "{missing:?}");
        // The guide: each layout's own configuration has defaults.
        assert!(grid(json!({"ContentShareLayout": "PresenterOnly"})).is_empty());
    }

    #[test]
    fn a_transcription_has_one_engine() {
        let start = |configuration: Value| {
            let id = "3f1b2c4d-0000-4000-8000-1234567890ab";
            let input = json!({"MeetingId": id, "TranscriptionConfiguration": configuration});
            strict("chime-sdk-meetings", "StartMeetingTranscription", &input)
        };
        let medical = json!({"LanguageCode": "en-US", "Specialty": "NEUROLOGY", "Type": "DICTATION"});
        assert!(start(json!({"EngineTranscribeMedicalSettings": medical})).is_empty());
        assert_eq!(
            start(json!({})),
            ["Invalid value for parameter TranscriptionConfiguration: \
              just one of EngineTranscribeSettings, EngineTranscribeMedicalSettings must be there"]
        );
        assert_eq!(start(json!({"EngineTranscribeSettings": {}, "EngineTranscribeMedicalSettings": medical})).len(), 1);
        assert_eq!(start(json!("text")).len(), 1, "a wrong type is one fault, not two");
    }

    #[test]
    fn content_is_received_only_with_video() {
        let update = |video: &str, content: &str| {
            let id = "3f1b2c4d-0000-4000-8000-1234567890ab";
            let capabilities = json!({"Audio": "None", "Video": video, "Content": content});
            let input = json!({"MeetingId": id, "AttendeeId": id, "Capabilities": capabilities});
            strict("chime-sdk-meetings", "UpdateAttendeeCapabilities", &input)
        };
        assert!(update("Receive", "SendReceive").is_empty());
        assert!(update("Send", "Send").is_empty());
        assert_eq!(
            update("Send", "Receive"),
            [
                "Invalid value for parameter Capabilities: Content Receive needs Video to be one of: SendReceive, Receive"
            ]
        );
    }

    const MEETING: &str = "3f1b2c4d-0000-4000-8000-1234567890ab";

    #[test]
    fn a_capture_goes_from_a_meeting_to_a_bucket() {
        let create = |source: &str, sink: &str| {
            let mut input = capture(&json!({}));
            (input["SourceArn"], input["SinkArn"]) = (json!(source), json!(sink));
            let both =
                ["chime", "chime-sdk-media-pipelines"].map(|name| strict(name, "CreateMediaCapturePipeline", &input));
            assert_eq!(both[0], both[1]);
            both[0].clone()
        };
        let (source, sink) = (format!("arn:aws:chime::111122223333:meeting:{MEETING}"), "arn:aws:s3:::recordings");
        for good in [&source, &format!("arn:aws:chime:us-east-1:111122223333:meeting/{MEETING}")] {
            for sink in [sink, "arn:aws:s3:::recordings/one/two", "arn:aws-us-gov:s3:::my.recordings/"] {
                assert_eq!(create(good, sink), [""; 0]);
            }
        }
        for bad in [
            sink,
            "arn:aws:chime::111122223333:meeting:undefined",
            "arn:aws:chime::111122223333:meeting:",
            &format!("arn:aws:chime::undefined:meeting:{MEETING}"),
            &format!("arn:aws:chime:us-east-1:111122223333:media-pipeline/{MEETING}"),
            &format!("arn:aws:chime::111122223333:meeting:{MEETING}/x"),
        ] {
            let found = create(bad, sink);
            assert_eq!(found.len(), 1, "{bad}: {found:?}");
            assert!(found[0].starts_with("Invalid value for parameter SourceArn, value: arn"), "{found:?}");
            assert!(found[0].contains(", must be the ARN of a meeting"), "{found:?}");
        }
        for bad in [&source, "arn:aws:iam::111122223333:role/recorder", "arn:aws:s3:::", "arn:aws:s3:::/prefix"] {
            let found = create(&source, bad);
            assert_eq!(found.len(), 1, "{bad}: {found:?}");
            assert!(found[0].starts_with("Invalid value for parameter SinkArn, value: arn"), "{found:?}");
        }
        assert_eq!(create("recordings", "recordings").len(), 2, "what is no ARN has one fault each");
    }

    #[test]
    fn external_ids_have_their_signs_and_no_reserved_start() {
        let create = |user: &str, meeting: &str| {
            let attendee = json!({"ExternalUserId": user});
            let mut one = attendee.clone();
            one["MeetingId"] = json!(MEETING);
            let with = json!({"MediaRegion": "us-east-1", "ExternalMeetingId": meeting, "Attendees": [attendee]});
            let service = "chime-sdk-meetings";
            let batch = json!({"MeetingId": MEETING, "Attendees": with["Attendees"]});
            [
                strict(service, "CreateAttendee", &one),
                strict(service, "BatchCreateAttendee", &batch),
                strict(service, "CreateMeetingWithAttendees", &with),
            ]
        };
        for good in ["Ann O'Neil (É)", "a\tb #1", "user@example.com", "not aws:"] {
            assert_eq!(create(good, good), [[""; 0]; 3], "{good}");
        }
        for bad in ["aws:me", "AWS:me", "tab\u{7}", "a;b", "日本"] {
            let [one, batch, with] = create(bad, "meeting");
            assert_eq!((one.len(), batch.len(), with.len()), (1, 1, 1), "{bad}");
            assert!(
                batch[0].starts_with("Invalid value for parameter Attendees[0].ExternalUserId, value: "),
                "{batch:?}"
            );
            assert_eq!(create("user", bad)[2].len(), 1, "{bad}");
        }
    }

    #[test]
    fn a_live_connector_sends_to_an_rtmp_url() {
        let create = |url: &str| {
            let composited = json!({"GridViewConfiguration": {"ContentShareLayout": "PresenterOnly"}});
            let source = json!({
                "Arn": format!("arn:aws:chime::111122223333:meeting:{MEETING}"),
                "MuxType": "AudioWithCompositedVideo", "CompositedVideo": composited,
            });
            let input = json!({
                "Sources": [{"SourceType": "ChimeSdkMeeting", "ChimeSdkMeetingLiveConnectorConfiguration": source}],
                "Sinks": [{"SinkType": "RTMP", "RTMPConfiguration": {"Url": url}}],
            });
            strict("chime-sdk-media-pipelines", "CreateMediaLiveConnectorPipeline", &input)
        };
        for good in ["rtmps://live.example:443/app/key", "rtmp://live.example/app", "RTMP://h/a?k=1"] {
            assert_eq!(create(good), [""; 0], "{good}");
        }
        for bad in
            ["https://live.example/app/key", "rtmp:live", "rtmps:///app", "rtmp://live.example/a b", "live.example"]
        {
            let expected = format!(
                "Invalid value for parameter Sinks[0].RTMPConfiguration.Url, value: {bad}, must be a URL that begins with \
                 rtmp:// or rtmps://"
            );
            assert_eq!(create(bad), [expected]);
        }
    }
}
