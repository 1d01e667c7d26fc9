"""Conversations: a process that answers each line with a line, or is ended."""

import os
from collections.abc import Sequence
from contextlib import suppress
from math import inf
from signal import Signals
from subprocess import PIPE, Popen
from threading import Event, Thread
from time import monotonic
from typing import IO, Final
from weakref import finalize

TAIL: Final = 1000
"""How much is kept of what a process last wrote to stderr."""


class Ended(Exception):
    """There is no answer, and why.

    >>> raise Ended("no answer within 10 s")
    Traceback (most recent call last):
    funcnn.laws.conversations.Ended: no answer within 10 s
    """


class Conversation:
    """A process and its lines. It is ended with its children, at the latest when Python ends.

    Errors
        OSError   there is no such command

    >>> with Conversation(["cat"]) as echo:
    ...     echo.asked(b"hello\\n", within=10)
    b'hello\\n'
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = Popen(
            command, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=os.name == "posix"
        )
        self._watch, self._tail = _Watch(self._process), _Tail(self._process.stderr)
        self.end = finalize(self, _end, self._process, self._watch, self._tail)

    def __enter__(self) -> "Conversation":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def asked(self, line: bytes, *, within: float) -> bytes:
        """The line that is answered to a line, in so many seconds.

        Errors
            Ended   there is none: the process has ended, or had to be
        """
        requests, answers = self._process.stdin, self._process.stdout
        assert requests and answers
        self._watch.deadline = monotonic() + within
        with suppress(OSError):
            requests.write(line)
            requests.flush()
        answer = answers.readline()
        if not answer.endswith(b"\n"):
            code = self._process.wait()
            raise Ended(f"no answer within {within:g} s" if self._watch.late else self._end(code))
        self._watch.deadline = inf
        return answer

    def _end(self, code: int) -> str:
        how = f"ended by {Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        last = self._tail.line()
        return f"{how}; last on stderr: {last}" if last else how


class _Watch(Thread):
    """what kills a process at its deadline"""

    def __init__(self, process: Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self.deadline, self.late, self.done = inf, False, Event()
        self._process = process
        self.start()

    def run(self) -> None:
        while not self.done.wait(0.02):
            if monotonic() > self.deadline:
                self.late = True
                _kill(self._process)
                return


class _Tail(Thread):
    """the end of what a process writes to stderr, read so that it is never held up"""

    def __init__(self, stream: IO[bytes] | None) -> None:
        super().__init__(daemon=True)
        self._stream, self._text = stream, b""
        self.start()

    def run(self) -> None:
        while self._stream and (text := os.read(self._stream.fileno(), 1 << 16)):
            self._text = (self._text + text)[-TAIL:]

    def line(self) -> str:
        self.join(1)
        lines = self._text.decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _kill(process: Popen[bytes]) -> None:
    """it, and what it has started"""
    with suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, Signals.SIGKILL)
        else:
            process.kill()


def _end(process: Popen[bytes], watch: _Watch, tail: _Tail) -> None:
    watch.done.set()
    watch.join()
    if process.returncode is None:
        _kill(process)
        process.wait()
    tail.join(1)
    for stream in (process.stdin, process.stdout, process.stderr):
        with suppress(OSError):
            assert stream
            stream.close()
