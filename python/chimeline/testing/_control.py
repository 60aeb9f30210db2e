"""What tests ask of the local service besides the operations: methods over its control API."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode


def _in_path(identifier: str) -> str:
    return quote(identifier, safe="")


class ControlMethods(ABC):
    """Methods over the control API. Times are in seconds. A request that is refused raises ``InvalidConfigError``."""

    @abstractmethod
    def control(self, method: str, target: str, body: Any = None) -> Any:
        """A request of the control API."""

    def health(self) -> dict[str, Any]:
        """The service's ``status``, ``version``, real ``time`` and ``clock``."""
        return self.control("GET", "/health")

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document of the control API."""
        return self.control("GET", "/openapi.json")

    def reset(self) -> None:
        """Forgets all resources, faults, recorded requests and events, and sets the clock right."""
        self.control("POST", "/reset")

    def clock(self) -> datetime:
        """The time that resources see, in UTC."""
        return _time(self.control("GET", "/clock")["time"])

    def freeze(self) -> None:
        """Stops the clock of resources: it moves only by ``advance`` and ``set_clock``."""
        self.control("POST", "/clock/freeze")

    def resume(self) -> None:
        """Lets a frozen clock run on."""
        self.control("POST", "/clock/resume")

    def set_clock(self, time: datetime) -> None:
        """Sets the clock of resources to a time, which must have a timezone."""
        if time.tzinfo is None:
            raise ValueError(f"invalid time: {time!r} (expected a datetime with a timezone)")
        self.control("POST", "/clock/set", {"time": time.isoformat()})

    def requests(self, **filters: str | int) -> list[dict[str, Any]]:
        """The recorded requests, newest first; ``service``, ``operation``, ``status`` and ``limit`` choose among them."""
        return self.control("GET", f"/requests?{urlencode(filters)}")["requests"]

    def clear_requests(self) -> None:
        """Forgets the recorded requests."""
        self.control("DELETE", "/requests")

    def add_fault(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        """Adds a rule of faults, such as ``{"operation": "CreateMeeting", "refusal": "throttled", "times": 2}``.

        Returns the rule with its ``id``; :meth:`faults` tells how often it struck.
        """
        return self.control("POST", "/faults", dict(rule))

    def add_faults(self, rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Adds rules of faults, all or, where one is not valid, none. Returns them as :meth:`add_fault` does."""
        return self.control("POST", "/faults", [dict(rule) for rule in rules])["faults"]

    def faults(self) -> list[dict[str, Any]]:
        """The rules of faults, each with how often it ``struck``."""
        return self.control("GET", "/faults")["faults"]

    def remove_fault(self, fault_id: str) -> None:
        """Removes a rule of faults."""
        self.control("DELETE", f"/faults/{_in_path(fault_id)}")

    def clear_faults(self) -> None:
        """Removes all rules of faults."""
        self.control("DELETE", "/faults")

    def refusals(self) -> list[dict[str, Any]]:
        """The catalogue of refusals that rules name: each ``name``, ``code``, ``status``, ``message`` and ``cure``."""
        return self.control("GET", "/faults/catalogue")["refusals"]

    def meetings(self) -> list[dict[str, Any]]:
        """The meetings, their attendees with who is ``connected``, and their pipelines."""
        return self.control("GET", "/meetings")["meetings"]

    def join(self, meeting_id: str, attendee: str | None = None) -> int:
        """An attendee, by id or external user id, joins a meeting; all of them without ``attendee``. Returns how many."""
        return self.control("POST", f"/meetings/{_in_path(meeting_id)}/join", {"attendee": attendee})["attendees"]

    def leave(self, meeting_id: str, attendee: str | None = None, *, dropped: bool = False) -> int:
        """An attendee leaves a meeting, or loses the connection; all of them without ``attendee``. Returns how many."""
        body = {"attendee": attendee, "dropped": dropped}
        return self.control("POST", f"/meetings/{_in_path(meeting_id)}/leave", body)["attendees"]

    def end_meeting(self, meeting_id: str) -> None:
        """Ends a meeting as its own end would."""
        self.control("POST", f"/meetings/{_in_path(meeting_id)}/end")

    def force_state(self, pipeline_id: str, status: str, reason: str | None = None) -> None:
        """Puts a pipeline or pool into a state, such as ``Failed``."""
        self.control("POST", f"/pipelines/{_in_path(pipeline_id)}/state", {"status": status, "reason": reason})

    def events(self) -> list[dict[str, Any]]:
        """The events that EventBridge would have got, in their order."""
        return self.control("GET", "/events")["events"]

    def flush_artifacts(self, timeout: float = 10) -> dict[str, Any]:
        """Waits until the artifacts that are due are written.

        Returns how many objects were ``written``, ``failed`` and, after the timeout, are ``waiting``, and the last ``error``.
        """
        return self.control("POST", "/artifacts/flush", {"timeout": timeout})

    def export_state(self) -> dict[str, Any]:
        """The whole state, for :meth:`import_state`."""
        return self.control("GET", "/state")

    def import_state(self, state: Mapping[str, Any]) -> None:
        """Replaces the whole state."""
        self.control("PUT", "/state", dict(state))

    def seed_state(self, state: Mapping[str, Any]) -> bool:
        """Replaces the whole state, unless there are resources already. Returns whether it did."""
        return self.control("POST", "/state/seed", dict(state))["seeded"]


def _time(text: str) -> datetime:
    # `fromisoformat` of Python 3.10 knows no Z and no more than six digits.
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}+00:00")
