import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { Disease, Organisation } from '../../api/types';
import { Asked } from '../../kit/Asked';
import { Page, Switch } from '../../kit/Page';
import { Steady } from '../../kit/Steady';
import { useViewKeys } from '../../kit/useView';
import { Disease as DISEASES } from '../../locales/codes';
import { type PageKey, usePageWords } from '../../locales/pages';
import { goTo, useOneOf } from '../../url';
import { MonthChooser } from '../rates/MonthChooser';
import { type Span, useMonth } from './data';
import { SpanSwitch } from './SpanSwitch';

/** What the address of a page of numbers asks for, besides the place. */
export interface NumbersAsked {
  readonly disease: Disease;
  readonly month: string;
  readonly months: readonly string[];
  readonly span: Span;
}

interface NumbersPageProps {
  readonly place: Organisation | undefined;
  /** The tree that the place is looked for in. */
  readonly query: UseQueryResult<unknown>;
  /** The title with the name of the place and of the disease. */
  readonly titleOf: PageKey;
  /** The title while no place is known. */
  readonly title: PageKey;
  readonly children: (asked: NumbersAsked) => ReactNode;
}

/** A page of numbers of one place, disease, month and span; it prints on A4 landscape. */
export function NumbersPage({ place, query, titleOf, title, children }: NumbersPageProps) {
  const { t, say, name } = usePageWords();
  const disease = useOneOf('disease', ['HTN', 'T2DM']);
  const { month, months, newest, span } = useMonth();
  useViewKeys();
  return (
    <Page
      landscape
      title={place ? t(titleOf, { name: say(place.name), disease: name(DISEASES, disease) }) : t(title)}
      aside={
        <>
          <DiseaseSwitch disease={disease} />
          <SpanSwitch span={span} />
          <MonthChooser month={month} newest={newest} />
        </>
      }
    >
      <Steady>
        <Asked query={query}>{() => children({ disease, month, months, span })}</Asked>
      </Steady>
    </Page>
  );
}

export function DiseaseSwitch({ disease }: { readonly disease: Disease }) {
  const { t } = usePageWords();
  return (
    <Switch
      label={t('patients.disease')}
      options={[
        ['HTN', t('disease.HTN')],
        ['T2DM', t('disease.T2DM')],
      ]}
      value={disease}
      onChange={(next) => goTo({ disease: next })}
    />
  );
}
