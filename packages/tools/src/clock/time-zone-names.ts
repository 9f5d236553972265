// Which time zone a country or a city has. Countries by ISO 3166 code; their names in English and Russian come from Intl.

/** By area, `CODE City`; `*` where the country has other zones as well, and this is that of its capital or largest city. */
export const countryZones: Readonly<Record<string, string>> = {
  Africa:
    "AO Luanda, BF Ouagadougou, BI Bujumbura, BJ Porto-Novo, BW Gaborone, CD* Kinshasa, CF Bangui, " +
    "CG Brazzaville, CI Abidjan, CM Douala, DJ Djibouti, DZ Algiers, EG Cairo, EH El_Aaiun, ER Asmera, " +
    "ET Addis_Ababa, GA Libreville, GH Accra, GM Banjul, GN Conakry, GQ Malabo, GW Bissau, KE Nairobi, " +
    "LR Monrovia, LS Maseru, LY Tripoli, MA Casablanca, ML Bamako, MR Nouakchott, MW Blantyre, MZ Maputo, " +
    "NA Windhoek, NE Niamey, NG Lagos, RW Kigali, SD Khartoum, SL Freetown, SN Dakar, SO Mogadishu, SS Juba, " +
    "ST Sao_Tome, SZ Mbabane, TD Ndjamena, TG Lome, TN Tunis, TZ Dar_es_Salaam, UG Kampala, ZA Johannesburg, " +
    "ZM Lusaka, ZW Harare",
  America:
    "AG Antigua, AI Anguilla, AR* Buenos_Aires, AW Aruba, BB Barbados, BL St_Barthelemy, BO La_Paz, " +
    "BQ Kralendijk, BR* Sao_Paulo, BS Nassau, BZ Belize, CA* Toronto, CL* Santiago, CO Bogota, CR Costa_Rica, " +
    "CU Havana, CW Curacao, DM Dominica, DO Santo_Domingo, EC* Guayaquil, GD Grenada, GF Cayenne, GL* Godthab, " +
    "GP Guadeloupe, GT Guatemala, GY Guyana, HN Tegucigalpa, HT Port-au-Prince, JM Jamaica, KN St_Kitts, " +
    "KY Cayman, LC St_Lucia, MF Marigot, MQ Martinique, MS Montserrat, MX* Mexico_City, NI Managua, PA Panama, " +
    "PE Lima, PM Miquelon, PR Puerto_Rico, PY Asuncion, SR Paramaribo, SV El_Salvador, SX Lower_Princes, " +
    "TC Grand_Turk, TT Port_of_Spain, US* New_York, UY Montevideo, VC St_Vincent, VE Caracas, VG Tortola, " +
    "VI St_Thomas",
  Arctic: "SJ Longyearbyen",
  Asia:
    "AE Dubai, AF Kabul, AM Yerevan, AZ Baku, BD Dhaka, BH Bahrain, BN Brunei, BT Thimphu, CN Shanghai, " +
    "CY Nicosia, GE Tbilisi, HK Hong_Kong, ID* Jakarta, IL Jerusalem, IN Calcutta, IQ Baghdad, IR Tehran, " +
    "JO Amman, JP Tokyo, KG Bishkek, KH Phnom_Penh, KP Pyongyang, KR Seoul, KW Kuwait, KZ Almaty, LA Vientiane, " +
    "LB Beirut, LK Colombo, MM Rangoon, MN* Ulaanbaatar, MO Macau, MY Kuala_Lumpur, NP Katmandu, OM Muscat, " +
    "PH Manila, PK Karachi, PS Gaza, QA Qatar, SA Riyadh, SG Singapore, SY Damascus, TH Bangkok, TJ Dushanbe, " +
    "TL Dili, TM Ashgabat, TW Taipei, UZ Tashkent, VN Saigon, YE Aden",
  Atlantic: "BM Bermuda, CV Cape_Verde, FK Stanley, FO Faeroe, GS South_Georgia, IS Reykjavik, SH St_Helena",
  Australia: "AU* Sydney",
  Europe:
    "AD Andorra, AL Tirane, AT Vienna, AX Mariehamn, BA Sarajevo, BE Brussels, BG Sofia, BY Minsk, CH Zurich, " +
    "CZ Prague, DE Berlin, DK Copenhagen, EE Tallinn, ES* Madrid, FI Helsinki, FR Paris, GB London, GG Guernsey, " +
    "GI Gibraltar, GR Athens, HR Zagreb, HU Budapest, IE Dublin, IM Isle_of_Man, IT Rome, JE Jersey, LI Vaduz, " +
    "LT Vilnius, LU Luxembourg, LV Riga, MC Monaco, MD Chisinau, ME Podgorica, MK Skopje, MT Malta, " +
    "NL Amsterdam, NO Oslo, PL Warsaw, PT* Lisbon, RO Bucharest, RS Belgrade, RU* Moscow, SE Stockholm, " +
    "SI Ljubljana, SK Bratislava, SM San_Marino, TR Istanbul, UA Kiev, VA Vatican",
  Indian:
    "CC Cocos, CX Christmas, KM Comoro, MG Antananarivo, MU Mauritius, MV Maldives, RE Reunion, SC Mahe, " +
    "YT Mayotte",
  Pacific:
    "AS Pago_Pago, CK Rarotonga, FJ Fiji, FM* Ponape, GU Guam, KI* Tarawa, MH Majuro, MP Saipan, NC Noumea, " +
    "NF Norfolk, NR Nauru, NU Niue, NZ* Auckland, PF* Tahiti, PG* Port_Moresby, PN Pitcairn, PW Palau, " +
    "SB Guadalcanal, TK Fakaofo, TO Tongatapu, TV Funafuti, VU Efate, WF Wallis, WS Apia",
};

/** By zone, `*` as above: names that neither the IANA zones nor Intl have: cities in Russian, large cities without a zone, usual short forms. */
export const otherNames: Readonly<Record<string, string>> = {
  "Europe/Kaliningrad": "Калининград",
  "Europe/Moscow":
    "Москва, МСК, MSK, Питер, Санкт-Петербург, СПб, Saint Petersburg, St Petersburg, Россия*, РФ*, Russian Federation*, " +
    "Казань, Kazan, Нижний Новгород, Nizhny Novgorod, Великий Новгород, Ростов-на-Дону, Ростов, Воронеж, Краснодар, " +
    "Сочи, Sochi, Ярославль, Тула, Рязань, Белгород, Мурманск, Архангельск, Калуга, Тверь, Псков, Смоленск, Пенза, " +
    "Махачкала, Ставрополь, Иваново, Владимир, Курск, Брянск, Липецк, Чебоксары, Вологда, Петрозаводск, Сыктывкар",
  "Europe/Samara": "Самара, Тольятти, Ижевск",
  "Europe/Saratov": "Саратов",
  "Europe/Volgograd": "Волгоград",
  "Europe/Astrakhan": "Астрахань",
  "Europe/Ulyanovsk": "Ульяновск",
  "Europe/Kirov": "Киров",
  "Asia/Yekaterinburg":
    "Екатеринбург, Ekaterinburg, Челябинск, Chelyabinsk, Уфа, Ufa, Пермь, Perm, Тюмень, Tyumen, Оренбург, Магнитогорск, " +
    "Сургут, Курган, Нижний Тагил, Ханты-Мансийск",
  "Asia/Omsk": "Омск",
  "Asia/Novosibirsk": "Новосибирск",
  "Asia/Barnaul": "Барнаул, Алтай",
  "Asia/Tomsk": "Томск",
  "Asia/Novokuznetsk": "Новокузнецк, Кемерово, Kemerovo",
  "Asia/Krasnoyarsk": "Красноярск, Норильск, Абакан",
  "Asia/Irkutsk": "Иркутск, Улан-Удэ, Братск, Байкал",
  "Asia/Chita": "Чита",
  "Asia/Yakutsk": "Якутск, Благовещенск",
  "Asia/Vladivostok": "Владивосток, Хабаровск, Khabarovsk, Уссурийск",
  "Asia/Sakhalin": "Сахалин, Южно-Сахалинск",
  "Asia/Magadan": "Магадан",
  "Asia/Kamchatka": "Камчатка, Петропавловск-Камчатский",
  "Asia/Anadyr": "Анадырь, Чукотка",
  "Europe/Minsk": "Минск",
  "Europe/Kiev": "Киев, Kyiv, Одесса, Харьков, Львов",
  "Europe/Chisinau": "Кишинёв",
  "Asia/Tbilisi": "Тбилиси, Батуми",
  "Asia/Yerevan": "Ереван",
  "Asia/Baku": "Баку",
  "Asia/Almaty": "Алматы, Алма-Ата, Астана, Astana",
  "Asia/Tashkent": "Ташкент",
  "Asia/Bishkek": "Бишкек",
  "Asia/Dushanbe": "Душанбе",
  "Asia/Ashgabat": "Ашхабад",
  "Europe/London": "Лондон, Англия, England, Scotland, Шотландия, Британия, Britain, UK, Манчестер, Manchester",
  "Europe/Dublin": "Дублин",
  "Europe/Lisbon": "Лиссабон, Porto",
  "Europe/Paris": "Париж, Марсель, Ницца, Lyon, Marseille, Nice",
  "Europe/Berlin": "Берлин, Мюнхен, Гамбург, Франкфурт, Munich, Hamburg, Frankfurt, Cologne",
  "Europe/Madrid": "Мадрид, Барселона, Barcelona",
  "Europe/Rome": "Рим, Милан, Венеция, Milan, Venice, Naples",
  "Europe/Vienna": "Вена",
  "Europe/Zurich": "Цюрих, Женева, Geneva",
  "Europe/Amsterdam": "Амстердам, Голландия, Holland",
  "Europe/Brussels": "Брюссель",
  "Europe/Prague": "Прага, Чешская Республика, Czech Republic",
  "Europe/Warsaw": "Варшава, Краков, Krakow",
  "Europe/Budapest": "Будапешт",
  "Europe/Belgrade": "Белград",
  "Europe/Sofia": "София",
  "Europe/Bucharest": "Бухарест",
  "Europe/Athens": "Афины",
  "Europe/Helsinki": "Хельсинки",
  "Europe/Stockholm": "Стокгольм",
  "Europe/Oslo": "Осло",
  "Europe/Copenhagen": "Копенгаген",
  "Europe/Riga": "Рига",
  "Europe/Vilnius": "Вильнюс",
  "Europe/Tallinn": "Таллин, Таллинн",
  "Europe/Istanbul": "Стамбул, Анкара, Анталья, Ankara, Antalya, Turkey",
  "Asia/Nicosia": "Никосия, Лимасол, Limassol",
  "Asia/Jerusalem": "Иерусалим, Тель-Авив, Tel Aviv, Хайфа",
  "Asia/Dubai": "Дубай, Дубаи, Абу-Даби, Abu Dhabi, ОАЭ, UAE, Эмираты, Emirates",
  "Asia/Riyadh": "Эр-Рияд, Мекка, Mecca",
  "Asia/Qatar": "Доха, Doha",
  "Asia/Tehran": "Тегеран",
  "Asia/Baghdad": "Багдад",
  "Africa/Cairo": "Каир, Хургада, Шарм-эш-Шейх",
  "Africa/Johannesburg": "Йоханнесбург, Кейптаун, Cape Town, Pretoria, ЮАР",
  "Africa/Nairobi": "Найроби",
  "Africa/Lagos": "Лагос, Abuja",
  "Asia/Calcutta": "Дели, Мумбаи, Гоа, Бангалор, Калькутта, Delhi, New Delhi, Mumbai, Goa, Bangalore, Chennai, Kolkata",
  "Asia/Katmandu": "Катманду, Kathmandu",
  "Asia/Colombo": "Коломбо",
  "Asia/Karachi": "Карачи, Islamabad, Lahore",
  "Asia/Bangkok": "Бангкок, Пхукет, Паттайя, Phuket, Pattaya",
  "Asia/Saigon": "Ханой, Хошимин, Нячанг, Hanoi, Ho Chi Minh City, Ho Chi Minh",
  "Asia/Rangoon": "Янгон, Yangon",
  "Asia/Singapore": "Сингапур",
  "Asia/Kuala_Lumpur": "Куала-Лумпур",
  "Asia/Jakarta": "Джакарта",
  "Asia/Makassar": "Бали, Bali, Denpasar",
  "Asia/Manila": "Манила",
  "Asia/Shanghai": "Пекин, Шанхай, Гуанчжоу, Шэньчжэнь, КНР, Beijing, Guangzhou, Shenzhen, Chongqing",
  "Asia/Hong_Kong": "Гонконг",
  "Asia/Taipei": "Тайбэй",
  "Asia/Seoul": "Сеул, Пусан, Busan, Корея, Korea, Южная Корея",
  "Asia/Pyongyang": "Пхеньян, КНДР, Северная Корея",
  "Asia/Tokyo": "Токио, Осака, Киото, Osaka, Kyoto, JST",
  "Asia/Ulaanbaatar": "Улан-Батор",
  "Australia/Sydney": "Сидней, Канберра, Canberra",
  "Australia/Melbourne": "Мельбурн",
  "Australia/Brisbane": "Брисбен",
  "Australia/Perth": "Перт",
  "Pacific/Auckland": "Окленд, Веллингтон, Wellington",
  "Pacific/Honolulu": "Гонолулу, Гавайи, Hawaii",
  "America/New_York":
    "Нью-Йорк, Вашингтон, Бостон, Майами, Филадельфия, США*, Америка*, USA*, US*, America*, NYC, Washington, Boston, Miami, " +
    "Philadelphia, Atlanta, EST, EDT, ET",
  "America/Chicago": "Чикаго, Хьюстон, Даллас, Техас, Houston, Dallas, Austin, Texas",
  "America/Denver": "Денвер, Salt Lake City",
  "America/Phoenix": "Финикс",
  "America/Los_Angeles":
    "Лос-Анджелес, Сан-Франциско, Сиэтл, Лас-Вегас, Калифорния, San Francisco, Seattle, Las Vegas, San Diego, " +
    "California, Silicon Valley, LA, PST, PDT, PT",
  "America/Anchorage": "Аляска, Alaska",
  "America/Toronto": "Торонто, Оттава, Монреаль, Ottawa, Montreal",
  "America/Vancouver": "Ванкувер",
  "America/Mexico_City": "Мехико, Mexico City",
  "America/Havana": "Гавана",
  "America/Bogota": "Богота",
  "America/Lima": "Лима",
  "America/Caracas": "Каракас",
  "America/Santiago": "Сантьяго",
  "America/Buenos_Aires": "Буэнос-Айрес",
  "America/Sao_Paulo": "Сан-Паулу, Рио-де-Жанейро, Рио, Rio de Janeiro, Rio, Brasilia, Бразилиа",
};
