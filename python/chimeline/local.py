"""The local service as a command: ``python -m chimeline.local --port 8000``; ``--help`` lists the arguments."""

from __future__ import annotations

import signal
import sys
import threading

from ._native import run_local


def main(arguments: list[str] | None = None) -> int:
    """Runs the local service until Ctrl-C or SIGTERM.

    arguments: those of the command line, without the program's name; else the process's own.

    Returns the exit code: 0, 1 when it cannot start, 2 for arguments that are not understood.
    """
    if threading.current_thread() is threading.main_thread():
        # Python's own handler would only note the signal until the call returns, and then raise.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stdout.flush()
    return run_local(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
