"""The command ``chimeline``; ``chimeline --help`` lists what it does. Also ``python -m chimeline``."""

from __future__ import annotations

import signal
import sys
import threading

from ._native import run_cli


def main() -> int:
    """Runs the command with the process's arguments. Returns the exit code: 0, 1 for a failure, 2 for arguments that are not
    understood, 3 where it cannot be told, 130 after Ctrl-C.
    """
    if threading.current_thread() is threading.main_thread():
        # Python's own handler would only note the signal until the command returns, and then raise.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stdout.flush()
    return run_cli(["chimeline", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
