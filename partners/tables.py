"""The address book's rows: partners and the keys that are theirs."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class PartnerRow(Model):
    code = fields.CharField(max_length=6, primary_key=True)
    name = fields.CharField(max_length=64)
    connection = fields.CharField(max_length=16)  # amqp | webhook | polling | desk
    custodial = fields.BooleanField(default=False)  # cannot sign: we sign for it with a key that we hold
    live = fields.BooleanField(default=True)  # False: connected for trial, no citizen's case may go there
    simulated = fields.BooleanField(default=False)
    client_id = fields.CharField(max_length=64, null=True)
    connected_at = fields.DatetimeField()
    suspended_at = fields.DatetimeField(null=True)
    suspended_until = fields.DatetimeField(null=True)  # null while suspended: until somebody resumes
    suspended_notice = fields.TextField(null=True)  # what clerks read meanwhile

    class Meta:
        table = "partner"
        table_description = "a jurisdiction that we exchange messages with, and how it reads them"


class PartnerKey(Model):
    id = fields.BigIntField(primary_key=True)
    jurisdiction = fields.CharField(max_length=6)
    kid = fields.CharField(max_length=64)
    jwk: dict[str, Any] = fields.JSONField()  # public members only
    thumbprint = fields.CharField(max_length=64)  # RFC 7638, SHA-256, base64url
    valid_from = fields.DatetimeField()
    valid_to = fields.DatetimeField(null=True)  # retired: verifies what was signed before
    revoked_at = fields.DatetimeField(null=True)  # verifies nothing that arrives after
    held = fields.BooleanField(default=False)  # the private half is here: custodial and desk partners
    wrapped = fields.BinaryField(null=True)  # held: the data key, wrapped
    sealed = fields.BinaryField(null=True)  # held: the private JWK, sealed under that data key

    class Meta:
        table = "partner_key"
        unique_together = (("jurisdiction", "kid"),)
        table_description = "pinned keys: nothing is fetched while verifying"
