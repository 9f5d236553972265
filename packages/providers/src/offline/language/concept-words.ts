// The vocabulary of everyday requests in English and Russian: words that mean the same, or go together, stand in one row.

/**
 * The first word of a row is its name. `*` stands for any ending. This is knowledge of the two languages, written before
 * any tool was seen: what it does not hold is compared letter by letter.
 */
export const conceptRows = `
weather forecast* temperature* rain rains raining rainy snow snowing sunny cloudy hot cold warm degrees humid* wind* umbrella climate погод* прогноз* температур* дожд* снег* снеж* тепло холодн* жарк* солнечн* облачн* градус* ветер ветр* ветрен* влажн* зонт* мороз*
time clock hour* time-of-day oclock o'clock час* врем* времен*
date day today weekday calendar day-of-week дата даты дату датой дат день дня дней число сегодня
timezone* zone zones tz utc gmt часов* пояс* таймзон*
sun sunrise sunset dawn dusk восход* закат* рассвет* солнц*
moon lunar луна луны луне лунн* полнолун*
air pollution aqi smog воздух* загрязн* смог*
traffic jam jams congestion пробк* трафик*
earthquake* quake* seismic землетряс* сейсм*
place* location* city cities town* village where area region* address* destination* venue место местоположен* город* адрес* регион* район* локаци* населенн*
route* direction* navigat* way path drive маршрут* дорог* проехать доехать добраться пройти
map maps geocod* coordinat* latitude longitude карт* координат* широт* долгот*

calculate calculat* comput* evaluat* arithmetic* math* equation* formula* expression* equal* equals how-much-is посчита* вычисл* рассчита* расчет* калькул* выражени* арифмет* матем* уравнени* формул* сколько-будет
random* случайн* рандом*
prime primes factor* factoriz* прост* множител*
dice die roll rolls rolling throw d6 d20 кубик* кости кость брос* подброс* кинь кинуть
coin* flip toss heads tails монет* монетк* орел решк*
sides side* face* sided гран* сторон*
count* how-many number-of amount quantit* qty copies times посчита* подсчет* подсчит* количеств* сколько
length* long characters size длин* символ* знак*
convert* conver* transform* into conversion* перевед* перевест* перевод* конверт* преобраз* пересчит* пересчет*
unit* measure* kilometer* kilometre* mile* meter* metre* feet foot inch* kilogram* pound* gram* ounce* liter* litre* gallon* celsius fahrenheit kelvin km kg cm mm lb lbs oz ft единиц* измерен* километр* миль* мили миля милю метр* метра метров фут* дюйм* килограмм* фунт* грамм* унци* литр* галлон* цельси* фаренгейт* кельвин* сантиметр* миллиметр*

currency currencies exchange* forex fx dollar* euro euros ruble* rouble* yen yuan usd eur rub gbp jpy cny pound* валют* обмен* курс курса курсы курсу доллар* бакс* евро рубл* юан* иен* йен* фунт* тенге
stock* share shares ticker* equity equities nasdaq nyse акци* тикер* бирж* котиров*
crypto* bitcoin btc ethereum eth coin coins крипт* биткоин* биткойн* эфир* эфириум*
balance* баланс* остат* счет счета счете счету
transfer* wire remit* send отправ* перешли скинь send-money перевод* перевед* перевест* перечисл*
payment* pay pays charge* paid checkout плат* оплат* заплат* платеж*
loan* mortgage* credit* interest installment* кредит* ипотек* займ* ссуд*
tax taxes vat налог* ндс
tip tips gratuity чаев*
discount* coupon* promo* sale voucher* скидк* купон* промокод* акция
budget* expense* expenses spend* spent spending бюджет* расход* трат* потрат* затрат*
income salary salaries wage* earn* зарплат* доход* оклад*
account* аккаунт* учетн* счет счета

shopping shop grocer* покупок покупки покупк* магазин*
cart basket корзин*
buy buys buying purchase* order купи* покупаю покупать покупай закаж* заказать приобре*
refund* return returns money-back возврат* вернуть верни*
delivery deliver* shipping shipment* ship shipped package* parcel* courier* track* tracking доставк* достав* посылк* отправлен* курьер* отслед* трек* отследи*
inventory inventor* stock warehouse* available availability in-stock склад* налич* остатк* запас*
review* rating* ratings feedback отзыв* рейтинг* оценк* оцен*
cancel* abort revoke отмен* аннулир*
status* state progress where's where состояни* статус* где

message* sms text dm chat slack telegram сообщен* смс эсэмэс* чат*
send* sent email mail write post deliver* отправ* отошл* пошл* послать напиш* написать пришл* шли
call* dial phone ring позвон* звон* набер* набрать вызов*
phone* telephone* mobile tel телефон* мобильн*
contact* contacts phonebook контакт*
subject* topic* theme about regarding тема теме темой тему тем тематик* насчет касательно
body text content* message says saying telling сказав* текст* содержани* содержим* сообщен*
recipient* receiver* addressee to получател* адресат* кому
notification notif* alert* уведом* оповещ*
news headline* новост* заголов*

language* lang langs locale язык* по-* английск* французск* немецк* испанск* русск* итальянск* китайск* японск*
define defin* mean means meaning* dictionary* explain определ* значит означа* значен* словар* толков* объясн*
synonym* antonym* синоним* антоним*
word* term слов слово слова словом слове термин*
text* string phrase* sentence* paragraph* текст* строк* фраз* предложени* абзац*
summarize summar* tldr shorten digest кратк* пересказ* перескаж* резюмир* сократ* суммаризир* выжимк*
sentiment* tone mood emotion* тональност* настроени* эмоци*
spell* grammar typo* орфограф* граммат* опечат* ошибк*
hash* md5 sha* checksum хеш* хэш*
password* passphrase* парол*
generate generat* make produce invent генерир* сгенерир* придума* создай*
article* publication* стать* статей публикац*
joke* funny laugh humor* шутк* шути* пошути* анекдот* смешн* рассмеш*
fact facts trivia interesting факт* интересн*
quote* quotation* inspir* motivat* цитат* вдохнов* мотив* афоризм*
story stories tale истори* сказк* рассказ*
poem* poetry verse* стих* поэ*
name* called named titled call имя имени именем имена зовут названи* назови* назван*
title* heading called titled named заголов* названи* название

todo* to-do* task* chore* errand* дело дела дел задач* задани* туду
list* show shows display all every what-are список* списк* спис* перечен* перечисл* покаж* показать все всех какие
query* queries keyword* term terms запрос* ключев*
database* db sql table* record* row rows баз* таблиц* запис* записи
filter* where only фильтр* отфильтр*
limit* top first results лимит* перв* огранич*
remember* memori* save store keep запомн* сохран* запомин*
recall* remember* memor* memories recollect forgot вспомн* помнишь напомн* припомн* помн*
forget забуд* забыть
history historical past log истори* прошл*
help* assist* support помо* поддержк* справк*

reminder* remind* напомн* напомин*
note* notes memo jot write заметк* запиш* записать записк* пометк* запись
event* meeting* meet appointment* schedul* calendar book* invite встреч* событи* мероприят* календар* заплан* назнач* созвон* совещан*
schedule schedul* timetable* agenda plan plans расписан* график* план* заплан*
alarm* wake будильн* разбуд* буди*
timer* countdown stopwatch таймер* засек* отсчет*
when date time due deadline at когда срок* дедлайн* дата время
birthday* birth* born birthdate рожден* родил* именин*
age old years-old возраст* лет
holiday* vacation* festive праздник* празднич* выходн* отпуск*
duration* length long minutes minute seconds second hours длительн* продолжительн* минут* секунд*
days day nights night день дня дней дни сутки суток ноч*
zodiac horoscope* astrolog* гороскоп* зодиак* знак
priority priorit* urgen* importan* приоритет* срочн* важн*
category categor* type kind genre section категор* тип типа вид жанр* раздел*
tag tags label* тег* метк* ярлык*

flight* fly airline* plane* airport* рейс* самолет* перелет* авиа* лете* вылет* полет* улете*
ticket* билет*
train* railway* поезд* электричк*
car cars vehicle* auto машин* автомоб* авто
taxi* cab ride uber такси
hotel* room rooms accommodation* stay hostel* lodging отел* гостини* номер* жиль*
restaurant* cafe* dinner lunch eat dine ресторан* кафе поужин* пообед* ужин* обед*
reserve reserv* book books booking table бронир* заброн* брон* резерв* столик*
guests guest* people person* party persons adults passengers seats travelers гост* человек* люд* персон* мест пассажир*
recipe* cook* dish* meal* ingredient* рецепт* приготов* готови* блюд* ингредиент* сварить
food* pizza* drink* menu burger* еда еды еду пицц* напит* меню
calories calor* nutrition* nutrient* protein kcal калори* питательн* белк*
health* bmi body-mass doctor* medic* здоров* имт врач* медиц*
workout* exercise* gym run training тренир* упражн* пробежк*

music song* track* play playlist* album* listen музык* песн* трек* плейлист* альбом* послуша*
artist* singer* band musician* author* исполнител* певец певиц* групп* автор* музыкант*
movie* film* cinema tv series direct* actor* starring фильм* кино* сериал* снял режисс* актер*
image* picture* photo* draw* paint illustration* logo изображ* картин* фото* нарис* рис* рисун* логотип*
video* youtube видео* ролик*
color* colour* hex rgb цвет*
qr barcode* qr-code* штрих*
game* match* score* played plays сыграл* играл* сыграет игра игры игру матч* счет
team* club команд* клуб*

light* lamp* bulb* свет света светом ламп* люстр* освещен*
switch* turn toggle* enable disable power включ* выключ* переключ* вкл выкл
temperature* thermostat* heat* heating degrees температур* термостат* отоплен* обогрев* градус*
door* gate* lock* unlock* двер* ворот* замок замк*
device* appliance* gadget* устройств* прибор* гаджет*
room* kitchen bedroom bathroom hall office garage комнат* кухн* спальн* ванн* гостин* коридор* кабинет*
volume* loud* quiet* громк* звук* тише
brightness bright* dim яркост* ярк*
camera* камер*

url* link* uri href ссылк* урл*
page* website* site* web webpage* страниц* сайт* веб*
fetch* read* download* load* visit* open get browse scrape прочита* прочти* читать скача* загруз* открой* зайди* почита*
read* прочита* прочти* читать почита*
write* compos* draft напиш* написать пиши* состав*
file* document* folder* файл* документ* папк*
shorten* short сократ* укорот* коротк*
domain* dns whois домен*
ip ip-address айпи geolocat*
server* deploy* host* ping service* uptime сервер* деплой* хост* сервис* разверн* пинг*
log logs logging лог логи логов логах
run* execut* perform start запуст* выполн* запуск* исполн*
code* program* script* snippet код* программ* скрипт*
issue* bug* problem* incident* defect* complaint* ticket* баг* проблем* инцидент* тикет* обращени* жалоб* заявк*
version* release* верси* релиз*
person* who assignee human contact owner человек* кто персон* исполнител* ответственн*
assign* delegate* назнач* поруч*
job* vacanc* career position* ваканси* работ* должност*
course* lesson* class classes курс курса курсы урок* занят* лекци*
vote* poll* голос* опрос*
check* verif* validat* test is провер* проверь* валид* удостовер*
info* detail* about tell информац* сведени* подробн* детал* инфо расскаж* данны*
id ids identifier* number no code идентификатор* номер* айди
plant* flower* garden растени* цвет* сад сада
animal* pet pets dog dogs cat cats животн* питом* собак* кошк* кот кота
water* вода воды воду полей полить полив*
parking park парков* стоянк*
exam* grade* score* экзамен* оценк* балл*
subscription subscri* unsubscri* подпис* отпис*
warranty warrant* guarantee* гаранти*
`;
