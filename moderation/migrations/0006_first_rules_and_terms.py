"""The rules and words the desk starts with, from `moderation/data`. From here on staff edit them in the admin."""

from django.db import migrations

from moderation.hinting.starting import rule_rows, term_rows


def add(apps, schema_editor):
    WordingRule = apps.get_model("moderation", "WordingRule")
    Term = apps.get_model("moderation", "Term")
    WordingRule.objects.bulk_create([WordingRule(**row) for row in rule_rows()], ignore_conflicts=True)
    Term.objects.bulk_create([Term(**row) for row in term_rows()], ignore_conflicts=True)


def remove(apps, schema_editor):
    apps.get_model("moderation", "WordingRule").objects.filter(code__in=[row["code"] for row in rule_rows()]).delete()
    apps.get_model("moderation", "Term").objects.filter(south__in=[row["south"] for row in term_rows()]).delete()


class Migration(migrations.Migration):
    dependencies = [("moderation", "0005_term_is_hint")]
    operations = [migrations.RunPython(add, remove)]
