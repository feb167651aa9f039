"""Delayed submission, numbers in vertical systems, grades, absence, phrases and shifts."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("tongban", "0011_corrections")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Phrase",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("username", fields.CharField(null=True, db_index=True, max_length=64)),
                ("window", fields.CharField(null=True, db_index=True, max_length=64)),
                ("use", fields.CharField(max_length=16)),
                ("text", fields.CharField(max_length=500)),
                ("made_by", fields.CharField(max_length=64)),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "desk_phrase",
                "app": "tongban",
                "pk_attr": "id",
                "table_description": "常用语: sentences for reuse, without personal values",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Shift",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("window", fields.CharField(max_length=64)),
                ("day", fields.DateField(db_index=True)),
                ("given_by", fields.CharField(max_length=64)),
                ("given_name", fields.CharField(max_length=64)),
                ("given_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("key_id", fields.BigIntField()),
                ("content", fields.BinaryField()),
                ("taken_by", fields.CharField(null=True, max_length=64)),
                ("taken_name", fields.CharField(null=True, max_length=64)),
                ("taken_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "desk_shift",
                "app": "tongban",
                "pk_attr": "id",
                "table_description": "交接班: what one shift left to the next, and who confirmed it",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Draft",
            name="submit_at",
            field=fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Draft", name="submit_key", field=fields.CharField(null=True, db_index=True, max_length=64)
        ),
        ops.AddField(model_name="Draft", name="filing", field=fields.BinaryField(null=True)),
        ops.AddField(
            model_name="Draft",
            name="claimed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(model_name="Draft", name="refusal", field=fields.CharField(null=True, max_length=2000)),
        ops.AddField(model_name="Draft", name="number", field=fields.CharField(null=True, max_length=22)),
        ops.AddField(model_name="Application", name="rated_window", field=fields.SmallIntField(null=True)),
        ops.AddField(model_name="Application", name="rated_handler", field=fields.SmallIntField(null=True)),
        ops.AddField(model_name="Leg", name="vertical_system", field=fields.CharField(null=True, max_length=16)),
        ops.AddField(
            model_name="Leg", name="vertical_number", field=fields.CharField(null=True, db_index=True, max_length=64)
        ),
        ops.AddField(model_name="User", name="away_until", field=fields.DateField(null=True)),
    ]
