"""The first reasons for declining a message or sending it back; staff change the words in the admin."""

from django.db import migrations

REASONS = [
    (
        "danger",
        "Could identify or endanger someone",
        "누군가가 드러나거나 위험해질 수 있음",
        "Something in your message could tell who somebody is, where they are or how they travelled. "
        "That can put a life in danger, even when it is meant kindly. Please leave out names, places, dates and routes.",
        "보내신 편지에 누가 어디에 있는지, 어떻게 움직였는지 짐작할 수 있는 내용이 있습니다. "
        "좋은 뜻이라도 한 사람의 목숨이 위험해질 수 있습니다. 이름, 장소, 날짜, 길은 빼 주십시오.",
    ),
    (
        "contact",
        "Contact details or link",
        "연락처나 주소가 들어 있음",
        "We cannot show telephone numbers, addresses, links or offers to meet: they are used to set traps for readers. "
        "Please send your words without them.",
        "전화번호, 주소, 만나자는 말은 실을 수 없습니다. 읽는 분을 노리는 덫이 될 수 있기 때문입니다. "
        "그 부분을 빼고 다시 보내 주십시오.",
    ),
    (
        "insult",
        "Insult, hate or violence",
        "모욕, 미움, 폭력",
        "We do not show insults, mockery or calls to violence, against anyone, leaders included. "
        "Being found with such words can cost a reader dearly. What gives courage is what you wish the reader.",
        "누구를 향한 것이든 모욕이나 조롱, 폭력을 부르는 말은 싣지 않습니다. 지도자에 대한 말도 마찬가지입니다. "
        "그런 글을 가지고 있다가 들키면 읽는 분이 큰 화를 입을 수 있습니다. 읽는 분께 바라는 마음을 적어 주십시오.",
    ),
    (
        "advert",
        "Advertising or spam",
        "광고이거나 아무 뜻 없이 되풀이한 글",
        "This looks like an advertisement, or like text sent to many places at once. "
        "This place is for words from one person to another.",
        "광고이거나 여러 곳에 한꺼번에 보낸 글로 보입니다. 이곳은 사람이 사람에게 보내는 글을 위한 곳입니다.",
    ),
    (
        "not_for_readers",
        "Not for these readers",
        "이 독자들에게 맞지 않음",
        "Thank you for writing. Your message speaks to somebody else than the people who read here, "
        "or would be hard to understand on the road. A few plain words to one person are best.",
        "글을 보내 주셔서 고맙습니다. 다만 이곳에서 읽는 분들께 하는 말씀이 아니거나, 길 위에서 읽기에 어려운 글입니다. "
        "한 사람에게 건네는 쉬운 말이 가장 좋습니다.",
    ),
    (
        "unreadable",
        "Cannot be read or played",
        "읽거나 열 수 없음",
        "We could not read, open or hear what you sent. Please send it once more, if you can in another format.",
        "보내신 것을 읽거나 열거나 들을 수 없었습니다. 되도록 다른 형식으로 한 번 더 보내 주십시오.",
    ),
    (
        "duplicate",
        "Same as another message",
        "다른 편지와 같음",
        "We already have this message, or one with nearly the same words. If you sent it twice, all is well.",
        "이 편지나 거의 같은 편지를 이미 받았습니다. 두 번 보내셨다면 걱정하지 않으셔도 됩니다.",
    ),
]


def add_reasons(apps, schema_editor):
    Reason = apps.get_model("supporters", "Reason")
    for position, (code, title_en, title_ko, words_en, words_ko) in enumerate(REASONS):
        Reason.objects.get_or_create(
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
    dependencies = [("supporters", "0001_messages")]
    operations = [migrations.RunPython(add_reasons, remove_reasons)]
