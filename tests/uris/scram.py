"""A server that speaks SCRAM (RFC 5802, RFC 7677) as MongoDB does, and turns away who has not logged in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.servers.scripted import Command, ScriptedServer, Step

HASHES = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}
ITERATIONS = 4096
FREE = frozenset({"hello", "saslStart", "saslContinue", "ping", "endSessions"})
NOT_ACCEPTED = {"ok": 0.0, "code": 18, "codeName": "AuthenticationFailed"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One login by SCRAM, as the server sees it.

    Attributes:
        algorithm: ``sha1`` or ``sha256``.
        password: The secret, prepared.
        salt: The user's salt.
        client_first: The client's first message without its header: ``n=user,r=nonce``.
        nonce: The client's nonce with the server's behind it.
    """

    algorithm: str
    password: bytes
    salt: bytes
    client_first: str
    nonce: str

    @property
    def server_first(self) -> str:
        """The challenge."""
        return f"r={self.nonce},s={base64.b64encode(self.salt).decode()},i={ITERATIONS}"

    @property
    def _message(self) -> bytes:
        return f"{self.client_first},{self.server_first},c=biws,r={self.nonce}".encode()

    def _sign(self, key: bytes, data: bytes) -> bytes:
        return hmac.new(key, data, self.algorithm).digest()

    @property
    def _salted(self) -> bytes:
        return hashlib.pbkdf2_hmac(self.algorithm, self.password, self.salt, ITERATIONS)

    @property
    def proof(self) -> str:
        """What a client has to answer that knows the password."""
        key = self._sign(self._salted, b"Client Key")
        signature = self._sign(hashlib.new(self.algorithm, key).digest(), self._message)
        return base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True))).decode()

    @property
    def server_final(self) -> str:
        """What proves to the client that the server knows it too."""
        key = self._sign(self._salted, b"Server Key")
        return f"v={base64.b64encode(self._sign(key, self._message)).decode()}"


class ScramServer(ScriptedServer):
    """A scripted server with users.

    Args:
        collections: As for the scripted server.
        users: Passwords by user.
        mechanisms: What the server offers, and takes.
    """

    def __init__(
        self, collections: Any, users: Mapping[str, str], mechanisms: tuple[str, ...] = tuple(HASHES)
    ) -> None:
        super().__init__(collections)
        self._users = users
        self._mechanisms = mechanisms
        self._exchanges: dict[int, Exchange] = {}
        self.logged_in: dict[int, str] = {}

    def _document(self, command: Command, step: Step | None) -> dict[str, Any]:
        if command.name not in FREE and command.connection not in self.logged_in:
            message = f"Command {command.name} requires authentication"
            return {"ok": 0.0, "errmsg": message, "code": 13, "codeName": "Unauthorized"}
        return super()._document(command, step)

    def _on_hello(self, command: Command) -> dict[str, Any]:
        asked = command.body.get("saslSupportedMechs")
        offered = {"saslSupportedMechs": list(self._mechanisms)} if asked else {}
        return {**self.hello, **offered}

    def _on_saslStart(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        mechanism = command.body["mechanism"]
        if mechanism not in self._mechanisms:
            message = f"Received authentication for mechanism {mechanism} which is not enabled"
            return {"ok": 0.0, "errmsg": message, "code": 334, "codeName": "MechanismUnavailable"}
        first = command.body["payload"].decode().removeprefix("n,,")
        user, nonce = (part.partition("=")[2] for part in first.split(","))
        user = user.replace("=2C", ",").replace("=3D", "=")
        if user not in self._users:
            return {**NOT_ACCEPTED, "errmsg": "Authentication failed."}
        algorithm = HASHES[mechanism]
        password = self._users[user]
        if algorithm == "sha1":  # MongoDB's own: the password of SCRAM-SHA-1 is a digest
            password = hashlib.md5(f"{user}:mongo:{password}".encode()).hexdigest()  # noqa: S324
        salt = secrets.token_bytes(hashlib.new(algorithm).digest_size - 4)
        exchange = Exchange(algorithm, password.encode(), salt, first, nonce + secrets.token_urlsafe(18))
        self._exchanges[command.connection] = exchange
        return {"conversationId": 1, "done": False, "payload": exchange.server_first.encode()}

    def _on_saslContinue(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        exchange = self._exchanges[command.connection]
        given = command.body["payload"].decode()
        if not given:
            return {"conversationId": 1, "done": True, "payload": b""}
        if given != f"c=biws,r={exchange.nonce},p={exchange.proof}":
            return {**NOT_ACCEPTED, "errmsg": "Authentication failed."}
        self.logged_in[command.connection] = exchange.client_first
        return {"conversationId": 1, "done": True, "payload": exchange.server_final.encode()}
