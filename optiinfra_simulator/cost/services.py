"""The services that charge: as Cost Explorer names them and as FOCUS exports name them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """A service; ``title`` is Cost Explorer's name, the rest are FOCUS columns."""

    title: str
    focus_name: str
    category: str
    subcategory: str
    code: str


COMPUTE = Service(
    "Amazon Elastic Compute Cloud - Compute",
    "Amazon Elastic Compute Cloud",
    "Compute",
    "Virtual Machines",
    "AmazonEC2",
)
STORAGE = Service(
    "EC2 - Other", "Amazon Elastic Compute Cloud", "Storage", "Block Storage", "AmazonEC2"
)
TRANSFER = Service(
    "EC2 - Other", "AWS Data Transfer", "Networking", "Network Connectivity", "AWSDataTransfer"
)
NETWORK = Service(
    "Amazon Virtual Private Cloud",
    "Amazon Virtual Private Cloud",
    "Networking",
    "Network Infrastructure",
    "AmazonVPC",
)
DATABASE = Service(
    "Amazon Relational Database Service",
    "Amazon Relational Database Service",
    "Databases",
    "Relational Databases",
    "AmazonRDS",
)
BALANCING = Service(
    "Amazon Elastic Load Balancing",
    "Elastic Load Balancing",
    "Networking",
    "Application Networking",
    "AWSELB",
)
FUNCTIONS = Service("AWS Lambda", "AWS Lambda", "Compute", "Serverless Compute", "AWSLambda")
KUBERNETES = Service(
    "Amazon Elastic Container Service for Kubernetes",
    "Amazon Elastic Kubernetes Service",
    "Compute",
    "Containers",
    "AmazonEKS",
)
TAX = Service("Tax", "Tax", "Other", "Other (Other)", "Tax")
SUPPORT = Service(
    "AWS Support (Developer)", "AWS Support (Developer)", "Other", "Other (Other)", "AWSSupport"
)
MARKETPLACE = Service(
    "Contoso Log Search", "Contoso Log Search", "Analytics", "Search", "7g370q8w1b5hm2kd0xz4n6rtv"
)
# Who makes what is not AWS's own.
PUBLISHERS = {MARKETPLACE: "Contoso Software"}
