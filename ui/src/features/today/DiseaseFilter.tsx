import { SegmentedControl } from '@mantine/core';

import type { Disease } from '../../api/types';
import { useWords } from '../../locales/language';
import { goTo } from '../../url';
import { DISEASES } from './work-list';

export function DiseaseFilter({ chosen }: { readonly chosen: Disease | null }) {
  const { t } = useWords();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('today.disease')}
      data={[
        { value: '', label: t('today.diseaseAll') },
        ...DISEASES.map((disease) => ({ value: disease, label: t(`disease.${disease}`) })),
      ]}
      value={chosen ?? ''}
      onChange={(disease) => goTo({ disease })}
    />
  );
}
