"""A mapping that nobody can change."""

import types
from collections.abc import Iterator, Mapping
from typing import TypeVar

__all__ = ["FrozenMapping"]

K = TypeVar("K")
V_co = TypeVar("V_co", covariant=True)


class FrozenMapping(Mapping[K, V_co]):
    """A mapping that nobody can change: equal by content, hashable where its values are.

    Unlike `types.MappingProxyType` it is picklable and owns its content.

    >>> says = FrozenMapping({"en": "yes", "zh": "是"})
    >>> says["en"], says == {"zh": "是", "en": "yes"}
    ('yes', True)
    """

    __slots__ = ("_content",)
    _content: dict[K, V_co]

    def __init__(self, content: Mapping[K, V_co] = types.MappingProxyType({})) -> None:
        object.__setattr__(self, "_content", dict(content))

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: the content is fixed at birth."""
        raise AttributeError(f"a FrozenMapping cannot change, so {name} cannot be set")

    def __getitem__(self, key: K) -> V_co:
        """Return the value of a key."""
        return self._content[key]

    def __iter__(self) -> Iterator[K]:
        """Run over the keys in the order they were given."""
        return iter(self._content)

    def __len__(self) -> int:
        """Count the keys."""
        return len(self._content)

    def __hash__(self) -> int:
        """Hash the content without its order, as equality compares it."""
        return hash(frozenset(self._content.items()))

    def __repr__(self) -> str:
        """Show it as the dict it holds."""
        return f"FrozenMapping({self._content!r})"

    def __reduce__(self) -> tuple[object, ...]:
        """Cross a process as its content."""
        return (FrozenMapping, (self._content,))
