import './styles.css';
import './letters';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './App';
import { currentLanguage, loadWords } from './locales/language';
import { loadPageWords } from './locales/page-words';

const RELOADED = 'cmc.reloaded';

// A part of an older build that is gone after an update: load the new pages, but never in a loop.
addEventListener('vite:preloadError', (event) => {
  if (sessionStorage.getItem(RELOADED)) return;
  sessionStorage.setItem(RELOADED, '1');
  event.preventDefault();
  location.reload();
});

// The words of a page behind the first one are loaded beside it.
if (location.pathname !== '/') void loadPageWords(currentLanguage());
else void import('./features/today/early').then(({ askEarly }) => askEarly());

async function start(): Promise<void> {
  await loadWords(currentLanguage()).catch(() => undefined); // without its words the pages speak Chinese
  const root = document.getElementById('root');
  if (root) {
    createRoot(root).render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
  }
}

void start();
