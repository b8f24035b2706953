"""The billing export tables, and BigQuery in front of them."""
