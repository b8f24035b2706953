"""Is the AWS performance collector as fast as a bare boto3 loop that makes the same calls?

Both read one quarter of an hour of every instance of a simulated account, in turns, in one
process; the loop throws away what it is answered, the collector makes rows of it.
"""

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.request import Request, urlopen

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config

from benchmarks.figures import load, show
from benchmarks.installation import ROOT
from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.metrics import PerformanceRow
from optiinfra_core.windows import QUARTER_HOUR, FixedClock, Window
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.credential import AwsCredential
from optiinfra_pipelines.providers.aws.instances import observable, xen
from optiinfra_pipelines.providers.aws.performance import PerformanceCollector

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SPAN = Window(NOW - 2 * QUARTER_HOUR, NOW - QUARTER_HOUR)
CUSTOMER = "globex"  # entered with keys: no role to assume
QUERIES = 500  # of one GetMetricData request, CloudWatch's limit
TARGET = 1.2

# What a region is listed by: client, paginator, its page size, the lists in its answer.
LISTINGS: tuple[tuple[str, str, int, tuple[str, ...]], ...] = (
    ("ec2", "describe_instances", 1000, ("Reservations", "Instances")),
    ("rds", "describe_db_instances", 100, ("DBInstances",)),
    ("elbv2", "describe_load_balancers", 400, ("LoadBalancers",)),
    ("lambda", "list_functions", 50, ("Functions",)),
)
NETWORK = (("CPUUtilization", "Average"), ("NetworkIn", "Sum"), ("NetworkOut", "Sum"))
# Descriptions of services are read once per process on both sides: here a loop's each run would
# otherwise read them again, half a second of CPU that is not the calls'.
LOADER = botocore.loaders.create_loader()
Item = Mapping[str, Any]
Metrics = tuple[tuple[str, str], ...]


def of_instance(item: Item) -> tuple[str, str, str, Metrics]:
    """Namespace, dimension, its value and the five metrics of an instance."""
    disk = "Disk" if xen(item) else "EBS"
    disks = ((f"{disk}ReadBytes", "Sum"), (f"{disk}WriteBytes", "Sum"))
    metrics = (*NETWORK, *disks) if observable(item, SPAN) else ()
    return "AWS/EC2", "InstanceId", str(item["InstanceId"]), metrics


def of_database(item: Item) -> tuple[str, str, str, Metrics]:
    """The same of a database; Aurora's instances have no storage of their own."""
    metrics: Metrics = (
        ("CPUUtilization", "Average"),
        ("DatabaseConnections", "Average"),
        ("FreeableMemory", "Average"),
    )
    storage = () if item["Engine"].startswith("aurora") else (("FreeStorageSpace", "Average"),)
    name = str(item["DBInstanceIdentifier"])
    return "AWS/RDS", "DBInstanceIdentifier", name, (*metrics, *storage)


def of_balancer(item: Item) -> tuple[str, str, str, Metrics]:
    """The same of an application load balancer."""
    metrics: Metrics = (
        ("RequestCount", "Sum"),
        ("HTTPCode_Target_5XX_Count", "Sum"),
        ("TargetResponseTime", "Average"),
    )
    name = str(item["LoadBalancerArn"]).partition(":loadbalancer/")[2]
    return "AWS/ApplicationELB", "LoadBalancer", name, metrics * (item["Type"] == "application")


def of_function(item: Item) -> tuple[str, str, str, Metrics]:
    """The same of a function."""
    metrics = (
        ("Invocations", "Sum"), ("Errors", "Sum"), ("Duration", "Average"), ("Throttles", "Sum"),
    )  # fmt: skip
    return "AWS/Lambda", "FunctionName", str(item["FunctionName"]), metrics


MEASURED = (of_instance, of_database, of_balancer, of_function)


class BareLoop:
    """The calls of the collector in its order, with its batches and its eight threads."""

    def __init__(self, credential: AwsCredential, threads: int) -> None:
        secret = credential.secret_access_key
        session = botocore.session.Session()
        session.register_component("data_loader", LOADER)
        self._session = boto3.Session(
            botocore_session=session,
            aws_access_key_id=credential.access_key_id,
            aws_secret_access_key=secret.get_secret_value() if secret else "",
        )
        self._config = Config(
            retries={"mode": "standard", "total_max_attempts": 4}, max_pool_connections=threads + 2
        )
        self._endpoint = credential.endpoint_url
        self._home = credential.home_region
        self._threads = threads
        self._clients: dict[tuple[str, str], Any] = {}
        self.floor: dict[str, int] = {}

    def run(self) -> int:
        """Make every call; returns the series that were asked for."""
        self._client("sts", self._home).get_caller_identity()
        found = self._client("ec2", self._home).describe_regions()["Regions"]
        regions = sorted(region["RegionName"] for region in found)
        # boto3 makes clients in one thread only.
        for region in regions:
            for service in (*(listing[0] for listing in LISTINGS), "cloudwatch"):
                self._client(service, region)
        with ThreadPoolExecutor(self._threads) as pool:
            jobs = [(region, kind) for region in regions for kind in range(len(LISTINGS))]
            queries: dict[str, list[dict[str, Any]]] = {region: [] for region in regions}
            for (region, _), listed in zip(
                jobs, pool.map(lambda job: self._listed(*job), jobs), strict=True
            ):
                queries[region] += listed
            batches = [
                (region, queries[region][first : first + QUERIES])
                for region in regions
                for first in range(0, len(queries[region]), QUERIES)
            ]
            list(pool.map(lambda batch: self._read(*batch), batches))
        for client in self._clients.values():
            client.close()
        self.floor |= {
            "sts.GetCallerIdentity": 1,
            "ec2.DescribeRegions": 1,
            "cloudwatch.GetMetricData": sum(
                math.ceil(len(asked) / QUERIES) for asked in queries.values()
            ),
        }
        return sum(len(asked) for asked in queries.values())

    def _listed(self, region: str, kind: int) -> list[dict[str, Any]]:
        service, method, size, path = LISTINGS[kind]
        client = self._client(service, region)
        items: list[Item] = []
        for page in client.get_paginator(method).paginate(PaginationConfig={"PageSize": size}):
            found: list[Any] = page[path[0]]
            items += [one for each in found for one in each[path[1]]] if len(path) > 1 else found
        name = f"{service}.{client.meta.method_to_api_mapping[method]}"
        # The least that an API with pages of this size can be asked for so many items.
        pages = max(1, math.ceil(len(items) / size))
        self.floor[name] = self.floor.get(name, 0) + pages
        return [query for item in items for query in self._queries(*MEASURED[kind](item))]

    @staticmethod
    def _queries(
        namespace: str, dimension: str, value: str, metrics: Metrics
    ) -> Iterator[dict[str, Any]]:
        for name, statistic in metrics:
            yield {
                "MetricStat": {
                    "Metric": {
                        "Namespace": namespace,
                        "MetricName": name,
                        "Dimensions": [{"Name": dimension, "Value": value}],
                    },
                    "Period": 300,
                    "Stat": statistic,
                },
                "ReturnData": True,
            }

    def _read(self, region: str, queries: list[dict[str, Any]]) -> None:
        numbered = [{"Id": f"q{n}", **query} for n, query in enumerate(queries)]
        pages = self._client("cloudwatch", region).get_paginator("get_metric_data")
        for _ in pages.paginate(
            MetricDataQueries=numbered,
            StartTime=SPAN.start,
            EndTime=SPAN.end,
            ScanBy="TimestampAscending",
        ):
            pass

    def _client(self, service: str, region: str) -> Any:
        if (service, region) not in self._clients:
            self._clients[service, region] = self._session.client(
                service, region_name=region, endpoint_url=self._endpoint, config=self._config
            )
        return self._clients[service, region]


def collector(credential: AwsCredential, threads: int) -> int:
    """What a run does: connect, collect every row of the span, close; returns the rows."""
    gate = Gate(
        ledger=CallLog(), clock=FixedClock(NOW), concurrency=threads, private_endpoints=True
    )
    with Aws(credential, gate) as aws:
        rows = 0
        for row in PerformanceCollector().collect(aws, SPAN):
            assert isinstance(row, PerformanceRow), row
            rows += 1
        return rows


@contextmanager
def simulator(instances: int, seed: int) -> Iterator[str]:
    """The address of a simulated AWS in a process of its own, its clock standing at NOW."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "optiinfra_simulator", "serve", "--port", "0",
            "--seed", str(seed), "--instances", str(instances), "--now", NOW.isoformat(),
        ],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process.stdout.readline().rsplit(" ", 1)[-1].strip()
    finally:
        process.terminate()
        process.wait()


def ask(url: str, method: str = "GET") -> Any:
    """A control route of the simulator."""
    with urlopen(Request(url, method=method), timeout=60) as answer:  # noqa: S310 - our own
        return json.load(answer)


def calls_of(url: str) -> dict[str, int]:
    """The requests since the ledger was cleared, by service and operation."""
    told: dict[str, int] = ask(f"{url}/_simulator/calls")["by_operation"]
    return told


def measured(work: Callable[[], int]) -> tuple[float, float, int]:
    """Seconds, CPU seconds of this process, and what ``work`` returned."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    result = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, cpu, result


def compare(instances: int, rounds: int, threads: int, seed: int) -> dict[str, Any]:
    """Both in turns, after one unmeasured turn of each; the order changes every round."""
    with simulator(instances, seed) as url:
        accounts = ask(f"{url}/_simulator/accounts")
        told = next(each for each in accounts if each["customer"] == CUSTOMER)
        credential = AwsCredential.model_validate(told["credential"])
        loop = BareLoop(credential, threads)
        ways: dict[str, Callable[[], int]] = {
            "collector": lambda: collector(credential, threads),
            "bare": lambda: BareLoop(credential, threads).run(),
        }
        calls: dict[str, dict[str, int]] = {}
        counts: dict[str, int] = {}
        for name, work in (("collector", ways["collector"]), ("bare", loop.run)):
            ask(f"{url}/_simulator/calls", "DELETE")
            counts[name] = work()
            calls[name] = calls_of(url)
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        began = load()
        for turn in range(rounds):
            for name in sorted(ways, reverse=bool(turn % 2)):
                seconds, cpu, _ = measured(ways[name])
                taken[name].append((seconds, cpu))
    wall = {name: statistics.median(t[0] for t in each) for name, each in taken.items()}
    effort = {name: statistics.median(t[1] for t in each) for name, each in taken.items()}
    return {
        "instances": instances,
        "rows": counts["collector"],
        "series": counts["bare"],
        "rounds": rounds,
        "load": began,
        "collector_s": round(wall["collector"], 3),
        "bare_s": round(wall["bare"], 3),
        "wall_ratio": round(wall["collector"] / wall["bare"], 2),
        "collector_cpu_s": round(effort["collector"], 3),
        "bare_cpu_s": round(effort["bare"], 3),
        "cpu_ratio": round(effort["collector"] / effort["bare"], 2),
        "calls": sum(calls["collector"].values()),
        "bare_calls": sum(calls["bare"].values()),
        "floor": sum(loop.floor.values()),
        "by_operation": calls["collector"],
        "floor_by_operation": loop.floor,
    }


def main() -> int:
    """Exit code 1 where a target is missed or the calls are not the fewest there can be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=100, help="instances of the account")
    parser.add_argument("--rounds", type=int, default=5, help="measured turns of each")
    parser.add_argument("--threads", type=int, default=8, help="calls under way at once")
    parser.add_argument("--seed", type=int, default=7, help="which world")
    parser.add_argument("--full", action="store_true", help="the claim: 1,000 instances, 15 turns")
    options = parser.parse_args()
    if options.full:
        options.instances, options.rounds = 1000, 15
    result = compare(options.instances, options.rounds, options.threads, options.seed)
    show("collector", [result])
    same = result["by_operation"] == result["floor_by_operation"]
    return 0 if same and max(result["wall_ratio"], result["cpu_ratio"]) <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
