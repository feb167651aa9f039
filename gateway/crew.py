"""A crew: several serving processes behind one port, watched by a parent that does nothing else."""

import os
import signal
import threading
import time
import traceback
from collections.abc import Callable

STOP_WITHIN = 20.0  # seconds that processes get to finish; then they are killed
AGAIN_AFTER = 1.0  # seconds before one that died is replaced
WRONG_USE = 2  # a process that ends so cannot be helped by another start
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)

Serve = Callable[[], int]
"""What each process does; returns its exit code."""


class Crew:
    """`size` processes; one that dies is replaced, and all end together, also when it is the parent that is killed."""

    def __init__(self, size: int, serve: Serve) -> None:
        self._size, self._serve = size, serve
        self._running: set[int] = set()
        self._not_before = 0.0
        self._life = os.pipe()  # nothing is ever written: who reads it learns of the parent's death

    def run(self) -> int:
        """Until SIGTERM or SIGINT, then 0; another code when a process says that it was called in a wrong way."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            while True:
                self._fill(before)
                told = signal.sigtimedwait(_SIGNALS, AGAIN_AFTER)
                if told is not None and told.si_signo != signal.SIGCHLD:
                    return self._end(0)
                if WRONG_USE in self._bury():
                    return self._end(WRONG_USE)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _fill(self, mask: set[signal.Signals | int]) -> None:
        if time.monotonic() < self._not_before:
            return
        while len(self._running) < self._size:
            child = os.fork()
            if child == 0:
                self._outlive_nobody()
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                code = 1
                try:
                    code = self._serve()
                except BaseException:
                    traceback.print_exc()
                finally:
                    os._exit(code)
            self._running.add(child)

    def _outlive_nobody(self) -> None:
        """In a child: a parent that is gone can replace nobody and end nobody, so end in order by oneself."""
        watched, held_open = self._life
        os.close(held_open)

        def wait() -> None:
            os.read(watched, 1)
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=wait, name="watches its parent", daemon=True).start()

    def _bury(self) -> list[int]:
        """Exit codes of those that ended."""
        codes = []
        while self._running:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                break
            self._running.discard(child)
            codes.append(os.waitstatus_to_exitcode(status))
            self._not_before = time.monotonic() + AGAIN_AFTER
        return codes

    def _end(self, code: int) -> int:
        for child in self._running:
            os.kill(child, signal.SIGTERM)
        until = time.monotonic() + STOP_WITHIN
        while self._running and time.monotonic() < until:
            signal.sigtimedwait(_SIGNALS, 0.2)
            self._bury()
        for child in self._running:
            os.kill(child, signal.SIGKILL)
        return code
