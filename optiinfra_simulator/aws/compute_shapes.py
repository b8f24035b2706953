"""EC2's answers, key by key as real answers have them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from optiinfra_simulator.aws.network import security_group, subnet, tag_list, vpc
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.prices import INSTANCE_TYPES
from optiinfra_simulator.world.things import Address, Instance, Snapshot, Volume

_RUNNING = (16, "running")
_STOPPED = (80, "stopped")
_TERMINATED = (48, "terminated")


def _state(thing: Instance, now: datetime) -> tuple[int, str]:
    if not thing.life.alive(now):
        return _TERMINATED
    return _RUNNING if thing.life.runs(now) else _STOPPED


def reservation(thing: Instance, shape: Mapping[str, Any]) -> Mapping[str, Any]:
    """One instance in its reservation."""
    return {
        "ReservationId": "r-0" + dice.hexadecimal(16, thing.id, "reservation"),
        "OwnerId": thing.account,
        "Groups": [],
        "Instances": [shape],
    }


def instance(
    thing: Instance, disk: Volume | None, public_ip: str | None, now: datetime
) -> Mapping[str, Any]:
    """An instance; one that was terminated has no disk, address or network any more."""
    code, name = _state(thing, now)
    stopped = thing.life.last_stop(now) if name == "stopped" else thing.life.gone
    launched = thing.life.last_start(now)
    shape: dict[str, Any] = {
        "InstanceId": thing.id,
        "ImageId": thing.image,
        "InstanceType": thing.type,
        "State": {"Code": code, "Name": name},
        "StateTransitionReason": _reason(name, stopped),
        "LaunchTime": launched,
        "Placement": {"AvailabilityZone": thing.zone, "GroupName": "", "Tenancy": "default"},
        "Monitoring": {"State": "disabled"},
        "AmiLaunchIndex": 0,
        "Architecture": "x86_64",
        "BlockDeviceMappings": [],
        "ClientToken": "",
        "CpuOptions": {"CoreCount": INSTANCE_TYPES[thing.type].vcpus // 2, "ThreadsPerCore": 2},
        "EbsOptimized": False,
        "EnaSupport": True,
        "Hypervisor": "xen",
        "NetworkInterfaces": [],
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "PrivateDnsName": "",
        "ProductCodes": [],
        "PublicDnsName": "",
        "RootDeviceName": "/dev/xvda",
        "RootDeviceType": "ebs",
        "SecurityGroups": [],
        "Tags": tag_list(thing.tags),
        "VirtualizationType": "hvm",
    }
    if name != "terminated":
        shape |= _attached(thing, disk, public_ip if name == "running" else None)
    return shape


def _reason(name: str, stopped: datetime | None) -> str:
    if name == "running" or stopped is None:
        return ""
    return f"User initiated ({stopped:%Y-%m-%d %H:%M:%S} GMT)"


def _attached(thing: Instance, disk: Volume | None, public_ip: str | None) -> Mapping[str, Any]:
    groups = [{"GroupId": security_group(thing.account, thing.region), "GroupName": "default"}]
    dns = f"ip-{thing.address.replace('.', '-')}.{thing.region}.compute.internal"
    network = {
        "SubnetId": subnet(thing.account, thing.zone),
        "VpcId": vpc(thing.account, thing.region),
    }
    found: dict[str, Any] = {
        "PrivateDnsName": dns,
        "PrivateIpAddress": thing.address,
        "SecurityGroups": groups,
        "SourceDestCheck": True,
        "NetworkInterfaces": [_interface(thing, dns, groups) | network],
        **network,
    }
    if disk is not None:
        found["BlockDeviceMappings"] = [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "AttachTime": thing.life.born,
                    "DeleteOnTermination": True,
                    "Status": "attached",
                    "VolumeId": disk.id,
                },
            }
        ]
    if public_ip is not None:
        found["PublicIpAddress"] = public_ip
        found["PublicDnsName"] = f"ec2-{public_ip.replace('.', '-')}.compute.amazonaws.com"
    return found


def _interface(thing: Instance, dns: str, groups: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    mac = dice.hexadecimal(12, thing.id, "mac")
    return {
        "Attachment": {
            "AttachTime": thing.life.born,
            "AttachmentId": "eni-attach-0" + dice.hexadecimal(16, thing.id, "attachment"),
            "DeleteOnTermination": True,
            "DeviceIndex": 0,
            "Status": "attached",
        },
        "Description": "",
        "Groups": groups,
        "Ipv6Addresses": [],
        "MacAddress": ":".join(mac[index : index + 2] for index in range(0, 12, 2)),
        "NetworkInterfaceId": "eni-0" + dice.hexadecimal(16, thing.id, "interface"),
        "OwnerId": thing.account,
        "PrivateDnsName": dns,
        "PrivateIpAddress": thing.address,
        "PrivateIpAddresses": [
            {"Primary": True, "PrivateDnsName": dns, "PrivateIpAddress": thing.address}
        ],
        "SourceDestCheck": True,
        "Status": "in-use",
    }


def volume(thing: Volume) -> Mapping[str, Any]:
    """A volume; available where it is attached to nothing."""
    attachments = [
        {
            "AttachTime": thing.life.born,
            "DeleteOnTermination": True,
            "Device": "/dev/xvda",
            "InstanceId": thing.instance,
            "State": "attached",
            "VolumeId": thing.id,
        }
    ]
    return {
        "VolumeId": thing.id,
        "Attachments": attachments if thing.instance else [],
        "AvailabilityZone": thing.zone,
        "CreateTime": thing.life.born,
        "Encrypted": False,
        "Iops": 3_000 if thing.type == "gp3" else max(100, 3 * thing.gib),
        "Size": thing.gib,
        "SnapshotId": "",
        "State": "in-use" if thing.instance else "available",
        "Tags": tag_list(thing.tags),
        "VolumeType": thing.type,
        "MultiAttachEnabled": False,
    }


def snapshot(thing: Snapshot) -> Mapping[str, Any]:
    """A snapshot."""
    return {
        "SnapshotId": thing.id,
        "Description": f"weekly backup of {thing.volume}",
        "Encrypted": False,
        "OwnerId": thing.account,
        "Progress": "100%",
        "StartTime": thing.life.born,
        "State": "completed",
        "StorageTier": "standard",
        "Tags": tag_list(thing.tags),
        "VolumeId": thing.volume,
        "VolumeSize": thing.volume_gib,
    }


def address(thing: Address) -> Mapping[str, Any]:
    """A public address; without an association where it idles."""
    found: dict[str, Any] = {
        "AllocationId": thing.id,
        "Domain": "vpc",
        "NetworkBorderGroup": thing.region,
        "PublicIp": thing.ip,
        "PublicIpv4Pool": "amazon",
        "Tags": tag_list(thing.tags),
    }
    if thing.instance:
        found |= {
            "AssociationId": "eipassoc-0" + dice.hexadecimal(16, thing.id, "association"),
            "InstanceId": thing.instance,
            "NetworkInterfaceId": "eni-0" + dice.hexadecimal(16, thing.instance, "interface"),
            "NetworkInterfaceOwnerId": thing.account,
            "PrivateIpAddress": "10.0.0.4",
        }
    return found


def instance_type(name: str) -> Mapping[str, Any]:
    """An instance type's size."""
    shape = INSTANCE_TYPES[name]
    found: dict[str, Any] = {
        "InstanceType": name,
        "CurrentGeneration": True,
        "BareMetal": False,
        "Hypervisor": "nitro",
        "VCpuInfo": {
            "DefaultVCpus": shape.vcpus,
            "DefaultCores": shape.vcpus // 2,
            "DefaultThreadsPerCore": 2,
        },
        "MemoryInfo": {"SizeInMiB": shape.memory_mib},
        "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
    }
    if shape.gpus:
        found["GpuInfo"] = {
            "Gpus": [
                {
                    "Name": "A10G",
                    "Manufacturer": "NVIDIA",
                    "Count": shape.gpus,
                    "MemoryInfo": {"SizeInMiB": 22_888},
                }
            ],
            "TotalGpuMemoryInMiB": 22_888 * shape.gpus,
        }
    return found
