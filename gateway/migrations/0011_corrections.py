"""Which of our departments a case lies with."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("tongban", "0010_joint")]

    initial = False

    operations = [
        ops.AddField(model_name="Leg", name="department", field=fields.CharField(null=True, max_length=100)),
        ops.AddIndex(model_name="Leg", index=Index(fields=["department", "state"])),
    ]
