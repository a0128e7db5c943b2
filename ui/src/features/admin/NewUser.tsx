import { api, dataOf } from '../../api/client';
import type { Field } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import { usePageWords } from '../../locales/pages';
import { rolesOf, useRoleFields } from './roles';

const WHO: readonly Field[] = [
  { name: 'login', label: 'signIn.login', kind: 'text', maxLength: 64, required: true, hint: 'user.loginHint' },
  { name: 'display_name', label: 'user.name', kind: 'text', maxLength: 64, required: true },
];

interface NewUserProps {
  readonly onDone: (password: string) => void;
  readonly onClose: () => void;
}

export function NewUser({ onDone, onClose }: NewUserProps) {
  const { t } = usePageWords();
  const fields = [...WHO, ...useRoleFields()];
  return (
    <FormDialog
      title={t('user.add')}
      submit={t('user.add')}
      draftKey="user"
      fields={fields}
      send={(body) =>
        dataOf(
          api.POST('/v1/users', {
            body: { login: String(body['login']), display_name: String(body['display_name']), roles: rolesOf(body) },
          }),
        )
      }
      onDone={(made) => onDone(made.one_time_password)}
      onClose={onClose}
    />
  );
}
