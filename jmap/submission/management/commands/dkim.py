from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from accounts.command import AdministrationCommand
from accounts.provision import ProvisionError
from jmap.mailauth.dns import DnsTrouble, shared_resolver
from jmap.submission import dkim_keys
from jmap.submission.models import DkimKey


class Command(AdministrationCommand):
    help = "Make the keys that sign a domain's mail, and print the DNS records they need."

    def declare(self, parser: CommandParser) -> None:
        parser.add_argument("domain", metavar="DOMAIN")
        parser.add_argument("--selector", default="", metavar="S", help="name of a new key; by default from the date")
        parser.add_argument("--algorithm", choices=dkim_keys.ALGORITHMS, help="only such a key; by default one of each")
        parser.add_argument(
            "--rotate", action="store_true", help="make new keys; once DNS has them, the same again lets them take over"
        )

    def carry_out(self, *, domain: str, selector: str, algorithm: str | None, rotate: bool, **options: Any) -> None:
        domain = dkim_keys.served_domain(domain)
        algorithms = (algorithm,) if algorithm else dkim_keys.ALGORITHMS
        if rotate:
            self.rotate(domain, algorithms, selector)
        else:
            self.complete(domain, algorithms, selector)

    def complete(self, domain: str, algorithms: tuple[str, ...], selector: str) -> None:
        """Make what is missing."""
        present = {key.algorithm for key in dkim_keys.keys_in_use(domain)}
        missing = tuple(each for each in algorithms if each not in present)
        if selector and not missing:
            raise ProvisionError(f"{domain} has its keys already; --rotate replaces them")
        if missing:
            dkim_keys.make_keys(domain, missing, selector)
        self.show("These keys sign the mail of", domain, dkim_keys.keys_in_use(domain))

    def rotate(self, domain: str, algorithms: tuple[str, ...], selector: str) -> None:
        waiting = dkim_keys.waiting_keys(domain)
        if not waiting:
            waiting = dkim_keys.make_keys(domain, algorithms, selector, active=False)
            self.show("These keys will sign, once DNS has them and you run this again, the mail of", domain, waiting)
        elif all_published(waiting):
            dkim_keys.activate(domain, waiting)
            self.stdout.write(f"The new keys sign the mail of {domain} from now on.")
            self.stdout.write("Leave the records of the old ones in DNS for another week.")
        else:
            self.show("DNS does not have all of these yet, so the old keys still sign the mail of", domain, waiting)

    def show(self, heading: str, domain: str, keys: list[DkimKey]) -> None:
        self.stdout.write(f"{heading} {domain}. DNS records:\n")
        for key in keys:
            self.stdout.write(dkim_keys.record_of(key).zone_line())


def all_published(keys: list[DkimKey]) -> bool:
    lookup = shared_resolver(tuple(settings.DNS_SERVERS)).lookup()
    try:
        return all(dkim_keys.is_published(key, lookup) for key in keys)
    except DnsTrouble as trouble:
        raise CommandError(f"DNS can't be asked: {trouble}") from None
