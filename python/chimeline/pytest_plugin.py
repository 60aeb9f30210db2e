"""Fixtures for pytest: a local Chime service, and clients of it. pytest finds them where chimeline is installed.

::

    def test_a_meeting_is_captured(local_chime, chime_client):
        meetings = chime_client("chime-sdk-meetings")
        ...
        local_chime.advance(60)

    @pytest.mark.local_chime(scope="module", transition_delay=5)
    def test_with_options(local_chime): ...
"""

# pyright: basic, reportMissingImports=false
# Whoever checks types without pytest has none of its types.

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .testing import LocalChime

# What the fixtures need is imported when the first test needs it: every run of pytest where chimeline is installed loads this.

_SCOPES = ("function", "class", "module", "session")
_MARKER = "local_chime(scope='function', **options): with which options of LocalChime the fixture starts, and for how long"
_SERVERS = pytest.StashKey[dict[str, Any]]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def local_chime(request: pytest.FixtureRequest) -> LocalChime:
    """A local service: each test's own, unless the marker names a wider scope. Each process of pytest-xdist has its own."""
    from .testing import LocalChime

    options: dict[str, Any] = {}
    # Those of a test win over those of its class, and these over the module's.
    for marker in reversed(list(request.node.iter_markers("local_chime"))):
        if marker.args:
            raise pytest.UsageError(f"local_chime takes options by their names, not {marker.args[0]!r}")
        options.update(marker.kwargs)
    scope = options.pop("scope", "function")
    if scope not in _SCOPES:
        raise pytest.UsageError(f"local_chime: scope must be one of {', '.join(_SCOPES)}, not {scope!r}")
    node = _node(request, scope)
    servers = node.stash.setdefault(_SERVERS, {})
    key = json.dumps(options, sort_keys=True, default=repr)
    if key not in servers:
        servers[key] = LocalChime(**options).start()
        node.addfinalizer(lambda: servers.pop(key).stop())
    return servers[key]


@pytest.fixture
def chime_client(local_chime: LocalChime) -> Callable[..., Any]:
    """Makes clients of the local service: ``chime_client("chime-sdk-meetings")``, or awaited ones with ``awaited=True``."""

    def make(service_name: str, config: Any = None, *, awaited: bool = False) -> Any:
        make_one: Callable[..., Any] = local_chime.client if awaited else local_chime.blocking_client
        return make_one(service_name, config)

    return make


@pytest.fixture
def chime_environment(local_chime: LocalChime, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Points every AWS SDK that reads the environment to the local service, for code that makes its own clients."""
    variables = local_chime.environment
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def _node(request: pytest.FixtureRequest, scope: str) -> pytest.Item | pytest.Collector:
    if scope == "session":
        return request.session
    wanted: Any = {"function": pytest.Item, "class": pytest.Class, "module": pytest.Module}[scope]
    # A function outside of classes has its module in place of a class, as fixtures of pytest do.
    return request.node.getparent(wanted) or request.node.getparent(pytest.Module) or request.session
