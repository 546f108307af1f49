"""Work at the museum: threads of several people, with attachments."""

from .letter import ME, Attachment, Letter, ago
from .pictures import floor_plan, pdf

MARA = "Mara Lindqvist <mara@harbourmuseum.example>"
TOMAS = "Tomás Rivera <tomas@harbourmuseum.example>"
PRIYA = "Priya Nair <priya@nairlighting.example>"
HENRIK = "Henrik Dahl <henrik@dahl-transport.example>"
AGNES = "Agnes Whitlock <agnes@harbourmuseum.example>"
TEAM = f"{ME}; {TOMAS}; {PRIYA}"

GUESTS = """Name,Organisation,Seats,Reply
Ingrid Solheim,Town council,2,yes
Dr. Paul Achterberg,Maritime Institute,1,yes
Lucía Fuentes,La Gaceta del Puerto,1,yes
Old Boatyard Choir,,14,yes
Samuel Oyelaran,Lighthouse Trust,2,maybe
Year 6,Harbour School,23,yes
"""
BUDGET = """Item,Planned,Spent
Transport of the lens,4200,3980
Lighting,6500,6120
Glass cases,3100,3100
Printing,1450,1610
Opening night,1800,940
Reserve,900,0
"""

OPENING = (
    Letter(
        key="opening-1",
        sender=MARA,
        to=TEAM,
        age=ago(2, 6),
        subject="Opening night: running order",
        text="""
Dear all,

ten days to go! Here is the running order as I see it. Please shout if something can't work.

  17:30  Doors, choir on the quay
  18:00  Welcome (me, five minutes, I promise)
  18:10  The lens is lit for the first time since 1962
  18:30  Children lead the guests through the rooms
  20:00  Soup, bread, speeches we could not avoid

The floor plan is attached. The orange blocks are the cases; the big one in the middle is the lens.

Mara
""",
        attachments=(Attachment("floor-plan.png", "image/png", floor_plan()),),
        flags="seen flagged answered",
    ),
    Letter(
        key="opening-2",
        sender=PRIYA,
        to=MARA,
        cc=f"{ME}; {TOMAS}",
        age=ago(2, 4),
        zone=0,
        answers="opening-1",
        text="""
18:10 is perfect, it will be dark enough. I need the room lights on one switch until then, and somebody with
steady nerves to press it.

I'd also move the big case half a metre to the left, otherwise visitors stand in their own shadow.

Priya
""",
    ),
    Letter(
        key="opening-3",
        sender=ME,
        to=f"{MARA}; {PRIYA}; {TOMAS}",
        age=ago(2, 2),
        answers="opening-2",
        mailbox="sent",
        text="""
I'll press the switch, I have been practising all week.

Half a metre is fine: the floor box is wide enough. New plan tomorrow.

Robin
""",
    ),
    Letter(
        key="opening-4",
        sender=TOMAS,
        to=f"{MARA}; {ME}; {PRIYA}",
        age=ago(0, 20),
        answers="opening-3",
        text="""
The guest list as of this morning, 43 seats so far. Year 6 is coming with everyone, including the hamster.

Question: who tells the fire brigade that there will be a very bright light on the old pier?

Tomás
""",
        attachments=(Attachment("guests.csv", "text/csv", GUESTS.encode()),),
    ),
    Letter(
        key="opening-5",
        sender=MARA,
        to=f"{TOMAS}; {ME}; {PRIYA}",
        age=ago(0, 0, 35),
        answers="opening-4",
        flags="",
        text="""
I called them. The captain asked whether he may bring his grandmother: she was born in the lighthouse.

So that's 45 seats, and I think we have our speech.

Mara
""",
    ),
)

LENS = (
    Letter(
        key="lens-1",
        sender=ME,
        to=HENRIK,
        age=ago(6, 3),
        subject="The Fresnel lens: collection on Thursday",
        mailbox="sent",
        text="""
Dear Henrik,

the lens is packed: three crates, 410 kg altogether, the long one must stay upright. The keeper's house has no ramp,
but two neighbours and a very patient horse.

Can you be there at nine?

Best wishes
Robin
""",
    ),
    Letter(
        key="lens-2",
        sender=HENRIK,
        age=ago(5, 22),
        answers="lens-1",
        text="""
Nine is good, the tide leaves us until half past eleven. I'll bring the truck with air suspension.

Waybill attached, please print it twice. And an apple for the horse.

Henrik
""",
        attachments=(
            Attachment(
                "waybill-2217.pdf",
                "application/pdf",
                pdf(
                    "Waybill 2217",
                    [
                        "From: Keeper's House, North Pier",
                        "To: Harbour Museum, Rope Walk 3",
                        "",
                        "3 crates, 410 kg, upright, no frost",
                        "Insured to 90,000",
                    ],
                ),
            ),
        ),
    ),
    Letter(
        key="lens-3",
        sender=HENRIK,
        age=ago(3, 1),
        answers="lens-2",
        quotes=False,
        flags="seen flagged",
        text="""
Arrived, all 24 prisms in one piece. The horse sends his regards.

H.
""",
    ),
)

BUDGETS = (
    Letter(
        key="budget-1",
        sender=AGNES,
        age=ago(4, 5),
        subject="Budget: where we stand",
        text="""
Hello Robin,

the figures up to Friday are attached. We are a little over on printing (the second poster) and well under on the
opening, which I take as a hint that soup is cheaper than wine.

Could you look at the lighting line before Wednesday?

Agnes
""",
        attachments=(Attachment("exhibition-budget.csv", "text/csv", BUDGET.encode()),),
        flags="seen answered",
    ),
    Letter(
        key="budget-2",
        sender=ME,
        age=ago(3, 22),
        answers="budget-1",
        mailbox="sent",
        text="""
Lighting is right: 6,120 and nothing more to come. Priya lends us the two spots in the stairwell for free.

The second poster was worth it. Have you seen it at the ferry?

Robin
""",
    ),
    Letter(
        key="budget-3",
        sender=AGNES,
        age=ago(3, 20),
        answers="budget-2",
        text="""
I have. Three people asked me on the ferry what it is about, so yes.

Agnes
""",
    ),
)

LABELS = (
    Letter(
        key="labels-1",
        sender=TOMAS,
        age=ago(0, 5),
        subject="Labels for room 2, last round",
        flags="",
        text="""
Robin, these are the last four. Sixty words each, as agreed, though it hurt.

1. The log book. "Fog" stands in it 1,911 times, "fog, again" 204 times.
2. The oil can. It held one night in winter, two in June.
3. The keeper's chair. Nobody ever fell asleep in it, says the family.
4. The postcard. Sent from the lighthouse to the mainland, four kilometres, eleven days.

If you nod I'll send them to the printer at four.

Tomás
""",
    ),
    Letter(
        key="visit-1",
        sender=AGNES,
        age=ago(8, 2),
        subject="School visits in spring",
        mailbox="archive",
        text="""
Nine classes have asked already. I would offer Tuesdays and Thursdays, with the workshop on knots first and the tower
afterwards, when they have run off the sugar.

Agnes
""",
    ),
    Letter(
        key="roof-1",
        sender=MARA,
        age=ago(16),
        subject="The roof is dry",
        mailbox="archive",
        text="""
Three days of rain and not a drop in room 3. I have thanked the roofer, the saints and the insurance, in this order.

Mara
""",
    ),
)

LETTERS = (*OPENING, *LENS, *BUDGETS, *LABELS)
