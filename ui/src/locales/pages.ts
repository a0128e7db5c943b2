import { use } from 'react';

import { useLanguage } from './language';
import { loadedPageWords, loadPageWords, type PageWords } from './page-words';

export type { PageKey, PageMessages, PageWords } from './page-words';

/** The words of the pages behind the first screen; what shows them waits, under the next Suspense, until they are there. */
export function usePageWords(): PageWords {
  const language = useLanguage();
  return loadedPageWords(language) ?? use(loadPageWords(language));
}
