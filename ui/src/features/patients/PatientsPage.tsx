import { Button } from '@mantine/core';
import { navigate } from 'wouter/use-browser-location';

import { searchFor, useSearchText } from '../../app/search-text';
import { Page } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import { Found } from './Found';
import { OnFile } from './OnFile';

export default function PatientsPage() {
  const { t } = usePageWords();
  const sought = useSearchText();
  const mayRegister = useMay('people.write');
  return (
    <Page
      title={t('patients.title')}
      aside={
        <>
          {sought && (
            <Button size="xs" variant="default" onClick={() => searchFor('')}>
              {t('patients.clear')}
            </Button>
          )}
          {mayRegister && (
            <Button size="xs" onClick={() => navigate('/patients/new')}>
              {t('patients.register')}
            </Button>
          )}
        </>
      }
    >
      {sought ? <Found text={sought} /> : <OnFile />}
    </Page>
  );
}
