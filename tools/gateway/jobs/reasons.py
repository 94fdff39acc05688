"""Why did a server not take what was sent, in words that a technician can act upon? And whom is TLS to believe?

Libraries say it as exceptions and log lines with the address in them, which may hold a password. What comes out here
never quotes them.
"""

import re
import ssl
from pathlib import Path

SELF_SIGNED = "its certificate is self-signed: name the house's CA, or that certificate, with --ca-file"
UNKNOWN_CA = "its certificate comes from a CA that is not known here: name that CA with --ca-file"
EXPIRED = "its certificate has expired, or this machine's clock is wrong"
OTHER_NAME = "its certificate is for another name than the one in the address"
_NOT_TLS = "it does not speak TLS: is that the right port?"
REFUSED = "it refuses connections"
NO_NAME = "nobody knows its name"
MUTE = "it does not answer"
_UNKNOWN = "it could not be reached"
_VERIFY = {18: SELF_SIGNED, 19: SELF_SIGNED, 20: UNKNOWN_CA, 21: UNKNOWN_CA, 10: EXPIRED, 9: EXPIRED, 62: OTHER_NAME,
           64: OTHER_NAME}  # OpenSSL, X509_V_ERR
_SAYS = (  # in this order: what a log line or an exception's text has in it
    (r"self.signed", SELF_SIGNED),
    (r"unable to get (local )?issuer|unable to verify the first", UNKNOWN_CA),
    (r"certificate has expired|not yet valid", EXPIRED),
    (r"hostname mismatch|doesn't match|not valid for", OTHER_NAME),
    (r"wrong.version.number|unknown.protocol|record layer failure", _NOT_TLS),
    (r"name or service not known|failed to resolve|nodename nor servname|temporary failure in name", NO_NAME),
    (r"connection refused|errno 111|errno 61\b", REFUSED),
    (r"network is unreachable|no route to host|errno 101|errno 113", "there is no way to it: is the network up?"),
    (r"\b401\b|\b403\b|\b535\b|unauthori[sz]ed|not authori[sz]ed|authentication|bad user name", "it refuses the login"),
    (r"\b404\b", "it knows no such topic or path"),
    (r"\b429\b", "it says that too much was sent"),
    (r"error[ =]*5\d\d|\b5\d\d\b.*error", "it failed by itself"),
    (r"timed out|timeout", MUTE),
    (r"unexpectedly closed|connection reset|remote end closed|connection lost|connection aborted", "it hung up"),
)
ALL = frozenset((*_VERIFY.values(), *[said for _, said in _SAYS], _UNKNOWN))


def context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Return whom to believe: what this machine believes, and the CA in `ca_file` too. Raises OSError, ValueError."""
    made = ssl.create_default_context()
    if ca_file is not None:
        try:
            made.load_verify_locations(ca_file)
        except ssl.SSLError as error:
            raise ValueError(f"{ca_file} holds no certificate in PEM form") from error
    return made


def why(error: BaseException | str) -> str:
    """Return what an exception, or what a library said, comes down to; never its own words."""
    said: list[str] = []
    seen: BaseException | str | None = error
    while isinstance(seen, BaseException):
        number = getattr(seen, "verify_code", None)
        if number in _VERIFY:
            return _VERIFY[number]
        said.append(f"{type(seen).__name__} {seen}")
        seen = seen.__cause__ or seen.__context__
    text = " | ".join(said) if said else str(error)
    for pattern, words in _SAYS:
        if re.search(pattern, text, re.IGNORECASE):
            return words
    return _UNKNOWN
