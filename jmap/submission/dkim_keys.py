"""Making a domain's DKIM keys, and replacing them without a moment in which mail can't be verified."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.domains import LABEL
from accounts.models import Domain
from accounts.provision import ProvisionError, checked_domain
from jmap.mailauth.dkim_key import parse_key
from jmap.mailauth.dkim_sign import key_record, load_private_key, make_key
from jmap.mailauth.dns import Lookup
from jmap.mailauth.tags import BadTags
from jmap.submission.dns_record import DnsRecord
from jmap.submission.models import DkimKey

ALGORITHMS = ("rsa", "ed25519")  # each message is signed with both: not everybody verifies the second (RFC 8463 §6)


def served_domain(name: str) -> str:
    """Its stored spelling. Raises ProvisionError for a domain that is not served here."""
    name = checked_domain(name)
    if not Domain.objects.filter(name=name).exists():
        raise ProvisionError(f"The domain {name} is not served here; add it first")
    return name


def make_keys(domain: str, algorithms: Sequence[str], selector: str = "", *, active: bool = True) -> list[DkimKey]:
    """A new key of each algorithm. Raises ProvisionError where a selector is taken."""
    made = timezone.now()
    with transaction.atomic():
        return [
            insert_key(
                DkimKey(
                    domain=domain,
                    selector=chosen_selector(domain, algorithm, selector, alone=len(algorithms) == 1, made=made),
                    algorithm=algorithm,
                    private_key=make_key(algorithm),
                    active=active,
                )
            )
            for algorithm in algorithms
        ]


def chosen_selector(domain: str, algorithm: str, wanted: str, *, alone: bool, made: datetime) -> str:
    """What was wanted, told apart by the algorithm if there are two; else a name from the date."""
    if wanted:
        selector = (wanted if alone else f"{wanted}-{algorithm}").lower()
        if not all(LABEL.match(label) for label in selector.split(".")):
            raise ProvisionError(f"{wanted!r} can't be a selector: letters, digits and hyphens, please")
        return selector
    base = f"{algorithm}-{made:%Y%m%d}"
    taken = set(DkimKey.objects.filter(domain=domain, selector__startswith=base).values_list("selector", flat=True))
    return next(name for name in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def insert_key(key: DkimKey) -> DkimKey:
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError:
        raise ProvisionError(f"{key.domain} has a key with the selector {key.selector} already") from None
    return key


def keys_in_use(domain: str) -> list[DkimKey]:
    """Those that sign, and those that will."""
    return list(DkimKey.objects.filter(domain=domain, retired_at=None).order_by("-active", "algorithm", "id"))


def waiting_keys(domain: str) -> list[DkimKey]:
    return list(DkimKey.objects.filter(domain=domain, active=False, retired_at=None).order_by("algorithm", "id"))


def record_of(key: DkimKey) -> DnsRecord:
    """What DNS must say for it."""
    value = key_record(load_private_key(bytes(key.private_key)))
    return DnsRecord(f"{key.selector}._domainkey.{key.domain}", "TXT", value)


def is_published(key: DkimKey, lookup: Lookup) -> bool:
    """Whether DNS has the key's record, in whatever spelling. Raises DnsTrouble."""
    wanted = record_of(key)
    found = lookup(wanted.name, "TXT").records
    return any(same_key(octets, wanted.value.encode(), key.algorithm) for octets in found)


def same_key(found: bytes, wanted: bytes, algorithm: str) -> bool:
    try:
        return parse_key(found, f"{algorithm}-sha256").key == parse_key(wanted, f"{algorithm}-sha256").key
    except BadTags:
        return False


@transaction.atomic
def activate(domain: str, keys: Sequence[DkimKey]) -> None:
    """Let these keys sign from now on, and no others of the domain and of their algorithms."""
    chosen = [key.pk for key in keys]
    others = DkimKey.objects.filter(domain=domain, active=True, algorithm__in={key.algorithm for key in keys})
    others.exclude(pk__in=chosen).update(active=False, retired_at=timezone.now())
    DkimKey.objects.filter(pk__in=chosen).update(active=True)
