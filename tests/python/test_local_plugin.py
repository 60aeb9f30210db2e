"""The plugin for pytest, as a user's tests see it."""

from __future__ import annotations

from importlib.metadata import distribution

import pytest

pytest_plugins = ["pytester"]

HEAD = """
import boto3, os, pytest
import chimeline

MEETING = {"MediaRegion": "us-east-1", "ExternalMeetingId": "standup"}
"""


def run(pytester: pytest.Pytester, text: str, *arguments: str, **outcomes: int) -> pytest.RunResult:
    pytester.makepyfile(HEAD + text)
    result = pytester.runpytest_subprocess(
        "-p", "chimeline.pytest_plugin", "--strict-markers", "-p", "no:cacheprovider", *arguments
    )
    result.assert_outcomes(**outcomes)
    return result


def test_each_test_has_a_service_of_its_own(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
urls = []

@pytest.mark.parametrize("number", range(3))
def test_one(local_chime, chime_client, number):
    urls.append(local_chime.url)
    chime_client("chime-sdk-meetings").create_meeting(**MEETING)
    assert len(local_chime.meetings()) == 1

def test_they_were_three():
    assert len(urls) == 3

async def awaited(chime_client):
    return await chime_client("chime-sdk-meetings", awaited=True).create_meeting(**MEETING)

def test_awaited_clients(chime_client):
    import asyncio
    assert asyncio.run(awaited(chime_client))["Meeting"]["MeetingId"]

def test_code_that_reads_the_environment(chime_environment, local_chime):
    boto3.client("chime-sdk-meetings").create_meeting(**MEETING)
    assert os.environ["AWS_REGION"] == chime_environment["AWS_REGION"] == "us-east-1"
    assert len(local_chime.meetings()) == 1
""",
        passed=6,
    )


def test_scope_and_options_come_from_the_marker(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
pytestmark = pytest.mark.local_chime(scope="module", account_id="222233334444", transition_delay=7)
seen = []

def test_one(local_chime, chime_client):
    seen.append(local_chime)
    made = chime_client("chime-sdk-meetings").create_meeting(**MEETING)["Meeting"]
    assert ":222233334444:" in made["MeetingArn"]

def test_two(local_chime):
    assert local_chime is seen[0]
    assert len(local_chime.meetings()) == 1

@pytest.mark.local_chime(scope="class")
class TestClass:
    def test_one(self, local_chime):
        seen.append(local_chime)
        assert local_chime is not seen[0]

    def test_two(self, local_chime):
        assert local_chime is seen[1]

    @pytest.mark.local_chime(scope="function", region_name="eu-central-1")
    def test_three(self, local_chime):
        assert local_chime not in seen
        assert local_chime.client_options["region_name"] == "eu-central-1"

@pytest.mark.local_chime(account_id="333344445555")
def test_other_options_are_another_service(local_chime):
    assert local_chime is not seen[0]
""",
        passed=6,
    )


def test_a_wrong_marker_is_an_error_that_says_why(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.mark.local_chime(scope="package")
def test_scope(local_chime): ...

@pytest.mark.local_chime("module")
def test_place(local_chime): ...

@pytest.mark.local_chime(colour="red")
def test_option(local_chime): ...
""",
        errors=3,
    )
    text = result.stdout.str()
    assert "scope must be one of function, class, module, session, not 'package'" in text
    assert "takes options by their names, not 'module'" in text
    assert "unknown option colour" in text


def test_processes_of_xdist_have_services_of_their_own(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    run(
        pytester,
        """
pytestmark = pytest.mark.local_chime(scope="session")

@pytest.mark.parametrize("number", range(8))
def test_one(local_chime, chime_client, number):
    before = len(local_chime.meetings())
    chime_client("chime-sdk-meetings").create_meeting(**MEETING)
    assert len(local_chime.meetings()) == before + 1
""",
        "-n",
        "2",
        passed=8,
    )


def test_it_is_registered_where_the_package_is_installed() -> None:
    names = [entry.value for entry in distribution("chimeline").entry_points if entry.group == "pytest11"]
    if not names:
        pytest.skip("the package is used in place")
    assert names == ["chimeline.pytest_plugin"]
