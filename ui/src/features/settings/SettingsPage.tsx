import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { LanguageSwitch } from '../../components/LanguageSwitch';
import { api, done } from '../../api/client';
import type { Field } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Card, Page, Pairs, Switch } from '../../kit/Page';
import { notify } from '../../kit/toasts';
import { Right } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { LETTERS, setLetters, useLetters } from '../../letters';
import { useRoleWords } from '../admin/roles';
import { useMe } from '../session/session';
import { switchShortcuts, useShortcuts } from '../today/shortcuts';
import { SecondFactorCard } from './SecondFactorCard';
import { SessionsCard } from './SessionsCard';

const PASSWORD: readonly Field[] = [
  { name: 'password', label: 'password.present', kind: 'secret', required: true, maxLength: 128 },
  { name: 'new_password', label: 'password.next', kind: 'secret', required: true, maxLength: 128, hint: 'set.passwordHint' },
];

/** One's own: how the pages look and are worked, and the account. */
export default function SettingsPage() {
  const { t, name } = usePageWords();
  const queries = useQueryClient();
  const me = useMe();
  const roleWords = useRoleWords();
  const letters = useLetters();
  const shortcuts = useShortcuts();
  const [changing, setChanging] = useState(false);
  return (
    <Page title={t('nav.settings')}>
      <Card title={t('set.look')}>
        <Pairs
          rows={[
            [t('set.language'), <span key="language" className={kit.tabs}>
                <LanguageSwitch />
              </span>],
            [
              t('set.letters'),
              <Switch
                key="letters"
                label={t('set.letters')}
                options={LETTERS.map((one) => [one, t(`set.letters_${one}`)] as const)}
                value={letters}
                onChange={setLetters}
              />,
            ],
            [
              t('set.shortcuts'),
              <Switch
                key="shortcuts"
                label={t('set.shortcuts')}
                options={[
                  ['on', t('user.on')],
                  ['off', t('user.off')],
                ]}
                value={shortcuts ? 'on' : 'off'}
                onChange={(one) => switchShortcuts(one === 'on')}
              />,
            ],
          ]}
        />
      </Card>
      <Card
        title={t('set.account')}
        aside={
          <Button size="compact-sm" variant="default" onClick={() => setChanging(true)}>
            {t('password.submit')}
          </Button>
        }
      >
        {me.data && (
          <Pairs
            rows={[
              [t('signIn.login'), me.data.login],
              [t('user.name'), me.data.display_name],
              [t('user.roles'), me.data.roles.map(roleWords).join('; ')],
              [t('set.rights'), me.data.rights.map((right) => name(Right, right)).join(', ')],
            ]}
          />
        )}
      </Card>
      {me.data && <SecondFactorCard isOn={me.data.has_second_factor} />}
      <SessionsCard />
      {changing && (
        <FormDialog
          title={t('password.submit')}
          submit={t('password.submit')}
          draftKey="password"
          fields={PASSWORD}
          send={(body) =>
            done(
              api.POST('/v1/me:change-password', {
                body: { password: String(body['password']), new_password: String(body['new_password']) },
              }),
            )
          }
          onDone={() => {
            setChanging(false);
            notify(t('form.saved'));
            void queries.invalidateQueries({ queryKey: ['sessions'] });
          }}
          onClose={() => setChanging(false)}
        />
      )}
    </Page>
  );
}
