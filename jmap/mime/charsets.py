"""Charset labels as mail uses them, and text that is safe to store (WHATWG Encoding Standard, RFC 8621 §4.1.4)."""

import re

# Only codecs named here are ever used: Python also registers "zlib", "idna", "unicode_escape" and the like.
_CODECS: dict[str, str] = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 utf-8-sig cp65001 utf8mb4",
    "utf-7": "utf-7 utf7 unicode-1-1-utf-7 x-unicode-2-0-utf-7 cp65000",
    "utf-16": "utf-16 utf16 iso-10646-ucs-2 ucs-2 csunicode unicode unicodefeff",
    "utf-16-le": "utf-16le utf-16-le",
    "utf-16-be": "utf-16be utf-16-be unicodefffe",
    "utf-32": "utf-32 utf32 ucs-4",
    "utf-32-le": "utf-32le",
    "utf-32-be": "utf-32be",
    "cp1252": "ansi_x3.4-1968 cp1252 cp819 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 "
    "l1 latin1 latin-1 windows-1252 x-cp1252 windows1252 csisolatin1 8859-1 iso-8859-1-windows-3.1-latin-1",
    "cp1250": "cp1250 windows-1250 x-cp1250",
    "cp1251": "cp1251 windows-1251 x-cp1251",
    "cp1253": "cp1253 windows-1253 x-cp1253",
    "cp1254": "cp1254 windows-1254 x-cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 "
    "iso_8859-9:1989 l5 latin5",
    "cp1255": "cp1255 windows-1255 x-cp1255",
    "cp1256": "cp1256 windows-1256 x-cp1256",
    "cp1257": "cp1257 windows-1257 x-cp1257",
    "cp1258": "cp1258 windows-1258 x-cp1258",
    "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874 cp874",
    "iso8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso8859-6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e "
    "iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
    "iso8859-7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 "
    "iso_8859-7:1987 sun_eu_greek",
    "iso8859-8": "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 "
    "iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical",
    "iso8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 latin9 latin-9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "mac-roman": "csmacintosh mac macintosh x-mac-roman",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "mac-latin2": "x-mac-ce",
    "mac-turkish": "x-mac-turkish",
    "mac-greek": "x-mac-greek",
    "cp437": "cp437 ibm437 437",
    "cp850": "cp850 ibm850 850",
    "cp852": "cp852 ibm852 852",
    "cp855": "cp855 ibm855",
    "cp858": "cp858 ibm00858",
    "cp862": "cp862 ibm862 dos-862",
    "cp866": "866 cp866 csibm866 ibm866",
    "gb18030": "gb18030 chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk cp936 ms936 "
    "windows-936 gb2312-80 euc-cn euccn",
    "hz": "hz-gb-2312 hz",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950 ms950 big5hkscs",
    "euc_jis_2004": "cseucpkdfmtjapanese euc-jp x-euc-jp eucjp ujis x-euc",
    "iso2022_jp_ext": "csiso2022jp iso-2022-jp iso2022jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-ext cp50220 cp50221 "
    "cp50222 x-iso-2022-jp",
    "iso2022_jp_3": "iso-2022-jp-3",
    "iso2022_jp_2004": "iso-2022-jp-2004",
    "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis cp932 x-ms-cp932 shift_jis-2004",
    "cp949": "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 "
    "windows-949 cp949 uhc ks_c_5601 x-windows-949 euckr",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "johab": "johab cp1361",
}
_LABELS: dict[str, str] = {label: codec for codec, labels in _CODECS.items() for label in labels.split()}
_ASCII = frozenset({"us-ascii", "ascii", "us", "iso646-us", "iso_646.irv:1991", "ansi_x3.4-1986", "7bit", "8bit"})
_MAY_GIVE_SURROGATES = frozenset({"utf-7", "gb18030", "utf-16", "utf-16-le", "utf-16-be"})
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,8}=\s{0,8}["']?([A-Za-z0-9_:.-]{1,40})""", re.I)
_SURROGATES = re.compile("[\ud800-\udfff]")
_JIS_RUN = re.compile(rb"\x1b\$[@B]([^\x1b\r\n]*)(?:\x1b\([BJ])?")


def codec_of(label: str) -> str | None:
    """The Python codec for a charset label, by the WHATWG labels; None if unknown or plain ASCII."""
    return _LABELS.get(label.strip(" \t\r\n\"'").lower())


def is_known(label: str) -> bool:
    """Whether text in this charset can be decoded."""
    return label.strip(" \t\r\n\"'").lower() in _ASCII or codec_of(label) is not None


def scrub(text: str) -> str:
    """`text` as JSON and PostgreSQL can hold it: U+0000 and lone surrogates become U+FFFD."""
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return _SURROGATES.sub("\ufffd", text).replace("\0", "\ufffd")


def decode(data: bytes, label: str | None) -> tuple[str, bool]:
    """Decode `data`, best effort; True if it was malformed or the charset unknown (RFC 8621 §4.1.4).

    Undecodable octets become U+FFFD; in a charset that is ASCII, missing or unknown they are guessed instead.
    """
    codec = codec_of(label) if label else None
    if codec is None:
        known = not label or is_known(label)
        if known and data.isascii():
            return data.decode("ascii"), False
        return guess(data), True
    try:
        text, problem = data.decode(codec), False
    except (UnicodeError, ValueError):
        text, problem = _decode_malformed(data, codec)
    if codec in _MAY_GIVE_SURROGATES and not text.isascii():
        return _SURROGATES.sub("\ufffd", text), problem
    return text, problem


def _decode_malformed(data: bytes, codec: str) -> tuple[str, bool]:
    if codec.startswith("iso2022_jp"):
        return _decode_jis(data)
    if codec == "euc_jis_2004":
        return data.decode("euc_jp", "replace"), True
    return data.decode(codec, "replace"), True


def _decode_jis(data: bytes) -> tuple[str, bool]:
    """ISO-2022-JP with the vendor characters (circled digits and the like) that Python's codecs refuse."""
    shifted = _JIS_RUN.sub(lambda run: _jis_to_shift_jis(run[1]), data)
    try:
        return shifted.decode("cp932"), False
    except UnicodeError:
        return data.decode("iso2022_jp_ext", "replace"), True


def _jis_to_shift_jis(pairs: bytes) -> bytes:
    out = bytearray()
    for row, cell in zip(pairs[::2], pairs[1::2], strict=False):
        low = cell + (0x1F if cell < 0x60 else 0x20) if row & 1 else cell + 0x7E
        high = ((row - 0x21) >> 1) + (0x81 if row < 0x5F else 0xC1)
        out += bytes((high & 0xFF, low & 0xFF))
    return bytes(out)


def guess(data: bytes) -> str:
    """Decode octets of unknown charset: UTF-8, ISO-2022-JP by its escapes, else windows-1252."""
    if b"\x1b$" in data and data.isascii():
        return decode(data, "iso-2022-jp")[0]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def declared_in_html(data: bytes) -> str | None:
    """The charset that an HTML document names in a `meta` element near its beginning."""
    match = _META.search(data[:2048])
    return match[1].decode("ascii") if match else None
