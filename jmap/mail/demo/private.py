"""Friends and family, drafts, and what was thrown away."""

from .letter import ME, Attachment, Letter, ago, page, paragraphs
from .pictures import DAWN, DUSK, NOON, seascape

NOOR = "Noor Haddad <noor.haddad@fastpost.example>"
FINN = "Finn O'Sullivan <finn@osullivan.example>"
LENI = "Leni Brandt <leni@brandt.example>"
MUM = "Margaret Hale <margaret.hale@fastpost.example>"
UNCLE = "Walter Hale <walter@halesboats.example>"
FRIENDS = f"{ME}; {FINN}; {LENI}"

GARDEN = """
Darling,

the sea lavender has come back, the whole bank of it, and your father pretends that it was his idea. I took the picture
this morning from the kitchen window, before the fog.

Come when the opening is over. There is a cake that needs a reason.

Love
Mum
"""

HUT = (
    Letter(
        key="hut-1",
        sender=NOOR,
        to=FRIENDS,
        age=ago(9, 2),
        subject="A weekend in the hut?",
        zone=2,
        text="""
Friends,

my aunt lends us the hut above the lake, the last weekend of the month. Six beds, one stove, no network. I bring the
soup, somebody brings wood, everybody brings a story.

Who is in?

Noor
""",
    ),
    Letter(
        key="hut-2",
        sender=FINN,
        to=NOOR,
        cc=f"{ME}; {LENI}",
        age=ago(9),
        answers="hut-1",
        text="""
In! I have a car with four seats and terrible music. Leaving Friday at three from the station.

Finn
""",
    ),
    Letter(
        key="hut-3",
        sender=ME,
        to=NOOR,
        cc=f"{FINN}; {LENI}",
        age=ago(8, 20),
        answers="hut-2",
        mailbox="sent",
        text="""
In, with wood. My story is about a horse and a lighthouse lens.

Robin
""",
    ),
    Letter(
        key="hut-4",
        sender=LENI,
        to=NOOR,
        cc=f"{ME}; {FINN}",
        age=ago(1, 9),
        answers="hut-3",
        text="""
I come by the first train on Saturday and bring bread, still warm if nobody talks to me on the way.

Two of the last time, so that you remember why we do this.

Leni
""",
        attachments=(
            Attachment("lake-morning.png", "image/png", seascape(DAWN)),
            Attachment("lake-evening.png", "image/png", seascape(DUSK)),
        ),
        flags="",
    ),
)

FAMILY = (
    Letter(
        key="garden-1",
        sender=MUM,
        age=ago(0, 8),
        subject="The garden, finally",
        text=GARDEN,
        zone=0,
        html=page(paragraphs(GARDEN) + '<p><img src="cid:garden" alt="The bay from the window" width="360"></p>'),
        attachments=(Attachment("garden.png", "image/png", seascape(NOON), cid="garden"),),
        flags="flagged",
    ),
    Letter(
        key="boat-1",
        sender=UNCLE,
        age=ago(11, 4),
        subject="Your boat",
        zone=0,
        text="""
Robin,

she is out of the water. The keel is better than I feared and the mast is worse. Two coats of varnish, a week of dry
weather and she will be prettier than you.

I need to know the colour by the end of the month. Not yellow.

Walter
""",
    ),
    Letter(
        key="boat-2",
        sender=ME,
        age=ago(10, 22),
        answers="boat-1",
        mailbox="sent",
        text="""
Thank you! Dark green, like the one in Grandfather's photograph. Definitely not yellow.

Robin
""",
    ),
    Letter(
        key="birthday-1",
        sender=FINN,
        age=ago(20),
        subject="That book you mentioned",
        mailbox="archive",
        text="""
It came today and I read it in one go, standing in the kitchen. Thank you. You were right about chapter nine.

Finn
""",
    ),
    Letter(
        key="choir-1",
        sender="Beatrix Holm <beatrix@quaychoir.example>",
        age=ago(1, 5),
        zone=1,
        subject="Thursday's rehearsal is in the boatyard",
        text="""
Dear all,

the hall has no heating, so we sing among the boats. Bring a scarf and the green book; we start with number 14, the one
that nobody can stop humming afterwards.

Beatrix
""",
    ),
)

DRAFTS = (
    Letter(
        key="draft-1",
        sender=ME,
        to="Samuel Oyelaran <samuel@lighthousetrust.example>",
        age=ago(0, 1, 20),
        subject="Thank you for the log books",
        mailbox="drafts",
        flags="draft seen",
        text="""
Dear Samuel,

the log books arrived safely and I have not slept much since: they are wonderful. We would like to show the winter of
1947 open at the page with the

""",
    ),
    Letter(
        key="draft-2",
        sender=ME,
        to="",
        age=ago(2),
        subject="Speech, five minutes",
        mailbox="drafts",
        flags="draft seen",
        text="""
- the captain's grandmother
- why a light needs a house
- thank: Mara, Tomás, Priya, Agnes, Henrik, the horse
- do not explain how a lens works (again)
""",
    ),
)

TRASH = (
    Letter(
        key="trash-1",
        sender="Seaview Parking <no-reply@seaview-parking.example>",
        age=ago(7),
        mailbox="trash",
        subject="Tell us about your parking experience",
        text="""
You parked with us on Tuesday. On a scale from 1 to 10, how likely are you to recommend parking to a friend?
""",
    ),
    Letter(
        key="trash-2",
        sender="Quay Canteen <menu@quaycanteen.example>",
        age=ago(13),
        mailbox="trash",
        subject="Lunch menu, week 46",
        text="""
Monday: fish. Tuesday: fish pie. Wednesday: surprise (fish). Thursday: lentils. Friday: fish.
""",
    ),
)

LETTERS = (*HUT, *FAMILY, *DRAFTS, *TRASH)
