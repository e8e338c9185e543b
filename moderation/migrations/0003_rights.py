"""The rights of the groups as `moderation.roles` names them, now that what they are about exists."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

from moderation.roles import RIGHTS


def give_rights(apps, schema_editor):
    # Permissions are made after all migrations have run; the groups need them now.
    config = apps.get_app_config("moderation")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for name, rights in RIGHTS.items():
        group, _created = Group.objects.get_or_create(name=name)
        for right in rights:
            label, codename = right.split(".")
            if label == "moderation":
                group.permissions.add(Permission.objects.get(content_type__app_label=label, codename=codename))


class Migration(migrations.Migration):
    dependencies = [("moderation", "0002_desk")]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
