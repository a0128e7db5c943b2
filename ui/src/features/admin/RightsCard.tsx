import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import kit from '../../kit/kit.module.css';
import { Card } from '../../kit/Page';
import { Right, Role } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';

type OfRole = components['schemas']['RoleRights'];

/** Which role may do what: the table that the server itself goes by, to be printed. */
export function RightsCard() {
  const { t, name, nameOf } = usePageWords();
  const query = useQuery({
    queryKey: ['roles'],
    queryFn: () => dataOf(api.GET('/v1/roles')),
    staleTime: Infinity,
  });
  const cell = ({ rights, with_names }: OfRole, right: string): string => {
    if ((rights as string[]).includes(right)) return `✓ ${t('user.may')}`;
    return (with_names as string[]).includes(right) ? t('user.withNames') : '–';
  };
  return (
    <Card
      title={t('user.rights')}
      flush
      aside={
        <Button size="compact-sm" variant="default" className={kit.noPrint} onClick={() => print()}>
          {t('kit.print')}
        </Button>
      }
    >
      <Asked query={query} lines={6}>
        {({ items }) => (
          <DataTable
            caption={t('user.rights')}
            rows={Right}
            rowKey={(right) => right[0]}
            empty="–"
            columns={[
              { head: t('user.right'), cell: nameOf },
              ...items.map((one) => ({
                head: name(Role, one.role),
                cell: (right: (typeof Right)[number]) => cell(one, right[0]),
              })),
            ]}
          />
        )}
      </Asked>
    </Card>
  );
}
