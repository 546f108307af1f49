"""A record that somebody has to put into DNS."""

from dataclasses import dataclass

TXT_PIECE = 255  # octets of one string in a TXT record


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """`name` without the dot at its end; `value` as in a zone file, a TXT as bare text."""

    name: str
    type: str
    value: str

    def zone_line(self) -> str:
        return f"{self.name}. IN {self.type} {self.zone_value()}"

    def zone_value(self) -> str:
        if self.type != "TXT":
            return self.value
        pieces = [f'"{self.value[at : at + TXT_PIECE]}"' for at in range(0, len(self.value), TXT_PIECE)]
        return pieces[0] if len(pieces) == 1 else f"( {' '.join(pieces)} )"
