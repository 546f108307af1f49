"""A toy data type that exercises everything the core derives from a declaration."""
