"""What has to be so before a recording: each set-up judged right, on moto's S3, STS and IAM and the local Chime service."""

from __future__ import annotations

import json
import re
import shlex
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from chimeline.exceptions import ParamValidationError
from chimeline.recording import blocking, policies
from chimeline.testing import LocalChime
from server import Answer, Request, Server

ACCOUNT = "123456789012"
PRINCIPAL = "mediapipelines.chime.amazonaws.com"
ROLE = "AWSServiceRoleForAmazonChimeSDKMediaPipelines"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Setup:
    """A set-up that is right, and what changes it."""

    def __init__(self, moto: str, chime: LocalChime) -> None:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=moto, **keys)
        self.moto, self.chime, self.keys = moto, chime, keys
        self.s3: Any = boto3.client("s3", endpoint_url=moto, **keys)
        self.iam: Any = boto3.client("iam", endpoint_url=moto, **keys)
        self.client: Any = chime.blocking_client("chime-sdk-media-pipelines")
        self.meeting: Any = blocking.ensure_meeting("room", "us-east-1", client=self.client)["Meeting"]
        self.s3.create_bucket(Bucket="recordings")
        self.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}")
        self.put_policy(policies("recordings", account=ACCOUNT, purpose="concatenation")["bucket"])
        self.given: dict[str, Any] = {
            "sink": "s3://recordings/standup",
            "meeting": self.meeting,
            "concatenate_to": "s3://recordings/j",
        }

    def put_policy(self, policy: Any) -> None:
        self.s3.put_bucket_policy(Bucket="recordings", Policy=json.dumps(policy))

    def policy(self) -> Any:
        return json.loads(self.s3.get_bucket_policy(Bucket="recordings")["Policy"])

    def change_policy(self, change: Callable[[list[Any]], Any]) -> None:
        policy = self.policy()
        change(policy["Statement"])
        self.put_policy(policy)

    def judge(self, **change: Any) -> tuple[bool | None, dict[str, Any]]:
        endpoints = dict.fromkeys(("s3", "sts", "iam"), self.moto)
        given = {"endpoints": endpoints, "client": self.client, **self.given, **change}
        found = blocking.preflight(**given)
        return found["ready"], {check["check"]: check for check in found["checks"]}


@pytest.fixture
def setup(moto: str) -> Iterator[Setup]:
    with LocalChime(account_id=ACCOUNT, transition_delay=0.05) as chime:
        boto3.client("s3", endpoint_url=moto, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        _reset(moto)
        yield Setup(moto, chime)


def _reset(moto: str) -> None:
    urlopen(urllib.request.Request(f"{moto}/moto-api/reset", method="POST")).close()  # noqa: S310


def test_a_set_up_that_is_right_passes_and_nothing_but_reads_is_sent(setup: Setup) -> None:
    before = len(setup.chime.requests(limit=1000))
    ready, checks = setup.judge()
    assert {name: check["verdict"] for name, check in checks.items()} == dict.fromkeys(checks, "passed")
    assert ready is True
    assert len(checks) == 12
    sent = setup.chime.requests(limit=1000)[: len(setup.chime.requests(limit=1000)) - before]
    assert {request["operation"] for request in sent} <= {
        "GetMeeting",
        "ListMediaCapturePipelines",
        "GetMediaCapturePipeline",
        "ListMediaPipelines",
        "GetMediaPipeline",
    }


def _statement(change: dict[str, Any]) -> Callable[[Setup], Any]:
    return lambda setup: setup.change_policy(lambda statements: [statement.update(change) for statement in statements])


def _deny(**members: Any) -> Callable[[Setup], Any]:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::recordings/*", **members}
    return lambda setup: setup.change_policy(lambda statements: statements.append(statement))


def _encrypt(setup: Setup, **rule: str) -> None:
    rules = [{"ApplyServerSideEncryptionByDefault": rule}]
    setup.s3.put_bucket_encryption(Bucket="recordings", ServerSideEncryptionConfiguration={"Rules": rules})


def _own(setup: Setup, rule: str) -> None:
    setup.s3.put_bucket_ownership_controls(Bucket="recordings", OwnershipControls={"Rules": [{"ObjectOwnership": rule}]})


POLICY = "bucket policy"
CASES: list[tuple[str, Callable[[Setup], Any], str, str]] = [
    ("no policy", lambda it: it.s3.delete_bucket_policy(Bucket="recordings"), POLICY, "failed"),
    ("another principal", _statement({"Principal": {"Service": "chime.amazonaws.com"}}), POLICY, "failed"),
    ("a user as principal", _statement({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}), POLICY, "failed"),
    ("everyone", _statement({"Principal": "*"}), POLICY, "passed"),
    ("another account", _statement({"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}}), POLICY, "failed"),
    (
        "another source",
        _statement({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:chime:*:999999999999:*"}}}),
        POLICY,
        "failed",
    ),
    (
        "another Region",
        _statement({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:chime:eu-west-2:*:*"}}}),
        POLICY,
        "failed",
    ),
    ("this Region", _statement({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:chime:us-east-1:*:*"}}}), POLICY, "passed"),
    ("no condition", _statement({"Condition": {}}), POLICY, "passed"),
    ("an unknown condition", _statement({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}), POLICY, "cannot tell"),
    ("an unknown operator", _statement({"Condition": {"NumericEquals": {"aws:SourceAccount": "1"}}}), POLICY, "cannot tell"),
    ("a wrong action", _statement({"Action": "s3:PutObject"}), POLICY, "failed"),
    ("all actions", _statement({"Action": "s3:*"}), POLICY, "passed"),
    ("objects alone", _statement({"Action": "s3:*", "Resource": "arn:aws:s3:::recordings/*"}), POLICY, "failed"),
    ("the bucket alone", _statement({"Action": "s3:*", "Resource": "arn:aws:s3:::recordings"}), POLICY, "failed"),
    (
        "another prefix",
        _statement({"Action": "s3:*", "Resource": ["arn:aws:s3:::recordings", "arn:aws:s3:::recordings/x/*"]}),
        POLICY,
        "failed",
    ),
    (
        "the prefix",
        _statement({"Action": "s3:*", "Resource": ["arn:aws:s3:::recordings", "arn:aws:s3:::recordings/stand*"]}),
        POLICY,
        "passed",
    ),
    ("a denial", _deny(), POLICY, "failed"),
    ("a denial of the ACL", _deny(Action="s3:PutObjectAcl"), POLICY, "failed"),
    ("a denial without TLS", _deny(Condition={"Bool": {"aws:SecureTransport": "false"}}), POLICY, "passed"),
    ("a denial of others", _deny(Condition={"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}), POLICY, "passed"),
    ("a denial from networks", _deny(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), POLICY, "cannot tell"),
    ("no role", lambda it: it.iam.delete_role(RoleName=ROLE), "service-linked role", "failed"),
    ("ACLs off", lambda it: _own(it, "BucketOwnerEnforced"), "bucket object ownership", "cannot tell"),
    ("ACLs preferred", lambda it: _own(it, "BucketOwnerPreferred"), "bucket object ownership", "passed"),
    ("S3's encryption", lambda it: _encrypt(it, SSEAlgorithm="AES256"), "bucket encryption", "passed"),
    ("AWS's key", lambda it: _encrypt(it, SSEAlgorithm="aws:kms"), "bucket encryption", "failed"),
    (
        "a key",
        lambda it: _encrypt(it, SSEAlgorithm="aws:kms", KMSMasterKeyID="arn:aws:kms:us-east-1:1:key/k"),
        "bucket encryption",
        "cannot tell",
    ),
    ("no meeting", lambda it: it.chime.reset(), "meeting", "failed"),
    (
        "a capture",
        lambda it: blocking.start_recording(it.meeting, "s3://recordings", client=it.client),
        "one capture a meeting",
        "failed",
    ),
    ("no bucket", lambda it: it.given.update(sink="s3://nowhere"), "bucket exists", "failed"),
    (
        "another media Region",
        lambda it: it.given.update(meeting=None, media_region="eu-central-1"),
        "bucket lies in the media Region",
        "failed",
    ),
    ("no media Region", lambda it: it.given.update(meeting=None), "bucket lies in the media Region", "cannot tell"),
    (
        "a foreign meeting",
        lambda it: it.given.update(meeting=it.meeting["MeetingArn"].replace(ACCOUNT, "999999999999")),
        "meeting",
        "failed",
    ),
    (
        "a refusal to list",
        lambda it: it.chime.add_fault({"operation": "ListMediaPipelines", "refusal": "authorization-failed"}),
        "active pipelines",
        "cannot tell",
    ),
    ("another control Region", lambda it: _move(it, "eu-west-3"), "control Region", "failed"),
]


def _move(setup: Setup, region: str) -> None:
    import chimeline

    setup.client = chimeline.blocking.client("chime-sdk-media-pipelines", **{**setup.chime.client_options, "region_name": region})


@pytest.mark.parametrize(("change", "check", "verdict"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_set_up_that_differs_in_one_way_is_judged_right(
    setup: Setup, change: Callable[[Setup], Any], check: str, verdict: str
) -> None:
    change(setup)
    ready, checks = setup.judge()
    found = checks[check]
    assert (found["verdict"], found["check"]) == (verdict, check)
    if verdict == "passed":
        assert ready is True
        return
    assert ready is (False if verdict == "failed" else None)
    assert found["cure"]
    others = {name for name, other in checks.items() if other["verdict"] != "passed" and name != check}
    assert others <= {"one capture a meeting", "meeting", "bucket lies in the media Region", "destination encryption"}


@pytest.mark.parametrize("case", [case for case in CASES if case[2] == POLICY and case[3] != "passed"], ids=lambda case: case[0])
def test_the_policy_of_the_cure_makes_it_pass(setup: Setup, case: Any) -> None:
    _, change, check, _ = case
    change(setup)
    _, checks = setup.judge()
    denials = 0 if case[0] == "no policy" else sum(one["Effect"] == "Deny" for one in setup.policy()["Statement"])
    assert "put-bucket-policy --bucket recordings --policy file://policy.json" in checks[check]["cure"]
    setup.put_policy(checks[check]["paste"])
    ready, checks = setup.judge()
    assert (ready, checks[check]["verdict"]) == (True, "passed")
    assert sum(one["Effect"] == "Deny" for one in setup.policy()["Statement"]) == denials, "no denial is lost"


def relay_to(url: str) -> Callable[[Request], Answer]:
    """What hands requests on to a server, and its answers back."""

    def hand_on(request: Request) -> Answer:
        headers = {name: value for name, value in request.headers.items() if name.startswith(("authorization", "x-amz-"))}
        try:
            with urlopen(urllib.request.Request(url + request.target, headers=headers, method=request.method)) as got:  # noqa: S310
                return Answer(got.status, got.read())
        except HTTPError as refused:
            return Answer(refused.code, refused.read())

    return hand_on


def aws(setup: Setup, command: str) -> None:
    """Carries out a command as it is printed, by the clients that the AWS CLI is made of."""
    program, service, operation, *arguments = shlex.split(command)
    assert program == "aws"
    if (service, operation) == ("s3", "mb"):
        [url, option, region] = arguments
        assert option == "--region"
        setup.s3.create_bucket(Bucket=url.removeprefix("s3://"))
        assert region == "us-east-1"
        return
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    client = {"iam": setup.iam, "s3api": setup.s3}[service]
    given: dict[str, Any] = {
        "".join("AWS" if word == "aws" else word.capitalize() for word in name.strip("-").split("-")): value
        for name, value in options.items()
    }
    if "OwnershipControls" in given:
        rule = re.fullmatch(r"Rules=\[\{ObjectOwnership=(\w+)\}\]", given["OwnershipControls"])
        assert rule
        given["OwnershipControls"] = {"Rules": [{"ObjectOwnership": rule[1]}]}
    getattr(client, operation.replace("-", "_"))(**given)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case[0] in ("no role", "ACLs off", "no bucket")], ids=lambda case: case[0]
)
def test_the_command_of_the_cure_makes_it_pass(setup: Setup, case: Any) -> None:
    _, change, check, _ = case
    change(setup)
    _, checks = setup.judge()
    if case[0] == "no role":
        # moto gives roles of services that it does not know other names.
        assert checks[check]["paste"] == f"aws iam create-service-linked-role --aws-service-name {PRINCIPAL}"
        setup.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}")
    else:
        aws(setup, checks[check]["paste"])
    ready, checks = setup.judge()
    assert checks[check]["verdict"] == "passed"
    if case[0] == "no bucket":
        bucket = setup.given["sink"].removeprefix("s3://")
        setup.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(checks[POLICY]["paste"]))
        ready, _ = setup.judge()
    assert ready is True


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_no_request_but_reads_is_sent(setup: Setup, case: Any) -> None:
    """Neither to the Chime service nor to S3, STS and IAM, and nothing is other than before."""
    _, change, _, _ = case
    change(setup)
    setup.chime.control("DELETE", "/requests")
    with Server(relay_to(setup.moto)) as relay:
        found = setup.judge(endpoints=dict.fromkeys(("s3", "sts", "iam"), relay.url))
        assert {request.method for request in relay.requests} == {"GET"}
        assert {request.body for request in relay.requests} == {b""}
    assert [check["verdict"] for check in found[1].values()] == [check["verdict"] for check in setup.judge()[1].values()]
    operations = {request["operation"] for request in setup.chime.requests(limit=1000)}
    assert all(name.startswith(("Get", "List")) for name in operations if name), operations


def test_the_legacy_namespace_needs_its_own_principal(setup: Setup) -> None:
    client: Any = setup.chime.blocking_client("chime")
    _, checks = setup.judge(client=client, concatenate_to=None)
    assert checks[POLICY]["verdict"] == "failed"
    assert "chime.amazonaws.com" in checks[POLICY]["detail"]
    assert "service-linked role" not in checks
    setup.put_policy(policies("recordings", account=ACCOUNT, legacy=True)["bucket"])
    ready, _ = setup.judge(client=client, concatenate_to=None)
    assert ready is True


def test_a_bucket_in_another_region_is_read_where_it_is(setup: Setup) -> None:
    west: Any = boto3.client("s3", endpoint_url=setup.moto, **{**setup.keys, "region_name": "eu-west-2"})
    west.create_bucket(Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    _, checks = setup.judge(sink="s3://elsewhere", concatenate_to=None)
    assert checks["bucket lies in the media Region"]["verdict"] == "failed"
    assert "eu-west-2" in checks["bucket lies in the media Region"]["cure"]


def test_without_credentials_nothing_else_is_asked(setup: Setup) -> None:
    found = blocking.preflight("s3://recordings", endpoints={"sts": "http://127.0.0.1:9"}, client=setup.client)
    assert [(check["check"], check["verdict"]) for check in found["checks"]] == [("credentials", "failed")]
    with pytest.raises(ParamValidationError, match="endpoints must be"):
        blocking.preflight("s3://recordings", endpoints={"ec2": "x"}, client=setup.client)


def test_policies_are_made_offline() -> None:
    made = policies("s3://recordings/x", account=ACCOUNT, purpose="concatenation", topic="t", queue="q")
    assert set(made) == {"bucket", "key", "caller", "sns", "sqs", "role_command"}
    assert made["sqs"]["Statement"][0]["Resource"] == f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
    assert made["bucket"]["Statement"][1]["Resource"] == "arn:aws:s3:::recordings"
    assert set(policies(account=ACCOUNT, purpose="live-connector")) == {"caller", "sns", "sqs", "role_command"}
    legacy = policies("recordings", account=ACCOUNT, legacy=True)
    assert legacy["bucket"]["Statement"][0]["Principal"] == {"Service": "chime.amazonaws.com"}
    assert "role_command" not in legacy
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"account": "1"}, "account must be"),
        ({"purpose": "x"}, "purpose must be"),
        ({"bucket": "Wrong"}, "cannot be one"),
        ({"purpose": "concatenation", "legacy": True}, "captures alone"),
    ]
    for change, part in wrong:
        given: dict[str, Any] = {"bucket": "recordings", "account": ACCOUNT, **change}
        with pytest.raises(ParamValidationError, match=part):
            policies(**given)
