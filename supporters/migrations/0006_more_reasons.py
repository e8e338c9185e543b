"""Reasons the first list lacked, among them the one that hands a call for help to the Safety leads."""

from django.db import migrations

REASONS = [
    (
        "help",
        "Calls for help, or shows somebody in danger",
        "도움을 청하거나, 위험에 놓인 사람이 나옴",
        "We have read your message with care. We do not publish it: where everybody can read it, it could put you or "
        "others in greater danger. It is now kept for the people here who are responsible for safety, and for nobody "
        "else. This place cannot send anybody and cannot show a way. If there is danger now, tell somebody near you "
        "whom you trust, and call the emergency number of the country you are in if that is safe for you. If someone "
        "contacts you in our name, do not trust them. You can take your message back at any time; its words are then "
        "erased within seven days.",
        "보내신 편지를 깊이 살펴 읽었습니다. 누구나 보는 곳에 실으면 보내신 분이나 다른 분이 더 위험해질 수 있으므로 싣지 않습니다. "
        "이 편지는 이제 안전을 맡은 사람들만 볼 수 있습니다. 이곳은 사람을 보내거나 길을 알려 드릴 수 없습니다. "
        "지금 위험에 놓여 있으면 가까이에 있는 믿을 수 있는 사람에게 먼저 알리십시오. "
        "전화해도 안전하면 계시는 나라의 긴급 전화로 도움을 청하십시오. 누가 이곳의 이름으로 연락해 오면 믿지 마십시오. "
        "편지는 언제든지 거두실 수 있으며, 거두시면 글은 이레 안에 지워집니다.",
    ),
    (
        "names",
        "Names or shows somebody in the North or on the way",
        "북녘에 있거나 길 위에 있는 사람이 드러남",
        "Your message names or shows somebody who lives in the North, has left it, or helped on the way. Such a person "
        "and their family can be punished for it. Please write without their names, faces and family ties.",
        "보내신 편지에 북녘에 있는 분, 북녘을 떠난 분, 또는 길에서 도와준 분이 드러납니다. "
        "그 때문에 그분과 가족이 벌을 받을 수 있습니다. 이름과 얼굴, 누구의 가족인지는 빼고 써 주십시오.",
    ),
    (
        "route",
        "Place, date or way of a journey",
        "장소, 날짜, 지나온 길이 드러남",
        "Your message tells a place, a date or a way by which somebody travelled or will travel. Others may depend on "
        "that way today. Please tell us what you felt and wish, and leave out where, when and how.",
        "보내신 편지에 누가 언제 어디를 어떻게 지났는지, 또는 지나갈지가 나옵니다. "
        "오늘 그 길에 목숨이 달린 사람이 있을 수 있습니다. 어디서, 언제, 어떻게는 빼고 마음과 바람을 적어 주십시오.",
    ),
    (
        "promise",
        "Promise that may not be kept",
        "지키지 못할 수 있는 약속",
        "Your message promises something, such as meeting soon, money or a way out. Readers take such words as they "
        "stand and may risk their lives for them. Please write it as a wish: “I hope for the day when we meet.”",
        "보내신 편지에 곧 만나자거나 무엇을 해 주겠다는 약속이 있습니다. "
        "읽는 분은 그 말을 그대로 믿고 목숨을 걸 수도 있습니다. ‘만날 날을 바랍니다’처럼 바람으로 적어 주십시오.",
    ),
    (
        "politics",
        "Politics",
        "정치 이야기",
        "We do not show words about leaders, parties or governments, for or against. Readers may be punished for "
        "having them, and this place belongs to people, not to states. Please write to one person, about life.",
        "지도자나 정당, 정부에 대한 말은 편드는 말이든 나무라는 말이든 싣지 않습니다. "
        "그런 글을 가지고 있다는 것만으로 벌을 받을 수 있고, 이곳은 나라가 아니라 사람을 위한 곳이기 때문입니다. "
        "한 사람에게, 사는 이야기를 적어 주십시오.",
    ),
    (
        "minor",
        "Shows a child too closely",
        "어린 사람이 너무 드러남",
        "Your message shows or describes a child so closely that strangers could find them: a face, a full name, a "
        "school. Please send it again without these, together with a parent or teacher.",
        "보내신 편지에 얼굴, 온 이름, 학교처럼 모르는 사람이 어린 사람을 찾아낼 수 있는 내용이 있습니다. "
        "그런 내용을 빼고 부모나 교원과 함께 다시 보내 주십시오.",
    ),
    (
        "unclear",
        "Hard to see, hear or understand",
        "알아보거나 알아듣기 어려움",
        "We could open what you sent, but it is hard to see, to hear or to understand. Please try once more: with more "
        "light, nearer to the microphone, or in a few plain sentences.",
        "보내신 것을 열기는 하였으나 알아보거나 알아듣기가 어렵습니다. "
        "더 밝은 곳에서, 더 가까이에서, 또는 쉬운 말 몇 마디로 다시 한 번 보내 주십시오.",
    ),
]
FIRST_POSITION = 10


def add_reasons(apps, schema_editor):
    reasons = apps.get_model("supporters", "Reason").objects
    for position, (code, title_en, title_ko, words_en, words_ko) in enumerate(REASONS, FIRST_POSITION):
        reasons.get_or_create(
            code=code,
            defaults={
                "title_en": title_en,
                "title_ko": title_ko,
                "words_en": words_en,
                "words_ko": words_ko,
                "position": position,
            },
        )


def remove_reasons(apps, schema_editor):
    apps.get_model("supporters", "Reason").objects.filter(code__in=[row[0] for row in REASONS]).delete()


class Migration(migrations.Migration):
    dependencies = [("supporters", "0005_calls_for_help")]
    operations = [migrations.RunPython(add_reasons, remove_reasons)]
