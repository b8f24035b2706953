"""FOCUS service categories of the services that most bills consist of."""

from collections.abc import Mapping
from types import MappingProxyType

# Names as service.description has them (cloudbilling services.list); categories of FOCUS 1.3.
CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "App Engine": "Compute",
        "BigQuery": "Analytics",
        "BigQuery Storage API": "Analytics",
        "Cloud Bigtable": "Databases",
        "Cloud Build": "Developer Tools",
        "Cloud DNS": "Networking",
        "Cloud Dataflow": "Analytics",
        "Cloud Filestore": "Storage",
        "Cloud Functions": "Compute",
        "Cloud Key Management Service (KMS)": "Security",
        "Cloud Logging": "Management and Governance",
        "Cloud Memorystore for Redis": "Databases",
        "Cloud Monitoring": "Management and Governance",
        "Cloud Pub/Sub": "Integration",
        "Cloud Run": "Compute",
        "Cloud Run Functions": "Compute",
        "Cloud SQL": "Databases",
        "Cloud Spanner": "Databases",
        "Cloud Storage": "Storage",
        "Compute Engine": "Compute",
        "Kubernetes Engine": "Compute",
        "Networking": "Networking",
        "Secret Manager": "Security",
        "Support": "Management and Governance",
        "Vertex AI": "AI and Machine Learning",
    }
)


def category_of(service: str) -> str:
    """The service's category; ``Other`` where we do not know it."""
    return CATEGORIES.get(service, "Other")
