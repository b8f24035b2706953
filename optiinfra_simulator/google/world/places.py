"""The regions and zones that this world uses, and those that only answer that they are empty."""

IOWA, CAROLINA, BELGIUM = "us-central1", "us-east1", "europe-west1"
REGIONS = (IOWA, CAROLINA, BELGIUM)
# Names of zones end in letters, and not every region has an a.
ZONES = {
    IOWA: ("us-central1-a", "us-central1-b", "us-central1-f"),
    CAROLINA: ("us-east1-b", "us-east1-c", "us-east1-d"),
    BELGIUM: ("europe-west1-b", "europe-west1-c", "europe-west1-d"),
}
REGION_TITLES = {IOWA: "Iowa", CAROLINA: "South Carolina", BELGIUM: "Belgium"}
COUNTRIES = {IOWA: "US", CAROLINA: "US", BELGIUM: "BE"}
EMPTY_REGIONS = ("asia-east1", "europe-west4")
EMPTY_ZONES = ("asia-east1-a", "europe-west4-a", "europe-west4-b")
GLOBAL = "global"


def region_of(zone: str) -> str:
    """The region in which a zone lies."""
    return zone.rpartition("-")[0]
