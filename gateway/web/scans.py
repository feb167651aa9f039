"""One uploaded file on its way into the store, with the SM3 digest that the forms ask for."""

from collections.abc import AsyncIterator
from typing import Any

from cryptography.hazmat.primitives import hashes

from gateway.attachments.store import AttachmentStore
from gateway.auth.actor import Actor

Json = dict[str, Any]


async def put(store: AttachmentStore, actor: Actor, chunks: AsyncIterator[bytes], name: str, declared: str) -> Json:
    """Keep a file: `{"sha256","size","name","media_type","sm3"}`. Raises TooLarge, WrongType, NotScanned, StoreFull."""
    digest = hashes.Hash(hashes.SM3())

    async def through() -> AsyncIterator[bytes]:
        async for piece in chunks:
            digest.update(piece)
            yield piece

    kept, _ = await store.put(actor.jurisdiction, actor.id, through(), name, declared)
    return await _marked(store, kept, digest.finalize().hex())


async def with_digest(store: AttachmentStore, actor: Actor, kept: Json) -> Json:
    """The same of a file that is here already. Raises NotFound, Damaged."""
    digest = hashes.Hash(hashes.SM3())
    _, stored = await store.open(kept["sha256"], actor.jurisdiction)
    async for piece in stored:
        digest.update(piece)
    return await _marked(store, kept, digest.finalize().hex())


async def _marked(store: AttachmentStore, kept: Json, sm3: str) -> Json:
    """`unscanned` is there for a file that should have been looked at for viruses and was not."""
    unscanned = {"unscanned": True} if await store.unscanned([kept["sha256"]]) else {}
    return {**kept, "sm3": sm3, **unscanned}
