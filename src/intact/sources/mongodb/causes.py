"""What the driver's text of a failed connection says, as a sentence for users and what to do about it.

``{servers}`` stands in them for the hosts of the URI.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class ErrorCause(NamedTuple):
    """Why there is no connection.

    Attributes:
        pattern: What stands in the driver's text, in any letter case.
        message: A sentence without full stop.
        hint: What to do, a sentence.
        tls_hint: The same where the URI asks for TLS; empty where it makes no difference.
    """

    pattern: str
    message: str
    hint: str
    tls_hint: str = ""


NO_MONGODB: Final = ErrorCause(
    "protocolerror|message length|got response id|got opcode|unknown opcode|invalid ?bson|bsonerror",
    "what answers at {servers} does not speak MongoDB's protocol",
    "Check the port: another program may own it.",
)

UNKNOWN: Final = ErrorCause(
    "",
    "no MongoDB answers at {servers}",
    "Is the address right, and does a firewall let this machine through?",
    "Is the address right, does a firewall let this machine through, and does the server speak TLS on this port?",
)

_OUR_CERTIFICATE: Final = (
    "tlsCertificateKeyFile=… in the URI names the file with the client's certificate and its key."
)

# The first that is found is the cause.
_CAUSES: Final = (
    ErrorCause(
        "certificate has expired",
        "the certificate of {servers} has expired",
        "Renew it on the server.",
    ),
    ErrorCause(
        "certificate is not yet valid",
        "the certificate of {servers} is not valid yet",
        "Is this machine's clock right?",
    ),
    ErrorCause(
        "doesn't match|(?:hostname|ip address) mismatch",
        "the certificate of {servers} was made out for another name",
        "Write the host into the URI as the certificate names it.",
    ),
    ErrorCause(
        "alert certificate required|alert handshake failure",
        "the server at {servers} wants a certificate of the client",
        _OUR_CERTIFICATE,
    ),
    ErrorCause(
        r"alert (?:bad certificate|certificate (?:unknown|expired|revoked)|unknown ca|unsupported certificate)",
        "the server at {servers} does not accept the client's certificate",
        f"It may have expired, or come from an authority that the server does not know. {_OUR_CERTIFICATE}",
    ),
    ErrorCause(
        "certificate_verify_failed|certificate verify failed",
        "the certificate of {servers} cannot be verified",
        "Name the authority that signed it with tlsCAFile=… in the URI.",
    ),
    ErrorCause(
        "wrong.version.number|record.layer.failure|unknown.protocol|packet.length.too.long",
        "what answers at {servers} does not speak TLS",
        "Leave tls=true out, or check the port.",
    ),
    ErrorCause(
        r"ssl handshake|ssl:|sslerror|\[ssl",
        "no TLS connection to {servers} can be made",
        "Does the server speak TLS on this port? The tls… options in the URI say how.",
    ),
    ErrorCause(
        "does not exist: _|does not contain an answer",
        "DNS knows no MongoDB by the name {servers}",
        "Check its spelling; for a single server write mongodb:// in place of mongodb+srv://.",
    ),
    ErrorCause(
        "invalid srv host",
        "DNS names servers for {servers} that lie in another domain",
        "Ask who runs its DNS: the driver does not follow such records.",
    ),
    ErrorCause(
        "txt record|supported from dns|ip address is not a valid hostname|invalid uri host",
        "{servers} cannot be looked up as mongodb+srv:// wants it",
        "Its SRV and TXT records in DNS are not those of a MongoDB; for a single server write mongodb://.",
    ),
    ErrorCause(
        r"resolution life|dns operation timed out|no nameservers",
        "DNS does not answer when it is asked for {servers}",
        "Check this machine's network and its name servers.",
    ),
    ErrorCause(
        r"\[errno (?:-2|-3|-5|8|11001)\]|getaddrinfo|name resolution|dns query|dns op|label (?:empty|too long)",
        "the host name in {servers} cannot be found",
        "Check its spelling, and that this machine's DNS knows it.",
    ),
    ErrorCause(
        "replica set name",
        "{servers} does not belong to the replica set that the URI names",
        "Check replicaSet=… in the URI.",
    ),
    NO_MONGODB,
    ErrorCause(
        r"\[errno (?:111|61|10061)\]|connection refused",
        "no MongoDB answers at {servers}",
        "Nothing listens there: is the server running, and is the port right?",
    ),
    ErrorCause(
        r"\[errno 2\]",
        "there is no socket {servers}",
        "Is the server running on this machine, and is the path right?",
    ),
    ErrorCause(
        "connection (?:is already |is )?closed|connection reset|broken pipe",
        "what answers at {servers} closes the connection, as MongoDB would not",
        "Another program may own the port; or the MongoDB there wants TLS (tls=true in the URI).",
        f"The server may not accept the client's certificate, or want one. {_OUR_CERTIFICATE}",
    ),
    ErrorCause(
        "full error",
        "the MongoDB at {servers} refuses the driver's greeting",
        "Is it a MongoDB, of version 4.4 or newer?",
    ),
    ErrorCause(
        "no replica set members (?!.*(?:rsother|rsghost|unknown)).*rsarbiter",
        "nothing but an arbiter answers at {servers}, which holds no data",
        "Name a member that holds data.",
    ),
    ErrorCause(
        "no replica set members .*(?:rsother|rsghost)",
        "what answers at {servers} is starting up or recovering, and cannot be read",
        "Wait until it is a secondary again, or name another member.",
    ),
    ErrorCause(
        "no (?:replica set members|primary|servers?|mongos) (?:match|available)",
        "no member of the deployment at {servers} can be read now",
        "Wait until it has a primary or a secondary again.",
    ),
)


def find_cause(text: str, *, tls: bool) -> ErrorCause:
    """Find the cause in the driver's text, with the hint that fits.

    Args:
        text: The driver's error, with the name of its class.
        tls: Whether the URI asks for TLS.

    Returns:
        The cause; :data:`UNKNOWN`, with a hint that fits too, where nothing is recognised.
    """
    found = next(
        (each for each in _CAUSES if re.search(each.pattern, text, re.IGNORECASE | re.DOTALL)), UNKNOWN
    )
    return found._replace(hint=found.tls_hint) if tls and found.tls_hint else found
