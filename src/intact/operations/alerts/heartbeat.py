"""The dead man's switch: a URL that is asked for after each run, and raises the alarm when nobody asks for it."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.parse
import urllib.request
from typing import Final

SECONDS: Final = 10.0

_TRIES: Final = 2
_MOST: Final = 10_000  # bytes of the text; such services keep no more


def fail_url(url: str) -> str:
    """Return the URL that tells of a failure: ``/fail`` at the end of the path, as Healthchecks has it."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/fail").geturl()


def ping(url: str, text: str, *, good: bool, seconds: float = SECONDS) -> str:
    """Tell the switch how a run ended.

    Args:
        url: The switch's URL, http or https.
        text: What it may keep beside that; no secret.
        good: Whether the run was good.
        seconds: How long to wait for the answer.

    Returns:
        What went wrong, a clause; an empty text where nothing did.
    """
    data = text.encode("utf-8", "replace")[:_MOST]
    request = urllib.request.Request(  # noqa: S310 - http and https only, which reading the file has made sure of
        url if good else fail_url(url),
        data=data,
        headers={"User-Agent": "intact", "Content-Type": "text/plain"},
    )
    why = ""
    for _ in range(_TRIES):
        try:
            with urllib.request.urlopen(request, timeout=seconds):  # noqa: S310 - the same
                return ""
        except urllib.error.HTTPError as error:
            error.close()
            why = f"it answered with the status {error.code}"
            if error.code < 500:
                break
        except TimeoutError:
            why = "it did not answer in time"
        except urllib.error.URLError as error:
            slow = isinstance(error.reason, TimeoutError)
            why = "it did not answer in time" if slow else "it cannot be reached"
        except (OSError, ValueError, http.client.HTTPException) as error:
            why = f"it cannot be asked ({type(error).__name__})"
    return why
