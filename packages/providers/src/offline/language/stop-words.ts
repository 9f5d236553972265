// Words that say nothing of the subject, and words that say little.
import { keysOf, type Word } from "./words.ts";

/** How much a word of a message may weigh: nothing, little, or all. */
export function importanceOf(word: Word): 0 | 0.35 | 1 {
  if (stopWords.has(word.lower)) return 0;
  return weakWords.has(word.lower) ? 0.35 : 1;
}

export function contentKeys(words: readonly Word[]): string[] {
  return words.filter((word) => !stopWords.has(word.lower)).flatMap((word) => keysOf(word.lower));
}

export function isStopWord(lower: string): boolean {
  return stopWords.has(lower);
}

/** Words before the subject of a command: "could you please show me", "скажи пожалуйста". */
export function isLeadIn(lower: string): boolean {
  return stopWords.has(lower) || weakWords.has(lower);
}

function setOf(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/).filter(Boolean));
}

const stopWords = setOf(`
a an the this that these those some any another other there here it its it's i i'm i'd i'll me my mine you your yours we us our he him
his she her they them their is are was were be been being am do does did done have has had will would can could should shall may might
must let let's please pls kindly and or but if so as at by for from in into of off on onto out over to up with about
what what's which who whom whose when why how than then just only very much many also too not no yes ok
okay oh well hey hi hello thanks thank like got gonna wanna one e.g eg ie etc s t
и а но или да нет не ни же ли бы то это этот эта эти этого этой эту этом тот та те того той в во на за к ко с со из
от до по о об обо про при для без под над между через у так как какой какая какое какие какого какую каков какова что чтобы
чего чему чем кто кого кому куда откуда когда почему зачем сколько я мне меня мной ты тебе тебя вы вам вас мы нам нас он
она оно они его ее их ему ей им мой моя мое мои моего моей моему мою моих твой твоя твое свой свою своего был была было были
быть есть будет будут если еще уже тоже также ну вот там тут здесь сам сама все всё бы пожалуйста плиз можешь можете мог
могли могу можно нужно надо хочу хотел хотела давай давайте
`);

const weakWords = setOf(`
where where's где write напиши напишите get show tell give say make want need know see look check try help use using current currently now right
information details new number name value list thing things take put set good best long big per need needs go
покажи показать скажи скажите подскажи подскажите расскажи дай дайте сделай узнай узнать посмотри проверь
сейчас текущий текущая текущее текущую новый новая новое новую номер имя список информация информацию
`);
