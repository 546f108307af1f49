"""Mail from all over: German, French, Japanese, Chinese, Russian, Arabic, Hebrew, Spanish, Korean, Greek, Hindi."""

from .letter import Letter, ago, page

JULIA = "Julia Köster <j.koester@seezeichen.example>"
CAMILLE = "Camille Lefèvre <camille.lefevre@musee-du-phare.example>"
YUKI = "佐藤 由紀 <yuki.sato@todai-museum.example>"


def letters() -> list[Letter]:
    return [*GERMAN, *FRENCH, *JAPANESE, *OTHERS]


GERMAN = (
    Letter(
        key="de-1",
        sender=JULIA,
        age=ago(3, 7),
        subject="Leihgabe: Modell des Feuerschiffs „Elbe 3“",
        text="""
Liebe Robin,

das Modell ist gereinigt und reisefertig. Wir haben die Takelage gesichert und eine Kiste nach Maß gebaut, sie riecht
noch nach Lärche. Der Leihvertrag kommt mit der Post, ganz altmodisch, mit Siegel.

Übrigens: Das kleine Licht am Bug brennt tatsächlich, man muss nur sehr vorsichtig am Mast drehen.

Herzliche Grüße aus Cuxhaven
Julia Köster
""",
        flags="seen answered",
    ),
    Letter(
        key="de-2",
        sender="Robin Hale <demo@example.org>",
        age=ago(3, 1),
        answers="de-1",
        mailbox="sent",
        text="""
Liebe Julia,

wie schön! Wir drehen nur am Mast, wenn Du dabei bist: Komm doch zur Eröffnung, es gibt Suppe.

Viele Grüße
Robin
""",
    ),
    Letter(
        key="de-3",
        sender=JULIA,
        age=ago(0, 3),
        answers="de-2",
        flags="",
        text="""
Suppe überzeugt mich immer. Ich komme mit dem Zug um 16:12 Uhr und bringe Fischbrötchen mit, nur für den Fall.

Bis Samstag!
Julia
""",
    ),
)

FRENCH = (
    Letter(
        key="fr-1",
        sender=CAMILLE,
        age=ago(6, 9),
        subject="Prêt de la carte marine de 1854",
        text="""
Bonjour Robin,

la carte est prête à voyager. Elle ne supporte ni la lumière vive ni l'humidité, mais elle adore qu'on la regarde :
cinquante lux au maximum, s'il vous plaît, et un peu d'émerveillement.

J'ai glissé dans l'étui la lettre du cartographe à sa sœur. Il s'y plaint du vent, du café et de l'Amirauté.

Bien à vous,
Camille Lefèvre
""",
        flags="seen flagged",
    ),
    Letter(
        key="fr-2",
        sender=CAMILLE,
        age=ago(1, 7),
        answers="fr-1",
        quotes=False,
        text="""
Petit ajout : le transporteur passera mardi à dix heures. Il s'appelle Gaël, il est très ponctuel et il chante.

Camille
""",
    ),
)

JAPANESE = (
    Letter(
        key="ja-1",
        sender=YUKI,
        age=ago(4, 11),
        zone=9,
        subject="灯台レンズの展示について",
        text="""
ヘイル様

お世話になっております。灯台博物館の佐藤です。

先日はレンズの写真をお送りいただき、ありがとうございました。たいへん美しく、館内でも話題になっております。
来年の春、こちらの企画展でも同じ時代のレンズを紹介する予定です。もしよろしければ、解説文の一部を翻訳して
使わせていただけないでしょうか。

お忙しいところ恐れ入りますが、ご検討のほどよろしくお願いいたします。

佐藤 由紀
""",
        flags="seen answered",
    ),
    Letter(
        key="ja-2",
        sender=YUKI,
        age=ago(0, 14),
        zone=9,
        answers="ja-1",
        quotes=False,
        flags="",
        text="""
ヘイル様

早速のお返事をありがとうございます。翻訳の原稿を来週お送りします。
東京にいらっしゃる際は、ぜひ灯台へご案内させてください。夕方の光が一番きれいです。

佐藤
""",
    ),
)

ARABIC = """
<div dir="rtl" lang="ar" style="padding:24px;font-size:17px;line-height:1.9">
<p>عزيزي روبن،</p>
<p>وصلتني صور المعرض، وهي رائعة حقًا. ذكّرني الضوء بمنارة الإسكندرية التي كان جدي يحكي لنا عنها كل مساء.</p>
<p>سأزوركم في الربيع إن شاء الله، وسأحضر معي قهوة من بيروت وخريطة قديمة للميناء.</p>
<p>مع أطيب التحيات،<br>ليلى منصور</p>
</div>
"""

OTHERS = (
    Letter(
        key="ar-1",
        sender="ليلى منصور <layla@mansour.example>",
        age=ago(2, 9),
        zone=3,
        subject="صور المعرض",
        text="""
عزيزي روبن،

وصلتني صور المعرض، وهي رائعة حقًا. ذكّرني الضوء بمنارة الإسكندرية التي كان جدي يحكي لنا عنها كل مساء.

سأزوركم في الربيع إن شاء الله، وسأحضر معي قهوة من بيروت وخريطة قديمة للميناء.

مع أطيب التحيات،
ليلى منصور
""",
        html=page(ARABIC),
        flags="",
    ),
    Letter(
        key="zh-1",
        sender="陈思远 <siyuan.chen@hanghai.example>",
        age=ago(5, 13),
        zone=8,
        subject="关于航海仪器的交流",
        text="""
罗宾，您好！

感谢您寄来的展览目录，我们全馆的同事都读过了。您对六分仪的说明写得特别清楚，连我十岁的女儿都看懂了。

我们正在整理一批清代的罗盘，明年夏天准备展出。不知您是否愿意为目录写一篇短文？题目由您来定，一千字左右。

祝开幕顺利！

陈思远
泉州航海博物馆
""",
    ),
    Letter(
        key="ru-1",
        sender="Ольга Соколова <olga@mayak-archive.example>",
        age=ago(7, 6),
        zone=3,
        subject="Фотографии маяка, 1911 год",
        text="""
Здравствуйте, Робин!

В архиве нашлись ещё три снимка: смотритель с собакой, шторм в октябре и самый первый зажжённый фонарь. Собаку звали
Компас, об этом есть запись на обороте.

Качество удивительно хорошее. Пришлю сканы в пятницу, как только вернусь с Кольского полуострова.

С уважением,
Ольга Соколова
""",
    ),
    Letter(
        key="es-1",
        sender="Lucía Fuentes <lucia@gacetadelpuerto.example>",
        age=ago(1, 1),
        subject="¿Una entrevista el viernes?",
        text="""
Hola, Robin:

me encantaría escribir sobre la lente antes de la inauguración. ¿Tendrías veinte minutos el viernes por la mañana, en el
muelle, con viento y todo? Prometo no preguntar cuánto costó.

Un saludo,
Lucía
""",
        flags="",
    ),
    Letter(
        key="ko-1",
        sender="김하늘 <haneul.kim@badabook.example>",
        age=ago(12, 10),
        zone=9,
        mailbox="archive",
        subject="등대 그림책 잘 받았습니다",
        text="""
안녕하세요, 로빈 님.

보내 주신 등대 그림책이 오늘 도착했습니다. 아이들과 함께 읽었는데, 다들 안개 낀 밤 장면을 제일 좋아했어요.
다음 달에 저희 책방에서 작은 낭독회를 열려고 합니다.

고맙습니다.
김하늘 드림
""",
    ),
    Letter(
        key="el-1",
        sender="Νίκος Παππάς <nikos@faros.example>",
        age=ago(14, 8),
        zone=2,
        mailbox="archive",
        subject="Ο φάρος της Άνδρου",
        text="""
Αγαπητέ Ρόμπιν,

ο φάρος άναψε ξανά μετά από σαράντα χρόνια. Όλο το χωριό ήταν εκεί, ακόμα και ο παπάς με τη βάρκα του.

Θα σου στείλω φωτογραφίες μόλις στεγνώσει η μηχανή.

Νίκος
""",
    ),
    Letter(
        key="hi-1",
        sender="अनिका शर्मा <anika@sagar-samiti.example>",
        age=ago(18),
        zone=5,
        mailbox="archive",
        subject="आपकी पुस्तक के लिए धन्यवाद",
        text="""
प्रिय रॉबिन,

आपकी पुस्तक मिल गई, बहुत-बहुत धन्यवाद। समुद्र से इतनी दूर रहकर भी मुझे लहरों की आवाज़ सुनाई दी।

शुभकामनाओं सहित,
अनिका
""",
    ),
    Letter(
        key="he-1",
        sender="נועה ברק <noa@barak.example>",
        age=ago(22),
        zone=2,
        mailbox="archive",
        subject="תמונה מהנמל",
        text="""
רובין שלום,

מצאתי באלבום של סבתא תמונה של הנמל הישן, עם הפנס הירוק. חשבתי שתשמח לראות אותה. אסרוק ואשלח בשבוע הבא.

נועה
""",
    ),
)
