"""The queue of second looks is read without passing every letter that waits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supporters", "0006_more_reasons")]
    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                models.F("submitted_at"),
                models.F("id"),
                condition=models.Q(
                    ("status", "pending"),
                    models.Q(("kind", "video"), models.Q(("look", ""), _negated=True), _connector="OR"),
                ),
                name="message_second_look",
            ),
        ),
    ]
