"""Attachments made on the spot: pictures of the sea, a floor plan, a one-page PDF."""

import math
import struct
import zlib
from collections.abc import Callable, Iterable

Colour = tuple[int, int, int]
DAWN: tuple[Colour, ...] = ((58, 80, 128), (244, 176, 140), (255, 226, 180), (44, 66, 92))
NOON: tuple[Colour, ...] = ((86, 156, 214), (206, 232, 246), (255, 246, 204), (24, 92, 112))
DUSK: tuple[Colour, ...] = ((30, 28, 62), (214, 98, 92), (255, 206, 130), (28, 36, 58))


def png(width: int, height: int, colour_at: Callable[[int, int], Colour]) -> bytes:
    """A picture with this colour at each place."""
    rows = b"".join(b"\0" + bytes(part for x in range(width) for part in colour_at(x, y)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def seascape(palette: tuple[Colour, ...], width: int = 360, height: int = 200) -> bytes:
    """Sky, a low sun, hills on the far shore, and water that mirrors the light."""
    top, low, sun, land = palette
    shore, sun_x, sun_y, radius = height * 0.62, width * 0.68, height * 0.42, height * 0.11

    hills = [shore - 14 - 16 * math.sin(x / width * 5.1 + 0.6) - 6 * math.sin(x / width * 17) for x in range(width)]
    ripples = [3 * math.sin(x / 23) for x in range(width)]
    path = [1.2 - abs(x - sun_x) / width * 2.6 for x in range(width)]
    sky = [blend(top, low, y / shore) for y in range(height)]
    water = [blend(low, land, 0.35 + (y - shore) / height) for y in range(height)]
    hillside = blend(land, low, 0.12)

    def colour_at(x: int, y: int) -> Colour:
        if y >= shore:
            glint = math.sin(y * 1.7 + ripples[x]) * path[x]
            return blend(water[y], sun, glint * 0.45) if glint > 0 else water[y]
        if y >= hills[x]:
            return hillside
        distance = math.hypot(x - sun_x, y - sun_y)
        if distance < radius:
            return sun
        return blend(sky[y], sun, 0.5 - distance / width) if distance < width / 2 else sky[y]

    return png(width, height, colour_at)


def blend(first: Colour, second: Colour, share: float) -> Colour:
    share = min(1.0, share)
    (red, green, blue), (other_red, other_green, other_blue) = first, second
    return (
        int(red + (other_red - red) * share),
        int(green + (other_green - green) * share),
        int(blue + (other_blue - blue) * share),
    )


def floor_plan() -> bytes:
    """Three rooms, doors between them, and where things will stand."""
    walls: tuple[tuple[int, int, int, int], ...] = (
        (10, 10, 350, 14),
        (10, 206, 350, 210),
        (10, 10, 14, 210),
        (346, 10, 350, 210),
    )
    walls += ((130, 10, 134, 80), (130, 120, 134, 210), (240, 10, 244, 140), (240, 180, 244, 210))
    stands: tuple[tuple[int, int, int, int], ...] = (
        (40, 40, 100, 60),
        (40, 150, 100, 190),
        (165, 85, 210, 130),
        (270, 30, 330, 50),
        (270, 160, 330, 190),
    )

    def colour_at(x: int, y: int) -> Colour:
        if any(left <= x < right and top <= y < low for left, top, right, low in walls):
            return (40, 52, 66)
        if any(left <= x < right and top <= y < low for left, top, right, low in stands):
            return (232, 150, 92)
        return (246, 244, 238) if x % 20 and y % 20 else (228, 226, 218)

    return png(360, 220, colour_at)


def pdf(title: str, lines: Iterable[str]) -> bytes:
    """One page with a title and lines of text (Latin letters)."""
    texts = [f"BT /F2 20 Tf 60 770 Td ({_pdf_text(title)}) Tj ET"]
    texts += [f"BT /F1 11 Tf 60 {730 - 18 * at} Td ({_pdf_text(line)}) Tj ET" for at, line in enumerate(lines)]
    content = "\n".join(texts).encode("cp1252", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def _pdf_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
