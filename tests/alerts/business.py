"""Runs to tell of: findings by name, recorded day by day, and a post that keeps what it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from intact.findings.records import Finding, Outcome, Report, Status
from intact.ledger.history import DONE, RunComparison, Store
from intact.operations.alerts import Config, Notifier, Target
from intact.operations.alerts.config import Digest, Names
from intact.operations.alerts.notifications import Notification
from tests.reporters import reports
from tests.reporters.reports import finding, section

DAY = timedelta(days=1)
BEGIN = datetime(2026, 1, 1, 6, tzinfo=UTC)
URGENT = "DOUBLE_BILLING"
REST = "INVALID_ORDER_STATUS"
DAILY = Digest(None, datetime.min.time())


def fault(name: str) -> Finding:
    """A finding: of double billing where its name begins with d, else of a status; one customer has each ten."""
    urgent = name.startswith("d")
    made = finding(
        URGENT if urgent else REST,
        "CRITICAL" if urgent else "HIGH",
        description=f"Order {name} is wrong",
        money=("overcharged", Decimal("10.50")) if urgent else None,
        fields={"order_id": name, "document_id": name, "customer_id": f"c-{name[1:-1]}"},
    )
    return replace(made, check=made.type, cause=("customer_id",))


def made(names: set[str], *, reasons: tuple[str, ...] = ()) -> Report:
    """A report of two checks that found these."""
    issues = [fault(name) for name in sorted(names)]
    outcomes = tuple(
        Outcome(
            each,
            each,
            Status.VIOLATED,
            len([issue for issue in issues if issue.type == each]),
            reasons,
        )
        for each in (URGENT, REST)
    )
    return reports.report(section(issues=issues, outcomes=outcomes))


def config(*targets: Target, **more: object) -> Config:
    """An alerts file."""
    from zoneinfo import ZoneInfo

    made = Config("alerts.yml", "alerts.yml", ZoneInfo("UTC"), targets)
    return replace(made, **more)  # type: ignore[arg-type]


def target(name: str = "duty", **more: object) -> Target:
    """A target that is told double billing at once and the rest daily."""
    made = Target(name, 1, f"json://{name}", digest=DAILY)
    return replace(made, **more)  # type: ignore[arg-type]


@dataclass
class Post:
    """Takes letters instead of Apprise. ``down`` has the targets that cannot be reached."""

    down: set[str] = field(default_factory=set)
    taken: list[tuple[str, Notification]] = field(default_factory=list)

    def __call__(
        self,
        letters: Mapping[str, Notification],
        urls: Mapping[str, str],
        secrets: Sequence[str],
        seconds: float,
    ) -> dict[str, str]:
        self.taken += [(name, letter) for name, letter in letters.items() if name not in self.down]
        return {name: "it is down" if name in self.down else "" for name in letters}

    def titles(self) -> list[str]:
        return [letter.title.removeprefix("intact: ") for _, letter in self.taken]


@dataclass
class Office:
    """A business that is audited, and those who are told of it."""

    store: Store
    config: Config
    post: Post = field(default_factory=Post)
    now: datetime = BEGIN

    @property
    def desk(self) -> Notifier:
        return Notifier(self.config, self.store, now=lambda: self.now, send=self.post)

    def run(
        self,
        names: set[str],
        *,
        reasons: tuple[str, ...] = (),
        urgent: Sequence[str] = (URGENT,),
        accepted: Iterable[str] = (),
    ) -> list[str]:
        """Audit, record, tell; give the titles of what was sent. A day goes by."""
        report = self.record(names, reasons=reasons, accepted=accepted)
        desk = self.desk
        attempt = desk.begin("shop")
        desk.watch("delivery", "shop", currency="INR", urgent=urgent, link="")
        if report.complete:
            desk.good("shop")
        else:
            desk.incomplete("shop", reasons)
        attempt.end(self.store, DONE, report.exit_code, self.now)
        sent = desk.deliver()
        self.now += DAY
        return [title.removeprefix("intact: ") for _, title in sent.sent]

    def record(
        self, names: set[str], *, reasons: tuple[str, ...] = (), accepted: Iterable[str] = ()
    ) -> Report:
        memory = RunComparison(self.store, "delivery", "shop", self.now)
        report = made(names, reasons=reasons)
        for each in report.sections:
            for one in each.issues:
                memory.note(one)
        agreed = [fault(name) for name in accepted]
        return memory.record(report, [(each.report, each.fingerprint) for each in agreed])

    def told(self, letter: Notification) -> list[str]:
        """Names of the findings in a letter."""
        with self.store.errors():
            return [
                self.store.database.execute("SELECT description FROM finding WHERE id = ?", (number,))
                .fetchone()[0]
                .split()[1]
                for number, _ in letter.told
            ]


ALL = Names(all=True)
