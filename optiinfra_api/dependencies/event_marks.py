"""The id that a follower resumes from: a position that tells nothing about other customers.

Positions count the events of all customers. As plain numbers their gaps would tell a customer how
much happens at others; hence one AES block under a key of ours, which is also proof of itself.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from optiinfra_core.errors import InvalidRequest

BLOCK = 16
NUMBER = 8
REMEDY = "Send the id of the last event you received as Last-Event-ID, unchanged, or none."


class Marks:
    """Writes and reads positions; ``secret`` is known to every replica of the API."""

    def __init__(self, secret: bytes) -> None:
        key = hmac.digest(secret, b"optiinfra event mark v1", hashlib.sha256)
        # One block of a unique number: what makes ECB unfit for messages does not arise.
        self._cipher = Cipher(AES256(key), ECB())  # noqa: S305

    def write(self, position: int) -> str:
        """The id for ``position``; 32 hexadecimal digits."""
        plain = bytes(BLOCK - NUMBER) + position.to_bytes(NUMBER)
        encryptor = self._cipher.encryptor()
        return (encryptor.update(plain) + encryptor.finalize()).hex()

    def read(self, mark: str) -> int:
        """The position that ``mark`` stands for.

        Raises:
            InvalidRequest: it is none of ours.
        """
        try:
            sealed = bytes.fromhex(mark)
        except ValueError:
            sealed = b""
        if len(sealed) != BLOCK:
            raise InvalidRequest("Last-Event-ID is not one of ours", remedy=REMEDY)
        decryptor = self._cipher.decryptor()
        plain = decryptor.update(sealed) + decryptor.finalize()
        if any(plain[: BLOCK - NUMBER]):
            raise InvalidRequest("Last-Event-ID is not one of ours", remedy=REMEDY)
        return int.from_bytes(plain[BLOCK - NUMBER :])
