"""Makes a signing key: the private half into a file that only you can read, the public half to be given to the gateway.

python3 new_key.py 420683-1 key.jwk.json > public.jwks.json
"""

import base64
import json
import os
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def main(kid: str, path: str) -> None:
    key = Ed25519PrivateKey.generate()
    public = {"kty": "OKP", "crv": "Ed25519", "x": b64(key.public_key().public_bytes_raw()), "kid": kid}
    public |= {"alg": "EdDSA", "use": "sig"}
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({**public, "d": b64(key.private_bytes_raw())}, file)
    sys.stdout.write(json.dumps({"keys": [public]}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
