"""Builds one resource at a time: identifiers, sizes and tags from the dice."""

from dataclasses import dataclass
from datetime import timedelta

from optiinfra_simulator.world import dice
from optiinfra_simulator.world.lifetimes import EPOCH, Life, OfficeHours
from optiinfra_simulator.world.prices import DATABASE_CLASSES, REGIONS
from optiinfra_simulator.world.things import (
    Address,
    Balancer,
    Cluster,
    Database,
    Function,
    Instance,
    Snapshot,
    Volume,
)

TEAMS = ("platform", "search", "payments", "research")
ENVIRONMENTS = ("production", "staging", "development")

# Ten instances show every region, every type and three sizes of disk.
_REGION_ORDER = (0, 0, 1, 0, 2, 0, 1, 0, 2, 0)
_TYPE_ORDER = (
    "m5.large", "t3.medium", "c5.xlarge", "g5.xlarge", "m5.xlarge",
    "r5.large", "t3.micro", "c5.large", "m5.large", "r5.xlarge",
)  # fmt: skip
_IMAGES = ("ami-0c7217cdde317cfec", "ami-0fc5d935ebf8bc3bc", "ami-0905a3c97561e0b69")
_HOSTS = 250


@dataclass(frozen=True, slots=True)
class Rigging:
    """Makes the resources of one account; ``seed`` and ``account`` name every draw."""

    seed: int
    account: str

    def region(self, index: int) -> str:
        """The region in which the resource with this number lives."""
        return REGIONS[_REGION_ORDER[index % len(_REGION_ORDER)]]

    def birth(self, *names: object) -> Life:
        """A life that began in the first half year of the world and goes on."""
        minutes = dice.whole(0, 180 * 24 * 60, self.seed, self.account, "birth", *names)
        return Life(EPOCH + timedelta(minutes=minutes))

    def office_life(self, index: int) -> Life:
        """A life that goes on and runs in office hours."""
        opens = dice.whole(6, 9, self.seed, self.account, "opens", index)
        return Life(self.birth("instance", index).born, None, OfficeHours(opens, opens + 11))

    def instance(self, index: int, life: Life, incarnation: int = 0) -> Instance:
        """A virtual machine."""
        names = (self.seed, self.account, "instance", index, incarnation)
        region = self.region(index)
        type_ = _TYPE_ORDER[index % len(_TYPE_ORDER)]
        identifier = "i-0" + dice.hexadecimal(16, *names)
        team = dice.choice(TEAMS, self.seed, self.account, "team", index)
        name = f"{team}-{index:04d}" + (f"-{incarnation}" if incarnation else "")
        return Instance(
            account=self.account,
            region=region,
            id=identifier,
            dimension=identifier,
            billing_id=identifier,
            name=name,
            life=life,
            tags={
                "Name": name,
                "team": team,
                "environment": ENVIRONMENTS[1 + index % 2 if life.hours else 0],
            },
            type=type_,
            zone=region + "abc"[dice.whole(0, 2, *names, "zone")],
            image=dice.choice(_IMAGES, region),
            address=f"10.{dice.whole(0, 255, *names)}.{index // _HOSTS % 256}.{4 + index % _HOSTS}",
        )

    def volume(self, instance: Instance, size: int) -> Volume:
        """The disk from which an instance boots; it lives as long as the instance."""
        identifier = "vol-0" + dice.hexadecimal(16, self.seed, "volume", instance.id)
        return Volume(
            account=self.account,
            region=instance.region,
            id=identifier,
            dimension=identifier,
            billing_id=identifier,
            name=f"{instance.name}-root",
            life=Life(instance.life.born, instance.life.gone),
            tags={"Name": f"{instance.name}-root", "team": instance.tags["team"]},
            zone=instance.zone,
            type="gp3",
            gib=size,
            instance=instance.id,
        )

    def spare_volume(self, index: int) -> Volume:
        """A disk that someone forgot: attached to nothing."""
        region = self.region(index * 3 + 2)
        life = self.birth("spare", index)
        identifier = "vol-0" + dice.hexadecimal(16, self.seed, self.account, "spare", index)
        return Volume(
            account=self.account,
            region=region,
            id=identifier,
            dimension=identifier,
            billing_id=identifier,
            name=f"restore-{index:03d}",
            life=life,
            tags={"Name": f"restore-{index:03d}"},
            zone=region + "a",
            type="gp2",
            gib=dice.whole(1, 10, self.seed, self.account, "spare-size", index) * 50,
        )

    def snapshot(self, volume: Volume, incarnation: int, life: Life) -> Snapshot:
        """A copy of a disk."""
        names = (self.seed, volume.id, "snapshot", incarnation)
        identifier = "snap-0" + dice.hexadecimal(16, *names)
        return Snapshot(
            account=self.account,
            region=volume.region,
            id=identifier,
            dimension=identifier,
            billing_id=f"arn:aws:ec2:{volume.region}:{self.account}:snapshot/{identifier}",
            name=f"{volume.name}-backup",
            life=life,
            tags={"Name": f"{volume.name}-backup"},
            volume=volume.id,
            volume_gib=volume.gib,
            stored_gib=max(1, volume.gib * dice.whole(2, 20, *names, "share") // 100),
        )

    def address(self, index: int, instance: Instance | None) -> Address:
        """A public address, on an instance or idle."""
        names = (self.seed, self.account, "address", index)
        region = instance.region if instance else self.region(index)
        identifier = "eipalloc-0" + dice.hexadecimal(16, *names)
        return Address(
            account=self.account,
            region=region,
            id=identifier,
            dimension=identifier,
            billing_id=f"arn:aws:ec2:{region}:{self.account}:elastic-ip/{identifier}",
            name=f"public-{index:03d}",
            life=instance.life if instance else self.birth("address", index),
            tags={"Name": f"public-{index:03d}"},
            ip=f"203.0.{113 + index // _HOSTS}.{1 + index % _HOSTS}",
            instance=instance.id if instance else "",
        )

    def database(self, index: int) -> Database:
        """A managed database."""
        region = self.region(index)
        engine, version = (("postgres", "16.4"), ("mysql", "8.0.39"))[index % 2]
        name = f"{TEAMS[index % len(TEAMS)]}-{engine}-{index:03d}"
        arn = f"arn:aws:rds:{region}:{self.account}:db:{name}"
        return Database(
            account=self.account,
            region=region,
            id=arn,
            dimension=name,
            billing_id=arn,
            name=name,
            life=self.birth("database", index),
            tags={"team": TEAMS[index % len(TEAMS)], "environment": "production"},
            type=tuple(DATABASE_CLASSES)[index % len(DATABASE_CLASSES)],
            zone=region + "b",
            engine=engine,
            version=version,
            gib=dice.whole(1, 8, self.seed, self.account, "database", index) * 100,
        )

    def balancer(self, index: int) -> Balancer:
        """An application load balancer."""
        region = self.region(index)
        name = f"{TEAMS[index % len(TEAMS)]}-edge-{index:03d}"
        tail = f"app/{name}/{dice.hexadecimal(16, self.seed, self.account, 'balancer', index)}"
        arn = f"arn:aws:elasticloadbalancing:{region}:{self.account}:loadbalancer/{tail}"
        return Balancer(
            account=self.account,
            region=region,
            id=arn,
            dimension=tail,
            billing_id=arn,
            name=name,
            life=self.birth("balancer", index),
            tags={"team": TEAMS[index % len(TEAMS)]},
            internal=index % 3 > 1,
        )

    def function(self, index: int) -> Function:
        """A function."""
        region = self.region(index)
        name = f"{TEAMS[index % len(TEAMS)]}-worker-{index:03d}"
        arn = f"arn:aws:lambda:{region}:{self.account}:function:{name}"
        return Function(
            account=self.account,
            region=region,
            id=arn,
            dimension=name,
            billing_id=arn,
            name=name,
            life=self.birth("function", index),
            tags={"team": TEAMS[index % len(TEAMS)]},
            runtime=("python3.13", "nodejs22.x")[index % 2],
            memory_mib=(128, 512, 1024)[index % 3],
        )

    def cluster(self, index: int) -> Cluster:
        """A Kubernetes control plane."""
        region = self.region(index)
        name = f"{TEAMS[index % len(TEAMS)]}-cluster-{index:02d}"
        arn = f"arn:aws:eks:{region}:{self.account}:cluster/{name}"
        return Cluster(
            account=self.account,
            region=region,
            id=arn,
            dimension=name,
            billing_id=arn,
            name=name,
            life=self.birth("cluster", index),
            tags={"team": TEAMS[index % len(TEAMS)]},
            version="1.33",
        )
