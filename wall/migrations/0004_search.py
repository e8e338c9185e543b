"""The index of words: a table of each engine's own, filled by `rebuild_search` or, little by little, by the worker."""

from django.db import migrations, models

SQLITE = "CREATE VIRTUAL TABLE wall_search USING fts5(terms, content='', detail='none', tokenize='ascii')"
POSTGRESQL = (
    "CREATE TABLE wall_search (number integer PRIMARY KEY, terms tsvector NOT NULL)",
    "CREATE INDEX wall_search_terms ON wall_search USING gin (terms)",
)


def create_index(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else [SQLITE]:
        schema_editor.execute(statement)


def drop_index(apps, schema_editor):
    schema_editor.execute("DROP TABLE wall_search")


def note_what_is_missing(apps, schema_editor):
    counter = apps.get_model("wall", "WallCounter").objects.first()
    apps.get_model("wall", "SearchBacklog").objects.create(pk=1, below=counter.last + 1 if counter else 1)


class Migration(migrations.Migration):
    dependencies = [("wall", "0003_dirtypage_due_at")]
    operations = [
        migrations.CreateModel(
            name="SearchBacklog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("below", models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.RunPython(create_index, drop_index),
        migrations.RunPython(note_what_is_missing, migrations.RunPython.noop),
    ]
