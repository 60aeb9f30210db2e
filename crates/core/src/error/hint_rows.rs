//! The hints: each a row of the table, by which an error gets its cure.

use crate::error::cause::Cause;
use crate::error::kinds::{Error, ErrorKind};
use crate::schema::Service;

/// What a row may look at.
pub(crate) struct Facts<'a> {
    pub(crate) error: &'a Error,
    pub(crate) kind: ErrorKind,
    /// What happened on the connection.
    pub(crate) cause: Option<Cause>,
    /// What the service said.
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    pub(crate) service: &'a Service,
    pub(crate) operation: &'a str,
    /// Whether the code, the environment or the profile says where requests go.
    pub(crate) own_endpoint: bool,
    /// Whether it is to be reached by TLS.
    pub(crate) over_tls: bool,
}

/// The cure that goes with a condition. In its text `{name}` stands for an option in the words of the host, or for a fact of the
/// client or the call.
pub(crate) struct Row {
    pub(crate) when: fn(&Facts<'_>) -> bool,
    pub(crate) cure: &'static str,
}

/// The first row that applies counts, so that what is more certain stands before what is less.
pub(crate) const ROWS: &[Row] = &[
    Row {
        when: |it| {
            it.says("is not authorized to call deprecated Amazon Chime SDK API")
                || it.is_legacy() && it.says("Not authorized to call Chime SDK with Account Id")
        },
        cure: "the namespace \"chime\" is closed to this account: use the service \"chime-sdk-media-pipelines\", or set the \
               client's option namespace to \"media-pipelines\", which sends the same calls there",
    },
    Row {
        when: |it| it.says("Create a service-linked role"),
        cure: "the account lacks the service-linked role by which the service takes part in meetings: {role}; a new role needs some \
               seconds before it works",
    },
    Row {
        when: |it| it.says("bucket policy does not exist"),
        cure: "the bucket has no policy: put one that allows the service principal {principal} {actions}, {conditions}",
    },
    Row {
        when: |it| it.says("Insufficient permission to access S3 bucket") && !it.is_legacy(),
        cure: "the bucket's policy must allow the service principal {principal} {actions}, {conditions}; where all of that is so, \
               the service-linked role is missing ({role}), or the bucket has ACLs disabled",
    },
    Row {
        when: |it| {
            it.says("Insufficient permission to access S3 bucket")
                || it.says("S3 Bucket policy not valid/present for Sink")
        },
        cure: "the bucket's policy must allow the service principal {principal} {actions}, {conditions}",
    },
    Row {
        when: |it| it.says("No such S3 Bucket"),
        cure: "the bucket must be in the caller's account and in the meeting's media Region, and SinkArn must name it as \
               arn:aws:s3:::BUCKET, with or without /PREFIX behind it",
    },
    Row {
        when: |it| it.says("Resource ownership mismatch"),
        cure: "the meeting belongs to another account: make the meeting and its pipelines with credentials of one account",
    },
    Row {
        when: |it| it.says("Limit reached") && it.is("ResourceLimitExceeded"),
        cure: "a meeting has one capture pipeline at a time, and an account has a quota of active ones: delete the pipelines \
               that are done, or have the quota raised; making the same call again does not help",
    },
    Row {
        when: |it| it.says("Credential should be scoped to a valid region"),
        cure: "this endpoint takes signatures for another Region than the client's: give the client the endpoint's Region",
    },
    Row {
        when: |it| it.meeting_is_gone(),
        cure: "the meeting has ended, as one does by itself 5 minutes after the last attendee left or if nobody joined: create it \
               again, which the same ClientRequestToken does too, and let somebody join",
    },
    Row {
        when: |it| it.is("NotFound") && it.reads_a_pipeline() && it.is_legacy(),
        cure: "the pipeline has stopped already, by a call or with its meeting, and is forgotten: then nothing is left to do",
    },
    Row {
        when: |it| it.is("NotFound") && it.reads_a_pipeline(),
        cure: "the pipeline has stopped already, by a call or with its meeting, and is forgotten: then nothing is left to do; or it \
               was made in another control Region: this client asks {region}",
    },
    Row {
        when: |it| it.says("Subscription check failed"),
        cure: "the account is not set up for the service: complete its sign-up in the AWS Management Console, or use credentials of \
               an account that is",
    },
    Row {
        when: |it| it.says("AWS authorization failed"),
        cure: "the IAM policies of the caller do not allow the operation: allow chime:{operation}",
    },
    Row {
        when: |it| {
            it.is("ExpiredToken")
                || it.says("security token included in the request is expired")
                || it.is("TokenRefreshRequired")
        },
        cure: "the session token has expired: get new temporary credentials (of IAM Identity Center by `aws sso login`) and use \
               them; keys given in code or in environment variables are not renewed by themselves",
    },
    Row {
        when: |it| it.is("UnrecognizedClient") || it.is("InvalidClientTokenId"),
        cure: "the access key is not known to the service: it was deleted or mistyped, it belongs to another partition, or a \
               session token that belongs to it is missing",
    },
    Row {
        when: |it| it.is("InvalidSignature") || it.is("SignatureDoesNotMatch"),
        cure: "the secret access key does not belong to the access key id, or a proxy between changes the request: give both as \
               they were issued together",
    },
    Row {
        when: |it| it.is("RequestTimeTooSkewed") || it.is("RequestExpired"),
        cure: "the clock of this machine and the service's differ: set it by NTP",
    },
    Row {
        when: |it| it.is("UnknownOperation"),
        cure: "what answers at {host} does not know this operation, so it is not the endpoint of {service}: {where}",
    },
    Row {
        when: |it| it.kind == ErrorKind::NoRegion,
        cure: "give the client its Region ({region_name}), or set AWS_REGION, or `region` in the profile; us-east-1 is one that \
               has every service",
    },
    Row {
        when: |it| it.cause == Some(Cause::OfCredentials),
        cure: "the request was not sent: the service that gives its credentials was not reached, of which the message has the host; \
               look whether a variable AWS_ENDPOINT_URL_... or the profile names another one, and for a proxy between",
    },
    Row {
        when: |it| it.cause == Some(Cause::Untrusted),
        cure: "an authority that this machine does not trust has signed the certificate of {host}: where that is right, as behind \
               a company's proxy or with a test server, name the PEM file of its CA in {verify} or in AWS_CA_BUNDLE",
    },
    Row { when: |it| it.cause == Some(Cause::OtherName), cure: "what answers is another host than {host}: {where}" },
    Row {
        when: |it| it.cause == Some(Cause::OutOfDate),
        cure: "the certificate of {host} is not valid today: set this machine's clock if it is wrong; else whoever runs the host \
               has to renew it",
    },
    Row {
        when: |it| it.cause == Some(Cause::NotTls),
        cure: "what answers at {host} does not speak TLS: where it is a server without TLS, write http:// in place of https:// in \
               {endpoint_url}",
    },
    Row {
        when: |it| it.cause == Some(Cause::NoHandshake) && it.own_endpoint,
        cure: "{host} closed the connection in the TLS handshake, as a server without TLS does: if it is one, write http:// in \
               place of https:// in {endpoint_url}",
    },
    Row {
        when: |it| {
            // Of nginx and load balancers, of Go, of Apache.
            it.says("plain HTTP request was sent to HTTPS port")
                || it.says("HTTP request to an HTTPS server")
                || it.says("speaking plain HTTP to an SSL-enabled server port")
        },
        cure: "what answers at {host} expects TLS: write https:// in place of http:// in {endpoint_url}",
    },
    Row {
        when: |it| it.cause == Some(Cause::NotHttp),
        cure: "what answers at {host} does not speak HTTP: if it expects TLS, write https:// in place of http:// in \
               {endpoint_url}; else look at the port",
    },
    Row {
        when: |it| it.cause == Some(Cause::Unanswered),
        cure: "{host} closed the connection without an answer, as a server does that expects TLS: if it does, write https:// in \
               place of http:// in {endpoint_url}",
    },
    Row {
        when: |it| it.cause == Some(Cause::NoAddress) && it.own_endpoint,
        cure: "no address was found for the host of {host}: {where}; if it is spelled right, look at this machine's DNS",
    },
    Row {
        when: |it| it.cause == Some(Cause::NoAddress),
        cure: "no address was found for the host of {host}, which follows from the Region {region}: look whether that is spelled \
               right and has the service, and at this machine's DNS",
    },
    Row {
        when: |it| it.cause == Some(Cause::Refused) && it.own_endpoint,
        cure: "nothing listens at {host}: start the server, or correct host and port; {where}",
    },
    Row {
        when: |it| it.kind == ErrorKind::EndpointConnection && it.own_endpoint,
        cure: "{host} cannot be reached from here: look at the network, at firewalls and proxies; {where}",
    },
    Row {
        when: |it| it.kind == ErrorKind::EndpointConnection,
        cure: "{host} cannot be reached from here: look at the network, at firewalls, and at HTTPS_PROXY where traffic has to go \
               through a proxy",
    },
    Row {
        when: |it| it.kind == ErrorKind::ConnectTimeout && it.own_endpoint && it.over_tls,
        cure: "{host} cannot be reached from here, is slow to, or does not answer the TLS handshake: look at the network and at \
               firewalls, raise {connect_timeout}, or, for a server without TLS, write http:// in place of https:// in \
               {endpoint_url}",
    },
    Row {
        when: |it| it.kind == ErrorKind::ConnectTimeout,
        cure: "{host} cannot be reached from here, or is slow to: look at the network, at firewalls and HTTPS_PROXY, or raise \
               {connect_timeout}",
    },
    Row {
        when: |it| it.kind == ErrorKind::ReadTimeout,
        cure: "the request may have been carried out: look before making it anew; where the service needs longer, raise \
               {read_timeout} or {attempt_timeout}, whichever is set",
    },
    Row {
        when: |it| it.kind == ErrorKind::CallTimeout,
        cure: "the request may have been carried out: look before making it anew; where calls need longer, raise {timeout}",
    },
    Row {
        when: |it| it.kind == ErrorKind::ProxyConnection,
        cure: "look whether the proxy runs and takes these requests: it is named by {proxies}, HTTPS_PROXY or HTTP_PROXY; NO_PROXY \
               lists the hosts that need none",
    },
    Row {
        when: |it| it.kind == ErrorKind::ConnectionClosed,
        cure: "the request may have been carried out: look before making it anew; where this happens often, a proxy or load \
               balancer between closes connections",
    },
    Row {
        when: |it| it.kind == ErrorKind::Response && it.own_endpoint,
        cure: "what answers at {host} does not answer as the service does: {where}, and look for a proxy or a login page between",
    },
    Row {
        when: |it| it.kind == ErrorKind::Response,
        cure: "what answers at {host} does not answer as the service does: look for a proxy or a login page between",
    },
    Row {
        when: |it| it.kind == ErrorKind::InvalidRegion,
        cure: "a Region is written as in us-east-1; it comes from {region_name}, AWS_REGION, AWS_DEFAULT_REGION or the profile",
    },
    Row {
        when: |it| it.kind == ErrorKind::InvalidEndpoint,
        cure: "write the endpoint as in https://host:port; it comes from {endpoint_url}, AWS_ENDPOINT_URL, its variable for one \
               service, or the profile",
    },
    Row {
        when: |it| it.kind == ErrorKind::EndpointVariant,
        cure: "there is no such endpoint in this partition: turn off {use_dualstack_endpoint} or {use_fips_endpoint}, also in the \
               environment and the profile, or use a Region of another partition",
    },
    Row {
        when: |it| it.kind == ErrorKind::ProfileNotFound,
        cure: "look for the name in ~/.aws/config ([profile NAME]) and ~/.aws/credentials ([NAME]), or where AWS_CONFIG_FILE and \
               AWS_SHARED_CREDENTIALS_FILE say; the name comes from {profile_name}, AWS_DEFAULT_PROFILE or AWS_PROFILE",
    },
    Row {
        when: |it| it.kind == ErrorKind::ConfigParse,
        cure: "correct that line, or name another file with AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE",
    },
    Row {
        when: |it| it.kind == ErrorKind::InfiniteLoopConfig,
        cure: "let the source_profile of one of them name a profile with credentials of its own",
    },
    Row {
        when: |it| it.kind == ErrorKind::PartialCredentials,
        cure: "give the access key id and the secret access key in one and the same place",
    },
    Row {
        when: |it| it.kind == ErrorKind::Cancelled,
        cure: "the request may have been carried out: look before making it anew",
    },
];

pub(crate) fn is_legacy(service: &Service) -> bool {
    service.name == "chime"
}

impl Facts<'_> {
    fn says(&self, text: &str) -> bool {
        self.message.contains(text)
    }

    /// Whether the service's code is that name, in short or in full.
    fn is(&self, name: &str) -> bool {
        self.error.service_error().is_some() && self.code.strip_suffix("Exception").unwrap_or(self.code) == name
    }

    fn is_legacy(&self) -> bool {
        is_legacy(self.service)
    }

    /// Whether the meeting that was named has ended.
    fn meeting_is_gone(&self) -> bool {
        let named = self.message.strip_prefix("Meeting ").and_then(|rest| rest.strip_suffix(" not found"));
        self.says("The meeting has ended") || named.is_some() && self.is("NotFound")
    }

    fn reads_a_pipeline(&self) -> bool {
        let verb = ["Get", "Delete"].iter().find_map(|verb| self.operation.strip_prefix(verb));
        verb.is_some_and(|noun| matches!(noun, "MediaPipeline" | "MediaCapturePipeline"))
    }
}
