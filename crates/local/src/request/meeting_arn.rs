//! The two forms of a meeting's ARN.

/// A meeting's ARN: `arn:aws:chime:REGION:ACCOUNT:meeting/ID`, as responses have it, or `arn:aws:chime::ACCOUNT:meeting:ID`,
/// as programs build it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MeetingArn<'a> {
    /// Empty where the ARN names none.
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) id: &'a str,
}

impl<'a> MeetingArn<'a> {
    /// Parses an ARN; `None` for what is not that of a meeting.
    pub(crate) fn parse(arn: &'a str) -> Option<MeetingArn<'a>> {
        let mut parts = arn.splitn(6, ':');
        let (prefix, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let id = resource.strip_prefix("meeting/").or_else(|| resource.strip_prefix("meeting:"))?;
        let is_meeting = prefix == "arn" && partition.starts_with("aws") && service == "chime";
        (is_meeting && !id.is_empty() && !id.contains(['/', ':'])).then_some(MeetingArn { region, account, id })
    }
}

#[cfg(test)]
mod tests {
    use super::MeetingArn;

    #[test]
    fn both_forms_name_the_same_meeting() {
        let built = MeetingArn::parse("arn:aws:chime::111122223333:meeting:a-1").expect("an ARN");
        assert_eq!(built, MeetingArn { region: "", account: "111122223333", id: "a-1" });
        let returned = MeetingArn::parse("arn:aws:chime:us-east-1:111122223333:meeting/a-1").expect("an ARN");
        assert_eq!((returned.region, returned.account, returned.id), ("us-east-1", "111122223333", "a-1"));
    }

    #[test]
    fn other_arns_name_no_meeting() {
        for arn in [
            "arn:aws:s3:::bucket",
            "arn:aws:chime::1:meeting:",
            "arn:aws:chime::1:meeting/a/b",
            "arn:aws:chime::1:media-pipeline/a",
            "arn:aws:s3::1:meeting/a",
            "meeting/a",
            "",
        ] {
            assert_eq!(MeetingArn::parse(arn), None, "{arn}");
        }
    }
}
