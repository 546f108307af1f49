from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.command import AdministrationCommand
from accounts.provision import find_account
from jmap.mail.bulk_export import folders, read_folder
from jmap.mail.mailfiles import make_maildir, mbox_path, write_maildir, write_mbox


class Command(AdministrationCommand):
    help = "Write an account's mail to mbox files or a Maildir, which import_mail reads back as it was."

    def declare(self, parser: CommandParser) -> None:
        parser.add_argument("account", metavar="ACCOUNT", help="an address of the account")
        parser.add_argument("path", metavar="PATH", type=Path, help="a new or empty directory")
        parser.add_argument("--format", choices=("mbox", "maildir"), default="mbox")

    def carry_out(self, *, account: str, path: Path, format: str, **options: Any) -> None:
        account_id = find_account(account).pk
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise CommandError(f"{path} is not an empty directory.")
        path.mkdir(parents=True, exist_ok=True)
        count = 0
        for mailbox_id, folder in sorted(folders(account_id).items(), key=lambda item: item[1]):
            messages = read_folder(account_id, mailbox_id, folder)
            if format == "mbox":
                count += write_mbox(mbox_path(path, folder), messages)
                continue
            make_maildir(path, folder)
            for message in messages:
                write_maildir(path, folder, message)
                count += 1
        self.stdout.write(f"{count} messages written to {path}.")
