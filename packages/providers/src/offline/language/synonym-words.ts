// Words that mean the same in English and Russian: a choice called "high" may be said as "срочно".

/** Rows as in `concept-words.ts`, but one word of a row can stand for another. */
export const synonymRows = `
capital столиц*
population inhabitants people populous населен* жителей численност*
distance* far miles-between how-far расстояни* далеко
price* cost* worth pricing quote* how-much цен* стоит стоят стоимост* почем котиров*
weight* weigh* mass вес веса весом весит вешу масс*
height* tall high рост роста ростом высот*
country countries nation* state страна страны стране страну стран государств*
invoice* bill bills billing receipt* инвойс* квитанц* чек чеки чека накладн*
order* purchase* заказ*
product* item* goods article* merchandise товар* продукт* издели* позици*
customer* client* buyer* клиент* покупател* заказчик*
book books novel* author isbn library библиотек* книг* книж* роман*
project* repositor* repo проект* репозитор*
user* member* profile* login пользовател* юзер* профил* участник* логин*
employee* staff works worker* работает colleague* coworker* сотрудник* работник* коллег*
company companies business* firm corporation компани* фирм* организац* предприят*
student* pupil* студент* ученик* учащ*
weekend* выходн*
area площад* территори*
gdp ввп
football soccer футбол*
hockey хокке*
basketball баскетбол*
tennis теннис*
volleyball волейбол*
chess шахмат*
flower* rose* цвет* роз*
lawn* grass газон*
vegetable* овощ* огород*
fruit* фрукт*
meat мяс*
fish рыб*
strength strong* силов* силу силы сила
endurance cardio stamina выносливост* кардио
flexibility stretch* гибкост* растяжк*
add plus sum adds adding addition total summ* плюс сумм* слож* склад* прибав* сложен*
subtract* minus subtraction difference вычесть вычт* вычит* минус разност* отним* отнять
multiply multipl* times product умнож* помнож* произведен* перемнож*
divide divid* division quotient раздел* подел* делен* частное
power powers squared cubed exponent* raise raised степен* квадрат* возвед* возвест*
root sqrt square-root корень корня корни
percent* percentage* процент*
average* mean median средн* медиан*
minimum min smallest lowest least минимум* минимальн* наименьш*
maximum max largest biggest highest most максимум* максимальн* наибольш*
email* e-mail* mail mails inbox letter* emailed почт* письм* письмо писем имейл* емейл* емайл*
translate translat* say переве* по-* перевод* переводи*
reverse revers* backward* invert* перевер* наоборот разверн* обратн* задом
uppercase upper capital* caps заглавн* прописн* верхн* капс*
lowercase lower строчн* нижн*
encode encod* encrypt* base64 кодир* закодир* шифр* зашифр*
decode decod* decrypt* декодир* раскодир* расшифр*
create* add adds adding new make put insert register append созд* добав* нов* запиш* записать внеси внести заведи завести постав* зарегистр*
delete* remove* erase drop discard clear rid удал* убер* убрать сотр* стер* стереть очист* вычеркн*
update* edit* change* modif* rename set обнов* измен* поменя* отредакт* редакт* переимен*
complete* finish* done mark close check-off выполн* заверш* закры* готов* сделан* отмет* отметь законч*
open* launch* start run откр* запуст* запуск*
close* shut lock закр* запр*
start* begin* launch resume began нач* старт* запуст* включ*
stop* pause halt end останов* пауз* прекрат* стоп
search* find* look lookup look-up query google browse seek discover retrieve поиск* ищи* найд* найти искать поищ* отыщ* разыщ* загугл* погугл* подбер*
sort* order-by rank* сортир* отсортир* упорядоч*
compare compar* versus vs сравн*
play* plays воспроизв* сыгра* включ* проигр* постав*
on enable* enabled activate* вкл включ*
off disable* disabled deactivate* выкл выключ* отключ*
high highest urgent важн* высок* срочн*
low lowest minor низк* неважн*
medium normal средн* обычн* нормальн*
today сегодня сегодняшн*
tomorrow завтра завтрашн*
yesterday вчера вчерашн*
active open pending unfinished ongoing активн* открыт* незаверш* невыполнен*
completed done closed finished выполнен* заверш* закрыт* сделан* готов*
small little маленьк* небольш*
large big big-size больш* крупн*
fast quick express rapid быстр* экспресс* срочн*
red красн*
green зелен*
blue син* голуб*
yellow желт*
white бел*
black черн*
morning утро утра утром утрен*
evening night вечер* ноч*
daily everyday ежедневн* день
weekly week еженедельн* недел*
monthly month ежемесячн* месяц*
yearly annual* year ежегодн* год года годов*
hourly почас* ежечасн*
minute* min mins минут*
second* sec secs секунд*
hour* hr hrs час часа часов часы
week* недел*
month* месяц*
year* год года лет годом
kitchen кухн*
bedroom спальн*
bathroom ванн*
livingroom living гостин* зал зале зала
hall hallway corridor коридор* прихож*
vegetarian* vegan* вегетариан* веган*
positive good позитив* положительн*
negative bad негатив* отрицательн*
sports sport* спорт*
politics politic* полити*
technology technolog* tech технолог* техник*
science scien* наук* научн*
business* econom* бизнес* эконом*
economy эконом*
entertainment entertain* развлеч*
programming programm* coding программир* программист*
comedy comed* комеди*
drama драм*
horror ужас* хоррор*
action боевик*
fantasy фэнтез* фантаст*
critical urgent* emergency критич* экстрен* срочн*
garden* сад сада саду садов* дач*
toy* игрушк*
clothes clothing apparel одежд*
electronics electronic* gadget* электроник* техник*
groceries food grocer* еда еды еду продукт*
breakfast завтрак*
lunch обед*
dinner supper ужин*
easy simple легк* прост*
hard difficult сложн* трудн* тяжел*
male man мужск* мужчин*
female woman женск* женщин*
cat* кот кота кошк* котик*
dog* собак* пес пса песик*
cash наличн*
card карт*
earnings income salary доход* зарплат*
expense* spending расход* трат*
ascending asc increasing возраст*
descending desc decreasing убыв*
rock рок рока
jazz джаз*
pop поп
classical classic классич* классик*
first первый первого
driving car driving drive машин* авто
walk* foot walking пешк* пеший
bicycle bike cycling велосипед*
bus автобус*
rail train* поезд*
plane flight самолет*
pending waiting ожида*
shipped отправлен*
delivered доставлен*
cancelled canceled отменен*
sunny солнечн*
current* now сейчас текущ*
cool cooling охлажд* холод*
heat* heating обогрев* нагре* отоплен* тепл*
warm тепл*
cold холодн*
push пуш*
sms смс
private личн* приватн*
public публичн* общедоступн*
north север*
south юг юга южн*
east восток* восточн*
west запад*
purchase buy купи* купить покупк*
sell прода*
rent* аренд* сним*
adult* взросл*
child* kid* дети детей ребен* детск*
short* коротк* кратк*
long длинн* подробн*
formal официальн* формальн*
casual friendly неформальн* дружеск*
happy весел* счастлив*
sad грустн* печальн*
all every* все всё всех
sales продаж*
marketing маркетинг*
engineering разработк* инженер*
finance финанс*
hr кадр* персонал*
bug* баг* ошибк*
feature* функци* фич*
question* вопрос*
`;
