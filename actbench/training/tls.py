"""TLS for connections to a Dask scheduler, whose clients can run any command on its workers."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

from actbench.errors import RequestError


def is_private(address: str) -> bool:
    """Return whether an address needs a certificate, or belongs to this machine.

    Example:
        >>> is_private("tls://10.0.0.7:8786"), is_private("tcp://127.0.0.1:8786")
        (True, True)
        >>> is_private("tcp://10.0.0.7:8786"), is_private("10.0.0.7:8786")
        (False, False)
    """
    protocol, separator, rest = address.rpartition("://")
    if separator and protocol in ("tls", "wss"):
        return True
    host = rest.rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def tls_files(
    *, ca_file: Path | None, cert: Path | None, key: Path | None, address: str | None
) -> Iterator[None]:
    """Let connections of this context use TLS, if any of its files is given.

    Args:
        ca_file: certificate of the authority that signed the certificates of the cluster.
        cert: certificate of this client.
        key: private key of the certificate; None if the certificate's file contains it.
        address: address of the scheduler, which must begin with tls://.

    Raises:
        RequestError: a file is missing or cannot be read, or the address is not one of TLS.
    """
    files = {"--tls-ca-file": ca_file, "--tls-cert": cert, "--tls-key": key}
    given = {option: path for option, path in files.items() if path is not None}
    if not given:
        yield
        return
    if address is None or not address.startswith("tls://"):
        raise RequestError(
            f"{', '.join(given)}: expected --scheduler tls://HOST:PORT, got {address or 'none'}"
        )
    for option in ("--tls-ca-file", "--tls-cert"):
        if option not in given:
            raise RequestError(f"{option}: expected a file as well, got none")
    for option, path in given.items():
        if not path.is_file():
            raise RequestError(f"{option}: expected a file in PEM format, got {path}")
    from dask import config

    settings = {
        "distributed.comm.require-encryption": True,
        "distributed.comm.tls.ca-file": str(ca_file),
        "distributed.comm.tls.client.cert": str(cert),
        "distributed.comm.tls.client.key": None if key is None else str(key),
    }
    with config.set(settings):
        yield
