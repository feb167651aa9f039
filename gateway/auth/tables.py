"""Rows about who comes in: people, their sessions, client programs, and assertions that were used up."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class User(Model):
    username = fields.CharField(max_length=64, primary_key=True)
    name = fields.CharField(max_length=64)
    role = fields.CharField(max_length=32)
    jurisdiction = fields.CharField(max_length=6)
    department = fields.CharField(max_length=100, null=True)
    window = fields.CharField(max_length=64, null=True)
    phone = fields.CharField(max_length=32, null=True)  # the office's
    password_hash = fields.CharField(max_length=200)
    disabled = fields.BooleanField(default=False)
    failed_attempts = fields.IntField(default=0)  # counted before the password is looked at, forgiven after
    locked_until = fields.DatetimeField(null=True)
    preferences: fields.Field[dict[str, object]] = fields.JSONField(default=dict)  # how the pages look to this person
    created_at = fields.DatetimeField()
    signed_in_at = fields.DatetimeField(null=True)
    away_until = fields.DateField(null=True)  # the last day away: colleagues may take over what is theirs

    class Meta:
        table = "auth_user"
        table_description = "people who may sign in"


class Session(Model):
    id = fields.CharField(max_length=64, primary_key=True)  # SHA-256 of the token; the token is in the cookie only
    username = fields.CharField(max_length=64, db_index=True)
    created_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)  # the absolute end
    ip = fields.CharField(max_length=45)

    class Meta:
        table = "auth_session"
        table_description = "who is signed in, the row cannot be turned into a cookie"


class Client(Model):
    client_id = fields.CharField(max_length=64, primary_key=True)
    secret_hash = fields.CharField(max_length=64, null=True)  # SHA-256: the secret has 256 random bits
    jurisdiction = fields.CharField(max_length=6, db_index=True)
    scopes: fields.Field[list[str]] = fields.JSONField(default=list)
    jwks: fields.Field[dict[str, Any] | None] = fields.JSONField(null=True)  # public keys for private_key_jwt
    disabled = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "auth_client"
        table_description = "programs that may ask for tokens"


class UsedAssertion(Model):
    id = fields.BigIntField(primary_key=True)
    iss = fields.CharField(max_length=64)
    jti = fields.CharField(max_length=128)
    expires_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "auth_used_assertion"
        unique_together = (("iss", "jti"),)
        table_description = "client assertions that were taken once and are not taken again"
