"""The main job: what a call sends, and what its result is."""

from __future__ import annotations

import datetime
import re
import uuid
from typing import Any

import pytest

import chimeline
from chimeline import exceptions
from conftest import CREATED, INPUT, KEYS, PIPELINE
from server import Answer, Reset, Server

UTC = datetime.timezone.utc
THROTTLED = Answer(429, {"Code": "Throttled", "Message": "slow down"}, [("x-amzn-ErrorType", "ThrottledClientException")])


def test_a_created_pipeline_comes_back_as_a_dict_with_datetimes(blocking: Any, server: Server) -> None:
    result = blocking.create_media_capture_pipeline(**INPUT)
    pipeline = result["MediaCapturePipeline"]
    assert pipeline["Status"] == "Initializing"
    assert pipeline["CreatedTimestamp"] == datetime.datetime(2024, 2, 29, 12, 34, 56, 789000, tzinfo=UTC)
    assert result["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert result["ResponseMetadata"]["RequestId"] == "id-1"
    assert result["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"] == "id-1"
    assert [line["HTTPStatusCode"] for line in result["ResponseMetadata"]["Attempts"]] == [201]
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/media-capture-pipelines")
    sent = request.json()
    assert uuid.UUID(sent.pop("ClientRequestToken")).version == 4
    assert sent == INPUT
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{8}/us-east-1/chime/aws4_request, "
        r"SignedHeaders=content-type;host;x-amz-date, Signature=[0-9a-f]{64}",
        request.headers["authorization"],
    )


async def test_an_awaited_call_gives_what_a_blocking_one_gives(client: Any, blocking: Any) -> None:
    awaited = await client.create_media_capture_pipeline(**INPUT)
    blocked = blocking.create_media_capture_pipeline(**INPUT)
    assert awaited["MediaCapturePipeline"] == blocked["MediaCapturePipeline"]
    assert awaited["ResponseMetadata"].keys() == blocked["ResponseMetadata"].keys()


def test_delete_gives_metadata_alone(blocking: Any, server: Server) -> None:
    server.then(Answer(raw=b"HTTP/1.1 204 No Content\r\nx-amzn-RequestId: id-2\r\n\r\n"))
    result = blocking.delete_media_capture_pipeline(MediaPipelineId="a b/c")
    assert list(result) == ["ResponseMetadata"]
    assert server.requests[0].target == "/media-capture-pipelines/a%20b%2Fc"
    assert server.requests[0].headers["content-length"] == "0"


def test_a_throttled_call_is_made_again_with_the_same_token(blocking: Any, server: Server) -> None:
    server.then(THROTTLED, THROTTLED, CREATED)
    result = blocking.create_media_capture_pipeline(**INPUT)
    assert result["ResponseMetadata"]["RetryAttempts"] == 2
    attempts = result["ResponseMetadata"]["Attempts"]
    assert [(line["HTTPStatusCode"], line["Code"]) for line in attempts] == [
        (429, "ThrottledClientException"),
        (429, "ThrottledClientException"),
        (201, None),
    ]
    assert attempts[0]["Delay"] is not None
    assert attempts[-1]["Delay"] is None
    assert len({request.json()["ClientRequestToken"] for request in server.requests}) == 1
    assert len({request.headers["amz-sdk-invocation-id"] for request in server.requests}) == 1
    assert [request.headers["amz-sdk-request"] for request in server.requests] == [f"attempt={n}; max=3" for n in (1, 2, 3)]


def test_a_limit_that_is_reached_is_not_tried_again(blocking: Any, server: Server) -> None:
    server.then(Answer(400, {"Message": "Limit reached"}, [("x-amzn-ErrorType", "ResourceLimitExceededException")]))
    with pytest.raises(blocking.exceptions.ResourceLimitExceededException, match="Limit reached"):
        blocking.create_media_capture_pipeline(**INPUT)
    assert len(server.requests) == 1


def test_a_reset_connection_is_tried_again_on_a_new_one(blocking: Any, server: Server) -> None:
    server.then(Reset(), CREATED)
    assert blocking.create_media_capture_pipeline(**INPUT)["ResponseMetadata"]["RetryAttempts"] == 1
    assert server.connections == 2


def test_calls_share_a_connection(blocking: Any, server: Server) -> None:
    for _ in range(5):
        blocking.create_media_capture_pipeline(**INPUT)
    assert server.connections == 1


def test_members_that_the_model_does_not_know_are_dropped(blocking: Any, server: Server) -> None:
    server.then(Answer(201, {"MediaCapturePipeline": {**PIPELINE, "New": [1], "SinkArn": None}, "More": {}}))
    result = blocking.create_media_capture_pipeline(**INPUT)
    assert "More" not in result
    assert result["MediaCapturePipeline"].keys() == PIPELINE.keys() - {"SinkArn"}


def test_a_list_sends_its_query(blocking: Any, server: Server) -> None:
    server.then(Answer(200, {"MediaCapturePipelines": [PIPELINE], "NextToken": "t"}))
    page = blocking.list_media_capture_pipelines(NextToken="a b+c", MaxResults=2)
    assert page["NextToken"] == "t"
    assert server.requests[0].target == "/media-capture-pipelines?next-token=a%20b%2Bc&max-results=2"


def test_an_environment_names_endpoint_region_and_keys(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CHIME", server.url)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS["aws_access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS["aws_secret_access_key"])
    chimeline.blocking.client("chime").create_media_capture_pipeline(**INPUT)
    assert "/eu-west-1/chime/aws4_request" in server.requests[0].headers["authorization"]


def test_a_proxy_of_the_environment_is_used_unless_the_host_is_excepted(
    server: Server, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    with Server(CREATED) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        chimeline.blocking.client("chime", **options).create_media_capture_pipeline(**INPUT)
        assert len(proxy.requests) == 1
        assert proxy.requests[0].target == f"{server.url}/media-capture-pipelines"
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        chimeline.blocking.client("chime", **options).create_media_capture_pipeline(**INPUT)
    assert len(server.requests) == 1


def test_legacy_calls_go_to_the_successor_by_one_option(server: Server, options: dict[str, Any]) -> None:
    config = chimeline.Config(namespace="media-pipelines")
    client = chimeline.blocking.client("chime", **options, config=config)
    server.then(Answer(201, {"MediaCapturePipeline": {**PIPELINE, "MediaPipelineArn": "arn:new"}}))
    pipeline = client.create_media_capture_pipeline(**INPUT)["MediaCapturePipeline"]
    assert pipeline["SourceType"] == "ChimeSdkMeeting"
    assert pipeline["MediaPipelineArn"] == "arn:new"
    assert server.requests[0].target == "/sdk-media-capture-pipelines"
    server.then(Answer(raw=b"HTTP/1.1 204 No Content\r\n\r\n"))
    client.delete_media_capture_pipeline(MediaPipelineId=PIPELINE["MediaPipelineId"])
    assert server.requests[1].target == f"/sdk-media-capture-pipelines/{PIPELINE['MediaPipelineId']}"
    without_region = chimeline.client("chime", config=config)
    assert without_region.meta.endpoint_url == "https://media-pipelines-chime.us-east-1.amazonaws.com"
    assert without_region.meta.service_name == "chime"
    with pytest.raises(chimeline.exceptions.InvalidConfigError, match="namespace"):
        chimeline.client("chime-sdk-meetings", config=config)


def test_strict_validation_finds_what_the_service_would_refuse(server: Server, options: dict[str, Any]) -> None:
    client = chimeline.blocking.client("chime", **options, config=chimeline.Config(parameter_validation="strict"))
    with pytest.raises(chimeline.exceptions.ParamValidationError) as caught:
        client.create_media_capture_pipeline(
            **{**INPUT, "SinkType": "S3bucket", "SourceArn": "meeting"}, ClientRequestToken="a b"
        )
    assert [fault["path"] for fault in caught.value.errors] == ["SourceArn", "SinkType", "ClientRequestToken"]
    assert 'did you mean "S3Bucket"' in str(caught.value)
    assert not server.requests
    assert client.create_media_capture_pipeline(**INPUT)


def test_strict_validation_knows_the_rules_of_the_documentation(server: Server, options: dict[str, Any]) -> None:
    config = chimeline.Config(parameter_validation="strict")
    client = chimeline.blocking.client("chime", **options, config=config)
    with pytest.raises(chimeline.exceptions.ParamValidationError) as caught:
        client.create_media_capture_pipeline(
            **{**INPUT, "SourceArn": "arn:aws:chime::111122223333:meeting:undefined", "SinkArn": "arn:aws:iam::1:role/r"}
        )
    assert [(fault["path"], fault["reason"]) for fault in caught.value.errors] == [
        ("SourceArn", "invalid pattern"),
        ("SinkArn", "invalid pattern"),
    ]
    assert "must be the ARN of a meeting" in str(caught.value)
    meetings = chimeline.blocking.client("chime-sdk-meetings", **options, config=config)
    with pytest.raises(chimeline.exceptions.ParamValidationError, match="ExternalUserId, value: AWS:me, must be made of"):
        meetings.create_attendee(MeetingId=INPUT["SourceArn"][-36:], ExternalUserId="AWS:me")
    assert not server.requests


@pytest.mark.parametrize("raised", [KeyboardInterrupt, RuntimeError])
def test_what_a_value_raises_while_it_is_described_goes_to_the_caller(blocking: Any, raised: type[BaseException]) -> None:
    class Value:
        def __str__(self) -> str:
            raise raised

        __hash__ = object.__hash__

    class Number(int):
        def __float__(self) -> float:
            raise raised

    class Named(type):
        def __str__(cls) -> str:
            raise raised

    def recorded(start: Any) -> dict[str, Any]:
        stream = {"Streams": [], "FragmentSelector": {"TimestampRange": {"StartTimestamp": start}}}
        return {"KinesisVideoStreamRecordingSourceRuntimeConfiguration": stream}

    pipelines = chimeline.blocking.client("chime-sdk-media-pipelines", region_name="us-east-1")
    for call in (
        lambda: blocking.get_media_capture_pipeline(MediaPipelineId=Value()),
        lambda: blocking.get_media_capture_pipeline(MediaPipelineId=Named("Thing", (), {})()),
        lambda: blocking.create_media_capture_pipeline(ChimeSdkMeetingConfiguration={Value(): 1}),
        lambda: blocking.list_media_capture_pipelines(MaxResults=Value()),
        lambda: pipelines.create_media_insights_pipeline(**recorded(Number(1))),
    ):
        with pytest.raises(raised):
            call()


def test_timestamps_reach_the_end_of_the_calendar(server: Server, options: dict[str, Any]) -> None:
    client = chimeline.blocking.client("chime-sdk-media-pipelines", **options)
    for given, sent in (
        (datetime.datetime.max, 253402300800),
        (datetime.datetime.max.replace(tzinfo=UTC), 253402300800),
        (datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.timezone(datetime.timedelta(hours=-5))), 253402318799),
        (datetime.datetime(1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=5))), -62135614800),
        ("9999-12-31T23:59:59Z", 253402300799),
        (253402300799, 253402300799),
    ):
        server.requests.clear()
        selector = {"FragmentSelectorType": "ServerTimestamp", "TimestampRange": {"StartTimestamp": 1, "EndTimestamp": given}}
        client.create_media_insights_pipeline(
            MediaInsightsPipelineConfigurationArn="arn:aws:chime:us-east-1:111122223333:media-insights-pipeline-configuration/x",
            KinesisVideoStreamRecordingSourceRuntimeConfiguration={
                "Streams": [{"StreamArn": "arn:aws:kinesisvideo:us-east-1:111122223333:stream/s/1234567890123"}],
                "FragmentSelector": selector,
            },
        )
        source = server.requests[0].json()["KinesisVideoStreamRecordingSourceRuntimeConfiguration"]
        assert source["FragmentSelector"]["TimestampRange"]["EndTimestamp"] == sent, given
    for text in ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-05:30", "0001-01-01T00:00:00+05:00"):
        server.then(Answer(body={"MediaCapturePipeline": {"CreatedTimestamp": text}}))
        created = client.get_media_capture_pipeline(MediaPipelineId="0" * 36)["MediaCapturePipeline"]["CreatedTimestamp"]
        assert created.isoformat() == text.replace("Z", "+00:00")
    for number in ("1700000000.1234565", "1700000000.1234575", "253402300799.5", "0.0000005"):
        server.then(Answer(body=b'{"MediaCapturePipeline": {"CreatedTimestamp": %s}}' % number.encode()))
        created = client.get_media_capture_pipeline(MediaPipelineId="0" * 36)["MediaCapturePipeline"]["CreatedTimestamp"]
        assert created == datetime.datetime.fromtimestamp(float(number), UTC), number


def test_of_a_member_that_stands_twice_the_last_counts(server: Server, blocking: Any) -> None:
    server.default = Answer(
        body=b'{"NextToken": "t", "MediaCapturePipelines": [1], "NextToken": null, "MediaCapturePipelines": []}'
    )
    result = blocking.list_media_capture_pipelines()
    assert list(result) == ["ResponseMetadata", "MediaCapturePipelines"]
    assert result["MediaCapturePipelines"] == []


def test_without_validation_the_service_decides(server: Server, options: dict[str, Any]) -> None:
    client = chimeline.blocking.client("chime", **options, config=chimeline.Config(parameter_validation=False))
    client.create_media_capture_pipeline(SinkArn="")
    assert server.requests[0].json()["SinkArn"] == ""
    with pytest.raises(chimeline.exceptions.ParamValidationError, match="SinkArn"):
        client.create_media_capture_pipeline(SinkArn=1)
    with pytest.raises(TypeError, match='parameter_validation must be a bool or "strict", not str'):
        chimeline.client("chime", config=chimeline.Config(parameter_validation="lax"))


def test_a_key_that_changes_its_dict_harms_nothing(blocking: Any) -> None:
    class Key:
        def __str__(self) -> str:
            tags.pop("second", None)
            return "key"

    tags: Any = {Key(): 1, "second": 2}
    with pytest.raises(exceptions.ParamValidationError, match="Unknown parameter in ChimeSdkMeetingConfiguration: "):
        blocking.create_media_capture_pipeline(**INPUT, ChimeSdkMeetingConfiguration=tags)
