// Names that people use in two languages and in several cases: cities, countries, currencies, languages, units, tickers.

/** A row is "English | Russian | code"; further spellings follow a comma. A city's code is its IANA time zone. */
export const cities = `
Moscow|Москва,мск|Europe/Moscow
Saint Petersburg,St. Petersburg,St Petersburg,Petersburg|Санкт-Петербург,Петербург,Питер,спб|Europe/Moscow
Novosibirsk|Новосибирск|Asia/Novosibirsk
Yekaterinburg,Ekaterinburg|Екатеринбург|Asia/Yekaterinburg
Kazan|Казань|Europe/Moscow
Nizhny Novgorod|Нижний Новгород|Europe/Moscow
Samara|Самара|Europe/Samara
Omsk|Омск|Asia/Omsk
Rostov-on-Don,Rostov|Ростов-на-Дону,Ростов|Europe/Moscow
Ufa|Уфа|Asia/Yekaterinburg
Krasnoyarsk|Красноярск|Asia/Krasnoyarsk
Voronezh|Воронеж|Europe/Moscow
Perm|Пермь|Asia/Yekaterinburg
Volgograd|Волгоград|Europe/Volgograd
Sochi|Сочи|Europe/Moscow
Tver|Тверь|Europe/Moscow
Tula|Тула|Europe/Moscow
Murmansk|Мурманск|Europe/Moscow
Kaliningrad|Калининград|Europe/Kaliningrad
Irkutsk|Иркутск|Asia/Irkutsk
Vladivostok|Владивосток|Asia/Vladivostok
Khabarovsk|Хабаровск|Asia/Vladivostok
Tomsk|Томск|Asia/Tomsk
Chelyabinsk|Челябинск|Asia/Yekaterinburg
Krasnodar|Краснодар|Europe/Moscow
Yakutsk|Якутск|Asia/Yakutsk
Ryazan|Рязань|Europe/Moscow
Yaroslavl|Ярославль|Europe/Moscow
Tyumen|Тюмень|Asia/Yekaterinburg
Saratov|Саратов|Europe/Saratov
Barnaul|Барнаул|Asia/Barnaul
Izhevsk|Ижевск|Europe/Samara
Vladimir|Владимир|Europe/Moscow
Suzdal|Суздаль|Europe/Moscow
Pskov|Псков|Europe/Moscow
Smolensk|Смоленск|Europe/Moscow
Astrakhan|Астрахань|Europe/Astrakhan
Penza|Пенза|Europe/Moscow
Chita|Чита|Asia/Chita
Arkhangelsk|Архангельск|Europe/Moscow
Petrozavodsk|Петрозаводск|Europe/Moscow
Vologda|Вологда|Europe/Moscow
Kaluga|Калуга|Europe/Moscow
Stavropol|Ставрополь|Europe/Moscow
Makhachkala|Махачкала|Europe/Moscow
Grozny|Грозный|Europe/Moscow
Yalta|Ялта|Europe/Simferopol
Sevastopol|Севастополь|Europe/Simferopol
Tolyatti|Тольятти|Europe/Samara
Minsk|Минск|Europe/Minsk
Kyiv,Kiev|Киев|Europe/Kyiv
Almaty|Алматы,Алма-Ата|Asia/Almaty
Astana|Астана|Asia/Almaty
Tashkent|Ташкент|Asia/Tashkent
Tbilisi|Тбилиси|Asia/Tbilisi
Yerevan|Ереван|Asia/Yerevan
Baku|Баку|Asia/Baku
Bishkek|Бишкек|Asia/Bishkek
Riga|Рига|Europe/Riga
Vilnius|Вильнюс|Europe/Vilnius
Tallinn|Таллин,Таллинн|Europe/Tallinn
London|Лондон|Europe/London
Paris|Париж|Europe/Paris
Berlin|Берлин|Europe/Berlin
Munich|Мюнхен|Europe/Berlin
Hamburg|Гамбург|Europe/Berlin
Frankfurt|Франкфурт|Europe/Berlin
Rome|Рим|Europe/Rome
Milan|Милан|Europe/Rome
Venice|Венеция|Europe/Rome
Florence|Флоренция|Europe/Rome
Madrid|Мадрид|Europe/Madrid
Barcelona|Барселона|Europe/Madrid
Lisbon|Лиссабон|Europe/Lisbon
Vienna|Вена|Europe/Vienna
Prague|Прага|Europe/Prague
Warsaw|Варшава|Europe/Warsaw
Budapest|Будапешт|Europe/Budapest
Belgrade|Белград|Europe/Belgrade
Athens|Афины|Europe/Athens
Amsterdam|Амстердам|Europe/Amsterdam
Brussels|Брюссель|Europe/Brussels
Zurich,Zürich|Цюрих|Europe/Zurich
Geneva|Женева|Europe/Zurich
Stockholm|Стокгольм|Europe/Stockholm
Oslo|Осло|Europe/Oslo
Copenhagen|Копенгаген|Europe/Copenhagen
Helsinki|Хельсинки|Europe/Helsinki
Dublin|Дублин|Europe/Dublin
Istanbul|Стамбул|Europe/Istanbul
Antalya|Анталья|Europe/Istanbul
Dubai|Дубай|Asia/Dubai
Tel Aviv|Тель-Авив|Asia/Jerusalem
Jerusalem|Иерусалим|Asia/Jerusalem
Cairo|Каир|Africa/Cairo
Nairobi|Найроби|Africa/Nairobi
Cape Town|Кейптаун|Africa/Johannesburg
Delhi,New Delhi|Дели,Нью-Дели|Asia/Kolkata
Mumbai|Мумбаи|Asia/Kolkata
Bangkok|Бангкок|Asia/Bangkok
Singapore|Сингапур|Asia/Singapore
Beijing|Пекин|Asia/Shanghai
Shanghai|Шанхай|Asia/Shanghai
Hong Kong|Гонконг|Asia/Hong_Kong
Tokyo|Токио|Asia/Tokyo
Osaka|Осака|Asia/Tokyo
Kyoto|Киото|Asia/Tokyo
Seoul|Сеул|Asia/Seoul
Sydney|Сидней|Australia/Sydney
Melbourne|Мельбурн|Australia/Melbourne
New York,NYC|Нью-Йорк|America/New_York
Boston|Бостон|America/New_York
Washington|Вашингтон|America/New_York
Miami|Майами|America/New_York
Chicago|Чикаго|America/Chicago
Denver|Денвер|America/Denver
Los Angeles|Лос-Анджелес|America/Los_Angeles
San Francisco|Сан-Франциско|America/Los_Angeles
Seattle|Сиэтл|America/Los_Angeles
Toronto|Торонто|America/Toronto
Vancouver|Ванкувер|America/Vancouver
Mexico City|Мехико|America/Mexico_City
Havana|Гавана|America/Havana
Buenos Aires|Буэнос-Айрес|America/Argentina/Buenos_Aires
Rio de Janeiro|Рио-де-Жанейро|America/Sao_Paulo
Lima|Лима|America/Lima`;

/** The code is ISO 3166; after a colon the time zone, where the country has one. */
export const countries = `
Russia|Россия|RU
United States,USA,US,America|США,Соединенные Штаты,Америка|US
United Kingdom,UK,England,Britain|Великобритания,Англия|GB:Europe/London
Germany|Германия|DE:Europe/Berlin
France|Франция|FR:Europe/Paris
Italy|Италия|IT:Europe/Rome
Spain|Испания|ES:Europe/Madrid
Portugal|Португалия|PT:Europe/Lisbon
Netherlands|Нидерланды,Голландия|NL:Europe/Amsterdam
Belgium|Бельгия|BE
Switzerland|Швейцария|CH:Europe/Zurich
Austria|Австрия|AT:Europe/Vienna
Poland|Польша|PL:Europe/Warsaw
Czech Republic,Czechia|Чехия|CZ:Europe/Prague
Hungary|Венгрия|HU
Serbia|Сербия|RS
Greece|Греция|GR:Europe/Athens
Sweden|Швеция|SE:Europe/Stockholm
Norway|Норвегия|NO:Europe/Oslo
Denmark|Дания|DK:Europe/Copenhagen
Finland|Финляндия|FI:Europe/Helsinki
Iceland|Исландия|IS
Ireland|Ирландия|IE
Turkey|Турция|TR:Europe/Istanbul
Ukraine|Украина|UA
Belarus|Беларусь,Белоруссия|BY
Kazakhstan|Казахстан|KZ
Uzbekistan|Узбекистан|UZ
Georgia|Грузия|GE:Asia/Tbilisi
Armenia|Армения|AM:Asia/Yerevan
Azerbaijan|Азербайджан|AZ
Latvia|Латвия|LV
Lithuania|Литва|LT
Estonia|Эстония|EE
China|Китай|CN:Asia/Shanghai
Japan|Япония|JP:Asia/Tokyo
South Korea,Korea|Южная Корея,Корея|KR:Asia/Seoul
India|Индия|IN:Asia/Kolkata
Thailand|Таиланд,Тайланд|TH:Asia/Bangkok
Vietnam|Вьетнам|VN:Asia/Ho_Chi_Minh
Indonesia|Индонезия|ID
Israel|Израиль|IL:Asia/Jerusalem
Egypt|Египет|EG:Africa/Cairo
Morocco|Марокко|MA
Kenya|Кения|KE
South Africa|ЮАР|ZA
Nigeria|Нигерия|NG
Australia|Австралия|AU
New Zealand|Новая Зеландия|NZ
Canada|Канада|CA
Mexico|Мексика|MX
Brazil|Бразилия|BR
Argentina|Аргентина|AR
Chile|Чили|CL
Peru|Перу|PE
Cuba|Куба|CU`;

export const currencies = `
dollar,dollars,bucks,US dollars,$|доллар,доллары,бакс,баксы|USD
euro,euros,€|евро|EUR
ruble,rubles,rouble,roubles,₽|рубль,рубли,руб|RUB
pound sterling,pounds,pound,quid,£|фунт,фунт стерлингов,фунты|GBP
yen,¥|иена,йена,иены|JPY
yuan,renminbi|юань,юани,юаня,юаней|CNY
franc,francs,swiss francs|франк,франки|CHF
tenge,₸|тенге|KZT
lira,liras|лира,лиры|TRY
rupee,rupees|рупия,рупии|INR
hryvnia|гривна,гривны|UAH
zloty|злотый,злотые|PLN
krona,kronor|крона,кроны|SEK
canadian dollars,canadian dollar|канадский доллар|CAD
australian dollars,australian dollar|австралийский доллар|AUD
bitcoin,bitcoins|биткоин,биткойн,биткоины|BTC
ethereum,ether|эфир,эфириум|ETH
dirham,dirhams|дирхам,дирхамы|AED
lari|лари|GEL
won|вона,воны|KRW`;

export const languages = `
English|английский,английски|en
Russian|русский,русски|ru
French|французский,французски|fr
German|немецкий,немецки|de
Spanish|испанский,испански|es
Italian|итальянский,итальянски|it
Portuguese|португальский,португальски|pt
Chinese,Mandarin|китайский,китайски|zh
Japanese|японский,японски|ja
Korean|корейский,корейски|ko
Arabic|арабский,арабски|ar
Turkish|турецкий,турецки|tr
Polish|польский,польски|pl
Ukrainian|украинский,украински|uk
Dutch|голландский,нидерландский|nl
Swedish|шведский,шведски|sv
Finnish|финский,фински|fi
Greek|греческий,гречески|el
Hebrew|иврит|he
Hindi|хинди|hi
Czech|чешский,чешски|cs
Latin|латынь,латинский|la
Kazakh|казахский,казахски|kk
Georgian|грузинский,грузински|ka`;

/** The code is the short sign; after a colon, what is measured. */
export const units = `
kilometers,kilometer,kilometre,kilometres,kms|километры,километр|km:distance
meters,meter,metre,metres|метры,метр|m:distance
centimeters,centimeter,centimetre,centimetres,cms|сантиметры,сантиметр|cm:distance
millimeters,millimeter,millimetre,millimetres|миллиметры,миллиметр|mm:distance
miles,mile|мили,миля|mi:distance
feet,foot|футы,фут|ft:distance
inches,inch|дюймы,дюйм|in:distance
yards,yard|ярды,ярд|yd:distance
kilograms,kilogram,kilos,kilo,kgs|килограммы,килограмм,кило|kg:weight
grams,gram|граммы,грамм|g:weight
pounds,pound,lbs|фунты,фунт|lb:weight
ounces,ounce|унции,унция|oz:weight
tonnes,tonne,tons,ton|тонны,тонна|t:weight
liters,liter,litre,litres|литры,литр|l:volume
milliliters,milliliter,millilitres|миллилитры,миллилитр|ml:volume
gallons,gallon|галлоны,галлон|gal:volume
celsius,degrees celsius,centigrade,°C|цельсий,градусы цельсия,цельсию|C:temperature
fahrenheit,degrees fahrenheit,°F|фаренгейт,градусы фаренгейта,фаренгейту|F:temperature
kelvin,kelvins|кельвины,кельвин|K:temperature
hectares,hectare|гектары,гектар|ha:area
acres,acre|акры,акр|ac:area
kilobytes,kilobyte|килобайты,килобайт|KB:size
megabytes,megabyte|мегабайты,мегабайт|MB:size
gigabytes,gigabyte|гигабайты,гигабайт|GB:size
seconds,second,secs|секунды,секунда|s:time
minutes,minute,mins|минуты,минута|min:time
hours,hour,hrs|часы,час|h:time
days,day|дни,день,дней|d:time
weeks,week|недели,неделя,недель|wk:time
months,month|месяцы,месяц,месяцев|mo:time
years,year|годы,год,лет|yr:time`;

export const companies = `
Apple|Эппл,Эпл|AAPL
Microsoft|Майкрософт|MSFT
Google,Alphabet|Гугл|GOOGL
Amazon|Амазон|AMZN
Tesla|Тесла|TSLA
Nvidia|Нвидиа,Энвидиа|NVDA
Meta,Facebook|Фейсбук|META
Netflix|Нетфликс|NFLX
Intel|Интел|INTC
Sberbank,Sber|Сбербанк,Сбер|SBER
Gazprom|Газпром|GAZP
Lukoil|Лукойл|LKOH
Yandex|Яндекс|YDEX
Rosneft|Роснефть|ROSN
Bitcoin|Биткоин,Биткойн|BTC
Ethereum|Эфириум|ETH`;
