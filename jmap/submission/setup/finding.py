"""What one check of a domain found."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from jmap.mailauth.dns import DnsTrouble
from jmap.submission.dns_record import DnsRecord
from jmap.submission.setup.scene import Scene

Status = Literal["ok", "missing", "wrong", "unknown"]
Level = Literal["essential", "recommended", "optional"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`wanted`: records that should be there; `found`: what is, in words; `advice`: what to do, "" for nothing.
    `harmful`: worse than having nothing, whatever the level of the check."""

    status: Status
    wanted: tuple[DnsRecord, ...] = ()
    found: tuple[str, ...] = ()
    advice: str = ""
    harmful: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """`examine` gives None where the check does not apply; it may raise DnsTrouble."""

    topic: str
    level: Level
    purpose: str
    examine: Callable[[Scene], Outcome | None]


@dataclass(frozen=True, slots=True)
class Finding:
    check: Check
    outcome: Outcome

    @property
    def is_lacking(self) -> bool:
        """Whether mail will suffer."""
        return self.outcome.harmful or (self.check.level == "essential" and self.outcome.status != "ok")

    def as_json(self) -> dict[str, Any]:
        named = {"topic": self.check.topic, "level": self.check.level, "purpose": self.check.purpose}
        return named | asdict(self.outcome)


def find(check: Check, scene: Scene) -> Finding | None:
    try:
        outcome = check.examine(scene)
    except DnsTrouble as trouble:
        outcome = Outcome("unknown", found=(str(trouble),), advice="DNS did not answer; check again later.")
    return Finding(check, outcome) if outcome else None
