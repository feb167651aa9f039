"""The auditor's rows: chained lines and the signed roots that seal them."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from messaging.rows import Row


class AuditLine(Row):
    id = fields.BigIntField(primary_key=True)
    chain = fields.CharField(max_length=64)  # a leg's number, or 'house' for what belongs to no case
    sequence = fields.BigIntField()
    at = fields.DatetimeField()
    who = fields.CharField(max_length=128)
    what = fields.CharField(max_length=64)
    why = fields.TextField(null=True)
    detail: fields.Field[dict[str, Any] | None] = fields.JSONField(
        null=True
    )  # digests, ids and codes only, never personal values
    previous = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)
    root_id = fields.BigIntField(null=True, db_index=True)

    class Meta:
        table = "audit_line"
        unique_together = (("chain", "sequence"),)
        table_description = "append only, each line holds the hash of the one before it in its chain"


class AuditRoot(Model):
    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField()
    lines = fields.IntField()
    merkle = fields.CharField(max_length=64)
    previous = fields.CharField(max_length=64, unique=True)  # one chain: no root has two that follow it
    hash = fields.CharField(max_length=64)
    signature = fields.TextField()
    kid = fields.CharField(max_length=64)

    class Meta:
        table = "audit_root"
        table_description = "Merkle roots over committed lines, chained and signed"


class HouseChain(Model):
    name = fields.CharField(max_length=64, primary_key=True)
    sequence = fields.BigIntField(default=0)
    hash = fields.CharField(max_length=64, default="")

    class Meta:
        table = "audit_house_chain"
        table_description = "heads of the chains that have no leg to stand in"
