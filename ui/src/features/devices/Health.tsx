import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useLocation } from 'wouter';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { ErrorState } from '../../components/ErrorState';
import { LoadingLines } from '../../components/LoadingLines';
import { StaleNote } from '../../components/StaleNote';
import { localMoment } from '../../dates';
import { DataTable } from '../../kit/DataTable';
import kit from '../../kit/kit.module.css';
import { byCursor, cursorOf } from '../../kit/cursor';
import { Card, Switch } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { DeviceKind } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf } from '../../url';

type Schemas = components['schemas'];

const seconds = (value: number | null): string => (value === null ? '–' : String(Math.round(value)));
const percent = (value: number | null): string => (value === null ? '–' : `${value}%`);

/** What came of each gateway and device lately; the silent ones alone on demand. */
export function Health({ clinic }: { readonly clinic: string | undefined }) {
  const silent = useOneOf('silent', ['all', 'silent']) === 'silent';
  const query = useInfiniteQuery({
    queryKey: ['devices', 'health', clinic, silent],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/devices/health', {
          params: { query: { limit: 50, silent, ...(clinic ? { clinic } : {}), ...cursorOf(pageParam) } },
        }),
      ),
    ...byCursor,
  });
  const { t } = usePageWords();
  const [first] = query.data?.pages ?? [];
  if (!first) {
    return query.isError ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : <LoadingLines count={8} />;
  }
  return (
    <>
      {query.isError && <StaleNote since={query.dataUpdatedAt} onRetry={() => void query.refetch()} />}
      <Gateways gateways={first.gateways} since={first.since} />
      <Devices silent={silent} devices={query.data?.pages.flatMap((page) => page.devices) ?? []} />
      {query.hasNextPage && (
        <div className={kit.foot}>
          <Button size="compact-sm" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('today.more')}
          </Button>
        </div>
      )}
    </>
  );
}

function Gateways({ gateways, since }: { readonly gateways: Schemas['GatewayHealthOut'][]; readonly since: string }) {
  const { t } = usePageWords();
  return (
    <Card title={t('dev.gateways')} flush aside={<span className="muted">{t('dev.since', { at: localMoment(since) })}</span>}>
      <DataTable
        caption={t('dev.gateways')}
        rows={gateways}
        rowKey={(one) => one.id}
        empty={t('dev.noGateways')}
        columns={[
          { head: t('dev.name'), cell: (one) => one.name },
          { head: t('dev.lastReceived'), cell: (one) => (one.last_received_at ? localMoment(one.last_received_at) : '–') },
          { head: t('dev.items'), number: true, cell: (one) => one.items },
          { head: t('dev.created'), number: true, cell: (one) => one.created },
          { head: t('dev.heldBack'), number: true, cell: (one) => one.held },
          { head: t('dev.errors'), number: true, cell: (one) => percent(one.error_percent) },
          { head: t('dev.lag'), number: true, cell: (one) => seconds(one.median_lag_seconds) },
          { head: t('dev.skew'), number: true, cell: (one) => one.skew_seconds },
        ]}
      />
    </Card>
  );
}

function Devices({ devices, silent }: { readonly devices: Schemas['DeviceHealthOut'][]; readonly silent: boolean }) {
  const { t, name } = usePageWords();
  const [, navigate] = useLocation();
  return (
    <Card
      title={t('nav.devices')}
      flush
      aside={
        <Switch
          label={t('dev.which')}
          options={[
            ['all', t('dev.every')],
            ['silent', t('dev.silentOnly')],
          ]}
          value={silent ? 'silent' : 'all'}
          onChange={(next) => goTo({ silent: next })}
        />
      }
    >
      <DataTable
        caption={t('dev.health')}
        rows={devices}
        rowKey={(one) => one.id}
        onOpen={(one) => navigate(`/devices/${one.id}`)}
        empty={t(silent ? 'dev.noneSilent' : 'dev.none')}
        columns={[
          { head: t('dev.code'), cell: (one) => one.code },
          { head: t('dev.kind'), cell: (one) => name(DeviceKind, one.kind) },
          { head: t('fact.state'), cell: (one) => <State device={one} /> },
          { head: t('dev.lastReceived'), cell: (one) => (one.last_received_at ? localMoment(one.last_received_at) : '–') },
          { head: t('dev.readings'), number: true, cell: (one) => one.readings },
          { head: t('dev.heldBack'), number: true, cell: (one) => one.held },
          { head: t('dev.errors'), number: true, cell: (one) => percent(one.error_percent) },
          { head: t('dev.skew'), number: true, cell: (one) => one.skew_seconds },
        ]}
      />
    </Card>
  );
}

function State({ device }: { readonly device: Schemas['DeviceHealthOut'] }) {
  const { t } = usePageWords();
  return (
    <>
      {device.silent ? (
        <Tag tone="time">{t('dev.silent')}</Tag>
      ) : device.issued_at ? (
        <Tag tone="good">{t('dev.heard')}</Tag>
      ) : (
        <Tag tone="plain">{t('dev.free')}</Tag>
      )}
      {device.battery_low && <Tag tone="warn">{t('dev.battery')}</Tag>}
      {device.calibration_due && <Tag tone="time">{t('dev.calibrationDue')}</Tag>}
    </>
  );
}
