"""Identities for the addresses of accounts that were there before identities were; nobody has seen a state yet."""

from django.db import migrations
from django.db.models import F


def add_identities(apps, schema_editor, **chosen):
    Identity = apps.get_model("submission", "Identity")
    Account = apps.get_model("accounts", "Account")
    addresses = apps.get_model("accounts", "Address").objects.filter(**chosen)
    for address in addresses.select_related("account__owner").order_by("id"):
        account = Account.objects.get(pk=address.account_id)
        owner = address.account.owner
        Identity.objects.create(
            account_id=account.pk,
            id=account.next_id,
            name=owner.name if owner else "",
            email=f"*{address.email}" if address.email.startswith("@") else address.email,
            may_delete=False,
        )
        Account.objects.filter(pk=account.pk).update(next_id=F("next_id") + 1)


class Migration(migrations.Migration):
    dependencies = [("submission", "0002_sendbudget"), ("accounts", "0001_initial")]

    operations = [
        migrations.RunPython(add_identities, migrations.RunPython.noop),
    ]
