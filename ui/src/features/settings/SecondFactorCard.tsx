import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf, done } from '../../api/client';
import type { components } from '../../api/schema';
import { Dialog } from '../../kit/Dialog';
import type { Field } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import { Card } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { usePageWords } from '../../locales/pages';

const PASSWORD: readonly Field[] = [
  { name: 'password', label: 'signIn.password', kind: 'secret', required: true, maxLength: 128 },
];
const CODE: readonly Field[] = [{ name: 'code', label: 'signIn.code', kind: 'text', required: true, maxLength: 40 }];

const inFours = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ');

type Step =
  | { readonly at: 'begin' | 'disable' }
  | { readonly at: 'confirm'; readonly made: components['schemas']['SecondFactorOut'] }
  | { readonly at: 'codes'; readonly codes: readonly string[] };

/** A second factor: begun with the password, confirmed by a code, with codes for the day the phone is lost. */
export function SecondFactorCard({ isOn }: { readonly isOn: boolean }) {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const [step, setStep] = useState<Step | null>(null);
  const close = () => setStep(null);
  const refresh = () => void queries.invalidateQueries({ queryKey: ['me'] });
  return (
    <Card
      title={t('user.factor')}
      aside={
        <Button size="compact-sm" variant="default" onClick={() => setStep({ at: isOn ? 'disable' : 'begin' })}>
          {t(isOn ? 'set.factorOff' : 'set.factorOn')}
        </Button>
      }
    >
      <Tag tone={isOn ? 'good' : 'plain'}>{t(isOn ? 'user.on' : 'user.off')}</Tag>
      {(step?.at === 'begin' || step?.at === 'disable') && (
        <FormDialog
          key={step.at}
          title={t(step.at === 'begin' ? 'set.factorOn' : 'set.factorOff')}
          submit={t('set.next')}
          draftKey={`factor:${step.at}`}
          fields={PASSWORD}
          send={async (body) => {
            const sent = { body: { password: String(body['password']) } };
            if (step.at === 'begin') return dataOf(api.POST('/v1/me/second-factor', sent));
            await done(api.POST('/v1/me/second-factor:disable', sent));
            return null;
          }}
          onDone={(made) => {
            if (made) return setStep({ at: 'confirm', made });
            notify(t('form.saved'));
            refresh();
            close();
          }}
          onClose={close}
        />
      )}
      {step?.at === 'confirm' && (
        <FormDialog
          title={t('set.factorOn')}
          submit={t('set.confirm')}
          draftKey="factor:confirm"
          fields={CODE}
          send={(body) => dataOf(api.POST('/v1/me/second-factor:confirm', { body: { code: String(body['code']) } }))}
          onDone={({ recovery_codes }) => {
            refresh();
            setStep({ at: 'codes', codes: recovery_codes });
          }}
          onClose={close}
        >
          <p>{t('set.secretHint')}</p>
          <code style={{ fontSize: '1.125rem', userSelect: 'all' }}>{inFours(step.made.secret)}</code>
          <a href={step.made.uri}>{t('set.openApp')}</a>
        </FormDialog>
      )}
      {step?.at === 'codes' && (
        <Dialog title={t('set.recovery')} onClose={close}>
          <p>{t('set.recoveryHint')}</p>
          <ul>
            {step.codes.map((code) => (
              <li key={code}>
                <code>{code}</code>
              </li>
            ))}
          </ul>
          <Button onClick={close}>{t('user.noted')}</Button>
        </Dialog>
      )}
    </Card>
  );
}
