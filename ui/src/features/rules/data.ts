import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';

export type Schemas = components['schemas'];

const STALE_MS = 600_000;

export function useRuleSets() {
  return useQuery({ queryKey: ['rulesets'], queryFn: () => dataOf(api.GET('/v1/rulesets')), staleTime: STALE_MS });
}

export function useRuleSet(version: string) {
  return useQuery({
    queryKey: ['rulesets', version],
    queryFn: () => dataOf(api.GET('/v1/rulesets/{version}', { params: { path: { version } } })),
    staleTime: STALE_MS,
  });
}

/** The names of medicines as they were typed, one after the other. */
const namesIn = (typed: string): string[] =>
  typed.split(/[、，,;；\n]+/).map((name) => name.trim()).filter(Boolean); // prettier-ignore

/** Ask what the rules say of a case of nobody; nothing is stored. */
export function evaluate(body: Record<string, unknown>): Promise<Schemas['EvaluationOut']> {
  const { medicine_names: names, no_medication: none, ...rest } = body;
  const medicines = none === true ? [] : typeof names === 'string' ? namesIn(names) : undefined;
  const asked = { ...rest, ...(medicines ? { medicines } : {}) } as unknown as Schemas['CaseIn'];
  return dataOf(api.POST('/v1/rulesets:evaluate', { body: asked }));
}
