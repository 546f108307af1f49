import json
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser

from accounts.command import AdministrationCommand
from jmap.submission.dkim_keys import served_domain
from jmap.submission.setup.check import check_domain, is_ready
from jmap.submission.setup.finding import Finding
from jmap.submission.setup.scene import scene_of

MARKS = {"ok": "ok", "missing": "MISSING", "wrong": "WRONG", "unknown": "UNKNOWN"}


class Command(AdministrationCommand):
    help = "Compare what a domain needs in DNS with what is there."

    def declare(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        check = actions.add_parser("check", help="say what is there, what is missing, and what to do")
        check.add_argument("domain", metavar="DOMAIN")
        check.add_argument("--json", action="store_true", help="the same for programs")
        check.add_argument("--data", metavar="DIR", help="the data directory")

    def carry_out(self, *, domain: str, json: bool, **options: Any) -> None:
        """Ends the program with 1 if something essential is missing."""
        domain = served_domain(domain)
        findings = check_domain(scene_of(domain))
        self.stdout.write(as_json(domain, findings) if json else "\n".join(as_lines(domain, findings)))
        if not is_ready(findings):
            raise SystemExit(1)


def as_json(domain: str, findings: list[Finding]) -> str:
    checks = [finding.as_json() for finding in findings]
    return json.dumps({"domain": domain, "ready": is_ready(findings), "checks": checks}, indent=2)


def as_lines(domain: str, findings: list[Finding]) -> Iterable[str]:
    for finding in findings:
        outcome = finding.outcome
        yield f"{MARKS[outcome.status]:8}{finding.check.topic}: {finding.check.purpose} ({finding.check.level})"
        for text in outcome.found:
            yield f"        is      {text}"
        for record in outcome.wanted if outcome.status != "ok" else ():
            yield f"        wanted  {record.zone_line()}"
        if outcome.advice:
            yield f"        {outcome.advice}"
    yield ""
    yield f"{domain} is ready." if is_ready(findings) else f"{domain} is not ready: something essential is missing."
