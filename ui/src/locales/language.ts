import { useSyncExternalStore } from 'react';

import { en } from './en';
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
const MESSAGES: Readonly<Record<Language, Messages>> = { 'zh-CN': zhCN, en };
const listeners = new Set<() => void>();

let current: Language = localStorage.getItem(STORAGE_KEY) === 'en' ? 'en' : 'zh-CN';
document.documentElement.lang = current;

export function setLanguage(language: Language): void {
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

const WORDS: Readonly<Record<Language, Words>> = {
  'zh-CN': wordsOf('zh-CN', MESSAGES['zh-CN']),
  en: wordsOf('en', MESSAGES.en),
};

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => current);
}

export function useWords(): Words {
  return WORDS[useLanguage()];
}
