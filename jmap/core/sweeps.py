"""What is to be done every so often: finding work whose bell was lost, deleting what nobody needs any more."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sweep:
    """`work` is done by a worker every `seconds`, never twice at a time."""

    seconds: float
    work: Callable[[], object]


# Its name -> the sweep; apps add theirs in `ready`.
sweeps: dict[str, Sweep] = {}
