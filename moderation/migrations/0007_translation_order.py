"""The lists of the translation desk are read in their order, without sorting every text."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0006_first_rules_and_terms"),
        ("supporters", "0009_waiting_languages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="translation",
            index=models.Index(fields=["state", "asked_at", "id"], name="translation_asked"),
        ),
        migrations.AddIndex(
            model_name="translation",
            index=models.Index(fields=["state", "state_at", "id"], name="translation_state"),
        ),
    ]
