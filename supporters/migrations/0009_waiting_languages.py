"""The languages in which letters wait are read from an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("supporters", "0008_edit_calls_for_help"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                models.F("language"), condition=models.Q(("status", "pending")), name="message_waiting_in"
            ),
        ),
    ]
