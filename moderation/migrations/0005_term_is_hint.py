from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0004_translation_notes")]
    operations = [
        migrations.AddField(
            model_name="term",
            name="is_hint",
            field=models.BooleanField(default=True, verbose_name="raises a hint"),
        )
    ]
