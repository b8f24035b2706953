"""Reads that are no tools, each with its reason; every other read of the API is one."""

from collections.abc import Mapping

LEFT_OUT: Mapping[str, str] = {
    "livez": "An agent that gets an answer knows it.",
    "readyz": "For whoever operates the installation.",
    "metrics": "Figures for Prometheus.",
    "cost_export": "A file of every charge; cost_metrics pages through the same.",
    "cost_collection_status": "The same as collection_status.",
    "cost_collection_history": "The same as collection_history.",
    "list_credentials": "Credentials are the affair of people.",
    "get_credential": "Credentials are the affair of people.",
    "audit_credential": "Credentials are the affair of people.",
    "list_sources": "They hold addresses of customers' databases.",
    "list_keys": "Keys are the affair of people.",
    "calls_to_label": "A draw of calls for people to judge.",
    "list_labels": "What people judged, call by call; judge_cards tells what follows from it.",
}
