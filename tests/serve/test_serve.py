"""``intact serve``: what it shows, to whom, with which headers, and how it begins and ends."""

from __future__ import annotations

import base64
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from intact.operations.folder import Folder
from tests.cli.running import environment
from tests.folder.runs import run
from tests.serve.conftest import NAME, Starter
from tests.serve.running import Served, refused

TOKEN = "kq3W-9fJx_0bT7vLm2Zs"
PAGES = ["/", "/index.html", "/metrics", "/latest", "/latest/report.json", f"/{NAME}/report.html", "/nothing"]


def test_it_shows_the_list_and_every_file_that_the_list_links_to(served: Served, folder: Path) -> None:
    page = served.ask("/")
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    links = re.findall(rf'href="({NAME}/[^"]+)"', page.body.decode())
    assert len(set(links)) == 4
    for each in links:
        answer = served.ask(f"/{each}")
        assert answer.status == 200
        assert answer.body == (folder / each).read_bytes()
        assert int(answer.headers["content-length"]) == len(answer.body)
        head = served.ask(f"/{each}", "HEAD")
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == answer.headers["content-length"]


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("report.html", "text/html; charset=utf-8"),
        ("report.json", "application/json"),
        ("documents/BILLING_REPORT_2026_02.md", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_is_called_what_it_is(served: Served, file: str, kind: str) -> None:
    assert served.ask(f"/{NAME}/{file}").headers["content-type"] == kind


@pytest.mark.parametrize(
    "asked", ["", "/", "/report.html", "/report.json", "/documents/BILLING_REPORT_2026_02.md"]
)
def test_latest_leads_to_the_last_run(served: Served, asked: str) -> None:
    answer = served.ask(f"/latest{asked}")
    assert answer.status == 307
    file = asked.lstrip("/") or "report.html"
    assert answer.headers["location"] == f"/{NAME}/{file}"


def test_what_is_kept_later_is_shown_at_once(tmp_path: Path, starter: Starter) -> None:
    served = starter(tmp_path)
    assert b"No run has been kept here yet" in served.ask("/").body
    assert served.ask("/latest").status == 404
    assert served.ask("/metrics").status == 200
    name = Folder(tmp_path).keep(run()).name
    (tmp_path / "index.html").unlink()  # as where a run was killed before it wrote the list
    assert name.encode() in served.ask("/").body


@pytest.mark.parametrize("page", [*PAGES, "/healthz"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_every_answer_has_the_headers_that_protect_its_reader(served: Served, page: str, method: str) -> None:
    headers = served.ask(page, method).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} <= set(
        policy
    )
    assert "unsafe" not in headers["content-security-policy"]
    assert "server" not in headers


def test_a_report_may_run_its_own_script_and_no_other(served: Served) -> None:
    answer = served.ask(f"/{NAME}/report.html")
    (own,) = re.findall(r"script-src ('sha256-[^']+')", answer.body.decode())
    assert f"script-src {own};" in answer.headers["content-security-policy"]
    assert "script-src" not in served.ask("/").headers["content-security-policy"]


def test_a_report_without_a_policy_of_its_own_runs_nothing(tmp_path: Path, starter: Starter) -> None:
    name = Folder(tmp_path).keep(run()).name
    (tmp_path / name / "report.html").write_text(
        "<meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline' *; script-src 'sha256-x'\">"
    )
    answer = starter(tmp_path).ask(f"/{name}/report.html")
    assert "script" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]", "", "localhost.x"]
)
def test_a_page_elsewhere_cannot_give_the_server_a_name_of_its_own(served: Served, host: str) -> None:
    assert served.ask("/", Host=host).status == (400 if not host else 421)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8642", "127.0.0.1", "[::1]:9"])
def test_this_machine_has_several_names(served: Served, host: str) -> None:
    assert served.ask("/", Host=host).status == 200


def test_a_proxy_may_have_a_name_that_is_given(folder: Path, starter: Starter) -> None:
    served = starter(folder, "--name", "reports.example.org")
    assert served.ask("/", Host="reports.example.org").status == 200
    assert served.ask("/", Host="other.example.org").status == 421


def basic(password: str, user: str = "asha") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture(scope="module", params=["environment", "file"])
def guarded(request: pytest.FixtureRequest, folder: Path, starter: Starter) -> Served:
    """A server that wants a token, which it has in either way."""
    if request.param == "environment":
        return starter(folder, INTACT_SERVE_TOKEN=TOKEN)
    file = folder.parent / "token"
    file.write_text(f"{TOKEN}\n")
    return starter(folder, "--token-file", str(file))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.lower()}",
        TOKEN,
        f"Token {TOKEN}",
        basic(""),
        basic("wrong"),
        basic("", user=TOKEN),
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + base64.b64encode(TOKEN.encode()).decode(),
        "Bearer \xe9\xff",
    ],
)
def test_without_the_token_nothing_is_shown(guarded: Served, page: str, given: str) -> None:
    answer = guarded.ask(page, Authorization=given)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert answer.body == b"A token is needed.\n"


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", f"bearer {TOKEN}", basic(TOKEN), basic(TOKEN, user="")])
def test_with_the_token_everything_is(guarded: Served, given: str) -> None:
    assert guarded.ask("/", Authorization=given).status == 200
    assert guarded.ask(f"/{NAME}/report.html", Authorization=given).status == 200
    assert guarded.ask("/metrics", Authorization=given).status == 200


def test_health_needs_no_token_and_tells_nothing(guarded: Served) -> None:
    answer = guarded.ask("/healthz")
    assert (answer.status, answer.body) == (200, b"ok\n")


def test_a_folder_that_went_away_is_not_healthy(tmp_path: Path, starter: Starter) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    served = starter(folder)
    assert served.ask("/healthz").status == 200
    shutil.rmtree(folder)
    answer = served.ask("/healthz")
    assert (answer.status, answer.body) == (
        503,
        b"The folder of reports cannot be read (no such file or directory).\n",
    )
    assert served.ask("/").status == 503


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_when_it_is_told_to(folder: Path, starter: Starter, number: int) -> None:
    served = starter(folder)
    with socket.create_connection(served.address) as waiting:  # a browser keeps its connection open
        waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while not answer.endswith(b"ok\n"):
            answer += waiting.recv(4096)
        began = time.monotonic()
        assert served.end(number) == (0, "")
        assert time.monotonic() - began < 20
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(served.address, timeout=5)


def test_it_listens_at_this_machine_only(served: Served) -> None:
    assert served.host.startswith("127.0.0.1:")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - refused
def test_the_network_needs_a_token(folder: Path, host: str) -> None:
    code, said = refused(str(folder), "--host", host)
    assert code == 2
    assert said == (
        f"intact: --host {host}: without a token only this machine may read reports. Set INTACT_SERVE_TOKEN, or name a "
        "file with --token-file.\n"
    )


@pytest.mark.parametrize("token", ["", "short", "has a blank in the middle", "ümläute-are-not-ascii"])
def test_a_token_that_can_be_guessed_is_refused(folder: Path, tmp_path: Path, token: str) -> None:
    (tmp_path / "token").write_text(token, encoding="utf-8")
    given = [refused(str(folder), "--token-file", str(tmp_path / "token"))]
    given.append(refused(str(folder), INTACT_SERVE_TOKEN=token))
    for code, said in given:
        assert code == 2
        assert "a token has 16 characters or more" in said
        assert not token or token not in said


def test_a_token_stands_on_no_command_line(folder: Path) -> None:
    code, said = refused(str(folder), "--token", TOKEN)
    assert code == 2
    assert "No such option" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "intact: nowhere: there is no such folder. `intact check --reports` makes one.\n"),
        (
            [".", "--token-file", "none"],
            "intact: none: the token cannot be read (no such file or directory)\n",
        ),
        ([".", "--host", "192.0.2.1"], "nothing can be served there"),
        ([".", "--host", "no such host"], "nothing can be served there"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    token = {} if "--token-file" in arguments else {"INTACT_SERVE_TOKEN": TOKEN}
    code, said = refused(*arguments, **token)
    assert code == 2
    assert sentence in said
    assert said.count("\n") == 1


def test_a_port_that_is_taken_is_one_sentence(served: Served, folder: Path) -> None:
    _, port = served.address
    code, said = refused(str(folder), "--port", str(port))
    assert code == 2
    assert said == (
        f"intact: 127.0.0.1:{port}: nothing can be served there (address already in use). "
        "Name another --port, or another --host.\n"
    )


def test_without_what_it_needs_it_says_how_to_install_it(tmp_path: Path) -> None:
    program = "import sys; sys.modules['starlette'] = None; from intact.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "serve", str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("intact: intact serve needs what is not installed (starlette). ")
    assert "install 'intact-audit[serve] @ git+" in done.stderr
    assert done.stderr.count("\n") == 1


def test_it_writes_nothing(folder: Path, served: Served) -> None:
    def there() -> dict[str, tuple[int, int]]:
        found = [folder, *folder.rglob("*")]
        return {str(each): (each.lstat().st_mtime_ns, each.lstat().st_size) for each in found}

    before = there()
    for page in PAGES:
        served.ask(page)
    assert there() == before


def test_a_folder_that_may_only_be_read_is_served(tmp_path: Path, starter: Starter) -> None:
    Folder(tmp_path).keep(run())
    for each in (*tmp_path.rglob("*"), tmp_path):
        if not each.is_symlink():
            each.chmod(0o500 if each.is_dir() else 0o400)
    try:
        assert starter(tmp_path).ask("/").status == 200
    finally:
        for each in (tmp_path, *tmp_path.rglob("*")):
            if not each.is_symlink():
                each.chmod(0o700)


def test_the_record_that_is_served_is_json_as_it_was_written(served: Served) -> None:
    assert json.loads(served.ask(f"/{NAME}/report.json").body)["reports"]["billing"]["issues"]


def test_many_readers_at_once_are_answered(served: Served) -> None:
    requests = [socket.create_connection(served.address, timeout=30) for _ in range(20)]
    try:
        for each in requests:
            each.sendall(
                f"GET /healthz HTTP/1.1\r\nHost: {served.host}\r\nConnection: close\r\n\r\n".encode()
            )
        answers = [each.makefile("rb").read() for each in requests]
    finally:
        for each in requests:
            each.close()
    assert all(each.startswith(b"HTTP/1.1 200") for each in answers)
