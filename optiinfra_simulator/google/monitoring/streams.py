"""The time series of a project: each metric of each thing, with the labels it carries."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from optiinfra_core.windows import Window
from optiinfra_simulator.google.monitoring.filters import Filter
from optiinfra_simulator.google.state import State
from optiinfra_simulator.google.world.signals import BY_TYPE, Measured
from optiinfra_simulator.google.world.things import Machine, Rule
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.things import Thing

_HUNDRED = 100.0
_STATED = ("agent.googleapis.com/memory/percent_used",)


@dataclass(frozen=True, slots=True)
class Stream:
    """One series; ``turned`` makes its values of the world's."""

    thing: Thing
    measured: Measured
    metric: Mapping[str, str]
    resource: Mapping[str, str]
    turned: Callable[[float], float] | None = None

    @property
    def selectors(self) -> Mapping[str, str]:
        """What filters can ask of it."""
        return {
            "metric.type": self.measured.type,
            "resource.type": self.measured.resource,
            "project": self.thing.account,
            **{f"metric.labels.{name}": value for name, value in self.metric.items()},
            **{f"resource.labels.{name}": value for name, value in self.resource.items()},
        }


def streams(state: State, project: str, wanted: Filter, span: Window) -> list[Stream]:
    """What a filter finds among everything that existed in ``span``, in a lasting order."""
    measured = BY_TYPE.get(wanted.types[0])
    if measured is None:
        return []
    found = (
        stream
        for thing in state.fleets[project].things(span)
        if measured.of(thing)
        for stream in _of(thing, measured)
        if wanted.test(stream.selectors)
    )
    return sorted(found, key=lambda one: (one.thing.life.born, one.thing.id, str(one.metric)))


def _of(thing: Thing, measured: Measured) -> Iterator[Stream]:
    resource = _resource(thing)
    metric = _labels(thing, measured)
    if measured.type in _STATED:
        yield Stream(thing, measured, {"state": "used"}, resource)
        yield Stream(
            thing, measured, {"state": "free"}, resource, lambda used: round(_HUNDRED - used, 4)
        )
        return
    yield Stream(thing, measured, metric, resource)


def _resource(thing: Thing) -> Mapping[str, str]:
    if isinstance(thing, Machine):
        return {"project_id": thing.account, "instance_id": thing.id, "zone": thing.zone}
    if isinstance(thing, Rule):
        return {
            "project_id": thing.account,
            "region": thing.region,
            "forwarding_rule_name": thing.name,
            "url_map_name": thing.name,
            "target_proxy_name": thing.name,
        }
    return {"project_id": thing.account, "database_id": thing.dimension, "region": thing.region}


def _labels(thing: Thing, measured: Measured) -> Mapping[str, str]:
    path = measured.type.partition("/")[2]
    if measured.gpu:
        uuid = dice.hexadecimal(32, thing.id, "gpu")
        model = getattr(thing, "gpu", "")
        memory = {"memory_state": "used"} if path.startswith("gpu/memory") else {}
        return {"model": model, "gpu_number": "0", "uuid": uuid, **memory}
    if isinstance(thing, Rule):
        return {"response_code": "200", "response_code_class": "200", "protocol": "HTTP/2.0"}
    if not isinstance(thing, Machine):
        return {"database": "postgres"} if "postgresql" in path else {}
    if path.startswith("instance/network"):
        return {"instance_name": thing.name, "loadbalanced": "false"}
    if path.startswith("instance/disk"):
        return {
            "instance_name": thing.name,
            "device_name": thing.name,
            "device_type": "permanent",
            "storage_type": "pd-balanced",
        }
    return {"instance_name": thing.name}
