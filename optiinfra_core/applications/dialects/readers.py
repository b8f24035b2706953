"""Where a dialect keeps what was said: each reader gives the parts of one side of a call."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from optiinfra_core.applications.dialects.conversation import MOST, Said
from optiinfra_core.applications.dialects.values import structured
from optiinfra_core.applications.interaction import Message, Part
from optiinfra_core.applications.otlp.records import Event

Attributes = Mapping[str, object]
Side = Callable[[object, str], list[Said]]
LEVELS = 10  # of a dotted name
DIGITS = 5  # of a message's number


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message with where it stood and what tools answered in it."""

    part: Part
    results: tuple[str, ...] = ()


Reader = Callable[[Attributes, Sequence[Event]], list[Spoken]]


def whole(said: Iterable[Said]) -> list[Spoken]:
    """Messages of a whole conversation, in its order."""
    return [
        Spoken(Part("span", at, Message(each.role, each.text)), each.results)
        for at, each in enumerate(islice(said, MOST))
    ]


def attribute(side: Side, *names: tuple[str, str]) -> Reader:
    """Messages that attributes hold as one value each: (name, role unless the message says)."""

    def read(attributes: Attributes, events: Sequence[Event]) -> list[Spoken]:
        del events
        return whole(
            said
            for name, role in names
            if name in attributes
            for said in side(attributes[name], role)
        )

    return read


def first(*readers: Reader) -> Reader:
    """What the first of ``readers`` finds that finds anything."""

    def read(attributes: Attributes, events: Sequence[Event]) -> list[Spoken]:
        return next((found for each in readers if (found := each(attributes, events))), [])

    return read


def all_of(*readers: Reader) -> Reader:
    """What all of ``readers`` find, one after the other, as one conversation."""

    def read(attributes: Attributes, events: Sequence[Event]) -> list[Spoken]:
        found = [spoken for each in readers for spoken in each(attributes, events)]
        return [replace(each, part=replace(each.part, at=at)) for at, each in enumerate(found)]

    return read


def indexed(side: Side, prefix: str, role: str) -> Reader:
    """Messages that are flattened into ``prefix.<n>.<path>``."""

    def read(attributes: Attributes, events: Sequence[Event]) -> list[Spoken]:
        del events
        return whole(said for each in unflattened(attributes, prefix) for said in side(each, role))

    return read


def of_events(side: Side, roles: Mapping[str, str], pick: Callable[[Attributes], object]) -> Reader:
    """Messages of each event in the table (name -> role), which ``pick`` takes out of it."""

    def read(attributes: Attributes, events: Sequence[Event]) -> list[Spoken]:
        del attributes
        return [
            Spoken(Part("event", event.at, Message(said.role, said.text)), said.results)
            for event in events
            if event.name in roles
            for said in side(pick(event.attributes), roles[event.name])
        ]

    return read


def in_events(named: str, reader: Reader) -> Reader:
    """What ``reader`` finds in the attributes of an event that tells the whole conversation."""

    def read(attributes: Attributes, events: Sequence[Event]) -> list[Spoken]:
        del attributes
        told = (reader(event.attributes, ()) for event in events if event.name == named)
        return next((found for found in told if found), [])

    return read


def listed_events(named: str, reader: Reader) -> Reader:
    """What ``reader`` finds in events that an attribute lists as JSON: the whole conversation."""

    def read(attributes: Attributes, events: Sequence[Event]) -> list[Spoken]:
        del events
        told = structured(attributes.get(named))
        listed = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
        found = reader({}, [Event(str(each.get("event.name")), 0, each) for each in listed])
        return [
            Spoken(Part("span", at, each.part.message), each.results)
            for at, each in enumerate(found)
        ]

    return read


def unflattened(attributes: Attributes, prefix: str) -> list[object]:
    """What ``prefix.0.…``, ``prefix.1.…`` spell, in the order of their numbers."""
    start = prefix + "."
    names = [name for name in attributes if name.startswith(start)]
    tree: dict[str, object] = {}
    for name in names:
        _plant(tree, name[len(start) :].split(".", LEVELS), attributes[name])
    return _listed(tree) or []


def _plant(tree: dict[str, object], path: list[str], value: object) -> None:
    for step in path[:-1]:
        inner = tree.setdefault(step, {})
        if not isinstance(inner, dict):  # a value stands where a path leads: the value was first
            return
        tree = inner
    tree.setdefault(path[-1], value)


def _listed(tree: dict[str, object]) -> list[object] | None:
    """The values of a tree whose every key is a number, in their order; None where one is not."""
    if not tree or not all(key.isascii() and key.isdigit() and len(key) <= DIGITS for key in tree):
        return None
    return [_grown(tree[key]) for key in sorted(tree, key=int)]


def _grown(value: object) -> object:
    if not isinstance(value, dict):
        return value
    listed = _listed(value)
    return {key: _grown(each) for key, each in value.items()} if listed is None else listed
