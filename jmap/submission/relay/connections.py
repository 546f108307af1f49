"""Open sessions that rest for a moment, for the next message to the same host."""

import asyncio
import time
from collections import defaultdict

from jmap.submission.relay.replies import Unreachable
from jmap.submission.relay.session import Manner, Session, Target

REST = 3.0  # seconds
MOST_USES = 50  # messages over one connection
DEAD_FOR = 20.0  # seconds for which an address that nobody answered at is not tried again


class Connections:
    """A session is one message's at a time. Belongs to one event loop."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.dead: dict[tuple[str, int], tuple[float, Unreachable]] = {}
        self.resting: dict[Target, list[Session]] = defaultdict(list)

    def rested(self, target: Target) -> Session | None:
        """One that rests and is still open."""
        while sessions := self.resting.get(target):
            session = sessions.pop()
            if session.is_alive:
                return session
        return None

    async def open(self, target: Target) -> Session:
        """Raises Trouble or Refused. All that waits for a dead host needs but one to find out."""
        place = (target.address, target.port)
        until, known = self.dead.get(place, (0.0, None))
        if known is not None and time.monotonic() < until:
            raise Unreachable(known.reply)
        session = Session(target, self.manner)
        try:
            await session.open()
        except Unreachable as error:
            self.dead[place] = time.monotonic() + DEAD_FOR, error
            raise
        return session

    def give_back(self, session: Session) -> None:
        """After a message that left it in order."""
        session.used += 1
        session.rests_until = time.monotonic() + (REST if session.used < MOST_USES else 0)
        if session.is_alive:
            self.resting[session.target].append(session)

    async def tidy(self, *, all: bool = False) -> None:
        """Say goodbye to those that have rested long enough. Call it every second or so."""
        now, leaving = time.monotonic(), []
        self.dead = {place: known for place, known in self.dead.items() if known[0] > now}
        for target, sessions in list(self.resting.items()):
            staying = [each for each in sessions if not all and each.rests_until > now]
            leaving += [each for each in sessions if each not in staying]
            self.resting[target] = staying
            if not staying:
                del self.resting[target]
        await asyncio.gather(*(each.quit() for each in leaving))
