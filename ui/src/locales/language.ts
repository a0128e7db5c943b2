import { useSyncExternalStore } from 'react';

import type { MessageKey, Messages } from './messages';
import { zhCN } from './zh-CN';

export type Language = 'zh-CN' | 'en';

/** Words that come from the server in both languages. */
export interface Text {
  readonly zh: string;
  readonly en: string;
}

type Values = Readonly<Record<string, string | number>>;

const STORAGE_KEY = 'cmc.language';
const listeners = new Set<() => void>();

let current: Language = localStorage.getItem(STORAGE_KEY) === 'en' ? 'en' : 'zh-CN';
document.documentElement.lang = current;

export const currentLanguage = (): Language => current;

/** What else must be there before a language is shown, such as the words of the pages behind the first screen. */
const besides: ((language: Language) => Promise<unknown>)[] = [];
export const loadWith = (load: (language: Language) => Promise<unknown>): number => besides.push(load);

export async function setLanguage(language: Language): Promise<void> {
  await Promise.all([loadWords(language), ...besides.map((load) => load(language))]);
  current = language;
  localStorage.setItem(STORAGE_KEY, language);
  document.documentElement.lang = language;
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function fill(message: string, values: Values): string {
  return message.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

export interface Words<K extends string = MessageKey> {
  readonly language: Language;
  /** The words of a key, with {holes} filled. */
  readonly t: (key: K, values?: Values) => string;
  /** The words of a server text in the chosen language. */
  readonly say: (text: Text) => string;
  /** Is this a key we have words for? For open code lists of the server. */
  readonly has: (key: string) => key is K;
}

/** The words of one language out of its messages. */
export function wordsOf<K extends string>(language: Language, messages: Readonly<Record<K, string>>): Words<K> {
  return {
    language,
    t: (key, values = {}) => fill(messages[key], values),
    say: (text) => (language === 'en' ? text.en : text.zh),
    has: (key): key is K => Object.prototype.hasOwnProperty.call(messages, key),
  };
}

// Chinese comes with the first screen; another language is loaded by those who read it.
const messages: { 'zh-CN': Messages; en?: Messages } = { 'zh-CN': zhCN };
const words: { 'zh-CN': Words; en?: Words } = { 'zh-CN': wordsOf('zh-CN', zhCN) };

export async function loadWords(language: Language): Promise<void> {
  if (language === 'en' && !words.en) {
    messages.en = (await import('./en')).en;
    words.en = wordsOf('en', messages.en);
  }
}

/** The messages of a language that was loaded. */
export const messagesOf = (language: Language): Messages => messages[language] ?? zhCN;

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => current);
}

export function useWords(): Words {
  return words[useLanguage()] ?? words['zh-CN'];
}
