"""The page of the local service: its files, its stream of events, and what a browser makes of it."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from chimeline.testing import LocalChime

MEETING = {"MediaRegion": "us-east-1", "ExternalMeetingId": "standup"}


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime(transition_delay=60) as running:
        yield running


@contextmanager
def opened(chime: LocalChime, path: str, **headers: str) -> Iterator[HTTPResponse]:
    with closing(HTTPConnection(chime.url.removeprefix("http://"), timeout=10)) as connection:
        connection.request("GET", path, headers=headers)
        with connection.getresponse() as response:
            yield response


def get(chime: LocalChime, path: str, **headers: str) -> tuple[int, Message, str]:
    with opened(chime, path, **headers) as response:
        return response.status, response.headers, response.read().decode()


def overviews(response: HTTPResponse) -> Iterator[dict[str, Any]]:
    while line := response.readline():
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def capture(chime: LocalChime) -> str:
    made = chime.blocking_client("chime-sdk-meetings").create_meeting(**MEETING)["Meeting"]
    pipeline = chime.blocking_client("chime-sdk-media-pipelines").create_media_capture_pipeline(
        SourceType="ChimeSdkMeeting",
        SourceArn=made["MeetingArn"],
        SinkType="S3Bucket",
        SinkArn="arn:aws:s3:::recordings",
    )
    return pipeline["MediaCapturePipeline"]["MediaPipelineId"]


def test_the_page_needs_nothing_from_elsewhere(chime: LocalChime) -> None:
    status, headers, text = get(chime, "/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    names = re.findall(r'(?:src|href)="([^#"]+)"', text)
    assert sorted(names) == ["/_local/page.css", "/_local/page.js"]
    for name in names:
        assert get(chime, name)[0] == 200
    # Each control has a label, each table and section a name.
    assert text.count("<input") + text.count("<select") == text.count("<label")
    assert text.count("<section") == text.count("<section aria-labelledby=")
    _, _, script = get(chime, "/_local/page.js")
    assert "innerHTML" not in script
    for identifier in re.findall(r'\bat\("([a-z-]+)"\)', script):
        assert f'id="{identifier}"' in text


def test_programs_that_wait_for_a_server_find_it(chime: LocalChime) -> None:
    for path in ("/", "/_local/health"):
        with closing(HTTPConnection(chime.url.removeprefix("http://"), timeout=10)) as connection:
            connection.request("HEAD", path)
            with connection.getresponse() as response:
                assert (response.status, response.read()) == (200, b"")


def test_the_page_is_where_the_control_api_is(chime: LocalChime) -> None:
    assert get(chime, "/", Host="rebound.example")[0] == 404
    assert get(chime, "/_local/stream", Origin="http://example.com")[0] == 403
    with LocalChime(control=False) as other:
        assert get(other, "/")[0] == 404
        assert get(other, "/_local/page.js")[0] == 404


def test_the_stream_tells_what_changes(chime: LocalChime) -> None:
    chime.freeze()
    with opened(chime, "/_local/stream") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        states = overviews(stream)
        assert next(states)["pipelines"] == []
        identifier = capture(chime)
        seen = next(state for state in states if state["pipelines"])
        assert [(one["id"], one["status"]) for one in seen["pipelines"]] == [(identifier, "Initializing")]
        chime.advance(61)
        seen = next(state for state in states if state["pipelines"][0]["status"] == "InProgress")
        assert [one["operation"] for one in seen["requests"]] == ["CreateMediaCapturePipeline", "CreateMeeting"]
        chime.add_fault({"id": "down", "html": 503})
        seen = next(state for state in states if state["faults"])
        assert seen["faults"][0]["id"] == "down"
    # Who is gone costs nothing, and a stop is no wait for who is not.
    with opened(chime, "/_local/stream") as stream:
        begun = time.monotonic()
        chime.stop()
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_pipelines_and_faults_and_drives_the_service(chime: LocalChime, scheme: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Debian's chromium")
    with playwright.sync_playwright() as runner:
        browser = runner.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        chime.freeze()
        page = browser.new_page(color_scheme=scheme)
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda line: failures.append(line.text) if line.type == "error" else None)
        page.goto(chime.url)
        page.get_by_role("status").filter(has_text="Connected").wait_for()
        identifier = capture(chime)
        line = page.get_by_role("row").filter(has_text=identifier)
        line.get_by_role("cell", name="Initializing", exact=True).wait_for()
        page.get_by_label("Seconds").fill("61")
        page.get_by_role("button", name="Advance").click()
        line.get_by_role("cell", name="InProgress", exact=True).wait_for()
        assert line.get_by_role("listitem").count() == 2
        page.get_by_label("Operation").fill("GetMeeting")
        page.get_by_label("Refusal").select_option("limit-reached")
        page.get_by_label("Times").fill("1")
        # By keyboard.
        page.get_by_label("Times").press("Enter")
        fault = page.get_by_role("row").filter(has_text="limit-reached")
        fault.get_by_role("cell", name="0", exact=True).wait_for()
        with pytest.raises(Exception, match="Limit reached"):
            chime.blocking_client("chime-sdk-meetings").get_meeting(MeetingId=chime.meetings()[0]["meeting_id"])
        fault.get_by_role("cell", name="1", exact=True).wait_for()
        page.get_by_role("group").filter(has_text="GetMeeting").first.wait_for()
        fault.get_by_role("button").click()
        page.get_by_text("No faults").wait_for()
        assert failures == []
        page.close()
        browser.close()
