"""An authority of one's own and what it signs, by openssl: for brokers and databases that tests reach by TLS."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path

    def belongs_to(self, account: str) -> None:
        """The key is private: let the account that serves with it read it."""
        if os.geteuid() == 0:
            for path in (self.certificate, self.key):
                shutil.chown(path, account, account)


class Authority:
    """Signs servers on the loopback and clients by name."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        self._folder = folder
        self.certificate, self._key = folder / "ca.pem", folder / "ca.key"
        subject = ("-subj", "/CN=Authority of the tests")
        _openssl("req", "-x509", *_NEW, *subject, "-days", "2", "-keyout", self._key, "-out", self.certificate)
        self.certificate.chmod(0o644)

    def signs(self, name: str, alternative: str = "IP:127.0.0.1,DNS:localhost") -> Pair:
        """A new pair for this name."""
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request = self._folder / f"{name}.csr"
        more = self._folder / f"{name}.ext"
        more.write_text(f"subjectAltName={alternative}\n", encoding="ascii")
        _openssl("req", *_NEW, "-subj", f"/CN={name}", "-keyout", pair.key, "-out", request)
        signing = ("-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial")
        _openssl("x509", "-req", "-in", request, *signing, "-days", "2", "-extfile", more, "-out", pair.certificate)
        pair.certificate.chmod(0o644)
        pair.key.chmod(0o600)
        return pair


_NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
