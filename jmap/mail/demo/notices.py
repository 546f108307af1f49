"""Mail that machines write: newsletters, an invitation, receipts, notices, and junk."""

from datetime import datetime, timedelta

from .letter import ME, Attachment, Letter, ago, page
from .pictures import DAWN, DUSK, pdf, seascape


def letters(now: datetime) -> list[Letter]:
    return [NEWSLETTER, DIGEST, invitation(now), *RECEIPTS, *NOTICES, *JUNK]


def _unsubscribe(host: str) -> dict[str, str]:
    return {
        "List-Unsubscribe": f"<https://{host}/unsubscribe/7f3a>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<news.{host}>",
    }


_STORIES = (
    (
        "The keeper who painted fog",
        "For thirty-one years Elin Aas painted the same view from the same window. In most of "
        "the pictures there is nothing to see, and it is different every time.",
    ),
    (
        "How to read a harbour wall",
        "Iron rings, tide marks, initials: a short guide to what the stones by the water "
        "remember, with a map of twelve walls worth the walk.",
    ),
    ("A recipe for bad weather", "Barley, leek, a good stock and an hour in which nobody expects anything from you."),
)
_STORY_HTML = "".join(
    f'<h2 style="font-size:20px;margin:28px 0 6px;color:#17486b">{title}</h2>'
    f'<p style="margin:0;line-height:1.6">{text} '
    '<a href="https://slowtide.example/42" style="color:#b4532a">Read on</a></p>'
    for title, text in _STORIES
)
NEWSLETTER = Letter(
    key="newsletter-42",
    sender="The Slow Tide <letter@slowtide.example>",
    age=ago(0, 10),
    flags="",
    subject="The Slow Tide, No. 42: the keeper who painted fog",
    zone=0,
    header=_unsubscribe("slowtide.example"),
    text="THE SLOW TIDE, No. 42\n\n"
    + "\n\n".join(f"{title.upper()}\n{text}" for title, text in _STORIES)
    + "\n\nRead in the browser: https://slowtide.example/42\n",
    html=page(
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">'
        '<table role="presentation" width="600" cellpadding="0" cellspacing="0" style="background:#fffdf8">'
        '<tr><td style="padding:28px 40px 12px;text-align:center">'
        '<img src="https://slowtide.example/logo.png" alt="" width="48" height="48">'
        '<h1 style="font-size:34px;margin:8px 0 0;letter-spacing:1px">The Slow Tide</h1>'
        '<p style="margin:4px 0 0;color:#7a8791">A letter from the edge of the land. No. 42</p></td></tr>'
        '<tr><td><img src="cid:cover" alt="Morning over the bay" width="600" '
        'style="display:block;width:100%"></td></tr>'
        f'<tr><td style="padding:4px 40px 28px">{_STORY_HTML}</td></tr>'
        '<tr><td style="padding:18px 40px;background:#17486b;color:#dfe9f0;font-size:13px">You get this letter because '
        'you asked for it. <a href="https://slowtide.example/unsubscribe/7f3a" style="color:#fff">Stop any time.</a>'
        '<img src="https://slowtide.example/open.gif?r=7f3a" width="1" height="1" alt=""></td></tr>'
        "</table></td></tr></table>",
        "#eef2f4",
    ),
    attachments=(Attachment("cover.png", "image/png", seascape(DAWN, 400, 170), cid="cover"),),
)

DIGEST = Letter(
    key="digest-9",
    sender="Night Sky Weekly <sky@nightsky.example>",
    age=ago(4, 2),
    header=_unsubscribe("nightsky.example"),
    subject="This week: Jupiter close to the moon, and a quiet meteor shower",
    text="Tuesday, 21:40: look south-east. The bright one beside the moon is Jupiter.\n\nClear skies!\n",
    html=page(
        '<div style="max-width:560px;margin:0 auto;padding:32px;background:#141a33;color:#e8e6f5">'
        '<h1 style="margin-top:0">Night Sky Weekly</h1><img src="cid:sky" alt="Dusk" width="400">'
        "<p><b>Tuesday, 21:40:</b> look south-east. The bright one beside the moon is Jupiter.</p>"
        "<p><b>Friday:</b> the Leonids, few but fast. Best after midnight, away from lamps.</p>"
        "<p>Clear skies!</p></div>",
        "#0c1022",
    ),
    attachments=(Attachment("sky.png", "image/png", seascape(DUSK, 400, 150), cid="sky"),),
)

_ICS_TIME = "%Y%m%dT%H%M%SZ"
INVITE = """
Mara Lindqvist invites you: Walk-through with the fire brigade

Harbour Museum, Rope Walk 3, room 2. Captain Solheim would like to see the emergency exits and, he says, the lens.
"""


def invitation(now: datetime) -> Letter:
    """A meeting three days from now, at ten."""
    start = (now + timedelta(days=3)).replace(hour=10, minute=0, second=0, microsecond=0)
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Harbour Museum//Calendar//EN", "METHOD:REQUEST", "BEGIN:VEVENT",
        "UID:walk-through-17@harbourmuseum.example", f"DTSTAMP:{now:{_ICS_TIME}}", f"DTSTART:{start:{_ICS_TIME}}",
        f"DTEND:{start + timedelta(hours=1):{_ICS_TIME}}", "SUMMARY:Walk-through with the fire brigade",
        "LOCATION:Harbour Museum\\, Rope Walk 3\\, room 2", "SEQUENCE:0", "STATUS:CONFIRMED",
        "ORGANIZER;CN=Mara Lindqvist:mailto:mara@harbourmuseum.example",
        "ATTENDEE;CN=Robin Hale;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:demo@example.org",
        "END:VEVENT", "END:VCALENDAR", "",
    )  # fmt: skip
    calendar = "\n".join(lines)
    return Letter(
        key="invitation-17", sender="Mara Lindqvist <mara@harbourmuseum.example>", age=ago(0, 2),
        subject="Invitation: Walk-through with the fire brigade", text=INVITE, calendar=calendar, flags="",
        attachments=(Attachment("invite.ics", "application/ics", calendar.replace("\n", "\r\n").encode()),),
    )  # fmt: skip


_ORDER = (("The Lighthouse Stevensons", "14.90"), ("A Field Guide to Fog", "22.00"), ("Postage", "2.80"))
_ORDER_ROWS = "".join(
    f'<tr><td style="padding:6px 0">{title}</td><td align="right">{price}</td></tr>' for title, price in _ORDER
)
RECEIPTS = (
    Letter(
        key="ticket-881",
        sender="Coast Rail <tickets@coastrail.example>",
        age=ago(1, 12),
        subject="Your ticket for Friday, 15:04",
        text="""
Thank you for travelling with us.

  Harbour Town 15:04  ->  Lakeside 17:31
  Coach 4, seat 22 (window, sea side)
  18.40, paid by card

Your ticket is attached. A picture of it on your phone is fine.
""",
        attachments=(
            Attachment(
                "ticket-881.pdf",
                "application/pdf",
                pdf("Coast Rail", ["Harbour Town 15:04 - Lakeside 17:31", "Coach 4, seat 22", "", "Ticket 881-204-17"]),
            ),
        ),
    ),
    Letter(
        key="order-5512",
        sender="Gull & Sons Books <orders@gullbooks.example>",
        age=ago(5, 3),
        subject="Your order 5512 is on its way",
        text="Two books left our shop today:\n\n"
        + "\n".join(f"  {title:32}{price:>8}" for title, price in _ORDER)
        + "\n\nTotal 39.70. The postwoman knows the way.\n",
        html=page(
            '<div style="max-width:480px;margin:0 auto;padding:28px">'
            '<h1 style="font-size:24px">Two books left our shop today</h1>'
            f'<table width="100%" style="border-top:1px solid #ccc">{_ORDER_ROWS}'
            '<tr><td style="padding:8px 0"><b>Total</b></td><td align="right"><b>39.70</b></td></tr></table>'
            "<p>The postwoman knows the way.</p></div>"
        ),
    ),
    Letter(
        key="invoice-310",
        sender="Nair Lighting <billing@nairlighting.example>",
        age=ago(10),
        mailbox="archive",
        zone=0,
        subject="Invoice 310",
        text="Please find invoice 310 attached, payable within thirty days. Thank you!\n",
        attachments=(
            Attachment(
                "invoice-310.pdf",
                "application/pdf",
                pdf("Invoice 310", ["Lighting of rooms 1 to 3", "", "Total: 6,120.00", "Payable within 30 days"]),
            ),
        ),
    ),
)

NOTICES = (
    Letter(
        key="parcel-1",
        sender="Island Parcel <track@islandparcel.example>",
        age=ago(0, 6),
        flags="",
        subject="Your parcel comes today between 14:00 and 16:00",
        text="Parcel 7741 (2 books) is in the van. If nobody is in we leave it with the bakery, as always.\n",
    ),
    Letter(
        key="library-1",
        sender="Town Library <desk@townlibrary.example>",
        age=ago(6, 1),
        subject='"The Sea, the Sea" is due in five days',
        text="You may keep it three weeks longer: nobody else is waiting for it, which surprises us too.\n",
    ),
    Letter(
        key="signin-1",
        sender="Photo Shelf <security@photoshelf.example>",
        age=ago(2, 11),
        subject="New sign-in from a tablet",
        text="Somebody signed in from a tablet in Harbour Town. If it was you there is nothing to do.\n",
    ),
    Letter(
        key="bounce-1",
        sender="Mail Delivery <mailer-daemon@example.org>",
        age=ago(6, 0.5),
        to=ME,
        subject="Undelivered: The Fresnel lens",
        header={"Auto-Submitted": "auto-replied"},
        text="""
Your message could not be delivered to one recipient:

  henrk@dahl-transport.example: no such mailbox (550 5.1.1)

Perhaps a letter is missing?
""",
    ),
)

JUNK = (
    Letter(
        key="junk-1",
        sender="Prize Office <winner@lucky-draw.example>",
        age=ago(1, 2),
        mailbox="junk",
        flags="junk",
        subject="CONGRATULATIONS!!! You have been selected",
        text="Dear friend, a sum of 4.5 MILLION is waiting. Reply with your bank details and shoe size.\n",
    ),
    Letter(
        key="junk-2",
        sender="Dr. Slim <offer@miracle-tea.example>",
        age=ago(3, 3),
        mailbox="junk",
        flags="junk seen",
        subject="Lose 10 kilos by Thursday with this tea",
        text="Sailors hate this trick. Click now.\n",
    ),
    Letter(
        key="junk-3",
        sender="SEO Experts <growth@rank-first.example>",
        age=ago(6, 4),
        mailbox="junk",
        flags="junk",
        subject="Your website has 217 problems",
        text="Hello sir or madam, I was on your website and was shocked. For a small fee we can be less shocked.\n",
    ),
)
