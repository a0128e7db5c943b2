import { type Language, loadWith, loadWords, messagesOf, type Words, wordsOf } from './language';
import type { Code, Codes } from './codes';
import type { MessageKey } from './messages';
import type { pagesZh } from './pages.zh-CN';

/** Words of the pages that are loaded after the first screen; every key of the first screen is among them. */
export type PageKey = keyof typeof pagesZh | MessageKey;

export type PageMessages = Readonly<Record<keyof typeof pagesZh, string>>;

export interface PageWords extends Words<PageKey> {
  /** The words of a code of the API; the code itself when it is newer than these pages. */
  readonly name: (codes: Codes, value: string | number | null | undefined) => string;
  /** The words of one code. */
  readonly nameOf: (code: Code) => string;
  /** Several words in a row, as the language divides them. */
  readonly listed: (words: readonly string[]) => string;
}

const loaded: Partial<Record<Language, PageWords>> = {};
const loading: Partial<Record<Language, Promise<PageWords>>> = {};

export const loadedPageWords = (language: Language): PageWords | undefined => loaded[language];

/** Load the words of the pages in one language, once. */
export function loadPageWords(language: Language): Promise<PageWords> {
  return (loading[language] ??= read(language));
}

async function read(language: Language): Promise<PageWords> {
  const [pages] = await Promise.all([
    language === 'en' ? import('./pages.en').then((all) => all.pagesEn) : import('./pages.zh-CN').then((all) => all.pagesZh),
    loadWords(language),
  ]);
  const words = of(language, pages);
  loaded[language] = words;
  return words;
}

function of(language: Language, pages: PageMessages): PageWords {
  const nameOf = (code: Code) => code[language === 'en' ? 2 : 1];
  return {
    ...wordsOf<PageKey>(language, { ...messagesOf(language), ...pages }),
    nameOf,
    listed: (words) => words.join(language === 'en' ? ', ' : '、'),
    name: (codes, value) => {
      if (value === null || value === undefined) return '';
      const found = codes.find((one) => one[0] === String(value));
      return found ? nameOf(found) : String(value);
    },
  };
}

loadWith((language) => (Object.keys(loading).length > 0 ? loadPageWords(language) : Promise.resolve()));
