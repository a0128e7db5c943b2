import { useQuery } from '@tanstack/react-query';

import { Link } from '../../kit/Link';
import { api, dataOf } from '../../api/client';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { Card } from '../../kit/Page';
import { DeviceKind } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from './data';
import classes from './Patient.module.css';

const MOST_PAGES = 10;

/** All devices of a clinic; the register has no list by holder. */
async function devicesOf(clinic: string): Promise<readonly Schemas['DeviceOut'][]> {
  const found: Schemas['DeviceOut'][] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer: Schemas['DevicePage'] = await dataOf(
      api.GET('/v1/devices', { params: { query: { clinic, limit: 100, ...(cursor ? { cursor } : {}) } } }),
    );
    found.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) break;
  }
  return found;
}

export function HeldDevices({ id, clinic }: { readonly id: string; readonly clinic: string }) {
  const { t, name } = usePageWords();
  const query = useQuery({
    queryKey: ['devices', 'held', clinic],
    queryFn: () => devicesOf(clinic),
    staleTime: 60_000,
  });
  return (
    <Card title={t('p360.devices')}>
      <Asked query={query} lines={1}>
        {(devices) => {
          const held = devices.flatMap((device) =>
            device.holders.filter((one) => one.patient_id === id).map((issue) => ({ device, issue })),
          );
          if (held.length === 0) return <p className="muted">{t('p360.noDevices')}</p>;
          return (
            <ul className={classes.list}>
              {held.map(({ device, issue }) => (
                <li key={issue.id}>
                  <Link href={`/devices/${device.id}`}>{device.code}</Link> {name(DeviceKind, device.kind)}{' '}
                  <span className="muted">{t('dev.since', { at: localMoment(issue.from_at) })}</span>
                </li>
              ))}
            </ul>
          );
        }}
      </Asked>
    </Card>
  );
}
