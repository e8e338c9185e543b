"""When a marked page has to be written."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wall", "0002_counter")]
    operations = [
        migrations.AddField(
            model_name="dirtypage",
            name="due_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
    ]
