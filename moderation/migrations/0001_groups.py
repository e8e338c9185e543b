"""The groups of staff. The rights are those of `moderation.roles`."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

from moderation.roles import RIGHTS, ROLES


def add_groups(apps, schema_editor):
    # Permissions are made after all migrations have run; the groups need them now.
    for label in ("auth", "supporters"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for name in ROLES:
        group, _created = Group.objects.get_or_create(name=name)
        for right in RIGHTS.get(name, ()):
            label, codename = right.split(".")
            if label not in ("auth", "supporters"):
                continue  # a later migration gives the rights to what did not exist yet
            group.permissions.add(Permission.objects.get(content_type__app_label=label, codename=codename))


def remove_groups(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("supporters", "0002_reasons"),
    ]
    operations = [migrations.RunPython(add_groups, remove_groups)]
