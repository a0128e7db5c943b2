import type { Code, Codes } from './codes';
import { en } from './en';
import { type Language, useLanguage, type Words, wordsOf } from './language';
import type { MessageKey } from './messages';
import { pagesEn } from './pages.en';
import { pagesZh } from './pages.zh-CN';
import { zhCN } from './zh-CN';

/** Words of the pages that are loaded after the first screen; every key of the first screen is among them. */
export type PageKey = keyof typeof pagesZh | MessageKey;

export type PageMessages = Readonly<Record<keyof typeof pagesZh, string>>;

export interface PageWords extends Words<PageKey> {
  /** The words of a code of the API; the code itself when it is newer than these pages. */
  readonly name: (codes: Codes, value: string | number | null | undefined) => string;
  /** The words of one code. */
  readonly nameOf: (code: Code) => string;
}

function of(language: Language): PageWords {
  const messages = language === 'en' ? { ...en, ...pagesEn } : { ...zhCN, ...pagesZh };
  const nameOf = (code: Code) => code[language === 'en' ? 2 : 1];
  return {
    ...wordsOf<PageKey>(language, messages),
    nameOf,
    name: (codes, value) => {
      if (value === null || value === undefined) return '';
      const found = codes.find((one) => one[0] === String(value));
      return found ? nameOf(found) : String(value);
    },
  };
}

const WORDS: Readonly<Record<Language, PageWords>> = { 'zh-CN': of('zh-CN'), en: of('en') };

export function usePageWords(): PageWords {
  return WORDS[useLanguage()];
}
