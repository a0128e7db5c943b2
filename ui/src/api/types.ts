import type { paths } from './schema';

/** The JSON of a successful GET; named through the path, so that the server may rename its schemas freely. */
type Got<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;

export type Session = Got<'/v1/session'>;
export type Me = Got<'/v1/me'>;
export type Right = Me['rights'][number];
export type Organisation = Got<'/v1/organisations'>['items'][number];
export type WorkList = Got<'/v1/worklist'>;
export type WorkItem = WorkList['items'][number];
export type Counts = Got<'/v1/worklist/counts'>;
export type Indicator = Got<'/v1/indicators'>['items'][number];
export type IndicatorValues = Got<'/v1/indicator-values'>;
export type IndicatorValue = IndicatorValues['items'][number];

export type Group = WorkItem['group'];
export type Tab = Group | 'all';
export type Disease = IndicatorValue['disease'];
