"""The demo letters, and any number of short ones for benchmarks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

LETTERS = Path(__file__).with_name("letters.json")


@dataclass(frozen=True)
class DemoLetter:
    """One letter of `letters.json`; the fields are named like those of a message."""

    kind: str
    original: str
    language: str
    body_ko: str
    body_en: str
    name: str
    name_ko: str
    name_en: str
    country: str
    status: str
    agreed: list[str]
    days_ago: int
    cleared: list[str] = field(default_factory=list)
    own_ko: str = ""
    group: str = ""
    reason: str = ""
    alt: str = ""
    alt_ko: str = ""
    alt_en: str = ""
    picture: str = ""
    clip: str = ""
    edit: dict[str, str] = field(default_factory=dict)
    # What readers told the person responsible for safety.
    concerns: list[str] = field(default_factory=list)
    # How far the work of the desk on a waiting letter has come: the state of each language (`asked`, `draft`, `ready`,
    # `reviewed`; its text is `body_…`), why the first reader asks for a second look, and who has it open now.
    translated: dict[str, str] = field(default_factory=dict)
    second_look: list[str] = field(default_factory=list)
    first_reader: str = ""
    holder: str = ""


def letters() -> list[DemoLetter]:
    """All demo letters, the oldest first."""
    return [DemoLetter(**row) for row in json.loads(LETTERS.read_text(encoding="utf-8"))]


class GrownLetter(NamedTuple):
    """A short text letter put together from sentences."""

    original: str
    language: str
    body_ko: str
    body_en: str
    name_ko: str
    name_en: str
    country: str


# Each row is one sentence in Korean and in English. A letter takes one of each group, so that it reads like a letter.
GREETINGS = (
    ("안녕하십니까. 얼굴도 모르는 여러분께 씁니다.", "Hello. I am writing to you, whom I have never seen."),
    ("여러분께 인사를 드립니다.", "I send you my greetings."),
    ("처음으로 편지를 씁니다.", "I am writing to you for the first time."),
    ("멀리서 몇 자 적습니다.", "A few lines from far away."),
    ("오늘은 비가 와서 편지를 씁니다.", "It is raining today, so I am writing a letter."),
    ("이른 아침에 이 글을 씁니다.", "I am writing this early in the morning."),
    ("저녁을 먹고 앉아 이 글을 씁니다.", "I have had my supper and sit down to write this."),
)
WRITERS = (
    ("저는 작은 마을에서 빵을 굽는 사람입니다.", "I bake bread in a small village."),
    ("저는 바닷가에서 고기를 잡으며 세 아이를 키웁니다.", "I fish by the sea and am raising three children."),
    ("저는 병원에서 밤마다 환자들을 돌보는 간호사입니다.", "I am a nurse and look after patients at night."),
    ("저는 산골 학교에서 어린 학생들을 가르칩니다.", "I teach young children at a school in the hills."),
    (
        "저는 서른 해 동안 기차를 몰다가 이제는 뜰을 가꿉니다.",
        "I drove trains for thirty years and now I tend a garden.",
    ),
    ("저는 음악을 배우는 학생이고 할머니와 함께 삽니다.", "I study music and live with my grandmother."),
    ("저는 나무로 의자와 상을 만드는 사람입니다.", "I make chairs and tables out of wood."),
    ("저는 포도밭에서 일하며 봄마다 새 나무를 심습니다.", "I work in a vineyard and plant new vines every spring."),
    ("저는 도서관에서 오래된 책을 고치는 일을 합니다.", "I mend old books in a library."),
    ("저는 시장에서 과일을 팔며 많은 사람을 만납니다.", "I sell fruit at the market and meet many people."),
    ("저는 다섯 손주를 둔 할머니입니다.", "I am a grandmother of five."),
)
MOMENTS = (
    (
        "어제 라디오에서 여러분의 이야기를 듣고 하던 일을 멈추었습니다.",
        "Yesterday I heard about you on the radio and stopped what I was doing.",
    ),
    (
        "창밖의 눈을 보다가 그곳에도 눈이 오는지 알고 싶었습니다.",
        "Watching the snow outside, I wished to know whether it was snowing where you are.",
    ),
    (
        "우리 아이가 지도에서 여러분이 사는 곳을 찾아 손가락으로 짚었습니다.",
        "My child found the place where you live on the map and put a finger on it.",
    ),
    (
        "고향을 떠나온 분이 들려준 노래를 지금도 잊지 못합니다.",
        "I still cannot forget a song I heard from someone who had left home.",
    ),
    (
        "저녁상을 차리면서 여러분은 오늘 무엇을 드셨는지 생각하였습니다.",
        "As I laid the table I thought about what you had eaten today.",
    ),
    (
        "올해 우리 뜰의 사과나무에 처음으로 열매가 달렸습니다.",
        "This year the apple tree in our garden bore fruit for the first time.",
    ),
    (
        "밤에 등불을 켜 두면 지나가는 사람들이 고맙다고 합니다.",
        "When I leave a lamp burning at night, people who pass by say thank you.",
    ),
    (
        "우리 할아버지도 젊을 때 가족과 헤어져 먼 길을 걸으셨습니다.",
        "My grandfather, too, was parted from his family when he was young and walked a long way.",
    ),
    (
        "강가에서 기러기 떼를 보고 여러분 쪽으로 날아가는지 오래 서서 보았습니다.",
        "By the river I saw a flight of geese and stood a long time to see whether they flew your way.",
    ),
    (
        "이웃들과 모여 앉아 여러분께 무슨 말을 할지 이야기하였습니다.",
        "My neighbours and I sat together and talked about what to say to you.",
    ),
    (
        "제 손은 거칠지만 이 편지만은 곱게 쓰고 싶었습니다.",
        "My hands are rough, but I wanted to write this letter beautifully.",
    ),
    (
        "어려운 때에 모르는 사람이 건네준 빵 한 조각을 저는 기억합니다.",
        "I remember a piece of bread that a stranger gave me in a hard time.",
    ),
    (
        "새벽마다 첫차를 타면 아직 깨어 있는 사람들이 많다는 것을 알게 됩니다.",
        "Taking the first train every morning, I see how many people are awake.",
    ),
)
THOUGHTS = (
    (
        "여러분이 날마다 해내시는 일이 얼마나 큰 일인지 조금은 압니다.",
        "I know a little of how great a thing it is that you manage every day.",
    ),
    (
        "저는 여러분의 이름을 모르지만 여러분을 생각하는 시간은 제 것입니다.",
        "I do not know your names, but the time I spend thinking of you is mine.",
    ),
    (
        "가르침을 드리려는 것이 아니라 곁에 있고 싶다는 말을 전하려고 합니다.",
        "I do not mean to give advice, only to say that I would like to be beside you.",
    ),
    (
        "용기는 큰 소리가 아니라 다음 한 걸음이라는 것을 여러분께 배웠습니다.",
        "From you I have learned that courage is not a loud voice but the next step.",
    ),
    (
        "여러분의 손에 있는 재주와 마음에 있는 노래는 누구도 빼앗지 못합니다.",
        "Nobody can take the skill in your hands or the song in your heart.",
    ),
    (
        "멀리 있어도 같은 달을 본다는 것이 저에게는 힘이 됩니다.",
        "It gives me strength that we see the same moon, far apart as we are.",
    ),
    (
        "우리 마을에는 여러분을 생각하는 사람이 저 하나만이 아닙니다.",
        "In our village I am not the only one who thinks of you.",
    ),
    (
        "기다리는 사람이 있다는 것을 아는 것만으로도 길이 짧아질 때가 있습니다.",
        "Sometimes a road grows shorter just from knowing that someone is waiting.",
    ),
    (
        "여러분이 웃으시는 날이 하루라도 더 많기를 바랍니다.",
        "I hope that there will be more days on which you laugh.",
    ),
)
DETAILS = (
    ("우리 집 문 옆에는 빈 걸상이 하나 있습니다.", "There is an empty stool beside our door."),
    ("부엌에서는 국이 끓고 고양이가 잠을 잡니다.", "Soup is simmering in the kitchen and the cat is asleep."),
    ("이곳의 바람에서는 소금 냄새가 납니다.", "The wind here smells of salt."),
    ("막내는 여러분께 그림을 그려 드리겠다고 합니다.", "My youngest wants to draw you a picture."),
    ("오늘 밤에는 별이 아주 많습니다.", "There are very many stars tonight."),
    ("내일은 감자를 캐는 날입니다.", "Tomorrow is the day we dig potatoes."),
    ("아버지가 쓰시던 만년필로 이 글을 씁니다.", "I am writing with the pen my father used."),
    ("첫눈이 와서 온 동네가 조용합니다.", "The first snow has come and the whole street is quiet."),
)
CLOSINGS = (
    ("부디 몸 건강히 지내시고, 잠자리가 따뜻하기를 빕니다.", "Please keep well. I hope that you sleep in the warm."),
    (
        "오늘 밤 편히 주무시고, 아침에 좋은 소식을 들으시기를 빕니다.",
        "I wish you a good night, and good news in the morning.",
    ),
    (
        "만날 날을 바랍니다. 그날까지 여러분을 생각하겠습니다.",
        "I hope for the day we meet. Until then I will think of you.",
    ),
    ("답장이 없어도 다음 달에 한 장을 더 쓰겠습니다.", "Even without an answer I will write another page next month."),
    ("여러분과 여러분이 사랑하는 사람들의 평안을 빕니다.", "I wish you peace, and peace to those you love."),
)
SENDERS = (
    ("안나", "Anna", "PL"), ("마리아", "Maria", "BR"), ("존", "John", "US"), ("유키", "Yuki", "JP"),
    ("피에르", "Pierre", "FR"), ("아미나", "Amina", "KE"), ("라르스", "Lars", "SE"), ("소피아", "Sofia", "MX"),
    ("카를", "Karl", "DE"), ("누르", "Noor", "AE"), ("티엔", "Tien", "VN"), ("루카", "Luca", "IT"),
    ("엘레나", "Elena", "RO"), ("시포", "Sipho", "ZA"), ("프리야", "Priya", "IN"), ("오윤", "Oyuun", "MN"),
    ("메리", "Mary", "IE"), ("다리나", "Daryna", "UA"), ("호세", "José", "ES"),
)  # fmt: skip
KOREAN_SENDERS = (
    ("영희", "Yeonghui", "KR"), ("순옥", "Sunok", "KR"), ("지훈", "Jihun", "KR"), ("말순", "Malsun", "US"),
    ("민재", "Minjae", "KR"), ("은지", "Eunji", "CA"), ("동수", "Dongsu", "KR"),
)  # fmt: skip


def grown(count: int) -> Iterator[GrownLetter]:
    """Yield short letters, the same for the same number; the steps have no common factor, so that they vary."""
    groups = (GREETINGS, WRITERS, MOMENTS, THOUGHTS, DETAILS, CLOSINGS)
    # Sentences are joined in pairs first, so that a letter costs three look-ups and not six.
    pairs = [
        [(f"{a_ko} {b_ko}", f"{a_en} {b_en}") for a_ko, a_en in first for b_ko, b_en in second]
        for first, second in zip(groups[::2], groups[1::2], strict=True)
    ]
    opening, middle, end = pairs
    for i in range(count):
        open_ko, open_en = opening[i * 31 % len(opening)]
        middle_ko, middle_en = middle[i * 53 % len(middle)]
        end_ko, end_en = end[i * 7 % len(end)]
        body_ko = f"{open_ko}\n\n{middle_ko}\n\n{end_ko}"
        body_en = f"{open_en}\n\n{middle_en}\n\n{end_en}"
        if i % 3:
            name_ko, name_en, country = SENDERS[i % 19]
            yield GrownLetter(body_en, "en", body_ko, body_en, name_ko, name_en, country)
        else:
            name_ko, name_en, country = KOREAN_SENDERS[i % 7]
            yield GrownLetter(body_ko, "ko", body_ko, body_en, name_ko, name_en, country)
