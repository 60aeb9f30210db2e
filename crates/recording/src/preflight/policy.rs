//! What a bucket's policy lets a service do: statements are evaluated as IAM does, as far as that can be told from outside.

use serde_json::Value;

/// What a policy says of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A statement allows it, and none denies it.
    Allowed,
    /// A statement denies it.
    Denied,
    /// No statement allows it.
    NotAllowed,
    /// It depends on a condition whose outcome only the service knows.
    Unknown,
}

/// A request of the service, as far as it is known beforehand.
#[derive(Clone, Debug)]
pub(crate) struct Access<'a> {
    /// The service principal.
    pub(crate) principal: &'a str,
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    /// `aws:SourceAccount`.
    pub(crate) account: &'a str,
    /// `aws:SourceArn`; its Region and resource are an example.
    pub(crate) source: &'a str,
}

/// Whether something holds, where it can be told.
type Known = Option<bool>;

/// What the policy says of the access.
pub(crate) fn evaluate(policy: &Value, access: &Access<'_>) -> Verdict {
    let (mut allowed, mut denied): (Known, Known) = (Some(false), Some(false));
    for statement in items(&policy["Statement"]) {
        let applies = and(
            Some(principal(statement, access) && action(statement, access)),
            and(resource(statement, access), conditions(&statement["Condition"], access)),
        );
        match statement["Effect"].as_str() {
            Some("Allow") => allowed = or(allowed, applies),
            Some("Deny") => denied = or(denied, applies),
            _ => {}
        }
    }
    match (denied, allowed) {
        (Some(true), _) => Verdict::Denied,
        (_, Some(false)) => Verdict::NotAllowed,
        (Some(false), Some(true)) => Verdict::Allowed,
        _ => Verdict::Unknown,
    }
}

fn and(a: Known, b: Known) -> Known {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Known, b: Known) -> Known {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// One or a list of them, as policies write both.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        _ => std::slice::from_ref(value),
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    items(value).iter().filter_map(Value::as_str)
}

fn principal(statement: &Value, access: &Access<'_>) -> bool {
    let names = |value: &Value| {
        value == "*"
            || texts(&value["AWS"]).any(|name| name == "*")
            || texts(&value["Service"]).any(|name| name.eq_ignore_ascii_case(access.principal) || name == "*")
    };
    match (&statement["Principal"], &statement["NotPrincipal"]) {
        (Value::Null, Value::Null) => false,
        (Value::Null, not) => !names(not),
        (given, _) => names(given),
    }
}

fn action(statement: &Value, access: &Access<'_>) -> bool {
    let names = |value: &Value| {
        texts(value).any(|pattern| like(&pattern.to_ascii_lowercase(), &access.action.to_ascii_lowercase()))
    };
    if statement["NotAction"].is_null() { names(&statement["Action"]) } else { !names(&statement["NotAction"]) }
}

fn resource(statement: &Value, access: &Access<'_>) -> Known {
    let names = |value: &Value| {
        let mut known = Some(false);
        for pattern in texts(value) {
            known = or(known, (!pattern.contains("${")).then(|| like(pattern, access.resource)));
        }
        known
    };
    if statement["NotResource"].is_null() {
        names(&statement["Resource"])
    } else {
        names(&statement["NotResource"]).map(|named| !named)
    }
}

fn conditions(value: &Value, access: &Access<'_>) -> Known {
    let Some(operators) = value.as_object() else { return Some(true) };
    let mut known = Some(true);
    for (operator, tests) in operators {
        for (key, expected) in tests.as_object().into_iter().flatten() {
            known = and(known, condition(operator, key, expected, access));
        }
    }
    known
}

/// Whether a condition holds: several values are alternatives, those of a negated operator all have to differ.
fn condition(operator: &str, key: &str, expected: &Value, access: &Access<'_>) -> Known {
    let given = match key.to_ascii_lowercase().as_str() {
        "aws:sourceaccount" => access.account,
        "aws:sourcearn" => access.source,
        "aws:principalservicename" => access.principal,
        // The service speaks TLS, and is a service.
        "aws:securetransport" | "aws:principalisawsservice" => "true",
        "aws:viaawsservice" => "false",
        _ => return None,
    };
    let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
    let values: Vec<String> =
        items(expected).iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
    if values.iter().any(|value| value.contains("${")) {
        return None;
    }
    let any = |matches: &dyn Fn(&str) -> bool| values.iter().any(|value| matches(value));
    Some(match operator {
        "StringEquals" => any(&|value| value == given),
        "StringEqualsIgnoreCase" | "Bool" => any(&|value| value.eq_ignore_ascii_case(given)),
        "StringNotEquals" => !any(&|value| value == given),
        "StringNotEqualsIgnoreCase" => !any(&|value| value.eq_ignore_ascii_case(given)),
        "StringLike" => any(&|value| like(value, given)),
        "StringNotLike" => !any(&|value| like(value, given)),
        "ArnLike" | "ArnEquals" => any(&|value| arn_like(value, given)),
        "ArnNotLike" | "ArnNotEquals" => !any(&|value| arn_like(value, given)),
        "Null" => any(&|value| value == "false"),
        _ => return None,
    })
}

/// Whether each of the six parts of an ARN is like the pattern's.
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    patterns.len() == parts.len() && patterns.iter().zip(&parts).all(|(pattern, part)| like(pattern, part))
}

/// Whether a text is like a pattern with `*` for any signs and `?` for one.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut pos, mut star) = (0, 0, None);
    while pos < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, pos));
                at += 1;
            }
            Some(c) if *c == '?' || *c == text[pos] => {
                at += 1;
                pos += 1;
            }
            _ => {
                // The last star takes one sign more.
                let Some((star_at, star_pos)) = star else { return false };
                star = Some((star_at, star_pos + 1));
                at = star_at + 1;
                pos = star_pos + 1;
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Access, Verdict, evaluate, like};

    fn verdict(statements: &Value) -> Verdict {
        let access = Access {
            principal: "mediapipelines.chime.amazonaws.com",
            action: "s3:PutObject",
            resource: "arn:aws:s3:::b/p/x",
            account: "111122223333",
            source: "arn:aws:chime:us-east-1:111122223333:media-pipeline/x",
        };
        evaluate(&json!({"Statement": statements}), &access)
    }

    fn statement(change: &Value) -> Value {
        let mut out = json!({
            "Effect": "Allow",
            "Principal": {"Service": "mediapipelines.chime.amazonaws.com"},
            "Action": ["s3:PutObject", "s3:PutObjectAcl"],
            "Resource": "arn:aws:s3:::b/*",
            "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnLike": {"aws:SourceArn": "arn:aws:chime:*:111122223333:*"}},
        });
        for (name, value) in change.as_object().into_iter().flatten() {
            if value.is_null() {
                out.as_object_mut().map(|out| out.shift_remove(name));
            } else {
                out[name] = value.clone();
            }
        }
        out
    }

    #[test]
    fn statements_are_evaluated_as_iam_does() {
        use Verdict::{Allowed, Denied, NotAllowed, Unknown};
        let cases = [
            (json!({}), Allowed),
            (json!({"Action": "s3:*"}), Allowed),
            (json!({"Action": "S3:putobject"}), Allowed),
            (json!({"Action": "s3:Get*"}), NotAllowed),
            (json!({"Action": null, "NotAction": "s3:Get*"}), Allowed),
            (json!({"Principal": "*"}), Allowed),
            (json!({"Principal": {"AWS": "*"}}), Allowed),
            (json!({"Principal": {"AWS": "111122223333"}}), NotAllowed),
            (json!({"Principal": {"Service": ["chime.amazonaws.com"]}}), NotAllowed),
            (json!({"Principal": {"Service": ["x.amazonaws.com", "mediapipelines.chime.amazonaws.com"]}}), Allowed),
            (json!({"Resource": "arn:aws:s3:::b"}), NotAllowed),
            (json!({"Resource": ["arn:aws:s3:::other/*", "arn:aws:s3:::b/p/*"]}), Allowed),
            (json!({"Resource": "arn:aws:s3:::b/${aws:PrincipalTag/x}/*"}), Unknown),
            (json!({"Condition": null}), Allowed),
            (json!({"Condition": {"StringEquals": {"AWS:sourceaccount": ["1", "111122223333"]}}}), Allowed),
            (json!({"Condition": {"StringEquals": {"aws:SourceAccount": "999"}}}), NotAllowed),
            (json!({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:chime:*:999:*"}}}), NotAllowed),
            (json!({"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:chime:us-east-1:111122223333:*"}}}), Allowed),
            (json!({"Condition": {"StringLike": {"aws:SourceArn": "*:111122223333:*"}}}), Allowed),
            (json!({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}), Allowed),
            (json!({"Condition": {"IpAddress": {"aws:SourceIp": "1.2.3.4"}}}), Unknown),
            (json!({"Condition": {"DateLessThan": {"aws:SourceAccount": "1"}}}), Unknown),
            (json!({"Condition": {"StringEquals": {"s3:x-amz-acl": "private"}}}), Unknown),
            (json!({"Effect": "Deny"}), Denied),
        ];
        for (change, expected) in cases {
            assert_eq!(verdict(&json!([statement(&change)])), expected, "{change}");
            assert_eq!(verdict(&statement(&change)), expected, "{change}");
        }
        let with = |deny: Value| verdict(&json!([statement(&json!({})), deny]));
        assert_eq!(with(statement(&json!({"Effect": "Deny"}))), Denied);
        let insecure =
            json!({"Effect": "Deny", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
        assert_eq!(with(statement(&insecure)), Allowed);
        let foreign = json!({"Effect": "Deny", "Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceAccount": "111122223333"}}});
        assert_eq!(with(statement(&foreign)), Allowed);
        let network =
            json!({"Effect": "Deny", "Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "x"}}});
        assert_eq!(with(statement(&network)), Unknown);
        let not =
            json!({"Effect": "Deny", "Principal": null, "NotPrincipal": {"AWS": "111122223333"}, "Condition": null});
        assert_eq!(with(statement(&not)), Denied);
        assert_eq!(verdict(&json!([])), NotAllowed);
    }

    #[test]
    fn patterns_have_stars_and_question_marks() {
        for (pattern, text, is) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*", "abc", true),
            ("", "", true),
            ("", "a", false),
            ("a*", "b", false),
            ("*a", "ba", true),
            ("**", "x", true),
            ("a*b*c", "axxbxxb", false),
        ] {
            assert_eq!(like(pattern, text), is, "{pattern} {text}");
        }
    }
}
