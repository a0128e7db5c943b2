import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { Draft } from '../../kit/drafts';
import { checkOf } from './body';

const PAUSE_MS = 400;

/** What the document tells and who is on file already, asked again when the typing pauses. It only advises. */
export function useCheck(draft: Draft, clinic: string) {
  const wanted = checkOf(draft, clinic);
  const [settled] = useDebouncedValue(JSON.stringify(wanted), PAUSE_MS);
  return useQuery({
    queryKey: ['check', settled],
    queryFn: () => dataOf(api.POST('/v1/patients:check', { body: JSON.parse(settled) })),
    enabled: settled !== 'null',
    staleTime: 60_000,
    gcTime: 0,
    placeholderData: (before) => (settled === 'null' ? undefined : before),
  });
}
