"""AWS RDS: DescribeDBInstances and ListTagsForResource."""

from collections.abc import Mapping
from typing import Any

from optiinfra_simulator.aws.calls import Call, Handler, page, within
from optiinfra_simulator.aws.dialects import AwsError
from optiinfra_simulator.aws.network import security_group, subnet, tag_list, vpc
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.things import Database


def describe_db_instances(call: Call) -> Mapping[str, Any]:
    """Databases, 20 to 100 in a page."""
    databases = call.things(Database)
    wanted = call.parameters.get("DBInstanceIdentifier")
    if wanted:
        databases = [one for one in databases if wanted in (one.name, one.id)]
        if not databases:
            raise AwsError("DBInstanceNotFound", f"DBInstance {wanted} not found.", 404)
    size = call.number("MaxRecords", 100)
    refusal = AwsError(
        "InvalidParameterValue",
        f"Invalid value {size} for MaxRecords. Must be between 20 and 100",
    )
    shown, marker = page(databases, call.parameters.get("Marker"), within(size, 20, 100, refusal))
    answer: dict[str, Any] = {"DBInstances": [_shape(one) for one in shown]}
    return answer | ({"Marker": marker} if marker else {})


def list_tags_for_resource(call: Call) -> Mapping[str, Any]:
    """The tags of a database."""
    arn = call.parameters.get("ResourceName")
    for one in call.things(Database):
        if one.id == arn:
            return {"TagList": tag_list(one.tags)}
    raise AwsError("DBInstanceNotFound", f"DBInstance {arn} not found.", 404)


def _shape(thing: Database) -> Mapping[str, Any]:
    port = 5432 if thing.engine == "postgres" else 3306
    host = dice.hexadecimal(12, thing.account, thing.region, "rds")
    return {
        "DBInstanceIdentifier": thing.name,
        "DBInstanceArn": thing.id,
        "DBInstanceClass": thing.type,
        "DBInstanceStatus": "available",
        "Engine": thing.engine,
        "EngineVersion": thing.version,
        "DBName": "app",
        "MasterUsername": "app",
        "AllocatedStorage": thing.gib,
        "StorageType": "gp3",
        "StorageEncrypted": True,
        "InstanceCreateTime": thing.life.born,
        "AvailabilityZone": thing.zone,
        "MultiAZ": False,
        "Endpoint": {
            "Address": f"{thing.name}.{host}.{thing.region}.rds.amazonaws.com",
            "Port": port,
            "HostedZoneId": "Z2R2ITUGPM61AM",
        },
        "DbInstancePort": 0,
        "DbiResourceId": "db-" + dice.hexadecimal(26, thing.id).upper(),
        "AutoMinorVersionUpgrade": True,
        "BackupRetentionPeriod": 7,
        "PreferredBackupWindow": "03:00-03:30",
        "PreferredMaintenanceWindow": "sun:04:00-sun:04:30",
        "CACertificateIdentifier": "rds-ca-rsa2048-g1",
        "CopyTagsToSnapshot": True,
        "DeletionProtection": False,
        "DomainMemberships": [],
        "IAMDatabaseAuthenticationEnabled": False,
        "LicenseModel": "postgresql-license" if thing.engine == "postgres" else "general-public",
        "MonitoringInterval": 0,
        "PerformanceInsightsEnabled": False,
        "PubliclyAccessible": False,
        "ReadReplicaDBInstanceIdentifiers": [],
        "TagList": tag_list(thing.tags),
        **_surroundings(thing),
    }


def _surroundings(thing: Database) -> Mapping[str, Any]:
    family = "postgres16" if thing.engine == "postgres" else "mysql8.0"
    return {
        "DBParameterGroups": [
            {"DBParameterGroupName": f"default.{family}", "ParameterApplyStatus": "in-sync"}
        ],
        "DBSecurityGroups": [],
        "DBSubnetGroup": {
            "DBSubnetGroupName": "default",
            "DBSubnetGroupDescription": "default",
            "SubnetGroupStatus": "Complete",
            "VpcId": vpc(thing.account, thing.region),
            "Subnets": [
                {
                    "SubnetIdentifier": subnet(thing.account, thing.zone),
                    "SubnetAvailabilityZone": {"Name": thing.zone},
                    "SubnetStatus": "Active",
                }
            ],
        },
        "OptionGroupMemberships": [
            {"OptionGroupName": f"default:{family.replace('.', '-')}", "Status": "in-sync"}
        ],
        "VpcSecurityGroups": [
            {
                "VpcSecurityGroupId": security_group(thing.account, thing.region),
                "Status": "active",
            }
        ],
    }


HANDLERS: Mapping[str, Handler] = {
    "DescribeDBInstances": describe_db_instances,
    "ListTagsForResource": list_tags_for_resource,
}
