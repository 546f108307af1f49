from tests.fixtures.core import bob, jmap, notes

__all__ = ["bob", "jmap", "notes"]
