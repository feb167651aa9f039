"""One uploaded file on its way into the store, with the SM3 digest that the forms ask for."""

from collections.abc import AsyncIterator
from typing import Any

from cryptography.hazmat.primitives import hashes

from gateway.attachments.store import AttachmentStore
from gateway.auth.actor import Actor

Json = dict[str, Any]


async def put(store: AttachmentStore, actor: Actor, chunks: AsyncIterator[bytes], name: str, declared: str) -> Json:
    """Keep a file: `{"sha256","size","name","media_type","sm3"}`. Raises TooLarge, WrongType, StoreFull."""
    digest = hashes.Hash(hashes.SM3())

    async def through() -> AsyncIterator[bytes]:
        async for piece in chunks:
            digest.update(piece)
            yield piece

    kept, _ = await store.put(actor.jurisdiction, actor.id, through(), name, declared)
    return {**kept, "sm3": digest.finalize().hex()}
