"""How to see that a process is ready: a port that accepts, a page that answers 200."""

import http.client
import socket

from optiinfra_cli.supervisor.service import Probe

# A probe must not hold up the supervisor: it is asked again soon.
PATIENCE_SECONDS = 1.0


def accepts(port: int) -> Probe:
    """Ready when the loopback port takes connections."""

    def probe() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS):
                return True
        except OSError:
            return False

    return probe


def answers(port: int, path: str) -> Probe:
    """Ready when the page answers 200."""

    def probe() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe
