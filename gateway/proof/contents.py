"""The package as a whole: every member as the manifest lists it, and the manifest signed by the one who gave it out."""

import hashlib
from collections.abc import Mapping
from typing import Any

from gateway.proof import ring as key_ring
from gateway.proof.findings import Report
from gateway.proof.ring import Ring
from messaging import envelope

UNLISTED = frozenset({"manifest.json", "manifest.jws"})


def check(manifest: Mapping[str, Any], files: Mapping[str, bytes], report: Report) -> None:
    """Each file that is listed is there, unchanged, and no other is."""
    listed = {one["path"]: one for one in manifest["files"]}
    if len(listed) != len(manifest["files"]):
        report.fail("files", "manifest.json", "同一个文件列了两次", "a file is listed twice")
    for path, told in listed.items():
        body = files.get(path)
        if body is None or path in UNLISTED:
            report.miss("files", path, "清单列出的文件不在包内", "a listed file is not in the package")
        elif len(body) != told["size"] or hashlib.sha256(body).hexdigest() != told["sha256"]:
            report.fail("files", path, "文件与清单中的摘要不符", "the file is not the one that was listed")
    for path in files.keys() - listed.keys() - UNLISTED:
        report.fail("files", path, "包内有清单没有列出的文件", "the package holds a file that is not listed")
    if not report.wrong("files"):
        report.prove(
            "files",
            f"包内 {len(listed)} 个文件与清单所列的 SHA-256 一致，不多不少",
            f"all {len(listed)} files are those that the manifest lists by SHA-256, no more and no fewer",
        )


def check_signature(
    manifest: Mapping[str, Any], raw: bytes, files: Mapping[str, bytes], ring: Ring, report: Report
) -> None:
    """manifest.jws is the issuer's signature over manifest.json."""
    signature, issuer = files.get("manifest.jws"), manifest["issuer"]
    if signature is None:
        report.miss("manifest", "manifest.jws", "没有出具地区对清单的签名", "the issuer's signature is not there")
        return
    signed = key_ring.check(raw, signature, ring, report, "manifest", "manifest.jws")
    if signed is None:
        return
    own = envelope.urn(issuer["code"])
    if (signed.said.iss, signed.said.aud, signed.said.kid) != (own, own, issuer["kid"]) or signed.key.held:
        report.fail("manifest", "manifest.jws", "清单不是出具地区签的", "the manifest is not signed by its issuer")
        return
    report.prove(
        "manifest",
        f"清单由出具地区 {issuer['code']} 的密钥 {issuer['kid']} 签名：出具之后包内没有一个字节被改动",
        f"the manifest is signed by the issuer {issuer['code']} with key {issuer['kid']}: no byte has changed since",
    )
