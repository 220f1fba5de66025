"""Beginnings of words, by language: with which a sentence assesses, how it tells of an election that took place, and what
a sentence speaks of that may stand in a release with a text of its own. Uzbek and Kazakh are written in two alphabets."""

from __future__ import annotations

JUDGING = {
    "tr": "özgür|serbest|adil|adalet|hakkaniyet|şeffaf|demokratik|uygun(?:du| olarak| şekilde| biçimde)|ihlal|usulsüz|hile|katılım oran"
    "|yüksek katılım|gözlemle[dn]|gözlemlemiş|tespit|not etti|kaydetti|barışçıl|huzur|sakin|sükunet|düzgün|düzenli|sorun|olay"
    "|kusur|başarı|yasal(?:dı|ara\\b)|yasalara|kanunlara|kanuna|hukuka|meşru|geçerli(?! (?:akredit|basın|kimlik|pasaport))|geçersiz"
    "|şikayet|itiraz|baskı|tehdit|engel(?!li)|sahte|kazan(?:dı|an|mış)|galip|zafer|kutla|tebrik|takdir(?!de)|memnun|yüzde|çoğunlu"
    "|herkes|kimse|hiç|her şey|güven(?!lik)|iyi|mükemmel|örnek|dürüst|olgunluk|seçildi|kurallara|standart",
    "az": "azad|ədalət|şəffaf|demokratik|uyğun(?: olaraq| şəkildə|dur)|qanuna|qanuni|pozun|fəallı|müşahidə et[dm]|müşahidə olun(?:d|m)"
    "|qeyd et|sakit|əmin-aman|dinc|düzgün|dürüst|mütəşəkkil|uğur|nöqsan|şikayət|iradlar|irad (?:yox|bild|olm)|saxta|təzyiq|maneə"
    "|qələbə|qalib|təbrik|etibarlı|etibarsız|yüksək (?:fəal|səviy|işt)|faiz|hamı|heç|hər şey|yaxşı|nümunəvi|razı|məmnun|legitim",
    "kk": "еркін|әділ|ашық (?:әрі|және|өт|түрде)|ашықтық|айқын|демократиял|сәйкес(?: өт| болд|тік)|заңды|заңсыз|заңға|бұз(?:ыл|у|д|б)"
    "|белсенділ|байқа(?:д|ғ|лд|лм)|анықта(?:д|лд|лм)|бейбіт|тыныш|сабырлы|тәртіпті|ұйымшыл|ескертуле|ескерту (?:жоқ|болм|бар)|шағым"
    "|кедергі|қысым|жалған|бұрмала|жең(?:іс|ді|іл)|құттықта|жақсы|сәтті|табыс|үлгілі|пайыз|ешкім|ештеңе|ешқандай|бәрі|жарамды|жарамсыз"
    "|сенім|риза|разы|адал|легитим|erkin|ädil|aşyq|ashyq|demokratial|zañdy|buzyl|beibit|tynyş|tynysh",
    "ky": "эркин|адилет|ачык(?: жана| өт|-айкын)|айкын|демократиял|ылайык(?: өт| болд| келд)|мыйзамд|мыйзамга|мыйзамсыз|мыйзам бузу"
    "|буз(?:уу|ул|ду)|активдүү|жигердүү|байка(?:д|г|лг|лд)|аныкта(?:д|лд|лг)|тынч|бейпил|тартиптүү|уюшкан|эскертүүлө|эскертүү (?:жок|болб|бар)"
    "|даттан|тоскоол|кысым|жасалма|бурмала|жең(?:иш|ди|ил)|куттук|жакшы|ийгилик|үлгүлүү|пайыз|эч ким|эч нерсе|эч кандай|баары|жарактуу"
    "|жараксыз|ишеним|ыраазы|чынчыл|адал|легитим",
    "uz": "erkin|adolat|adil|shaffof|ochiq(?:lik| va| o'tdi| o'tk)|oshkora|demokratik|muvofiq (?:o'tdi|o'tk|bo')|qonuniy|qonunga|qonunlarga"
    "|buzil|buzar|faolli[kg]|kuzat(?:di|ild|dik|ilm)|aniqla(?:di|nd|nm)|tinch|osoyishta|tartibli|uyushqoq|shikoyat|e'tiroz|bosim|to'siq"
    "|soxta|g'alaba|g'olib|tabrik|yaxshi|muvaffaqiyat|namunali|foiz|hech|hamma|haqiqiy|haqqoniy|halol|ishonch(?!li vakil)|mamnun|legitim"
    "|эркин|адолат|шаффоф|очиқ(?:лик| ва| ўтди)|ошкора|демократик|қонуний|қонунга|бузил|фаолли[кг]|кузат(?:ди|илд|илм)|аниқла(?:ди|нд|нм)"
    "|тинч|осойишта|тартибли|шикоят|эътироз|босим|тўсиқ|сохта|ғалаба|ғолиб|табрик|яхши|муваффақият|намунали|фоиз|ҳеч|ҳамма|ҳалол|мамнун",
    "tk": "erkin|azat|adalat|adyl|aç-açan|açyk(?:lyk| we| geç)|demokratik|laýyklykda geç|kanuny|kanuna|bozul|bozma|işjeňli|synlady"
    "|gözegçilik et(?:di|dik)|asuda|parahat|rahat|tertipli|guramaçylykly|şikaýat|nägile|basyş|päsgel|galp|ýeňiş|ýeňiji|gutla|gowy|oňat"
    "|üstünlik|nusgalyk|göterim|hiç|hemme|hakyky|dogruçyl|ynam|hoşal|kemçilik",
    "hu": "szabad|tisztesség|tiszta|átlátható|demokratikus|megfelel(?:t|ő|nek|en)|törvényes|jogszerű|jogellenes|szabályos|szabálytalan"
    "|szabályszerű|jogsért|visszaél|csalás|részvételi arány|megfigyelt(?:ék|ük|e)?\\b|megállapít|észlel|tapasztalt|békés|nyugodt|nyugalom"
    "|rendezett|rendben|zökkenőmentes|zavartalan|gördülékeny|kifogás|panasz|észrevétel|nyomás|megfélemlít|akadály|hamis|győz|nyert"
    "|gratulál|jól\\b|jó\\b|sikeres|siker|példás|kiváló|százalék|mindenki|senki|semmi|minden rend|érvényes(?! (?:sajtó|akkred|igaz|szemé))"
    "|érvénytelen|bizal|elégedett|hiteles|legitim|többség|incidens|probléma",
    "ru": "свободн|справедлив|прозрачн|демократич|соответств(?:ова|уе|ую)|соответствии с (?:закон|международн|национальн|стандарт)|нарушен"
    "|наруша|явк|отме(?:тил|ча)|констатир|зафиксир|выявл|мирн|спокойн|честн|открыто\\b|организован(?:но|ы|о|а)?\\b|законн|соблюд|легитимн"
    "|действительн|недействительн|замечани[йя]|жалоб|претензи|фальсифик|вброс|подкуп|давлени|принужд|запуг|препятств|помех|инцидент"
    "|происшеств|проблем|недостатк|успешн|успех|хорош|отличн|образцов|достойн|гладк|штатн|поздравл|победи|победа|победу|победой|проигр"
    "|избран(?:а|ы)?\\b|высок\\w* (?:явк|актив|уров)|активност|процент|большинств|все (?:избират|гражд|участк)|никто|ничего|ничто|никак"
    "|проголосова|итог(?!\\w* (?:наблюд|работ|мисси))|очеред|довери[ея]|уверен|доволь|довол[ен]|поздрав|пересч[её]т|аннулир|удовлетвор|оцени|приветству|благополучн|лучш",
}
"""Words that assess, that say whether the law was kept, or that speak of all, of nobody or of shares."""

VOTING = {
    "tr": "seçim|oylama|oy ver|oy kullan|sandık|sayım|seçmen|komisyon|kampanya|oy pusula|halk",
    "az": "seçki|səsvermə|səs ver|seçici|məntəqə|komissiya|təşviqat|bülleten|səslərin say",
    "kk": "сайлау|дауыс|учаске|комиссия|бюллетен|үгіт|sailau|saılaý|daýys",
    "ky": "шайлоо|добуш|участка|комиссия|бюллетен|үгүт",
    "uz": "saylov|ovoz|uchastka|komissiya|byulleten|tashviqot|сайлов|овоз|участка|комиссия|бюллетен",
    "tk": "saýlaw|ses ber|uçastok|býulleten",
    "hu": "választás|választó|szavaz|számlál|urn|bizottság|kampány",
    "ru": "выбор|голос|подсч|избират|участк|комисси|бюллетен|агитац|народ",
}
TOOK_PLACE = {
    "tr": "yapıldı|geçti|geçmiş|gerçekleş(?:ti|tiril(?:di|miş))|oldu(?!kt)|tamamlandı(?!kt)|başladı(?!kt)|sona erdi(?!kt)|bitti(?!kt)"
    "|sürdü|devam e|ilerledi|yürütüldü|işledi|çalıştı|açıldı(?!kt)|kapandı(?!kt)|görüldü|sağlandı",
    "az": "keçdi|keçib|keçirildi|keçirilib|oldu(?!qd)|olub\\b|baş tutdu|başa çat|başladı(?!qd)|başlayıb|bitdi|davam ed|yekunlaşdı|təmin olun"
    "|açıldı|bağlandı|işlədi",
    "kk": "өтті|өткізілді|болды|аяқталды|басталды|жүрді|жүргізілді|ашылды|жабылды|қамтамасыз|сақталды|өтуде|ötti|boldy|aiaqtaldy",
    "ky": "өттү|өткөрүлдү|болду|аяктады|башталды|жүрдү|жүргүзүлдү|ачылды|жабылды|камсыз|сакталды",
    "uz": "o'tdi|o'tkazildi|bo'ldi|yakunlandi|tugadi|boshlandi|ochildi|yopildi|ta'minla|saqlandi|ўтди|ўтказилди|бўлди|якунланди|тугади"
    "|бошланди|очилди|ёпилди|таъминла",
    "tk": "geçdi|geçirildi|boldy|tamamlandy|başlandy|açyldy|ýapyldy|üpjün|gutardy",
    "hu": "zajl(?:ott|ik)|volt(?:ak)?\\b|lezajl|folyt|történt|befejeződ(?:ött|tek)|zárult|kezdődött|nyit(?:ott|ották)|zár(?:t|tak)\\b"
    "|működ(?:ött|tek)|ment(?:ek)?\\b|lett(?:ek)?\\b|biztosít(?:ott|ották)",
    "ru": "прош(?:л|ед)|прохо(?:дил|дят|дит)|состоял|заверш(?:ил|ен(?:ы|о|а)?\\b)|закончил|начал(?:ся|ось|ись|ась)|откры(?:л|т(?:ы|а|о)?\\b)"
    "|закры(?:л|т(?:ы|а|о)?\\b)|был[аои]?\\b(?! (?:приглаш|аккред|направл|создан|сформир|назначен))|протека|идут|идет|работал|голосовал"
    "|действовал|обеспеч|проведен[аоы]?\\b|провод(?:ятся|ится|ил)|показал|стал[аои]?\\b|сказал",
}
"""With a word of `VOTING` in the same sentence these say how it went."""

SPEAKING_OF = {
    "en": "mission|observers?|observation|delegation|head of|deputy head|ambassador|secretary|secretariat|members?|media|press|journalists?"
    "|reporters?|correspondents?|statement|text|draft|release|paragraph|annex|paper|document|website|newsroom|page|conference|briefing"
    "|interview|interpret|accredit|register|registration|contact|e-?mail|telephone|phone|invit|memorandum|programme|agenda|schedule|doors"
    "|venue|place:|time:|date:|when:|where:|who:|what:|embargo|questions?|thank|council|organi[sz]ation|leak",
    "tr": "heyet|misyon|gözlem|büyükelçi|başkan|üye|basın|medya|gazeteci|muhabir|açıklama|duyuru|bildiri|beyan|metin|metn|belge|ek\\b|eki\\b"
    "|sayfa|site|akredit|kayıt|iletişim|telefon|e-?posta|toplantı|brifing|soru|davet|program|konsey|teşkilat|sekret|tercüme|çeviri"
    "|tarih|saat|yer|dil|teşekkür|planlan|yapılacak|düzenlenecek|paragraf",
    "az": "missiya|heyət|müşahid|səfir|rəhbər|üzv|mətbuat|media|jurnalist|müxbir|bəyanat|açıqlama|məlumat|elan|mətn|sənəd|əlavə|səhifə|sayt"
    "|akkredit|qeydiyyat|əlaqə|telefon|e-poçt|konfrans|brifinq|sual|dəvət|proqram|şura|təşkilat|katib|tərcümə|tarix|saat|yer|dil"
    "|təşəkkür|keçiriləcək",
    "kk": "миссия|байқаушы|делегация|елші|басшы|мүше|баспасөз|бақ\\b|журналист|тілші|мәлімдеме|хабарлама|мәтін|құжат|қосымша|бет|сайт"
    "|аккредит|тірке|байланыс|телефон|пошта|конференция|брифинг|сұрақ|шақыр|бағдарлама|кеңес|ұйым|хатшы|аударма|күні|уақыт|сағат|орны"
    "|өткізіле|өтеді|алғыс|missia|baspasöz|mälimdeme|baıqaýshy|jurnalist|telefon",
    "ky": "миссия|байкоочу|делегация|элчи|жетекчи|башчы|мүчө|басма|жмк|журналист|кабарчы|билдирүү|билдирме|текст|документ|тиркеме|бет|сайт"
    "|аккредит|катто|байланыш|телефон|почта|конференция|брифинг|суроо|чакыр|программа|кеңеш|уюм|катчы|котормо|күнү|убак|саат|орду|өткөрүлө"
    "|өтөт|рахмат|ыраазычыл",
    "uz": "missiya|kuzatuvchi|delegatsiya|elchi|rahbar|a'zo|matbuot|media|oav\\b|jurnalist|muxbir|bayonot|xabar|matn|hujjat|ilova|sahifa|sayt"
    "|akkredit|ro'yxat|aloqa|telefon|pochta|anjuman|konferensiya|brifing|savol|taklif|dastur|kengash|tashkilot|kotib|tarjima|sana|vaqt"
    "|soat|joy|o'tkaziladi|rahmat|tashakkur|миссия|кузатувчи|делегация|элчи|раҳбар|аъзо|матбуот|журналист|мухбир|баёнот|хабар|матн|ҳужжат"
    "|илова|саҳифа|сайт|аккредит|рўйхат|алоқа|телефон|почта|анжуман|конференция|брифинг|савол|таклиф|дастур|кенгаш|ташкилот|таржима|сана"
    "|вақт|соат|жой|ўтказилади",
    "tk": "missiýa|synçy|wekiliýet|ilçi|ýolbaşçy|agza|metbugat|media|žurnalist|habarçy|beýanat|habar|bildiriş|tekst|resminama|goşundy|sahypa"
    "|saýt|akkredit|hasaba|aragatnaşyk|telefon|poçta|konferensiýa|maslahat|brifing|sorag|çakyl|maksatnama|geňeş|gurama|terjime|senesi"
    "|wagty|sagat|ýeri|sag bol|minnetdar",
    "hu": "misszió|küldöttség|megfigyelő|nagykövet|vezető|tagja|sajtó|média|újságíró|tudósító|nyilatkozat|közlemény|szöveg|dokumentum"
    "|melléklet|oldal|honlap|akkredit|regisztr|kapcsolat|elérhetőség|telefon|e-mail|konferencia|tájékoztató|kérdés|meghív|program|tanács"
    "|szervezet|titkár|tolmács|fordítás|dátum|időpont|helyszín|nyelv|köszön|bekezdés",
    "ru": "мисси|наблюдател|наблюдени|делегац|посол|глав[аыу]|руководител|член|пресс|сми\\b|журналист|корреспондент|репорт|заявлени|сообщени"
    "|текст|документ|приложени|страниц|сайт|аккредит|регистр|контакт|телефон|почт|конференц|брифинг|вопрос|приглаш|программ|совет"
    "|организац|секретар|перевод|дата|время|место|язык|спасибо|благодар|пункт|абзац",
}
"""What such a text is about: the Mission, its people, its papers, and how the media meet them."""
