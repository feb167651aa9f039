"""A whole small partner system: receipts, accepts and decides every case that is sent to it. Python 3.11, `cryptography`.

python3 partner.py sheet.json key.jwk.json [--books books.json] [--document decision.pdf] [--cases 1]

sheet.json is the start sheet, key.jwk.json the private key whose public half the gateway has pinned. Ends once so many
cases are decided and the gateway has receipted it; --cases 0 never ends.
"""

import argparse
import base64
import hashlib
import json
import logging
import os
import secrets
import time
from datetime import datetime, timedelta, timezone
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

EVENT = "application/cloudevents+json"
AGAIN = 60.0  # seconds after which a message without a receipt goes again, the same bytes
CHINA = timezone(timedelta(hours=8))
log = logging.getLogger("partner")


class Doubt(Exception):
    """A delivery that cannot be believed."""


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def now() -> str:
    return datetime.now(CHINA).isoformat(timespec="seconds")


class Partner:
    """One county's side of the line: the wire, the signatures, and books that survive a crash."""

    def __init__(self, sheet: dict[str, Any], key: dict[str, str], books: Path, document: tuple[str, bytes]) -> None:
        self.sheet, self.kid, self.path, self.document = sheet, key["kid"], books, document
        self.key = Ed25519PrivateKey.from_private_bytes(unb64(key["d"]))
        self.pinned = {
            jwk["kid"]: Ed25519PublicKey.from_public_bytes(unb64(jwk["x"])) for jwk in sheet["our_jwks"]["keys"]
        }
        self.me, self.token = f"urn:jurisdiction:{sheet['code']}", ""
        self.books: dict[str, Any] = {"heard": {}, "talks": {}, "out": []}
        if books.exists():
            self.books = json.loads(books.read_text(encoding="utf-8"))

    def save(self) -> None:
        """Durable before anybody is told: written beside, flushed to disk, then renamed."""
        draft = self.path.with_suffix(".new")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(self.books, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)

    # the wire

    def call(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        """One call with our token; a lost line, 429 and 5xx are tried again, for every call here may be repeated."""
        while True:
            bearer = {"Authorization": f"Bearer {self.token}"} if path != "/token" else {}
            status, answer = self.once(method, path, body, {**(headers or {}), **bearer})
            if status == 401 and path != "/token":
                self.sign_in()
            elif status in {0, 429} or status >= 500:
                log.warning("%s %s: %s, again in 2 s", method, path, status or "no answer")
                time.sleep(2)
            elif status >= 400:
                raise SystemExit(f"{method} {path}: {status} {answer.decode()}")
            else:
                return answer

    def once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        where = urlsplit(self.sheet["api"])
        door = (HTTPSConnection if where.scheme == "https" else HTTPConnection)(where.netloc, timeout=60)
        try:
            door.request(method, where.path + path, body, headers)
            response = door.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException):
            return 0, b""
        finally:
            door.close()

    def sign_in(self) -> None:
        form = {"grant_type": "client_credentials"} | {n: self.sheet[n] for n in ("client_id", "client_secret")}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self.token = json.loads(self.call("POST", "/token", urlencode(form).encode(), kind))["access_token"]

    # signatures: a detached JWS over the raw bytes (RFC 7515, RFC 7797)

    def write(self, kind: str, subject: str, data: dict[str, Any], number: dict[str, Any]) -> dict[str, Any]:
        """A message in its final bytes with its signature. Never serialise it again: what is signed are these bytes."""
        said = {
            "specversion": "1.0",
            "id": secrets.token_hex(13),
            "source": self.me,
            "type": f"cn.tongban.{kind}.v1",
            "subject": subject,
            "time": now(),
            "datacontenttype": "application/json",
            "dataschema": f"urn:tongban:schema:{kind}:v1",
            "recipient": self.books["peer"],
            **number,
            "data": data,
        }
        body = json.dumps(said, ensure_ascii=False)
        head = {"alg": "EdDSA", "kid": self.kid, "typ": "tongban-message+jws", "b64": False, "crit": ["b64"]}
        head |= {"iss": said["source"], "aud": said["recipient"], "jti": said["id"], "iat": int(time.time())}
        protected = b64(json.dumps(head).encode())
        signature = f"{protected}..{b64(self.key.sign(protected.encode() + b'.' + body.encode()))}"
        return {"id": said["id"], "kind": kind, "subject": subject, "body": body, "signature": signature}

    def believe(self, body: bytes, signature: str) -> dict[str, Any]:
        """The message, if a pinned key of the gateway signed exactly these bytes and means us."""
        try:
            protected, _, tail = signature.split(".")
            head = json.loads(unb64(protected))
            if (head["alg"], head["typ"], head["b64"], head["crit"]) != (
                "EdDSA",
                "tongban-message+jws",
                False,
                ["b64"],
            ):
                raise Doubt("header")
            if head["kid"] not in self.pinned:
                raise Doubt("unknown_key")
            self.pinned[head["kid"]].verify(unb64(tail), protected.encode() + b"." + body)
            said: dict[str, Any] = json.loads(body)
            named = (said["source"], said["recipient"], said["id"])
        except InvalidSignature:
            raise Doubt("signature") from None
        except (ValueError, KeyError, TypeError) as error:
            raise Doubt(type(error).__name__) from None
        if named != (head["iss"], head["aud"], head["jti"]) or head["aud"] != self.me:
            raise Doubt("not_the_signed_parties")
        if head["iat"] > time.time() + 300:
            raise Doubt("iat_ahead")  # a time in the past is never a reason
        return said

    # what comes in

    def take(self, item: dict[str, Any]) -> None:
        body = item["body"].encode()
        entry = {"id": item["id"], "sha256": hashlib.sha256(body).hexdigest(), "stored_at": now(), "highest_applied": 0}
        try:
            said = self.believe(body, item["signature"])
        except Doubt as doubt:
            log.error("delivery %s cannot be believed: %s", item["id"], doubt)
            return self.receipt(item, entry | {"id": None, "outcome": "quarantined", "reason": str(doubt)})
        kind = said["type"].removeprefix("cn.tongban.").rpartition(".v")[0]
        self.books["peer"] = said["source"]
        if kind == "receipt":
            return self.receipted(said["data"]["receipts"])
        if kind == "resend.requested":
            return self.resend(said["subject"], said["data"]["from"], said["data"]["to"])
        talk = self.books["talks"].setdefault(said["subject"], {"next_in": 1, "next_out": 1})
        outcome = self.judge(said, kind, talk, entry["sha256"])
        if outcome is None:  # a number before it is missing: ask for it; unreceipted, this one comes again
            missing = {"from": talk["next_in"], "to": int(said["sequence"]) - 1}
            return self.post(self.write("resend.requested", said["subject"], missing, {}))
        self.save()
        return self.receipt(item, entry | {"outcome": outcome, "highest_applied": talk["next_in"] - 1})

    def judge(self, said: dict[str, Any], kind: str, talk: dict[str, int], digest: str) -> str | None:
        """Once each, in the order of numbers."""
        twin, number = self.books["heard"].get(said["id"]), int(said["sequence"])
        if twin is not None:
            return "applied" if twin == digest else "conflict"
        if number > talk["next_in"]:
            return None
        if number < talk["next_in"]:
            return "conflict"
        self.books["heard"][said["id"]], talk["next_in"] = digest, number + 1
        log.info("%s %s %s", said["subject"], number, kind)
        if kind == "application.submitted":
            self.decide(said["subject"], said["data"], talk)
        return "applied"  # what we do not act on is recorded and receipted all the same

    def decide(self, subject: str, data: dict[str, Any], talk: dict[str, int]) -> None:
        """Where a real system would open its own case; here the answer is always yes."""
        for file in (one["attachment"] for one in data["materials"] if one.get("attachment")):
            content = self.call("GET", f"/attachments/{file['sha256']}")
            if hashlib.sha256(content).hexdigest() != file["sha256"]:
                raise SystemExit(f"attachment {file['sha256']} came with other bytes")
        name, content = self.document
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Content-Type": "application/octet-stream",
        }
        paper = json.loads(self.call("PUT", "/attachments", content, headers))  # before the message that names it
        reference = f"{self.sheet['code']}-{subject[-8:]}"
        promised = (datetime.now(CHINA) + timedelta(days=10)).date().isoformat()
        contact = {"name": "赵经办", "phone": "0710-0000001"}
        accepted = {"reference": reference, "accepted_at": now(), "promised_by": promised, "contact": contact}
        decided = {"outcome": "granted", "reference": reference, "decided_at": now(), "documents": [paper]}
        decided |= {"certificates": [], "result_delivery": data["result_delivery"]}
        for kind, words in (("application.accepted", accepted), ("application.decided", decided)):
            number = {"sequence": str(talk["next_out"]), "sequencetype": "Integer", "seen": talk["next_in"] - 1}
            letter = self.write(kind, subject, words, number)
            self.books["out"].append(letter | {"number": talk["next_out"], "open": True, "due": 0.0})
            talk["next_out"] += 1

    # what goes out

    def receipt(self, item: dict[str, Any], entry: dict[str, Any]) -> None:
        if "peer" not in self.books:
            return log.error("nobody to tell: nothing that could be believed has come yet")
        letter = self.write("receipt", "receipt", {"receipts": [entry]}, {})
        self.post(letter, f"/deliveries/{item['id']}/receipt")

    def post(self, letter: dict[str, Any], path: str = "/messages") -> None:
        headers = {"Content-Type": EVENT, "Tongban-Signature": letter["signature"]}
        self.call("POST", path, letter["body"].encode(), headers)

    def send(self) -> None:
        """Everything that is not receipted and due; the same bytes each time."""
        for letter in self.books["out"]:
            if letter["open"] and letter["due"] <= time.time():
                self.post(letter)
                letter["due"] = time.time() + AGAIN

    def receipted(self, entries: list[dict[str, Any]]) -> None:
        told = {entry["sha256"]: entry for entry in entries}
        for letter in self.books["out"]:
            entry = told.get(hashlib.sha256(letter["body"].encode()).hexdigest())
            if entry is None:
                continue
            letter["open"] = False
            (log.info if entry["outcome"] == "applied" else log.error)(
                "%s %s %s: %s %s",
                letter["subject"],
                letter["number"],
                letter["kind"],
                entry["outcome"],
                entry.get("reason", ""),
            )
        self.save()

    def resend(self, subject: str, first: int, last: int) -> None:
        for letter in self.books["out"]:
            if letter["subject"] == subject and first <= letter["number"] <= last:
                letter |= {"open": True, "due": 0.0}
        self.save()

    def run(self, cases: int) -> None:
        while True:
            self.send()
            done = [one for one in self.books["out"] if one["kind"] == "application.decided" and not one["open"]]
            if cases and len(done) >= cases:
                return
            for item in json.loads(self.call("GET", "/deliveries?wait=20&limit=50"))["items"]:
                self.take(item)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("key", type=Path)
    parser.add_argument("--books", type=Path, default=Path("books.json"))
    parser.add_argument("--document", type=Path)
    parser.add_argument("--cases", type=int, default=1)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    document = ("决定书（示例）.txt", "准予（示例，不具有任何效力）\n".encode())
    if given.document:
        document = (given.document.name, given.document.read_bytes())
    sheet, key = (json.loads(path.read_text(encoding="utf-8")) for path in (given.sheet, given.key))
    Partner(sheet, key, given.books, document).run(given.cases)


if __name__ == "__main__":
    main()
