import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect } from 'react';

import { queryClient } from './api/query-client';
import { BrokenPage } from './components/BrokenPage';
import { ErrorBoundary } from './components/ErrorBoundary';
import { SessionGate } from './features/session/SessionGate';
import { useWords } from './locales/language';
import { styleNonce } from './nonce';
import { theme } from './theme';

export function App() {
  const { t } = useWords();
  useEffect(() => {
    document.title = t('app.name');
  }, [t]);
  return (
    <MantineProvider
      theme={theme}
      forceColorScheme="light"
      getStyleNonce={styleNonce}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queryClient}>
        <ErrorBoundary fallback={<BrokenPage />}>
          <SessionGate />
        </ErrorBoundary>
      </QueryClientProvider>
    </MantineProvider>
  );
}
