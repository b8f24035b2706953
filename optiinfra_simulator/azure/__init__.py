"""The simulated Azure: Entra ID, Resource Manager, Monitor, Cost Management and Blob storage."""
