"""What an operator is told once: a line in the log, and a POST to the webhook if there is one."""

import httpx
import structlog

from optiinfra_core.settings import settings

log = structlog.get_logger(__name__)

WEBHOOK_SECONDS = 10.0


def tell(event: str, **fields: str) -> None:
    """Log ``event`` and post it with its ``fields`` as JSON.

    Raises:
        httpx.HTTPError: the webhook did not take it; whoever tells will do so again.
    """
    log.warning(event, **fields)
    webhook = settings().alert_webhook_url
    if webhook is None:
        return
    httpx.post(
        webhook.get_secret_value(), json={"event": event, **fields}, timeout=WEBHOOK_SECONDS
    ).raise_for_status()
