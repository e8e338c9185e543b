"""The reason for declining a message whose sender never answered a question."""

from django.db import migrations

CODE = "no_answer"


def add_reason(apps, schema_editor):
    apps.get_model("supporters", "Reason").objects.get_or_create(
        code=CODE,
        defaults={
            "title_en": "Our question was not answered",
            "title_ko": "물음에 답이 없었음",
            "words_en": "We asked you to change something and have waited sixty days for your answer. "
            "You are welcome to send a new message at any time.",
            "words_ko": "고쳐 달라고 부탁드린 뒤 예순 날을 기다렸으나 답을 받지 못하였습니다. "
            "새 편지는 언제든지 보내실 수 있습니다.",
            "position": 100,
            # Used by the site itself; nobody at the desk has to choose it.
            "is_active": False,
        },
    )


def remove_reason(apps, schema_editor):
    apps.get_model("supporters", "Reason").objects.filter(code=CODE).delete()


class Migration(migrations.Migration):
    dependencies = [("supporters", "0002_reasons")]
    operations = [migrations.RunPython(add_reason, remove_reason)]
