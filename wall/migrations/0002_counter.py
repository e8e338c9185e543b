"""The one row that counts the wall's numbers."""

from django.db import migrations


def add_counter(apps, schema_editor):
    apps.get_model("wall", "WallCounter").objects.get_or_create(pk=1, defaults={"last": 0})


class Migration(migrations.Migration):
    dependencies = [("wall", "0001_publishing")]
    operations = [migrations.RunPython(add_counter, migrations.RunPython.noop)]
