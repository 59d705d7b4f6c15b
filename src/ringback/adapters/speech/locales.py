"""The languages of espeak-ng as locales: BCP 47 with the region where most of its speakers are reached.

Within a language the locale that a bare tag means comes first (CLDR's likely subtags: `pt` is Brazilian), within a
locale its standard; another dialect of it has a name (`:Scottish`), which its voices bear.

Left out are the invented languages of films and languages whose dictionary is not in the wheel (Faroese, Karakalpak).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

_TABLE: Final = """
af af-ZA Afrikaans (South Africa)
am am-ET Amharic (Ethiopia)
an an-ES Aragonese (Spain)
ar ar-SA Arabic (Saudi Arabia)
as as-IN Assamese (India)
az az-AZ Azerbaijani (Azerbaijan)
ba ba-RU Bashkir (Russia)
be be-BY Belarusian (Belarus)
bg bg-BG Bulgarian (Bulgaria)
bn bn-BD Bengali (Bangladesh)
bpy bpy-IN Bishnupriya Manipuri (India)
bs bs-BA Bosnian (Bosnia and Herzegovina)
ca ca-ES Catalan (Spain)
ca-ba ca-ES:Balearic Catalan (Spain)
ca-nw ca-ES:NorthWestern Catalan (Spain)
ca-va ca-ES:Valencian Catalan (Spain)
chr-US-Qaaa-x-west chr-US Cherokee (United States)
cmn zh-CN Chinese (Mandarin, China)
cmn-latn-pinyin zh-Latn-CN Chinese (Latin, China)
cs cs-CZ Czech (Czechia)
cv cv-RU Chuvash (Russia)
cy cy-GB Welsh (United Kingdom)
da da-DK Danish (Denmark)
de de-DE German (Germany)
el el-GR Greek (Greece)
en-us en-US English (United States)
en-us-nyc en-US:NewYork English (United States)
en-gb en-GB English (United Kingdom)
en-gb-x-rp en-GB:Received English (United Kingdom)
en-gb-scotland en-GB:Scottish English (United Kingdom)
en-gb-x-gbclan en-GB:Lancastrian English (United Kingdom)
en-gb-x-gbcwmd en-GB:WestMidland English (United Kingdom)
en-029 en-029 English (Caribbean)
en-shaw en-Shaw-GB English (Shavian, United Kingdom)
eo eo-001 Esperanto (World)
es es-ES Spanish (Spain)
es-419 es-419 Spanish (Latin America)
et et-EE Estonian (Estonia)
eu eu-ES Basque (Spain)
fa fa-IR Persian (Iran)
fa-latn fa-Latn-IR Persian (Latin, Iran)
fi fi-FI Finnish (Finland)
fr-fr fr-FR French (France)
fr-be fr-BE French (Belgium)
fr-ch fr-CH French (Switzerland)
ga ga-IE Irish (Ireland)
gd gd-GB Scottish Gaelic (United Kingdom)
gn gn-PY Guarani (Paraguay)
grc grc-GR Ancient Greek (Greece)
gu gu-IN Gujarati (India)
hak hak-CN Hakka Chinese (China)
haw haw-US Hawaiian (United States)
he he-IL Hebrew (Israel)
hi hi-IN Hindi (India)
hr hr-HR Croatian (Croatia)
ht ht-HT Haitian Creole (Haiti)
hu hu-HU Hungarian (Hungary)
hy hy-AM Armenian (Armenia)
hyw hyw-AM Western Armenian (Armenia)
ia ia-001 Interlingua (World)
id id-ID Indonesian (Indonesia)
io io-001 Ido (World)
is is-IS Icelandic (Iceland)
it it-IT Italian (Italy)
ja ja-JP Japanese (Japan)
jbo jbo-001 Lojban (World)
ka ka-GE Georgian (Georgia)
kk kk-KZ Kazakh (Kazakhstan)
kl kl-GL Greenlandic (Greenland)
kn kn-IN Kannada (India)
ko ko-KR Korean (South Korea)
kok kok-IN Konkani (India)
ku ku-TR Kurdish (Turkey)
ky ky-KG Kyrgyz (Kyrgyzstan)
la la-VA Latin (Vatican City)
lb lb-LU Luxembourgish (Luxembourg)
lfn lfn-001 Lingua Franca Nova (World)
lt lt-LT Lithuanian (Lithuania)
ltg ltg-LV Latgalian (Latvia)
lv lv-LV Latvian (Latvia)
mi mi-NZ Maori (New Zealand)
mk mk-MK Macedonian (North Macedonia)
ml ml-IN Malayalam (India)
mr mr-IN Marathi (India)
ms ms-MY Malay (Malaysia)
mt mt-MT Maltese (Malta)
mto mto-MX Totontepec Mixe (Mexico)
my my-MM Burmese (Myanmar)
nb nb-NO Norwegian Bokmål (Norway)
nci nci-MX Classical Nahuatl (Mexico)
ne ne-NP Nepali (Nepal)
nl nl-NL Dutch (Netherlands)
nog nog-RU Nogai (Russia)
om om-ET Oromo (Ethiopia)
or or-IN Odia (India)
pa pa-IN Punjabi (India)
pap pap-CW Papiamento (Curaçao)
pl pl-PL Polish (Poland)
pt-br pt-BR Portuguese (Brazil)
pt pt-PT Portuguese (Portugal)
qu qu-PE Quechua (Peru)
quc quc-GT K'iche' (Guatemala)
ro ro-RO Romanian (Romania)
ru ru-RU Russian (Russia)
ru-cl ru-RU:Classic Russian (Russia)
ru-lv ru-LV Russian (Latvia)
sd sd-PK Sindhi (Pakistan)
shn shn-MM Shan (Myanmar)
si si-LK Sinhala (Sri Lanka)
sk sk-SK Slovak (Slovakia)
sl sl-SI Slovenian (Slovenia)
smj smj-SE Lule Sami (Sweden)
sq sq-AL Albanian (Albania)
sr sr-RS Serbian (Serbia)
sv sv-SE Swedish (Sweden)
sw sw-KE Swahili (Kenya)
ta ta-IN Tamil (India)
te te-IN Telugu (India)
th th-TH Thai (Thailand)
ti ti-ET Tigrinya (Ethiopia)
tk tk-TM Turkmen (Turkmenistan)
tn tn-ZA Setswana (South Africa)
tr tr-TR Turkish (Turkey)
tt tt-RU Tatar (Russia)
ug ug-CN Uyghur (China)
uk uk-UA Ukrainian (Ukraine)
ur ur-PK Urdu (Pakistan)
uz uz-UZ Uzbek (Uzbekistan)
vi vi-VN Vietnamese (Vietnam)
vi-vn-x-central vi-VN:Central Vietnamese (Vietnam)
vi-vn-x-south vi-VN:Southern Vietnamese (Vietnam)
yue zh-HK Chinese (Cantonese, Hong Kong)
"""


class Dialect(msgspec.Struct, frozen=True):
    """What a language of espeak-ng is for us."""

    locale: str
    """BCP 47, such as `en-GB`."""
    description: str
    """Of the locale, such as `English (United Kingdom)`."""
    name: str = ""
    """Such as `Scottish`; empty for the standard of the locale."""


def _rows() -> Mapping[str, Dialect]:
    found = {}
    for line in _TABLE.strip().splitlines():
        language, where, description = line.split(maxsplit=2)
        locale, _, name = where.partition(":")
        found[language] = Dialect(locale, description, name)
    return MappingProxyType(found)


LOCALES: Final = _rows()
"""By espeak-ng's language, in order of preference within a locale and within a language."""
