"""Study runs: several studies at once, each in a process of its own, and what comes from them."""

import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from time import process_time
from typing import Any, NamedTuple

from funcnn.studies.all_studies import STUDIES
from funcnn.studies.findings import Finding


class Progressed(NamedTuple):
    """How much of a study is done, from 0 to 1."""

    name: str
    share: float


class Ended(NamedTuple):
    """What a study found, and in how many seconds of the processor; or why it came to no end."""

    name: str
    finding: Finding | str
    seconds: float


type Event = Progressed | Ended


def events(runs: Iterable[tuple[str, Mapping[str, Any]]], jobs: int) -> Iterator[Event]:
    """What comes from studies, by name and with their settings, at most so many of them at once."""
    context, waiting = get_context("spawn"), deque(runs)
    running: dict[Connection, tuple[str, SpawnProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                name, settings = waiting.popleft()
                here, there = context.Pipe(duplex=False)
                process = context.Process(target=tell, args=(there, name, settings), daemon=True)
                process.start()
                there.close()
                running[here] = name, process
            for connection in wait([*running]):
                assert isinstance(connection, Connection)
                event = heard(connection, running[connection][0])
                yield event
                if isinstance(event, Ended):
                    connection.close()
                    running.pop(connection)[1].join()
    finally:
        for _, process in running.values():
            process.terminate()


def heard(connection: Connection, name: str) -> Event:
    """What comes next from a study; that it ended without a result, if it did."""
    try:
        event: Event = connection.recv()
    except EOFError:
        return Ended(name, "its process ended without a result", 0.0)
    return event


def tell(connection: Connection, name: str, settings: Mapping[str, Any]) -> None:
    """Run a study, and send what comes from it. Ctrl-C is for the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for event in told(name, settings):
        connection.send(event)


def told(name: str, settings: Mapping[str, Any]) -> Iterator[Event]:
    """What comes from a study that is run here."""
    start = process_time()
    try:
        experiment = STUDIES[name].experiment(**settings)
        while True:
            yield Progressed(name, next(experiment))
    except StopIteration as end:
        yield Ended(name, end.value, process_time() - start)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        yield Ended(name, why, process_time() - start)
