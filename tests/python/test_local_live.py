"""The program that compares the service with the table of docs/local.md, run on the local service: it proves the program."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from chimeline.testing import LocalChime

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "live"))

import live  # noqa: E402


def test_the_program_finds_the_table_in_the_local_service() -> None:
    with LocalChime(unknown_meetings="refuse", transition_delay=1) as chime:
        meetings, pipelines = (
            boto3.client(f"chime-sdk-{name}", **chime.client_options) for name in ("meetings", "media-pipelines")
        )
        seen = live.observe(meetings, pipelines, "111122223333", "arn:aws:s3:::recordings", chime.advance)
        assert live.differences(seen) == []
        assert chime.meetings() == []
        chime.advance(10)
        assert pipelines.list_media_capture_pipelines()["MediaCapturePipelines"] == []
        assert live.differences({**seen, "capture-ends": "Failed"}) == [
            "capture-ends: the table says 'Stopped', the service 'Failed'"
        ]


def test_what_was_made_is_deleted_when_the_service_fails_in_between() -> None:
    with LocalChime(transition_delay=1) as chime:
        meetings, pipelines = (
            boto3.client(f"chime-sdk-{name}", **chime.client_options) for name in ("meetings", "media-pipelines")
        )
        chime.add_fault({"operation": "ListAttendees", "error": "ForbiddenException"})
        with pytest.raises(meetings.exceptions.ForbiddenException):
            live.observe(meetings, pipelines, "111122223333", "arn:aws:s3:::recordings", chime.advance)
        assert chime.meetings() == []


def test_every_row_is_in_the_table() -> None:
    table = (ROOT / "docs" / "local.md").read_text()
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE))
    assert set(live.EXPECTED) <= rows


def test_it_asks_before_it_starts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Identity:
        def get_caller_identity(self) -> dict[str, Any]:
            return {"Account": "111122223333"}

    made: list[str] = []
    monkeypatch.setattr(boto3, "client", lambda name, **_: made.append(name) or Identity())
    with pytest.raises(SystemExit):
        live.main(["--bucket", "arn:aws:s3:::b"])
    assert live.main(["--yes-on-account", "999988887777", "--bucket", "arn:aws:s3:::b"]) == 2
    assert live.main(["--yes-on-account", "111122223333", "--bucket", "arn:aws:s3:::b"], ask=lambda _: "no") == 2
    assert made == ["sts", "sts"]
    assert "few cents" in capsys.readouterr().out
