"""What is printed for other schedulers is right by their own tools and schemas, and holds no credential."""

from __future__ import annotations

import getpass
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import kubernetes_validate
import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from intact.cli.schedule import FORMS as NAMED
from intact.core.errors import UsageError
from intact.model.specs import Cadence
from intact.operations.schedule.forms import FORMS, Order, order_of
from intact.operations.schedule.forms.order import expression
from intact.operations.schedule.forms.systemd import calendar
from intact.operations.schedule.times import Times
from tests.cli.running import invoke
from tests.schedule.stage import PLAN
from tests.support.effort import share
from tests.support.tools import working

ODD = ["--output", "a b", "--output", "100%", "--output", "$HOME", "--output", 'it\'s "so"', "--output", "\\"]
NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
ZONES = ["UTC", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"]
SYSTEMD = pytest.mark.skipif(
    not working("systemd-analyze"), reason="NOT RUN: there is no systemd-analyze that works"
)


def order(
    source: str | None = "/backup/shop",
    *,
    zone: str = "UTC",
    at: time = time(6),
    weekday: int = 0,
    day: int = 1,
    options: Sequence[str] = (),
    program: Sequence[str] = (sys.executable,),
) -> Order:
    """Make an order."""
    return order_of(
        PLAN,
        Times(ZoneInfo(zone), at, weekday, day),
        model="delivery",
        source=source,
        options=options,
        program=program,
        image="registry.example/intact:1",
        version="1.2.3",
    )


def parsed(text: str) -> Any:
    """Read YAML 1.2."""
    return YAML(typ="safe").load(text)


def lines(text: str) -> list[str]:
    """Give the lines of a crontab that are no comment."""
    return [line for line in text.splitlines() if not line.startswith("#")]


# cron


@pytest.mark.parametrize("at", [time(0), time(6, 5), time(23, 50)])
@pytest.mark.parametrize(("weekday", "day"), [(0, 1), (6, 28), (3, 15)])
def test_cron_reads_the_moments_that_are_meant(at: time, weekday: int, day: int) -> None:
    made = order(at=at, weekday=weekday, day=day)
    for run, line in zip(made.runs, lines(FORMS["cron"](made)["intact-delivery.cron"]), strict=True):
        told = CronSim(" ".join(line.split()[:5]), NOW)
        moment = NOW
        for _ in range(20):
            moment = run.times.next(run.cadence, moment)
            assert next(told) == moment


@settings(max_examples=share(40))
@given(st.lists(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=12), max_size=4))
def test_the_shell_reads_the_options_that_were_given(words: list[str]) -> None:
    options = [word for word in words if ":" not in word]
    show = [sys.executable, "-c", "import json, sys; print(json.dumps(sys.argv[1:]))"]
    made = order(options=options, program=show)
    line = lines(FORMS["cron"](made)["intact-delivery.cron"])[0]
    command = line.split(maxsplit=5)[5]
    assert not re.search(r"(?<!\\)%", command)  # it would end the command
    done = subprocess.run(
        ["sh", "-c", command.replace("\\%", "%")],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    expected = ["check", "/backup/shop", "--quiet", "--model", "delivery", "--report", "billing", *options]
    assert json.loads(done.stdout) == expected


def test_the_source_of_a_line_comes_from_a_file_of_the_user(tmp_path: Path) -> None:
    show = [sys.executable, "-c", "import os; print(os.environ['INTACT_SOURCE'])"]
    line = lines(FORMS["cron"](order(None, program=show))["intact-delivery.cron"])[0]
    (tmp_path / ".config" / "intact").mkdir(parents=True)
    (tmp_path / ".config" / "intact" / "environment").write_text(
        "INTACT_SOURCE='mongodb://u:p%40@h/shop?a=1&b=2'\n"
    )
    done = subprocess.run(
        ["sh", "-c", line.split(maxsplit=5)[5]],
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "mongodb://u:p%40@h/shop?a=1&b=2\n"


# systemd


@SYSTEMD
@pytest.mark.parametrize("options", [[], ODD])
@pytest.mark.parametrize("source", [None, "/backup/shop of %m"])
def test_systemd_takes_the_units(tmp_path: Path, options: list[str], source: str | None) -> None:
    files = FORMS["systemd"](order(source, zone="Asia/Kolkata", options=options))
    assert {Path(name).suffix for name in files} == {".service", ".timer"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "intact" in line]
    assert (done.returncode, said) == (0, [])


@SYSTEMD
def test_systemd_does_find_what_is_wrong_with_a_unit(tmp_path: Path) -> None:
    files = FORMS["systemd"](order())
    name, text = next(iter(files.items()))
    (tmp_path / name).write_text(text.replace("ExecStart=/", "ExecStart=/no/such"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "is not executable" in done.stderr


@SYSTEMD
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(6), time(23, 50)])
def test_systemd_reads_the_moments_that_are_meant(zone: str, at: time) -> None:
    for run in order(zone=zone, at=at, weekday=6, day=28).runs:
        done = subprocess.run(
            [
                "systemd-analyze",
                "calendar",
                "--iterations=12",
                f"--base-time=@{NOW.timestamp():.0f}",
                calendar(run),
            ],
            capture_output=True,
            text=True,
            env={"TZ": "UTC", "LC_ALL": "C"},
            check=True,
        )
        told = re.findall(r"(?:Next elapse|Iter\. #\d+): \w+ ([\d-]+ [\d:]+) UTC", done.stdout)
        assert len(told) == 12
        moment = NOW
        for each in told:
            moment = run.times.next(run.cadence, moment)
            assert datetime.fromisoformat(each).replace(tzinfo=UTC) == moment


def test_the_words_of_a_unit_are_those_that_were_given() -> None:
    text = FORMS["systemd"](order(options=ODD))["intact-delivery-daily.service"]
    (command,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert not re.search(r"(?<!\$)\$(\$\$)*(?!\$)", command)
    words = [word.replace("$$", "$").replace("%%", "%") for word in shlex.split(command)]
    assert words[-len(ODD) :] == ODD


# Kubernetes


@pytest.mark.parametrize("source", [None, "/backup/shop"])
def test_kubernetes_takes_the_manifests(source: str | None) -> None:
    text = FORMS["kubernetes"](order(source, zone="Asia/Kolkata", options=ODD))["intact-delivery.yaml"]
    manifests = list(YAML(typ="safe").load_all(text))
    assert [each["kind"] for each in manifests] == ["PersistentVolumeClaim", "CronJob", "CronJob", "CronJob"]
    for each in manifests:
        kubernetes_validate.validate(each, "1.33", strict=True)
        assert len(each["metadata"]["name"]) <= 52  # of a CronJob, by its documentation
    broken = {**manifests[1], "spec": {**manifests[1]["spec"], "concurencyPolicy": "Forbid"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, "1.33", strict=True)


def test_a_manifest_has_what_the_audit_needs() -> None:
    text = FORMS["kubernetes"](order(None, zone="Asia/Kolkata", options=["--output", "$(HOME)"]))
    daily = list(YAML(typ="safe").load_all(text["intact-delivery.yaml"]))[1]
    assert (daily["spec"]["schedule"], daily["spec"]["timeZone"]) == ("0 6 * * *", "Asia/Kolkata")
    pod = daily["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"][-2:] == ["--output", "$$(HOME)"]
    (secret,) = (each for each in container["env"] if each["name"] == "INTACT_SOURCE")
    assert secret["valueFrom"]["secretKeyRef"]["key"] == "INTACT_SOURCE"


# GitHub


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("source", [None, "dump/shop"])
def test_github_takes_the_workflow(zone: str, source: str | None) -> None:
    text = FORMS["github"](order(source, zone=zone, options=ODD))["intact-delivery.yml"]
    place = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "github-workflows.json"
    validator = jsonschema.Draft7Validator(json.loads(place.read_text(encoding="utf-8")))
    workflow = parsed(text)
    validator.validate(workflow)
    assert not validator.is_valid({**workflow, "job": {}})
    crons = [each["cron"] for each in workflow["on"]["schedule"]]
    assert len(set(crons)) == 3
    for job, cron in zip(workflow["jobs"].values(), crons, strict=True):
        assert f"== '{cron}'" in job["if"]


def test_the_command_of_a_workflow_is_what_was_given() -> None:
    workflow = parsed(FORMS["github"](order(None, options=ODD))["intact-delivery.yml"])
    (step,) = (each for each in workflow["jobs"]["daily"]["steps"] if "check" in each.get("run", ""))
    assert shlex.split(step["run"])[-len(ODD) - 4 : -4] == ODD
    assert step["env"]["INTACT_SOURCE"] == "${{ secrets.INTACT_SOURCE }}"


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("Asia/Kolkata", time(6), {"30 0 * * *", "50 0 * * 1", "10 1 1 * *"}),
        (
            "Asia/Kolkata",
            time(2),
            {"30 20 * * *", "50 20 * * 0", "10 21 1 * *"},
        ),  # the evening before, in UTC
        ("America/New_York", time(22), {"0 3 * * *", "20 3 * * 2", "40 3 2 * *"}),  # the next morning, in UTC
    ],
)
def test_github_counts_in_utc(zone: str, at: time, expected: set[str]) -> None:
    workflow = parsed(FORMS["github"](order(zone=zone, at=at))["intact-delivery.yml"])
    assert {each["cron"] for each in workflow["on"]["schedule"]} == expected


@given(
    zone=st.sampled_from(["UTC", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Kiritimati", "America/Phoenix"]),
    at=st.times(),
    weekday=st.integers(0, 6),
)
def test_without_daylight_saving_github_runs_at_the_moments_that_are_meant(
    zone: str, at: time, weekday: int
) -> None:
    made = order(zone=zone, at=at.replace(second=0, microsecond=0), weekday=weekday)
    ahead = NOW.astimezone(ZoneInfo(zone)).utcoffset()
    assert ahead is not None
    for run in made.runs:
        told = CronSim(expression(run, minutes=ahead // timedelta(minutes=1)), NOW)
        if run.cadence is not Cadence.MONTHLY:
            assert next(told) == run.times.next(run.cadence, NOW)
        else:  # the evening before the first is no day of its own in cron; a day later is
            assert abs(next(told) - run.times.next(run.cadence, NOW)) <= timedelta(days=1)


def test_what_github_would_expand_is_refused() -> None:
    with pytest.raises(UsageError, match="takes for an expression"):
        FORMS["github"](order(options=["--output", "${{ secrets.OTHER }}"]))


# What holds for all of them


def test_the_help_names_every_form() -> None:
    assert tuple(FORMS) == NAMED


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://auditor:s3cret@db.example/shop",
        "mongodb+srv://auditor:s3cret@cluster.example/shop?authSource=admin",
        " MongoDB://auditor:s3cret@db/shop",
        "mongodb://auditor:s3cret@@db/shop",
        "auditor:s3cret@db.example/shop",
        "mongodb://db/shop?authMechanismProperties=AWS_SESSION_TOKEN:s3cret",
    ],
)
def test_no_credential_is_printed(form: str, uri: str) -> None:
    done = invoke("schedule", "print", "--for", form, uri)
    assert done.exit_code == 0
    assert "s3cret" not in done.stdout + done.stderr
    assert "auditor" not in done.stdout
    assert "INTACT_SOURCE" in done.stdout


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("option", ["mongodb://u:s3cret@h/x", "u:s3cret@h"])
def test_a_credential_among_the_options_is_refused_and_not_repeated(form: str, option: str) -> None:
    done = invoke("schedule", "print", "--for", form, "dump", "--with", f"--output {option}")
    assert done.exit_code == 2
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("source", ["a\nb", "a\x1bb", "a\u2028b"])
def test_what_would_be_a_line_of_its_own_is_refused(form: str, source: str) -> None:
    done = invoke("schedule", "print", "--for", form, source)
    assert done.exit_code == 2
    assert "has control characters in it" in done.stderr


@pytest.mark.parametrize("model", ["delivery", "northwind"])
@pytest.mark.parametrize("form", FORMS)
def test_every_report_of_a_model_is_in_it_once(form: str, model: str) -> None:
    from intact.checks import KINDS
    from intact.model import load

    done = invoke("schedule", "print", "--for", form, "dump", "--model", model)
    named = re.findall(r"--report\s+(?:- )?([\w-]+)", done.stdout)
    assert sorted(named) == sorted(load(model, KINDS).reports)


def test_files_are_written_where_they_are_asked_for(tmp_path: Path) -> None:
    done = invoke("schedule", "print", "--for", "systemd", "dump", "--into", str(tmp_path / "units"))
    assert done.exit_code == 0
    written = sorted(each.name for each in (tmp_path / "units").iterdir())
    assert sorted(Path(line).name for line in done.stdout.splitlines()) == written
    assert len(written) == 6


def test_a_folder_that_cannot_be_written_is_said() -> None:
    done = invoke("schedule", "print", "--for", "cron", "dump", "--into", "/proc/no")
    assert done.exit_code == 2
    assert "it cannot be written" in done.stderr


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project file with a model of its own, in a folder with a space; commands are given from below."""
    folder = tmp_path / "my shop"
    (folder / "below").mkdir(parents=True)
    monkeypatch.chdir(folder / "below")
    (folder / "shop.yml").write_text(invoke("model", "show", "delivery").stdout)
    (folder / "intact.yml").write_text(
        "source: dump\nmodel: shop.yml\nbaseline: accepted.yml\nreports: kept\nhistory: h.sqlite\n"
    )
    return folder


@pytest.mark.parametrize("form", ["cron", "systemd"])
def test_with_a_project_file_the_command_names_it_and_leaves_to_it_what_it_says(
    form: str, project: Path
) -> None:
    text = invoke("schedule", "print", "--for", form, "--with", "--output out/ -o x.html --limit 5").stdout
    commands = re.findall(r"^(?:[\d* ]+ |ExecStart=)(/.*)", text, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        words = shlex.split(command)
        begin = words.index("check")
        assert words[begin + 1 : begin + 5] == [
            "--quiet",
            "--config",
            str(project / "intact.yml"),
            "--report",
        ]
        assert "--model" not in words
        given = [words[at + 1] for at, word in enumerate(words) if word == "--output"]
        assert given == [f"{project}/below/out/", f"{project}/below/x.html"]
        assert words[words.index("--limit") + 1] == "5"
    assert "INTACT_SOURCE" not in text


def test_a_unit_may_write_where_the_project_file_and_the_options_say(project: Path) -> None:
    text = invoke("schedule", "print", "--for", "systemd", "--with", "--output out/").stdout
    unit = text.split("# ----- ")[1]
    written = [line.partition("=-")[2] for line in unit.splitlines() if line.startswith("ReadWritePaths=")]
    plain = [each.replace("\\x20", " ") for each in written]
    assert plain == sorted(map(str, [project, project / "kept", project / "below" / "out"]))
    assert f"User={getpass.getuser()}" in unit
    assert "DynamicUser" not in unit
    assert "INTACT_HISTORY" not in unit  # the project file names one


@pytest.mark.parametrize("form", FORMS)
def test_a_model_that_nobody_named_is_not_named_in_what_is_printed(form: str) -> None:
    assert "--model" not in invoke("schedule", "print", "--for", form, "dump").stdout
    assert "--model" in invoke("schedule", "print", "--for", form, "dump", INTACT_MODEL="northwind").stdout


@pytest.mark.parametrize("by_file", [False, True])
def test_all_that_a_container_reads_is_mounted_and_the_head_says_what_has_to_be_there(
    project: Path,
    by_file: bool,
) -> None:
    given = []
    if not by_file:
        (project / "intact.yml").unlink()
        given = ["../dump", "--model", "../shop.yml", "--with", "--baseline ../accepted.yml"]
    text = invoke("schedule", "print", "--for", "kubernetes", *given).stdout
    head, manifests = text.split("---\n", 1)
    claim, *jobs = YAML(typ="safe").load_all(manifests)
    assert "pip install 'intact-audit @ git+https://github.com/" in head
    made = shlex.split(next(line for line in head.splitlines() if "kubectl create secret" in line))[6:]
    files = dict(each.removeprefix("--from-file=").split("=", 1) for each in made)
    assert files == {"model.yml": f"{project}/shop.yml", "baseline.yml": f"{project}/accepted.yml"}
    assert "the claim intact-delivery-data has to be there, and hold dump" in head
    for each in [claim, *jobs]:
        kubernetes_validate.validate(each, "1.33", strict=True)
    for job in jobs:
        pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
        volumes = {each["name"]: each for each in pod["volumes"]}
        assert set(mounts.values()) == set(volumes)
        words = container["args"]
        assert words[1] == "/data/dump"
        assert volumes[mounts["/data"]]["persistentVolumeClaim"]["claimName"] == "intact-delivery-data"
        assert words[words.index("--model") + 1] == "/etc/intact/model.yml"
        assert words[words.index("--baseline") + 1] == "/etc/intact/baseline.yml"
        assert volumes[mounts["/etc/intact"]]["secret"]["secretName"] == "intact-delivery-files"
        assert ("/var/lib/intact/reports" in words) == by_file
        assert container["workingDir"] == "/var/lib/intact"
        assert not [word for word in words if str(project) in word]


def test_what_a_container_would_write_where_nothing_stays_is_said() -> None:
    text = invoke("schedule", "print", "--for", "kubernetes", "d", "--with", "--reports /srv/r").stdout
    assert "# Only below /var/lib/intact what is written stays." in text
    assert "#   /srv/r\n" in text
