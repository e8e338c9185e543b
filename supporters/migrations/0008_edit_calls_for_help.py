"""A proposed change that is a call for help belongs to the Safety leads, as a message does."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("supporters", "0007_second_look_queue"),
    ]

    operations = [
        migrations.AddField(
            model_name="edit",
            name="help_handled_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="edit",
            name="is_call_for_help",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name="edit",
            index=models.Index(
                models.F("help_handled_at"), condition=models.Q(("is_call_for_help", True)), name="edit_calls"
            ),
        ),
        migrations.AddConstraint(
            model_name="edit",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "refused"), ("is_call_for_help", False), _connector="OR"),
                name="edit_call_for_help_is_refused",
            ),
        ),
    ]
