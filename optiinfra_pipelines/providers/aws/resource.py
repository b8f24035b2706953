"""AWS inventory -> ResourceRow: one pure function per kind of resource, and a table of kinds."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from typing_extensions import override

from optiinfra_core.collecting.contract import Collector, Rhythm, Typical
from optiinfra_core.collecting.parts import PartFailures
from optiinfra_core.collecting.payloads import attributes, understood
from optiinfra_core.collecting.spreading import Job
from optiinfra_core.errors import Malformed, PartFailure
from optiinfra_core.metrics import RESOURCE, ResourceRow
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.client.inventory import (
    ADDRESSES,
    CLASSIC_LOAD_BALANCERS,
    DATABASES,
    FUNCTIONS,
    INSTANCES,
    LOAD_BALANCERS,
    SNAPSHOTS,
    VOLUMES,
    Listing,
    Payload,
    Size,
    clusters,
    everything,
    sizes,
)
from optiinfra_pipelines.providers.aws.payloads import (
    UNKNOWN,
    Home,
    database_id,
    function_id,
    instant,
    tags,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Home):
    """Where and when a payload was seen; ``sizes`` by instance type, as far as AWS tells them."""

    ts: datetime
    sizes: Mapping[str, Size] = field(default_factory=dict)


def instance(payload: Payload, place: Place) -> ResourceRow:
    """An EC2 instance; its vCPUs are cores times threads as launched, else those of its type."""
    sku = str(payload.get("InstanceType", ""))
    size = place.sizes.get(sku)
    options = payload.get("CpuOptions") or {}
    cores, threads = options.get("CoreCount"), options.get("ThreadsPerCore")
    described = tags(payload.get("Tags"))
    placement = payload.get("Placement") or {}
    return ResourceRow(
        ts=place.ts,
        region=place.region,
        resource_type="aws.ec2.instance",
        resource_id=str(payload["InstanceId"]),
        resource_name=described.get("Name", ""),
        state=str((payload.get("State") or {}).get("Name", UNKNOWN)).lower(),
        sku=sku,
        vcpus=float(cores * threads) if cores and threads else size.vcpus if size else None,
        memory_gib=size.memory_gib if size else None,
        created_at=instant(payload.get("LaunchTime")),
        tags=described,
        attributes=attributes(
            payload,
            "ImageId", "Architecture", "PlatformDetails", "InstanceLifecycle", "VpcId", "SubnetId",
            "EbsOptimized", "RootDeviceType", "Hypervisor",
            availability_zone=placement.get("AvailabilityZone"),
            tenancy=placement.get("Tenancy"),
            monitoring=(payload.get("Monitoring") or {}).get("State"),
            volumes=sorted(
                str(device["Ebs"]["VolumeId"])
                for device in payload.get("BlockDeviceMappings") or ()
                if device.get("Ebs")
            ),
        ),
    )  # fmt: skip


def volume(payload: Payload, place: Place) -> ResourceRow:
    """An EBS volume."""
    described = tags(payload.get("Tags"))
    return ResourceRow(
        ts=place.ts,
        region=place.region,
        resource_type="aws.ebs.volume",
        resource_id=str(payload["VolumeId"]),
        resource_name=described.get("Name", ""),
        state=str(payload.get("State", UNKNOWN)).lower(),
        sku=str(payload.get("VolumeType", "")),
        storage_gib=float(payload["Size"]) if "Size" in payload else None,
        created_at=instant(payload.get("CreateTime")),
        tags=described,
        attributes=attributes(
            payload,
            "AvailabilityZone", "Encrypted", "Iops", "Throughput", "MultiAttachEnabled",
            "SnapshotId",
            attached_to=sorted(
                str(attachment["InstanceId"])
                for attachment in payload.get("Attachments") or ()
                if attachment.get("InstanceId")
            ),
        ),
    )  # fmt: skip


def snapshot(payload: Payload, place: Place) -> ResourceRow:
    """An EBS snapshot; its size is the volume's, AWS does not tell what it stores of it."""
    described = tags(payload.get("Tags"))
    return ResourceRow(
        ts=place.ts,
        region=place.region,
        resource_type="aws.ebs.snapshot",
        resource_id=str(payload["SnapshotId"]),
        resource_name=described.get("Name", ""),
        state=str(payload.get("State", UNKNOWN)).lower(),
        sku=str(payload.get("StorageTier", "")),
        storage_gib=float(payload["VolumeSize"]) if "VolumeSize" in payload else None,
        created_at=instant(payload.get("StartTime")),
        tags=described,
        attributes=attributes(payload, "VolumeId", "Encrypted", "Description"),
    )


def address(payload: Payload, place: Place) -> ResourceRow:
    """An Elastic IP address; one outside a VPC has no allocation id and goes by its address."""
    described = tags(payload.get("Tags"))
    used = payload.get("AssociationId") or payload.get("InstanceId")
    return ResourceRow(
        ts=place.ts,
        region=place.region,
        resource_type="aws.ec2.address",
        resource_id=str(payload.get("AllocationId") or payload["PublicIp"]),
        resource_name=described.get("Name", ""),
        state="associated" if used else "unassociated",
        sku=str(payload.get("Domain", "")),
        tags=described,
        attributes=attributes(
            payload, "PublicIp", "PrivateIpAddress", "InstanceId", "NetworkInterfaceId",
            "PublicIpv4Pool",
        ),
    )  # fmt: skip


def load_balancer(payload: Payload, place: Place) -> ResourceRow:
    """An application, network or gateway load balancer."""
    return ResourceRow(
        ts=place.ts,
        region=place.region,
        resource_type="aws.elb.load_balancer",
        resource_id=str(payload["LoadBalancerArn"]),
        resource_name=str(payload["LoadBalancerName"]),
        state=str((payload.get("State") or {}).get("Code", UNKNOWN)).lower(),
        sku=str(payload.get("Type", "")),
        created_at=instant(payload.get("CreatedTime")),
        attributes=attributes(payload, "Scheme", "VpcId", "IpAddressType", "DNSName"),
    )


def classic_load_balancer(payload: Payload, place: Place) -> ResourceRow:
    """A load balancer of the first generation; it has no state, and its ARN follows AWS's rule."""
    name = str(payload["LoadBalancerName"])
    return ResourceRow(
        ts=place.ts,
        region=place.region,
        resource_type="aws.elb.load_balancer",
        resource_id=place.arn("elasticloadbalancing", f"loadbalancer/{name}"),
        resource_name=name,
        state=UNKNOWN,
        sku="classic",
        created_at=instant(payload.get("CreatedTime")),
        attributes=attributes(
            payload,
            "Scheme", "DNSName",
            vpc_id=payload.get("VPCId"),
            instances=sorted(str(one["InstanceId"]) for one in payload.get("Instances") or ()),
        ),
    )  # fmt: skip


def database(payload: Payload, place: Place) -> ResourceRow:
    """An RDS instance; Aurora's storage belongs to its cluster, so an instance of it has none."""
    engine = str(payload.get("Engine", ""))
    own_storage = "AllocatedStorage" in payload and not engine.startswith("aurora")
    return ResourceRow(
        ts=place.ts,
        region=place.region,
        resource_type="aws.rds.instance",
        resource_id=database_id(payload, place),
        resource_name=str(payload["DBInstanceIdentifier"]),
        state=str(payload.get("DBInstanceStatus", UNKNOWN)).lower(),
        sku=str(payload.get("DBInstanceClass", "")),
        storage_gib=float(payload["AllocatedStorage"]) if own_storage else None,
        created_at=instant(payload.get("InstanceCreateTime")),
        tags=tags(payload.get("TagList")),
        attributes=attributes(
            payload,
            "Engine", "EngineVersion", "LicenseModel", "MultiAZ", "AvailabilityZone",
            "StorageType", "Iops", "StorageEncrypted", "DBClusterIdentifier",
            "BackupRetentionPeriod", "PubliclyAccessible",
        ),
    )  # fmt: skip


def function(payload: Payload, place: Place) -> ResourceRow:
    """A Lambda function; the listing has neither its state nor when it was created."""
    memory = payload.get("MemorySize")
    ephemeral = (payload.get("EphemeralStorage") or {}).get("Size")
    return ResourceRow(
        ts=place.ts,
        region=place.region,
        resource_type="aws.lambda.function",
        resource_id=function_id(payload, place),
        resource_name=str(payload["FunctionName"]),
        state=str(payload.get("State") or UNKNOWN).lower(),
        sku=str(payload.get("Runtime", "")),
        memory_gib=float(memory) / 1024 if memory else None,
        storage_gib=float(ephemeral) / 1024 if ephemeral else None,
        attributes=attributes(
            payload, "Architectures", "PackageType", "Timeout", "CodeSize", "LastModified",
        ),
    )  # fmt: skip


def cluster(payload: Payload, place: Place) -> ResourceRow:
    """An EKS cluster."""
    return ResourceRow(
        ts=place.ts,
        region=place.region,
        resource_type="aws.eks.cluster",
        resource_id=str(payload.get("arn") or place.arn("eks", f"cluster/{payload['name']}")),
        resource_name=str(payload["name"]),
        state=str(payload.get("status", UNKNOWN)).lower(),
        sku=str(payload.get("version", "")),
        created_at=instant(payload.get("createdAt")),
        tags=dict(payload.get("tags") or {}),
        attributes=attributes(
            payload,
            "platformVersion",
            vpc_id=(payload.get("resourcesVpcConfig") or {}).get("vpcId"),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of resource: how a region's are fetched, and what a payload means."""

    fetch: Callable[[Aws, str], Iterable[Payload]]
    to_row: Callable[[Payload, Place], ResourceRow]
    typed: bool = False


def _listed(listing: Listing) -> Callable[[Aws, str], Iterable[Payload]]:
    return lambda aws, region: everything(aws, listing, region)


KINDS: tuple[Kind, ...] = (
    Kind(fetch=_listed(INSTANCES), to_row=instance, typed=True),
    Kind(fetch=_listed(VOLUMES), to_row=volume),
    Kind(fetch=_listed(SNAPSHOTS), to_row=snapshot),
    Kind(fetch=_listed(ADDRESSES), to_row=address),
    Kind(fetch=_listed(LOAD_BALANCERS), to_row=load_balancer),
    Kind(fetch=_listed(CLASSIC_LOAD_BALANCERS), to_row=classic_load_balancer),
    Kind(fetch=_listed(DATABASES), to_row=database),
    Kind(fetch=_listed(FUNCTIONS), to_row=function),
    Kind(fetch=clusters, to_row=cluster),
)


PRESENT = Rhythm(min_interval=QUARTER_HOUR, lag=timedelta(0), reread=timedelta(0), history=None)


class ResourceCollector(Collector[Aws]):
    """A full snapshot of what every region holds now."""

    metric = RESOURCE
    # A page of each listing in each of three regions; the calls are free.
    typical = Typical(rhythm=PRESENT, calls_per_span=Decimal(3 * len(KINDS)))

    @override
    def source(self, connection: Aws) -> str:
        """The listings of each service."""
        return "describe"

    @override
    def rhythm(self, connection: Aws) -> Rhythm:
        """Free calls, and only the present can be asked for."""
        return PRESENT

    @override
    def collect(
        self, connection: Aws, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[ResourceRow | PartFailure]:
        """Everything that exists; a region in which a listing fails is a failed part."""
        failures = PartFailures()
        jobs = (
            Job(part=region, work=partial(_snapshot, connection, kind, region, span.start))
            for region in connection.regions(parts)
            for kind in KINDS
        )
        for outcome in connection.spread(jobs):
            if outcome.error is not None:
                failures.add(outcome.part, outcome.error)
            for row in outcome.value or ():
                if isinstance(row, Malformed):
                    failures.add(outcome.part, row)
                else:
                    yield row
        yield from failures


def _snapshot(aws: Aws, kind: Kind, region: str, ts: datetime) -> list[ResourceRow | Malformed]:
    payloads = list(kind.fetch(aws, region))
    names = frozenset(
        str(one["InstanceType"]) for one in payloads if kind.typed and "InstanceType" in one
    )
    place = Place(
        ts=ts,
        region=region,
        account_id=aws.account_id,
        partition=aws.identity.partition,
        sizes=sizes(aws, region, names),
    )
    return [understood(partial(kind.to_row, payload, place), payload) for payload in payloads]
