import type { components } from '../../api/schema';
import type { Draft } from '../../kit/drafts';
import type { Field } from '../../kit/fields';
import { type Codes, Role } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useClinics } from '../today/clinics';

type Schemas = components['schemas'];
export type RoleIn = Schemas['RoleIn'];

const ROWS = 3;

/** The words of a role with its place. */
export function useRoleWords(): (role: Schemas['RoleOut']) => string {
  const { t, say, name } = usePageWords();
  const { organisations } = useClinics();
  return ({ role, organisation_id, with_names }) => {
    const place = organisations.find((one) => one.id === organisation_id);
    const where = organisation_id === null ? t('user.everywhere') : place ? say(place.name) : '';
    return `${name(Role, role)} · ${where}${with_names ? ` · ${t('user.withNames')}` : ''}`;
  };
}

/** Up to three roles, each on a node of the tree; a row more appears when one is filled in. */
export function useRoleFields(): readonly Field[] {
  const { organisations } = useClinics();
  const places: Codes = organisations.map((one) => [one.id, one.name.zh, one.name.en] as const);
  return Array.from({ length: ROWS }, (_, row): readonly Field[] => {
    const when = (draft: Draft) => row === 0 || Boolean(draft[`roles.${row - 1}.role`]);
    return [
      { name: `roles.${row}.role`, label: 'user.role', kind: 'pick', codes: Role, required: row === 0, when },
      { name: `roles.${row}.organisation_id`, label: 'user.place', kind: 'pick', codes: places, when, hint: 'user.placeHint' },
      {
        name: `roles.${row}.with_names`, label: 'user.withNames', kind: 'flag',
        when: (draft) => draft[`roles.${row}.role`] === 'supervisor',
      },
    ];
  }).flat(); // prettier-ignore
}

export const rolesOf = (body: Record<string, unknown>): RoleIn[] =>
  Object.values((body['roles'] ?? {}) as Record<string, RoleIn>).filter((one) => one.role);

export const draftOfRoles = (roles: readonly Schemas['RoleOut'][]): Draft =>
  Object.fromEntries(
    roles.slice(0, ROWS).flatMap((one, row) => [
      [`roles.${row}.role`, one.role],
      [`roles.${row}.organisation_id`, one.organisation_id ?? ''],
      [`roles.${row}.with_names`, one.with_names ? 'yes' : ''],
    ]),
  ) as Draft;

export const mostRoles = ROWS;
