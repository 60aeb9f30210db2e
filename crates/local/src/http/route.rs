//! From method, path and query to the operation that they name.

use chimeline_core::schema::generated::SERVICES;
use chimeline_core::schema::{Operation, Segment, Service};
use percent_encoding::percent_decode_str;

/// The operation of a request, and what its URL says.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) service: &'static Service,
    pub(crate) operation: &'static Operation,
    /// The labels by wire name.
    pub(crate) labels: Vec<(&'static str, String)>,
    /// The query by wire name, in the order of the request.
    pub(crate) query: Vec<(String, String)>,
}

/// Why a URL names no operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RouteError {
    /// No operation has this method and path.
    Unknown,
    /// Its escapes are not UTF-8.
    NotUtf8,
}

/// Finds the operation. Where several services have it, `arn` returns the ARN of the resource that the request is about.
pub(crate) fn find(
    method: &str,
    path: &str,
    query: &str,
    arn: impl FnOnce(&[(String, String)]) -> Option<String>,
) -> Result<Route, RouteError> {
    let query = pairs(query).ok_or(RouteError::NotUtf8)?;
    let chosen = query.iter().find(|(name, _)| name == "operation").map(|(_, value)| value.as_str());
    let segments: Vec<&str> = path.split('/').collect();
    let mut found = Vec::new();
    for service in SERVICES.iter().copied() {
        for operation in service.operations {
            if operation.method == method
                && operation.query.strip_prefix("operation=") == chosen
                && let Some(labels) = labels(operation, &segments)
            {
                found.push((service, operation, labels));
            }
        }
    }
    let at = if found.len() > 1 {
        let owner = owner(arn(&query).as_deref());
        found.iter().position(|(service, ..)| service.name == owner).unwrap_or_default()
    } else {
        0
    };
    let (service, operation, labels) = found.into_iter().nth(at).ok_or(RouteError::Unknown)?;
    let labels = labels
        .into_iter()
        .map(|(name, value)| Some((name, decoded(value)?)))
        .collect::<Option<Vec<_>>>()
        .ok_or(RouteError::NotUtf8)?;
    Ok(Route { service, operation, labels, query })
}

/// The service that a resource belongs to: `/tags` is an operation of two.
fn owner(arn: Option<&str>) -> &'static str {
    let resource = arn.and_then(|arn| arn.splitn(6, ':').nth(5)).unwrap_or_default();
    if resource.starts_with("meeting/") || resource.starts_with("meeting:") {
        "chime-sdk-meetings"
    } else {
        "chime-sdk-media-pipelines"
    }
}

/// The values of the path's labels, if the path is the operation's. A label is a whole segment, perhaps an empty one.
fn labels<'p>(operation: &'static Operation, segments: &[&'p str]) -> Option<Vec<(&'static str, &'p str)>> {
    let mut labels = Vec::new();
    let mut rest = segments.iter().copied();
    for (at, piece) in operation.path.iter().enumerate() {
        match piece {
            Segment::Literal(text) => {
                // The model's paths start with a slash, and labels stand between slashes.
                let inner = text.strip_prefix('/')?;
                if at == 0 {
                    rest.next().filter(|segment| segment.is_empty())?;
                }
                for part in inner.strip_suffix('/').unwrap_or(inner).split('/') {
                    rest.next().filter(|segment| *segment == part)?;
                }
            }
            Segment::Label(name) => labels.push((*name, rest.next()?)),
        }
    }
    rest.next().is_none().then_some(labels)
}

pub(crate) fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(value)?))
        })
        .collect()
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::{RouteError, find};

    fn name(method: &str, path: &str, query: &str) -> Result<String, RouteError> {
        let arn = |query: &[(String, String)]| query.iter().find(|(name, _)| name == "arn").map(|(_, arn)| arn.clone());
        find(method, path, query, arn).map(|route| {
            let labels: Vec<String> =
                route.labels.into_iter().map(|(name, value)| format!(" {name}={value}")).collect();
            format!("{} {}{}", route.service.name, route.operation.name, labels.concat())
        })
    }

    #[test]
    fn every_operation_is_found_by_its_own_url() {
        for service in chimeline_core::schema::generated::SERVICES {
            for operation in service.operations {
                let path: String = operation
                    .path
                    .iter()
                    .map(|segment| match segment {
                        super::Segment::Literal(text) => *text,
                        super::Segment::Label(_) => "a%2Fb",
                    })
                    .collect();
                let arn = |_: &[(String, String)]| {
                    let resource = if service.name == "chime-sdk-meetings" { "meeting/1" } else { "media-pipeline/1" };
                    Some(format!("arn:aws:chime:us-east-1:111122223333:{resource}"))
                };
                let route = find(operation.method, &path, operation.query, arn).expect(operation.name);
                assert_eq!((route.service.name, route.operation.name), (service.name, operation.name));
                assert!(route.labels.iter().all(|(_, value)| value == "a/b"), "{:?}", route.labels);
            }
        }
    }

    #[test]
    fn what_no_operation_has_is_unknown() {
        assert_eq!(name("GET", "/", ""), Err(RouteError::Unknown));
        assert_eq!(name("PATCH", "/meetings", ""), Err(RouteError::Unknown));
        assert_eq!(name("POST", "/meetings", "operation=other"), Err(RouteError::Unknown));
        assert_eq!(name("GET", "/meetings/1/2/3/4/5", ""), Err(RouteError::Unknown));
        assert_eq!(name("GET", "*", ""), Err(RouteError::Unknown));
        assert_eq!(name("GET", "/meetings/%FF", ""), Err(RouteError::NotUtf8));
    }

    #[test]
    fn an_empty_label_is_a_label() {
        let found = name("GET", "/media-capture-pipelines/", "");
        assert_eq!(found.as_deref(), Ok("chime GetMediaCapturePipeline mediaPipelineId="));
    }

    #[test]
    fn tags_are_of_the_service_that_owns_the_resource() {
        for arn in ["us-east-1%3A111122223333%3Ameeting%2F1", "%3A111122223333%3Ameeting%3A1"] {
            let query = format!("arn=arn%3Aaws%3Achime%3A{arn}");
            assert_eq!(name("GET", "/tags", &query).as_deref(), Ok("chime-sdk-meetings ListTagsForResource"));
        }
        assert_eq!(name("GET", "/tags", "").as_deref(), Ok("chime-sdk-media-pipelines ListTagsForResource"));
    }
}
