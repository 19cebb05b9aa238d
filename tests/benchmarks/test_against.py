"""An audit against that of an earlier checkout: run in turn, compared pair by pair, and no failure taken for a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks import against
from benchmarks.measure import Run


def test_ratios_are_of_pairs_and_times_are_medians() -> None:
    earlier, now = [10.0, 20.0, 40.0], [11.0, 18.0, 80.0]
    pairs = [
        (Run(a / 2, a, a * 10, {}), Run(b / 4, b, b * 10, {})) for a, b in zip(earlier, now, strict=True)
    ]
    assert against.table(pairs).splitlines()[2:] == [
        "| processor time | 20.0 s | 18.0 s | 1.10 |",
        "| time by the clock | 10.0 s | 4.5 s | 0.55 |",
        "| peak memory | 200 MB | 180 MB | 1.10 |",
    ]


@pytest.mark.parametrize(("code", "fails"), [(0, False), (1, False), (3, False), (2, True)])
def test_both_are_asked_for_the_same_audit_and_one_that_fails_is_told(
    code: int, fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "other"):
        program = tmp_path / name / ".venv" / "bin" / "intact"
        program.parent.mkdir(parents=True)
        program.write_text(
            f'#!/bin/sh\necho "{name} $1 $2 $3 $4" >> {tmp_path}/asked\n'
            f'echo "$INTACT_HISTORY" >> {tmp_path}/histories\nexit {code}\n',
            "utf-8",
        )
        program.chmod(0o755)
    monkeypatch.setattr(against, "HERE", tmp_path / "one")
    arguments = [str(tmp_path / "other"), str(tmp_path / "dump"), "--repeat", "2", "--model", "shop"]
    if fails:
        with pytest.raises(SystemExit, match="an audit failed"):
            against.main(arguments)
        return
    against.main(arguments)
    asked = (tmp_path / "asked").read_text("utf-8").splitlines()
    assert asked == [f"{name} check {tmp_path}/dump --model shop" for name in ("other", "one") * 2]
    histories = (tmp_path / "histories").read_text("utf-8").splitlines()
    assert len(set(histories)) == 4, "an earlier version cannot write into the history of a later one"
    assert "| processor time |" in capfd.readouterr().out
