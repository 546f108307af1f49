"""A mailing list that Robin reads."""

from .letter import ME, Letter, ago

_LIST = {
    "List-Id": "Talk about small museums <small-museums.lists.example>",
    "List-Post": "<mailto:small-museums@lists.example>",
    "List-Unsubscribe": "<https://lists.example/small-museums/leave>, <mailto:small-museums-leave@lists.example>",
    "Precedence": "list",
}
LIST_ADDRESS = "Small museums <small-museums@lists.example>"
LETTERS = (
    Letter(
        key="list-1",
        sender="Joanna Pike <joanna@pike.example>",
        to=LIST_ADDRESS,
        age=ago(5, 8),
        header=_LIST,
        subject="[small-museums] Which tool for a catalogue of 4,000 objects?",
        zone=0,
        text="""
Hello list,

we are two people with 4,000 objects on index cards and one rainy winter. What do you use? It should export everything,
run on an old laptop, and not ask us for a subscription.

Joanna, Museum of Weights and Measures
""",
    ),
    Letter(
        key="list-2",
        sender="Matthias Kern <m.kern@heimatmuseum.example>",
        to=LIST_ADDRESS,
        age=ago(5, 1),
        header=_LIST,
        answers="list-1",
        text="""
A spreadsheet, honestly, for the first thousand. You learn which columns you need. Then any small database: the
columns are the work, not the program.

Photograph the cards first!

Matthias
""",
    ),
    Letter(
        key="list-3",
        sender=ME,
        to=LIST_ADDRESS,
        age=ago(4, 21),
        header=_LIST,
        answers="list-2",
        mailbox="sent",
        text="""
What Matthias says. And give every object its number before anything else, with a pencil, on the object. We did it the
other way round and had two number sevens for a year.

Robin
""",
    ),
    Letter(
        key="list-4",
        sender="Joanna Pike <joanna@pike.example>",
        to=LIST_ADDRESS,
        age=ago(1, 3),
        header=_LIST,
        zone=0,
        answers="list-3",
        flags="",
        text="""
Thank you all, 212 cards photographed, 212 numbers pencilled. We have found a second number seven already.

Joanna
""",
    ),
)
