"""How far a client was told, as a short string (event id, pushState)."""

from hypothesis import given
from hypothesis import strategies as st

from jmap.push.position import AccountState, changes, decode, encode

numbers = st.integers(min_value=0, max_value=2**63 - 1)
positions = st.dictionaries(numbers, st.tuples(st.integers(0, 2**31), numbers), max_size=20)
histories = st.lists(st.sampled_from(["Email", "Mailbox", "Thread"]), max_size=30)


@given(positions)
def test_what_is_written_is_read(position: dict[int, tuple[int, int]]) -> None:
    assert decode(encode(position)) == position


@given(st.text())
def test_nonsense_is_nothing_told(text: str) -> None:
    assert all(isinstance(number, int) for number in decode(text))


@given(positions)
def test_it_stands_in_a_line_and_in_an_address(position: dict[int, tuple[int, int]]) -> None:
    assert set(encode(position)) <= set("0123456789abcdef-.")


def state_after(history: list[str], epoch: int = 1) -> AccountState:
    return AccountState(epoch, len(history), {name: at for at, name in enumerate(history, 1)})


@given(histories, histories)
def test_the_types_that_moved_since_have_changed_and_no_others(before: list[str], after: list[str]) -> None:
    now = state_after(before + after)
    found = changes({7: state_after(before).place}, {7: now}, None).get("a7", {})
    assert found == {name: f"1-1-{now.states[name]}" for name in set(after)}


@given(histories, histories)
def test_after_a_restore_everything_has_changed(before: list[str], after: list[str]) -> None:
    found = changes({7: state_after(before).place}, {7: state_after(after, epoch=2)}, None).get("a7", {})
    assert found.keys() == set(after)


@given(histories)
def test_a_place_of_the_future_is_of_another_past(history: list[str]) -> None:
    found = changes({7: (1, len(history) + 1)}, {7: state_after(history)}, None).get("a7", {})
    assert found.keys() == set(history)
