import { Button } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '../../api/client';
import { localMoment } from '../../dates';
import { DataTable } from '../../kit/DataTable';
import { byCursor, cursorOf, More } from '../../kit/More';
import { Card, Page } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { ClosingReason } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { NewUser } from './NewUser';
import { OneTimeSecret } from './OneTimeSecret';
import { RightsCard } from './RightsCard';
import { useRoleWords } from './roles';
import { type User, UserDialog } from './UserDialog';

/** Who may sign in, and as what. Nobody is deleted: an account is disabled. */
export default function UsersPage() {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const roleWords = useRoleWords();
  const [adding, setAdding] = useState(false);
  const [openId, setOpenId] = useState<string | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const query = useInfiniteQuery({
    queryKey: ['users'],
    queryFn: ({ pageParam }) =>
      dataOf(api.GET('/v1/users', { params: { query: { limit: 50, ...cursorOf(pageParam) } } })),
    ...byCursor,
  });
  const refresh = () => void queries.invalidateQueries({ queryKey: ['users'] });
  const open = query.data?.pages.flatMap((page) => page.items).find((one) => one.id === openId);
  return (
    <Page
      title={t('nav.users')}
      aside={
        <Button size="xs" onClick={() => setAdding(true)}>
          {t('user.add')}
        </Button>
      }
    >
      <Card title={t('user.list')} flush>
        <More<User> query={query}>
          {(rows) => (
            <DataTable
              caption={t('user.list')}
              rows={rows}
              rowKey={(one) => one.id}
              onOpen={(one) => setOpenId(one.id)}
              empty={t('user.none')}
              columns={[
                { head: t('signIn.login'), cell: (one) => one.login },
                { head: t('user.name'), cell: (one) => one.display_name },
                { head: t('user.roles'), cell: (one) => one.roles.map(roleWords).join('; ') },
                { head: t('user.factor'), cell: (one) => t(one.has_second_factor ? 'user.on' : 'user.off') },
                { head: t('fact.state'), cell: (one) => <State user={one} /> },
                { head: t('user.created'), cell: (one) => localMoment(one.created_at) },
              ]}
            />
          )}
        </More>
      </Card>
      <RightsCard />
      {adding && (
        <NewUser
          onDone={(password) => {
            setAdding(false);
            setSecret(password);
            refresh();
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {open && <UserDialog user={open} onChanged={refresh} onSecret={setSecret} onClose={() => setOpenId(null)} />}
      {secret !== null && <OneTimeSecret title={t('user.firstPassword')} secret={secret} onClose={() => setSecret(null)} />}
    </Page>
  );
}

export function State({ user }: { readonly user: User }) {
  const { t, name } = usePageWords();
  if (user.disabled_at) {
    return (
      <Tag tone="ended">
        {user.disabled_because ? `${t('user.disabled')} · ${name(ClosingReason, user.disabled_because)}` : t('user.disabled')}
      </Tag>
    );
  }
  if (user.locked_until && Date.parse(user.locked_until) > Date.now()) {
    return <Tag tone="time">{t('user.lockedUntil', { at: localMoment(user.locked_until) })}</Tag>;
  }
  if (user.must_change_password) return <Tag tone="plain">{t('user.mustChange')}</Tag>;
  return <Tag tone="good">{t('user.active')}</Tag>;
}
