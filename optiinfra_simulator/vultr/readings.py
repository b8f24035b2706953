"""What Vultr itself measures: daily bandwidth, a database's present load, an account's traffic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, day_window, floor, month_window
from optiinfra_simulator.vultr import measured, tokens
from optiinfra_simulator.vultr.fleet import Fleet
from optiinfra_simulator.vultr.things import Base, Inference, Machine
from optiinfra_simulator.world.signals import Signal
from optiinfra_simulator.world.things import Thing
from optiinfra_simulator.world.world import World

FIVE_MINUTES = timedelta(minutes=5)


@dataclass
class Readings:
    """Reads the world's series as Vultr's own endpoints tell them; whole days are kept."""

    world: World
    _days: dict[tuple[str, date, str], int] = field(default_factory=dict)

    def bandwidth(self, machine: Machine, days: int, now: datetime) -> dict[str, Any]:
        """Bytes by day for the last ``days``, today's so far; days in which it existed."""
        today = now.date()
        found: dict[str, Any] = {}
        for back in range(days - 1, -1, -1):
            day = today - back * DAY
            if machine.life.overlaps(day_window(day).start, min(day_window(day).end, now)):
                found[day.isoformat()] = {
                    "incoming_bytes": self.counted(machine, measured.NETWORK_IN, day, now),
                    "outgoing_bytes": self.counted(machine, measured.NETWORK_OUT, day, now),
                }
        return found

    def counted(self, machine: Machine, signal: Signal, day: date, now: datetime) -> int:
        """The bytes of a day as far as it is over."""
        whole = day_window(day)
        key = (machine.id, day, signal.name)
        if key in self._days:
            return self._days[key]
        end = min(whole.end, floor(now, FIVE_MINUTES))
        series = self.world.series(machine, signal)
        total = int(sum(value for _, value in series.samples(whole.start, end)))
        if end == whole.end:
            self._days[key] = total
        return total

    def load(self, base: Base, signal: Signal, now: datetime) -> float:
        """A database's load in percent, which moves each quarter of an hour."""
        at = floor(now, QUARTER_HOUR)
        step = int(at.timestamp()) // 300
        value = self.world.series(base, signal).value(step)
        return 0.0 if value is None else round(value, 2)

    def usage(self, base: Base, now: datetime) -> dict[str, Any]:
        """GET /v2/databases/{id}/usage: disk, memory and CPU at this moment."""
        load = {name: self.load(base, one, now) for name, one in measured.DATABASE.items()}
        plan = base.plan
        return {
            "disk": {
                "current_gb": round(plan.disk * load["disk"] / 100, 2),
                "max_gb": plan.disk,
                "percentage": load["disk"],
            },
            "memory": {
                "current_mb": round(plan.ram * load["memory"] / 100, 2),
                "max_mb": plan.ram,
                "percentage": load["memory"],
            },
            "cpu": {"percentage": load["cpu"]},
        }

    def inference(self, thing: Inference, now: datetime) -> dict[str, Any]:
        """GET /v2/inference/{id}/usage: tokens of this month so far and of the one before."""
        month = month_window(now.date())
        before = month_window((month.start - DAY).date())
        so_far = tokens.month_to(month, floor(now, timedelta(hours=1)))
        return {
            "chat": {"current_tokens": 0, "monthly_allotment": 0, "overage": 0},
            "chat_by_model": {
                "current_month": self._models(thing, so_far) if so_far else [],
                "previous_month": self._models(thing, before),
            },
            "audio": {"tts_characters": 0, "tts_sm_characters": 0},
            "image": {"megapixels": 0, "sm_megapixels": 0},
        }

    def _models(self, thing: Inference, span: Window) -> list[dict[str, Any]]:
        counted = tokens.used(self.world.seed, thing, span)
        return [
            {
                "model": model,
                "tokens": written,
                "input_tokens": read,
                "output_price": 0,
                "input_price": 0,
            }
            for model, (read, written) in counted.items()
        ]

    def account(self, fleet: Fleet, now: datetime) -> dict[str, Any]:
        """GET /v2/account/bandwidth; instance hours are counted, traffic is in whole GB."""
        month = month_window(now.date())
        before = month_window((month.start - DAY).date())
        so_far = Window(month.start, max(now, month.start + timedelta(hours=1)))
        spans = {"previous_month": before, "current_month_to_date": so_far}
        told = {name: self._period(fleet, span) for name, span in spans.items()}
        return {**told, "current_month_projected": dict(told["current_month_to_date"])}

    def _period(self, fleet: Fleet, span: Window) -> Mapping[str, Any]:
        machines = [thing for thing in fleet.things(span) if isinstance(thing, Machine)]
        hours = sum(_hours(machine, span) for machine in machines)
        return {
            "timestamp_start": str(int(span.start.timestamp())),
            "timestamp_end": str(int(span.end.timestamp()) - 1),
            "gb_in": hours // 3,
            "gb_out": hours // 4,
            "total_instance_hours": hours,
            "total_instance_count": len(machines),
            "instance_bandwidth_credits": hours,
            "free_bandwidth_credits": 2048,
            "purchased_bandwidth_credits": 0,
            "overage": 0,
            "overage_unit_cost": 0.01,
            "overage_cost": 0,
        }


def _hours(thing: Thing, span: Window) -> int:
    existing = thing.life.existing(span.start, span.end)
    return (existing[1] - existing[0]) // timedelta(hours=1) if existing else 0
