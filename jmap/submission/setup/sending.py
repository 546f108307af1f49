"""Checks of what receivers look at when mail comes from here."""

from jmap.mailauth.dmarc import find_policy
from jmap.mailauth.dns import DnsTrouble, reverse_name
from jmap.mailauth.spf import check_mail_from
from jmap.submission import dkim_keys
from jmap.submission.dns_record import DnsRecord
from jmap.submission.setup.finding import Check, Outcome
from jmap.submission.setup.scene import Scene


def reverse_names(scene: Scene) -> Outcome | None:
    """That each address leads back to the name. Of no account behind a smart host."""
    if not scene.direct or not scene.addresses:
        return None
    names = {address: scene.lookup(reverse_name(address), "PTR").records for address in scene.addresses}
    found = tuple(f"{address} is {', '.join(of) or 'nobody'}" for address, of in names.items())
    wanted = tuple(DnsRecord(reverse_name(address), "PTR", f"{scene.host}.") for address in scene.addresses)
    if all(scene.host in of for of in names.values()):
        return Outcome("ok", wanted, found)
    advice = "Whoever gave you the address sets this; many receivers refuse mail without it."
    return Outcome("wrong" if any(names.values()) else "missing", wanted, found, advice)


def sender_policy(scene: Scene) -> Outcome:
    """SPF (RFC 7208)."""
    wanted = (DnsRecord(scene.domain, "TXT", "v=spf1 mx -all"),)
    found = tuple(scene.texts(scene.domain, b"v=spf1"))
    if not found:
        hint = "" if scene.direct else " Add what your smart host wants in it."
        return Outcome("missing", wanted, advice=f"It says who may send for the domain.{hint}")
    for address in scene.addresses or ("192.0.2.1",):
        checked = check_mail_from(address, f"postmaster@{scene.domain}", scene.host, scene.lookup)
        if checked.result == "temperror":
            raise DnsTrouble(checked.reason)
        if checked.result == "permerror":
            return Outcome("wrong", wanted, found, f"It can't be used: {checked.reason}.")
        if checked.result != "pass" and scene.direct and scene.addresses:
            mended = (DnsRecord(scene.domain, "TXT", f"v=spf1 mx{found[0][len('v=spf1') :]}"),)
            return Outcome("wrong", mended, found, f"For {address} it says {checked.result}: add mx.")
    return Outcome("ok", (), found)


def signing_keys(scene: Scene) -> Outcome:
    """DKIM (RFC 6376): the keys that sign have their records."""
    keys = [key for key in dkim_keys.keys_in_use(scene.domain) if key.active]
    if not keys:
        return Outcome("missing", advice=f"Make the keys that sign its mail: manage.py dkim {scene.domain}")
    wanted = tuple(dkim_keys.record_of(key) for key in keys)
    published = [record for key, record in zip(keys, wanted, strict=True) if dkim_keys.is_published(key, scene.lookup)]
    found = tuple(f"{record.name} is there" for record in published)
    if len(published) == len(keys):
        return Outcome("ok", wanted, found)
    present = [record.name for record in wanted if scene.lookup(record.name, "TXT").records and record not in published]
    advice = f"Another key stands at {', '.join(present)}." if present else "Receivers can't check signatures without."
    return Outcome("wrong" if present else "missing", wanted, found, advice)


def author_policy(scene: Scene) -> Outcome:
    """DMARC (RFC 7489)."""
    name = f"_dmarc.{scene.domain}"
    wanted = (DnsRecord(name, "TXT", f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{scene.domain}"),)
    found = tuple(scene.texts(name, b"v=DMARC1"))
    policy = find_policy(scene.domain, scene.lookup)
    if len(found) > 1:
        return Outcome("wrong", wanted, found, "There must be only one.")
    if policy is None:
        advice = "It can't be read." if found else "It tells receivers what to do with mail that is not from here."
        return Outcome("wrong" if found else "missing", wanted, found, advice)
    if not policy[1]:
        return Outcome("ok", (), ("that of the domain above",))
    mild = "It asks for nothing yet; p=quarantine, once the reports look right." if policy[0].p == "none" else ""
    return Outcome("ok", wanted, found, mild)


CHECKS = (
    Check("PTR", "essential", "the name behind this server's address", reverse_names),
    Check("SPF", "essential", "who may send for the domain", sender_policy),
    Check("DKIM", "essential", "the keys its mail is signed by", signing_keys),
    Check("DMARC", "recommended", "what to do with forgeries", author_policy),
)
