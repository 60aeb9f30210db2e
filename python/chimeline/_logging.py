"""The `chimeline` logger: a line a call at INFO, and a line an attempt at DEBUG.

Nothing is logged, and `logging` is not even loaded, unless the program loads it. Lines are made of the ledger of attempts, which
holds no input and no secret.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger
    from typing import Any

    from .types.common import Attempt

_INFO = 20
_DEBUG = 10


def active_logger() -> Logger | None:
    """The logger, if a line a call would be heard."""
    logging: Any = sys.modules.get("logging")
    if logging is None:
        return None
    logger = logging.getLogger("chimeline")
    return logger if logger.isEnabledFor(_INFO) else None


def log_result(logger: Logger, service: str, operation: str, result: dict[str, Any]) -> None:
    """Logs a success."""
    metadata = result["ResponseMetadata"]
    _log_attempts(logger, service, operation, metadata["Attempts"])
    took = sum(attempt["Duration"] + (attempt["Delay"] or 0) for attempt in metadata["Attempts"])
    count = len(metadata["Attempts"])
    status = metadata["HTTPStatusCode"]
    logger.info("%s.%s: HTTP %s in %.3f s, attempts: %d", service, operation, status, took, count)


def log_error(logger: Logger, service: str, operation: str, error: BaseException) -> None:
    """Logs a failure by its class and code, without its text."""
    attempts: list[Attempt] = getattr(error, "attempts", [])
    _log_attempts(logger, service, operation, attempts)
    code = attempts[-1]["Code"] if attempts else None
    logger.info("%s.%s: %s (%s), attempts: %d", service, operation, type(error).__name__, code, len(attempts))


def _log_attempts(logger: Logger, service: str, operation: str, attempts: list[Attempt]) -> None:
    if not logger.isEnabledFor(_DEBUG):
        return
    for number, attempt in enumerate(attempts, 1):
        status, code, request_id = attempt["HTTPStatusCode"], attempt["Code"], attempt["RequestId"]
        took, delay = attempt["Duration"], attempt["Delay"] or 0
        logger.debug(
            "%s.%s attempt %d: status %s, code %s, request id %s, %.3f s, then waited %.3f s",
            service, operation, number, status, code, request_id, took, delay,
        )  # fmt: skip
