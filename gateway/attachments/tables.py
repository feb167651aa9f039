"""Rows about files: who put them, how they are sealed, and which case or message names them."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Attachment(Model):
    id = fields.BigIntField(primary_key=True)
    sha256 = fields.CharField(max_length=64)
    owner = fields.CharField(max_length=6)  # the jurisdiction that put it
    put_by = fields.CharField(max_length=64)  # username or client
    size = fields.BigIntField()
    name = fields.CharField(max_length=255)
    media_type = fields.CharField(max_length=100)
    key_id = fields.BigIntField()  # its own key, wrapped anew with the case's when a case names it
    path = fields.CharField(max_length=200)
    stored_at = fields.DatetimeField()
    scanned = fields.CharField(max_length=16, null=True)  # clean | unscanned; nothing: no scanner was set

    class Meta:
        table = "attachment"
        unique_together = (("owner", "sha256"),)
        table_description = "bytes on disk, sealed, one row per jurisdiction that put them"


class Upload(Model):
    id = fields.CharField(max_length=26, primary_key=True)
    owner = fields.CharField(max_length=6)
    put_by = fields.CharField(max_length=64, db_index=True)
    name = fields.CharField(max_length=255)
    media_type = fields.CharField(max_length=127)
    size = fields.BigIntField()  # as announced
    received = fields.BigIntField(default=0)  # bytes that are safe on disk, in order
    parts: fields.Field[list[list[Any]]] = fields.JSONField(default=list)  # [file, offset] in order
    key_id = fields.BigIntField()  # seals the parts, destroyed with the row
    begun_at = fields.DatetimeField(db_index=True)
    sha256 = fields.CharField(max_length=64, null=True)  # of the file that it became

    class Meta:
        table = "attachment_upload"
        table_description = "a large file on its way in, part by part"


class Mention(Model):
    id = fields.BigIntField(primary_key=True)
    sha256 = fields.CharField(max_length=64)
    number = fields.CharField(max_length=22)  # the leg whose message or answers name the file
    allowed = fields.CharField(max_length=6)  # the jurisdiction that may read it because of this
    until = fields.DatetimeField(null=True)
    path = fields.CharField(max_length=200, null=True)  # the sealed file that `wrapped` opens
    key_id = fields.BigIntField(null=True)  # the case's key
    wrapped = fields.BinaryField(null=True)  # the file's key, sealed under the case's

    class Meta:
        table = "attachment_mention"
        indexes = (("number",),)
        unique_together = (("sha256", "number", "allowed"),)
        table_description = "a file may be fetched because a message addressed to you names it"
