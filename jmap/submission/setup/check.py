"""Is a domain set up? Every check, in the order in which one would mend things."""

from jmap.submission.setup import clients, receiving, sending, transport
from jmap.submission.setup.finding import Finding, find
from jmap.submission.setup.scene import Scene

CHECKS = (*receiving.CHECKS[:2], *sending.CHECKS, *transport.CHECKS, receiving.CHECKS[2], *clients.CHECKS)


def check_domain(scene: Scene) -> list[Finding]:
    """Some seconds of asking DNS and the web."""
    findings = (find(check, scene) for check in CHECKS)
    return [finding for finding in findings if finding]


def is_ready(findings: list[Finding]) -> bool:
    """Whether nothing essential is missing."""
    return not any(finding.is_lacking for finding in findings)
