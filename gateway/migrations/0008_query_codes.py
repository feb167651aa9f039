from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("tongban", "0007_papers")]

    initial = False

    operations = [
        ops.CreateModel(
            name="QueryCode",
            fields=[
                ("number", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=22)),
                ("salt", fields.BinaryField()),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "case_query_code",
                "app": "tongban",
                "pk_attr": "number",
                "table_description": "查询码: what the code on the slip is drawn from",
            },
            bases=["Model"],
        ),
    ]
