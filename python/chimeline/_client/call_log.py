"""The `chimeline` logger: a line a call and a line an attempt, at DEBUG.

Nothing is logged, and `logging` is not even loaded, unless the program loads it. Lines are made of the record of attempts, which
holds no input and no secret.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger
    from typing import Any

    from ..types.common import Attempt

_DEBUG = 10
_FORMAT = "%(asctime)s %(name)s [%(levelname)s] %(message)s"


# Once the program has loaded `logging`.
_logger: Logger | None = None


def active_logger() -> Logger | None:
    """The logger, if a line a call would be heard."""
    logger = _logger or _found_logger()
    return logger if logger is not None and logger.isEnabledFor(_DEBUG) else None


def _found_logger() -> Logger | None:
    global _logger  # noqa: PLW0603 - asked for at each call, and found once
    logging: Any = sys.modules.get("logging")
    if logging is None or not hasattr(logging, "NullHandler"):
        return None  # not loaded, or on another thread not to its end
    logger: Logger = logging.getLogger("chimeline")
    # A library's logger has a handler, or Python would print the lines of a program that has set up none.
    logger.addHandler(logging.NullHandler())
    _logger = logger
    return logger


def set_stream_logger(name: str = "chimeline", level: int = _DEBUG, format_string: str | None = None) -> None:
    """Shows the lines of a logger on the standard error, as ``boto3.set_stream_logger`` does.

    name: the logger; ``""`` for all of them.
    level: from which level on; the lines of calls and attempts are at DEBUG.
    """
    import logging

    handler = logging.StreamHandler()
    handler.setLevel(level)
    handler.setFormatter(logging.Formatter(format_string or _FORMAT))
    logger = logging.getLogger(name)
    logger.setLevel(level)
    logger.addHandler(handler)


def log_result(logger: Logger, service: str, operation: str, result: dict[str, Any]) -> None:
    """Logs a success."""
    # A stub's response may lack them.
    metadata = result.get("ResponseMetadata", {})
    attempts: list[Attempt] = metadata.get("Attempts", [])
    _log_attempts(logger, service, operation, attempts)
    took = sum(attempt["Duration"] + (attempt["Delay"] or 0) for attempt in attempts)
    count = len(attempts)
    status = metadata.get("HTTPStatusCode")
    logger.debug("%s.%s: HTTP %s in %.3f s, attempts: %d", service, operation, status, took, count)


def log_error(logger: Logger, service: str, operation: str, error: BaseException) -> None:
    """Logs a failure by its class and code, without its text."""
    attempts: list[Attempt] = getattr(error, "attempts", [])
    _log_attempts(logger, service, operation, attempts)
    code = attempts[-1]["Code"] if attempts else None
    logger.debug("%s.%s: %s (%s), attempts: %d", service, operation, type(error).__name__, code, len(attempts))


def _log_attempts(logger: Logger, service: str, operation: str, attempts: list[Attempt]) -> None:
    for number, attempt in enumerate(attempts, 1):
        status, code, request_id = attempt["HTTPStatusCode"], attempt["Code"], attempt["RequestId"]
        took, delay = attempt["Duration"], attempt["Delay"] or 0
        logger.debug(
            "%s.%s attempt %d: status %s, code %s, request id %s, %.3f s, then waited %.3f s",
            service, operation, number, status, code, request_id, took, delay,
        )  # fmt: skip
