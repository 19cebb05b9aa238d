"""The ways of calling a run: sync, async, in a notebook, in threads; and that it cleans up however it ends."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import intact
from intact.core.errors import EngineError, SourceError
from intact.findings import Report
from intact.sources.base import CollectionInfo
from tests.run.world import AS_OF, Data, Watched, clean, delivery, order, own_temporary_folder, write

PHANTOM: Data = {**clean(), "delivery_statuses": [delivery(2)]}


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return own_temporary_folder(monkeypatch, tmp_path / "temporary")


def content(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def types(report: Report) -> set[str]:
    return {issue.type for section in report.sections for issue in section.issues}


class Held:
    """A progress that stops a run at a phase until it is let go on."""

    def __init__(self) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.phases: list[str] = []

    def start(self, total: int | None) -> None: ...

    def advance(self, bytes_read: int, documents: int, collection: str) -> None: ...

    def phase(self, text: str) -> None:
        self.phases.append(text)
        self.reached.set()
        assert self.go_on.wait(60)


class Raising:
    """A progress that ends a run, at reading or at a phase."""

    def __init__(self, error: type[BaseException], *, at: str) -> None:
        self._error, self._at = error, at

    def start(self, total: int | None) -> None: ...

    def advance(self, bytes_read: int, documents: int, collection: str) -> None:
        if self._at == "advance":
            raise self._error("no")

    def phase(self, text: str) -> None:
        if self._at == "phase":
            raise self._error("no")


def test_check_works_where_a_loop_is_running_as_in_a_notebook(temporary: Path) -> None:
    async def cell() -> Report:
        return intact.check(Watched(PHANTOM), model="delivery", as_of=AS_OF)

    assert types(asyncio.run(cell())) == {"PHANTOM_DELIVERY_NO_ORDER", "INVALID_ORDER_REFERENCE"}
    assert content(temporary) == []


def test_check_async_audits_a_dump_while_the_loop_goes_on(temporary: Path, tmp_path: Path) -> None:
    place, progress = write(tmp_path / "shop", PHANTOM), Held()

    async def program() -> Report:
        task = asyncio.create_task(
            intact.check_async(place, model="delivery", as_of=AS_OF, progress=progress)
        )
        assert await asyncio.to_thread(progress.reached.wait, 60)
        await asyncio.sleep(0.01)  # a loop that is held up would not come back from this
        progress.go_on.set()
        return await task

    report = asyncio.run(program())
    assert report.exit_code == 1
    assert report.run.source_kind == "dump"
    assert content(temporary) == []


def test_check_async_and_check_find_the_same() -> None:
    one = intact.check(Watched(PHANTOM), model="delivery", as_of=AS_OF)
    other = asyncio.run(intact.check_async(Watched(PHANTOM, live=True), model="delivery", as_of=AS_OF))
    assert one.sections == other.sections
    assert one.headline == other.headline


def test_two_runs_at_once_do_not_disturb_each_other(temporary: Path) -> None:
    unbilled: Data = {**clean(), "orders": [order(1), order(2, subscription_id=None, billed=False)]}
    both = threading.Barrier(2, timeout=60)

    class Together(Held):
        def phase(self, text: str) -> None:
            if not self.phases:
                both.wait()  # both engines are there, with their tables
            self.phases.append(text)

    def run(data: Data) -> Report:
        return intact.check(Watched(data), model="delivery", as_of=AS_OF, progress=Together())

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(run, (PHANTOM, unbilled))
    assert types(one) == {"PHANTOM_DELIVERY_NO_ORDER", "INVALID_ORDER_REFERENCE"}
    assert types(other) == {"UNBILLED_ORDER"}
    assert content(temporary) == []


@pytest.mark.parametrize("live", [False, True], ids=["dump", "live"])
def test_a_cancelled_run_ends_soon_and_leaves_nothing_behind(temporary: Path, live: bool) -> None:
    source, progress = Watched(PHANTOM, live=live), Held()

    async def program() -> None:
        task = asyncio.create_task(
            intact.check_async(source, model="delivery", as_of=AS_OF, progress=progress)
        )
        assert await asyncio.to_thread(progress.reached.wait, 60)
        assert len(content(temporary)) == 1
        task.cancel()
        asyncio.get_running_loop().call_later(0.05, progress.go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(program())
    assert soon(lambda: source.closed and not content(temporary))
    assert len(progress.phases) == 1


def soon(done: Callable[[], bool]) -> bool:
    """Wait for what another thread still has to do."""
    end = time.monotonic() + 30
    while not done() and time.monotonic() < end:
        time.sleep(0.01)
    return done()


@pytest.mark.parametrize("live", [False, True], ids=["dump", "live"])
def test_after_success_nothing_is_left_and_the_source_is_closed(temporary: Path, live: bool) -> None:
    source = Watched(clean(), live=live)
    assert asyncio.run(intact.check_async(source, model="delivery", as_of=AS_OF)).exit_code == 0
    assert source.closed
    assert content(temporary) == []


@pytest.mark.parametrize("at", ["advance", "phase"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError, EngineError])
def test_whatever_ends_a_run_nothing_is_left_and_the_source_is_closed(
    temporary: Path, error: type[BaseException], at: str
) -> None:
    source = Watched(PHANTOM)
    with pytest.raises(error):
        intact.check(source, model="delivery", as_of=AS_OF, progress=Raising(error, at=at))
    assert source.closed
    assert content(temporary) == []


def test_a_source_that_is_refused_is_closed(temporary: Path) -> None:
    source = Watched({"people": []})
    with pytest.raises(SourceError):
        intact.check(source, model="delivery")
    assert source.closed
    assert content(temporary) == []


def test_a_source_that_cannot_be_listed_is_closed(temporary: Path) -> None:
    class Gone(Watched):
        async def collections(self) -> dict[str, CollectionInfo]:
            raise SourceError("it is gone")

    source = Gone(clean())
    with pytest.raises(SourceError, match="gone"):
        intact.check(source, model="delivery")
    assert source.closed
    assert content(temporary) == []


def test_a_temporary_folder_that_cannot_be_made_closes_the_source(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary.rmdir()
    source = Watched(clean())
    with pytest.raises(EngineError, match="TMPDIR"):
        intact.check(source, model="delivery")
    assert source.closed
